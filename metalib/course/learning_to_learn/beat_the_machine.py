"""Beat the machine: ten questions that people and machines are asked alike, each with its interval."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib.course.kit import plots
from metalib.course.kit.old_widget import Widget, bar, data_url, script, sheet
from metalib.course.learning_to_learn.plots import one_question
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, draw_indices, gather
from metalib.evaluate import Interval, wilson_interval
from metalib.runtime import seeded

SEED = 20_173


class Questions(NamedTuple):
    """T questions: `episodes` with one query each, and the class numbers [T, N] of their labels."""

    episodes: Episode
    classes: Tensor


@dataclass(frozen=True)
class QuizState:
    """Which questions are asked, and the labels answered so far; nothing is asked before it is `started`."""

    seed: int
    started: bool = False
    answers: tuple[int, ...] = ()


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
    on_finish  called once a round with (right answers, questions)
    """

    _esm, _css = script(__file__), sheet(__file__)
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
        self.bank, self.machines, self.on_finish = bank, dict(machines), on_finish
        self.n_questions, self.n_way = n_questions, n_way
        super().__init__({"start": self.start, "answer": self.answer, "again": self.again})
        self.state = QuizState(seed)
        self._ask()

    def start(self) -> None:
        """Show the first question."""
        self.state = replace(self.state, started=True)
        self.view = self._view()

    def answer(self, label: int, question: int | None = None) -> None:
        """Answer the question that is shown. `question`, its number, guards against a click that came too late."""
        number = len(self.state.answers)
        if not self.state.started or number == self.n_questions or question not in (None, number):
            return
        self.state = replace(self.state, answers=(*self.state.answers, label))
        self.view = self._view()
        if len(self.state.answers) == self.n_questions and self.on_finish:
            self.on_finish(int(self.right().sum()), self.n_questions)

    def again(self) -> None:
        """New questions, from the next seed."""
        self.state = QuizState(self.state.seed + 1, started=True)
        self._ask()

    def right(self) -> Tensor:
        """[answers] bool: which of your answers are right."""
        truth = self.questions.episodes.query_y[:, 0].cpu()
        return torch.tensor(self.state.answers, dtype=torch.long) == truth[: len(self.state.answers)]

    def scores(self) -> dict[str, Interval]:
        """You and each machine on these questions, best first, with Wilson intervals."""
        right = {"you": self.right(), **self._machines_right()}
        results = {name: wilson_interval(int(answers.sum()), self.n_questions) for name, answers in right.items()}
        return dict(sorted(results.items(), key=lambda item: -item[1].mean))

    def twin(self, question: int = 0) -> plots.Figure:
        """One question as a figure."""
        task = self.questions.episodes.task(question)
        figure, ax = plots.canvas(8, 1.9)
        one_question(ax, task.query_x[0], task.support_x)
        return figure

    def _ask(self) -> None:
        self.questions = questions(self.bank, self.n_questions, self.n_way, seed=self.state.seed)
        self.view = self._view()

    def _machines_right(self) -> dict[str, Tensor]:
        """name -> [T] bool, on the questions that you were asked."""
        episodes = self.questions.episodes
        with torch.no_grad():
            answers = {name: machine(episodes) for name, machine in self.machines.items()}
        return {name: (answer == episodes.query_y)[:, 0].cpu() for name, answer in answers.items()}

    def _view(self) -> dict[str, Any]:
        """All that the script draws: a function of the state."""
        number, total = len(self.state.answers), self.n_questions
        state = {"seed": self.state.seed, "started": self.state.started, "answers": self.state.answers}
        view = {"state": state, "total": total, "n_way": self.n_way, "machines": list(self.machines)}
        if not self.state.started:
            return view | {"stage": "ready"}
        if number < total:
            task = self.questions.episodes.task(number)
            return view | {
                "stage": "asking",
                "question": number,
                "query": data_url(task.query_x),
                "support": [data_url(picture) for picture in task.support_x],
            }
        right = int(self.right().sum())
        return view | {
            "stage": "done",
            "bars": [bar(name, result) for name, result in self.scores().items()],
            "chance": 1 / self.n_way,
            "missed": self._missed(),
            "status": f"You: {right} of {total} right.",
        }

    def _missed(self) -> list[dict[str, Any]]:
        """The questions that you got wrong, with your answer, the right one, and which machines had it right."""
        machines = self._machines_right()
        missed = []
        for number in (~self.right()).nonzero().flatten().tolist():
            task, classes = self.questions.episodes.task(number), self.questions.classes[number]
            yours, truth = self.state.answers[number], int(task.query_y[0])
            missed.append(
                {
                    "number": number + 1,
                    "query": data_url(task.query_x),
                    "yours": data_url(task.support_x[yours]),
                    "truth": data_url(task.support_x[truth]),
                    "name": self.bank.names[classes[truth]],
                    "machines": [name for name, correct in machines.items() if correct[number]],
                }
            )
        return missed
