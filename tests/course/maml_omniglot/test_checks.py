"""The checks of notebook 04, against right answers and typical wrong ones."""

import pytest
import torch
from answers import accept, expect
from torch import nn
from torch.func import functional_call, grad
from torch.nn.functional import cross_entropy, nll_loss

from metalib.course.maml_omniglot import checks
from metalib.course.maml_omniglot.checks import check_adapt, check_tie_rows
from metalib.course.maml_omniglot.exercise_sample_task import sample_task

# --- the inner loop


def by_autograd(model, theta, support_x, support_y, alpha, k, only=""):
    moved = {name: value for name, value in theta.items() if name.startswith(only)}
    for _ in range(k):
        loss = cross_entropy(functional_call(model, {**theta, **moved}, (support_x,)), support_y)
        g = torch.autograd.grad(loss, list(moved.values()), create_graph=True)
        moved = {name: value - alpha * step for (name, value), step in zip(moved.items(), g, strict=True)}
    return {**theta, **moved}


def by_func(model, theta, support_x, support_y, alpha, k, only=""):
    phi = theta
    for _ in range(k):
        g = grad(lambda phi: cross_entropy(functional_call(model, phi, (support_x,)), support_y))(phi)
        phi = {name: phi[name] - alpha * g[name] if name.startswith(only) else phi[name] for name in phi}
    return phi


def with_a_mask(model, theta, x, y, alpha, k, only=""):
    phi = dict(reversed(theta.items()))
    for _ in range(k):
        loss = nll_loss(functional_call(model, phi, (x,)).log_softmax(dim=-1), y)
        g = torch.autograd.grad(loss, tuple(phi.values()), create_graph=True)
        phi = {n: v - alpha * float(n.startswith(only)) * s for (n, v), s in zip(phi.items(), g, strict=True)}
    return phi


@pytest.mark.parametrize("answer", [by_autograd, by_func, with_a_mask])
def test_right_inner_loops_pass(answer):
    accept(check_adapt(answer))


def steps(model, theta, x, y, alpha, k, only, *, moving=None, create_graph=True, inner=None, outer=None, loss_fn=None):
    """As `by_autograd`, with flaws: which tensors move, and which functions the others pass on their way."""
    moves = moving or (lambda name: name.startswith(only))
    moved = {name: value for name, value in theta.items() if moves(name)}
    seen = {name: value if name in moved or inner is None else inner(value) for name, value in theta.items()}
    for _ in range(k if moved else 0):
        loss = (loss_fn or cross_entropy)(functional_call(model, {**seen, **moved}, (x,)), y)
        g = torch.autograd.grad(loss, list(moved.values()), create_graph=create_graph)
        moved = {name: value - alpha * step for (name, value), step in zip(moved.items(), g, strict=True)}
    return {**{name: value if outer is None else outer(value) for name, value in theta.items()}, **moved}


def summed(logits, labels):
    return cross_entropy(logits, labels, reduction="sum")


def twice(logits, labels):
    return cross_entropy(logits.softmax(dim=1), labels)


def in_place(model, theta, *rest):
    phi = by_autograd(model, theta, *rest)
    with torch.no_grad():
        theta["head.bias"].copy_(phi["head.bias"])
    return phi


def on_a_leaf(model, theta, x, y, alpha, k, only):
    loss = cross_entropy(functional_call(model, theta, (x,)), y)
    theta["head.bias"] -= alpha * torch.autograd.grad(loss, theta["head.bias"])[0]
    return theta


def into_the_model(model, theta, *rest):
    phi = by_autograd(model, theta, *rest)
    model.load_state_dict({name: value.detach() for name, value in phi.items()})
    return phi


def at_theta(model, theta, x, y, alpha, k, only):
    moved = {name: value for name, value in theta.items() if name.startswith(only)}
    for _ in range(k):
        loss = cross_entropy(functional_call(model, theta, (x,)), y)
        g = torch.autograd.grad(loss, [theta[name] for name in moved], create_graph=True)
        moved = {name: value - alpha * step for (name, value), step in zip(moved.items(), g, strict=True)}
    return {**theta, **moved}


def without_the_rest(model, theta, x, y, alpha, k, only):
    moved = {name: value for name, value in theta.items() if name.startswith(only)}
    for _ in range(k):
        g = grad(lambda moved: cross_entropy(functional_call(model, moved, (x,)), y))(moved)
        moved = {name: moved[name] - alpha * g[name] for name in moved}
    return {**theta, **moved}


def models_parameters(model, theta, x, y, alpha, k, only):
    phi = dict(model.named_parameters())
    for _ in range(k):
        loss = cross_entropy(functional_call(model, phi, (x,)), y)
        g = torch.autograd.grad(loss, list(phi.values()), create_graph=True)
        phi = {n: v - alpha * s if n.startswith(only) else v for (n, v), s in zip(phi.items(), g, strict=True)}
    return phi


def models_gradient(model, theta, x, y, alpha, k, only):
    for _ in range(k):
        g = torch.autograd.grad(cross_entropy(model(x), y), list(model.parameters()))
        theta = {n: v - alpha * s if n.startswith(only) else v for (n, v), s in zip(theta.items(), g, strict=True)}
    return theta


def weight_alone(*case):
    return {**by_func(*case), "head.bias": case[1]["head.bias"]}


def wrong_order(model, theta, x, y, alpha, k, only):
    moved = {name: value for name, value in theta.items() if name.startswith(only)}
    for _ in range(k):
        loss = cross_entropy(functional_call(model, {**moved, **theta}, (x,)), y)
        g = torch.autograd.grad(loss, list(moved.values()), create_graph=True)
        moved = {name: value - alpha * step for (name, value), step in zip(moved.items(), g, strict=True)}
    return {**theta, **moved}


def loss_at_theta(model, theta, x, y, alpha, k, only):
    phi = theta
    for _ in range(k):
        g = torch.autograd.grad(
            cross_entropy(functional_call(model, theta, (x,)), y), list(phi.values()), create_graph=True
        )
        phi = {n: v - alpha * s if n.startswith(only) else v for (n, v), s in zip(phi.items(), g, strict=True)}
    return phi


def wrong_order_by_func(model, theta, x, y, alpha, k, only):
    moved = {name: value for name, value in theta.items() if name.startswith(only)}
    for _ in range(k):
        g = grad(lambda moved: cross_entropy(functional_call(model, {**moved, **theta}, (x,)), y))(moved)
        moved = {name: moved[name] - alpha * g[name] for name in moved}
    return {**theta, **moved}


def own_weights(model, theta, x, y, alpha, k, only):
    for _ in range(k):
        g = torch.autograd.grad(cross_entropy(model(x), y), list(theta.values()))
        theta = {name: value - alpha * step for (name, value), step in zip(theta.items(), g, strict=True)}
    return theta


WRONG_LOOPS = {
    "From the second one on, what you differentiate is not in that loss": wrong_order,
    "run the model with `{**theta, **moved}`, moved last": loss_at_theta,
    "in `{**theta, **moved}`, moved comes last": wrong_order_by_func,
    "There is no path from θ to that loss": own_weights,
    "You look for `only` anywhere in a name": lambda *a: steps(*a, moving=lambda name: a[6] in name),
    "You adapt all parameters, whatever": lambda *a: by_func(*a[:6]),
    "You always adapt the head": lambda *a: by_func(*a[:6], "head"),
    "You move what should stay": lambda *a: steps(*a, moving=lambda name: not name.startswith(a[6])),
    "no path back to θ": lambda *a: {name: value.detach() for name, value in by_func(*a).items()},
    "what does not move is cut out": lambda *a: steps(*a, inner=torch.detach, outer=torch.detach),
    "what does not move is detached in it": lambda *a: steps(*a, outer=torch.detach),
    "takes what does not move for a constant": lambda *a: steps(*a, inner=torch.detach),
    "your outer gradient is the first-order one": lambda *a: steps(*a, create_graph=False),
    "Your step climbs": lambda m, t, x, y, a, *rest: steps(m, t, x, y, -a, *rest),
    "Your loss is a sum": lambda *a: steps(*a, loss_fn=summed),
    "You hand probabilities": lambda *a: steps(*a, loss_fn=twice),
    "You take one step, whatever k is": lambda m, t, x, y, a, k, o: steps(m, t, x, y, a, 1, o),
    "one step too few": lambda m, t, x, y, a, k, o: steps(m, t, x, y, a, k - 1, o),
    "one step too many": lambda m, t, x, y, a, k, o: steps(m, t, x, y, a, k + 1, o),
    "nothing adapts. Return": lambda m, t, *a: dict(t),
    "`name.startswith(only)` holds for these": lambda *a: steps(*a, moving=lambda name: name == a[6]),
    "changes `theta`": in_place,
    "You change θ in place": on_a_leaf,
    "changes the model's own weights": into_the_model,
    "All your k steps take the gradient at θ": at_theta,
    "runs with weights of its own where nothing moves": without_the_rest,
    "You start from the model's own weights": models_parameters,
    "Your gradient is taken at the model's own weights": models_gradient,
    "tensors that should stay, such as `blocks.0.0.weight`": lambda *a: by_func(*a[: 6 if "block" in a[6] else 7]),
    "your φ differs from the right one in head.bias": weight_alone,
    "names of `theta` are missing in your φ": lambda *a: {"head.bias": by_func(*a)["head.bias"]},
    "You return a Tensor": lambda *a: by_func(*a)["head.bias"],
    "is no tensor of the shape": lambda *a: {**by_func(*a), "head.bias": torch.zeros(1)},
    "is of the type torch.float32": lambda *a: {name: value.float() for name, value in by_func(*a).items()},
}


@pytest.mark.parametrize("words", WRONG_LOOPS)
def test_wrong_inner_loops_are_named(words):
    expect(check_adapt(WRONG_LOOPS[words]), words)


# --- one row for all classes


def expanded(theta, n_way):
    return {
        **theta,
        "head.weight": theta["head.weight"].expand(n_way, -1),
        "head.bias": theta["head.bias"].expand(n_way),
    }


def repeated(theta, n_way):
    return {name: value.repeat_interleave(n_way, 0) if "head" in name else value for name, value in theta.items()}


def stacked(theta, n_way):
    wide = dict(theta)
    wide["head.weight"] = torch.cat([theta["head.weight"]] * n_way)
    wide["head.bias"] = torch.ones(n_way, dtype=theta["head.bias"].dtype) * theta["head.bias"]
    return wide


@pytest.mark.parametrize("answer", [expanded, repeated, stacked])
def test_right_rows_pass(answer):
    accept(check_tie_rows(answer))


def changed(**head):
    """The right answer with something done to its weight or bias."""

    def answer(theta, n_way):
        wide = expanded(theta, n_way)
        return {**wide, **{f"head.{name}": do(wide[f"head.{name}"], n_way) for name, do in head.items()}}

    return answer


def detached(value, n_way):
    return value.detach()


def writes_into_theta(theta, n_way):
    theta.update(expanded(theta, n_way))
    return theta


WRONG_ROWS = {
    "the rows have no path back to θ": changed(weight=detached, bias=detached),
    "nothing has a path back": lambda t, n: {name: value.detach() for name, value in expanded(t, n).items()},
    "You divide by the number of classes": changed(weight=lambda v, n: v / n, bias=lambda v, n: v / n),
    "Your `head.bias` is float32, and θ's is float64": changed(bias=lambda v, n: torch.zeros(n)),
    "The rows are zero": changed(weight=lambda v, n: 0 * v, bias=lambda v, n: 0 * v),
    "the biases are zero": changed(bias=lambda v, n: torch.zeros_like(v)),
    "`head.bias` has the shape [1]": lambda t, n: {**expanded(t, n), "head.bias": t["head.bias"]},
    "`head.weight` has the shape [5, 1, 8]": changed(weight=lambda v, n: v[:, None]),
    "`blocks.0.0.weight` is missing": lambda t, n: {k: v for k, v in expanded(t, n).items() if "head" in k},
    "Your function changes `theta`": writes_into_theta,
    "your `head.weight` differs from": changed(weight=lambda v, n: v + torch.arange(n)[:, None]),
    "You return a Tensor": lambda t, n: expanded(t, n)["head.weight"],
    "no path back": lambda t, n: {
        **expanded(t, n),
        **{name: nn.Parameter(expanded(t, n)[name].detach().clone()) for name in ("head.weight", "head.bias")},
    },
}


@pytest.mark.parametrize("words", WRONG_ROWS)
def test_wrong_rows_are_named(words):
    expect(check_tie_rows(WRONG_ROWS[words]), words)


# --- the learner's functions at work


def test_right_functions_run_at_the_size_of_the_notebook(capsys, monkeypatch):
    monkeypatch.setattr("metalib.course.kit.exercise.PACE", 100)
    for exercise, answer in zip(checks._exercises, (by_func, lambda *a: sample_task(*a), expanded), strict=True):
        answer.__name__ = exercise.name
        assert checks.mine(answer) is answer
        assert f"The cells below run your {exercise.name}." in capsys.readouterr().out
