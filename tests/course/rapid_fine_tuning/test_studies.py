"""The studies of notebook 02: what they choose and how they sum up, on curves whose answer is known."""

import math

import pytest
import torch
from torch.testing import assert_close

from metalib import baselines, finetune, protonet
from metalib.course.rapid_fine_tuning import studies
from metalib.course.rapid_fine_tuning import study_fine_tuning as fine_tuning
from metalib.course.rapid_fine_tuning import study_fine_tuning_from_scratch as from_scratch
from metalib.course.rapid_fine_tuning import study_fine_tuning_shots as fine_tuning_shots
from metalib.course.rapid_fine_tuning import study_simple_shot as simple_shot
from metalib.course.rapid_fine_tuning import study_twenty_ways as twenty_ways
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded


@pytest.fixture(scope="module")
def networks():
    torch.manual_seed(0)
    network = conv4(width=8, downsample="stride").eval()
    return {
        fine_tuning.PRETRAINED: finetune.with_head(network, 4),
        fine_tuning.FIVE_PICTURES: finetune.with_head(network, 4, running_stats=False),
    }


@pytest.fixture
def tasks(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(4, 1, 3), 3, generator=seeded(0))


def test_a_summary_has_the_mean_and_the_middle_of_the_tasks():
    values = torch.arange(11.0)[:, None].repeat(1, 2)
    values[:, 1] = math.nan
    assert fine_tuning.summary(values) == {"mean": [5.0, 1e4], "low": [1.0, 1e4], "high": [9.0, 1e4]}


def test_the_choice_is_the_best_mean_and_then_the_fewest_steps():
    def row(step_size, means):
        return {"start": "s", "layers": "l", "step_size": step_size, "query_accuracy": {"mean": means}}

    rows = [row(0.1, [0.2, 0.7, 0.9, 0.9]), row(0.3, [0.2, 0.8, 0.85, 0.9])]
    assert fine_tuning.choose(rows, [0, 1, 5, 10]) == [
        {"start": "s", "layers": "l", "step_size": 0.1, "steps": 5, "accuracy": 0.9}
    ]


def test_the_grid_has_a_row_for_each_start_layers_and_step_size(networks, tasks):
    settings = {"steps": [0, 2], "step_sizes": [0.01, 0.1]}
    rows = fine_tuning.grid(networks, tasks, settings)
    assert len({(row["start"], row["layers"], row["step_size"]) for row in rows}) == 2 * 3 * 2
    assert {tuple(row["query_accuracy"]["mean"][:1]) for row in rows} == {(0.25,)}  # before the first step
    for row in rows:
        if row["start"] == fine_tuning.FIVE_PICTURES:  # else features are near zero, as no batch norm lifts them
            assert row["support_loss"]["mean"][1] < row["support_loss"]["mean"][0]


def test_the_four_uses_of_batch_norm_differ(networks, tasks):
    inner = {"inner_lr": 0.3, "inner_steps": 3}
    answers = [fine_tuning.in_mode(mode, networks, **inner)(tasks) for mode in fine_tuning.MODES]
    assert all(answer.shape == tasks.query_y.shape for answer in answers)
    assert len({tuple(answer.flatten().tolist()) for answer in answers}) == 4


def test_the_habit_leaves_the_network_as_it_was(networks, tasks):
    network = networks[fine_tuning.PRETRAINED]
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.no_grad():
        fine_tuning.torch_habit(network, tasks.task(0), inner_lr=0.1, inner_steps=2)
    assert not network.training
    for name, value in network.state_dict().items():
        assert torch.equal(value, before[name])


def test_more_shots_are_measured_on_tasks_within_one_alphabet(tiny_bank):
    settings = {"n_way": 4, "n_query": 2}
    batches = fine_tuning_shots.tasks(tiny_bank, 3, 12, 5, settings)
    assert [len(batch.support_y) for batch in batches] == [10, 2]
    assert list(batches[0].support_y.shape) == [10, 12]


def test_the_step_size_is_chosen_on_validation_tasks_only(networks, tasks, monkeypatch):
    asked = []

    def curves(network, batches, only, step_size, at):
        asked.append((batches, step_size, tuple(at)))
        return torch.tensor([[0.2, 0.9 if step_size == 0.1 else 0.5]])[:, : len(at)]

    monkeypatch.setattr(fine_tuning_shots, "accuracy_curves", curves)
    settings = {"step_sizes": [0.01, 0.1, 1.0], "steps": [1, 5]}
    found, best = fine_tuning_shots.fine_tuned(None, "linear probe", ["validation"], ["test"], settings)
    assert best == {"step_size": 0.1, "steps": 5}
    assert asked == [
        *((["validation"], step_size, (1, 5)) for step_size in settings["step_sizes"]),
        (["test"], 0.1, (5,)),
    ]
    assert_close(found, torch.tensor([0.2]))


@pytest.mark.parametrize("name", studies.STUDIES)
def test_the_stored_study_is_the_one_that_is_registered(name):
    record = studies.read(name)
    assert record["settings"] == studies.STUDIES[name].settings
    assert record["question"] == studies.STUDIES[name].question


def test_the_methods_of_the_exams_are_among_the_good_cells_of_the_grid():
    """Step size and steps of `finetune.METHODS` reach what validated best, up to two standard errors of the grid."""
    record = studies.read("fine-tuning")
    settings = record["settings"]
    layers = dict(zip(finetune.METHODS, fine_tuning.LAYERS, strict=True))
    for method, (_, _, steps) in finetune.METHODS.items():
        step_size = finetune.METHODS[method].inner_lr(settings["n_way"])
        rows = [r for r in record["results"]["grid"] if (r["start"], r["layers"]) == ("pre-trained", layers[method])]
        own = next(row for row in rows if math.isclose(row["step_size"], step_size))
        best = max(max(row["query_accuracy"]["mean"]) for row in rows)
        error = math.sqrt(best * (1 - best) / (settings["tasks"] * settings["n_way"] * settings["n_query"]))
        assert own["query_accuracy"]["mean"][settings["steps"].index(steps)] > best - 2 * error - 0.005


# --- steps from a random start


def test_each_query_of_a_random_start_is_answered_without_the_others(tasks):
    single = from_scratch.one_query_each(tasks)
    assert single.query_x.shape[:2] == (3 * 12, 1)
    assert single.support_x[13].equal(tasks.support_x[1])
    assert single.query_y.view_as(tasks.query_y).equal(tasks.query_y)
    network, _ = from_scratch.start(0, 4)
    with torch.no_grad():
        alone = protonet.predict(network.features, single)
        together = protonet.predict(
            network.features, from_scratch.one_query_each(tasks._replace(query_x=tasks.query_x))
        )
    assert alone.equal(together)
    assert from_scratch.right(tasks.query_y.flatten()[:, None], tasks).tolist() == [1.0] * 3


def test_a_random_start_is_the_same_network_under_two_uses_of_batch_norm():
    moving, frozen = from_scratch.start(1, 5)
    assert not moving.settings["running_stats"] and frozen.settings["running_stats"]
    for name, value in moving.named_parameters():
        assert value.equal(frozen.get_parameter(name))


def test_what_the_notebook_says_of_a_random_start_holds_for_each_seed():
    rows = studies.read("fine-tuning-from-scratch")["results"]["rows"]
    gains = {what: [r["steps_minus_it"] for r in rows if r["what"] == what] for what in {r["what"] for r in rows[1:5]}}
    assert all(low > 0 for _, low, *_ in gains[from_scratch.SAME])
    assert all(high < 0 for what in (from_scratch.MAX_POOL, from_scratch.PRETRAINED) for _, _, high, *_ in gains[what])
    assert all(abs(mean) < 0.06 for mean, *_ in gains[from_scratch.FROZEN])  # "about as good"
    order = (from_scratch.SAME, from_scratch.STEPS_TAKEN, from_scratch.MAX_POOL, from_scratch.PRETRAINED)
    for seed in {row["seed"] for row in rows}:
        means = {row["what"]: row["accuracy"][0] for row in rows if row["seed"] == seed}
        assert sorted(order, key=means.get) == list(order)  # the question's


# --- SimpleShot


def test_centring_alone_changes_no_answer(tiny_bank, networks):
    network, exam = networks[fine_tuning.PRETRAINED], tiny_bank
    known = simple_shot.changes(network, exam, exam)
    episodes = sample_episodes(exam, EpisodeSpec(4, 2, 3), 3, generator=seeded(1))
    right = dict(zip(known, simple_shot._right(network, known, episodes).unbind(dim=1), strict=True))
    assert right[simple_shot.CENTRE].equal(right[simple_shot.PLAIN])
    with torch.no_grad():
        both = baselines.simple_shot(network, baselines.mean_feature(network, exam), episodes)
    assert right[simple_shot.BOTH].equal((both == episodes.query_y).double().mean(dim=1))


def test_simple_shot_gains_for_the_classifier_and_not_for_the_network_that_was_trained_on_tasks():
    rows = studies.read("simple-shot")["results"]["rows"]
    gain = {(r["network"], r["exam"]): r["minus_plain"] for r in rows if r["features"] == simple_shot.BOTH}
    assert all(gain["pre-trained classifier", exam][1] > 0 for exam in "AB")
    assert all(gain["prototypical network", exam][1] < 0 for exam in "AB")


# --- steps and SimpleShot on twenty characters of one alphabet


def test_a_row_has_paired_differences_to_both_that_take_no_step():
    found = {twenty_ways.CENTROID: torch.tensor([0.5, 0.7]), twenty_ways.SIMPLE_SHOT: torch.tensor([0.75, 0.75])}
    found["linear probe"] = torch.tensor([0.6, 0.9])
    row = twenty_ways.row("linear probe", 1, found, {"linear probe": {"step_size": 0.03, "steps": 5}})
    assert (row["step_size"], row["steps"]) == (0.03, 5)
    means = [row[name][0] for name in ("accuracy", "minus_centroid", "minus_simple_shot")]
    assert means == pytest.approx([0.75, 0.15, 0.0], abs=1e-6)
    assert "steps" not in twenty_ways.row(twenty_ways.CENTROID, 1, found, {})


def test_methods_with_and_without_steps_answer_the_same_tasks(networks, tasks):
    network = networks[fine_tuning.PRETRAINED]
    plain = twenty_ways.without_steps(network, torch.zeros(network.out_features), [tasks])
    chosen = {method: {"step_size": 0.01, "steps": 1} for method in twenty_ways.LAYERS}
    found = plain | twenty_ways.with_steps(network, chosen, [tasks])
    assert list(found) == [twenty_ways.CENTROID, twenty_ways.SIMPLE_SHOT, *twenty_ways.LAYERS]
    assert all(len(values) == 3 for values in found.values())


def test_what_the_notebook_says_of_twenty_ways_holds():
    beside, more = (studies.read(name)["results"]["rows"] for name in ("twenty-ways", "fine-tuning-shots"))
    one = {row["method"]: row["minus_simple_shot"] for row in beside if row["k_shot"] == 1}
    assert one["linear probe"][1] < 0 < one["linear probe"][2]  # level
    assert one["fine-tuned classifier"][2] < 0 and one[twenty_ways.CENTROID][2] < 0  # behind
    five = {row["method"]: row["minus_centroid"] for row in (*more, *beside) if row["k_shot"] == 5}
    assert five[twenty_ways.SIMPLE_SHOT][1] < 0 < five[twenty_ways.SIMPLE_SHOT][2]
    assert five["fine-tuned last block"][1] > 0 and five["fine-tuned last block"][0] < 0.01  # a little
    assert five["fine-tuned classifier"][2] < 0
    most = max(studies.read("fine-tuning-shots")["settings"]["steps"])
    assert {row["steps"] for row in more if row["k_shot"] == 5 and "steps" in row} == {most}


def test_what_the_notebook_says_of_the_explorer_holds():
    grid = studies.read("fine-tuning")["results"]["grid"]
    curves = {(row["start"], row["layers"], row["step_size"]): row for row in grid}
    rows = {size: curves[fine_tuning.RANDOM, "all layers", size] for size in (0.1, 0.3)}
    long, loss = rows[0.3]["support_accuracy"]["mean"], rows[0.3]["support_loss"]["mean"]
    assert round(100 * long[3]) == 88 and loss[2] > 2 * loss[1] and min(long[1:]) == long[3]
    assert min(rows[0.1]["support_accuracy"]["mean"][2:]) == 1.0
    for start in (fine_tuning.PRETRAINED, fine_tuning.FIVE_PICTURES, fine_tuning.RANDOM):
        first = {row["query_accuracy"]["mean"][1] for row in grid if row["start"] == start}
        assert len(first) == 1  # the same answers for every step size and all layers
    pretrained = (fine_tuning.PRETRAINED, fine_tuning.FIVE_PICTURES)
    after_one = [curves[start, "head", 0.01]["query_accuracy"]["mean"][1] for start in pretrained]
    assert [round(100 * mean) for mean in after_one] == [88, 93]
