"""What the check of `when_to_stop` looks at: curves whose best place is known, and the wrong ways to choose one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from metalib.runtime import seeded


def when_to_stop(steps: Sequence[int], validation: Tensor, support: Tensor, query: Tensor) -> int:
    """The number of steps with the best mean accuracy on the validation tasks; of equals, the fewest."""
    return steps[int(validation.mean(dim=0).argmax())]


def _own(steps: Sequence[int], values: Tensor) -> Tensor:
    """The best number of steps of each task by itself, [V]."""
    return torch.tensor(steps, dtype=torch.float64)[values.argmax(dim=1)]


def _last_best(values: Tensor) -> int:
    best = (values == values.max()).nonzero().flatten()
    return int(best[-1])


def _tie_broken_by(other: Callable[..., Tensor]) -> Callable[..., int]:
    """Of the numbers that are equally good on the validation tasks, the one that `other`, [M], likes best."""

    def choose(s: Sequence[int], v: Tensor, p: Tensor, q: Tensor) -> int:
        mean, second = v.mean(dim=0), other(v, p, q)
        return s[max(range(len(s)), key=lambda place: (float(mean[place]), float(second[place]), -place))]

    return choose


BEST_OF_EACH = (
    "You find the best number of steps of each task, and then their mean, their middle or the most frequent one. A "
    "single task has few queries, and its best place says little. Average the accuracies over tasks first, and find "
    "the best place of that mean."
)
_OWN_BESTS: tuple[Callable[..., float], ...] = (
    lambda s, v, p, q: float(_own(s, v).mean()),
    lambda s, v, p, q: int(_own(s, v).mean()),
    lambda s, v, p, q: round(float(_own(s, v).mean())),
    lambda s, v, p, q: float(_own(s, v).median()),
    lambda s, v, p, q: float(_own(s, v).quantile(0.5)),
    lambda s, v, p, q: float(_own(s, v).mode().values),
    lambda s, v, p, q: s[int(v.argmax(dim=1).double().mean())],
    lambda s, v, p, q: s[round(float(v.argmax(dim=1).double().mean()))],
    lambda s, v, p, q: s[int(v.argmax(dim=1).median())],
)
STOP_MISTAKES: tuple[tuple[str, Callable[..., float]], ...] = (
    (
        "You look at the query labels of the new tasks: that is the best number of steps in hindsight. When they are "
        "to be labelled, nobody has them. Decide by the validation tasks.",
        lambda s, v, p, q: s[int(q.mean(dim=0).argmax())],
    ),
    (
        "You look at the accuracy on the support set. It is perfect after a few steps, and stays so while the query "
        "accuracy changes. Decide by the validation tasks.",
        lambda s, v, p, q: s[int(p.mean(dim=0).argmax())],
    ),
    (
        "You let the validation tasks and the queries of the new tasks decide together. The labels of those queries "
        "are what is asked for.",
        lambda s, v, p, q: s[int(torch.cat([v, q]).mean(dim=0).argmax())],
    ),
    (
        "You return the place in the list. Return the number of steps that stands there: `steps[place]`.",
        lambda s, v, p, q: int(v.mean(dim=0).argmax()),
    ),
    (
        "Two numbers of steps are equally good on the validation tasks, and you let the query labels of the new tasks "
        "decide between them. Nobody has these labels. Take the fewest steps.",
        _tie_broken_by(lambda v, p, q: q.mean(dim=0)),
    ),
    (
        "Two numbers of steps are equally good on the validation tasks, and you let the support accuracy decide. It "
        "only grows with the steps. Take the fewest.",
        _tie_broken_by(lambda v, p, q: p.mean(dim=0)),
    ),
    (
        "Two numbers of steps are equally good, and you take the larger. Take the fewest steps: they cost less.",
        lambda s, v, p, q: s[_last_best(v.mean(dim=0))],
    ),
    (
        "You take the best single accuracy of all tasks. One lucky task says little: take the mean over tasks first.",
        lambda s, v, p, q: s[int(v.max(dim=0).values.argmax())],
    ),
    (
        "You look at the first validation task only. Take the mean over all of them: `validation.mean(dim=0)`.",
        lambda s, v, p, q: s[int(v[0].argmax())],
    ),
    *((BEST_OF_EACH, by_own_best) for by_own_best in _OWN_BESTS),
    (
        "You take the most steps there are. More steps fit the support set, and it fits already.",
        lambda s, v, p, q: s[-1],
    ),
    (
        "You return the first of `steps` each time. Is your mean over all numbers? It leaves one, whose place is 0. "
        "Take the mean over tasks, `dim=0`: it leaves M.",
        lambda s, v, p, q: s[int(v.mean().argmax())],
    ),
    (
        "You take the worst number of steps. Accuracy should be high: `argmax`.",
        lambda s, v, p, q: s[int(v.mean(dim=0).argmin())],
    ),
)


Case = tuple[list[int], Tensor, Tensor, Tensor]


def cases() -> list[Case]:
    """What the learner's function is tried on."""
    return [*(_curves(best, seed) for seed, best in enumerate((2, 3, 1))), _few_against_many()]


def _few_against_many() -> Case:
    """Most validation tasks are a little better after 1 step than after 5, and a few are far worse."""
    steps, _, support, query = _curves(2, 0)
    validation = torch.full((8, 6), 0.5).double()
    validation[:, 1], validation[:, 3] = 0.75, 0.6875
    validation[2::3, 1], validation[2::3, 3] = 0.25, 1.0
    validation[:, 2] = 0.25  # so that the worst number is not the first
    return steps, validation, support, query


def _curves(best: int, seed: int) -> Case:
    """Curves of 8 validation and 4 new tasks, made so that each mistake ends at another number of steps.

    On validation, `best` and the place after it are equally good, and `good` is nearly as good. The new tasks' queries
    are best two places after `best`; together with the validation tasks, they are best at `good`.
    """
    steps, good = [0, 1, 2, 5, 10, 20], 1 if best > 1 else 5
    means = torch.full((6,), 0.5)
    means[0], means[good], means[best], means[best + 1] = 0.25, 0.6875, 0.75, 0.75
    wobble = torch.randint(-1, 2, (4, 6), generator=seeded(seed)) / 16
    wobble[:, [best, best + 1, good]] = 0
    wobble[0, best], wobble[0, 3 if best == 2 else 5] = (
        -0.0625,
        0.25 if best == 2 else 0.3125,
    )  # what the first task says
    validation = torch.cat([means + wobble, means - wobble]).double()  # the wobbles cancel: the means are exact
    validation[1, 4], validation[5, 4] = 1.0, 0.0  # the best single task
    late = [0.95, 0.95, 1.0] if best > 1 else [1.0, 1.0, 1.0]
    support = torch.tensor([0.2, 0.8, 0.9, *late]).double().repeat(4, 1)
    query = torch.full((4, 6), 0.4).double()
    query[:, 0], query[:, good], query[:, (best + 2) % 6] = 0.2, 0.7, 0.8
    if best == 2:  # what the new tasks say of the two that are equally good: the queries prefer the second …
        query[:, best + 1] += 0.05
        support[:, best] = support[:, best + 1]
    elif best == 1:  # … and here the support set does
        query[:, best] += 0.05
    return steps, validation, support, query
