"""What each notebook begins with: a seed, a device, a data set, and one line that says which."""

from __future__ import annotations

from typing import NamedTuple

import torch

from metalib import runtime
from metalib.banks import Splits, load_bank, split
from metalib.episodes import ClassBank


class Start(NamedTuple):
    """Where a notebook computes, and with what: the device, the whole bank, and its three parts on the device."""

    device: torch.device
    bank: ClassBank
    splits: Splits


def start(seed: int = 0, *, device: str | None = None) -> Start:
    """Seed torch, choose the device and load the bank; both are printed. Raises ValueError for an unknown device.

    device  "cpu" where networks are too small for a GPU; by default the fastest there is
    """
    torch.manual_seed(seed)
    chosen = runtime.pick_device(device)
    bank = load_bank()
    print(f"device: {runtime.describe(chosen)}; torch {torch.__version__}; data: {bank.source}")
    return Start(chosen, bank, split(bank.to(chosen)))
