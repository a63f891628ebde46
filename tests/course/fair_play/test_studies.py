"""The studies of notebook 07: whose statistics are taken, how queries and splits are drawn, and what the files hold."""

import dataclasses
import json
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from metalib.banks import Splits
from metalib.course.fair_play import batch_statistics
from metalib.course.fair_play import study_batch_norm as batch_norm
from metalib.course.fair_play import study_class_leaks as class_leaks
from metalib.course.fair_play import study_selection as selection
from metalib.course.fair_play import study_soft_k_means as soft_k_means
from metalib.course.fair_play import study_transductive_figure as figure
from metalib.course.fair_play.batch_statistics import QUERIES, RUNNING, SUPPORT, TOGETHER, embed, with_rows
from metalib.course.kit import runs, study
from metalib.course.kit.exams import EXAM_A, EXAM_B
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.evaluate import mean_interval
from metalib.models import conv4
from metalib.runtime import seeded
from metalib.training.recipes import RECIPES
from metalib.training.recipes.maml import MamlRecipe
from metalib.training.recipes.protonet import ProtonetRecipe


@pytest.fixture
def network():
    """A small conv4 whose running statistics are not the fresh ones, and which does not always see all pictures."""
    torch.manual_seed(0)
    made = conv4(width=4, downsample="stride")
    made.train()(torch.rand(8, 1, 28, 28, generator=seeded(1)))
    return with_rows(made).eval()


@pytest.fixture
def pictures():
    """Five support pictures, and six queries in another grey."""
    x = torch.rand(11, 1, 28, 28, generator=seeded(0))
    return x[:5], x[5:] * 0.5


def test_support_statistics_are_those_of_the_support_set_alone(network, pictures):
    support, query = pictures
    alone, _ = embed(network, support, query, QUERIES)
    found, _ = embed(network, support, query, SUPPORT)
    assert_close(found, alone)


@pytest.mark.parametrize("statistics", [SUPPORT, RUNNING])
def test_a_query_by_support_or_running_statistics_is_the_same_in_any_company(network, pictures, statistics):
    support, query = pictures
    _, together = embed(network, support, query, statistics)
    _, alone = embed(network, support, query[:1], statistics)
    assert_close(alone, together[:1])


@pytest.mark.parametrize("statistics", [TOGETHER, QUERIES])
def test_a_query_by_the_queries_statistics_is_not(network, pictures, statistics):
    support, query = pictures
    _, together = embed(network, support, query, statistics)
    _, alone = embed(network, support, query[:1], statistics)
    assert (alone - together[:1]).abs().max() > 0.01


def test_all_rows_are_what_torch_takes_in_training(network, pictures):
    support, query = pictures
    _, told = embed(network, support, query, TOGETHER)
    state = {name: value.clone() for name, value in network.state_dict().items()}
    _, in_training = embed(network.train(), support, query, TOGETHER)
    assert_close(told, in_training, rtol=1e-4, atol=1e-4)
    assert not network.blocks[0][1].running_mean.equal(state["blocks.0.1.running_mean"])


def test_being_told_changes_no_weight_and_ends(network, pictures):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    for statistics in batch_statistics.STATISTICS:
        embed(network, *pictures, statistics)
    assert all(value.equal(before[name]) for name, value in network.state_dict().items())
    assert all(block[1].rows is None for block in network.blocks)


def test_support_statistics_move_running_averages_in_training(network, pictures):
    before = network.blocks[0][1].running_mean.clone()
    mean = network.blocks[0][0](pictures[0]).mean(dim=(0, 2, 3))
    embed(network.train(), *pictures, SUPPORT)
    assert_close(network.blocks[0][1].running_mean, 0.9 * before + 0.1 * mean)


def test_the_arm_of_running_statistics_holds_them_still_in_its_second_half(tiny_bank):
    recipe = batch_norm.StatedProtonetRecipe(statistics=RUNNING, n_way=5, updates=4)
    network = recipe.network()
    means = [network.blocks[0][1].running_mean.clone()]
    for _ in recipe.train(network, tiny_bank, record_every=1, progress=False):
        means.append(network.blocks[0][1].running_mean.clone())
    assert [not a.equal(b) for a, b in pairwise(means)] == [True, True, False, False]


def test_maml_on_the_queries_own_statistics_is_the_recipe_of_the_course(tiny_bank):
    told = batch_norm.StatedMamlRecipe(statistics=QUERIES, n_query=2)
    usual = MamlRecipe(n_query=2)
    tasks = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 2), 2, generator=seeded(0))
    losses = [recipe.losses(network, tasks, recipe.start(network, tiny_bank)) for recipe in (told, usual)
              for network in [recipe.network()]]  # fmt: skip
    assert_close(*losses)


def test_maml_on_support_statistics_learns_with_each_query_alone(tiny_bank):
    recipe = batch_norm.StatedMamlRecipe(statistics=SUPPORT, n_query=2)
    network = recipe.network()
    tasks = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 2), 1, generator=seeded(0))
    one = tasks._replace(query_x=tasks.query_x[:, :1], query_y=tasks.query_y[:, :1])
    others = [
        tasks._replace(query_x=tasks.query_x[:, n : n + 1], query_y=tasks.query_y[:, n : n + 1]) for n in range(10)
    ]
    run = recipe.start(network, tiny_bank)
    whole = recipe.losses(network, tasks, run)
    assert_close(whole, torch.stack([recipe.losses(network, other, run) for other in others]).mean(dim=0))
    assert not whole.equal(recipe.losses(network, one, run))
    whole.mean().backward()
    assert all(parameter.grad.isfinite().all() for parameter in network.parameters())


def test_averages_for_maml_are_means_over_training_tasks(tiny_bank):
    recipe = batch_norm.StatedMamlRecipe(n_query=2)
    network = recipe.network()
    with torch.no_grad():
        averages = recipe.averages(network, tiny_bank, {"average_tasks": 3, "average_seed": 0})
    assert averages.blocks[0][1].num_batches_tracked == 3
    assert not averages.training


def test_unbalanced_counts_add_up_and_none_is_too_many():
    rng = np.random.default_rng(0)
    counts = torch.stack([soft_k_means.unbalanced_counts(5, 15, 0.5, 12, rng) for _ in range(500)])
    assert (counts.sum(dim=1) == 15).all()
    assert counts.max() == 12
    assert_close(counts.double().mean(dim=0), torch.full((5,), 3.0).double(), rtol=0, atol=0.4)


def test_a_smaller_concentration_is_less_balanced():
    largest = [
        np.mean([soft_k_means.unbalanced_counts(5, 15, a, 15, rng).max() for _ in range(300)])
        for a, rng in ((0.5, np.random.default_rng(0)), (2.0, np.random.default_rng(0)))
    ]
    assert largest[0] > largest[1] + 1


@pytest.mark.parametrize("exam", [EXAM_A, EXAM_B], ids=["A", "B"])
def test_the_first_queries_are_the_exams_own(tiny_bank, exam):
    network = conv4(width=4).eval()
    small = dataclasses.replace(exam, spec=EpisodeSpec(5, 1, exam.spec.n_query, exam.spec.within_group), n_episodes=3)
    tasks = list(soft_k_means.embedded(network, tiny_bank, small, {"most_queries": 19, "episodes": {exam.letter: 3}}))
    (batch,) = small.episodes(tiny_bank)
    with torch.no_grad():
        assert_close(tasks[2].support, network(batch.support_x[2]))
        n_query = exam.spec.n_query
        assert_close(tasks[2].query[:, :n_query].flatten(0, 1), network(batch.query_x[2]))


@pytest.fixture
def small_banks(tiny_bank, monkeypatch, tmp_path):
    """All parts of the data are the small bank, in the modules that read it; runs are kept in a folder of their own."""
    for module in (batch_norm, class_leaks, figure, selection, soft_k_means):
        monkeypatch.setattr(module, "load_bank", lambda *names, **settings: tiny_bank)
        monkeypatch.setattr(module, "split", lambda *arguments: Splits(tiny_bank, tiny_bank, tiny_bank))
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))


def small_checkpoint(name):
    """An untrained network, and what a checkpoint called `name` says of its recipe."""
    recipe = RECIPES[name]
    return recipe.network().eval(), {"method": recipe.method, "recipe": dataclasses.asdict(recipe)}


def test_each_network_is_tested_with_each_statistics_on_each_set_of_queries(small_banks, monkeypatch):
    small = {"updates": 1, "meta_batch_size": 1}
    settings = {**batch_norm.SETTINGS, "maml": small, "protonet": small, "average_tasks": 1, "episodes": 2}
    monkeypatch.setattr(batch_norm.checkpoints, "load", small_checkpoint)
    rows = json.loads(json.dumps(batch_norm.run(settings)))["rows"]
    assert len(rows) == 8 * 4 * len(batch_norm.QUERY_SETS)
    assert [row["trained_with"] for row in rows if row["checkpoint"]] == [QUERIES] * 16 + [TOGETHER] * 16
    assert all(row["minus_tested_as_trained"][0] == 0 for row in rows if row["trained_with"] == row["tested_with"])
    alone = [row for row in rows if row["queries"] == batch_norm.ALONE]
    assert all(row["minus_balanced"][0] == 0 for row in alone if row["tested_with"] in (SUPPORT, RUNNING))


def test_a_set_of_queries_holds_what_its_name_says(tiny_bank):
    task = sample_episodes(tiny_bank, EXAM_A.spec, 1, generator=seeded(0)).task(0)
    sets = batch_norm.query_sets(task, batch_norm.SETTINGS, seeded(0), np.random.default_rng(0))
    balanced, unbalanced, one_class, alone = (task.query_y[rows] for rows in sets)
    assert balanced.flatten().bincount().tolist() == [3] * 5
    assert unbalanced.shape == (1, 15)
    assert unbalanced.flatten().bincount(minlength=5).tolist() != [3] * 5
    assert one_class.unique().numel() == 1
    assert one_class.shape == (1, 15)
    assert alone.shape == (15, 1)


def test_soft_k_means_is_measured_on_balanced_and_unbalanced_queries(small_banks, monkeypatch):
    exams = [
        dataclasses.replace(exam, spec=EpisodeSpec(5, 1, n_query, exam.spec.within_group), n_episodes=3)
        for exam, n_query in ((EXAM_A, 15), (EXAM_B, 3))
    ]
    monkeypatch.setattr(soft_k_means, "EXAM_A", exams[0])
    monkeypatch.setattr(soft_k_means, "EXAM_B", exams[1])
    monkeypatch.setattr(soft_k_means.checkpoints, "load", lambda name: (conv4(width=4).eval(), {}))
    settings = {**soft_k_means.SETTINGS, "episodes": {"A": 3, "B": 3}, "queries": {"A": 15, "B": 15}}
    rows = json.loads(json.dumps(soft_k_means.run(settings)))["rows"]
    assert [row["n_queries"] for row in rows if row["steps"] == 0] == [75, 15, 15, 15, 15] + [15] * 4
    assert all(row["gain"][:3] == [0, 0, 0] for row in rows if row["steps"] == 0)


def test_queries_alone_are_those_that_pass_together(tiny_bank):
    network = with_rows(conv4(width=4, n_out=5, running_stats=False, downsample="stride")).eval()
    recipe = MamlRecipe()
    task = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 5), 1, generator=seeded(0)).task(0)
    everything = {"all": torch.arange(25), "some": torch.arange(5)}
    found = figure.right(network, recipe, task, everything)
    episodes = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 5), 1, generator=seeded(0))
    for n, transductive in enumerate((True, False)):
        predicted = recipe.predictor(network, transductive=transductive)(episodes)
        assert found["all"][n].item() == pytest.approx((predicted == episodes.query_y).double().mean().item())


def test_queries_are_asked_in_three_ways():
    asked = figure.asked(5, seeded(0))
    classes = {name: rows // 5 for name, rows in asked.items()}
    assert classes[figure.ONE_OF_EACH].tolist() == [0, 1, 2, 3, 4]
    assert classes[figure.ONE_CLASS].unique().numel() == 1
    assert len(asked[figure.AT_RANDOM].unique()) == 5


@pytest.fixture
def divided(tiny_bank):
    """The small bank as background, and as evaluation alphabets of which two of three are large enough."""
    smaller = tiny_bank.select([c for c in range(30) if c < 22])
    background = dataclasses.replace(tiny_bank, groups=tuple(f"background {group}" for group in tiny_bank.groups))
    return class_leaks.divide(background, smaller, {**class_leaks.SETTINGS, "least_characters": 10})


def test_splits_give_away_what_they_say_and_are_equally_large(divided):
    parts = divided
    assert parts.test.n_classes == 10
    assert parts.control.n_classes == 2
    assert {bank.images.shape for bank in parts.training.values()} == {(30, 10, 1, 28, 28)}
    by_picture, by_character, by_alphabet = (parts.training[name] for name in class_leaks.SPLITS)
    leaked = [set(zip(bank.groups, bank.names, strict=True)) for bank in (by_picture, by_character, by_alphabet)]
    test = set(zip(parts.test.groups, parts.test.names, strict=True))
    assert test <= leaked[0]
    assert not test & leaked[1]
    assert set(parts.test.groups) <= set(by_character.groups)
    assert not set(parts.test.groups) & set(by_alphabet.groups)


def test_no_picture_of_the_test_is_learned_from(divided):
    test = {picture.numpy().tobytes() for picture in divided.test.images.flatten(0, 1)}
    learned = {
        picture.numpy().tobytes()
        for picture in divided.training[class_leaks.PICTURE].select(range(20, 30)).images.flatten(0, 1)
    }
    assert not test & learned


def test_leaks_and_selection_go_on_from_one_training(small_banks, divided, monkeypatch):
    monkeypatch.setattr(class_leaks, "divide", lambda *arguments: divided)
    spec = EpisodeSpec(2, 1, 1, within_group=True)
    monkeypatch.setattr(selection, "SPEC", spec)
    recipe = {**class_leaks.SETTINGS["recipe"], "updates": 3, "n_way": 5}
    tasks = {"2-way": {"n_way": 2, "n_query": 1}}
    leaks = {**class_leaks.SETTINGS, "recipe": recipe, "tasks": tasks, "episodes": 3, "snapshot_every": 1}
    monkeypatch.setattr(class_leaks, "SETTINGS", leaks)
    found = json.loads(json.dumps(class_leaks.run(leaks)))
    assert [row["split_by"] for row in found["rows"]] == list(class_leaks.SPLITS) * 2
    assert all(row["minus_alphabet"][0] == 0 for row in found["rows"] if row["split_by"] == class_leaks.ALPHABET)
    assert [(row["split_by"], row["leak"][3]) for row in found["leaks"]] == [("picture", 6), ("character", 6)]
    small = {**selection.SETTINGS, "from": 2, "validation_tasks": 3, "fresh_tasks": 30, "tasks": [5], "draws": 4}
    chosen = json.loads(json.dumps(selection.run(small)))
    assert [update for update, *_ in chosen["trail"]] == [2, 3]
    assert chosen["rows"][0]["optimism"][3] == 4


def test_a_leak_is_the_lead_beyond_the_control():
    lead, control = torch.tensor([0.2, 0.4, 0.3]).double(), torch.tensor([0.1, 0.1, 0.1, 0.1]).double()
    found = class_leaks.leak(lead, control)
    assert found.mean == pytest.approx(0.2)
    assert found.half_width == pytest.approx(mean_interval(lead).half_width)  # the control does not vary


def test_a_model_chosen_on_few_tasks_looks_better_than_it_is():
    equal = (torch.rand(10, 2000, generator=seeded(0)) < 0.5).double()  # ten models, none better than another
    reported, worth = selection.by_draws(equal, 20, {"draws": 50, "seed": 0})
    assert reported.mean() > 0.6
    assert worth.mean() == pytest.approx(0.5, abs=0.01)


def test_a_training_that_was_stopped_ends_as_one_that_was_not(tiny_bank, tmp_path):
    recipe = ProtonetRecipe(updates=4, n_way=5, downsample="stride")
    whole = runs.trained(recipe, tiny_bank, tmp_path / "whole", snapshot_every=2)
    training = recipe.train(recipe.network(), tiny_bank, out=tmp_path / "cut", record_every=2, save_every=2)
    next(training)
    next(training)  # the state after two updates is saved
    training.close()
    resumed = runs.trained(recipe, tiny_bank, tmp_path / "cut", snapshot_every=2)
    again = runs.trained(recipe, tiny_bank, tmp_path / "whole", snapshot_every=2)
    for other in (resumed, again):
        assert all(value.equal(whole.state_dict()[name]) for name, value in other.state_dict().items())
    assert [updates for updates, _ in runs.trail(recipe, tmp_path / "whole")] == [2, 4]


@pytest.mark.parametrize("module", [batch_norm, class_leaks, figure, selection, soft_k_means])
def test_what_is_committed_is_of_the_present_settings(module):
    name = module.__name__.rpartition(".study_")[2].replace("_", "-")
    assert study.read(name)["settings"] == module.SETTINGS


def test_company_changes_no_answer_by_support_or_running_statistics():
    rows = study.read("batch-norm")["results"]["rows"]
    alone = [row for row in rows if row["queries"] == batch_norm.ALONE]
    gone = {row["tested_with"] for row in alone if row["minus_balanced"][2] < -0.05}
    same = {row["tested_with"] for row in alone if row["minus_balanced"][0] == 0}
    assert gone == {QUERIES}
    assert same >= {SUPPORT, RUNNING}


def test_one_of_each_class_is_what_the_published_figure_needs():
    rows = {row["queries"]: row["difference"] for row in study.read("transductive-figure")["results"]["rows"]}
    assert rows[figure.ONE_OF_EACH][1] > 0
    assert rows[figure.AT_RANDOM][2] < 0
    assert rows[figure.ONE_CLASS][2] < -0.4


def test_refining_gains_where_queries_are_balanced_and_loses_where_they_are_least_so():
    rows = study.read("soft-k-means")["results"]["rows"]
    gains = {(row["exam"], row["concentration"], row["steps"]): row["gain"] for row in rows}
    assert gains["B", None, 10][1] > 0.01
    assert gains["B", 0.5, 10][2] < 0
