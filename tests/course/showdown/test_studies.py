"""The studies of notebook 08: their arithmetic, the tasks that they take, and whether their files fit the code."""

import json

import pytest
import torch
from torch.testing import assert_close

from metalib import places
from metalib.course.kit.exams import EXAM_A, EXAM_B, EXAM_C
from metalib.course.showdown import grid, sitting, studies
from metalib.course.showdown import study_showdown as showdown
from metalib.course.showdown import study_showdown_classes as classes
from metalib.course.showdown import study_showdown_grid as of_grid
from metalib.course.showdown import study_showdown_intervals as intervals
from metalib.course.showdown import study_showdown_published as published
from metalib.course.showdown import study_showdown_trials as trials
from metalib.course.showdown.disjoint import disjoint_draws
from metalib.course.showdown.sitting import ALONE, TOGETHER, Way
from metalib.episodes import EpisodeSpec
from metalib.evaluate import Interval
from metalib.runtime import seeded


def test_equal_seconds_and_equal_updates_share_mamls_network():
    seconds, updates = studies.STUDIES["showdown-seconds"].settings, studies.STUDIES["showdown-updates"].settings
    assert set(updates["updates"].values()) == {seconds["updates"]["MAML"]}
    for name, each in trials.MILLISECONDS.items():
        assert_close(seconds["updates"][name] * each / 1000, 360.0, rtol=0.01, atol=0)


def test_the_plan_has_the_numbers_that_the_code_takes():
    """A row of its table: method, an update, ms, updates in 360 s, …"""
    plan = (places.checkout() / "data" / "showdown-plan.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:]] for line in plan.splitlines() if line.count("|") == 7]
    names = {"NCA without episodes": "NCA", "ProtoMAML, first order": "ProtoMAML"}
    planned = {names.get(row[0], row[0]): row[2:4] for row in rows}
    for name, updates in studies.STUDIES["showdown-seconds"].settings["updates"].items():
        assert planned[name] == [str(trials.MILLISECONDS[name]), f"{updates:,}"]
    assert all(f"`{name}`" in plan for name in studies.STUDIES)


@pytest.mark.parametrize("name", [name for name in studies.STUDIES if places.find(f"studies/{name}.json")])
def test_a_record_answers_the_question_and_the_settings_of_its_code(name):
    record, study = studies.read(name), studies.STUDIES[name]
    assert record["question"] == study.question
    assert record["settings"] == json.loads(json.dumps(study.settings))


# --- who may sit what


@pytest.mark.parametrize(
    ("way", "exams"),
    [
        (Way("any", None), [EXAM_A, EXAM_B, EXAM_C]),
        (Way("five rows", None, n_way=5), [EXAM_A]),
        (Way("together", None, queries=TOGETHER), [EXAM_A, EXAM_B]),
    ],
)
def test_five_rows_do_five_ways_and_exam_c_has_each_query_alone(way, exams):
    assert [exam for exam in (EXAM_A, EXAM_B, EXAM_C) if sitting.can_sit(way, exam)] == exams


def answered(method, seed, right, queries=ALONE):
    return {"method": method, "network": method, "seed": seed, "exam": "A", "batch_norm": "", "queries": queries,
            "right": torch.tensor(right)}  # fmt: skip


def test_a_lead_is_over_the_prototypical_network_of_the_same_seed():
    found = [
        answered(showdown.BASELINE, 0, [60, 60, 75]),
        answered("MAML", 0, [30, 60, 75]),
        answered("MAML", 0, [75, 75, 75], TOGETHER),
        answered(showdown.BASELINE, 1, [15, 15, 15]),
        answered("MAML", 1, [15, 15, 45]),
    ]
    rows = showdown.with_intervals(found)
    leads = [row["minus_prototypes"] and row["minus_prototypes"][0] for row in rows]
    assert leads[0] is leads[2] is leads[3] is None  # itself; queries together; itself
    assert_close(leads[1], -30 / 75 / 3)
    assert_close(leads[4], 30 / 75 / 3)
    assert rows[1]["right"] == "30 60 75" and rows[1]["questions"] == 75
    (pair,) = showdown.over_seeds(found, ["A"])
    assert (pair["method"], set(pair["by_seed"])) == ("MAML", {"0", "1"})
    assert_close(pair["mean"], 0.0, rtol=0, atol=1e-7)


# --- intervals


def test_disjoint_tasks_take_no_picture_twice_and_leave_few_out(tiny_bank):
    draw = disjoint_draws(tiny_bank, EpisodeSpec(4, 1, 4), generator=seeded(0))
    taken = (draw.classes[..., None] * 20 + draw.drawings).flatten()
    assert len(taken.unique()) == len(taken) == 28 * 20  # 30 classes make 7 tasks of 4 a round, and 4 rounds
    assert len(draw.classes) == 4 * 7


def test_disjoint_tasks_within_an_alphabet_stay_there(tiny_bank):
    draw = disjoint_draws(tiny_bank, EpisodeSpec(4, 1, 1, within_group=True), generator=seeded(0))
    groups = tiny_bank.group_ids[draw.classes]
    assert (groups == groups[:, :1]).all()
    with pytest.raises(ValueError, match="lower n_way"):
        disjoint_draws(tiny_bank, EpisodeSpec(11, 1, 1, within_group=True), generator=seeded(0))


def test_query_by_query_asks_the_tasks_of_the_exam(omniglot):
    evaluation = showdown.split(omniglot).evaluation
    (pixels, _) = showdown.untrained_ways()
    (first, *_) = EXAM_B.episodes(evaluation)
    found = intervals.query_by_query(pixels, evaluation, EXAM_B, [next(intervals.exam_draws(EXAM_B, evaluation))])
    assert torch.tensor(found["right"]).bool().equal(pixels.predict(first) == first.query_y)
    assert all(len(set(alphabets)) == 1 for alphabets in found["alphabet"])  # exam B is within one


def test_the_bootstrap_over_alphabets_sees_that_alphabets_differ():
    """Two alphabets of ten are always wrong: tasks that mix all have the same accuracy, and alphabets have not."""
    alphabet = torch.arange(10).repeat(50, 1)  # [E, Q]
    right = (alphabet >= 2).int()
    found = intervals.over_alphabets(right, alphabet, generator=seeded(0), resamples=2000)
    assert_close(found.mean, 0.8)
    assert found.low <= 0.6 and found.high >= 0.99 and (found.n, found.unit) == (10, "alphabets")


def test_pairs_tell_apart_what_single_results_do_not():
    hard = torch.rand(400, generator=seeded(0), dtype=torch.float64)
    a, b = 0.5 * hard + 0.03, 0.5 * hard
    a = a + 0.02 * torch.rand(400, generator=seeded(1), dtype=torch.float64)
    found = intervals.told_apart(a, b, 20, 300, seeded(2))
    assert found["paired"] > 0.99 and found["unpaired"] < 0.6
    same = intervals.told_apart(hard, hard.flip(0), 50, 500, seeded(3))
    assert same["unpaired"] < 0.12  # without a difference, about one in twenty


# --- the grid


def test_the_stored_episode_is_the_one_that_the_heat_map_shows(tiny_bank):
    settings = {"ways": [2, 5], "shots": [1, 3]}
    shown = grid.stored(tiny_bank, type("Grid", (), settings))
    for place in of_grid.places(settings):
        ours = of_grid.stored_episode(tiny_bank, settings, *place).task(0)
        for field, theirs in zip(ours, shown.episode(*place), strict=True):
            assert_close(field, theirs)


def test_gradient_methods_sit_fewer_of_the_same_tasks_in_large_cells(tiny_bank):
    settings = {**of_grid.SETTINGS, "tasks": 20, "of_gradient_methods": {"0": 20, "6": 10}, "n_query": 2}
    pixels, _ = showdown.untrained_ways()
    whole = of_grid.right(pixels, tiny_bank, 3, 2, settings)
    part = of_grid.right(pixels._replace(method="ProtoMAML"), tiny_bank, 3, 2, settings)
    assert (len(whole), part) == (20, whole[:10])
    assert len(of_grid.right(pixels._replace(method="ProtoMAML"), tiny_bank, 3, 1, settings)) == 20


def test_a_cell_of_fewer_tasks_is_compared_on_these():
    settings = {"n_query": 5}
    found = {(of_grid.BASELINE, 2, 1): torch.tensor([10.0, 0, 0, 0]), ("ProtoMAML", 2, 1): torch.tensor([10.0, 5])}
    _, row = of_grid.table(found, settings)
    assert_close(row["minus_prototypes"][0], 0.25)
    assert row["accuracy"][3] == row["minus_prototypes"][3] == 2


# --- classes, published figures


def test_sets_of_classes_are_nested_and_seeds_have_others(tiny_bank):
    small, large = (set(classes.subset(tiny_bank, n, 0).names) for n in (5, 12))
    assert small < large and len(small) == 5
    assert small != set(classes.subset(tiny_bank, 5, 1).names)


def test_the_slope_of_a_power_law_is_its_exponent():
    assert_close(classes.slope([20, 60, 200], [0.7 * n**-0.4 for n in (20, 60, 200)]), -0.4)


def test_averaged_features_are_means_over_places():
    torch.manual_seed(0)
    model = published.PooledConv4(downsample="stride", n_out=5, running_stats=False)
    x = torch.rand(3, 1, 28, 28)
    features = model.blocks(x)
    assert features.shape == (3, 64, 2, 2)
    assert_close(model(x), features.flatten(2).mean(dim=2) @ model.head.weight.T + model.head.bias)


def test_a_published_figure_is_apart_beyond_both_intervals():
    class Entry:
        method, checkpoint, task, batch_norm, source = "MAML", "c", "5-way 1-shot, 1 query a class", "", "paper"
        published = (98.7, 0.4)
        result = Interval(0.996, 0.994, 0.998, 1000)

    row = published.row(Entry())
    assert row["apart"] and row["test"] == published.POOLED
    assert_close(row["difference"], 0.9)
    Entry.result = Interval(0.992, 0.989, 0.995, 1000)
    assert not published.row(Entry())["apart"]


def test_both_forms_of_first_order_maml_are_the_test_of_its_steps():
    kinds = [("first-order MAML", "few"), ("first-order MAML", "many"), ("MAML", "other")]
    task = "5-way 1-shot, 1 query a class"
    rows = [{"method": method, "checkpoint": name, "task": task, "ours": [0.9]} for method, name in kinds]
    assert published.by_steps(rows)["found"] == {"few": [0.9], "many": [0.9]}
