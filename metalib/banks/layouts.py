"""Where the two parts of Omniglot lie in a folder: as archives, as folders, or all alphabets in one folder.

What can mean one thing only is taken, whoever laid it out; what it holds is checked when it is read. What looks like
Omniglot and is not taken is told in words.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence, Set
from pathlib import Path

PARTS = ("images_background", "images_evaluation")
ALPHABETS = {
    "images_background": (
        *("Alphabet_of_the_Magi", "Anglo-Saxon_Futhorc", "Arcadian", "Armenian", "Asomtavruli_(Georgian)", "Balinese"),
        *("Bengali", "Blackfoot_(Canadian_Aboriginal_Syllabics)", "Braille", "Burmese_(Myanmar)", "Cyrillic"),
        *("Early_Aramaic", "Futurama", "Grantha", "Greek", "Gujarati", "Hebrew"),
        *("Inuktitut_(Canadian_Aboriginal_Syllabics)", "Japanese_(hiragana)", "Japanese_(katakana)", "Korean", "Latin"),
        *("Malay_(Jawi_-_Arabic)", "Mkhedruli_(Georgian)", "N_Ko", "Ojibwe_(Canadian_Aboriginal_Syllabics)"),
        *("Sanskrit", "Syriac_(Estrangelo)", "Tagalog", "Tifinagh"),
    ),
    "images_evaluation": (
        *("Angelic", "Atemayar_Qelisayer", "Atlantean", "Aurek-Besh", "Avesta", "Ge_ez", "Glagolitic", "Gurmukhi"),
        *("Kannada", "Keble", "Malayalam", "Manipuri", "Mongolian", "Old_Church_Slavonic_(Cyrillic)", "Oriya"),
        *("Sylheti", "Syriac_(Serto)", "Tengwar", "Tibetan", "ULOG"),
    ),
}
EXPECTED = (
    "Expected are images_background.zip and images_evaluation.zip, two folders of these names, or all 50 alphabets in "
    "one folder"
)
SIMILAR = re.compile(r"omniglot|images.?(background|evaluation)", re.IGNORECASE)
PACKED = ("", ".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")


def sources(part: str, folders: Sequence[Path]) -> list[Path]:
    """The archives and folders that should hold `part`, first choice first."""
    found = (path for folder in folders for place in _places(folder) for path in _sources_in(place, part))
    return list(dict.fromkeys(found))


def passed_over(folders: Sequence[Path]) -> list[str]:
    """What looks like Omniglot in these folders and is none of the sources: where it lies, and what it is."""
    taken = {path for part in PARTS for path in sources(part, folders)}
    places = dict.fromkeys(place for folder in folders for place in _places(folder))
    return [words for place in places for words in (*_incomplete(place, taken), *_similar(place, taken))]


def _places(folder: Path) -> Iterator[Path]:
    """Where parts of Omniglot may lie if `folder` is a data folder.

    In it and in its folders, as torchvision's `omniglot-py`; in their `python`, as in the official repository. Beside
    it, where it is one part itself.
    """
    if any(_is_called(part, folder.name) for part in PARTS):
        yield folder.parent
    yield folder
    names = [name for name, is_folder in _listing(folder).items() if is_folder]
    inside = [folder / name for name in names if not any(_is_called(part, name) for part in PARTS)]
    yield from inside
    yield from (place / "python" for place in inside)


def _sources_in(place: Path, part: str) -> Iterator[Path]:
    """The sources of `part` in `place`, the official names before copies and archives before folders; or `place`."""
    listing = _listing(place)
    named = [name for name, is_folder in listing.items() if _is_called(part, name) and is_folder != _is_archive(name)]
    official = (part, f"{part}.zip")
    yield from (place / n for n in sorted(named, key=lambda n: (n not in official, not _is_archive(n), n)))
    if all(listing.get(alphabet) for alphabet in ALPHABETS[part]):
        yield place


def _is_called(part: str, name: str) -> bool:
    """Whether `name` is that of `part`, or of its copy as browsers and systems call it: `images_background (1).zip`."""
    return re.fullmatch(rf"{part}( ?\(\d+\)|[ _-]\d+)?(\.zip)?", name, re.IGNORECASE) is not None


def _is_archive(name: str) -> bool:
    return name.lower().endswith(".zip")


def _incomplete(place: Path, taken: Set[Path]) -> Iterator[str]:
    """What is said of a folder that has some of a part's alphabets, and not all."""
    listing = _listing(place)
    for part, alphabets in ALPHABETS.items():
        missing = [alphabet for alphabet in alphabets if not listing.get(alphabet)]
        if missing and len(missing) < len(alphabets) and place not in taken:
            has = f"{len(alphabets) - len(missing)} of the {len(alphabets)} alphabets of {part}"
            yield f"{place} ({has}, without {shortened(missing)})"


def shortened(names: Sequence[str]) -> str:
    """The first three of `names`, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _similar(place: Path, taken: Set[Path]) -> Iterator[str]:
    """What is said of archives and folders in `place` that are called as if they were Omniglot."""
    for name, is_folder in _listing(place).items():
        path = place / name
        if not SIMILAR.search(name) or any(path in (used, *used.parents) for used in taken):
            continue
        if is_folder and not any(_incomplete(path, taken)):
            yield f"{path} (a folder without either part)"
        elif not is_folder and path.suffix.lower() in PACKED:
            yield str(path)


def _listing(place: Path) -> dict[str, bool]:
    """The names in `place`, in order, each with whether it is a folder; without what is hidden."""
    try:
        with os.scandir(place) as entries:
            names = sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except OSError:  # not there, no folder, or may not be entered
        return {}
    return {name: os.path.isdir(place / name) for name in names}
