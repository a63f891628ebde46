"""The check of `leave_one_of_each_out`: the course's answer, what is said of a wrong one, and typical mistakes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from metalib.course.draw_your_own.exercise_embed_and_classify import embed_and_classify
from metalib.course.kit.verdict import Wrong, compare
from metalib.runtime import seeded

Classify = Callable[[Tensor, list[str], Tensor], list[str]]
Case = tuple["Asked", Tensor, list[str]]
Rows = list[int]
SEED = 430  # by which each of the mistakes shows in every case: tested


def leave_one_of_each_out(classify: Classify, z: Tensor, labels: Sequence[str]) -> Tensor:
    """The share of right answers in each round, [R] float64: the course's answer.

    classify  support [S', D], its names, queries [Q, D] -> their names
    z         [S, D], features of all pictures      labels  their names, in any order
    R is the size of the smallest class: in round r the r-th picture of each class is asked, by all the others.
    """
    return _rounds(classify, z, labels, _one_of_each(labels))


def _one_of_each(labels: Sequence[str]) -> list[Rows]:
    """The rows that each round leaves out."""
    of_class = _rows_of(labels)
    return [[rows[r] for rows in of_class] for r in range(min(map(len, of_class)))]


def _rows_of(labels: Sequence[str]) -> list[Rows]:
    return [[i for i, label in enumerate(labels) if label == name] for name in sorted(set(labels))]


def _rounds(classify: Classify, z: Tensor, labels: Sequence[str], asked: list[Rows]) -> Tensor:
    """[R]: in each round the rows `asked` of it, by all the others."""
    shares = [_share(classify, z, labels, [i for i in range(len(z)) if i not in a], a) for a in asked]
    return torch.tensor(shares, dtype=torch.float64)


def _share(classify: Classify, z: Tensor, labels: Sequence[str], kept: Rows, asked: Rows) -> float:
    answers = classify(z[kept], [labels[i] for i in kept], z[asked])
    return sum(answer == labels[i] for answer, i in zip(answers, asked, strict=True)) / len(asked)


class Asked:
    """Nearest class mean, which sees when a picture that is asked stands in its own support.

    Raises ValueError, with what to do, for what is no table of features with a name each.
    """

    def __init__(self) -> None:
        self.supports: list[int] = []  # how many rows each call's has
        self.handed: list[int] = []  # the same, of the learner's calls alone
        self.leaked: tuple[int, int] | None = None  # the first call with one, and how many were in it

    def __call__(self, support: Tensor, labels: Sequence[str], query: Tensor) -> list[str]:
        """The names of the queries' nearest class means."""
        self.supports.append(len(support))
        for what, table in (("support", support), ("query", query)):
            if not isinstance(table, Tensor) or table.dim() != 2:
                form = list(table.shape) if isinstance(table, Tensor) else type(table).__name__
                raise ValueError(f"{what} is {form}: hand over rows of z, a table [n, D], as in z[[0, 3]]")
        if len(labels) != len(support) or not len(support):
            raise ValueError(f"{len(labels)} names for {len(support)} support pictures: choose the same rows of both")
        same = int((torch.cdist(query, support) < 1e-9).any(dim=1).sum())
        if same and self.leaked is None:
            self.leaked = len(self.supports), same
        return embed_and_classify(lambda rows: rows, support, labels, query).names


def judge(function: Callable) -> None:
    """Run the learner's rounds and look at what they ask; raises Wrong with the mistake."""
    try:
        compare(
            function,
            [_case(seed, counts) for seed, counts in enumerate(((3, 3, 3), (2, 5, 3, 4), (6, 4, 4)))],
            reference=leave_one_of_each_out,
            read=_read,
            same=lambda a, b: bool(torch.allclose(a, b.double(), atol=1e-5)),
            mistakes=MISTAKES,
            show=_show,
        )
    except Wrong as wrong:
        if isinstance(wrong.__cause__, IndexError) and "list index" in str(wrong.__cause__):
            raise Wrong(f"{str(wrong).rpartition(chr(10))[0]}\n{GIVES_OUT}") from wrong.__cause__
        raise


def _case(seed: int, counts: tuple[int, ...]) -> Case:
    """So many pictures of each class, in no order, of which about half are told."""
    generator = seeded(SEED + seed)
    y = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    y = y[torch.randperm(len(y), generator=generator)]
    z = 0.5 * torch.randn(len(counts), 8, generator=generator, dtype=torch.float64)[y]
    z = z + torch.randn(len(y), 8, generator=generator, dtype=torch.float64)
    return Asked(), z, [("kite", "drum", "ant", "leaf")[k] for k in y.tolist()]


def _read(answer: Any, classify: Asked, z: Tensor, labels: list[str]) -> Tensor:
    classify.handed = list(classify.supports)
    if classify.leaked is not None:
        call, same = classify.leaked
        few = "a picture that is asked stands" if same == 1 else f"{same} pictures that are asked stand"
        raise Wrong(
            f"It leaks: in call {call} of `classify` {few} in the support, too. Hand over z and names of the *other* "
            "rows: what is asked must not have a part in the class means."
        )
    n_rounds = min(map(labels.count, set(labels)))
    try:
        shares = torch.as_tensor(answer).detach().cpu()
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise Wrong(
            f"You return a {type(answer).__name__}. Return the share of right answers in each round, {n_rounds} "
            "numbers here."
        ) from None
    if shares.shape == ():
        raise Wrong("You return one number. Return the share of each round: an interval needs them apart.")
    if shares.shape == (len(z),):
        raise Wrong(
            f"You return {len(z)} numbers, one a picture. Leave out one picture of *each class* at a time: "
            f"{n_rounds} rounds here, and a share for each."
        )
    if shares.shape != (n_rounds,) or shares.is_complex():
        sizes = sorted(map(labels.count, set(labels)))
        raise Wrong(
            f"You return the shape {list(shares.shape)}. The classes have {sizes} pictures, so the smallest gives out "
            f"after {n_rounds} rounds: return {n_rounds} shares."
        )
    return shares.double()


def _show(case: Case, answer: Tensor, right: Tensor) -> str:
    labels = case[2]
    r = int((~torch.isclose(answer, right, atol=1e-5)).nonzero()[0])
    rows = _one_of_each(labels)[r]
    kept = len(labels) - len(rows)
    others = " or ".join(map(str, sorted({n for n in case[0].handed if n != kept})))
    said = f"; yours handed over {others} rows: *all* others belong in it" if others else ""
    return (
        f"With labels {labels} round {r} asks rows {sorted(rows)}, and {kept} rows are the support{said}. "
        f"The share of right answers is {right[r]:.3g}, and yours is {answer[r]:.3g}."
    )


# --- typical mistakes: (message, a function that makes it)


def _asking(rounds: Callable[[Sequence[str]], list[Rows]]) -> Callable[..., Tensor]:
    """The mistake that leaves out other rows."""
    return lambda classify, z, labels: _rounds(classify, z, labels, rounds(labels))


def _one_alone(classify: Classify, z: Tensor, labels: Sequence[str]) -> Tensor:
    """Each picture of a round is asked with only itself left out."""
    return torch.stack([_rounds(classify, z, labels, [[row] for row in rows]).mean() for rows in _one_of_each(labels)])


def _swapped(classify: Classify, z: Tensor, labels: Sequence[str]) -> Tensor:
    asked = _one_of_each(labels)
    return torch.tensor([_share(classify, z, labels, a, [i for i in range(len(z)) if i not in a]) for a in asked])


def _never_back(classify: Classify, z: Tensor, labels: Sequence[str]) -> Tensor:
    """What was asked once never returns to the support; with nothing left, nothing is right."""
    shares, gone = [], set()
    for asked in _one_of_each(labels):
        gone |= set(asked)
        kept = [i for i in range(len(z)) if i not in gone]
        shares.append(_share(classify, z, labels, kept, asked) if kept else 0.0)
    return torch.tensor(shares)


def _by_alphabet(classify: Classify, z: Tensor, labels: Sequence[str]) -> Tensor:
    """Answers in the order of rows are compared with names in the order of the alphabet."""
    shares = []
    for asked in _one_of_each(labels):
        kept = [i for i in range(len(z)) if i not in asked]
        answers = classify(z[kept], [labels[i] for i in kept], z[sorted(asked)])
        right = [a == b for a, b in zip(answers, sorted(set(labels)), strict=True)]
        shares.append(sum(right) / len(right))
    return torch.tensor(shares)


def _of_right(change: Callable[[Tensor, int], Tensor]) -> Callable[..., Tensor]:
    """The mistake that makes something else of the right shares and the number of classes."""
    return lambda classify, z, labels: change(leave_one_of_each_out(classify, z, labels), len(set(labels)))


def _from_the_end(labels: Sequence[str]) -> list[Rows]:
    of_class = _rows_of(labels)
    return [[rows[-1 - r] for rows in of_class] for r in range(min(map(len, of_class)))]


def _in_a_row(labels: Sequence[str]) -> list[Rows]:
    """N rows after each other, as if there stood one of each class."""
    n = len(set(labels))
    return [list(range(r * n, r * n + n)) for r in range(len(_one_of_each(labels)))]


GIVES_OUT = (
    "Perhaps a class has fewer than r + 1 pictures: the rounds end where the smallest class gives out, after "
    "`min(len(rows) for rows in of_class)`."
)
ALONE = (
    "You leave out one picture at a time. Its class is then the one with a picture less, and its mean the worst: the "
    "answer is pushed to the others. Leave out one of *each* class, all in one round."
)
MISTAKES: tuple[tuple[str, Callable[..., Tensor]], ...] = (
    (ALONE, _one_alone),
    (
        "You learn from the pictures that are left out and ask the others. Ask those left out.",
        _swapped,
    ),
    (
        "A picture that was asked once never comes back into the support. In each round all others are in it.",
        _never_back,
    ),
    (
        "You compare answers in the order of the rows with names in another order. Ask for `labels[i]` of the rows i "
        "that you handed over.",
        _by_alphabet,
    ),
    ("You return the share of *wrong* answers.", _of_right(lambda shares, n: 1 - shares)),
    ("You return counts. Divide by the number of classes.", _of_right(lambda shares, n: shares * n)),
    ("You return percent. Return shares, 0 … 1.", _of_right(lambda shares, n: 100 * shares)),
    (
        "You return the mean of all rounds in each place. Return each round's own share.",
        _of_right(lambda shares, n: shares.mean().expand_as(shares)),
    ),
    (
        "All your rounds leave out the first picture of each class. Round r leaves out the r-th.",
        _of_right(lambda shares, n: shares[:1].expand_as(shares)),
    ),
    ("You count a class's pictures from the last. Round 0 leaves out the first of each class.", _asking(_from_the_end)),
    (
        "You take rows in turn, as if each run of N rows had one of each class. The labels come in any order: find "
        "each class's rows by its name.",
        _asking(_in_a_row),
    ),
)
