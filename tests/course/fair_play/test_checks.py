"""The checks of notebook 07, against right answers and typical wrong ones."""

import copy

import pytest
import torch
from answers import accept, expect
from torch import nn
from torch.nn.functional import batch_norm, one_hot

from metalib import protonet
from metalib.course.fair_play import cases_leak_in, checks
from metalib.course.fair_play.checks import check_leak_in, check_soft_k_means, check_with_statistics_of
from metalib.course.fair_play.exercise_leak_in import leak_in
from metalib.course.fair_play.exercise_soft_k_means import soft_k_means
from metalib.course.fair_play.exercise_with_statistics_of import with_statistics_of

# --- batch norm by others' statistics


def by_formula(layers, reference, x):
    for layer in layers:
        if not isinstance(layer, nn.BatchNorm2d):
            reference, x = layer(reference), layer(x)
            continue
        var, mean = torch.var_mean(reference, dim=(0, 2, 3), correction=0, keepdim=True)  # [1, C, 1, 1]
        weight, bias = layer.weight.view(1, -1, 1, 1), layer.bias.view(1, -1, 1, 1)
        reference, x = ((z - mean) / torch.sqrt(var + layer.eps) * weight + bias for z in (reference, x))
    return x


def as_one_batch(layers, reference, x):
    """Both as rows of one tensor: the statistics are those of its first rows."""
    n, z = len(reference), torch.cat([reference, x])
    for layer in layers:
        if isinstance(layer, nn.BatchNorm2d):
            first = z[:n].transpose(0, 1).flatten(1)
            z = batch_norm(z, first.mean(1), first.var(1, correction=0), layer.weight, layer.bias, eps=layer.eps)
        else:
            z = layer(z)
    return z[n:]


def through_a_copy(layers, reference, x):
    """The running statistics of a copy are set to the reference's."""
    for layer in copy.deepcopy(list(layers)):
        if isinstance(layer, nn.BatchNorm2d):
            layer.running_mean = reference.mean(dim=(0, 2, 3))
            layer.running_var = reference.var(dim=(0, 2, 3), correction=0)
        reference, x = layer(reference), layer(x)
    return x


def picture_by_picture(layers, reference, x):
    return torch.cat([with_statistics_of(layers, reference, one[None]) for one in x])


@pytest.mark.parametrize("answer", [by_formula, as_one_batch, through_a_copy, picture_by_picture])
def test_right_batch_norms_pass(answer):
    accept(check_with_statistics_of(answer))


def with_layer(norm):
    """The answer that passes a batch norm by `norm(layer, reference, x)`."""

    def answer(layers, reference, x):
        for layer in layers:
            if isinstance(layer, nn.BatchNorm2d):
                reference, x = norm(layer, reference, x)
            else:
                reference, x = layer(reference), layer(x)
        return x

    return answer


def own(layer, z):
    return batch_norm(z, None, None, layer.weight, layer.bias, training=True, eps=layer.eps)


def by(layer, z, r, correction=0):
    var, mean = torch.var_mean(r, dim=(0, 2, 3), correction=correction)
    return batch_norm(z, mean, var, layer.weight, layer.bias, eps=layer.eps)


def in_training_mode(layers, reference, x):
    network = nn.Sequential(*layers).train()
    network(reference)
    return network.eval()(x)


def x_alone(norm):
    """The answer that takes x through the layers, and the reference through none."""

    def answer(layers, reference, x):
        for layer in layers:
            x = norm(layer, reference, x) if isinstance(layer, nn.BatchNorm2d) else layer(x)
        return x

    return answer


def by_exact_type(layers, reference, x):
    for layer in layers:
        if type(layer) is nn.BatchNorm2d:
            reference, x = by(layer, reference, reference), by(layer, x, reference)
        else:
            reference, x = layer(reference), layer(x)
    return x


def stats(r):
    return r.mean(dim=(0, 2, 3)), r.var(dim=(0, 2, 3), correction=0)


WRONG_BATCH_NORMS = {
    "its own mean and variance": with_layer(lambda layer, r, x: (own(layer, r), own(layer, x))),
    "of `reference` and `x` together": lambda layers, r, x: with_layer(
        lambda layer, r, x: (own(layer, r), own(layer, x))
    )(layers, torch.cat([r, x]), torch.cat([r, x]))[len(r) :],
    "they take their running statistics": with_layer(lambda layer, r, x: (layer(r), layer(x))),
    "the next layer sees another": with_layer(lambda layer, r, x: (layer(r), by(layer, x, r))),
    "and `reference` is not": with_layer(lambda layer, r, x: (r, by(layer, x, r))),
    "*after* it was normalised": with_layer(lambda layer, r, x: (own(layer, r), by(layer, x, own(layer, r)))),
    "Missing here: `layer.weight` and `layer.bias`.": with_layer(
        lambda layer, r, x: tuple(batch_norm(z, *stats(r), eps=layer.eps) for z in (r, x))
    ),
    "divides by the count minus 1": with_layer(lambda layer, r, x: (by(layer, r, r, 1), by(layer, x, r, 1))),
    "Missing here: `layer.eps`": with_layer(
        lambda layer, r, x: tuple(batch_norm(z, *stats(r), layer.weight, layer.bias) for z in (r, x))
    ),
    "one for each place": with_layer(
        lambda layer, r, x: tuple(
            (z - r.mean(0)) / (r.var(0, correction=0) + layer.eps).sqrt() * layer.weight[:, None, None]
            + layer.bias[:, None, None]
            for z in (r, x)
        )
    ),
    "Your function changes the network": in_training_mode,
    "it is a subclass; use `isinstance`": by_exact_type,
    "wants the variance, not its root": with_layer(
        lambda layer, r, x: tuple(
            batch_norm(z, stats(r)[0], stats(r)[1].sqrt(), layer.weight, layer.bias, eps=layer.eps) for z in (r, x)
        )
    ),
    "wants the variance, not its root. ": with_layer(
        lambda layer, r, x: tuple(
            batch_norm(z, r.mean((0, 2, 3)), r.std((0, 2, 3)), layer.weight, layer.bias, eps=layer.eps) for z in (r, x)
        )
    ),
    "Missing here: `layer.weight`, `layer.bias` and `layer.eps`": with_layer(
        lambda layer, r, x: tuple(batch_norm(z, *stats(r)) for z in (r, x))
    ),
    "Missing here: `layer.bias`.": with_layer(
        lambda layer, r, x: tuple(batch_norm(z, *stats(r), layer.weight, eps=layer.eps) for z in (r, x))
    ),
    "Your reference is still a picture of one channel: take it through the layers too": x_alone(
        lambda layer, r, x: batch_norm(x, *stats(r), layer.weight, layer.bias, eps=layer.eps)
    ),
    "Your reference is still a picture of one channel": x_alone(
        lambda layer, r, x: (
            (x - r.mean((0, 2, 3))[:, None, None])
            / (r.var((0, 2, 3), correction=0)[:, None, None] + layer.eps).sqrt()
            * layer.weight[:, None, None]
            + layer.bias[:, None, None]
        )
    ),
    "over all channels": with_layer(
        lambda layer, r, x: tuple(
            batch_norm(z, r.mean(), r.var(correction=0), layer.weight, layer.bias, eps=layer.eps) for z in (r, x)
        )
    ),
    # what comes back
    "You return what the layers make of `reference`": lambda layers, r, x: with_statistics_of(layers, r, r),
    "You return a tuple of 2": lambda layers, r, x: (r, with_statistics_of(layers, r, x)),
    "You return a tensor of shape": lambda layers, r, x: with_statistics_of(layers, r, x)[:, :2],
    "your outputs are off": lambda layers, r, x: 1.01 * with_statistics_of(layers, r, x),
}


@pytest.mark.parametrize("words", WRONG_BATCH_NORMS)
def test_wrong_batch_norms_are_named(words):
    expect(check_with_statistics_of(WRONG_BATCH_NORMS[words]), words)


# --- soft k-means


def by_rows(support, support_y, query, steps):
    c = torch.stack([support[support_y == k].mean(dim=0) for k in range(int(support_y.max()) + 1)])
    for _ in range(steps):
        w = (-(torch.cdist(query, c) ** 2)).softmax(dim=1)
        new = []
        for k in range(len(c)):
            mine = support[support_y == k]
            new.append((mine.sum(dim=0) + (w[:, k, None] * query).sum(dim=0)) / (len(mine) + w[:, k].sum()))
        c = torch.stack(new)
    return c


def by_all_points(support, support_y, query, steps):
    """Support points and queries in one table of weights."""
    points, known = torch.cat([support, query]), one_hot(support_y).double()
    weights = torch.cat([known, torch.zeros(len(query), known.shape[1]).double()])
    for step in range(steps + 1):
        c = (weights.T @ points.double()) / weights.sum(dim=0)[:, None]
        if step < steps:
            weights = torch.cat([known, (2 * query.double() @ c.T - c.square().sum(dim=1)).softmax(dim=1)])
    return c


def by_metalib(support, support_y, query, steps):
    n_way = int(support_y.max()) + 1
    first = protonet.prototypes(support, support_y, n_way)
    return protonet.soft_k_means(first, support, support_y, query, steps=steps) if steps else first


@pytest.mark.parametrize("answer", [by_rows, by_all_points, by_metalib])
def test_right_soft_k_means_pass(answer):
    accept(check_soft_k_means(answer))


def refining(step):
    """The answer whose every step is step(means of the support, latest prototypes, support, one-hot labels, query)."""

    def answer(support, support_y, query, steps):
        y = one_hot(support_y).to(support)
        first = c = y.T @ support / y.sum(dim=0)[:, None]
        for _ in range(steps):
            c = step(first, c, support, y, query)
        return c

    return answer


def mean(w, s, y, q):
    return (y.T @ s + w.T @ q) / (y.sum(dim=0) + w.sum(dim=0))[:, None]


def d2(q, c):
    return torch.cdist(q, c) ** 2


def returns_its_shares(support, support_y, query, steps):
    y = one_hot(support_y).float()
    c = y.T @ support / y.sum(dim=0)[:, None]
    for _ in range(steps):
        w = (-d2(query, c)).softmax(dim=1)
        c = mean(w, support, y, query)
    return w


WRONG_SOFT_K_MEANS = {
    "The minus is missing": refining(lambda f, c, s, y, q: mean(d2(q, c).softmax(1), s, y, q)),
    "You normalise over the queries": refining(lambda f, c, s, y, q: mean((-d2(q, c)).softmax(0), s, y, q)),
    "all or nothing": refining(lambda f, c, s, y, q: mean(one_hot(d2(q, c).argmin(1), len(c)).to(q), s, y, q)),
    "You take plain distances": refining(lambda f, c, s, y, q: mean((-torch.cdist(q, c)).softmax(1), s, y, q)),
    "means of the queries alone": refining(
        lambda f, c, s, y, q: (w := (-d2(q, c)).softmax(1)).T @ q / w.sum(dim=0)[:, None]
    ),
    "so these fade": refining(
        lambda f, c, s, y, q: (
            ((n := y.sum(dim=0)[:, None]) * c + (w := (-d2(q, c)).softmax(1)).T @ q) / (n + w.sum(dim=0)[:, None])
        )
    ),
    "the first prototypes in every step": refining(lambda f, c, s, y, q: mean((-d2(q, f)).softmax(1), s, y, q)),
    "count as one point": refining(
        lambda f, c, s, y, q: (f + (w := (-d2(q, c)).softmax(1)).T @ q) / (1 + w.sum(dim=0)[:, None])
    ),
    "You divide by the number of all queries": refining(
        lambda f, c, s, y, q: (y.T @ s + (-d2(q, c)).softmax(1).T @ q) / (y.sum(dim=0) + len(q))[:, None]
    ),
    "You return weighted sums": refining(lambda f, c, s, y, q: y.T @ s + (-d2(q, c)).softmax(1).T @ q),
    "the queries change nothing": lambda s, s_y, q, steps: soft_k_means(s, s_y, q, 0),
    "You take one step": lambda s, s_y, q, steps: soft_k_means(s, s_y, q, 1),
    "divide by 1 and the shares": refining(
        lambda f, c, s, y, q: (y.T @ s + (w := (-d2(q, c)).softmax(1)).T @ q) / (1 + w.sum(dim=0)[:, None])
    ),
    "last prototypes, as one point each": refining(
        lambda f, c, s, y, q: (c + (w := (-d2(q, c)).softmax(1)).T @ q) / (1 + w.sum(dim=0)[:, None])
    ),
    "not their mean": refining(
        lambda f, c, s, y, q: mean((-(q[:, None] - c).square().mean(dim=2)).softmax(1), s, y, q)
    ),
    "not half of it": refining(lambda f, c, s, y, q: mean((-0.5 * d2(q, c)).softmax(1), s, y, q)),
    "the mean of two means": refining(
        lambda f, c, s, y, q: (f + (w := (-d2(q, c)).softmax(1)).T @ q / w.sum(dim=0)[:, None]) / 2
    ),
    "mean of two means": refining(
        lambda f, c, s, y, q: (c + (w := (-d2(q, c)).softmax(1)).T @ q / w.sum(dim=0)[:, None]) / 2
    ),
    "You share out the support points too": refining(
        lambda f, c, s, y, q: (w := (-d2(p := torch.cat([s, q]), c)).softmax(1)).T @ p / w.sum(dim=0)[:, None]
    ),
    "with 0 steps the loop never runs": returns_its_shares,
    "Your loop takes a step too many": lambda s, s_y, q, steps: soft_k_means(s, s_y, q, steps + 1),
    # what no mistake explains; what comes back
    "Or does your loop take a step too many?": lambda s, s_y, q, steps: soft_k_means(s, s_y, q, steps + 2),
    "off by up to": refining(lambda f, c, s, y, q: mean((-0.9 * d2(q, c)).softmax(1), s, y, q)),
    "You return the queries' shares": lambda s, s_y, q, steps: (-d2(q, soft_k_means(s, s_y, q, steps))).softmax(1),
    "3 prototypes here": lambda s, s_y, q, steps: soft_k_means(s, s_y, q, steps)[:, :2],
    "is not a number": lambda s, s_y, q, steps: soft_k_means(s, s_y, q, steps) * float("nan"),
}


@pytest.mark.parametrize("words", WRONG_SOFT_K_MEANS)
def test_wrong_soft_k_means_are_named(words):
    expect(check_soft_k_means(WRONG_SOFT_K_MEANS[words]), words)


# --- the detector


def with_loops(support, query, trained):
    """Number by number, without a tensor's methods."""
    n_tasks, n_way = support.labels.shape
    if any(int(c) in trained.classes for c in query.classes.flatten()):
        return "class"
    if any(int(a) in trained.alphabets for a in query.alphabets.flatten()):
        return "alphabet"
    for t in range(n_tasks):
        for c, d in zip(query.classes[t], query.drawings[t], strict=True):
            if ((support.classes[t] == c) & (support.drawings[t] == d)).any():
                return "picture"
    orders = []
    for t in range(n_tasks):
        of_label = {int(y): int(c) for y, c in zip(support.labels[t], support.classes[t], strict=True)}
        orders.append([of_label[y] for y in range(n_way)])
    if all(order == sorted(order) for order in orders):
        return "order"
    return "place" if len({tuple(row.tolist()) for row in query.labels}) == 1 else "none"


def with_tensors(support, query, trained):
    def known(values, numbers):
        return torch.isin(values, torch.tensor(sorted(numbers))).any()

    same = (support.classes[:, :, None] == query.classes[:, None]) & (
        support.drawings[:, :, None] == query.drawings[:, None]
    )
    ranks = support.classes.argsort(dim=1).argsort(dim=1)
    found = {
        "class": known(query.classes, trained.classes),
        "alphabet": known(query.alphabets, trained.alphabets),
        "picture": same.any(),
        "order": (ranks == support.labels).all(),
        "place": query.labels.unique(dim=0).shape[0] == 1,
    }
    return next((leak for leak, there in found.items() if there), "none")


@pytest.mark.parametrize("answer", [with_loops, with_tensors])
def test_right_detectors_pass(answer):
    accept(check_leak_in(answer))


def pairs(rows):
    return set(zip(rows.classes.flatten().tolist(), rows.drawings.flatten().tolist(), strict=True))


def asking(**tests):
    """The right detector with other tests(support, query, trained) for some of the leaks."""
    right = {
        "class": lambda s, q, t: set(q.classes.flatten().tolist()) & t.classes,
        "alphabet": lambda s, q, t: set(q.alphabets.flatten().tolist()) & t.alphabets,
        "picture": lambda s, q, t: any(of_task(s, i) & of_task(q, i) for i in range(len(q.labels))),
        "order": lambda s, q, t: (by_label(s).diff(dim=1) > 0).all(),
        "place": lambda s, q, t: (q.labels == q.labels[0]).all(),
    }
    return lambda s, q, t: next((leak for leak, test in (right | tests).items() if test(s, q, t)), "none")


def of_task(rows, i):
    return set(zip(rows.classes[i].tolist(), rows.drawings[i].tolist(), strict=True))


def by_label(support):
    return support.classes.gather(1, support.labels.argsort(dim=1))


def row_by_row(s, q, t):
    for i in range(len(q.labels)):
        ours, theirs = (zip(rows.classes[i].tolist(), rows.drawings[i].tolist(), strict=True) for rows in (s, q))
        if any(a == b for a, b in zip(ours, theirs, strict=False)):
            return True
    return False


def known_of(name, part):
    """Whether some part(classes or alphabets of the queries) was trained on."""
    return lambda s, q, t: set(part(getattr(q, name)).flatten().tolist()) & getattr(t, name)


def some_of(part):
    return {"class": known_of("classes", part), "alphabet": known_of("alphabets", part)}


def tensors_in_sets(s, q, t):
    if set(q.classes.flatten()) & t.classes:
        return "class"
    return "alphabet" if set(q.alphabets.flatten()) & t.alphabets else asking(**NEVER_TRAINED)(s, q, t)


def never(s, q, t):
    return False


NEVER_TRAINED = {"class": never, "alphabet": never}


def before(leak, test):
    """The right detector, which first says `leak` where test(support, query, trained)."""
    return lambda s, q, trained: leak if test(s, q, trained) else leak_in(s, q, trained)


WRONG_DETECTORS = {
    "Ask for the class first": before("alphabet", lambda s, q, t: set(q.alphabets.flatten().tolist()) & t.alphabets),
    "one of that task's support pictures": before("picture", lambda s, q, t: set(pairs(s)) & set(pairs(q))),
    "without a leak your function says order": before("order", lambda s, q, t: True),
    "without a leak your function says place": lambda s, q, t: w if (w := leak_in(s, q, t)) != "none" else "place",
    "Your function never says place": lambda s, q, t: w if (w := leak_in(s, q, t)) != "place" else "none",
    "Your function never says picture": lambda s, q, t: w if (w := leak_in(s, q, t)) != "picture" else "none",
    "compare two sets": asking(picture=row_by_row),
    "You look at the first task only. By chance one in 120 rises": asking(
        order=lambda s, q, t: (by_label(s)[0].diff() > 0).all()
    ),
    "You look at the first tasks only": asking(order=lambda s, q, t: (by_label(s)[:5].diff(dim=1) > 0).all()),
    "You look at the first tasks": asking(order=lambda s, q, t: (by_label(s)[:2].diff(dim=1) > 0).all()),
    "where *most* tasks": asking(order=lambda s, q, t: (by_label(s).diff(dim=1) > 0).all(dim=1).float().mean() > 0.5),
    "from label 0 on, the class numbers rise": asking(order=lambda s, q, t: (by_label(s)[:, 1:].diff(dim=1) > 0).all()),
    "You look at the first labels only": asking(order=lambda s, q, t: (by_label(s)[:, :3].diff(dim=1) > 0).all()),
    "You look at the first labels": asking(order=lambda s, q, t: (by_label(s)[:, :2].diff(dim=1) > 0).all()),
    "first label with the last": asking(order=lambda s, q, t: (by_label(s)[:, 0] < by_label(s)[:, -1]).all()),
    "Yours falls from label to label": asking(order=lambda s, q, t: (by_label(s).diff(dim=1) < 0).all()),
    "Your function never says order": asking(order=never),
    "You compare alphabets": asking(
        order=lambda s, q, t: (s.alphabets.gather(1, s.labels.argsort(dim=1)).diff(dim=1) >= 0).all()
    ),
    "where the classes *fall* in every task": asking(
        order=lambda s, q, t: (by_label(s).diff(dim=1) > 0).all() or (by_label(s).diff(dim=1) < 0).all()
    ),
    "You compare two tasks. Compare all rows with the first": asking(
        place=lambda s, q, t: (q.labels[0] == q.labels[1]).all()
    ),
    "You compare two tasks": asking(place=lambda s, q, t: (q.labels[0] == q.labels[-1]).all()),
    "You compare the first tasks only": asking(place=lambda s, q, t: (q.labels[:5] == q.labels[0]).all()),
    "You compare some queries only": asking(place=lambda s, q, t: (q.labels[:, :2] == q.labels[0, :2]).all()),
    "You compare some queries": asking(place=lambda s, q, t: (q.labels[:, -1] == q.labels[0, -1]).all()),
    "You look at some pictures only. Go through all: `.flatten()`": asking(**some_of(lambda v: v[0])),
    "You look at some pictures only. Go through all": asking(**some_of(lambda v: v[:, 0])),
    "You look at some pictures only.": asking(**some_of(lambda v: v[0, 0])),
    "You look at some pictures only": asking(**{"class": known_of("classes", lambda v: v[0])}),
    "You look at some pictures": asking(alphabet=known_of("alphabets", lambda v: v[:, 0])),
    "You ask whether *all* classes": asking(
        **{"class": lambda s, q, t: set(q.classes.flatten().tolist()) <= t.classes}
    ),
    "Tensors in a set are never equal to numbers: `.tolist()`": tensors_in_sets,
    "Tensors in a set are never equal to numbers": asking(**NEVER_TRAINED, picture=never),
    "You return 'nothing'": lambda s, q, t: "nothing",
    "You return a bool": lambda s, q, t: True,
    "Your function returns None": lambda s, q, t: leak_in(s, q, t) if (q.labels[0] >= 9).any() else None,
}


@pytest.mark.parametrize("words", WRONG_DETECTORS)
def test_wrong_detectors_are_named(words):
    expect(check_leak_in(WRONG_DETECTORS[words]), words)


def test_each_case_has_its_leak_and_no_earlier_one():
    assert [leak_in(*case) for case in cases_leak_in.cases()] == [kind.leak for kind in cases_leak_in.KINDS]


def test_the_one_repeated_picture_stands_in_another_row():
    kinds = zip(cases_leak_in.KINDS, cases_leak_in.cases(), strict=True)
    ((support, query, _),) = (case for kind, case in kinds if (kind.leak, kind.n_leaky) == ("picture", 1))
    (where,) = [
        (i, j)
        for ours, theirs in zip(ordered_pairs(support), ordered_pairs(query), strict=True)
        for i, a in enumerate(ours)
        for j, b in enumerate(theirs)
        if a == b
    ]
    row, of_query = where
    assert row not in {of_query, of_query % 5, of_query // 3}


def test_two_tasks_agree_neither_in_the_first_query_nor_in_the_last():
    (two,) = (
        query.labels
        for kind, (_, query, _) in zip(cases_leak_in.KINDS, cases_leak_in.cases(), strict=True)
        if (kind.leak, kind.n_tasks) == ("none", 2)
    )
    assert (two[0] != two[1])[[0, -1]].all()


@pytest.mark.parametrize(("leak", "name"), [("class", "classes"), ("alphabet", "alphabets")])
def test_the_first_rows_and_the_first_task_tell_nothing_of_a_single_known_class(leak, name):
    kinds = zip(cases_leak_in.KINDS, cases_leak_in.cases(), strict=True)
    found = {
        kind.n_leaky: torch.isin(getattr(query, name), torch.tensor(sorted(getattr(trained, name))))
        for kind, (_, query, trained) in kinds
        if kind.leak == leak
    }
    assert found[1].any() and not found[1][0].any() and not found[1][:, 0].any()
    assert (
        found[39][0, 0] and found[39][-1].any() and not found[39].all()
    )  # who asks for all of them says something else
    assert found[40].all()


def ordered_pairs(rows):
    """For each task the (class, drawing) of each row."""
    return torch.stack([rows.classes, rows.drawings], dim=2).tolist()


# --- the learner's functions at work


@pytest.mark.parametrize(
    ("name", "answer"),
    [("with_statistics_of", by_formula), ("soft_k_means", by_rows), ("leak_in", with_loops)],
)
def test_a_right_answer_is_the_one_that_runs(name, answer, capsys):
    answer.__name__ = name
    assert checks.mine(answer) is answer
    assert f"The cells below run your {name}" in capsys.readouterr().out
