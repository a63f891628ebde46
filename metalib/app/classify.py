"""What `metalib classify` does: the labels of new pictures, from a folder with a few of each class."""

from __future__ import annotations

import csv
import io
import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from metalib.banks.layouts import shortened
from metalib.evaluate import wilson_interval
from metalib.few_shot import Answers, FewShot
from metalib.few_shot.estimates import Estimate
from metalib.few_shot.folder import pictures_in, read_folder
from metalib.few_shot.pictures import check_headers
from metalib.few_shot.saving import SUFFIX

COLUMNS = ("picture", "class", "label", "probability", "nearest", "distance_to_nearest", "distance_to_mean")  # of CSV
SAME = 1e-4  # what is nearer to a support picture is that picture: the rest is rounding


class Row(NamedTuple):
    """What is said of one picture: its label, how probable the best class is, and the nearest support picture.

    distance_to_mean  from the nearest class mean: the one that a picture which is none of these has too large
    true              its class, where that is known
    """

    picture: str
    label: str
    probability: float
    nearest: str
    distance_to_nearest: float
    distance_to_mean: float
    true: str | None
    probabilities: dict[str, float]


def classify(
    support: str | Path,
    pictures: Sequence[str | Path],
    *,
    backbone: str | None = None,
    head: str | None = None,
    seconds: int | None = None,
    none_of_these: float | None = None,
    labelled: str | Path | None = None,
    form: str = "table",
    save: str | Path | None = None,
    download: bool = False,
    device: str | None = None,
) -> list[Row]:
    """Print the label of each picture, and return what was said.

    support   a folder with a sub-folder of pictures for each class, or a file that `save` wrote
    pictures  files, and folders of files
    none_of_these  as in `FewShot`
    labelled  a folder like `support`, whose pictures are classified too: how many are right, and which are mixed up
    form      "table", "json" or "csv"
    save      where to write the classifier; its name ends in .safetensors
    Raises ValueError or OSError, with nothing printed, for what cannot be.
    """
    paths, truths = _asked(pictures, labelled)
    settings = {"backbone": backbone, "head": head, "seconds": seconds, "none_of_these": none_of_these}
    classifier = _classifier(Path(support), download=download, device=device, **settings)
    if unknown := sorted({true for true in truths if true is not None} - set(_names(classifier))):
        raise ValueError(
            f"{labelled} has classes that {support} has not: {', '.join(unknown)}. Give both the same sub-folders"
        )
    answers = classifier.answers(paths)
    rows = _rows(classifier, answers, paths, truths)
    if save is not None:
        classifier.save(save)
    noticed = (*classifier.remarks, *answers.remarks, *_repeated(rows))
    {"table": _print_table, "json": _print_json, "csv": _print_csv}[form](classifier, rows, noticed)
    return rows


def _asked(pictures: Sequence[str | Path], labelled: str | Path | None) -> tuple[list[Path], list[str | None]]:
    """All pictures that are to be classified, and the class of those where it is known."""
    paths = [path for given in pictures for path in _files(Path(given))]
    check_headers(paths)  # before anything is learned
    truths: list[str | None] = [None] * len(paths)
    if labelled is not None:
        found = read_folder(labelled)
        paths += found.paths
        truths += found.labels
    if not paths:
        raise ValueError("no pictures: name some after the support folder, or a folder of some, or give --labelled")
    return paths, truths


def _files(path: Path) -> list[Path]:
    """The file, or those in the folder."""
    if not path.is_dir():
        return [path]
    found = pictures_in(path)
    if not found:
        raise ValueError(f"{path} has no pictures in it: name another folder (its sub-folders are not looked into)")
    return found


def _classifier(support: Path, *, download: bool, device: str | None, **settings: Any) -> FewShot:
    """The classifier of a folder, or the one in a file. Raises ValueError for settings of one that is there already."""
    given = {name: value for name, value in settings.items() if value is not None}
    if support.suffix != SUFFIX or support.is_dir():
        return FewShot.from_folder(support, download=download, device=device, **given)
    if given:
        raise ValueError(f"{support} has its own {', '.join(given)}: leave that out, or give the folder of pictures")
    return FewShot.load(support, download=download, device=device)


def _rows(classifier: FewShot, answers: Answers, paths: Sequence[Path], truths: Sequence[str | None]) -> list[Row]:
    names = _names(classifier)
    return [
        Row(
            str(path),
            str(label),
            float(of_one.max()),
            classifier.names[neighbour.number],
            neighbour.distance,
            to_mean,
            true,
            dict(zip(names, map(float, of_one), strict=True)),
        )
        for path, true, label, of_one, neighbour, to_mean in zip(
            paths, truths, *answers[:3], answers.distances_to_mean.tolist(), strict=True
        )
    ]


def _names(classifier: FewShot) -> list[str]:
    return [str(name) for name in classifier.classes_]


# --- how it is printed


def _print_table(classifier: FewShot, rows: Sequence[Row], noticed: Sequence[str]) -> None:
    """A line for each picture, then what is known of the labelled ones, then what was noticed."""
    cells = [(row.picture, row.label, f"{row.probability:.2f}", row.nearest) for row in rows]
    _print_columns([("picture", "label", "probability", "nearest support picture"), *cells])
    if known := [row for row in rows if row.true is not None]:
        labels, counts = confusion(_names(classifier), known)
        print(f"\n{_right(known)}. A row for each class, a column for each label:\n")
        _print_columns([("", *labels), *((name, *map(str, row)) for name, row in zip(labels, counts, strict=False))])
    if (estimate := _estimate(classifier)) is not None:
        print(f"\n{estimate}")
    for remark in noticed:
        print(f"\nNoticed: {remark}")


def _print_json(classifier: FewShot, rows: Sequence[Row], noticed: Sequence[str]) -> None:
    said: dict[str, Any] = {
        "backbone": classifier.backbone,
        "head": classifier.head,
        "classes": _names(classifier),
        "noticed": noticed,
        "pictures": [row._asdict() for row in rows],
    }
    if (limit := classifier.threshold) is not None:
        said["threshold"] = {
            "distance_to_mean": limit.distance if math.isfinite(limit.distance) else None,  # JSON has no infinity
            "false_alarms": limit.false_alarms,
        }
    if known := [row for row in rows if row.true is not None]:
        right = wilson_interval(sum(row.label == row.true for row in known), len(known), "pictures")
        said["right"] = right._asdict()
        labels, counts = confusion(_names(classifier), known)
        said |= {"labels": labels, "confusion": counts.tolist()}
    if (estimate := _estimate(classifier)) is not None:
        said["estimate"] = {"accuracy": estimate.accuracy and estimate.accuracy._asdict(), "words": estimate.words}
    print(json.dumps(said, ensure_ascii=False, indent=1))


def _print_csv(classifier: FewShot, rows: Sequence[Row], noticed: Sequence[str]) -> None:
    """Rows only, for a spreadsheet; the rest goes to the error stream."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        first = (row.picture, row.true or "", row.label, f"{row.probability:.4f}", row.nearest)
        writer.writerow((*first, f"{row.distance_to_nearest:.4g}", f"{row.distance_to_mean:.4g}"))
    print(text.getvalue(), end="")
    for remark in noticed:
        print(f"Noticed: {remark}", file=sys.stderr)


def confusion(names: Sequence[str], rows: Sequence[Row]) -> tuple[list[str], np.ndarray]:
    """The M labels, and [N, M] counts: how many pictures of the row's class got the column's label.

    names  of the N classes      M is N, or one more where a picture is none of these
    """
    labels = [*names, *sorted({row.label for row in rows} - set(names))]
    counts = np.zeros((len(names), len(labels)), int)
    for row in rows:
        counts[names.index(str(row.true)), labels.index(row.label)] += 1
    return labels, counts


def _right(rows: Sequence[Row]) -> str:
    return f"Right: {wilson_interval(sum(row.label == row.true for row in rows), len(rows), 'pictures')}"


def _estimate(classifier: FewShot) -> Estimate | None:
    """How good the classifier is, by its support pictures; None for fine-tuning, which would learn again and again."""
    return None if classifier.head == "fine-tuning" else classifier.estimate()


def _repeated(rows: Sequence[Row]) -> list[str]:
    """What is said where labelled pictures are support pictures too: those it has seen it gets right."""
    repeated = [row.picture for row in rows if row.true is not None and row.distance_to_nearest < SAME]
    if not repeated:
        return []
    which = f"{len(repeated)} of the labelled pictures are support pictures too ({shortened(repeated)})"
    return [f"{which}, so that the accuracy is too good: take them out of one folder"]


def _print_columns(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
