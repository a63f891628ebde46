"""Facts about quadratic tasks: each closed form against the method that it stands for, run on the tasks."""

import functools
import math

import pytest
import torch

from metalib import quadratics
from metalib.quadratics import Quadratic

LR, STEPS = 0.2, (1, 2, 5)
assert_close = functools.partial(torch.testing.assert_close, rtol=1e-9, atol=1e-11)


def tasks(n=3, dimensions=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    out = []
    for _ in range(n):
        root = torch.randn(dimensions, dimensions, generator=generator, dtype=torch.float64)
        eigenvalues = 0.2 + 3 * torch.rand(dimensions, generator=generator, dtype=torch.float64)
        axes = torch.linalg.qr(root).Q
        out.append(
            Quadratic(torch.randn(dimensions, generator=generator, dtype=torch.float64), axes * eigenvalues @ axes.mT)
        )
    return out


def gradient_of(function, theta):
    theta = theta.clone().requires_grad_()
    return torch.autograd.grad(function(theta), theta)[0]


def end(task, theta, steps):
    return quadratics.inner_path(task, theta, inner_lr=LR, inner_steps=steps)[-1]


def test_the_gradient_is_that_of_the_loss():
    theta = torch.tensor([0.3, -0.8], dtype=torch.float64)
    for task in tasks():
        assert_close(task.gradient(theta), gradient_of(task.loss, theta))
        assert task.loss(task.c) == 0 and task.loss(theta) > 0


def test_loss_and_gradient_take_many_points_at_once():
    task, points = tasks()[0], torch.randn(5, 4, 2, dtype=torch.float64)
    assert_close(task.loss(points)[2, 3], task.loss(points[2, 3]))
    assert_close(task.gradient(points)[2, 3], task.gradient(points[2, 3]))


def test_k_steps_contract_the_distance_by_the_power():
    task, theta = tasks()[0], torch.tensor([1.0, 2.0], dtype=torch.float64)
    path = quadratics.inner_path(task, theta, inner_lr=LR, inner_steps=4)
    assert list(path.shape) == [5, 2]
    for k in range(5):
        assert_close(path[k] - task.c, quadratics.contraction(task, LR, k) @ (theta - task.c))


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("dimensions", [1, 2, 4])
def test_mamls_start_has_no_meta_gradient_and_is_the_lowest_point(steps, dimensions):
    some = tasks(dimensions=dimensions)
    start = quadratics.maml(some, inner_lr=LR, inner_steps=steps)

    def objective(theta):
        return quadratics.meta_loss(some, theta, inner_lr=LR, inner_steps=steps)

    assert_close(gradient_of(objective, start), torch.zeros_like(start), atol=1e-12, rtol=0)
    for direction in torch.eye(dimensions, dtype=torch.float64):
        assert objective(start + 0.1 * direction) > objective(start)


@pytest.mark.parametrize("steps", STEPS)
def test_first_order_mamls_start_is_where_the_mean_gradient_at_phi_vanishes(steps):
    some = tasks()
    start = quadratics.first_order_maml(some, inner_lr=LR, inner_steps=steps)
    at_phi = torch.stack([task.gradient(end(task, start, steps)) for task in some]).mean(dim=0)
    assert_close(at_phi, torch.zeros_like(start), atol=1e-12, rtol=0)


@pytest.mark.parametrize("steps", STEPS)
def test_reptiles_start_is_where_its_steps_cancel(steps):
    some = tasks()
    start = quadratics.reptile(some, inner_lr=LR, inner_steps=steps)
    step = torch.stack([end(task, start, steps) - start for task in some]).mean(dim=0)
    assert_close(step, torch.zeros_like(start), atol=1e-12, rtol=0)


def test_reptile_slides_from_the_joint_start_to_the_mean_of_the_optima():
    some = tasks()
    assert_close(quadratics.reptile(some, inner_lr=LR, inner_steps=1), quadratics.joint(some))
    assert_close(quadratics.reptile(some, inner_lr=LR, inner_steps=5000), quadratics.reptile_limit(some))
    assert (quadratics.joint(some) - quadratics.reptile_limit(some)).norm() > 0.1


def test_joint_trainings_start_has_the_lowest_mean_loss():
    some = tasks()
    start = quadratics.joint(some)

    def mean_loss(theta):
        return torch.stack([task.loss(theta) for task in some]).mean()

    assert_close(gradient_of(mean_loss, start), torch.zeros_like(start), atol=1e-12, rtol=0)
    assert_close(quadratics.maml(some, inner_lr=0.0, inner_steps=3), start)  # no step, no difference
    assert_close(quadratics.first_order_maml(some, inner_lr=0.0, inner_steps=3), start)


def starts(some, steps):
    how = {"inner_lr": LR, "inner_steps": steps}
    return [
        quadratics.joint(some),
        quadratics.maml(some, **how),
        quadratics.first_order_maml(some, **how),
        quadratics.reptile(some, **how),
    ]


@pytest.mark.parametrize("steps", STEPS)
def test_with_equal_curvature_all_methods_agree(steps):
    some = [task._replace(A=tasks()[0].A) for task in tasks()]
    for start in starts(some, steps):
        assert_close(start, quadratics.reptile_limit(some))


def test_with_unequal_curvature_no_two_methods_agree():
    found = starts(tasks(), 2)
    assert min((a - b).norm().item() for i, a in enumerate(found) for b in found[:i]) > 1e-3


def test_an_ellipse_has_its_curvatures_along_its_axes():
    task = quadratics.ellipse_task(torch.zeros(2, dtype=torch.float64), (3.0, 0.5), math.radians(30))
    along = torch.tensor([math.cos(math.radians(30)), math.sin(math.radians(30))], dtype=torch.float64)
    assert_close(task.A @ along, 3 * along)
    assert_close(task.A, task.A.mT)
    assert_close(torch.linalg.eigvalsh(task.A), torch.tensor([0.5, 3.0], dtype=torch.float64))


def test_the_largest_step_is_where_descent_stops_to_converge():
    some = tasks()
    limit = quadratics.largest_step(some)
    theta = torch.tensor([5.0, -3.0], dtype=torch.float64)

    def distance(factor):
        ends = [quadratics.inner_path(t, theta, inner_lr=factor * limit, inner_steps=3000)[-1] - t.c for t in some]
        return max(float(difference.norm()) for difference in ends)

    assert distance(0.99) < 1e-3 and distance(1.01) > 1e3


@pytest.mark.parametrize(
    ("factor", "steps", "attracts"), [(0.3, 1, True), (0.95, 1, False), (0.95, 2, True), (0.95, 3, False)]
)
def test_first_order_maml_can_repel(factor, steps, attracts):
    some = tasks()
    how = {"inner_lr": factor * quadratics.largest_step(some), "inner_steps": steps}
    start = quadratics.first_order_maml(some, **how)
    theta = start + 1e-3
    for _ in range(400):  # first-order MAML with a small step
        ends = [quadratics.inner_path(task, theta, **how)[-1] for task in some]
        theta = theta - 0.1 * torch.stack([task.gradient(end) for task, end in zip(some, ends, strict=True)]).mean(
            dim=0
        )
    assert ((theta - start).norm() < 1e-3) == attracts
    assert quadratics.first_order_attracts(some, **how) == attracts


def test_what_has_no_fixed_point_is_refused():
    flat = [Quadratic(torch.zeros(1), torch.ones(1, 1)), Quadratic(torch.ones(1), torch.ones(1, 1))]
    with pytest.raises(ValueError, match="not unique: change inner_lr a little"):
        quadratics.maml(flat, inner_lr=1.0, inner_steps=1)  # one step solves each task from anywhere
    with pytest.raises(ValueError, match="0 inner steps stays where it is"):
        quadratics.reptile(flat, inner_lr=0.1, inner_steps=0)
    with pytest.raises(ValueError, match="give positive ones"):
        quadratics.ellipse_task(torch.zeros(2), (1.0, 0.0), 0.0)
