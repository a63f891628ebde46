"""Omniglot (Lake, Salakhutdinov and Tenenbaum, 2015): 1,623 characters of 50 alphabets, 20 drawings of each.

Found as a cached bank, as archives or as an extracted tree in the data folders (`metalib.places`). What is found is checked
by what it holds, a digest over names and pixels, so archives that were packed anew pass, and altered pictures do not.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import numpy as np
import torch

from metalib import places
from metalib.banks import pictures
from metalib.banks.store import BadData, load_cache, save_cache
from metalib.episodes import ClassBank

PARTS = ("images_background", "images_evaluation")
DRAWINGS = 20
CACHE = f"omniglot-{pictures.SIDE}-{pictures.FILTER.name.lower()}.safetensors"
# SHA-256 over the names and the one-bit pixels of each part, as `_digest_of_part` takes it
DIGESTS = {
    "images_background": "a3a35f4e6660c8742ffb13910545d6133f1879b9e7c5fbe93edb6c135ba2ae4b",
    "images_evaluation": "33cfbaf9123f60191f86580f8aa54c5d894e56378b6557c04fbe71731855d6f3",
}
REMEDY = "delete it and run `metalib data fetch`, or put the official images_background.zip and images_evaluation.zip there"


def find() -> ClassBank | None:
    """The whole bank from the first data folder that has it, or None. Never touches the network.

    The pictures are decoded once, and cached in the first data folder that can be written; where none can, or the disk is
    full, the bank is returned all the same.
    Raises BadData, naming the file, when an archive, tree or cache is there and does not hold what it should.
    """
    for folder in places.data_folders():
        if (folder / CACHE).is_file():
            return load_cache(folder / CACHE, expected_origin=_origin())
        sources = [_source_of(folder, part) for part in PARTS]
        if all(sources):
            bank = _decode([source for source in sources if source])
            save_cache(bank, CACHE, origin=_origin())
            return bank
    return None


def _origin() -> str:
    """What a cache was made from: the digests of both parts."""
    return " ".join(DIGESTS.values())


def _source_of(folder: Path, part: str) -> Path | None:
    """The archive or the extracted tree of `part` in `folder`, or in the subfolders that torchvision would make."""
    for place in (folder, folder / "omniglot-py"):
        for path in (place / f"{part}.zip", place / part):
            if path.exists():
                return path
    return None


def _decode(sources: list[Path]) -> ClassBank:
    """The bank of both parts, each from an archive or a tree, in sorted order of alphabets and characters."""
    names, groups, images = [], [], []
    for part, source in zip(PARTS, sources, strict=True):
        classes: dict[tuple[str, str], list[np.ndarray]] = {}
        files: list[str] = []
        for name, data in sorted(_members(source, part)):
            _, alphabet, character, _ = PurePosixPath(name).parts
            classes.setdefault((alphabet, character), []).append(pictures.read_ink(data, f"{source}: {name}"))
            files.append(name)
        _check(source, part, files, classes)
        for (alphabet, character), drawings in classes.items():
            names.append(f"{alphabet}/{character}")
            groups.append(alphabet)
            images.append(np.stack([pictures.shrink(drawing) for drawing in drawings]))
    pixels = torch.from_numpy(np.stack(images)).unsqueeze(2)  # [1623, 20, 1, 28, 28]
    return ClassBank(pixels, tuple(names), tuple(groups), "Omniglot")


def _members(source: Path, part: str) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each picture of `part`. An archive is read in place: nothing is extracted, so nothing escapes."""
    if source.is_dir():
        for path in sorted(source.rglob("*.png")):
            yield path.relative_to(source.parent).as_posix(), pictures.read_file(path)
        return
    try:
        with zipfile.ZipFile(source) as archive:
            for info in archive.infolist():
                path = PurePosixPath(info.filename)
                if path.is_absolute() or ".." in path.parts or "\\" in info.filename:
                    raise BadData(f"{source} has an entry {info.filename!r} that leads out of its folder: {REMEDY}")
                if path.suffix == ".png" and not info.is_dir():
                    yield info.filename, archive.read(info)
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError) as error:
        raise BadData(f"{source} is truncated or no zip archive ({error}): {REMEDY}") from error


def _check(source: Path, part: str, files: list[str], classes: dict[tuple[str, str], list[np.ndarray]]) -> None:
    """Raise BadData unless every class has its 20 drawings and the whole is the official data set."""
    for (alphabet, character), drawings in classes.items():
        if len(drawings) != DRAWINGS:
            raise BadData(
                f"{source}: {alphabet}/{character} has {len(drawings)} pictures and Omniglot has {DRAWINGS} of each "
                f"character: {REMEDY}"
            )
    shapes = {drawing.shape for drawings in classes.values() for drawing in drawings}
    found = "none" if len(shapes) != 1 else _digest_of_part(files, classes)
    if found != DIGESTS[part]:
        raise BadData(
            f"{source} holds other pictures or names than Omniglot's {part} ({len(files)} pictures, digest "
            f"{found[:12]}… where {DIGESTS[part][:12]}… is expected): {REMEDY}"
        )


def _digest_of_part(files: list[str], classes: dict[tuple[str, str], list[np.ndarray]]) -> str:
    bits = np.packbits(np.stack([np.stack(drawings) for drawings in classes.values()]) > 127)
    return pictures.digest(files, bits)


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


def _official(bank: ClassBank, which: slice, source: str) -> ClassBank:
    alphabets = list(dict.fromkeys(bank.groups))
    if bank.n_classes != 1623 or len(alphabets) != 50:
        raise ValueError(
            f"the official split divides Omniglot's 1,623 characters of 50 alphabets, and this bank has "
            f"{bank.n_classes:,} of {len(alphabets)}: hand over the whole bank, before any selection or rotation"
        )
    return bank.select_groups(alphabets[which], source)
