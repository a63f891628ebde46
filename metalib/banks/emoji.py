"""A bank in colour: one emoji is a class, and its drawings are those of five vendors, each in a style of its own.

Pictures are 32×32 in colour on white paper, unlike Omniglot's bright ink on dark. Drawing d of a class is that of
vendor `VENDORS[d]`; the last one, Mozilla, has not drawn all of them, so a class has 4 drawings or 5. Sources,
licences and what was changed: `data/emoji/LICENSES`. The pictures are not under the course's licence. Which characters
are classes, and how they are divided: `emoji_choice`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import conv2d, interpolate, pad

from metalib import places
from metalib.banks import committed
from metalib.banks.emoji_choice import VENDORS, part
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, gather

SOURCE = "emoji"
FOLDER = "emoji"  # in a data folder
LIST = "classes.txt"
SIDE, COLUMNS = 32, 32  # of a picture, in pixels; of a sheet, in pictures
# SHA-256 of each file: the list, and a sheet a vendor
DIGESTS = {
    "classes.txt": "8703019669b8b6931b320db5a046a62edc08e1cf7278fcefd4a80f7702650038",
    "noto.png": "2b484b64dacd81405052b0cd46633f99c390a390e6ef448f597049e9c0f35a58",
    "fluent-emoji-flat.png": "e8beaa7539e47d38e064fb84ea943757a3331a53bc3315426270a455b5a3ad3b",
    "twemoji.png": "7fdbd0c4e4f27f0829dedb3ad439f0c97267c7b0037af2bad187d8a771a19f71",
    "emojione.png": "ac0aa1490eec96f171cb53283f9183ee18595184fae45bea691e4f01de3ce951",
    "fxemoji.png": "8923f48a807055622f477ffe90eac3a61eecb67cd98babbf0941e0809cd8cb22",
}
# Unicode's groups of things; the others are of faces, people and signs. An ImageNet network has seen dogs and rockets.
OBJECTS = ("animals-nature", "food-drink", "travel-places", "activities", "objects")


class Emoji(NamedTuple):
    """A class of the bank: part, Unicode's group and subgroup, code points, name, and how many vendors drew it."""

    part: str
    group: str
    subgroup: str
    code: str
    name: str
    drawings: int


def load() -> ClassBank:
    """The whole bank, from the first data folder that has it; a checkout has it in `data/emoji/`.

    images [1029, 5, 3, 32, 32]; groups are "group/subgroup", as Unicode has them. A damaged folder is passed over with
    a warning while another one is at hand. Raises FileNotFoundError where there is none, BadFile, naming the file,
    where none is as metalib was made with.
    """
    there = [folder / FOLDER for folder in places.data_folders() if os.path.isfile(folder / FOLDER / LIST)]
    missing = f"{FOLDER}/{LIST} (the bank of emoji)"
    return committed.first_right(there, read, kind="folder", missing=missing, home=f"data/{FOLDER}")


def read(folder: Path) -> ClassBank:
    """The bank in `folder`. No file is decoded before its digest is right. Raises BadFile, naming the file."""
    listed = parse(_checked(folder / LIST).decode())
    sheets = [_pictures(_checked(folder / f"{vendor}.png"), len(listed)) for vendor in VENDORS]
    return ClassBank(
        torch.from_numpy(np.stack(sheets, axis=1)).movedim(-1, 2).contiguous(),
        tuple(f"{_characters(emoji.code)} {emoji.name}" for emoji in listed),
        tuple(f"{emoji.group}/{emoji.subgroup}" for emoji in listed),
        SOURCE,
        torch.tensor([emoji.drawings for emoji in listed]),
    )


def parse(text: str) -> tuple[Emoji, ...]:
    """The classes in the text of a list: the fields of `Emoji` a line, between tabs."""
    rows = [line.split("\t") for line in text.splitlines() if line and not line.startswith("#")]
    return tuple(Emoji(part, group, sub, code, name, int(n)) for part, group, sub, code, name, n in rows)


def _checked(path: Path) -> bytes:
    return committed.checked(path, DIGESTS[path.name])


def _pictures(png: bytes, n_classes: int) -> np.ndarray:
    """[C, 32, 32, 3] uint8: the pictures of a sheet, row by row."""
    with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
        sheet = np.asarray(image.convert("RGB"))
    tiles = sheet.reshape(-1, SIDE, COLUMNS, SIDE, 3).swapaxes(1, 2)
    return tiles.reshape(-1, SIDE, SIDE, 3)[:n_classes]


def _characters(code: str) -> str:
    return "".join(chr(int(point, 16)) for point in code.split("-"))


# --- splits: by Unicode's subgroups, so that none is in two parts


def training(bank: ClassBank) -> ClassBank:
    """The emoji to learn from: 48 subgroups, 564 characters."""
    return _part(bank, "training")


def validation(bank: ClassBank) -> ClassBank:
    """The emoji on which recipes and stopping times are chosen: 19 subgroups, 171 characters."""
    return _part(bank, "validation")


def evaluation(bank: ClassBank) -> ClassBank:
    """The emoji to be tested on: 26 subgroups, 294 characters."""
    return _part(bank, "evaluation")


def _part(bank: ClassBank, word: str) -> ClassBank:
    if bank.source != SOURCE:
        raise ValueError(
            f"the split divides the whole bank of emoji, and this bank is {bank.source} ({bank.n_classes:,} classes): "
            "hand over what emoji.load() gives"
        )
    groups = dict.fromkeys(bank.groups)
    return bank.select_groups([group for group in groups if part(group.partition("/")[2]) == word], f"{SOURCE}, {word}")


# --- without colour


def grey(pictures: Tensor) -> Tensor:
    """[..., 3, H, W] in 0 … 1 to [..., 1, H, W]: how bright they are to the eye (ITU-R BT.601)."""
    weights = torch.tensor([0.299, 0.587, 0.114], device=pictures.device)
    return (pictures * weights.view(3, 1, 1)).sum(dim=-3, keepdim=True)


def small(pictures: Tensor) -> Tensor:
    """[..., 3, 32, 32] in 0 … 1 to [..., 1, 28, 28]: grey, of Omniglot's size; dark on white as before."""
    return _shrunk(grey(pictures).flatten(0, -4)).view(*pictures.shape[:-3], 1, 28, 28)


def outlines(pictures: Tensor) -> Tensor:
    """[..., 3, 32, 32] in 0 … 1 to [..., 1, 28, 28]: bright lines on dark paper, as Omniglot's are.

    A line is where brightness changes: the length of its gradient by Sobel's filters, the strongest of a picture 1.
    Chosen on the validation emoji for the prototypical network that had learned handwriting (400 tasks of exam D's
    form): 72.1 ± 2.0 %, against 63.9 ± 2.2 with ink for what is dark and 55.0 ± 2.1 with `small`.
    """
    flat = grey(pictures).flatten(0, -4)  # [B, 1, 32, 32]
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]], device=flat.device)
    slopes = conv2d(pad(flat, (1, 1, 1, 1), value=1.0), torch.stack([sobel, sobel.T]).unsqueeze(1))  # [B, 2, 32, 32]
    lines = _shrunk(slopes.norm(dim=1, keepdim=True))
    strongest = lines.amax(dim=(1, 2, 3), keepdim=True).clamp(min=1e-6)
    return (lines / strongest).view(*pictures.shape[:-3], 1, 28, 28)


def _shrunk(flat: Tensor) -> Tensor:
    return interpolate(flat, size=(28, 28), mode="bilinear", antialias=True)


# --- tasks across vendors


def objects(bank: ClassBank) -> Tensor:
    """[C] bool: which classes are things; the others are faces, people and signs."""
    return torch.tensor([group.partition("/")[0] in OBJECTS for group in bank.groups])


def across_vendors(
    bank: ClassBank, spec: EpisodeSpec, n_tasks: int, *, things: bool | None = None, generator: torch.Generator
) -> Episode:
    """Tasks whose supports are all by one vendor; the queries of a class are by others, the same for all classes.

    things  whether a task's classes are all objects, or all faces, people and signs; None: any
    Raises ValueError for several shots, for more queries than there are other vendors, or for too few classes.
    """
    if spec.k_shot != 1 or spec.n_query >= bank.n_drawings:
        raise ValueError(
            f"{spec}: each of {bank.n_drawings} vendors has drawn a character once, so give 1 shot and at most "
            f"{bank.n_drawings - 1} queries a class"
        )
    keys = torch.rand(n_tasks, bank.n_drawings, generator=generator)
    vendors = keys.topk(1 + spec.n_query, dim=1).indices  # [T, 1 + Q]
    drawn = bank.sizes > vendors.amax(dim=1, keepdim=True)  # [T, C]: by all of them
    wanted = drawn if things is None else drawn & (objects(bank) == things)
    fewest = int(wanted.sum(dim=1).min())
    if fewest < spec.n_way:
        raise ValueError(f"{spec.n_way}-way needs as many classes, and {fewest} of this bank do: lower n_way")
    keys = torch.rand(n_tasks, bank.n_classes, generator=generator).masked_fill(~wanted, -1.0)
    classes = keys.topk(spec.n_way, dim=1).indices  # [T, N]
    return gather(bank, spec, Draw(classes, vendors[:, None].expand(-1, spec.n_way, -1)))


def stream_across_vendors(
    bank: ClassBank, spec: EpisodeSpec, n_tasks: int, *, seed: int, batch: int = 20
) -> Iterator[Episode]:
    """`n_tasks` tasks across vendors in batches: first of objects, then as many of other emoji."""
    generator = torch.Generator().manual_seed(seed)
    half = n_tasks // 2
    for things, count in ((True, half), (False, n_tasks - half)):
        for start in range(0, count, batch):
            yield across_vendors(bank, spec, min(batch, count - start), things=things, generator=generator)
