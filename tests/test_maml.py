"""Facts about MAML and first-order MAML, in float64 and to many digits."""

import shutil
from itertools import permutations

import pytest
import torch
from torch import nn
from torch.func import functional_call, grad, jacrev
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from metalib import maml, reptile
from metalib.adapt import InnerAdam, adapt
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.models import BatchNorm2d, conv4, mlp
from metalib.runtime import seeded

EXACT = {"rtol": 1e-10, "atol": 1e-12}
ORDERS = pytest.mark.parametrize("first_order", [False, True])
CHUNKS = (1, 2, 3, 8, None)


def parameters_of(model):
    return dict(model.named_parameters())


def flat(params):
    return torch.cat([value.flatten() for value in params.values()])


def unflat(vector, like):
    sizes = [value.numel() for value in like.values()]
    return {n: part.view_as(v) for (n, v), part in zip(like.items(), vector.split(sizes), strict=True)}


def gradient_of(loss, theta):
    """[P]: the gradient of a number, all parameters in one vector."""
    return torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(theta.values()))])


def finite_differences(function, theta, h=2e-3):
    """[P]: the gradient of `function` at θ by differences of fourth order, one parameter after the other."""
    start = flat(theta).detach()

    def along(i):
        points = [start.index_add(0, torch.tensor([i]), start.new_tensor([step * h])) for step in (-2, -1, 1, 2)]
        a, b, c, d = (function(unflat(point, theta)) for point in points)
        return (a - 8 * b + 8 * c - d) / (12 * h)

    with torch.no_grad():
        return torch.stack([along(i) for i in range(len(start))])


@pytest.fixture
def model():
    """A smooth network: finite differences need one."""
    torch.manual_seed(0)
    return mlp((3, 5, 4), activation=nn.Tanh).double()


@pytest.fixture
def theta(model):
    return parameters_of(model)


@pytest.fixture
def episodes():
    """Five tasks of four classes: 8 support and 12 query points in three dimensions."""
    x = torch.randn(5, 20, 3, generator=seeded(0), dtype=torch.float64)
    y = torch.arange(4).repeat(5).expand(5, -1)
    return Episode(x[:, :8], y[:, :8], x[:, 8:], y[:, 8:])


@pytest.fixture
def network():
    torch.manual_seed(0)
    return conv4(downsample="stride", width=4, n_out=5, running_stats=False).double()


@pytest.fixture
def pictures(tiny_bank):
    """Five 5-way 2-shot tasks of pictures, in float64."""
    return in_float64(sample_episodes(tiny_bank, EpisodeSpec(5, 2, 3), 5, generator=seeded(0)))


def in_float64(episodes):
    return episodes._replace(support_x=episodes.support_x.double(), query_x=episodes.query_x.double())


# --- the gradient


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_finite_differences_agree_with_second_order_only(model, theta, episodes, steps):
    settings = {"inner_lr": 0.5, "inner_steps": steps}
    differences = finite_differences(lambda t: maml.losses(model, t, episodes, **settings).mean(), theta)
    second = gradient_of(maml.losses(model, theta, episodes, **settings).mean(), theta)
    first = gradient_of(maml.losses(model, theta, episodes, first_order=True, **settings).mean(), theta)
    assert (second - differences).norm() / second.norm() < 1e-8
    assert (first - differences).norm() / second.norm() > 0.01


@pytest.mark.parametrize("steps", [1, 3])
def test_the_gradient_is_the_product_of_the_steps_times_the_query_gradient(model, theta, episodes, steps):
    """(∏(I − αHᵢ))ᵀ ∇L_Q(φ); first order is ∇L_Q(φ) alone."""
    task, alpha = episodes.task(0), 0.5
    one = {"inner_lr": alpha, "inner_steps": 1}

    def loss(vector, x, y):
        return cross_entropy(functional_call(model, unflat(vector, theta), (x,)), y)

    identity = torch.eye(len(flat(theta)), dtype=torch.float64)
    phi, product = {name: value.detach() for name, value in theta.items()}, identity
    for _ in range(steps):
        H = jacrev(grad(loss))(flat(phi), task.support_x, task.support_y)
        product = (identity - alpha * H) @ product
        phi = adapt(model, phi, task.support_x, task.support_y, **one)
    at_phi = grad(loss)(flat(phi), task.query_x, task.query_y)

    settings = {"inner_lr": alpha, "inner_steps": steps}
    assert_close(gradient_of(maml.task_loss(model, theta, task, **settings), theta), product.T @ at_phi, **EXACT)
    first = gradient_of(maml.task_loss(model, theta, task, first_order=True, **settings), theta)
    assert_close(first, at_phi, **EXACT)


def test_both_orders_agree_at_alpha_zero(model, theta, episodes):
    first, second = (
        gradient_of(maml.losses(model, theta, episodes, inner_lr=0.0, inner_steps=2, first_order=f).sum(), theta)
        for f in (True, False)
    )
    assert_close(first, second, **EXACT)


def test_both_orders_agree_where_the_hessian_is_zero():
    """A loss that is linear in the parameters has a gradient that does not depend on them."""
    model = nn.Linear(3, 4, bias=False).double()
    theta, x = parameters_of(model), torch.randn(6, 3, dtype=torch.float64, generator=seeded(0))
    task = Episode(x[:3], x[:3, :1], x[3:], x[3:, :1])
    first, second = (
        gradient_of(
            maml.task_loss(
                model, theta, task, inner_lr=0.5, inner_steps=2, first_order=f, loss_fn=lambda out, y: (out * y).sum()
            ).square(),
            theta,
        )
        for f in (True, False)
    )
    assert_close(first, second, **EXACT)


@ORDERS
def test_an_independent_loop_gives_the_same(model, theta, episodes, first_order):
    total = 0
    for task in map(episodes.task, range(5)):
        phi = theta
        for _ in range(2):
            loss = cross_entropy(functional_call(model, phi, (task.support_x,)), task.support_y)
            gradient = torch.autograd.grad(loss, list(phi.values()), create_graph=not first_order)
            phi = {name: value - 0.5 * g for (name, value), g in zip(phi.items(), gradient, strict=True)}
        total = total + cross_entropy(functional_call(model, phi, (task.query_x,)), task.query_y) / 5
    ours = maml.losses(model, theta, episodes, inner_lr=0.5, inner_steps=2, first_order=first_order).mean()
    assert_close(ours, total, **EXACT)
    assert_close(gradient_of(ours, theta), gradient_of(total, theta), **EXACT)


@pytest.mark.parametrize("steps", [1, 5])
def test_first_order_keeps_no_graph_of_the_inner_steps(network, pictures, steps):
    """Four convolutions of the query pass are all that its graph holds, however many steps there are."""
    theta, task = parameters_of(network), pictures.task(0)
    settings = {"inner_lr": 0.4, "inner_steps": steps}
    assert convolutions(maml.task_loss(network, theta, task, first_order=True, **settings)) == 4
    assert convolutions(maml.task_loss(network, theta, task, **settings)) > 4 * (steps + 1)


def convolutions(loss):
    seen, todo = set(), [loss.grad_fn]
    while todo:
        node = todo.pop()
        if node is not None and node not in seen:
            seen.add(node)
            todo += [parent for parent, _ in node.next_functions]
    return sum(node.name().startswith("Convolution") for node in seen)


@ORDERS
def test_torch_func_takes_the_outer_gradient_too(model, theta, episodes, first_order):
    settings = {"inner_lr": 0.5, "inner_steps": 2, "first_order": first_order}
    outer = grad(lambda t: maml.losses(model, t, episodes, **settings).mean())
    ours = gradient_of(maml.losses(model, theta, episodes, **settings).mean(), theta)
    assert_close(flat(outer({name: value.detach() for name, value in theta.items()})), ours, **EXACT)


# --- quadratics: L(θ) = ½ (θ − c)ᵀ A (θ − c), with c for x and A for y


class Point(nn.Module):
    """A model that is its parameter: its output is θ − c."""

    def __init__(self, theta):
        super().__init__()
        self.theta = nn.Parameter(theta)

    def forward(self, c):
        return self.theta - c


def quadratic(way, A):
    return way @ A @ way / 2


def quadratic_tasks(equal=False, n=4, d=3):
    """Episode of T quadratic tasks: optima [T, d] and curvatures [T, d, d] with eigenvalues in 0.5 … 1.5."""
    generator = seeded(0)
    axes = torch.linalg.qr(torch.randn(n, d, d, generator=generator, dtype=torch.float64)).Q
    spectrum = 0.5 + torch.rand(n, d, generator=generator, dtype=torch.float64)
    A = axes @ torch.diag_embed(spectrum) @ axes.mT
    A = A[:1].expand_as(A) if equal else A
    c = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return Episode(c, A, c, A)


def closed_forms(tasks, alpha, steps=1):
    """[T, d, d] for each method: its mean gradient is the mean of these times (θ − c)."""
    A = tasks.support_y
    M = torch.linalg.matrix_power(torch.eye(3, dtype=torch.float64) - alpha * A, steps)
    return {
        "MAML": M.mT @ A @ M,
        "first-order MAML": A @ M,
        "joint": A,
        "Reptile": torch.eye(3, dtype=torch.float64) - M,
    }


def mean_gradient(method, theta, tasks, alpha, steps=1):
    """[d]: what the method descends along, from metalib."""
    model = Point(theta)
    params = parameters_of(model)
    settings = {"inner_lr": alpha, "inner_steps": steps, "loss_fn": quadratic}
    if method == "Reptile":
        new = reptile.step(model, params, tasks, meta_step_size=1.0, **settings)
        return theta - new["theta"]
    if method == "joint":
        settings["inner_steps"] = 0
    loss = maml.losses(model, params, tasks, first_order=method == "first-order MAML", **settings).mean()
    return gradient_of(loss, params)


METHODS = pytest.mark.parametrize("method", ["MAML", "first-order MAML", "joint", "Reptile"])


@METHODS
@pytest.mark.parametrize("steps", [1, 3])
def test_the_gradient_on_quadratics_has_a_closed_form(method, steps):
    tasks, theta = quadratic_tasks(), torch.tensor([0.3, -1.0, 2.0], dtype=torch.float64)
    W = closed_forms(tasks, 0.4, steps)[method]
    expected = (W @ (theta - tasks.support_x)[..., None]).squeeze(-1).mean(dim=0)
    assert_close(mean_gradient(method, theta, tasks, 0.4, steps), expected, **EXACT)


@METHODS
def test_its_optimum_on_quadratics_solves_a_linear_system(method):
    tasks = quadratic_tasks()
    W = closed_forms(tasks, 0.4)[method]
    optimum = torch.linalg.solve(W.sum(dim=0), (W @ tasks.support_x[..., None]).sum(dim=0).squeeze(-1))
    assert_close(mean_gradient(method, optimum, tasks, 0.4), torch.zeros(3, dtype=torch.float64), **EXACT)
    mean = tasks.support_x.mean(dim=0)
    assert mean_gradient(method, mean, tasks, 0.4).norm() > 1e-3  # with unequal curvatures that is not the mean


@METHODS
def test_with_equal_curvatures_every_method_finds_the_mean_of_the_optima(method):
    tasks = quadratic_tasks(equal=True)
    gradient = mean_gradient(method, tasks.support_x.mean(dim=0), tasks, 0.4)
    assert_close(gradient, torch.zeros(3, dtype=torch.float64), **EXACT)


def test_reptile_with_many_steps_goes_to_the_mean_of_the_optima():
    """One outer step with ε = 1 is there, from anywhere, whatever the curvatures."""
    tasks, theta = quadratic_tasks(), torch.tensor([5.0, -3.0, 2.0], dtype=torch.float64)
    gradient = mean_gradient("Reptile", theta, tasks, 0.4, steps=200)
    assert_close(theta - gradient, tasks.support_x.mean(dim=0), **EXACT)


def test_one_task_in_one_dimension_cannot_tell_the_orders_apart():
    c, A = torch.tensor([[1.5]], dtype=torch.float64), torch.tensor([[[2.0]]], dtype=torch.float64)
    tasks, theta = Episode(c, A, c, A), torch.tensor([0.2], dtype=torch.float64)
    second, first = (mean_gradient(method, theta, tasks, 0.1) for method in ("MAML", "first-order MAML"))
    assert_close(second, (1 - 0.1 * 2.0) * first, **EXACT)


# --- Taylor: what the methods do to the agreement of minibatches


@pytest.mark.parametrize(
    ("method", "k", "ofG", "ofI"),
    [
        ("MAML", 3, 1, lambda k: 2 * (k - 1)),
        ("MAML", 4, 1, lambda k: 2 * (k - 1)),
        ("first-order MAML", 3, 1, lambda k: k - 1),
        ("first-order MAML", 4, 1, lambda k: k - 1),
        ("Reptile", 3, 3, lambda k: k * (k - 1) / 2),
        ("Reptile", 4, 4, lambda k: k * (k - 1) / 2),
    ],
)
def test_taylor_coefficients(model, theta, method, k, ofG, ofI):
    """Over the orders of k minibatches the mean is ofG · G − ofI · αI, so the error's order in α is the second."""
    generator = seeded(4)
    x = torch.randn(5 * k, 3, generator=generator, dtype=torch.float64)
    y = torch.randint(4, (5 * k,), generator=generator)
    batches = list(torch.arange(5 * k).split(5))
    G, inner = taylor_terms(model, theta, x, y, batches)
    errors = [
        (mean_over_orders(method, model, theta, x, y, batches, a) - (ofG * G - ofI(k) * a * inner)).norm()
        for a in (1e-2, 1e-3, 1e-4)
    ]
    assert errors[0] / errors[1] == pytest.approx(100, rel=0.1)
    assert errors[1] / errors[2] == pytest.approx(100, rel=0.02)


def taylor_terms(model, theta, x, y, batches):
    """AvgGrad, the mean of g₁, and AvgGradInner, the mean of H₁g₂ over two different minibatches."""
    start = flat(theta).detach()

    def gradient(rows):
        return grad(lambda v: cross_entropy(functional_call(model, unflat(v, theta), (x[rows],)), y[rows]))

    def product(rows, vector):
        """H · vector, the Hessian that of the minibatch `rows`."""
        return grad(lambda v: gradient(rows)(v) @ vector)(start)

    g = [gradient(rows)(start) for rows in batches]
    pairs = [product(rows, g[j]) for i, rows in enumerate(batches) for j in range(len(g)) if i != j]
    return torch.stack(g).mean(dim=0), torch.stack(pairs).mean(dim=0)


def mean_over_orders(method, model, theta, x, y, batches, alpha):
    def of_one_order(order):
        if method == "Reptile":
            phi = adapt(model, theta, x, y, inner_lr=alpha, inner_steps=len(order), batches=order, first_order=True)
            return (flat(theta) - flat(phi)).detach() / alpha
        *inner, last = order
        settings = {"inner_lr": alpha, "inner_steps": len(inner), "batches": inner}
        task = Episode(x, y, x[last], y[last])
        return gradient_of(maml.task_loss(model, theta, task, first_order=method != "MAML", **settings), theta)

    return torch.stack([of_one_order(order) for order in permutations(batches)]).mean(dim=0)


# --- many tasks at once


@pytest.mark.parametrize("settings", [{}, {"first_order": True}, {"only": "head"}], ids=str)
@pytest.mark.parametrize("downsample", ["stride", "max_pool"])
def test_vmap_is_a_loop_whatever_the_chunk(pictures, downsample, settings):
    """Values and gradients. torch's own batch norm fails here by about 1 %, in second order."""
    torch.manual_seed(0)
    network = conv4(downsample=downsample, width=4, n_out=5, running_stats=False).double()
    theta = parameters_of(network)

    def at(chunk_size):
        loss = maml.losses(network, theta, pictures, inner_lr=0.4, inner_steps=2, chunk_size=chunk_size, **settings)
        return loss.detach(), gradient_of(loss.mean(), theta)

    value, gradient = at(CHUNKS[0])
    for chunk_size in CHUNKS[1:]:
        other_value, other_gradient = at(chunk_size)
        assert_close(other_value, value, rtol=1e-9, atol=1e-11)
        assert (other_gradient - gradient).norm() / gradient.norm() < 1e-9


@pytest.mark.skipif(not any(map(shutil.which, ("g++", "clang++", "c++"))), reason="no C++ compiler here")
def test_compiled_losses_have_the_same_gradient(model, theta, episodes):
    """On an mlp, since a conv4 keeps the compiler busy for a minute."""
    settings = {"inner_lr": 0.4, "inner_steps": 1, "chunk_size": 1}
    plain, compiled = (
        gradient_of(maml.losses(model, theta, episodes, compiled=c, **settings).mean(), theta) for c in (False, True)
    )
    assert_close(compiled, plain, **EXACT)


def test_tasks_are_compiled_one_by_one(network, pictures):
    with pytest.raises(ValueError, match=r"compiled, and chunk_size=2: .* give chunk_size=1"):
        maml.losses(network, parameters_of(network), pictures, chunk_size=2, compiled=True, inner_lr=1, inner_steps=1)


@pytest.mark.parametrize("chunk_size", CHUNKS)
def test_no_batch_statistic_crosses_tasks(network, pictures, chunk_size):
    """Other pictures in task 2 leave task 1 as it was, and change task 2."""
    query_x, support_x = pictures.query_x.clone(), pictures.support_x.clone()
    query_x[1], support_x[1] = 1 - query_x[1], support_x[1] / 3
    others = pictures._replace(query_x=query_x, support_x=support_x)
    settings = {"inner_lr": 0.4, "inner_steps": 2, "chunk_size": chunk_size}
    one, two = (maml.losses(network, parameters_of(network), e, **settings) for e in (pictures, others))
    assert_close(one[[0, 2, 3, 4]], two[[0, 2, 3, 4]], rtol=1e-12, atol=1e-12)
    assert (one[1] - two[1]).abs() > 1e-3


def test_the_mode_of_a_network_without_running_statistics_does_not_matter(network, pictures):
    theta, settings = parameters_of(network), {"inner_lr": 0.4, "inner_steps": 1}
    training = maml.losses(network.train(), theta, pictures, **settings)
    assert_close(maml.losses(network.eval(), theta, pictures, **settings), training, rtol=0, atol=0)


@ORDERS
def test_without_gradients_the_losses_are_the_same(network, pictures, first_order):
    theta, settings = parameters_of(network), {"inner_lr": 0.4, "inner_steps": 2, "first_order": first_order}
    with torch.no_grad():
        quiet = maml.losses(network, theta, pictures, **settings)
    assert not quiet.requires_grad
    assert_close(quiet, maml.losses(network, theta, pictures, **settings).detach(), rtol=0, atol=0)


def test_the_order_of_the_rows_does_not_matter(network, pictures):
    s, q = torch.randperm(10, generator=seeded(1)), torch.randperm(15, generator=seeded(2))
    shuffled = Episode(
        pictures.support_x[:, s], pictures.support_y[:, s], pictures.query_x[:, q], pictures.query_y[:, q]
    )
    one, two = (
        maml.losses(network, parameters_of(network), e, inner_lr=0.4, inner_steps=2) for e in (pictures, shuffled)
    )
    assert_close(one, two, rtol=1e-9, atol=1e-11)


# --- the head's rows and the labels


def relabelled(episodes, new):
    return episodes._replace(support_y=new[episodes.support_y], query_y=new[episodes.query_y])


@pytest.mark.parametrize(
    "settings", [{}, {"first_order": True}, {"only": "head"}, {"inner_lr": 1e-3, "adam": True}], ids=str
)
def test_labels_matter_unless_the_heads_rows_move_along(network, pictures, settings):
    theta, new = parameters_of(network), torch.tensor([2, 0, 4, 1, 3])
    settings = {"inner_lr": 0.4, "inner_steps": 2, **settings}
    if settings.pop("adam", False):  # Reptile's inner loop, on one task: its state outlives it
        pictures = type(pictures)(*(field[:1] for field in pictures))

        def of_losses(*arguments):
            return maml.losses(*arguments, **settings, step_rule=InnerAdam(), chunk_size=1)
    else:

        def of_losses(*arguments):
            return maml.losses(*arguments, **settings)

    before = of_losses(network, theta, pictures)
    after = of_losses(network, theta, relabelled(pictures, new))
    assert ((after - before).abs() > 1e-3).all()
    moved = {
        **theta,
        "head.weight": theta["head.weight"][new.argsort()],
        "head.bias": theta["head.bias"][new.argsort()],
    }
    assert_close(of_losses(network, moved, relabelled(pictures, new)), before, rtol=1e-9, atol=1e-11)


@pytest.fixture
def tied():
    torch.manual_seed(0)
    return conv4(downsample="stride", width=4, n_out=1, running_stats=False).double()


def test_with_tied_rows_labels_do_not_matter(tied, pictures):
    theta = maml.tie_rows(parameters_of(tied), 5)
    settings = {"inner_lr": 0.4, "inner_steps": 2}
    before = maml.losses(tied, theta, pictures, **settings)
    after = maml.losses(tied, theta, relabelled(pictures, torch.tensor([2, 0, 4, 1, 3])), **settings)
    assert_close(after, before, rtol=1e-9, atol=1e-11)


def test_the_first_step_with_tied_rows_moves_the_head_alone(tied, pictures):
    theta, task = maml.tie_rows(parameters_of(tied), 5), pictures.task(0)
    one, two = (adapt(tied, theta, task.support_x, task.support_y, inner_lr=0.4, inner_steps=k) for k in (1, 2))
    body = [name for name in theta if not name.startswith("head")]
    assert_close({n: one[n] for n in body}, {n: theta[n] for n in body}, rtol=1e-12, atol=1e-14)
    assert (one["head.weight"] - theta["head.weight"]).abs().max() > 1e-3
    assert max((two[n] - theta[n]).abs().max() for n in body) > 1e-3


def test_one_step_with_tied_rows_is_anil(tied, pictures):
    """In value and in gradient: the body's inner gradient is zero wherever rows are tied, and so does not vary."""
    params = parameters_of(tied)

    def at(only):
        theta = maml.tie_rows(params, 5)
        loss = maml.losses(tied, theta, pictures, inner_lr=0.4, inner_steps=1, only=only)
        return loss.detach(), gradient_of(loss.mean(), params)

    (value, gradient), (anil_value, anil_gradient) = at(""), at("head")
    assert_close(value, anil_value, rtol=1e-10, atol=1e-12)
    assert (gradient - anil_gradient).norm() / gradient.norm() < 1e-8


@pytest.mark.parametrize("n_way", [2, 5, 20])
def test_a_tied_head_fits_any_number_of_ways(tied, n_way):
    theta = maml.tie_rows(parameters_of(tied), n_way)
    logits = functional_call(tied, theta, (torch.rand(3, 1, 28, 28, dtype=torch.float64),))
    assert logits.shape == (3, n_way)
    assert_close(logits, logits[:, :1].expand(-1, n_way))


def test_only_a_head_of_one_row_can_be_tied(network):
    with pytest.raises(ValueError, match="head has 5 rows, and one is wanted to tie 20 to: build it with n_out=1"):
        maml.tie_rows(parameters_of(network), 20)
    with pytest.raises(ValueError, match=r"no head.weight and head.bias: build the network with n_out=1"):
        maml.tie_rows(parameters_of(conv4(width=4)), 5)


# --- answers


def test_transductive_answers_depend_on_the_other_queries(network, pictures):
    task, theta, settings = pictures.task(0), parameters_of(network), {"inner_lr": 0.4, "inner_steps": 1}
    fewer = task._replace(query_x=task.query_x[:4], query_y=task.query_y[:4])
    together, four = (maml.logits(network, theta, t, **settings) for t in (task, fewer))
    assert (together[:4] - four).abs().max() > 1e-2
    phi = adapt(network, theta, task.support_x, task.support_y, **settings)
    assert_close(together, functional_call(network, phi, (task.query_x,)), **EXACT)


def test_non_transductive_answers_do_not(network, pictures):
    """Each is that of the query behind the support set."""
    theta, settings = parameters_of(network), {"inner_lr": 0.4, "inner_steps": 1, "transductive": False}
    many = torch.cat([pictures.query_x[0], pictures.query_x[1]])  # more than pass at once
    task = pictures.task(0)._replace(query_x=many)
    together = maml.logits(network, theta, task, **settings)
    for rows in ([3], [29, 3, 17]):
        alone = maml.logits(network, theta, task._replace(query_x=many[rows]), **settings)
        assert_close(alone, together[rows], rtol=1e-9, atol=1e-11)
    phi = adapt(network, theta, task.support_x, task.support_y, inner_lr=0.4, inner_steps=1)
    behind = functional_call(network, phi, (torch.cat([task.support_x, many[29:30]]),))[-1]
    assert_close(together[29], behind, rtol=1e-9, atol=1e-11)


def test_without_batch_statistics_both_are_the_same(model, theta, episodes):
    settings = {"inner_lr": 0.5, "inner_steps": 2}
    one, two = (maml.logits(model, theta, episodes.task(0), transductive=t, **settings) for t in (True, False))
    assert_close(one, two, **EXACT)


def test_the_gradient_through_the_answers_is_of_second_order_unless_told(model, theta, episodes):
    task, settings = episodes.task(0), {"inner_lr": 0.5, "inner_steps": 1}
    for first_order in (False, True):
        answers = maml.logits(model, theta, task, first_order=first_order, **settings)
        expected = maml.task_loss(model, theta, task, first_order=first_order, **settings)
        ours = gradient_of(cross_entropy(answers, task.query_y), theta)
        assert_close(ours, gradient_of(expected, theta), **EXACT)


@ORDERS
def test_predictions_are_the_largest_answers(network, pictures, first_order):
    """They take the settings that training takes."""
    theta = parameters_of(network)
    settings = {"inner_lr": 0.4, "inner_steps": 2, "first_order": first_order}
    predicted = maml.predict(network, theta, pictures, **settings)
    assert predicted.shape == pictures.query_y.shape
    for t in range(5):
        assert torch.equal(predicted[t], maml.logits(network, theta, pictures.task(t), **settings).argmax(dim=1))


@pytest.mark.parametrize("chunk_size", [2, None])
@pytest.mark.parametrize("transductive", [False, True])
def test_predictions_are_the_same_for_tasks_at_once(network, pictures, chunk_size, transductive):
    """An inner Adam, too: each task has a fresh one."""
    theta = parameters_of(network)
    settings = {"inner_lr": 0.01, "inner_steps": 3, "step_rule": InnerAdam, "transductive": transductive}
    loop = maml.predict(network, theta, pictures, **settings)
    assert torch.equal(maml.predict(network, theta, pictures, chunk_size=chunk_size, **settings), loop)
    alone = maml.predict(network, theta, Episode(*(field[3:4] for field in pictures)), **settings)
    assert torch.equal(alone, loop[3:4])


def test_adaptation_learns_the_support_set(network, pictures):
    """Asked for the support pictures themselves, it knows them after some steps."""
    task = pictures._replace(query_x=pictures.support_x, query_y=pictures.support_y)
    predicted = maml.predict(network, parameters_of(network), task, inner_lr=0.4, inner_steps=20)
    assert torch.equal(predicted, pictures.support_y)


# --- what it refuses


@pytest.mark.parametrize("chunk_size", [1, None])
@pytest.mark.parametrize("field", ["support_y", "query_y"])
def test_labels_without_an_output(network, pictures, chunk_size, field):
    wrong = pictures._replace(**{field: getattr(pictures, field) + 1})
    with pytest.raises(ValueError, match=r"5 outputs, so labels are 0 … 4, .* 5 is out of bounds.*number the classes"):
        maml.losses(network, parameters_of(network), wrong, inner_lr=0.4, inner_steps=1, chunk_size=chunk_size)


def test_an_inner_adam_goes_through_tasks_one_by_one(model, theta, episodes):
    settings = {"inner_lr": 0.01, "inner_steps": 1, "step_rule": InnerAdam(), "first_order": True}
    with pytest.raises(ValueError, match=r"InnerAdam carries its state .* give chunk_size=1"):
        maml.losses(model, theta, episodes, **settings)
    assert maml.losses(model, theta, episodes, chunk_size=1, **settings).shape == (5,)


@pytest.mark.parametrize("norm", [nn.BatchNorm1d(5, track_running_stats=False), nn.LayerNorm(5)], ids=repr)
def test_layers_that_torchs_vmap_gets_wrong(episodes, norm):
    model = nn.Sequential(nn.Linear(3, 5), norm, nn.Tanh(), nn.Linear(5, 4)).double()
    theta, settings = parameters_of(model), {"inner_lr": 0.5, "inner_steps": 1}
    with pytest.raises(ValueError, match=r"wrong second derivatives of 1\.weight: give chunk_size=1, first_order=True"):
        maml.losses(model, theta, episodes, **settings)
    for right in ({"chunk_size": 1}, {"first_order": True}, {"only": "3."}):
        assert maml.losses(model, theta, episodes, **settings, **right).shape == (5,)


def test_our_batch_norm_under_vmap_has_the_derivatives_of_finite_differences(episodes):
    torch.manual_seed(0)
    norm = BatchNorm2d(3, track_running_stats=False)
    model = nn.Sequential(
        nn.Unflatten(1, (1, 1, 3)), nn.Conv2d(1, 3, 1), norm, nn.Tanh(), nn.Flatten(), nn.Linear(9, 4)
    )
    model, settings = model.double(), {"inner_lr": 0.5, "inner_steps": 2}
    theta = parameters_of(model)
    differences = finite_differences(lambda t: maml.losses(model, t, episodes, **settings).mean(), theta, h=5e-5)
    ours = gradient_of(maml.losses(model, theta, episodes, **settings).mean(), theta)
    assert (ours - differences).norm() / ours.norm() < 1e-7


# --- what it refuses


@pytest.mark.parametrize("chunk_size", [1, None])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda e: Episode(*(field[:0] for field in e)), "0 tasks: give episodes with a leading task axis"),
        (lambda e: e._replace(query_y=e.query_y * 0 - 100), "query labels run from -100 to -100"),
        (lambda e: e._replace(support_y=e.support_y.float()), "support labels are float32"),
        (
            lambda e: e._replace(support_x=e.support_x.float()),
            "support_x is float32 and the network's weights are float64",
        ),
        (lambda e: e._replace(support_x=e.support_x[:, :0], support_y=e.support_y[:, :0]), "support_x is empty"),
    ],
    ids=["no task", "ignored by cross-entropy", "float labels", "float64", "no support"],
)
def test_episodes_that_do_not_fit(network, pictures, chunk_size, change, message):
    with pytest.raises(ValueError, match=message):
        maml.losses(
            network, parameters_of(network), change(pictures), inner_lr=0.4, inner_steps=1, chunk_size=chunk_size
        )


@pytest.mark.parametrize("loss_fn", [cross_entropy, torch.nn.CrossEntropyLoss(), lambda out, y: cross_entropy(out, y)])
@pytest.mark.parametrize("field", ["support_y", "query_y"])
def test_no_label_is_passed_over(network, pictures, field, loss_fn):
    wrong = getattr(pictures, field).clone()
    wrong[0, 0] = -100
    wrong = pictures._replace(**{field: wrong})
    settings = {"inner_lr": 0.4, "inner_steps": 1, "loss_fn": loss_fn}
    for call in (
        lambda: maml.task_loss(network, parameters_of(network), wrong.task(0), **settings),
        lambda: maml.losses(network, parameters_of(network), wrong, chunk_size=1, **settings),
        lambda: maml.losses(network, parameters_of(network), wrong, **settings),
    ):
        with pytest.raises(ValueError, match=f"{field.removesuffix('_y')} labels (run from|go down to) -100"):
            call()


@pytest.mark.parametrize("chunk_size", [1, None])
def test_prediction_refuses_what_training_does(network, pictures, chunk_size):
    for wrong, message in (
        (Episode(*(field[:0] for field in pictures)), "0 tasks"),
        (pictures._replace(support_y=pictures.support_y - 100), "support labels run from -100"),
        (pictures._replace(query_x=pictures.query_x.float()), "query_x is float32 and"),
        (pictures._replace(query_x=pictures.query_x[:, :0], query_y=pictures.query_y[:, :0]), "query_x is empty"),
    ):
        for function in (maml.losses, maml.predict):
            with pytest.raises(ValueError, match=message):
                function(network, parameters_of(network), wrong, inner_lr=0.4, inner_steps=1, chunk_size=chunk_size)


@pytest.mark.parametrize("chunk_size", [1, None])
def test_answers_that_are_no_numbers_are_no_class(network, pictures, chunk_size):
    theta = {name: value * float("nan") for name, value in parameters_of(network).items()}
    with pytest.raises(ValueError, match="answers are not finite: the network diverged"):
        maml.predict(network, theta, pictures, inner_lr=0.4, inner_steps=1, chunk_size=chunk_size)
