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

    images  [C, D, channels, H, W] uint8
    sizes   [C]: how many of its D drawings each class has, where the rest is padding; None for all
    """

    def __init__(self, images: Tensor, sizes: Tensor | None = None) -> None:
        n_classes, self.n_drawings = images.shape[:2]
        self.pictures = images.flatten(0, 1).flatten(1).cpu()  # [C·D, P]
        sizes = torch.full((n_classes,), self.n_drawings) if sizes is None else sizes
        there = (torch.arange(self.n_drawings) < sizes[:, None]).flatten().nonzero().flatten()
        self.keys, order = _hash(self.pictures)[there].sort(stable=True)
        self.order = there[order]

    @property
    def distinct(self) -> Tensor:
        """[C·D] bool: which pictures the bank holds once."""
        equal = self.keys.diff() == 0
        pad = torch.nn.functional.pad
        several = pad(equal, (1, 0)) | pad(equal, (0, 1))
        return torch.zeros(len(self.pictures), dtype=torch.bool).scatter(0, self.order, ~several)

    @property
    def unshared(self) -> Tensor:
        """[C] bool: which classes have no picture that another class has too."""
        classes = self.order // self.n_drawings
        shared = (self.keys.diff() == 0) & (classes.diff() != 0)
        unshared = torch.ones(len(self.pictures) // self.n_drawings, dtype=torch.bool)
        unshared[classes[:-1][shared]] = unshared[classes[1:][shared]] = False
        return unshared

    def locate(self, pictures: Tensor) -> Located:
        """Look up pictures [T, R, channels, H, W], either uint8 or float in 0 … 1 (uint8 / 255)."""
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
    parts = []
    for part in pictures.split(256):  # so few stay in the processor's cache
        scaled = part.float() * 255
        whole = scaled.round().clamp_(0, 255).to(torch.uint8)
        parts.append((whole, ((scaled - whole).abs_() < 1e-3).all(dim=1)))  # False too for NaN and beyond 0 … 255
    whole_pictures, exact = zip(*parts, strict=True)
    return torch.cat(whole_pictures), torch.cat(exact)
