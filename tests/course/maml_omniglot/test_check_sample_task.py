"""The check of a sampler without a label leak, against right samplers and those that leak in another way."""

import pytest
import torch
from answers import accept, expect

from metalib.course.maml_omniglot.checks import check_sample_task


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
    accept(check_sample_task(lambda *a: sampler(*a, choose=choose)))


def labels_anew(y, generator):
    return torch.randperm(int(y.max()) + 1, generator=generator)[y]


def shuffled_rows(images, n_way, k_shot, n_query, generator):
    support_x, support_y, query_x, query_y = sampler(images, n_way, k_shot, n_query, generator, choose=by_mask)
    order = torch.randperm(len(support_y), generator=generator)
    return support_x[order], support_y[order], query_x, query_y


WRONG_SAMPLERS = {
    "labels follow the class numbers": lambda *a: sampler(*a, choose=by_mask),
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
    expect(check_sample_task(WRONG_SAMPLERS[words]), words)


def test_shuffling_the_rows_does_not_mend_the_labels():
    expect(check_sample_task(shuffled_rows), "labels follow the class numbers")


def reordered(order):
    """Classes drawn by the mask, and put into an order that `order` makes of them."""
    return lambda *a: sampler(*a, choose=lambda n, k, generator: order(by_mask(n, k, generator), generator))


def one_swap(classes, generator):
    i, j = torch.randperm(len(classes), generator=generator)[:2]
    return classes.scatter(0, torch.stack([i, j]), classes[torch.stack([j, i])])


def in_half_the_tasks(classes, generator):
    turn = torch.randperm(len(classes), generator=generator)
    return classes[turn] if torch.rand(1, generator=generator) < 0.5 else classes


def half_of_the_classes(classes, generator):
    half = len(classes) // 2 + 1
    return torch.cat([classes[:half][torch.randperm(half, generator=generator)], classes[half:]])


def by_remainder(images, n_way, *rest):
    def choose(n, k, generator):
        groups = torch.randperm(n // k, generator=generator)[0]
        return groups * k + torch.arange(k)

    return sampler(images, n_way, *rest, choose=choose)


LEAKS = {
    "descending": reordered(lambda classes, generator: classes.sort(descending=True).values),
    "turned round": reordered(lambda classes, generator: classes.flip(0)),
    "one order for all": reordered(
        lambda classes, generator: classes[(torch.arange(len(classes)) * 2 + 1) % len(classes)]
    ),
    "remainder": by_remainder,
    "one swap": reordered(one_swap),
    "half of the tasks": reordered(in_half_the_tasks),
    "half of the classes": reordered(half_of_the_classes),
    "a set": lambda *a: sampler(*a, choose=lambda n, k, g: torch.tensor(list(set(drawn(n, k, g).tolist())))),
    "rotated": reordered(lambda classes, g: classes.roll(int(torch.randint(len(classes), (1,), generator=g)))),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_every_other_leak_of_labels_is_seen(leak):
    verdict = check_sample_task(LEAKS[leak])
    assert verdict.passed is False, verdict
    assert "label" in verdict.message


@pytest.mark.parametrize("side", [0, 2])
def test_pictures_are_as_the_leaky_sampler_gives_them(side):
    def scaled(*arguments):
        task = list(sampler(*arguments, choose=drawn))
        task[side] = task[side] * 255
        return tuple(task)

    assert check_sample_task(scaled).passed is False
