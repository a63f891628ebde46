"""What is in the data folders, for `metalib data where` and `metalib data verify`."""

from __future__ import annotations

import os
from pathlib import Path

from metalib import places
from metalib.banks import digits, emoji, glyphs, omniglot, twenty_runs
from metalib.banks.store import is_cache, load_cache
from metalib.files import BadFile


def where() -> list[str]:
    """A line for each data folder in the order of search: what it is, whether it can be written, what it holds.

    The last line says where new files go.
    """
    lines = [
        f"{number}. {folder} ({_role(folder)}; {_state(folder)}): {', '.join(_contents(folder)) or 'nothing'}"
        for number, folder in enumerate(places.data_folders(), start=1)
    ]
    target = next(places.writable_folders(), None)
    new = f"New files go to {target}" if target else "No folder can be written: set METALIB_USER to one that can"
    return [line for line in (*lines, omniglot.passed_over(), new) if line]


def verify() -> tuple[bool, list[str]]:
    """Check the digests of every bank, archive and tree in the data folders.

    Returns whether there is something and all of it is right, and a line for each file.
    """
    lines, right = [], True
    for folder in places.data_folders():
        for path, part in _files(folder):
            try:
                lines.append(f"right  {path}: {_check(path, part)}")
            except BadFile as error:
                right = False
                is_omniglot = part or path.name == omniglot.CACHE
                lines.append(f"WRONG  {error}{f'. {omniglot.REMEDY}' if is_omniglot else ''}")
    if not lines:
        right, lines = False, [f"nothing to verify. {places.where_looked('Omniglot')}, or run `metalib data fetch`"]
    for path in _committed(places.data_folders()):  # what comes with the repository is no Omniglot
        try:
            lines.append(f"right  {path}: {_judge(path)}")
        except BadFile as error:
            right = False
            lines.append(f"WRONG  {error}")
    return right, [line for line in (*lines, omniglot.passed_over()) if line]


def _check(path: Path, part: str | None) -> str:
    """What `path` holds, in words: `part` of Omniglot, or a cached bank. Raises BadFile when it is damaged."""
    if part:
        return f"{len(omniglot.read_part(path, part).names):,} characters of Omniglot ({part})"
    bank = load_cache(path, expected_origin=omniglot.origin() if path.name == omniglot.CACHE else None)
    return f"a bank of {bank.n_classes:,} classes ({bank.source})"


def _files(folder: Path) -> list[tuple[Path, str | None]]:
    """The cached banks in one folder, and the archives and trees, each with the part of Omniglot that it should hold.

    Other files of the same suffix are none of a bank's: a cache is known by its name, or by what it says of itself.
    """
    tensors = sorted(folder.glob("*.safetensors")) if os.path.isdir(folder) else []
    banks = [path for path in tensors if path.name in (omniglot.CACHE, glyphs.CACHE) or is_cache(path)]
    return [
        *((path, None) for path in banks),
        *((path, part) for part in omniglot.PARTS for path in omniglot.sources(part, [folder])),
    ]


def _committed(folders: list[Path]) -> list[Path]:
    """What comes with the repository and lies in these folders: Lake's twenty runs, the emoji, the digits."""
    runs = [folder / name for folder in folders for name in twenty_runs.PLACES if os.path.isfile(folder / name)]
    with_list = [folder / emoji.FOLDER for folder in folders if os.path.isfile(folder / emoji.FOLDER / emoji.LIST)]
    with_sheet = [folder / digits.FOLDER for folder in folders if os.path.isfile(folder / digits.FOLDER / digits.SHEET)]
    return runs + with_list + with_sheet


def _judge(path: Path) -> str:
    """What of the repository `path` holds, in words. Raises BadFile when it is damaged."""
    if path.name == twenty_runs.ARCHIVE:
        runs = twenty_runs.read(path)
        return f"Lake's twenty runs, {runs.labels.numel()} questions"
    if path.name == digits.FOLDER:
        return f"{int(digits.read(path).sizes.sum()):,} digits"
    return f"{emoji.read(path).n_classes:,} emoji"


def _contents(folder: Path) -> list[str]:
    """The names of all that metalib would use in one folder, and of downloads that were cut off."""
    if not os.path.isdir(folder):
        return []
    names = [_name(path, folder, part) for path, part in _files(folder)]
    names += [path.relative_to(folder).as_posix() for path in _committed([folder])]
    names += [f"checkpoints/{path.name}" for path in sorted((folder / "checkpoints").glob("*.safetensors"))]
    return names + [f"{path.name} (a download that was cut off)" for path in sorted(folder.glob("*.zip.part"))]


def _name(path: Path, folder: Path, part: str | None) -> str:
    """`path` as it is seen from `folder`; it may be the folder itself, or lie beside it."""
    if path == folder:
        return f"the alphabets of {part}"
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _role(folder: Path) -> str:
    root = places.checkout()
    if root and folder == root / "data":
        return "the checkout's data folder"
    return "your own folder" if folder == places.user_folder() else "METALIB_DATA"


def _state(folder: Path) -> str:
    if not os.path.exists(folder):
        return "does not exist" + (" yet" if places.is_writable(folder) else ", and cannot be made")
    if not os.path.isdir(folder):
        return "a file, not a folder"
    return "can be written" if places.is_writable(folder) else "read-only"
