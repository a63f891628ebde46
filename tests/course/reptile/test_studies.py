"""The studies of notebook 05 on tiny settings: the right thing is measured, and what comes out fits into JSON."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad
from torch.nn.functional import mse_loss

from metalib import sinusoids
from metalib.adapt import InnerAdam, adapt
from metalib.course.kit.initial import initial
from metalib.course.reptile import studies
from metalib.course.reptile import study_reptile_adam as adam
from metalib.course.reptile import study_reptile_alignment as alignment
from metalib.course.reptile import study_reptile_cost as cost
from metalib.course.reptile import study_reptile_sensitivity as sensitivity
from metalib.runtime import seeded
from metalib.training.recipes import ReptileRecipe

MODEL = sensitivity.MODEL
TINY = {
    **sensitivity.SETTINGS,
    "seeds": [0, 1],
    "seconds": 0.0,
    "parts": 2,
    "step_sizes": [0.01, 1e6],
    "inner_steps": [1, 2],
    "outer_rates": {"MAML": [0.01], "Reptile": [1.0]},
    "step_sizes_at_test": [0.01, 0.1],
    "validation_tasks": 3,
    "test_tasks": 4,
    "steps_at_test": 1,
}


def one_theta():
    return {name: value[0] for name, value in initial([0]).items()}


def tasks(n_tasks=3):
    return sinusoids.sample_episodes(n_tasks, 5, 5, generator=seeded(0))


def test_reptiles_direction_is_what_reptile_does_with_these_minibatches():
    theta, episodes = one_theta(), tasks()
    batches = [torch.arange(5), torch.arange(5, 10)]
    direction = sensitivity.reptile_direction(theta, torch.tensor(0.05), episodes, batches)
    x, y = (torch.cat(parts, dim=1) for parts in (episodes[::2], episodes[1::2]))
    how = {"inner_lr": 0.05, "inner_steps": 2, "batches": batches, "loss_fn": mse_loss}
    phis = [adapt(MODEL, theta, x[t], y[t], **how) for t in range(len(y))]
    for name in theta:
        mean = torch.stack([phi[name] for phi in phis]).mean(dim=0)
        torch.testing.assert_close(direction[name], theta[name] - mean, rtol=1e-4, atol=1e-6)


def test_mamls_direction_without_a_step_is_the_gradient_of_the_query_loss():
    theta, episodes = one_theta(), tasks()
    direction = sensitivity.maml_direction(theta, torch.tensor(0.05), episodes, [])

    def query_loss(theta):
        return mse_loss(functional_call(MODEL, theta, (episodes.query_x,)), episodes.query_y)

    for name, value in grad(query_loss)(theta).items():
        torch.testing.assert_close(direction[name], value, rtol=1e-4, atol=1e-5)


def test_cells_of_a_seed_start_alike_and_see_the_same_tasks():
    group = sensitivity.Group("Reptile", 2, {**TINY, "step_sizes": [0.01, 0.01]})
    group.update()
    weight = group.theta["0.weight"].view(*group.shape, -1)  # [α, outer rate, seed, ...]
    torch.testing.assert_close(weight[0], weight[1], rtol=1e-5, atol=1e-6)
    assert not torch.allclose(weight[:, :, 0], weight[:, :, 1])


def test_the_outer_rate_falls_to_zero_and_every_part_of_the_budget_is_kept():
    group = sensitivity.Group("Reptile", 1, TINY)
    shares = []
    group.update = lambda share: shares.append(share)
    assert len(group.learn(4)) == 1 + TINY["parts"]
    assert shares == [1.0, 0.75, 0.5, 0.25]


def test_sensitivity_gives_a_grid_with_none_where_it_diverged():
    results = sensitivity.run(TINY)
    assert [(g["method"], g["k"]) for g in results["groups"]] == [
        ("MAML", 1),
        ("Reptile", 1),
        ("MAML", 2),
        ("Reptile", 2),
    ]
    for group in results["groups"]:
        assert torch.tensor(group["test"][0]).shape == (1, 2)
        assert group["test"][1][0] == [None, None]  # no network bears α = 10⁶
        assert group["best"] == [0, 0] and len(group["curve_of_best"]) == 3
    json.dumps(results, allow_nan=False)


def test_alignment_is_one_for_equal_minibatches():
    episodes = tasks()
    twice = episodes._replace(query_x=episodes.support_x, query_y=episodes.support_y)
    found = alignment.alignment_at(one_theta(), twice)
    assert found["cosine_same_task"].item() == pytest.approx(1, abs=1e-5)
    assert found["inner_product_same_task"].item() == pytest.approx(found["squared_norm"].item(), rel=1e-5)
    assert found["cosine_other_task"].item() < 0.999


def test_alignment_is_measured_before_the_first_and_after_the_last_update():
    settings = {**alignment.STUDY.settings, "seeds": [0, 1], "updates": 4, "measure_every": 2, "probe_tasks": 4}
    results = alignment.run(settings)
    assert results["updates"] == [0, 2, 4]
    for rows in results["arms"].values():
        assert torch.tensor(rows["cosine_same_task"]).shape == (3, 2)
    starts = {tuple(rows["cosine_same_task"][0]) for rows in results["arms"].values()}
    assert len(starts) == 1
    ends = {tuple(rows["cosine_same_task"][-1]) for rows in results["arms"].values()}
    assert len(ends) == len(results["arms"])


def test_the_arms_move_alike_to_first_order():
    k, n_tasks = (alignment.STUDY.settings[name] for name in ("inner_steps", "meta_batch_size"))
    for arm in alignment.arms(alignment.STUDY.settings).values():
        assert arm.n_batches * arm.rate == k
        assert arm.n_batches * arm.n_tasks == k * n_tasks  # and all compute as many gradients


def batches_of(name):
    arm = alignment.arms(alignment.STUDY.settings)[name]
    return arm, [set(rows.tolist()) for rows in alignment.draw_batches(arm, seeded(0))]


def test_disjoint_minibatches_take_each_point_once():
    arm, batches = batches_of("Reptile, disjoint minibatches")
    assert len(batches) == 8
    assert sum(map(len, batches)) == len(set.union(*batches)) == arm.points


def test_minibatches_drawn_apart_are_as_large_and_share_points():
    arm, batches = batches_of("Reptile, minibatches drawn apart")
    assert [len(rows) for rows in batches] == [arm.batch_size] * 8
    assert len(set.union(*batches)) < arm.points


@pytest.mark.parametrize("name", ["Reptile, full batches", "Reptile, full batches of more points"])
def test_full_batches_have_all_points(name):
    arm, batches = batches_of(name)
    assert batches == [set(range(arm.points))] * 8


def test_what_diverged_is_infinite_again():
    values = torch.tensor([[1.0, torch.inf], [2.5, 3.0]])
    assert sensitivity.tensor_of(sensitivity.finite(values)).equal(values)


@pytest.mark.parametrize("arm", alignment.arms(alignment.STUDY.settings))
def test_the_stored_study_has_all_arms_and_seeds(arm):
    record = studies.read("reptile-alignment")
    assert record["settings"] == alignment.STUDY.settings
    rows = torch.tensor(record["results"]["arms"][arm]["cosine_same_task"])
    assert rows.shape == (len(record["results"]["updates"]), len(record["settings"]["seeds"]))


class Small(nn.Module):
    """A network in place of conv4, as losses do not ask which it is."""

    def __init__(self):
        super().__init__()
        self.head = nn.Linear(4, 5)

    def forward(self, x):
        return self.head(x.flatten(1)[:, :4])


def test_the_forgetful_recipe_starts_adam_anew_for_each_task(tiny_bank):
    episodes = ReptileRecipe(rotations=False).draw_from(tiny_bank)(seeded(0))
    found = {}
    for kind in (ReptileRecipe, adam.ForgetfulRecipe):
        torch.manual_seed(0)
        network = Small()
        recipe = kind(k_shot=10)
        run = recipe.start(recipe.network(), tiny_bank)
        found[kind] = recipe.losses(network, episodes, run)
        assert run.inner.steps == (25 if kind is ReptileRecipe else 5)
    kept, fresh = found.values()
    torch.testing.assert_close(kept[0], fresh[0])  # the first task has no past
    assert (kept[1:] - fresh[1:]).abs().min() > 1e-9


def test_a_fresh_adams_first_step_is_the_sign():
    g = {"w": torch.tensor([3.0, -1e-3, 0.5])}
    moved = InnerAdam()({"w": torch.zeros(3)}, g, 0.01)["w"]
    torch.testing.assert_close(moved, torch.tensor([-0.01, 0.01, -0.01]), rtol=1e-4, atol=0)


def test_the_studies_can_be_written():
    for study in (cost.STUDY, alignment.STUDY, adam.STUDY, sensitivity.STUDY):
        json.dumps(replace(study).settings, allow_nan=False)
        assert study.question.endswith(("?", "."))
