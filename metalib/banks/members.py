"""The pictures in an archive or a folder, in order, one at a time, and never more than Omniglot has.

What a stranger has packed may be made to fill a memory: its sizes are compared with Omniglot's before anything is read,
and never believed while it is.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PureWindowsPath
from typing import TypeVar

from metalib.files import BadFile

Names = tuple[str, str, str]  # alphabet, character, file
Handle = TypeVar("Handle")
SUFFIX = ".png"
MOST = 1623 * 20  # pictures in all of Omniglot
LARGEST = 1 << 16  # bytes: the largest picture has 522, and 44,100 without any compression
LARGEST_ARCHIVE = 1 << 26  # bytes: the larger archive has 9.5 million
# bzip2 and LZMA unpack to whatever a few bytes ask for, where deflate is told when to stop
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def members(source: Path, alphabets: Sequence[str]) -> Iterator[tuple[Names, bytes]]:
    """Alphabet, character and file name of each picture, in their order, and its bytes.

    The last three names of a path count: archives and folders may have further folders around, or none. A folder that
    has some of `alphabets` in it is read there only. Suffixes count as small letters.
    Raises BadFile, naming the file, where there is more than Omniglot has, or what cannot be read.
    """
    return _tree(source, alphabets) if source.is_dir() else _archive(source)


def _tree(source: Path, alphabets: Sequence[str]) -> Iterator[tuple[Names, bytes]]:
    roots = [folder for name in alphabets if os.path.isdir(folder := source / name)] or [source]
    paths = (path for root in roots for path in root.rglob("*"))
    entries = ((path.relative_to(source).as_posix(), path) for path in paths if not path.is_dir())
    for names, path in _ordered(source, entries):
        yield names, _read(path)


def _read(path: Path) -> bytes:
    """The bytes of `path`. Raises BadFile, naming it, where it cannot be read or is larger than any picture."""
    try:
        if not path.is_file():  # a pipe, which would be waited for
            raise BadFile(f"{path} is no file: take it out of the folder")
        with path.open("rb") as file:
            _check_size(str(path), os.fstat(file.fileno()).st_size)
            return file.read(LARGEST + 1)
    except OSError as error:
        raise BadFile(f"{path} cannot be read ({error.strerror}): check its permissions") from error


def _archive(source: Path) -> Iterator[tuple[Names, bytes]]:
    """The pictures of an archive, read in place: nothing is extracted, so nothing can land outside a folder."""
    try:
        size = source.stat().st_size
        if size > LARGEST_ARCHIVE:
            raise BadFile(f"{source} has {size:,} bytes and Omniglot's archives less than 10,000,000")
        with zipfile.ZipFile(source) as archive:
            infos = archive.infolist()
            _check_ways(source, infos)
            for names, info in _ordered(source, ((info.filename, info) for info in infos if not info.is_dir())):
                yield names, _unpack(archive, info, f"{source}: {info.filename}")
    except BadFile:
        raise
    except Exception as error:  # damaged archives raise a dozen kinds, for a password, a seek, a name, a compression
        raise BadFile(f"{source} is truncated or no zip archive ({error})") from error


def _check_ways(source: Path, infos: Iterable[zipfile.ZipInfo]) -> None:
    for info in infos:
        path = PureWindowsPath(info.filename)  # reads / and \ alike, and knows C:
        if path.anchor or ".." in path.parts:
            raise BadFile(f"{source} has an entry {info.filename!r} that leads out of its folder")


def _unpack(archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str) -> bytes:
    """The bytes of one entry, which may have fewer than it says, and no more are made."""
    if info.compress_type not in METHODS:
        raise BadFile(f"{name} is packed by another method than deflate: pack it anew")
    _check_size(name, info.file_size)
    with archive.open(info) as file:
        return file.read(LARGEST + 1)  # a limit of our own, as without one zipfile unpacks first and cuts then


def _check_size(name: str, size: int) -> None:
    if size > LARGEST:
        raise BadFile(f"{name} has {size:,} bytes and no picture of Omniglot has more than {LARGEST:,}")


def _ordered(source: Path, entries: Iterable[tuple[str, Handle]]) -> list[tuple[Names, Handle]]:
    """The pictures among `entries`, by alphabet, character and file. Raises BadFile where they are too many."""
    named: list[tuple[Names, Handle]] = []
    for entry, handle in entries:
        names = _names(source, entry)
        if names:
            named.append((names, handle))
        if len(named) > MOST:
            raise BadFile(f"{source} has more than {MOST:,} pictures, which is all of Omniglot")
    return sorted(named, key=lambda pair: pair[0])


def _names(source: Path, entry: str) -> Names | None:
    """The three names of a picture; None for what is none, and for what macOS, Jupyter and others hide beside them."""
    path = PureWindowsPath(entry)
    if path.suffix.lower() != SUFFIX or any(name.startswith(".") or name == "__MACOSX" for name in path.parts):
        return None
    if len(path.parts) < 3:
        raise BadFile(f"{source} has a picture {entry!r} that lies in no alphabet and character")
    alphabet, character, _ = path.parts[-3:]
    return alphabet, character, path.stem + SUFFIX
