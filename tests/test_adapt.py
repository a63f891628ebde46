"""Facts about the inner loop, in float64; torch.autograd and torch.optim are the oracles."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy, mse_loss
from torch.testing import assert_close

from metalib.adapt import InnerAdam, adapt, path
from metalib.models import conv4, mlp
from metalib.runtime import seeded

EXACT = {"rtol": 1e-11, "atol": 1e-13}


def parameters_of(model):
    return dict(model.named_parameters())


@pytest.fixture
def model():
    torch.manual_seed(0)
    return mlp((3, 6, 4), activation=nn.Tanh).double()


@pytest.fixture
def theta(model):
    return parameters_of(model)


@pytest.fixture
def support():
    generator = seeded(0)
    x = torch.randn(12, 3, generator=generator, dtype=torch.float64)
    return x, torch.arange(4).repeat(3)


def by_hand(model, theta, batches, lr, create_graph=True):
    """Gradient descent with torch.autograd.grad, one batch (x, y) a step."""
    for x, y in batches:
        loss = cross_entropy(functional_call(model, theta, (x,)), y)
        gradient = torch.autograd.grad(loss, list(theta.values()), create_graph=create_graph)
        theta = {name: value - lr * g for (name, value), g in zip(theta.items(), gradient, strict=True)}
    return theta


def by_torch(optimizer, model, tasks, **settings):
    """φ of each task from torch.optim: one optimiser goes through all tasks, and each task starts at the same θ."""
    start = {name: value.detach().clone() for name, value in model.state_dict().items()}
    stepper, phis = optimizer(model.parameters(), **settings), []
    for batches in tasks:
        model.load_state_dict(start)
        for x, y in batches:
            stepper.zero_grad()
            cross_entropy(model(x), y).backward()
            stepper.step()
        phis.append({name: value.detach().clone() for name, value in model.state_dict().items()})
    model.load_state_dict(start)
    return phis


def flat(params):
    return torch.cat([value.flatten() for value in params.values()])


# --- the steps


def test_it_is_gradient_descent(model, theta, support):
    phi = adapt(model, theta, *support, inner_lr=0.3, inner_steps=4)
    assert_close(phi, by_torch(torch.optim.SGD, model, [[support] * 4], lr=0.3)[0], **EXACT)


def test_its_derivative_is_that_of_a_loop_with_create_graph(model, theta, support):
    values = list(theta.values())
    ours = torch.autograd.grad(flat(adapt(model, theta, *support, inner_lr=0.3, inner_steps=3)).sin().sum(), values)
    oracle = torch.autograd.grad(flat(by_hand(model, theta, [support] * 3, 0.3)).sin().sum(), values)
    assert_close(ours, oracle, **EXACT)


def test_first_order_has_the_same_values_and_the_derivative_of_a_shift(model, theta, support):
    second = adapt(model, theta, *support, inner_lr=0.3, inner_steps=3)
    first = adapt(model, theta, *support, inner_lr=0.3, inner_steps=3, first_order=True)
    assert_close(first, second, rtol=0, atol=0)
    gradient = torch.autograd.grad(flat(first).sum(), list(theta.values()))  # φ = θ − a constant
    assert all(torch.equal(g, torch.ones_like(g)) for g in gradient)


def test_the_path_begins_at_theta_and_ends_where_adapt_does(model, theta, support):
    steps = list(path(model, theta, *support, inner_lr=0.3, inner_steps=3))
    assert len(steps) == 4
    assert steps[0] is theta
    assert_close(steps[2], adapt(model, theta, *support, inner_lr=0.3, inner_steps=2), rtol=0, atol=0)
    assert_close(steps[3], adapt(model, theta, *support, inner_lr=0.3, inner_steps=3), rtol=0, atol=0)


def test_no_steps_give_theta(model, theta, support):
    assert adapt(model, theta, *support, inner_lr=0.3, inner_steps=0) is theta


def test_the_order_of_the_support_rows_does_not_matter(model, theta, support):
    order = torch.randperm(12, generator=seeded(1))
    phi = adapt(model, theta, support[0][order], support[1][order], inner_lr=0.3, inner_steps=3)
    assert_close(phi, adapt(model, theta, *support, inner_lr=0.3, inner_steps=3), **EXACT)


def test_another_loss(theta, model, support):
    targets = torch.randn(12, 4, generator=seeded(2), dtype=torch.float64)
    phi = adapt(model, theta, support[0], targets, inner_lr=0.3, inner_steps=1, loss_fn=mse_loss)
    gradient = torch.autograd.grad(mse_loss(model(support[0]), targets), list(theta.values()))
    assert_close(flat(phi), flat(theta) - 0.3 * torch.cat([g.flatten() for g in gradient]), **EXACT)


def test_nothing_is_changed_in_place(support):
    network = conv4(width=4, n_out=4).double().eval()  # it has running statistics
    before = {name: value.clone() for name, value in network.state_dict().items()}
    theta = {name: value.detach().clone() for name, value in network.named_parameters()}
    kept = {name: value.clone() for name, value in theta.items()}
    x = torch.rand(8, 1, 28, 28, generator=seeded(0), dtype=torch.float64)
    adapt(network, theta, x, torch.arange(4).repeat(2), inner_lr=0.3, inner_steps=2)
    assert_close(theta, kept, rtol=0, atol=0)
    assert_close(dict(network.state_dict()), before, rtol=0, atol=0)
    assert all(p.grad is None for p in network.parameters())


# --- a part of the parameters, learned rates, minibatches


def test_only_some_parameters_adapt(model, theta, support):
    phi = adapt(model, theta, *support, inner_lr=0.3, inner_steps=2, only="2.")
    assert [name for name in theta if phi[name] is not theta[name]] == ["2.weight", "2.bias"]
    assert adapt(model, theta, *support, inner_lr=0.3, inner_steps=1, only=("0.", "2.")).keys() == theta.keys()


def test_the_first_step_of_a_part_is_that_part_of_the_whole_step(model, theta, support):
    whole, part = (adapt(model, theta, *support, inner_lr=0.3, inner_steps=1, only=only) for only in ("", "2."))
    assert_close(part["2.weight"], whole["2.weight"], **EXACT)


def test_theta_need_not_be_where_the_model_is(model, theta, support):
    """Neither adapted nor frozen parameters come from the model: it is only the form."""
    elsewhere = {name: value.detach() + 0.5 for name, value in theta.items()}
    phi = adapt(model, elsewhere, *support, inner_lr=0.3, inner_steps=1, only="2.")
    model.load_state_dict(elsewhere)
    assert_close(phi, adapt(model, theta, *support, inner_lr=0.3, inner_steps=1, only="2."), **EXACT)
    assert_close(phi["0.weight"], elsewhere["0.weight"], rtol=0, atol=0)


def test_frozen_parameters_still_get_an_outer_gradient(model, theta, support):
    phi = adapt(model, theta, *support, inner_lr=0.3, inner_steps=1, only="2.")
    (gradient,) = torch.autograd.grad(phi["2.weight"].square().sum(), theta["0.weight"])
    assert gradient.abs().max() > 1e-4


def test_one_rate_for_each_parameter(model, theta, support):
    rates = {name: 0.1 * (i + 1) for i, name in enumerate(theta)}
    phi = adapt(model, theta, *support, inner_lr=rates, inner_steps=1)
    gradient = torch.autograd.grad(cross_entropy(model(support[0]), support[1]), list(theta.values()))
    for (name, value), g in zip(theta.items(), gradient, strict=True):
        assert_close(phi[name], value - rates[name] * g, **EXACT)
    same = adapt(model, theta, *support, inner_lr=dict.fromkeys(theta, 0.3), inner_steps=2)
    assert_close(same, adapt(model, theta, *support, inner_lr=0.3, inner_steps=2), **EXACT)


@pytest.mark.parametrize("first_order", [False, True])
def test_the_gradient_of_learned_rates_is_that_of_finite_differences(model, theta, support, first_order):
    """At one step the two orders agree on it; at two, only the second sees the rate move the second gradient."""
    rates = {name: torch.tensor(0.3, dtype=torch.float64, requires_grad=True) for name in theta}
    x, y = torch.randn(8, 3, generator=seeded(3), dtype=torch.float64), torch.arange(4).repeat(2)

    def query_loss(rates, steps):
        phi = adapt(model, theta, *support, inner_lr=rates, inner_steps=steps, first_order=first_order)
        return cross_entropy(functional_call(model, phi, (x,)), y)

    for steps in (1, 2):
        gradient = torch.autograd.grad(query_loss(rates, steps), list(rates.values()))
        with torch.no_grad():
            h = 1e-3
            values = [[query_loss({**rates, n: rates[n] + i * h}, steps) for i in (-2, -1, 1, 2)] for n in theta]
        differences = torch.stack([(a - 8 * b + 8 * c - d) / (12 * h) for a, b, c, d in values])
        agree = torch.allclose(torch.stack(gradient), differences, rtol=1e-8, atol=1e-10)
        assert agree == (steps == 1 or not first_order)


def test_one_learned_rate_for_all_has_the_sum_of_their_gradients(model, theta, support):
    one = torch.tensor(0.3, dtype=torch.float64, requires_grad=True)
    each = {name: one.detach().clone().requires_grad_() for name in theta}
    together, apart = (flat(adapt(model, theta, *support, inner_lr=r, inner_steps=2)).sin().sum() for r in (one, each))
    (gradient,) = torch.autograd.grad(together, one)
    assert_close(gradient, sum(torch.autograd.grad(apart, list(each.values()))), **EXACT)


def test_minibatches(model, theta, support):
    x, y = support
    batches = [torch.tensor([0, 5, 7]), torch.tensor([1, 2]), torch.tensor([11, 3, 4, 8])]
    phi = adapt(model, theta, x, y, inner_lr=0.3, inner_steps=3, batches=batches)
    assert_close(phi, by_hand(model, theta, [(x[rows], y[rows]) for rows in batches], 0.3), **EXACT)


# --- an inner Adam


def test_adams_first_step_without_momentum_is_the_sign_of_the_gradient(model, theta, support):
    phi = adapt(model, theta, *support, inner_lr=0.01, inner_steps=1, step_rule=InnerAdam(epsilon=0.0))
    gradient = torch.autograd.grad(cross_entropy(model(support[0]), support[1]), list(theta.values()))
    sign = torch.cat([g.sign().flatten() for g in gradient])
    assert_close(flat(phi), flat(theta) - 0.01 * sign, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("beta1", [0.0, 0.9])
def test_inner_adam_is_torchs_adam_over_several_tasks(model, theta, support, beta1):
    """One state goes through three tasks of two steps each, and every task starts at θ again."""
    x, y = support
    tasks = [[(x[i::2], y[i::2]), (x[i::3], y[i::3])] for i in range(3)]
    rule = InnerAdam(beta1=beta1)
    ours = []
    for i in range(3):
        rows = [torch.arange(12)[i::2], torch.arange(12)[i::3]]
        ours.append(adapt(model, theta, x, y, inner_lr=0.01, inner_steps=2, batches=rows, step_rule=rule))
    for phi, oracle in zip(ours, by_torch(torch.optim.Adam, model, tasks, lr=0.01, betas=(beta1, 0.999)), strict=True):
        assert_close(phi, oracle, **EXACT)


def test_a_restored_adam_goes_on_as_if_nothing_had_happened(model, theta, support):
    settings = {"inner_lr": 0.01, "inner_steps": 2, "first_order": True}
    one, other = InnerAdam(beta1=0.5), InnerAdam(beta1=0.5)
    adapt(model, theta, *support, step_rule=one, **settings)
    state = one.state_dict()
    expected = adapt(model, theta, *support, step_rule=one, **settings)
    other.load_state_dict(state)
    assert_close(adapt(model, theta, *support, step_rule=other, **settings), expected, rtol=0, atol=0)


def outer(model, theta, support, query, rule, steps):
    """The query loss after steps of an inner Adam, second order."""
    phi = adapt(model, theta, *support, inner_lr=0.01, inner_steps=steps, step_rule=rule)
    return cross_entropy(functional_call(model, phi, (query,)), support[1])


@pytest.mark.parametrize("beta1", [0.0, 0.9])
def test_the_outer_gradient_through_adam_is_that_of_finite_differences(model, theta, support, beta1):
    """Not at its kinks: ε is large, so that the direction is smooth."""
    query, h = support[0].flip(0), 1e-6
    rule = lambda: InnerAdam(beta1=beta1, epsilon=1.0)  # noqa: E731
    ours = torch.autograd.grad(outer(model, theta, support, query, rule(), 2), list(theta.values()))
    for name, gradient in zip(theta, ours, strict=True):
        way = torch.randn(theta[name].shape, generator=seeded(1), dtype=torch.float64)
        up, down = ({**theta, name: theta[name] + sign * h * way} for sign in (1, -1))
        slope = (outer(model, up, support, query, rule(), 2) - outer(model, down, support, query, rule(), 2)) / (2 * h)
        assert_close((gradient * way).sum(), slope, rtol=1e-6, atol=1e-9)


def test_an_inner_gradient_of_zero_leaves_the_outer_gradient_finite():
    """Dead ReLUs, as every untrained conv4 has: the root's slope at zero is infinite."""
    torch.manual_seed(0)
    network = conv4(width=8, downsample="stride", n_out=5, running_stats=False)
    with torch.no_grad():
        network.blocks[3][1].bias[0] = -100.0
    theta, x = parameters_of(network), torch.rand(10, 1, 28, 28)
    loss = outer(network, theta, (x, torch.arange(5).repeat(2)), x.flip(0), InnerAdam(), 1)
    assert all(gradient.isfinite().all() for gradient in torch.autograd.grad(loss, list(theta.values())))


def test_one_inner_adam_serves_two_outer_updates_of_second_order(model, theta, support):
    kept, fresh = InnerAdam(beta1=0.5), InnerAdam(beta1=0.5)
    outer(model, theta, support, support[0], kept, 2).backward()
    # not by state_dict(), which lets go of the graph too
    fresh.load_state_dict({"steps": kept.steps, "mean": kept.mean.detach(), "square": kept.square.detach()})
    losses = [outer(model, theta, support, support[0].flip(0), rule, 2) for rule in (kept, fresh)]
    first, second = (torch.autograd.grad(loss, list(theta.values())) for loss in losses)
    assert_close(first, second, rtol=0, atol=0)  # the moments' numbers stay, and count as constants


def test_float16_cannot_hold_adams_derivative(model, theta, support):
    x, y = support[0].half(), support[1]
    with pytest.raises(ValueError, match=r"float16 ends at 65,504: take bfloat16, or first order"):
        adapt(model.half(), parameters_of(model), x, y, inner_lr=0.01, inner_steps=1, step_rule=InnerAdam())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_an_inner_adam_in_half_precision_is_finite_and_near_the_double_one(model, theta, support, dtype):
    x, y = support
    half = {name: value.detach().to(dtype) for name, value in theta.items()}
    exact = adapt(model, theta, x, y, inner_lr=0.01, inner_steps=1, step_rule=InnerAdam())
    ours = adapt(model.to(dtype), half, x.to(dtype), y, inner_lr=0.01, inner_steps=1, step_rule=InnerAdam())
    assert flat(ours).dtype == dtype
    assert_close(flat(ours).double(), flat(exact), rtol=0.02, atol=0.02)


# --- frozen parameters


def test_what_requires_no_gradient_stays_while_the_others_move(model, support):
    model[0].weight.requires_grad_(False)
    theta = parameters_of(model)
    phi = adapt(model, theta, *support, inner_lr=0.1, inner_steps=2)
    assert {name for name in theta if phi[name].equal(theta[name])} == {"0.weight"}
    others = [name for name in theta if name != "0.weight"]
    only = adapt(model, theta, *support, inner_lr=0.1, inner_steps=2, only=tuple(others))
    assert_close(phi, only, rtol=0, atol=0)
    with pytest.raises(ValueError, match=r"all of 0\.weight have requires_grad=False and stay"):
        adapt(model, theta, *support, inner_lr=0.1, inner_steps=1, only="0.weight")


def test_where_nothing_requires_a_gradient_all_adapt(model, theta, support):
    expected = adapt(model, theta, *support, inner_lr=0.1, inner_steps=1)
    model.requires_grad_(False)
    assert_close(adapt(model, parameters_of(model), *support, inner_lr=0.1, inner_steps=1), expected)


def test_the_flag_is_the_models_and_not_thetas(model, theta, support):
    """Under torch.func.grad every tensor of θ says that it requires a gradient."""
    model[0].weight.requires_grad_(False)
    still = []

    def loss(theta):
        phi = adapt(model, theta, *support, inner_lr=0.1, inner_steps=1)
        still.append(phi["0.weight"] is theta["0.weight"])
        return cross_entropy(functional_call(model, phi, (support[0],)), support[1])

    torch.func.grad(loss)(parameters_of(model))
    assert still == [True]


# --- what it refuses


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"inner_steps": -1}, "inner_steps is -1: give a whole number of at least 0"),
        ({"inner_steps": 1.5}, "inner_steps is 1.5"),
        ({"inner_steps": True}, "inner_steps is True"),
        ({"only": "head"}, "no parameter starts with 'head': the model has 0.weight, 0.bias, 2.weight, 2.bias"),
        ({"only": "2.", "inner_lr": {"2.bias": 0.1}}, r"2 parameters adapt and 1 of them have no rate \(2.weight\)"),
        ({"batches": [torch.arange(2)] * 3}, "1 inner steps and 3 batches: give one batch a step"),
        ({"inner_lr": float("nan")}, "inner_lr is nan: give finite rates"),
        ({"inner_lr": "0.1"}, "inner_lr is '0.1': give a number"),
        ({"inner_lr": torch.tensor(float("inf"))}, "inner_lr is inf: give finite rates"),
        ({"only": "2.bias", "inner_lr": {"2.bias": 0.1, "3.bias": 0.1}}, "rates for 3.bias, which the model does not"),
    ],
)
def test_settings_that_do_not_fit(model, theta, support, settings, message):
    with pytest.raises(ValueError, match=message):
        adapt(model, theta, *support, **{"inner_lr": 0.3, "inner_steps": 1, **settings})


def test_labels_without_an_output(model, theta, support):
    with pytest.raises(ValueError, match=r"4 outputs, so labels are 0 … 3, and one lies outside.*number the classes"):
        adapt(model, theta, support[0], support[1] + 1, inner_lr=0.3, inner_steps=1)


def test_other_errors_of_a_loss_pass_through(model, theta, support):
    def broken(outputs, labels):
        raise RuntimeError("of its own")

    with pytest.raises(RuntimeError, match="of its own"):
        adapt(model, theta, *support, inner_lr=0.3, inner_steps=1, loss_fn=broken)


def test_theta_must_be_the_models_parameters(support):
    network = conv4(width=4, n_out=4).eval()
    x, y = torch.rand(4, 1, 28, 28), torch.arange(4)
    with pytest.raises(ValueError, match=r"running_mean.*dict\(model.named_parameters\(\)\)"):
        adapt(network, network.state_dict(), x, y, inner_lr=0.3, inner_steps=1)
    with pytest.raises(ValueError, match=r"1 tensors and differs .* blocks.0.0.weight, "):
        adapt(network, {"head.bias": network.head.bias}, x, y, inner_lr=0.3, inner_steps=1)


def test_running_statistics_in_training_mode():
    """They would carry something from one task to the next."""
    network = conv4(width=4, n_out=4).train()
    with pytest.raises(ValueError, match=r"blocks.0.1 is in training mode .* call model.eval\(\)"):
        adapt(network, parameters_of(network), torch.rand(4, 1, 28, 28), torch.arange(4), inner_lr=0.3, inner_steps=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x, y: (x[:0], y[:0]), "support_x is empty"),
        (
            lambda x, y: (x.float(), y),
            r"support_x is float32 and the network's weights are float64: write \.double\(\)",
        ),
        (lambda x, y: (x, y.float()), r"support labels are float32: .* \.long\(\)"),
        (lambda x, y: (x, y.int()), "support labels are int32"),
        (lambda x, y: (x, y - 100), "support labels run from -100 to -97, and labels are 0, 1, 2"),
    ],
    ids=["none", "float32", "float labels", "int32 labels", "negative labels"],
)
def test_support_sets_that_do_not_fit(model, theta, support, change, message):
    with pytest.raises(ValueError, match=message):
        adapt(model, theta, *change(*support), inner_lr=0.1, inner_steps=1)


@pytest.mark.parametrize(
    "loss_fn",
    [torch.nn.CrossEntropyLoss(), partial(cross_entropy, label_smoothing=0.1), lambda out, y: cross_entropy(out, y)],
    ids=["module", "partial", "lambda"],
)
def test_a_label_that_cross_entropy_passes_over_is_refused_whoever_calls_it(model, theta, support, loss_fn):
    x, y = support
    wrong = y.clone()
    wrong[0] = -100
    with pytest.raises(ValueError, match=r"support labels go down to -100, .* passes over -100 without a word"):
        adapt(model, theta, x, wrong, inner_lr=0.1, inner_steps=1, loss_fn=loss_fn)
    adapt(model, theta, x, y, inner_lr=0.1, inner_steps=1, loss_fn=loss_fn)


def test_targets_that_are_no_classes_may_be_negative(model, theta, support):
    x, y = support
    sides = (y % 2 * 2 - 1).double()  # −1 and 1

    def hinge(outputs, sides):
        return (1 - sides * outputs[:, 0]).relu().mean()

    adapt(model, theta, x, sides, inner_lr=0.1, inner_steps=1, loss_fn=hinge)
    with pytest.raises(ValueError, match=r"go down to -1, .* make what is no class \.float\(\)"):
        adapt(model, theta, x, sides.long(), inner_lr=0.1, inner_steps=1, loss_fn=hinge)


def test_what_is_right_though_unusual(model, theta, support):
    x, y = support
    shares = torch.nn.functional.one_hot(y, 4).double()
    settings = {"inner_lr": 0.1, "inner_steps": np.int64(1)}
    assert_close(adapt(model, theta, x, shares, **settings), adapt(model, theta, x, y, **settings))
    words = nn.Sequential(nn.Embedding(9, 3), nn.Flatten(), nn.Linear(6, 4))
    adapt(words, parameters_of(words), torch.arange(8).reshape(4, 2), torch.arange(4), **settings)
