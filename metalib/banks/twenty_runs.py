"""Lake's twenty runs: the one-shot classification test of Omniglot that people sat (Lake et al., 2015).

A run has 20 candidates, one drawing of each of 20 characters of one alphabet, and 20 queries, one more drawing of each.

Where the pictures come from was found by comparing all 800, at 105×105 bit by bit, with Omniglot: each is one drawing
of the evaluation set (`omniglot.evaluation`), none is of the background set. Ten alphabets have two runs each. Within a
run one hand drew all candidates and another one all queries, both of the first eight hands of the alphabet.
So a network for this test may learn from the background alphabets only. One that was trained on random characters of
all 50 (`split(bank, "paper")`) has seen some of these pictures.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from metalib import places
from metalib.banks import committed, omniglot, pictures
from metalib.episodes import Episode
from metalib.files import BadFile

ARCHIVE = "all_runs.zip"
PLACES = (ARCHIVE, f"lake-runs/{ARCHIVE}")  # in a data folder: as it is published, or as this repository has it
BYTES = 352_787
DIGEST = "437c1eeab0af8484112e1b4cc0f3d541ec727f7c47b9b202da738af9dfd6c325"  # SHA-256 of the file
URL = "https://github.com/brendenlake/omniglot (python/one-shot-classification)"
RUNS, WAYS = 20, 20


class TwentyRuns(NamedTuple):
    """The test, in the archive's order of runs, candidates (`class01` …) and queries (`item01` …).

    support          [20, 20, 1, 28, 28] uint8: the candidates of each run, ink bright (255), as in the bank of Omniglot
    query            [20, 20, 1, 28, 28] uint8: what is to be classified
    labels           [20, 20] long: which candidate each query is a drawing of; each row is a permutation of 0 … 19
    support_bitmaps  [20, 20, 105, 105] bool: the candidates as they were drawn, ink is True
    query_bitmaps    [20, 20, 105, 105] bool
    """

    support: Tensor
    query: Tensor
    labels: Tensor
    support_bitmaps: Tensor
    query_bitmaps: Tensor


def load() -> TwentyRuns:
    """The twenty runs, from the first data folder that has `all_runs.zip`; a checkout has it in `data/lake-runs/`.

    A damaged file is passed over with a warning while another one is at hand.
    Raises FileNotFoundError where there is none, BadFile, naming the files, where none is the published one.
    """
    candidates = [folder / name for folder in places.data_folders() for name in PLACES]
    return committed.first_right(
        filter(os.path.isfile, candidates),
        read,
        kind="file",
        missing=f"{ARCHIVE} (Lake's twenty runs)",
        home=f"data/lake-runs, and {URL}",
    )


def read(path: Path) -> TwentyRuns:
    """The twenty runs in the archive `path`, which is read in memory, by names of our own: nothing is extracted.

    Its digest is looked at before anything is unpacked, so what a stranger has packed is never opened.
    Raises BadFile, naming the file, when it is not the published one.
    """
    content = _checked(path)
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            support = _bitmaps(archive, path, "training/class")  # [20, 20, 105, 105] uint8
            query = _bitmaps(archive, path, "test/item")
            labels = [_labels(archive, run) for run in _numbers(RUNS)]
    except (KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadFile(f"{path} is not as it was published ({error}): {_remedy()}") from error
    return TwentyRuns(
        _shrunk(support),
        _shrunk(query),
        torch.tensor(labels),
        torch.from_numpy(support > 127),
        torch.from_numpy(query > 127),
    )


def episodes(runs: TwentyRuns, *, queries_alone: bool = False) -> Iterator[Episode]:
    """The runs as 20-way 1-shot episodes, for `evaluate`: its accuracies are those of the runs, in order.

    Yields one Episode of 20 tasks: support_x [20, 20, 1, 28, 28], query_x [20, 20, 1, 28, 28] float32 in 0 … 1.
    The queries of a run are one of each class. Nobody who answered one was told so: a method that looks at each query
    alone (a network in evaluation mode, `maml.predict` with `transductive=False`) cannot use it. With `queries_alone`
    no method can: each query is an episode of its own, so there come 20 Episodes, one a run, of 20 tasks with one
    query; `evaluate(…).view(20, 20).mean(1)` are then the runs' accuracies.
    """
    support_x, query_x = runs.support.float() / 255, runs.query.float() / 255
    support_y = torch.arange(WAYS).expand(RUNS, -1)  # [20, 20]: the number of the candidate
    if not queries_alone:
        yield Episode(support_x, support_y, query_x, runs.labels)
        return
    for run in range(RUNS):
        same = support_x[run].expand(WAYS, *support_x[run].shape)  # one candidate set for the 20 tasks
        yield Episode(same, support_y, query_x[run].unsqueeze(1), runs.labels[run].unsqueeze(1))


def _checked(path: Path) -> bytes:
    """The bytes of the archive. Raises BadFile unless it is the published one, to the last bit."""
    try:
        with path.open("rb") as file:
            content = file.read(BYTES + 1)  # a file of any size may have this name
    except OSError as error:
        raise BadFile(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    found = hashlib.sha256(content).hexdigest()
    if found != DIGEST:
        size = f"more than {BYTES:,}" if len(content) > BYTES else f"{len(content):,}"
        raise BadFile(
            f"{path} is not the published archive of {BYTES:,} bytes (it has {size} bytes, digest {found[:12]} where "
            f"{DIGEST[:12]} is expected): {_remedy()}"
        )
    return content


def _remedy() -> str:
    return f"delete it, or put {ARCHIVE} from {URL} in its place; in a checkout, `git checkout data/lake-runs`"


def _numbers(count: int) -> list[str]:
    return [f"{number:02d}" for number in range(1, count + 1)]


def _bitmaps(archive: zipfile.ZipFile, path: Path, kind: str) -> np.ndarray:
    """[20, 20, 105, 105] uint8, ink 255: the pictures of one kind of all runs."""
    names = [[f"run{run}/{kind}{item}.png" for item in _numbers(WAYS)] for run in _numbers(RUNS)]
    return np.stack(
        [[pictures.read_ink(archive.read(name), f"{path}: {name}", omniglot.SIZE) for name in row] for row in names]
    )


def _labels(archive: zipfile.ZipFile, run: str) -> list[int]:
    """The candidate, 0 … 19, of each of a run's queries, in the order of the queries."""
    lines = archive.read(f"run{run}/class_labels.txt").decode().splitlines()
    answers = dict(line.split() for line in lines)
    candidates = [f"run{run}/training/class{number}.png" for number in _numbers(WAYS)]
    return [candidates.index(answers[f"run{run}/test/item{number}.png"]) for number in _numbers(WAYS)]


def _shrunk(ink: np.ndarray) -> Tensor:
    """[20, 20, 105, 105] to [20, 20, 1, 28, 28] by the bank's own filter."""
    return torch.from_numpy(np.stack([[pictures.shrink(picture) for picture in run] for run in ink])).unsqueeze(2)
