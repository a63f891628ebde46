"""A folder of the learner's own pictures: each sub-folder is a class, of any size, in any mix of formats."""

from __future__ import annotations

import hashlib
import os
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from metalib.banks.layouts import shortened
from metalib.few_shot.pictures import check_headers
from metalib.files import BadFile

LITTER = ("thumbs.db", "desktop.ini", "__macosx")  # what Windows and macOS leave, beside what they hide
LAYOUT = "give a folder that has a sub-folder of pictures for each class"


class PictureFolder(NamedTuple):
    """What `read_folder` found: S paths, class by class, with the name of each one's class; remarks in sentences."""

    paths: tuple[Path, ...]
    labels: tuple[str, ...]
    class_names: tuple[str, ...]  # sorted
    remarks: tuple[str, ...]


def read_folder(folder: str | os.PathLike[str]) -> PictureFolder:
    """The pictures in the sub-folders of `folder`; the name of a sub-folder is that of its class.

    Every file is judged by its header, and none decoded. What is hidden does not count; files beside the sub-folders
    and folders within them are passed over, and the remarks say so, as they name equal pictures.
    Raises FileNotFoundError where there is no such folder; BadFile, naming the file and the remedy, where it has fewer
    than two classes, a class without a picture, what is no picture (all of them at once), or a link that leads out.
    """
    root = Path(folder).expanduser()
    if not root.exists():
        raise FileNotFoundError(f"{root} is not there: {LAYOUT}")
    if not root.is_dir():
        raise BadFile(f"{root} is no folder: {LAYOUT}")
    classes, beside = _listing(root, root)
    names = _class_names(root, classes)
    if len(names) < 2:
        found = f"1 class ({names[0]})" if names else "0 classes"
        raise BadFile(f"{root} has {found}, and two are the fewest: {LAYOUT}")
    passed_over = list(beside)
    paths, labels = [], []
    for name, place in sorted(zip(names, classes, strict=True)):
        pictures, inner = _pictures(place, root)
        passed_over += inner
        paths += pictures
        labels += [name] * len(pictures)
    check_headers(paths)
    remarks = (*_passed_over(passed_over, root), *_equal(paths, labels, root))
    return PictureFolder(tuple(paths), tuple(labels), tuple(sorted(names)), remarks)


def pictures_in(folder: str | os.PathLike[str]) -> list[Path]:
    """The files in one folder, listed as `read_folder` does and not yet judged; its sub-folders are not looked into."""
    return _listing(Path(folder), Path(folder))[1]


def _class_names(root: Path, classes: Sequence[Path]) -> list[str]:
    """The folders' names, composed: macOS writes ü as two characters, and the learner types it as one."""
    names = [unicodedata.normalize("NFC", place.name) for place in classes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise BadFile(f"{root} has two folders that are both called {min(twice)}: rename one, or join them")
    return names


def _pictures(place: Path, root: Path) -> tuple[list[Path], list[Path]]:
    """The pictures of one class, and the folders beside them. Raises BadFile where there is none."""
    folders, files = _listing(place, root)
    if not files:
        inner = f", only the folders {shortened([inner.name for inner in folders])}" if folders else ""
        higher = "; if those are the classes, give this folder" if folders else ""
        raise BadFile(f"{place} has no picture{inner}: put some into it, or take it out{higher}")
    return files, folders


def _listing(place: Path, root: Path) -> tuple[list[Path], list[Path]]:
    """The folders and the files in `place`, in order, without what is hidden. Raises BadFile for a link out of `root`.

    The links are followed to their ends first: they may lead to a link.
    """
    try:
        names = sorted(os.listdir(place))
    except OSError as error:
        raise BadFile(f"{place} cannot be read ({error.strerror}): check its permissions") from error
    paths = [place / name for name in names if not name.startswith(".") and name.lower() not in LITTER]
    end = Path(os.path.realpath(root))
    for path in paths:
        _check_path(path, end)
    return [path for path in paths if path.is_dir()], [path for path in paths if not path.is_dir()]


def _check_path(path: Path, root: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError as error:
        raise BadFile(f"{str(path)!r} has a name that is not UTF-8: rename it") from error
    end = Path(os.path.realpath(path))
    if not end.is_relative_to(root):
        raise BadFile(f"{path} is a link that leads out of the folder, to {end}: put a copy in its place")
    if not end.exists():
        raise BadFile(f"{path} is a link to nothing ({end}): take it out, or put the picture in its place")


def _passed_over(paths: Sequence[Path], root: Path) -> Iterator[str]:
    if paths:
        names = shortened(_within(paths, root))
        yield f"Passed over: {names}. Pictures lie in the sub-folder of their class, and in no folder within it."


def _equal(paths: Sequence[Path], labels: Sequence[str], root: Path) -> Iterator[str]:
    """What is said of files with the same bytes: in two classes one is wrong, in one class it counts twice."""
    across: list[str] = []
    within: list[str] = []
    for group in _same_bytes(paths):
        equal = " = ".join(_within((paths[i] for i in group), root))
        (across if len({labels[i] for i in group}) > 1 else within).append(equal)
    if across:
        yield f"The same picture in two classes: {shortened(across)}. Take it out of one."
    if within:
        yield f"The same picture twice in a class: {shortened(within)}. Any estimate is then too good."


def _same_bytes(paths: Sequence[Path]) -> list[list[int]]:
    """Numbers of the files that are equal. Only files of one size are read."""
    by_size, by_digest = defaultdict(list), defaultdict(list)
    for i, path in enumerate(paths):
        by_size[path.stat().st_size].append(i)
    for i in (i for group in by_size.values() if len(group) > 1 for i in group):
        by_digest[hashlib.sha256(paths[i].read_bytes()).digest()].append(i)
    return [group for group in by_digest.values() if len(group) > 1]


def _within(paths: Iterable[Path], root: Path) -> list[str]:
    return [path.relative_to(root).as_posix() for path in paths]
