"""The checks of notebook 04, against right answers and typical wrong ones."""

import pytest
import torch
from answers import accept, expect
from torch.func import functional_call, grad
from torch.nn.functional import cross_entropy, mse_loss

from metalib.course.maml_omniglot import checks as maml_omniglot
from metalib.course.maml_omniglot.checks import (
    check_adapt_head,
    check_largest_stable_step,
    check_mended_sampler,
    curvatures,
)

# --- the head alone


def by_autograd(model, theta, x, y, alpha, k):
    head = {name: value for name, value in theta.items() if name.startswith("head")}
    for _ in range(k):
        loss = cross_entropy(functional_call(model, {**theta, **head}, (x,)), y)
        gradients = torch.autograd.grad(loss, list(head.values()), create_graph=True)
        head = {name: value - alpha * g for (name, value), g in zip(head.items(), gradients, strict=True)}
    return {**theta, **head}


def by_func(model, theta, x, y, alpha, k):
    body = {name: value for name, value in theta.items() if "head" not in name}
    head = {name: theta[name] for name in theta.keys() - body.keys()}

    def loss(head):
        return cross_entropy(functional_call(model, body | head, (x,)), y)

    for _ in range(k):
        g = grad(loss)(head)
        head = {name: head[name] - alpha * g[name] for name in head}
    return body | head


@pytest.mark.parametrize("answer", [by_autograd, by_func])
def test_right_heads_pass(answer):
    accept(check_adapt_head(answer))


def steps(model, theta, x, y, alpha, k, *, own="head", create_graph=True, inner=None, outer=None, reduction="mean"):
    """As `by_autograd`, with flaws: which tensors adapt, and which functions the body passes on its way."""
    adapted = {name: value for name, value in theta.items() if name.startswith(own)}
    seen = {name: value if name in adapted or inner is None else inner(value) for name, value in theta.items()}
    for _ in range(k):
        loss = cross_entropy(functional_call(model, {**seen, **adapted}, (x,)), y, reduction=reduction)
        gradients = torch.autograd.grad(loss, list(adapted.values()), create_graph=create_graph)
        adapted = {name: value - alpha * g for (name, value), g in zip(adapted.items(), gradients, strict=True)}
    return {**{name: value if outer is None else outer(value) for name, value in theta.items()}, **adapted}


def in_place(model, theta, *rest):
    phi = by_autograd(model, theta, *rest)
    with torch.no_grad():
        theta["head.bias"].copy_(phi["head.bias"])
    return phi


def on_a_leaf(model, theta, x, y, alpha, k):
    loss = cross_entropy(functional_call(model, theta, (x,)), y)
    theta["head.bias"] -= alpha * torch.autograd.grad(loss, theta["head.bias"])[0]
    return theta


def into_the_model(model, theta, *rest):
    phi = by_autograd(model, theta, *rest)
    model.load_state_dict({name: value.detach() for name, value in phi.items()})
    return phi


def at_theta(model, theta, x, y, alpha, k):
    head = {name: value for name, value in theta.items() if name.startswith("head")}
    for _ in range(k):
        loss = cross_entropy(functional_call(model, theta, (x,)), y)
        gradients = torch.autograd.grad(loss, [theta[name] for name in head], create_graph=True)
        head = {name: value - alpha * g for (name, value), g in zip(head.items(), gradients, strict=True)}
    return {**theta, **head}


def without_the_body(model, theta, x, y, alpha, k):
    head = {name: value for name, value in theta.items() if name.startswith("head")}
    for _ in range(k):
        g = grad(lambda head: cross_entropy(functional_call(model, head, (x,)), y))(head)
        head = {name: head[name] - alpha * g[name] for name in head}
    return {**theta, **head}


def weight_alone(*case):
    phi = by_func(*case)
    return {**phi, "head.bias": case[1]["head.bias"]}


WRONG_HEADS = {
    "You adapt all parameters": lambda *a: steps(*a, own=""),
    "You adapt the body and leave the head": lambda *a: steps(*a, own="blocks"),
    "no path back to θ": lambda *a: {name: value.detach() for name, value in by_func(*a).items()},
    "the body is cut out of the outer gradient": lambda *a: steps(*a, inner=torch.detach, outer=torch.detach),
    "its body is detached": lambda *a: steps(*a, outer=torch.detach),
    "your inner step takes the body for a constant": lambda *a: steps(*a, inner=torch.detach),
    "your outer gradient is the first-order one": lambda *a: steps(*a, create_graph=False),
    "Your step climbs": lambda m, t, x, y, a, k: steps(m, t, x, y, -a, k),
    "Your loss is a sum": lambda *a: steps(*a, reduction="sum"),
    "You take one step, whatever k is": lambda m, t, x, y, a, k: steps(m, t, x, y, a, 1),
    "one step too few": lambda m, t, x, y, a, k: steps(m, t, x, y, a, k - 1),
    "one step too many": lambda m, t, x, y, a, k: steps(m, t, x, y, a, k + 1),
    "nothing adapts": lambda m, t, *a: dict(t),
    "changes `theta`": in_place,
    "You change θ in place": on_a_leaf,
    "changes the model's own weights": into_the_model,
    "All your k steps take the gradient at θ": at_theta,
    "runs with weights of its own instead of θ's body": without_the_body,
    "tensors of the body, such as `blocks.0.0.weight`": lambda m, t, x, y, a, k: steps(m, t, x, y, a, 1, own=""),
    "your φ differs from the right one in head.bias": weight_alone,
    "names of `theta` are missing in your φ": lambda *a: {"head.bias": by_func(*a)["head.bias"]},
    "You return a Tensor": lambda *a: by_func(*a)["head.bias"],
    "is no tensor of the shape": lambda *a: {**by_func(*a), "head.bias": torch.zeros(1)},
}


@pytest.mark.parametrize("words", WRONG_HEADS)
def test_wrong_heads_are_named(words):
    expect(check_adapt_head(WRONG_HEADS[words]), words)


# --- the label leak


def sampler(images, n_way, k_shot, n_query, generator, *, choose, labels=lambda y, generator: y):
    """A sampler with the choice of classes handed in, and a last word on the labels of the support set."""
    classes = choose(len(images), n_way, generator)
    cut = [torch.randperm(images.shape[1], generator=generator)[: k_shot + n_query] for _ in classes]
    pictures = torch.stack([images[c][drawings] for c, drawings in zip(classes, cut, strict=True)]).float() / 255
    y = torch.arange(n_way)
    support_y, query_y = y.repeat_interleave(k_shot), y.repeat_interleave(n_query)
    return (
        pictures[:, :k_shot].flatten(0, 1),
        labels(support_y, generator),
        pictures[:, k_shot:].flatten(0, 1),
        query_y,
    )


def drawn(n_classes, n_way, generator):
    return torch.randperm(n_classes, generator=generator)[:n_way]


def by_mask(n_classes, n_way, generator):
    mask = torch.zeros(n_classes, dtype=torch.bool)
    mask[drawn(n_classes, n_way, generator)] = True
    return mask.nonzero().flatten()


def shuffled_after(n_classes, n_way, generator):
    classes = by_mask(n_classes, n_way, generator)
    return classes[torch.randperm(n_way, generator=generator)]


@pytest.mark.parametrize("choose", [drawn, shuffled_after])
def test_right_samplers_pass(choose):
    accept(check_mended_sampler(lambda *a: sampler(*a, choose=choose)))


def labels_anew(y, generator):
    return torch.randperm(int(y.max()) + 1, generator=generator)[y]


def shuffled_rows(images, n_way, k_shot, n_query, generator):
    support_x, support_y, query_x, query_y = sampler(images, n_way, k_shot, n_query, generator, choose=by_mask)
    order = torch.randperm(len(support_y), generator=generator)
    return support_x[order], support_y[order], query_x, query_y


WRONG_SAMPLERS = {
    "Your labels follow the class numbers": lambda *a: sampler(*a, choose=by_mask),
    "labelled in different orders": lambda *a: sampler(*a, choose=by_mask, labels=labels_anew),
    "your order of labels comes from the global random numbers": lambda *a: sampler(
        *a, choose=lambda n, k, generator: by_mask(n, k, generator)[torch.randperm(k)]
    ),
    "You draw classes with replacement": lambda *a: sampler(
        *a, choose=lambda n, k, generator: torch.randint(n, (k,), generator=generator)
    ),
    "You always take the first N classes": lambda *a: sampler(
        *a, choose=lambda n, k, generator: torch.randperm(k, generator=generator)
    ),
}


@pytest.mark.parametrize("words", WRONG_SAMPLERS)
def test_wrong_samplers_are_named(words):
    expect(check_mended_sampler(WRONG_SAMPLERS[words]), words)


def test_shuffling_the_rows_does_not_mend_the_labels():
    expect(check_mended_sampler(shuffled_rows), "Your labels follow the class numbers")


# --- the largest stable step


def by_hessian(model, theta, x, y):
    return 2 / torch.linalg.eigvalsh(curvatures(model, theta, x, y)).max()


def by_power_iteration(model, theta, x, y):
    v = {name: torch.ones_like(value) for name, value in theta.items()}
    slope = grad(lambda params: mse_loss(functional_call(model, params, (x,)), y))
    for _ in range(500):
        product = grad(lambda params, v=v: sum((g * v[name]).sum() for name, g in slope(params).items()))(theta)
        length = sum(value.square().sum() for value in product.values()).sqrt()
        v = {name: value / length for name, value in product.items()}
    return 2 / length.item()


@pytest.mark.parametrize("answer", [by_hessian, by_power_iteration])
def test_right_steps_pass(answer):
    accept(check_largest_stable_step(answer))


def eigenvalues(*case):
    return torch.linalg.eigvalsh(curvatures(*case))


def changes_theta(model, theta, x, y):
    theta["0.bias"] = theta["0.bias"] + 1
    return 1.0


def changes_theta_in_place(model, theta, x, y):
    theta["0.bias"].add_(1)
    return 1.0


def by_first_layer(model, theta, x, y):
    n = theta["0.weight"].numel()
    return 2 / torch.linalg.eigvalsh(curvatures(model, theta, x, y)[:n, :n]).max()


WRONG_STEPS = {
    "You return 1/λ": lambda *case: 1 / eigenvalues(*case)[-1],
    "You return the highest curvature": lambda *case: eigenvalues(*case)[-1],
    "You divide by the lowest curvature": lambda *case: 2 / eigenvalues(*case)[0],
    "You divide by the trace": lambda *case: 2 / eigenvalues(*case).sum(),
    "the highest number on the diagonal": lambda *case: 2 / curvatures(*case).diag().max(),
    "You divide by the mean curvature": lambda *case: 2 / eigenvalues(*case).mean(),
    "Your loss is a sum": lambda m, t, x, y: 2 / (len(x) * eigenvalues(m, t, x, y)[-1]),
    "A factor 2 is missing": lambda *case: 2 / (0.5 * eigenvalues(*case)[-1]),
    "the largest stable step is": by_first_layer,
    "changes `theta`": changes_theta,
    "tensor of shape": lambda *case: 2 / eigenvalues(*case),
}


@pytest.mark.parametrize("words", WRONG_STEPS)
def test_wrong_steps_are_named(words):
    expect(check_largest_stable_step(WRONG_STEPS[words]), words)


def test_the_check_survives_a_function_that_changed_theta():
    expect(check_largest_stable_step(changes_theta_in_place), "changes `theta`")
    check_largest_stable_step(changes_theta)
    accept(check_largest_stable_step(by_hessian))


def test_descent_is_stable_just_below_the_step_and_not_just_above():
    model, theta, x, y = maml_omniglot._minimum((1, 8, 1), 5)
    values, vectors = torch.linalg.eigh(curvatures(model, theta, x, y))
    sizes = [value.numel() for value in theta.values()]
    push = {
        name: part.view_as(value)
        for (name, value), part in zip(theta.items(), (1e-4 * vectors[:, -1]).split(sizes), strict=True)
    }
    slope = grad(lambda params: mse_loss(functional_call(model, params, (x,)), y))
    ends = []
    for share in (0.95, 1.05):
        params = {name: theta[name] + push[name] for name in theta}
        for _ in range(40):
            g = slope(params)
            params = {name: params[name] - share * 2 / values[-1] * g[name] for name in params}
        moved = torch.cat([(params[name] - theta[name]).flatten() for name in params])
        ends.append(abs(moved @ vectors[:, -1]).item())  # the flat directions drift a little, which says nothing here
    assert ends[0] < 1e-5
    assert ends[1] > 1e-3
