"""What the studies of notebook 09 found, as its text and its last table name it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from metalib.course.draw_your_own import studies

USUAL, ALONE = "one of each class", "one picture"  # the way that `FewShot.estimate` takes; leave-one-out
NAMED = {
    "pixels": "pixels",
    "omniglot": "the Omniglot network",
    "emoji": "the emoji network, meta-trained",
    "photos": "the frozen ImageNet network",
}
NETWORKS = {"protonet": "prototypical network", "classifier": "classifier, length 1"}
PICTURES = {"omniglot": "characters", "digits": "digits"}


def in_percent(interval: Sequence[Any]) -> str:
    """An accuracy in percent with its half-width; `interval` is as the studies have it: mean, low, high, …"""
    return f"{100 * interval[0]:.1f} ± {50 * (interval[2] - interval[1]):.1f} %"


def in_points(interval: Sequence[Any]) -> str:
    """A difference in points with its half-width and its sign."""
    return f"{100 * interval[0]:+.1f} ± {50 * (interval[2] - interval[1]):.1f} points".replace("-", "−")


def borrowed() -> dict[tuple[str, str], dict[str, Any]]:
    """(backbone, "plain" or "unit length") -> the row of the study `borrowed-features`."""
    return {(row["backbone"], row["length"]): row for row in studies.read("borrowed-features")["results"]["rows"]}


def ways(way: str, *, shots: int | None = None) -> list[dict[str, Any]]:
    """The rows of `honest-estimates` for a way to estimate; with `shots`, only those of so many pictures a class."""
    rows = studies.read("honest-estimates")["results"]["ways"]
    return [row for row in rows if row["way"] == way and shots in (None, row["shots"])]


def the_way(way: str, shots: int, *, bank: str = "digits", network: str = "classifier") -> dict[str, Any]:
    """One of these rows."""
    (row,) = (row for row in ways(way, shots=shots) if (row["bank"], row["network"]) == (bank, network))
    return row


def lowest_hold() -> float:
    """In how many tasks, at least, the interval of `FewShot.estimate` holds the truth: over all rows of the study."""
    return min(row["holds_the_truth"][0] for row in ways(USUAL))


def winners() -> list[dict[str, Any]]:
    """The rows of `honest-estimates` on the first of six."""
    return studies.read("honest-estimates")["results"]["winners"]


def alarms(promised: float) -> list[dict[str, Any]]:
    """The rows of `honest-estimates` on thresholds that promise this share of false alarms."""
    rows = studies.read("honest-estimates")["results"]["alarms"]
    return [row for row in rows if row["promised"] == promised]


def probabilities(shots: int) -> list[dict[str, Any]]:
    """The rows of `honest-estimates` on what probabilities say, with so many pictures of each class."""
    return [row for row in studies.read("honest-estimates")["results"]["probabilities"] if row["shots"] == shots]


Measured = tuple[str, str, str]


def rows() -> list[Measured]:
    """The rows of *What we measured*: what, beside what, and how much."""
    found = [
        (f"exam D, {NAMED[name]}{', at length 1' * (name == 'photos')}", NAMED["emoji"], in_points(row["minus_emoji"]))
        for (name, length), row in borrowed().items()
        if length == ("unit length" if name == "photos" else "plain") and name != "emoji"
    ]
    gain = borrowed()["photos", "unit length"]["minus_plain"]
    found.append(("exam D, the ImageNet network's features at length 1", "as they come", in_points(gain)))
    for way, name in ((ALONE, "leaving out one picture"), (USUAL, "leaving out one of each class")):
        for beside, minus in (("off", "the truth with both"), ("off_from_fewer", "the truth with one")):
            row = the_way(way, 2)
            found.append((f"{name}, two digits a class", minus, in_points(row[beside])))
    (first,) = (row for row in winners() if (row["bank"], row["shots"]) == ("digits", 2))
    found.append(
        ("the figure of the first of six, two digits a class", "the truth with one", in_points(first["too_good"]))
    )
    return found
