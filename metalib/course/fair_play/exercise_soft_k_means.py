"""What the check of `soft_k_means` looks at: four tasks of unequal classes, by no step, by one and by several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from metalib.course.kit.verdict import Wrong, compare
from metalib.runtime import seeded

Case = tuple[Tensor, Tensor, Tensor, int]


def soft_k_means(support: Tensor, support_y: Tensor, query: Tensor, steps: int) -> Tensor:
    """Prototypes refined by unlabelled queries (Ren et al., 2018, eqs. 3 and 4, all steps), [N, D].

    support  [S, D], support_y  [S] in 0 … N−1      query  [Q, D]
    steps    each gives every query to the classes in shares, the softmax of minus its squared distances
    """
    return _refined(support, support_y, query, steps)


def _refined(
    support: Tensor,
    support_y: Tensor,
    query: Tensor,
    steps: int,
    *,
    shares: Callable[[Tensor], Tensor] = lambda distance: (-distance).softmax(dim=1),
    squared: bool = True,
    support_weight: float = 1.0,
    mean: Callable[..., Tensor] | None = None,
) -> Tensor:
    """The right answer, and with other parts the wrong ones. `shares`: squared distances [Q, N] -> [Q, N]."""
    of_class = one_hot(support_y, int(support_y.max()) + 1).to(support)  # [S, N]
    first = c = of_class.T @ support / of_class.sum(dim=0)[:, None]
    for _ in range(steps):
        distance = (query[:, None] - c).square().sum(dim=2)  # [Q, N]
        w = shares(distance if squared else distance.sqrt())
        if mean is not None:
            c = mean(first, c, w, query)
            continue
        weight = support_weight * of_class
        c = (weight.T @ support + w.T @ query) / (weight.sum(dim=0) + w.sum(dim=0))[:, None]
    return c


def judge(function: Callable) -> None:
    """Compare the learner's prototypes with the right ones; raises Wrong with the mistake."""
    try:
        compare(
            function,
            [_case(seed, steps) for seed, steps in enumerate((0, 1, 3, 2))],
            reference=soft_k_means,
            read=_read,
            same=lambda a, b: bool(torch.allclose(a, b, rtol=1e-4, atol=1e-5)),
            mistakes=MISTAKES,
            show=_show,
        )
    except Wrong as wrong:
        lines = str(wrong).splitlines()
        if "UnboundLocalError" in lines[0]:
            raise Wrong("\n".join([*lines[:-1], SET_IN_THE_LOOP])) from None
        raise


SET_IN_THE_LOOP = (
    "Is that name set in the loop only? The first case asks for no step, and with 0 steps the loop never runs. Set the "
    "prototypes before it, and return them."
)


LABELS = ((1, 0, 1, 2, 2, 2), (2, 0, 1), (1, 3, 0, 2, 0, 1), (1, 0, 0, 0))


def _case(seed: int, steps: int) -> Case:
    """Support points in the order of LABELS, and queries between the classes, of one class more than of the others."""
    generator, labels = seeded(seed), torch.tensor(LABELS[seed])
    n_way = int(labels.max()) + 1
    centres = 1.3 * torch.randn(n_way, 4, generator=generator)
    truth = torch.cat([torch.arange(n_way), torch.zeros(4, dtype=torch.long)])
    support, query = (centres[y] + 0.6 * torch.randn(len(y), 4, generator=generator) for y in (labels, truth))
    return support, labels, query, steps


def _read(answer: Any, support: Tensor, support_y: Tensor, query: Tensor, steps: int) -> Tensor:
    n_way, d = int(support_y.max()) + 1, support.shape[1]
    if not isinstance(answer, Tensor):
        raise Wrong(f"You return a {type(answer).__name__}. Return the prototypes, a tensor [N, D].")
    if answer.shape == (len(query), n_way):
        raise Wrong("You return the queries' shares, [Q, N]. Return the prototypes that they make, [N, D].")
    if answer.shape != (n_way, d):
        raise Wrong(f"You return a tensor of shape {list(answer.shape)}. {n_way} prototypes here are {[n_way, d]}.")
    return answer.double().float()


def _show(case: Case, answer: Tensor, right: Tensor) -> str:
    steps = case[3]
    if not answer.isfinite().all():
        return "A prototype is not a number. Does some class have no support point in your code? Labels are 0 … N − 1."
    if steps == 0:
        return (
            "With no step the prototypes are the means of the support points, and yours are not. Does your code take "
            "the rows of a class by their labels? Or does your loop take a step too many?"
        )
    off = (answer - right).abs().max()
    return (
        f"After {steps} step{'s' if steps > 1 else ''} on {len(case[2])} queries your prototypes are off by up to "
        f"{off:.3g}. In each step: the shares are the softmax over classes of minus the squared distance; a prototype "
        "is the mean of its support points, with weight 1 each, and of all queries, with their shares."
    )


# --- typical mistakes: (message, a function that makes it)


def _mistake(**parts: Any) -> Callable[..., Tensor]:
    return lambda *case: _refined(*case, **parts)


def _hard(distance: Tensor) -> Tensor:
    return one_hot(distance.argmin(dim=1), distance.shape[1]).to(distance)


def _forgets_the_first(s: Tensor, s_y: Tensor, q: Tensor, steps: int) -> Tensor:
    """Each step counts the last prototypes in place of the support points."""
    counts = s_y.bincount().to(s)[:, None]
    return _refined(
        s, s_y, q, steps, mean=lambda first, c, w, q: (counts * c + w.T @ q) / (counts + w.sum(dim=0)[:, None])
    )


def _all_at_the_first(s: Tensor, s_y: Tensor, q: Tensor, steps: int) -> Tensor:
    """The shares are always those of the first prototypes."""
    return _refined(s, s_y, q, min(steps, 1))


def _unweighted_support(s: Tensor, s_y: Tensor, q: Tensor, steps: int) -> Tensor:
    """The mean of a class's support points counts as one point."""
    return _refined(s, s_y, q, steps, mean=lambda first, c, w, q: (first + w.T @ q) / (1 + w.sum(dim=0)[:, None]))


def _divided_by_one_more(s: Tensor, s_y: Tensor, q: Tensor, steps: int) -> Tensor:
    """All support points above the fraction bar, one of them below."""
    counts = s_y.bincount().to(s)[:, None]
    return _refined(
        s, s_y, q, steps, mean=lambda first, c, w, q: (counts * first + w.T @ q) / (1 + w.sum(dim=0)[:, None])
    )


def _last_as_one_point(s: Tensor, s_y: Tensor, q: Tensor, steps: int) -> Tensor:
    return _refined(s, s_y, q, steps, mean=lambda first, c, w, q: (c + w.T @ q) / (1 + w.sum(dim=0)[:, None]))


def _of_queries(w: Tensor, q: Tensor) -> Tensor:
    """The mean of the queries by their shares, [N, D]."""
    return w.T @ q / w.sum(dim=0)[:, None]


def _support_shared_out(s: Tensor, s_y: Tensor, q: Tensor, steps: int) -> Tensor:
    """Soft k-means of all points, from the right start."""
    return _refined(s, s_y, torch.cat([s, q]), steps, support_weight=0.0)


def _divided_by_all(s: Tensor, s_y: Tensor, q: Tensor, steps: int) -> Tensor:
    counts = s_y.bincount().to(s)[:, None]
    return _refined(s, s_y, q, steps, mean=lambda first, c, w, q: (counts * first + w.T @ q) / (counts + len(q)))


def _not_divided(s: Tensor, s_y: Tensor, q: Tensor, steps: int) -> Tensor:
    counts = s_y.bincount().to(s)[:, None]
    return _refined(s, s_y, q, steps, mean=lambda first, c, w, q: counts * first + w.T @ q)


TWO_MEANS = (
    "You take the mean of two means, that of prototype and queries. In one mean over all points a support point weighs "
    "1 and a query its share, however many there are of each."
)
MISTAKES: tuple[tuple[str, Callable[..., Tensor]], ...] = (
    (
        "The minus is missing: the farthest prototype gets the largest share. Take the softmax of minus the squared "
        "distance.",
        _mistake(shares=lambda d: d.softmax(dim=1)),
    ),
    (
        "You normalise over the queries. The shares of one query sum to 1 over the classes: `dim=1`.",
        _mistake(shares=lambda d: (-d).softmax(dim=0)),
    ),
    (
        "Your shares are all or nothing: each query goes to its nearest prototype. That is k-means. The soft form "
        "takes the softmax of minus the squared distances.",
        _mistake(shares=_hard),
    ),
    (
        "You take plain distances. The logits of a prototypical network are minus the *squared* ones.",
        _mistake(squared=False),
    ),
    (
        "Your distance is the mean of the squared differences over the coordinates. It is their sum, not their mean.",
        lambda s, s_y, q, steps: _refined(s, s_y, q, steps, shares=lambda d: (-d / s.shape[1]).softmax(dim=1)),
    ),
    (
        "Your squared distances are halved, or divided by √D. The logit is minus the squared distance, not half of it.",
        _mistake(shares=lambda d: (-d / 2).softmax(dim=1)),
    ),
    (
        "You share out the support points too. Their labels are known: each belongs to its class with weight 1, and "
        "only queries have shares.",
        _support_shared_out,
    ),
    (
        "Your new prototypes are means of the queries alone. The support points stay, with weight 1 each: only they "
        "are known.",
        _mistake(support_weight=0.0),
    ),
    (
        "Each step counts the prototypes of the step before as if they were the support points, so these fade. Start "
        "each mean from the support points themselves.",
        _forgets_the_first,
    ),
    (
        "The shares are those of the first prototypes in every step. Take the distances to the latest ones.",
        _all_at_the_first,
    ),
    (
        "The support points of a class count as one point, their mean. Each of them has the weight 1.",
        _unweighted_support,
    ),
    (
        "Each step starts from the last prototypes, as one point each. Start each mean from the support points "
        "themselves, with weight 1 each.",
        _last_as_one_point,
    ),
    (
        "You divide by 1 and the shares, though all support points of the class are in the sum. Divide by their number "
        "and `w.sum(dim=0)`.",
        _divided_by_one_more,
    ),
    (TWO_MEANS, _mistake(mean=lambda first, c, w, q: (first + _of_queries(w, q)) / 2)),
    (TWO_MEANS, _mistake(mean=lambda first, c, w, q: (c + _of_queries(w, q)) / 2)),
    (
        "You divide by the number of all queries. A class has only its shares of them: divide by the sum of the "
        "weights, `w.sum(dim=0)` and the number of its support points.",
        _divided_by_all,
    ),
    ("You return weighted sums. Divide each by the sum of its weights, to have a mean.", _not_divided),
    (
        "You return the means of the support points after any number of steps: the queries change nothing.",
        lambda s, s_y, q, steps: _refined(s, s_y, q, 0),
    ),
    (
        "Your loop takes a step too many: it runs `steps` times, and with 0 steps the queries change nothing.",
        lambda s, s_y, q, steps: _refined(s, s_y, q, steps + 1),
    ),
    ("You take one step, however many `steps` asks for.", lambda s, s_y, q, steps: _refined(s, s_y, q, 1)),
)
