"""The learner's own pictures: those drawn in the widget, a folder by its path, or files by the upload button."""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import ipywidgets
import numpy as np

from metalib.files import BadFile

LEAST = 2  # drawings of a class: one is asked, and one at least stays
OWN, SHIPPED = "your own drawings", "the drawings that ship"


class Drawn(Protocol):
    """What a widget has of drawings."""

    @property
    def own(self) -> bool: ...

    def drawings(self) -> tuple[list[np.ndarray], list[str]]:
        """Pictures and their labels."""


class Pictures(NamedTuple):
    """S pictures with the names of their classes, and whose they are."""

    pictures: list[Any]
    labels: list[str]
    whose: str

    @property
    def level(self) -> bool:
        """Whether all classes have equally many."""
        return len(set(map(self.labels.count, self.labels))) == 1


def drawn(widget: Drawn, first: Drawn) -> Pictures:
    """The learner's drawings where at least two classes have two of them; else those of `first`, and a line says why.

    widget  in which the learner drew      first  the same widget as it was to begin with
    A class with one drawing only is left out: nothing could be left out of it.
    """
    pictures, labels = widget.drawings()
    kept = [i for i, label in enumerate(labels) if labels.count(label) >= LEAST]
    names = sorted({labels[i] for i in kept})
    if len(names) >= 2:
        whose = OWN if widget.own else SHIPPED
        alone = sorted(set(labels) - set(names))
        left = f" Left out, since there is one drawing of it: {', '.join(alone)}." if alone else ""
        print(f"{len(kept)} drawings of {len(names)} classes: {whose}.{left}")
        return Pictures([pictures[i] for i in kept], [labels[i] for i in kept], whose)
    pictures, labels = first.drawings()
    print(
        f"{len(pictures)} drawings of {len(set(labels))} classes: {SHIPPED}. Yours need {LEAST} drawings of two "
        "classes at least."
    )
    return Pictures(pictures, labels, SHIPPED)


class Upload(ipywidgets.FileUpload):
    """A button that takes pictures: a file's class is its name up to the first number, "cat 1.jpg" and "cat-2.jpg"."""

    def __init__(self) -> None:
        super().__init__(accept="image/*", multiple=True, description="Upload pictures")
        self.layout.width = "auto"

    def __repr__(self) -> str:
        return 'Upload pictures, a button: run this cell, and choose files that are called "cat 1.jpg", "cat 2.jpg" …'

    def folder(self) -> Path | None:
        """What was uploaded as a folder with a sub-folder for each class, a new temporary one; None: nothing was.

        Raises BadFile for a name that says no class.
        """
        if not self.value:
            return None
        return write_folder(Path(tempfile.mkdtemp(prefix="pictures-")), self.value)


def write_folder(folder: Path, files: Sequence[Any]) -> Path:
    """Write files, each with "name" and "content", into sub-folders of `folder` that are called as their classes."""
    by_class: dict[str, list[Any]] = defaultdict(list)
    for file in files:
        by_class[class_of(file["name"])].append(file)
    for name, of_class in by_class.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number, file in enumerate(of_class, 1):
            suffix = Path(file["name"]).suffix.lower()
            (folder / name / f"{number}{suffix}").write_bytes(bytes(file["content"]))
    return folder


def class_of(file_name: str) -> str:
    """ "my cat" of "my cat 12 (2).jpg". Raises BadFile where nothing stands before the first number."""
    stem = Path(file_name.replace("\\", "/")).stem
    name = re.split(r"\d", stem, maxsplit=1)[0].strip(" _-.(#")
    if not name:
        raise BadFile(f"{file_name} says no class: call it by its class and a number, as in cat 1.jpg")
    return name


def folder_of(path: str | Path | None, upload: Upload, example: Path) -> Path:
    """The folder of the path, or of what was uploaded, or the example; a line says which."""
    chosen = Path(path).expanduser() if path else upload.folder()
    print("The folder is yours." if chosen else "The folder is the example's, of five emoji: no path, and no upload.")
    return chosen or example
