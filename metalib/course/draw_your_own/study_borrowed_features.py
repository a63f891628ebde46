"""Notebook 09: whose features know emoji? Pixels, handwriting, other emoji, photographs, in the same tasks.

Exam D: five emoji, one drawing of each by one vendor, and one by another to be named. Each picture passes each
backbone as `FewShot` prepares it, and the nearest of five features answers; as they come, and at length 1.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor

from metalib.course.draw_your_own import emoji_tasks
from metalib.course.draw_your_own.exercise_unit_length import unit_length
from metalib.course.kit.exams import EXAM_D
from metalib.course.kit.study import Study
from metalib.evaluate import paired_interval
from metalib.few_shot import backbones
from metalib.few_shot.pictures import open_picture

PIXELS, META_TRAINED = "pixels", "emoji"
SETTINGS: dict[str, Any] = {
    "exam": str(EXAM_D),
    "backbones": [PIXELS, "omniglot", META_TRAINED, "photos"],
    "usual": {PIXELS: "plain", "omniglot": "plain", META_TRAINED: "plain", "photos": "unit length"},
}


def features_of(name: str, pictures: list[Any]) -> Tensor:
    """[M, D]: what the backbone makes of pictures; "pixels" are their own features, in 0 … 1."""
    if name == PIXELS:
        return emoji_tasks.pixels(pictures)
    return backbones.load(name).embed(map(open_picture, pictures))


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """A row for each backbone and length: accuracy, that of both halves, and paired differences.

    minus_emoji  to the network that was meta-trained on emoji      minus_plain  to the same features as they come
    Raises ValueError where the extra `photos` is not installed.
    """
    tasks = emoji_tasks.exam_d()
    found: dict[tuple[str, str], Tensor] = {}
    for name in settings["backbones"]:
        z = features_of(name, tasks.pictures)
        for length, features in (("plain", z), ("unit length", unit_length(z))):
            found[name, length] = emoji_tasks.accuracies(features, tasks.support, tasks.query)
    usual = found[META_TRAINED, settings["usual"][META_TRAINED]]
    rows = [
        {
            "backbone": name,
            "length": length,
            "accuracy": list(EXAM_D.interval(right)),
            "halves": {half: list(interval) for half, interval in EXAM_D.by_half(right).items()},
            "minus_emoji": list(paired_interval(right, usual)),
            "minus_plain": list(paired_interval(right, found[name, "plain"])),
        }
        for (name, length), right in found.items()
    ]
    return {"pictures": len(tasks.pictures), "rows": rows}


STUDY = Study(
    question="Five emoji, one drawing of each: pixels, or the features of a network that learned handwriting, other "
    "emoji, or photographs?",
    run=run,
    settings=SETTINGS,
)
