"""How much arithmetic a piece of work is, and how much this machine does in a second at best."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.utils.flop_counter import FlopCounterMode

SIDE = 2048  # of the square matrices: large enough for full speed, small enough for a fraction of a second on one core


def count(work: Callable[[], object]) -> int:
    """The floating-point operations of `work`: those of its convolutions and matrix products, each product and sum one.

    Batch norm, ReLU and the optimiser are left out: they move memory and hardly calculate.
    """
    with FlopCounterMode(display=False) as counter:
        work()
    return counter.get_total_flops()


def matrix_product(dtype: torch.dtype, device: torch.device, side: int = SIDE) -> Callable[[], object]:
    """The product of two square matrices, 2 · side³ operations: what a processor is best at."""
    generator = torch.Generator().manual_seed(0)
    a, b = (torch.randn(side, side, generator=generator).to(device, dtype) for _ in range(2))
    return lambda: a @ b


def product_operations(side: int = SIDE) -> int:
    """The operations of `matrix_product`: for each of side² entries, `side` products and as many sums."""
    return 2 * side**3
