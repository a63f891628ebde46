"""Which class and which drawing a picture is: a bank's pictures found again by their pixels."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Located:
    """Where pictures lie in a bank; every field is [T, R].

    found    whether the bank has the picture
    classes  its class number, −1 where the bank lacks it or has it in several classes
    ids      a number that is the same for equal pictures, −1 where the bank lacks it or has it several times
    """

    found: Tensor
    classes: Tensor
    ids: Tensor


class PictureIndex:
    """The pictures of a bank, sorted by a hash of their pixels.

    images  [C, D, 1, H, W] uint8
    """

    def __init__(self, images: Tensor) -> None:
        self.n_drawings = images.shape[1]
        self.pictures = images.flatten(0, 1).flatten(1).cpu()  # [C·D, P]
        self.keys, self.order = _hash(self.pictures).sort(stable=True)

    def locate(self, pictures: Tensor) -> Located:
        """Look up pictures [T, R, 1, H, W], either uint8 or float in 0 … 1 (uint8 / 255)."""
        pixels, exact = _as_bytes(pictures.detach().cpu().flatten(2).flatten(0, 1))  # [T·R, P], [T·R]
        keys = _hash(pixels)
        first, end = torch.searchsorted(self.keys, keys), torch.searchsorted(self.keys, keys, right=True)
        at = self.order[first.clamp(max=len(self.order) - 1)]
        found = exact & (end > first) & (self.pictures[at] == pixels).all(dim=1)
        classes = at // self.n_drawings
        one_class = classes == self.order[end.sub(1).clamp(min=0)] // self.n_drawings
        fields = found, classes.where(found & one_class, -1), at.where(found & (end - first == 1), -1)
        return Located(*(field.view(pictures.shape[:2]) for field in fields))


def _hash(pixels: Tensor) -> Tensor:
    """[B, P] uint8 to [B] int64: a random linear form over words of four bytes, modulo 2⁶⁴. Equal pictures agree."""
    words = torch.nn.functional.pad(pixels, (0, -pixels.shape[1] % 4)).contiguous().view(torch.int32)  # [B, P / 4]
    weights = torch.randint(-(1 << 62), 1 << 62, (words.shape[1],), generator=torch.Generator().manual_seed(0))
    # in parts, as eight bytes a word would be twice the size of the whole bank
    return torch.cat([(part.long() * weights).sum(dim=1) for part in words.split(8192)])


def _as_bytes(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """[B, P] as uint8, and [B] bool: whether each picture was a whole number of 255ths, so that nothing was lost."""
    if pictures.dtype == torch.uint8:
        return pictures, torch.ones(len(pictures), dtype=torch.bool)
    scaled = pictures.float() * 255
    rounded = scaled.round()
    exact = ((scaled - rounded).abs() < 1e-3) & (rounded >= 0) & (rounded <= 255)
    return rounded.nan_to_num(0).clamp(0, 255).to(torch.uint8), exact.all(dim=1)
