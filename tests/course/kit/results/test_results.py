"""Facts about the results table: who sits what, and that single episodes lie beside the means."""

import dataclasses
import json

import pytest
import torch

from metalib import baselines, places
from metalib.app import commands
from metalib.banks import Splits, split
from metalib.course.kit import board
from metalib.course.kit.exams import EXAM_A, EXAM_B, EXAM_C, EXAM_C_AS_DRAWN, Exam
from metalib.course.kit.results import accuracies, files, measure, papers, sittings, tables
from metalib.course.kit.results.entry import ExamEntry, exam_key
from metalib.course.kit.results.measure import CourseResults
from metalib.episodes import Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import mean_interval
from metalib.files import BadFile
from metalib.models import conv4
from metalib.training import checkpoints
from metalib.training.recipes import RECIPES
from metalib.training.recipes.base import ALONE

SITTINGS = (
    sittings.Sitting("pixels", 1, "none", baselines.pixel_neighbour),
    sittings.Sitting("five only", 4, "none", lambda e: e.query_y, n_way=5, network="abc", classes="Omniglot training"),
)


@pytest.fixture
def sat(monkeypatch):
    """A course of two methods, of which one does 5 ways only, and short exams; the exams that are sat, as they are."""
    seen = []

    class Short(Exam):
        def sit(self, predict, bank):
            seen.append(self.letter)
            return super().sit(predict, bank)

    monkeypatch.setattr(sittings, "course_sittings", lambda bank: iter(SITTINGS))
    monkeypatch.setattr(papers, "beside", lambda names, bank: iter(()))
    monkeypatch.setattr(measure, "split", lambda bank: Splits(bank, bank, bank))
    exams = tuple(Short(exam.letter, exam.spec, 4, exam.seed) for exam in (EXAM_A, EXAM_B))
    monkeypatch.setattr(measure, "EXAMS", exams)
    return seen


@pytest.fixture
def one_group(tiny_bank):
    """Thirty classes of one alphabet, so that 20 of it can be drawn."""
    thirty = tiny_bank.select(range(30))
    return type(thirty)(thirty.images, thirty.names, ("a",) * 30, thirty.source)


def measured(bank, found=None):
    found = found or CourseResults()
    list(measure.measure(found, [bank]))
    return found


def test_a_head_of_five_rows_sits_exam_a_only(sat, one_group):
    entries = list(measured(one_group).exams.values())
    assert [(e.method, e.exam) for e in entries] == [("pixels", "A"), ("pixels", "B"), ("five only", "A")]
    assert [e.notebook for e in entries] == [1, 1, 4]


def test_the_side_file_holds_the_episodes_of_each_mean(sat, one_group, tmp_path, monkeypatch):
    found = measured(one_group)
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    files.write(found, tmp_path)
    for entry in found.exams.values():
        episodes = accuracies(entry.method, entry.exam, bank=entry.bank)
        assert len(episodes) == 4
        assert mean_interval(episodes) == pytest.approx(entry.result)
    record = json.loads((tmp_path / board.RESULTS).read_text())
    assert record["exams"] == [json.loads(json.dumps(entry.to_json())) for entry in found.exams.values()]
    assert "| five only | training | – | – | none | 100.0" in (tmp_path / files.TABLES).read_text()
    assert {row.method for row in board.rows("A", bank=one_group.source)} == {"chance", "pixels", "five only"}
    with pytest.raises(ValueError, match=r"no episodes of '.*/A/none': there are .*pixels"):
        accuracies("none", "A", bank=one_group.source)


def test_an_answer_key_is_right_in_every_episode(sat, one_group):
    right = measured(one_group).right
    key = next(name for name in right if name.endswith("/A/five only"))
    assert torch.equal(right[key], torch.full((4,), 75, dtype=torch.uint8))


def test_only_what_has_changed_is_measured_again(sat, one_group, tmp_path, monkeypatch):
    files.write(measured(one_group), tmp_path)
    assert sat == ["A", "B", "A"]
    found = measured(one_group, files.read(tmp_path))
    assert sat == ["A", "B", "A"] and len(found.exams) == len(found.right) == 3
    other = (SITTINGS[0], SITTINGS[1]._replace(network="abd"))
    monkeypatch.setattr(sittings, "course_sittings", lambda bank: iter(other))
    assert len(measured(one_group, files.read(tmp_path)).exams) == 3
    assert sat == ["A", "B", "A", "A"]  # of the network that is another one
    other_pictures = dataclasses.replace(one_group, images=255 - one_group.images)
    measured(other_pictures, files.read(tmp_path))
    assert sat == ["A", "B", "A", "A", "A", "B", "A"]
    monkeypatch.setattr(sittings, "course_sittings", lambda bank: iter(SITTINGS[1:]))
    found = measured(one_group, files.read(tmp_path))
    assert [e.method for e in found.exams.values()] == ["five only"] and len(found.right) == 1


def test_what_decides_nothing_is_renewed_without_a_measurement(sat, one_group):
    found = measured(one_group)
    for name, entry in found.exams.items():
        record = {**entry.to_json(), "date": "2001-01-01", "notebook": 99}
        del record["classes"]  # as in files of old
        found.exams[name] = ExamEntry.from_json(record)
    assert list(measure.measure(found, [one_group])) == []
    first, *_, last = found.exams.values()
    assert (first.notebook, first.date, last.classes) == (1, "2001-01-01", "Omniglot training")


def test_episodes_that_do_not_belong_to_a_mean_are_measured_again(sat, one_group, tmp_path):
    """A command that is killed between the two files leaves such."""
    files.write(measured(one_group), tmp_path)
    found = files.read(tmp_path)
    key = exam_key("pixels", "A", one_group.source)
    found.right[key] += 1
    assert [e.method for e in measure.measure(found, [one_group])] == ["pixels"]
    (tmp_path / files.EPISODES).unlink()
    assert len(list(measure.measure(files.read(tmp_path), [one_group]))) == 3


@pytest.mark.parametrize("damaged", [files.EPISODES, board.RESULTS])
def test_a_damaged_file_is_named_and_measured_anew_on_request(sat, one_group, tmp_path, monkeypatch, damaged):
    files.write(measured(one_group), tmp_path)
    whole = (tmp_path / damaged).read_bytes()
    (tmp_path / damaged).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadFile, match=rf"{damaged} is damaged .* measure it all with --anew"):
        files.read(tmp_path)
    monkeypatch.setattr(commands, "load_bank", lambda name, quiet: one_group)
    monkeypatch.setattr(commands, "_checkout_data", lambda command: tmp_path)
    commands.write_results(device="cpu", anew=True)
    assert (tmp_path / damaged).stat().st_size == len(whole)


PUBLISHED = {
    **dict.fromkeys(("method", "task", "data", "batch_norm", "checkpoint", "source", "trained_on"), "x"),
    **{"seed": 1, "interval": [0.5, 0.4, 0.6, 2, "episodes"], "published": [98.8, None], "updates": 5, "seconds": 1.5},
}


@pytest.mark.parametrize(
    "change",
    [{"interval": "0.5"}, {"interval": [0.5]}, {"seed": "1"}, {"published": 5}, {"seconds": None}, {"what": 1}],
    ids=str,
)
def test_results_of_another_shape_are_named(sat, one_group, tmp_path, change):
    files.write(measured(one_group), tmp_path)
    record = json.loads((tmp_path / board.RESULTS).read_text())
    if change.keys() & PUBLISHED.keys() - record["exams"][0].keys():
        record["paper"] = [{**PUBLISHED, **change}]
    else:
        record["exams"] = [{**entry, **change} for entry in record["exams"]]
    (tmp_path / board.RESULTS).write_text(json.dumps(record))
    with pytest.raises(BadFile, match=r"results\.json is damaged .* measure it all with --anew"):
        files.read(tmp_path)


def test_half_a_side_file_is_named_where_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    (tmp_path / files.EPISODES).write_bytes(b"half")
    with pytest.raises(BadFile, match=rf"{files.EPISODES} is damaged"):
        files.accuracies("pixels", "A", bank="Omniglot")


def test_a_fingerprint_tells_networks_and_recipes_apart():
    network, recipe = conv4(width=4), {"recipe": {"test_steps": 3}}
    digest = checkpoints.digest(network, recipe)
    assert checkpoints.digest(network.to(memory_format=torch.channels_last), recipe) == digest
    assert checkpoints.digest(network, {"recipe": {"test_steps": 5}}) != digest
    assert checkpoints.digest(conv4(width=4, downsample="stride"), recipe) != digest
    network.blocks[0][0].weight.data[0, 0, 0, 0] += 1
    assert checkpoints.digest(network, recipe) != digest


def test_every_network_of_the_course_has_its_fingerprint(tiny_bank):
    of_networks = {sitting.method: sitting.network for sitting in sittings.course_sittings(tiny_bank)}
    without = ("pixel neighbours", "untrained conv4", "modified Hausdorff distance")
    assert {of_networks.pop(method) for method in without} == {"none"}
    for use in ("SimpleShot", "linear probe", "fine-tuned classifier"):
        assert of_networks.pop(use) == of_networks["pre-trained classifier"]
    assert len(set(of_networks.values())) == len(sittings.COURSE)


def test_an_interrupted_command_goes_on_where_it_stopped(sat, one_group, tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "load_bank", lambda name, quiet: one_group)
    monkeypatch.setattr(commands, "_checkout_data", lambda command: tmp_path)
    whole = commands.measure

    def interrupted(*arguments, **how):
        yield next(whole(*arguments, **how))
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        commands.write_results(device="cpu")
    assert len(files.read(tmp_path).exams) == 1
    monkeypatch.setattr(commands, "measure", whole)
    commands.write_results(device="cpu")
    assert sat == ["A", "B", "A"]  # nothing twice; the bank stands for both, which have one name here
    assert len(files.read(tmp_path).exams) == 3


def test_ours_stands_beside_the_published(monkeypatch, tiny_bank):
    recipe = RECIPES["protonet-stride"]
    info = {"method": recipe.method, "recipe": dataclasses.asdict(recipe)}
    info |= {"seconds": 600, "updates": 1500, "device": "cpu (1 thread)", "classes": "training and validation"}
    monkeypatch.setattr(papers, "EPISODES", 4)
    monkeypatch.setattr(papers, "split", lambda bank, protocol: Splits(bank, bank, bank.rotated()))
    monkeypatch.setattr(papers.checkpoints, "load", lambda name, device: (recipe.network().eval(), info))
    monkeypatch.setattr(sittings, "course_sittings", lambda bank: iter(()))
    monkeypatch.setattr(measure, "PAPER", ("protonet-stride-paper",))
    monkeypatch.setattr(measure, "split", lambda bank: Splits(bank, bank, bank))
    found = measured(tiny_bank)
    rows = list(found.paper.values())
    assert [row.published[0] for row in rows] == [98.8, 99.7, 96.0, 98.9]
    assert all(row.result.n == 4 for row in rows)
    table = tables.published_table(rows)
    assert table.count("98.8 %, Snell et al. (2017), table 1 | 10 minutes, cpu (1 thread) |") == 1
    assert table.count("| protonet-stride, 1,500 updates | training and validation |") == 4
    assert list(measure.measure(found, [tiny_bank])) == []
    other = recipe.network()
    other.blocks[0][0].weight.data[0, 0, 0, 0] += 1
    monkeypatch.setattr(papers.checkpoints, "load", lambda name, device: (other.eval(), info))
    assert len(list(measure.measure(found, [tiny_bank]))) == 4


def test_a_table_has_the_cells_that_a_method_can_do(monkeypatch, tiny_bank):
    monkeypatch.setattr(sittings, "EXAMS", (Exam("A", EXAM_A.spec, 2, 1),))
    for n_way, cells in ((5, 2), (20, 2), (None, 4)):
        sitting = sittings.Sitting("pixels", 1, "none", baselines.pixel_neighbour, n_way)
        rows = sittings.table(sitting, tiny_bank, n_episodes=2)
        assert len(rows) == cells + (n_way != 20)
        assert all(row["data"].endswith("unrotated") for row in rows)
    turned = sittings.table(sitting, tiny_bank.rotated(), n_episodes=2)
    assert all(row["data"].endswith("turns are classes") for row in turned)


def test_an_exam_within_an_alphabet_needs_one_that_is_large_enough(tiny_bank):
    """Random characters of an alphabet may be fewer than 20, as on the papers' kind of split."""
    assert EXAM_A.possible(tiny_bank)
    assert not EXAM_B.possible(tiny_bank)  # groups of 10
    one = type(tiny_bank)(tiny_bank.images, tiny_bank.names, ("a",) * 20 + ("b",) * 10, tiny_bank.source)
    assert EXAM_B.possible(one)
    sitting = sittings.Sitting("pixels", 1, "none", baselines.pixel_neighbour, 20)
    assert [row["task"] for row in sittings.table(sitting, tiny_bank, n_episodes=2)] == [
        "20-way 1-shot, 15 queries a class",
        "20-way 5-shot, 15 queries a class",
    ]


@pytest.mark.parametrize("name", ["protonet", "maml", "maml-published-paper", "fomaml-5-steps-paper"])
def test_tables_say_whether_a_network_saw_the_validation_classes(name):
    """Those that did keep their last state: there is no accuracy on the validation classes to choose by."""
    _, info = checkpoints.load(name)
    assert ("validation" in tables.learned_from(info["classes"])) == (info["validation"] is None)


def test_every_checkpoint_of_the_course_is_made_by_a_recipe_of_the_same_name():
    """With as many updates: a network that had more or fewer has a recipe, and a name, of its own."""
    for name in (*sittings.COURSE, *sittings.EMOJI, *measure.PAPER):
        _, info = checkpoints.load(name)
        assert info["recipe"]["updates"] == RECIPES[name.removesuffix("-paper")].updates, name


def test_every_network_says_what_it_was_measured_at():
    """By `metalib evaluate --write`: who loads one knows what to expect."""
    assert [
        name
        for name in (*sittings.COURSE, *sittings.EMOJI, *measure.PAPER)
        if not checkpoints.load(name)[1]["measured"]
    ] == []


def test_queries_at_random_are_as_many_and_need_not_be_one_of_each(tiny_bank):
    spec = EpisodeSpec(5, 1, 1)
    [episodes] = papers.at_random(tiny_bank, spec, 20, seed=1)
    assert episodes.query_y.shape == (20, 5)
    counts = torch.stack([labels.bincount(minlength=5) for labels in episodes.query_y])
    assert counts.max() > 1
    assert episodes.query_x.shape[:2] == (20, 5)
    [same] = stream_episodes(tiny_bank, dataclasses.replace(spec, n_query=5), 20, seed=1)
    assert episodes.support_x.equal(same.support_x)


def test_the_table_shows_what_each_network_had_and_what_no_paper_reports():
    found = files.read(places.checkout() / "data")
    text = tables.markdown(list(found.exams.values()), list(found.paper.values()), command="metalib results")
    assert "| MAML with tied head rows | training | 19,000 | cuda" in text
    assert "| pixel neighbours | – | – | – |" in text
    assert "The transductive figures lean on balanced queries: " in text
    alone = [e for e in found.paper.values() if e.batch_norm == ALONE]
    assert {(e.method, e.task) for e in alone if e.published[0] is None} >= {
        ("MAML", str(EpisodeSpec(5, 1, 1))),
        ("MAML", str(EpisodeSpec(20, 1, 1))),
        ("first-order MAML", str(EpisodeSpec(5, 1, 1))),
    }
    cells = {(cell.method, str(cell.spec), cell.batch_norm) for cell in papers.CELLS}
    assert {(e.method, e.task, e.batch_norm) for e in found.paper.values()} == cells
    assert ("Reptile", str(EpisodeSpec(5, 5, 1))) in {(e.method, e.task) for e in alone}
    assert all(e.batch_norm != papers.AT_RANDOM or e.published[0] is None for e in found.paper.values())


def test_the_tables_count_the_threads_of_a_machine_as_one_does():
    found = files.read(places.checkout() / "data")
    text = tables.markdown([], list(found.paper.values()), command="metalib results")
    assert " 1 thread, torch" in text and " 1 threads" not in text


def test_every_sitting_has_a_name_of_its_own(tiny_bank):
    """The score board and the side file tell them apart by it."""
    names = [sitting.method for sitting in sittings.course_sittings(tiny_bank)]
    assert len(set(names)) == len(names)


def test_simple_shot_is_centred_on_the_validation_classes_of_the_bank_at_hand(tiny_bank, monkeypatch):
    other = dataclasses.replace(tiny_bank, images=255 - tiny_bank.images)
    monkeypatch.setattr(sittings, "split", lambda bank: Splits(None, other, None))
    sitting = next(s for s in sittings.course_sittings(tiny_bank) if s.method == "SimpleShot")
    [episodes] = stream_episodes(tiny_bank, EpisodeSpec(5, 1, 3), 4, seed=1)
    network, _ = checkpoints.load(sittings.USED)
    centre = baselines.mean_feature(network, other)
    with torch.no_grad():
        assert sitting.predict(episodes).equal(baselines.simple_shot(network, centre, episodes))


# --- exam C


def test_each_query_of_exam_c_is_alone(omniglot):
    """So no method that looks at all queries of a task sits it: it would be another one, each query alone."""
    evaluation = split(omniglot).evaluation
    ways = [way for way in sittings.course_sittings(omniglot) if sittings.can_sit(way, EXAM_C, evaluation)]
    assert {way.batch_norm for way in ways} == {"none", "running statistics", ALONE}
    assert {way.n_way for way in ways} == {None, 20}
    other = [way for way in sittings.course_sittings(omniglot) if sittings.can_sit(way, EXAM_A, evaluation)]
    assert "modified Hausdorff distance" not in {way.method for way in other}


def test_no_network_of_the_course_has_learned_from_the_drawings_of_exam_c():
    for name in sittings.COURSE:
        assert checkpoints.load(name)[1]["split"].startswith("alphabets"), name


def test_exam_c_by_the_distance_between_bitmaps_is_lakes_own_figure():
    found = files.read(places.checkout() / "data")
    right = found.right[exam_key("modified Hausdorff distance", "C", "Omniglot")]
    assert EXAM_C.total - int(right.sum()) == 155


def test_one_run_by_the_distance_between_bitmaps(tiny_bank):
    batch = next(EXAM_C_AS_DRAWN.episodes(tiny_bank))
    assert batch.support_x.dtype == torch.bool and batch.support_x.shape[-1] == 105
    some = Episode(*(field[:3] for field in batch))
    shuffled = some._replace(support_x=some.support_x.flip(1), support_y=some.support_y.flip(1))
    assert sittings.hausdorff(some).equal(sittings.hausdorff(shuffled))


def test_the_table_of_exam_c_counts_errors_and_has_people_among_the_methods():
    found = files.read(places.checkout() / "data")
    exams = list(found.exams.values())
    table = tables.run_table([e for e in exams if e.exam == "C"], EXAM_C)
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]
    shares = [float(row[-1].split()[0]) for row in rows]
    assert shares == sorted(shares)
    of = {row[0]: row[-2:] for row in rows}
    assert of["people"] == ["–", "4.5 %, mean of 40 people (Lake et al., Science 350 (2015), page 1335)"]
    assert of["prototypical network"] == ["22", "5.5 % (4.0 to 7.2, 20 runs)"]
    assert of["modified Hausdorff distance"][0] == "155" and of["modified Hausdorff distance"][1].startswith("38.8 % (")
    text = tables.markdown(exams, [], command="x")
    assert text.count("exam C (20 runs") == 1 and "95 % intervals over runs, by bootstrap" in text


def test_the_readme_has_the_table_as_it_is_measured(tmp_path):
    root = places.checkout()
    found, path = files.read(root / "data"), tmp_path / "README.md"
    files.write_readme(found, path)  # there is none
    assert not path.exists()
    text = (root / "README.md").read_text(encoding="utf-8")
    path.write_text(text.replace("| 155 |", "| 154 |"), encoding="utf-8")
    files.write_readme(found, path)
    assert path.read_text(encoding="utf-8") == text
    assert text.count("| 155 |") == 1
    assert "| Bayesian program learning | inductive | 13 |" in text
    assert "| MAML, emoji | transductive |" in text and "| MAML, emoji, each query alone | inductive |" in text


def test_a_table_of_a_checkpoint_leaves_exam_c_out(monkeypatch, omniglot):
    monkeypatch.setattr(sittings, "EXAMS", (EXAM_C,))
    sitting = sittings.Sitting("pixels", 1, "none", baselines.pixel_neighbour, 20)
    assert not [row for row in sittings.table(sitting, split(omniglot).evaluation, n_episodes=2) if "C" in row["task"]]
