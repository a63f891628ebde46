"""Episode explorer: set up an episode, look at it, and see what a leak in the sampler is worth."""

from __future__ import annotations

import json
import zlib
from dataclasses import replace
from typing import Any

from matplotlib.font_manager import findfont, get_font
from torch import Tensor

from metalib.course.kit import plots
from metalib.course.kit.asking import AskingWidget
from metalib.course.kit.colours import method_colour
from metalib.course.kit.widget import badge, bundle, strip
from metalib.course.learning_to_learn.explorer import (
    MOST_QUERIES,
    MOST_SHOTS,
    MOST_WAYS,
    N_EPISODES,
    Explorer,
    ExplorerState,
    Look,
    listed,
)
from metalib.episodes import ClassBank
from metalib.evaluate import Interval

PIXELS, MEMORISER = "pixel neighbours", "memoriser"
N_ALPHABETS = 2  # of which the script has all drawings


class EpisodeExplorer(AskingWidget):
    """Controls, an episode, two scores over 100 episodes with their intervals, and what the auditor finds.

    bank  whole alphabets, such as the evaluation part of a bank; all classes with as many drawings
    The script deals every episode. It has the drawings of two alphabets and of the first episodes of all, and the
    results of the settings in `explorer.listed`; it asks Python for others.
    `state` is {"alphabet": 0 for all, 1 for the first, …, "n_way": …, "k_shot": …, "n_query": …, "rotation": 0 or 1,
    "within_group": 0 or 1, each leak by its name in `Leaks`: 0 or 1, "shown": which of the 100 episodes}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Episode explorer, a widget: run the cell to work with it. The picture beside it shows one episode."

    def __init__(self, bank: ClassBank, *, seed: int = 0) -> None:
        self.explorer = Explorer(bank, seed)
        first = ExplorerState()
        whole = smallest_alphabets(bank)
        possible = [state for state in listed(whole) if not self.explorer.problem(state)]
        numbers = {group: number for number, group in enumerate(self.explorer.alphabets)}
        data = {
            "seed": seed,
            "n_episodes": N_EPISODES,
            "n_drawings": bank.n_drawings,
            "most": {"n_way": MOST_WAYS, "k_shot": MOST_SHOTS, "n_query": MOST_QUERIES},
            "first": self.explorer.values(first),
            "alphabets": list(self.explorer.alphabets),
            "groups": [numbers[group] for group in bank.groups],
            "classes": {
                str(c): {"name": bank.names[c], "drawings": strip(in_8_shades(bank.images[c]))}
                for c in sorted(self._drawn(whole))
            },
            "whole": whole,
            "labels": [badge(label, str(label)) for label in range(MOST_WAYS)],
            "methods": [{"name": name, "colour": method_colour(name)} for name in (PIXELS, MEMORISER)],
            "results": {setting(self.explorer.values(state)): result(self.explorer.look(state)) for state in possible},
        }
        super().__init__(data=data, state=self.explorer.values(first))

    def reply(self, question: str) -> Any:
        """The results of a setting, or the pictures of one of its episodes."""
        what, values = question.split(" ", 1)
        state = self.explorer.state(json.loads(values))
        if problem := self.explorer.problem(state):
            raise ValueError(problem)
        return result(self.explorer.look(state)) if what == "results" else self._pictures(state)

    def twin(self) -> plots.Figure:
        """The episode and the scores as a figure. Raises ValueError for a state of which there is no episode."""
        state = self.explorer.state(self.state)
        if problem := self.explorer.problem(state):
            raise ValueError(problem)
        look, (task, classes) = self.explorer.look(state), self.explorer.shown(state)
        size = (7, 1.5 + 0.5 * state.n_way + 0.2 * len(look.findings))
        figure = plots.plt.figure(figsize=size, layout="constrained", facecolor="white")
        above, below = figure.subplots(2, 1, height_ratios=[state.n_way, 1.6])
        names = [_drawable(look.bank.names[c]) for c in classes]
        plots.episode(above, task, names=names, title=str(state.spec))
        plots.intervals(below, [(PIXELS, look.pixels), (MEMORISER, look.memoriser)], chance=1 / state.n_way)
        found = [f"{finding.kind}, in {finding.tasks} of {look.n_audited} tasks" for finding in look.findings]
        figure.supxlabel("\n".join(["The auditor says:", *(found or ["nothing found"])]), fontsize=9)
        return figure

    def _pictures(self, state: ExplorerState) -> list[dict[str, Any]]:
        """The classes of an episode: the name of each and its drawings, support before queries, turned as they are."""
        bank, draw = self.explorer.bank_of(state.alphabet, state.rotation), self.explorer.draw(state)
        classes, drawings = draw.classes[state.shown].tolist(), draw.drawings[state.shown].tolist()
        return [
            {"name": bank.names[c], "drawings": strip(in_8_shades(bank.images[c, chosen]))}
            for c, chosen in zip(classes, drawings, strict=True)
        ]

    def _drawn(self, whole: list[str]) -> set[int]:
        """The classes whose drawings the script has: of whole alphabets, and of the first episodes of all alphabets."""
        bank = self.explorer.bank
        drawn = {c for c, group in enumerate(bank.groups) if group in whole}
        first = ExplorerState()
        episodes = [(replace(first, n_way=n), shown) for n, shown in ((MOST_WAYS, 0), (5, 1))]
        episodes += [(replace(first, rotation=True), 0), (replace(first, within_group=True), 0)]
        for state, shown in episodes:
            if not self.explorer.problem(state):
                drawn |= {c % bank.n_classes for c in self.explorer.draw(state).classes[shown].tolist()}
        return drawn


def smallest_alphabets(bank: ClassBank) -> list[str]:
    """The two alphabets whose drawings take least room, of those with 20 characters where there are such."""
    sizes = {group: bank.groups.count(group) for group in dict.fromkeys(bank.groups)}
    enough = [group for group, size in sizes.items() if size >= min(MOST_WAYS, max(sizes.values()))]
    room = {g: len(zlib.compress(bank.select_groups([g]).images.cpu().numpy().tobytes(), 1)) for g in enough}
    return sorted(room, key=lambda group: room[group])[:N_ALPHABETS]


def in_8_shades(pictures: Tensor) -> Tensor:
    """uint8 pictures to look at, which take half the room."""
    return pictures.float().mul(7 / 255).round().mul(255 / 7).round().byte()


def _drawable(name: str) -> str:
    """A class's name without the signs that matplotlib's font lacks, as glyphs of other fonts have them."""
    known = get_font(findfont("DejaVu Sans")).get_charmap()
    return "".join(sign for sign in name if ord(sign) in known)


def setting(values: dict[str, int]) -> str:
    """A state's name in the list of results, whichever episode is shown. The script names it alike."""
    return " ".join(str(value) for name, value in values.items() if name != "shown")


def result(look: Look) -> dict[str, Any]:
    """The results of a setting as the script takes them."""
    found = [[f"{f.kind}, in {f.tasks} of {look.n_audited} tasks", f.message] for f in look.findings]
    scores = [_score(look.pixels), _score(look.memoriser)]
    return {"scores": scores, "findings": found, "scope": look.findings.scope}


def _score(interval: Interval) -> dict[str, Any]:
    places = {"mean": interval.mean, "low": interval.low, "high": interval.high}
    return {name: round(value, 5) for name, value in places.items()} | {"text": str(interval)}
