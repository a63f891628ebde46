"""How alike two representations of the same pictures are: debiased CKA, and a random change to compare with.

CKA (Kornblith et al., 2019) compares the two tables of inner products between pictures. Its plain estimate is pulled
towards 1 where there are more features than pictures, as in every layer of a conv4. The debiased one (Nguyen et al.,
2021) uses Song et al.'s (2012) unbiased estimate instead.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.func import functional_call

from metalib.adapt import Params
from metalib.models import Conv4

_FEWEST = 4  # the estimate divides by n − 3


def unbiased_hsic(k: Tensor, l: Tensor) -> Tensor:  # noqa: E741 (K and L are the names in the papers)
    """How much two tables of inner products [n, n] have in common, a number: eq. 5 of Song et al. (2012).

    The diagonals, a picture with itself, are left out. Raises ValueError for fewer than 4 pictures.
    """
    n = len(k)
    if n < _FEWEST:
        raise ValueError(f"{n} pictures: the unbiased estimate needs at least {_FEWEST}")
    k, l = (table - torch.diag(table.diagonal()) for table in (k, l))  # noqa: E741
    together = (k * l).sum() + k.sum() * l.sum() / ((n - 1) * (n - 2)) - 2 / (n - 2) * (k.sum(0) @ l.sum(0))
    return together / (n * (n - 3))


def debiased_cka(x: Tensor, y: Tensor) -> float:
    """Similarity of two representations of the same n pictures: 1 for equal ones, around 0 for unrelated ones.

    x  [n, F]      y  [n, G]
    Turning or scaling all features leaves it as it is. Raises ValueError for unequal numbers of pictures.
    """
    if len(x) != len(y):
        raise ValueError(f"{len(x)} pictures here and {len(y)} there: give two representations of the same ones")
    x, y = x.double(), y.double()
    k, l = x @ x.T, y @ y.T  # noqa: E741
    return (unbiased_hsic(k, l) / (unbiased_hsic(k, k) * unbiased_hsic(l, l)).sqrt()).item()


def layer_outputs(model: Conv4, params: Params, x: Tensor) -> dict[str, Tensor]:
    """[B, F] for each block of a conv4, and for its head where it has one, with the parameters `params`."""

    def own(prefix: str) -> Params:
        return {name.removeprefix(prefix): value for name, value in params.items() if name.startswith(prefix)}

    outputs = {}
    for number, block in enumerate(model.blocks):
        x = functional_call(block, own(f"blocks.{number}."), (x,))
        outputs[f"block {number + 1}"] = x.flatten(1)
    if model.head is not None:
        outputs["head"] = functional_call(model.head, own("head."), (x.flatten(1),))
    return outputs


def random_change(theta: Params, phi: Params, *, generator: torch.Generator) -> Params:
    """θ, each tensor moved as far as φ is from it, in a random direction."""
    moved = {}
    for name, start in theta.items():
        noise = torch.randn(start.shape, generator=generator, dtype=start.dtype).to(start.device)
        moved[name] = start + noise * ((phi[name] - start).norm() / noise.norm())
    return moved
