"""The check of `unit_length`: the course's answer, what is said of a wrong one, and typical mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from metalib.course.kit.verdict import Wrong, compare
from metalib.runtime import seeded


def unit_length(z: Tensor) -> Tensor:
    """Each row of z [B, D] divided by its Euclidean length, [B, D]; a row of zeros stays one."""
    return normalize(z, dim=1)


def judge(function: Callable) -> None:
    """Compare the learner's rows with the right ones; raises Wrong with the mistake."""
    compare(
        function,
        [(case,) for case in _cases()],
        reference=unit_length,
        read=_read,
        same=lambda a, b: bool(torch.allclose(a, b, rtol=1e-4, atol=1e-5)),
        mistakes=MISTAKES,
        show=_show,
    )


def _cases() -> list[Tensor]:
    """Features of one picture, of several, of as many as there are numbers, and with a blank one."""
    generator = seeded(0)
    cases = [4 * torch.randn(b, d, generator=generator) for b, d in ((1, 5), (7, 3), (4, 4))]
    blank = cases[1].clone()
    blank[2] = 0
    return [*cases, blank]


def _read(answer: Any, z: Tensor) -> Tensor:
    if not isinstance(answer, Tensor):
        raise Wrong(f"You return a {type(answer).__name__}. Return a tensor of the same shape, {list(z.shape)}.")
    if answer.shape in ((len(z),), (len(z), 1)) and answer.shape != z.shape:
        raise Wrong("You return the lengths. Divide by them: the features themselves, [B, D], are wanted.")
    if answer.shape != z.shape:
        raise Wrong(f"From features {list(z.shape)} you make {list(answer.shape)}. The shape stays.")
    if answer.is_complex():
        raise Wrong("You return complex numbers. Features are real.")
    answer = answer.detach().cpu().float()
    blank = (z == 0).all(dim=1)
    if not answer[~blank].isfinite().all():
        raise Wrong("A feature of a picture that is not blank is not a number. Print the lengths: [B], all above 0.")
    if not answer.isfinite().all():
        raise Wrong(
            "One picture is blank here, its feature all zeros, and you divide by its length, 0. Leave such a row as "
            "it is: divide by the length `.clamp(min=1e-12)`."
        )
    return answer


def _show(case: tuple[Tensor], answer: Tensor, right: Tensor) -> str:
    (z,) = case
    lengths = answer.norm(dim=1)
    said = f"Your {len(z)} rows have the lengths [{', '.join(f'{x:.5f}' for x in lengths.tolist())}]. "
    if bool(((lengths > 0.8) & (lengths < 1 - 1e-6)).all()):
        return said + "All are a little short: add nothing to the length, `.clamp(min=1e-12)` it."
    return said + "Divide each row by its own length, and all are 1."


# --- typical mistakes: (message, a function that makes it)


def _once(z: Tensor) -> Tensor:
    """One length for all rows."""
    return z / z.norm()


MISTAKES: tuple[tuple[str, Callable[[Tensor], Tensor]], ...] = (
    ("You return the features as they came.", lambda z: z),
    (
        "Your length runs over the pictures, `dim=0`. Each picture's feature is a row, and its length is over `dim=1`.",
        lambda z: normalize(z, dim=0),
    ),
    ("You divide by one length for all pictures together. Each row has a length of its own: `dim=1`.", _once),
    (
        "You divide by the squared length. The length is the square root of the sum of squares.",
        lambda z: z / z.square().sum(dim=1, keepdim=True).clamp(min=1e-12),
    ),
    (
        "You divide by the sum of the absolute values. The length is the root of the sum of squares.",
        lambda z: normalize(z, p=1, dim=1),
    ),
    (
        "You divide by the largest number of a row. The length is the root of the sum of squares.",
        lambda z: normalize(z, p=torch.inf, dim=1),
    ),
    (
        "You subtract each row's mean first. Divide only.",
        lambda z: normalize(z - z.mean(dim=1, keepdim=True), dim=1),
    ),
    (
        "You subtract the mean of all pictures first. Then each picture's feature depends on the others. Divide only.",
        lambda z: normalize(z - z.mean(dim=0), dim=1),
    ),
    ("You multiply by the length. Divide by it.", lambda z: z * z.norm(dim=1, keepdim=True)),
    ("You take a softmax, whose rows *sum* to 1. Wanted is the length 1.", lambda z: z.softmax(dim=1)),
)
