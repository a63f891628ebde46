"""Omniglot (Lake, Salakhutdinov and Tenenbaum, 2015): 1,623 characters of 50 alphabets, 20 drawings of each.

Found as a cached bank, as archives or as an extracted tree in the data folders (`metalib.places`). What is found is
checked by what it holds, a digest over names and pixels: archives that were packed anew pass, altered pictures do not.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from metalib import places
from metalib.banks import layouts, pictures
from metalib.banks.layouts import PARTS
from metalib.banks.members import members
from metalib.banks.store import load_cache, making, save_cache
from metalib.episodes import ClassBank
from metalib.files import BadFile

DRAWINGS = 20
SIZE = (105, 105)  # pixels of an official picture
CACHE = f"omniglot-{pictures.SIDE}-{pictures.FILTER.name.lower()}.safetensors"
# SHA-256 over the names and the one-bit pixels of each part, as `_digest_of_part` takes it
DIGESTS = {
    "images_background": "a3a35f4e6660c8742ffb13910545d6133f1879b9e7c5fbe93edb6c135ba2ae4b",
    "images_evaluation": "33cfbaf9123f60191f86580f8aa54c5d894e56378b6557c04fbe71731855d6f3",
}
REMEDY = (
    "Delete what is damaged and run `metalib data fetch`, or put the official images_background.zip and "
    "images_evaluation.zip in its place"
)


class Part(NamedTuple):
    """One half of Omniglot, decoded and shrunk: C names, C alphabets, and pictures [C, 20, 28, 28] uint8."""

    names: tuple[str, ...]
    alphabets: tuple[str, ...]
    images: np.ndarray


def find() -> ClassBank | None:
    """The whole bank from the first data folder that has it, or None. Never touches the network.

    A cached bank is taken before archives and trees. From those the pictures are decoded once, and cached in the first
    data folder that can be written; where none can, or the disk is full, a warning says so and the bank is returned.
    What is damaged is passed over with a warning while something else is at hand.
    Raises BadFile, naming the files, when something is there and nothing of it can be used.
    """
    problems: list[str] = []
    bank = _from_caches(problems)
    if bank is None and all(map(sources, PARTS)):
        with making(CACHE):
            bank = _from_caches([]) or _from_sources(problems)  # another process may have made it meanwhile
    if bank is not None:
        for problem in problems:
            warnings.warn(f"{problem}. This time another file was used", stacklevel=2)
    elif problems:
        raise BadFile(f"{'; '.join(problems)}. {REMEDY}")
    return bank


def caches() -> list[Path]:
    """The files in the data folders that should be cached banks, first choice first."""
    return [path for folder in places.data_folders() if os.path.isfile(path := folder / CACHE)]


def sources(part: str, folders: Sequence[Path] | None = None) -> list[Path]:
    """The archives and folders that should hold `part`, first choice first, in the data folders or those given."""
    return layouts.sources(part, places.data_folders() if folders is None else folders)


def missing() -> str:
    """What is not there of Omniglot, in words: all of it, or one part."""
    parts = [part for part in PARTS if not sources(part)]
    return "Omniglot" if len(parts) == len(PARTS) else f"half of Omniglot ({', '.join(parts)})"


def passed_over() -> str:
    """A sentence on what looks like Omniglot in the data folders and is not used, and what would be; or nothing."""
    found = layouts.passed_over(places.data_folders())
    return f"Found, and not used: {'; '.join(found)}. {layouts.EXPECTED}" if found else ""


def origin() -> str:
    """What a cache was made from: the digests of both parts."""
    return " ".join(DIGESTS.values())


def _from_caches(problems: list[str]) -> ClassBank | None:
    """The first cached bank that is whole; what is wrong with the others goes to `problems`."""
    for path in caches():
        try:
            return load_cache(path, expected_origin=origin())
        except BadFile as error:
            problems.append(str(error))
    return None


def _from_sources(problems: list[str]) -> ClassBank | None:
    """The bank from the first whole source of each part, cached for the next time; None where a part has none."""
    halves = [first_whole(part, sources(part), problems) for part in PARTS]
    return join([half for half in halves if half]) if all(halves) else None


def first_whole(part: str, paths: Sequence[Path], problems: list[str]) -> Part | None:
    """`part` from the first of `paths` that holds it; what is wrong with those before it goes to `problems`."""
    for path in paths:
        try:
            return read_part(path, part)
        except BadFile as error:
            problems.append(str(error))
    return None


def join(parts: Sequence[Part]) -> ClassBank:
    """The bank of both parts, in the order of PARTS, written to the cache."""
    pixels = torch.from_numpy(np.concatenate([part.images for part in parts])).unsqueeze(2)  # [1623, 20, 1, 28, 28]
    names = tuple(name for part in parts for name in part.names)
    bank = ClassBank(pixels, names, tuple(alphabet for part in parts for alphabet in part.alphabets), "Omniglot")
    save_cache(bank, CACHE, origin=origin())
    return bank


def read_part(source: Path, part: str) -> Part:
    """`part` from an archive or a tree, in sorted order of alphabets and characters.

    Raises BadFile, naming the file, when it is damaged or holds anything else than the official pictures.
    """
    classes: dict[tuple[str, str], list[np.ndarray]] = {}
    files: list[str] = []
    for (alphabet, character, file), data in members(source, layouts.ALPHABETS[part]):
        name = f"{part}/{alphabet}/{character}/{file}"
        classes.setdefault((alphabet, character), []).append(pictures.read_ink(data, f"{source}: {name}", SIZE))
        files.append(name)
    _check(source, part, files, classes)
    return Part(
        tuple(f"{alphabet}/{character}" for alphabet, character in classes),
        tuple(alphabet for alphabet, _ in classes),
        np.stack([[pictures.shrink(drawing) for drawing in drawings] for drawings in classes.values()]),
    )


def _check(source: Path, part: str, files: list[str], classes: dict[tuple[str, str], list[np.ndarray]]) -> None:
    """Raise BadFile unless every class has its 20 drawings and the whole is the official data set."""
    for (alphabet, character), drawings in classes.items():
        if len(drawings) != DRAWINGS:
            raise BadFile(
                f"{source}: {alphabet}/{character} has {len(drawings)} pictures and Omniglot has {DRAWINGS} of each"
            )
    found = _digest_of_part(files, list(classes.values())) if files else "none"
    if found != DIGESTS[part]:
        lacking = sorted(set(layouts.ALPHABETS[part]) - {alphabet for alphabet, _ in classes}) if files else []
        raise BadFile(
            f"{source} holds other pictures or names than Omniglot's {part} ({len(files):,} pictures, digest "
            f"{found[:12]} where {DIGESTS[part][:12]} is expected)"
            + (f". It lacks {layouts.shortened(lacking)}" if lacking else "")
        )


def _digest_of_part(files: list[str], classes: list[list[np.ndarray]]) -> str:
    # eight classes at a time make whole bytes, and 200 MB less in memory than all at once
    packed = [np.packbits(np.stack(classes[start : start + 8]) > 127) for start in range(0, len(classes), 8)]
    return pictures.digest(files, np.concatenate(packed))


# --- splits: classes are divided first, and turned into further classes by rotation after


def background(bank: ClassBank) -> ClassBank:
    """The 30 alphabets (964 characters) to learn from. Source: Lake et al. (2015), the official background set."""
    return _official(bank, slice(0, 30), "Omniglot background")


def evaluation(bank: ClassBank) -> ClassBank:
    """The 20 alphabets (659 characters) to be tested on. Source: Lake et al. (2015), the official evaluation set."""
    return _official(bank, slice(30, 50), "Omniglot evaluation")


def validation(bank: ClassBank) -> ClassBank:
    """The last background alphabets, at least 100 characters: Sanskrit, Syriac (Estrangelo), Tagalog and Tifinagh, 137.

    Ours, as the official split has no validation set: recipes and stopping times are chosen here, never on evaluation.
    """
    return _official(bank, slice(26, 30), "Omniglot validation (last 4 background alphabets)")


def training(bank: ClassBank) -> ClassBank:
    """The background alphabets that are not for validation: 26 alphabets, 827 characters."""
    return _official(bank, slice(0, 26), "Omniglot training (first 26 background alphabets)")


def by_character(bank: ClassBank, seed: int = 0) -> tuple[ClassBank, ClassBank, ClassBank]:
    """The papers' kind of split: 1,100 / 100 / 423 characters for training, validation and evaluation, at random.

    Characters of one alphabet fall on both sides, so it is easier than the official split by alphabets. No two papers
    have the same random choice; this one is made by `seed`. Source: Finn et al. (2017), section 5.2.
    """
    whole = _official(bank, slice(None), "Omniglot")
    order = torch.randperm(whole.n_classes, generator=torch.Generator().manual_seed(seed)).tolist()
    bounds = {"training": (0, 1100), "validation": (1100, 1200), "evaluation": (1200, None)}
    parts = (
        whole.select(sorted(order[low:high]), f"Omniglot {part} (random characters, seed {seed})")
        for part, (low, high) in bounds.items()
    )
    training_part, validation_part, evaluation_part = parts
    return training_part, validation_part, evaluation_part


def _official(bank: ClassBank, which: slice, source: str) -> ClassBank:
    alphabets = list(dict.fromkeys(bank.groups))
    if bank.n_classes != 1623 or len(alphabets) != 50:
        raise ValueError(
            f"the official split divides Omniglot's 1,623 characters of 50 alphabets, and this bank has "
            f"{bank.n_classes:,} of {len(alphabets)}: hand over the whole bank, before any selection or rotation"
        )
    return bank.select_groups(alphabets[which], source)
