"""The decision chart of notebook 08: a tree of questions, and at each leaf what was measured in such a case."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from matplotlib.axes import Axes

from metalib.course.kit.colours import QUIET, method_colour
from metalib.course.kit.figures import PAPER
from metalib.course.showdown.project import CHARACTERS, DIGITS, GLYPHS, Project, best, level, measured_in, study_of

SHIFTS = {CHARACTERS: "other characters", GLYPHS: "glyphs of fonts", DIGITS: "digits"}


class Leaf(NamedTuple):
    """The answers that lead to a case, the case, and the study that its arrow stands on."""

    path: tuple[str, ...]
    project: Project

    @property
    def study(self) -> str:
        return study_of(self.project)

    def words(self) -> str:
        """The best method with its accuracy, and which others this data cannot rank behind it."""
        found = measured_in(self.project)
        name, accuracy = best(found)
        others = [other for other in level(found) if other != name]
        said = f"{name}: {100 * accuracy.mean:.1f} ± {100 * accuracy.half_width:.1f} %"
        return f"{said}; level: {'; '.join(others)}" if others else said


NONE, SOME = "no network at hand", "networks that learned from characters at hand"
LEAVES = (
    Leaf((NONE, "no time to train"), Project(CHARACTERS, 5, 1, at_hand=False)),
    Leaf((NONE, "three minutes of two cores", "5-way 1-shot"), Project(CHARACTERS, 5, 1, False, 360)),
    Leaf((NONE, "three minutes of two cores", "20-way 1-shot"), Project(CHARACTERS, 20, 1, False, 360)),
    *(
        Leaf((SOME, SHIFTS[pictures], f"{n_way}-way {k_shot}-shot"), Project(pictures, n_way, k_shot, at_hand=True))
        for pictures, n_way, shots in ((CHARACTERS, 20, (1, 10)), (GLYPHS, 20, (1, 10)), (DIGITS, 10, (1, 32)))
        for k_shot in shots
    ),
)


def rows(leaves: Sequence[Leaf] = LEAVES) -> list[tuple[str, str, str]]:
    """The chart as a table: the way to each leaf, what was best there, and the study."""
    return [(", ".join(leaf.path), leaf.words(), f"`{leaf.study}`") for leaf in leaves]


def reading(leaves: Sequence[Leaf] = LEAVES) -> str:
    """The chart in words."""
    said = "; ".join(f"{path}: {words} ({study.strip('`')})" for path, words, study in rows(leaves))
    return f"a tree of questions that ends in the best measured method for each case. {said}."


def chart(ax: Axes, leaves: Sequence[Leaf] = LEAVES, *, title: str = "") -> Axes:
    """The tree from the left to the right, a leaf a row; each arrow to a leaf names its study."""
    places: dict[tuple[str, ...], list[int]] = {}
    for row, leaf in enumerate(leaves):
        for depth in range(len(leaf.path) + 1):
            places.setdefault(leaf.path[:depth], []).append(row)
    heights = {path: sum(of) / len(of) for path, of in places.items()}
    columns = (0.0, 1.0, 2.5, 3.5)
    for path, y in heights.items():
        x = columns[len(path)]
        if path:
            _arrow(ax, (columns[len(path) - 1], heights[path[:-1]]), (x, y))
        words = path[-1] if path else "What is there?"
        _box(ax, x, y, words.replace(SOME, "networks that\nlearned from\ncharacters at hand"))
    for y, leaf in enumerate(leaves):
        _leaf(ax, columns[len(leaf.path)], float(y), leaf)
    ax.set(xlim=(-0.5, 6.8), ylim=(len(leaves) - 0.4, -0.7), title=title)
    ax.set_axis_off()
    return ax


def _box(ax: Axes, x: float, y: float, words: str) -> None:
    frame = {"boxstyle": "round,pad=0.3", "facecolor": "white", "edgecolor": QUIET}
    ax.text(x, y, words, ha="center", va="center", fontsize=8, bbox=frame, zorder=3)


def _leaf(ax: Axes, x: float, y: float, leaf: Leaf) -> None:
    """The arrow with the study's name, the best method in its colour, its accuracy, and who is level."""
    found = measured_in(leaf.project)
    (name, accuracy), at = best(found), 4.75
    _arrow(ax, (x, y), (at - 0.08, y))
    ax.text((x + 0.42 + at) / 2, y - 0.1, leaf.study.replace("showdown-", ""), ha="center", va="bottom", fontsize=8)
    ax.plot(at + 0.03, y, "o", color=method_colour(name), markersize=9)
    others = [other for other in level(found) if other != name]
    words = f"{name}, {100 * accuracy.mean:.1f} %"
    ax.text(at + 0.15, y - 0.14 * bool(others), words, va="center", fontsize=8, weight="bold")
    if others:
        short = [other.removeprefix("classifier, ") for other in others]
        said = f"level: {'; '.join(short[:2])}{' …' if len(short) > 2 else ''}"
        ax.text(at + 0.15, y + 0.22, said, va="center", fontsize=8, color=QUIET)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "->", "color": QUIET, "shrinkA": 0, "shrinkB": 0, "linewidth": 1}
    ax.annotate("", xy=end, xytext=start, arrowprops=style, zorder=1)
    ax.set_facecolor(PAPER)
