"""The study that goes from exam B to exam C, on features whose answer is known; and its figure."""

import matplotlib.pyplot as plt
import pytest
import torch

from metalib.banks import omniglot as omniglot_bank
from metalib.banks import twenty_runs
from metalib.course.fair_play import named_hands, plots_hands, studies
from metalib.course.fair_play import study_hands as hands
from metalib.course.kit.results import looks
from metalib.episodes import ClassBank, Draw
from metalib.evaluate import evaluate
from metalib.places import checkout
from metalib.runtime import seeded


@pytest.fixture
def bank():
    """Three alphabets of 25 characters by six hands, each picture another one."""
    images = torch.arange(75 * 6).view(75, 6, 1, 1, 1).expand(-1, -1, -1, 1, 2).clone()
    images = torch.stack([images[..., 0] // 256, images[..., 1] % 256], dim=-1).to(torch.uint8)
    return ClassBank(images, tuple(map(str, range(75))), ("a",) * 25 + ("b",) * 25 + ("c",) * 25, "numbers")


@pytest.fixture
def runs(bank):
    """Two runs, of the first two alphabets: hands 1 and 2, and hands 4 and 3."""
    return hands.Runs(torch.stack([torch.arange(3, 23), torch.arange(44, 24, -1)]), *torch.tensor([[1, 4], [2, 3]]))


def lakes(bank, runs):
    """The pictures of `runs` as an archive has them, queries in another order."""
    support, query = (bank.images[runs.classes, by[:, None]] for by in (runs.support, runs.query))
    labels = torch.arange(19, -1, -1).expand(2, -1)
    return twenty_runs.TwentyRuns(support, query.flip(1), labels, support, query)


def test_the_runs_are_found_in_the_bank(bank, runs):
    found = hands.find_runs(bank, lakes(bank, runs))
    assert all(torch.equal(a, b) for a, b in zip(found, runs, strict=True))


def test_a_run_by_several_hands_is_none_of_lakes(bank, runs):
    published = lakes(bank, runs)
    mixed = published.support.clone()
    mixed[0, 0] = bank.images[runs.classes[0, 0], 5]
    with pytest.raises(ValueError, match="several hands"):
        hands.find_runs(bank, published._replace(support=mixed))


def test_each_kind_of_task_is_narrower_than_the_last(bank, runs):
    tasks = hands.tasks_of(bank, runs, 100, 0)
    alphabet = {name: draw.classes // 25 for name, draw in tasks.items()}
    by = {name: draw.drawings for name, draw in tasks.items()}
    for name, draw in tasks.items():
        assert all(len(set(row)) == 20 for row in draw.classes.tolist()), name
        assert (alphabet[name] == alphabet[name][:, :1]).all(), name
        assert (by[name][..., 0] != by[name][..., 1]).all(), name
        if name != hands.ANYBODY:
            assert torch.equal(by[name], by[name][:, :1].expand_as(by[name])), name
    assert torch.equal(tasks[hands.ANYBODY].classes, tasks[hands.TWO_HANDS].classes)
    assert set(alphabet[hands.TWO_HANDS].flatten().tolist()) == {0, 1, 2}
    assert set(alphabet[hands.ALPHABETS].flatten().tolist()) == {0, 1}
    pairs = {(int(a[0]), *map(int, d[0])) for a, d in zip(alphabet[hands.PAIRS], by[hands.PAIRS], strict=True)}
    assert pairs == {(0, 1, 2), (1, 4, 3)}
    assert not torch.equal(tasks[hands.PAIRS].classes[0], tasks[hands.PAIRS].classes[2])
    assert torch.equal(tasks[hands.CHARACTERS].classes, runs.classes.repeat(50, 1))
    assert len({tuple(d[0].tolist()) for d in by[hands.CHARACTERS]}) > 10
    assert torch.equal(tasks[hands.ITEMS].classes, runs.classes)


def test_errors_of_features_that_know_and_of_one_wrong_answer():
    features = torch.arange(4.0)[:, None, None].repeat(1, 2, 1)  # a character is its place
    task = Draw(torch.arange(4)[None], torch.tensor([0, 1]).expand(1, 4, 2))
    assert hands.errors(features, task).tolist() == [0]
    features[3, 1] = 2.4  # its query lies nearer to character 2
    assert hands.errors(features, task).tolist() == [0.25]


def test_how_rare_an_easy_set_is():
    by_run = torch.tensor([[0.0, 0.0], [1.0, 1.0]], dtype=torch.float64)
    share = hands.share_as_easy(by_run, torch.tensor([0.0, 0.0]), 4000, seeded(0))
    assert share == pytest.approx(0.25, abs=0.03)
    assert hands.share_as_easy(by_run, torch.tensor([1.0, 1.0]), 100, seeded(0)) == 1


def test_an_unpaired_difference_has_the_variance_of_both():
    a, b = (torch.randn(n, generator=seeded(n), dtype=torch.float64) for n in (1000, 4000))
    found = hands.unpaired_interval(a + 3, b)
    assert found.mean == pytest.approx(3, abs=0.1)
    assert found.half_width == pytest.approx(1.96 * (1 / 1000 + 1 / 4000) ** 0.5, rel=0.05)


def test_the_runs_tasks_are_exam_c(omniglot):
    """The same errors, run by run, whether the archive's pictures are asked or the bank's."""
    bank, published = omniglot_bank.evaluation(omniglot), twenty_runs.load()
    runs = hands.find_runs(bank, published)
    pixels = (bank.images.flatten(2) / 255.0).float()
    by_bank = hands.errors(pixels, hands.tasks_of(bank, runs, 20, 0)[hands.ITEMS])

    def nearest(episodes):
        return torch.cdist(episodes.query_x.flatten(2), episodes.support_x.flatten(2)).argmin(dim=2)

    assert torch.equal(1 - evaluate(nearest, twenty_runs.episodes(published)), by_bank)


# --- whether a drawing's number names a hand


def test_a_hand_that_writes_large_is_seen():
    generator = seeded(0)
    size = torch.randn(1, 20, 4, generator=generator, dtype=torch.float64)
    noise = torch.randn(40, 20, 4, generator=generator, dtype=torch.float64)
    assert named_hands.share_of_hands(size + 0 * noise).tolist() == pytest.approx([1] * 4)
    assert (named_hands.share_of_hands(size + noise) > 0.3).all()
    assert (named_hands.share_of_hands(noise) < 0.1).all()


def test_habits_of_a_bar():
    """Three dots in a row, then in a column: spread √(2/3) along it and none across."""
    images = torch.zeros(1, 2, 1, 9, 9, dtype=torch.uint8)
    images[0, 0, 0, 4, 2:5] = 255
    images[0, 1, 0, 5:8, 6] = 255
    assert named_hands.habits(images)[0].tolist() == [
        pytest.approx([(2 / 3) ** 0.5, 0, 3, 4]),
        pytest.approx([0, (2 / 3) ** 0.5, 6, 6]),
    ]


def test_in_omniglot_numbers_name_hands(omniglot):
    """In one alphabet; the study asks all fifty."""
    greek = omniglot.select_groups(["Greek"])
    found = named_hands.hands_are_named(greek, 0)
    assert found["alphabets_above_shuffled"] == found["alphabets"] == 1


# --- what is stored


@pytest.fixture(scope="module")
def record():
    return studies.read("hands")


def test_the_stored_study_has_these_settings_and_exam_cs_look(record):
    assert record["settings"] == hands.SETTINGS
    [wrong] = [row["errors"][0] for row in record["results"]["rows"] if row["tasks"] == hands.ITEMS]
    assert round(400 * wrong) in {
        look.wrong for look in looks.read(checkout() / "data") if "study hands" in look.purpose
    }


def test_the_figure_has_a_row_a_kind_and_its_reading_the_numbers(record):
    figure, ax = plt.subplots()
    plots_hands.from_b_to_c(ax, record["results"])
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [plots_hands.NAMES[row["tasks"]] for row in record["results"]["rows"]] and len(names) == 6
    assert "exam B" in names[0] and "exam C" in names[-1]
    text = plots_hands.reading(record["results"])
    assert all(f"{100 * row['errors'][0]:.1f}" in text for row in record["results"]["rows"])
    plt.close(figure)
