"""The study of notebook 03 in miniature: what is trained on what, and what its record holds."""

import json

import pytest
import torch
from torch.nn.functional import mse_loss
from torch.testing import assert_close

from metalib import maml, places, sinusoids
from metalib.course.maml_sinusoids import studies
from metalib.course.maml_sinusoids import study_sinusoids as study
from metalib.evaluate import Interval
from metalib.models import mlp
from metalib.runtime import seeded
from metalib.training import checkpoints

SMALL = {
    **study.SETTINGS,
    "seeds": [0, 1],
    "updates": 3,
    "meta_batch_size": 2,
    "validation_tasks": 4,
    "test_tasks": 6,
    "queries_at_test": 8,
    "step_sizes_at_test": [0.001, 0.01],
}


def test_each_start_is_trained_on_its_own_loss():
    model, tasks = mlp(), sinusoids.sample_episodes(3, 10, 10, generator=seeded(0))
    theta = dict(model.named_parameters())
    how = {"inner_lr": 0.01, "inner_steps": 1, "loss_fn": mse_loss}
    apart = maml.losses(model, theta, tasks, **how).mean()
    same = maml.losses(model, theta, tasks._replace(query_x=tasks.support_x, query_y=tasks.support_y), **how).mean()
    both = (mse_loss(model(tasks.support_x), tasks.support_y) + mse_loss(model(tasks.query_x), tasks.query_y)) / 2
    found = {start: study.loss_of(start, SMALL)(theta, tasks) for start in study.STARTS}
    assert_close(found["MAML"], apart)
    assert_close(found["first-order MAML"], apart)
    assert_close(found[study.SAME_DATA], same)
    assert_close(found[study.JOINT], both)
    gradients = [torch.autograd.grad(found[start], theta["0.weight"])[0] for start in ("MAML", "first-order MAML")]
    assert not torch.allclose(*gradients)


def test_seeds_that_learn_side_by_side_do_not_mix():
    pair, other = (study.train("MAML", {**SMALL, "seeds": seeds}) for seeds in ([0, 1], [0, 7]))
    for name in pair:
        assert_close(pair[name][0], other[name][0])
        assert not torch.allclose(pair[name][1], other[name][1])
        assert not torch.allclose(pair[name][0], study.initial([0])[name][0])


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "writable_folders", lambda: iter([folder]))
        return study.run(SMALL), folder


def test_the_record_is_json_and_complete(found):
    results, _ = found
    json.dumps(results, allow_nan=False)
    keys = {(row["start"], row["k_shot"], row["steps"]) for row in results["rows"]}
    assert len(keys) == len(results["rows"]) == len(study.STARTS) * 2 * 4
    for row in results["rows"]:
        interval = Interval(*row["mse"])
        assert interval.unit == "tasks" and interval.n == 6 and len(row["mse_of_seeds"]) == 2
        assert interval.mean == pytest.approx(sum(row["mse_of_seeds"]) / 2, rel=1e-5)
        assert (row["minus_maml"] is None) == (row["start"] == "MAML")
        assert (row["step_size"] is None) == (row["steps"] == 0)


def test_the_difference_is_paired(found):
    rows = {(row["start"], row["k_shot"], row["steps"]): row for row in found[0]["rows"]}
    for start in study.STARTS[1:]:
        difference = Interval(*rows[start, 5, 1]["minus_maml"]).mean
        assert difference == pytest.approx(rows[start, 5, 1]["mse"][0] - rows["MAML", 5, 1]["mse"][0], abs=1e-5)


def test_the_networks_of_the_first_seed_are_kept(found):
    for start, name in study.FILES.items():
        network, info = checkpoints.load(found[1] / "checkpoints" / f"{name}.safetensors")
        assert info["method"] == start and info["seed"] == 0
        assert [layer.in_features for layer in network if hasattr(layer, "in_features")] == [1, 40, 40]


def test_rows_are_found_and_choices_at_the_edge_of_the_grid_are_told():
    stored = studies.read("sinusoids")
    assert studies.row(stored, "MAML", 10, 1)["step_size"] == 0.01
    with pytest.raises(KeyError, match="K = 7"):
        studies.row(stored, "MAML", 7, 1)
    assert studies.edges(stored).endswith("Chosen at the edge: joint training, K = 5, 10 steps (0.001).")


def test_the_networks_behind_a_mean_are_told_apart():
    record = studies.read("sinusoids")
    words = studies.apart(record, ("MAML",), 10, 1)
    for error in studies.row(record, "MAML", 10, 1)["mse_of_seeds"]:
        assert f"{error:.2f}" in words
    assert "K = 10 after 1 step:" in words


def test_the_settings_of_training_are_said():
    record = studies.read("sinusoids")
    words = studies.note(record)
    assert "over the 600 tasks; means of 3 networks. In training: 1 inner step of α = 0.01 on K = 10 points," in words
    assert "10 query points, 25 tasks an update, Adam from 0.001 down to zero." in words
    assert studies.note({"settings": {**record["settings"], "inner_steps": 5}}).count("5 inner steps of") == 1


def test_the_edge_of_the_grid_costs_joint_training_little():
    record = studies.read("sinusoids")
    none, five, ten = (studies.row(record, "joint training", 5, steps) for steps in (0, 5, 10))
    assert ten["step_size"] == record["settings"]["step_sizes_at_test"][0] < five["step_size"]
    assert 10 * ten["step_size"] == pytest.approx(5 * five["step_size"])
    assert f"{five['mse'][0]:.2f}" == f"{ten['mse'][0]:.2f}" < f"{none['mse'][0]:.2f}"
    assert f"both leave {ten['mse'][0]:.2f}. No step leaves {none['mse'][0]:.2f}." in studies.beyond(record)


def test_the_remarks_are_about_seeds_and_step_sizes():
    record = studies.read("sinusoids")
    words = studies.remarks(record)
    assert studies.apart(record, ("MAML", studies.SAME_DATA), 10, 1) in words
    assert studies.edges(record) in words and studies.beyond(record) in words
