"""The questions of notebook 08: each can be asked, and its answer is what the course measured."""

import json

import made_records
import pytest
import torch

from metalib import protonet
from metalib.banks import load_bank
from metalib.course.kit.results import accuracies
from metalib.course.showdown import questions
from metalib.course.showdown.exercise_episodes_needed import episodes_needed
from metalib.course.showdown.exercise_head_steps import head_steps
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.evaluate import mean_interval, paired_interval
from metalib.runtime import seeded
from metalib.training import checkpoints


@pytest.fixture
def made(tmp_path, monkeypatch):
    made_records.write(tmp_path)
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))

    def change(name, how):
        path = tmp_path / "studies" / f"{name}.json"
        record = json.loads(path.read_text(encoding="utf-8"))
        how(record["results"])
        path.write_text(json.dumps(record), encoding="utf-8")

    return change


# --- the two that stand on the course's own results


@pytest.fixture(scope="module")
def point():
    return tuple(accuracies(name, "B", bank="Omniglot") for name in ("SimpleShot", "pre-trained classifier"))


def test_the_intervals_overlap_as_the_question_says_and_the_tasks_tell_the_two_apart(point):
    text = questions.one_point().data["text"]
    for values in point:
        found = mean_interval(values)
        assert f"{100 * found.mean:.1f} ± {100 * found.half_width:.1f} %" in text
    a, b = map(mean_interval, point)
    assert a.low < b.mean < a.mean < b.high
    assert paired_interval(*point).low > 0


def test_the_numbers_of_tasks_are_those_of_the_formula(point):
    asked, lead = questions.tasks_for_one_point(), paired_interval(*point).mean
    paired, unpaired = (episodes_needed(*point, lead, how) for how in (True, False))
    assert asked.key["answer"] == unpaired
    assert f"on the same tasks {paired} are enough" in asked.data["text"]
    assert "0.87" in asked.key["feedback"]["too high"]
    assert float(torch.corrcoef(torch.stack(point))[0, 1]) == pytest.approx(0.87, abs=0.005)
    assert 1 - paired / unpaired == pytest.approx(7 / 8, abs=0.02)


# --- those that read the studies, on made-up records


def right_order(asked):
    return [asked.data["lines"][i] for i in asked.key["orders"][0]]


def test_the_order_is_that_of_the_record_and_what_it_cannot_rank_may_stand_either_way(made):
    def orders(means, half):
        def change(results):
            for row in results["rows"]:
                if row["exam"] == "B" and row["method"] in questions.ORDERED:
                    mean = means[list(questions.ORDERED).index(row["method"])]
                    row["accuracy"] = [mean, mean - half, mean + half, 400, "episodes"]

        made("showdown-seconds", change)
        asked = questions.after_three_minutes()
        return right_order(asked), len(asked.key["orders"])

    names = list(questions.ORDERED)
    assert orders((0.9, 0.8, 0.7, 0.2, 0.1), 0.01) == (names, 1)
    assert orders((0.9, 0.7, 0.8, 0.1, 0.2), 0.01)[0] == [names[i] for i in (0, 2, 1, 4, 3)]
    assert orders((0.9, 0.8, 0.79, 0.2, 0.19), 0.01)[1] == 4  # either of two pairs may stand the other way round


def test_how_far_maml_is_behind_is_the_grid_s(made):
    asked = questions.twenty_ways()
    assert "tied rows is " in asked.data["text"]
    made(
        "showdown-grid",
        lambda results: [
            row.update(minus_prototypes=[-0.321, -0.33, -0.31, 200, "episodes"])
            for row in results["rows"]
            if row["method"] == "MAML, tied rows" and (row["n_way"], row["k_shot"]) == (20, 1)
        ],
    )
    assert questions.twenty_ways().key["answer"] == 32.1


def test_the_lead_of_a_head_s_steps_on_digits_grows_with_the_pictures():
    """Smaller than in the notebook, whose features, rate and tasks they are."""
    network, digits = checkpoints.load("classifier")[0], load_bank("digits", quiet=True)

    def lead(k_shot, n_tasks):
        tasks, found = sample_episodes(digits, EpisodeSpec(10, k_shot, 5), n_tasks, generator=seeded(2)), []
        for t in range(n_tasks):
            task = tasks.task(t)
            with torch.no_grad():
                s, q = network.features(task.support_x), network.features(task.query_x)
            mean, scale = s.mean(dim=0), (s - s.mean(dim=0)).square().sum(dim=1).mean().sqrt()
            s, q = (s - mean) / scale, (q - mean) / scale
            W, b = head_steps(torch.zeros(10, s.shape[1]), torch.zeros(10), s, task.support_y, 3.0, 300)
            nearest = torch.cdist(q, protonet.prototypes(s, task.support_y, 10)).argmin(dim=1)
            answers = torch.stack([(q @ W.T + b).argmax(dim=1), nearest])
            found.append((answers == task.query_y).double().mean(dim=1))
        return paired_interval(*torch.stack(found, dim=1))

    one, many = lead(1, 80), lead(32, 15)
    assert one.low < 0.02 < one.high
    assert many.low > 0.03 and many.high < 0.09
    asked = questions.where_steps_win()
    assert asked.data["options"][asked.key["correct"]] == "it grows"


def test_the_line_that_confounds_is_the_one_that_loads():
    asked = questions.spot_it()
    assert "checkpoints.load" in asked.data["options"][asked.key["correct"]]
