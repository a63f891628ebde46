"""Beat the machine: ten questions that people and machines are asked alike, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib.course.kit import plots
from metalib.course.kit.colours import method_colour
from metalib.course.kit.widget import Widget, bundle, strip
from metalib.course.learning_to_learn.plots import one_question
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, draw_indices, gather
from metalib.runtime import seeded

SEED = 20_173
ROUNDS = 3  # rounds of questions that "again" goes through; each takes some 55 kB


class Questions(NamedTuple):
    """T questions: `episodes` with one query each, and the class numbers [T, N] of their labels."""

    episodes: Episode
    classes: Tensor


def questions(bank: ClassBank, n_questions: int, n_way: int, *, seed: int) -> Questions:
    """Lake et al.'s (2015) one-shot question, `n_questions` times: N characters of one alphabet, one picture to place.

    Equal seeds give equal questions. Raises ValueError when no alphabet has N characters.
    """
    generator, spec = seeded(seed), EpisodeSpec(n_way, 1, 1, within_group=True)
    draw: Draw = draw_indices(bank, spec, n_questions, generator=generator)
    asked = torch.randint(n_way, (n_questions, 1), generator=generator)  # [T, 1]: the label of the query
    every = gather(bank, spec, draw)
    rows, device = torch.arange(n_questions)[:, None], bank.device
    query_x = every.query_x[rows.to(device), asked.to(device)]  # [T, 1, 1, H, W]
    return Questions(Episode(every.support_x, every.support_y, query_x, asked.to(device)), draw.classes)


class BeatTheMachine(Widget):
    """Ten 20-way questions for you, the same for the machines, and no word on right or wrong before the end.

    bank       whole alphabets that no machine was trained on
    machines   name -> Episode with a task axis T -> [T, Q] labels; the names of `plots.METHOD_COLOURS` have colours
    on_finish  called with (right answers, questions) when a round is finished for the first time
    `state` is {"round": which questions are asked, "started": whether any is shown, "answers": the labels so far}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Beat the machine, a widget: run the cell to answer ten questions. The picture beside it shows one of them."

    def __init__(
        self,
        bank: ClassBank,
        machines: Mapping[str, Callable[[Episode], Tensor]],
        *,
        n_questions: int = 10,
        n_way: int = 20,
        seed: int = SEED,
        on_finish: Callable[[int, int], None] | None = None,
    ) -> None:
        self.bank, self.on_finish = bank, on_finish
        self.rounds = [questions(bank, n_questions, n_way, seed=seed + number) for number in range(ROUNDS)]
        self._finished: set[int] = set()
        players = [{"name": name, "colour": method_colour(name)} for name in ("you", *machines)]
        rounds = [_round(bank, asked, machines) for asked in self.rounds]
        data = {"n_way": n_way, "players": players, "rounds": rounds, "kept": on_finish is not None}
        super().__init__(data=data, state={"round": 0, "started": False, "answers": []})
        self.observe(self._heard, names="state")

    def right(self) -> Tensor:
        """[answers] bool: which of your answers in this round are right."""
        truth = self.rounds[self.state["round"]].episodes.query_y[:, 0].cpu()  # [T]
        answers = torch.tensor(self.state["answers"], dtype=torch.long)
        return answers == truth[: len(answers)]

    def twin(self, question: int = 0) -> plots.Figure:
        """One question of the first round as a figure."""
        task = self.rounds[0].episodes.task(question)
        figure, ax = plots.canvas(8, 1.9)
        one_question(ax, task.query_x[0], task.support_x)
        return figure

    def _heard(self, _change: Any) -> None:
        """Tell `on_finish` of a round's end, once: who plays it again knows the answers."""
        number, right = self.state["round"], self.right()
        if len(right) < len(self.rounds[number].classes) or number in self._finished:
            return
        self._finished.add(number)
        if self.on_finish:
            self.on_finish(int(right.sum()), len(right))


def _round(
    bank: ClassBank, asked: Questions, machines: Mapping[str, Callable[[Episode], Tensor]]
) -> list[dict[str, Any]]:
    """The questions as the script takes them, each with its answer: the label, the class's name, what machines say."""
    episodes = asked.episodes
    with torch.no_grad():
        said = [machine(episodes)[:, 0].tolist() for machine in machines.values()]  # a list of T labels a machine
    found = []
    for number, classes in enumerate(asked.classes.tolist()):
        task = episodes.task(number)
        truth = int(task.query_y[0])
        pictures = strip(torch.cat([task.query_x, task.support_x]))  # the query comes first
        answers = [labels[number] for labels in said]
        found.append({"pictures": pictures, "truth": truth, "name": bank.names[classes[truth]], "machines": answers})
    return found
