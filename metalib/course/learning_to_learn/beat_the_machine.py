"""Beat the machine: ten questions of the test that people sat, asked of you and of machines alike.

They are of exam C, Lake's twenty runs. At the end stand your ten answers beside the machines', what people and the
machines reach in all 400, and what the best machine misses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib.banks import twenty_runs
from metalib.banks.twenty_runs import RUNS, WAYS, TwentyRuns
from metalib.course.kit import plots
from metalib.course.kit.colours import method_colour
from metalib.course.kit.exams import EXAM_C, the_runs
from metalib.course.kit.published import PUBLISHED
from metalib.course.kit.sat import Sat
from metalib.course.kit.widget import Widget, bar, bundle, strip
from metalib.course.learning_to_learn.plots import one_question
from metalib.episodes import Episode
from metalib.runtime import seeded

SEED = 20_173
ROUNDS = 3  # rounds of questions that "again" goes through; each takes some 55 kB
SHOWN = 24  # of the questions that the best machine misses
PIXELS = "The test's drawings have 105 × 105 pixels. You see 28 × 28, as the machines do."
Machine = Callable[[Episode], Tensor]


class Questions(NamedTuple):
    """T questions: `episodes` with one query each, and where each is from: the run and the item [T], from 0."""

    episodes: Episode
    run: Tensor
    item: Tensor


def rounds(runs: TwentyRuns, n_rounds: int, n_questions: int, *, seed: int) -> list[Questions]:
    """Questions of the twenty runs: in a round each of another run, and none in two rounds.

    Equal seeds give equal questions. Raises ValueError for more questions than runs, or more rounds than items.
    """
    if n_questions > RUNS or n_rounds > WAYS:
        raise ValueError(
            f"{n_rounds} rounds of {n_questions} questions: there are {RUNS} runs of {WAYS} items, so take at most "
            f"{WAYS} rounds of {RUNS}"
        )
    generator = seeded(seed)
    items = torch.rand(RUNS, WAYS, generator=generator).argsort(dim=1)  # [runs, rounds]
    found = []
    for number in range(n_rounds):
        run = torch.randperm(RUNS, generator=generator)[:n_questions]
        item = items[run, number]
        support_y = torch.arange(WAYS).expand(n_questions, -1)
        query_x, query_y = runs.query[run, item].unsqueeze(1).float() / 255, runs.labels[run, item].unsqueeze(1)
        found.append(Questions(Episode(runs.support[run].float() / 255, support_y, query_x, query_y), run, item))
    return found


class BeatTheMachine(Widget):
    """Ten questions of exam C for you, the same for the machines, and no word on right or wrong before the end.

    machines   name -> Episode with a task axis T -> [T, Q] labels, each query by itself; the names of
               `colours.METHOD_COLOURS` have colours. None of them has learned from the evaluation alphabets
    device     where the machines compute
    on_finish  called with what was asked and which answers are right, when a round is finished for the first time
    `state` is {"round": which questions are asked, "started": whether any is shown, "answers": the labels so far}.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Beat the machine, a widget: run the cell to answer ten questions. The picture beside it shows one of them."

    def __init__(
        self,
        machines: Mapping[str, Machine],
        *,
        device: torch.device | str = "cpu",
        n_questions: int = 10,
        seed: int = SEED,
        on_finish: Callable[[Sat], None] | None = None,
    ) -> None:
        runs, self.on_finish = the_runs(), on_finish
        self.rounds = rounds(runs, ROUNDS, n_questions, seed=seed)
        self._finished: set[int] = set()
        said = {name: answers(machine, runs, device) for name, machine in machines.items()}
        data = {
            "n_way": WAYS,
            "players": [{"name": name, "colour": method_colour(name)} for name in ("you", *machines)],
            "rounds": [_round(asked, list(said.values())) for asked in self.rounds],
            "all": _in_all(runs, said),
            "rival": _rival(runs, said),
            "kept": on_finish is not None,
        }
        super().__init__(data=data, state={"round": 0, "started": False, "answers": []})
        self.observe(self._heard, names="state")

    def right(self) -> Tensor:
        """[answers] bool: which of your answers in this round are right."""
        truth = self.rounds[self.state["round"]].episodes.query_y[:, 0]  # [T]
        given = torch.tensor(self.state["answers"], dtype=torch.long)
        return given == truth[: len(given)]

    def twin(self, question: int = 0) -> plots.Figure:
        """One question of the first round as a figure."""
        task = self.rounds[0].episodes.task(question)
        figure, ax = plots.canvas(8, 1.9)
        one_question(ax, task.query_x[0], task.support_x)
        return figure

    def _heard(self, _change: Any) -> None:
        """Tell `on_finish` of a round's end, once: who plays it again knows the answers."""
        number, right = self.state["round"], self.right()
        if len(right) < len(self.rounds[number].run) or number in self._finished:
            return
        self._finished.add(number)
        if self.on_finish:
            asked = self.rounds[number]
            self.on_finish(Sat(asked.run, asked.item, right))


def answers(machine: Machine, runs: TwentyRuns, device: torch.device | str = "cpu") -> Tensor:
    """[runs, items]: the label that `machine` gives to each query of the test."""
    [episodes] = twenty_runs.episodes(runs)
    with torch.no_grad():
        return machine(Episode(*(field.to(device) for field in episodes))).cpu()


def _round(asked: Questions, said: list[Tensor]) -> list[dict[str, Any]]:
    """The questions as the script takes them, each with its answer: the label, where it is from, what machines say."""
    found = []
    for number, (run, item) in enumerate(zip(asked.run.tolist(), asked.item.tolist(), strict=True)):
        task = asked.episodes.task(number)
        found.append(
            {
                "pictures": strip(torch.cat([task.query_x, task.support_x])),  # the query comes first
                "truth": int(task.query_y[0]),
                "name": _place(run, item),
                "machines": [int(labels[run, item]) for labels in said],
            }
        )
    return found


def _in_all(runs: TwentyRuns, said: Mapping[str, Tensor]) -> dict[str, Any]:
    """What people and machines reach in the whole test, best first, and what is to be said of it."""
    people = next(p for p in PUBLISHED if (p.who, p.exam) == ("people", EXAM_C.letter))
    rows = [bar(people.who, people.interval) | {"text": f"{100 * people.interval.mean:.1f} %, as published"}]
    for name, labels in said.items():
        accuracies = (labels == runs.labels).double().mean(dim=1)  # [runs]
        rows.append(bar(name, EXAM_C.interval(accuracies)))
    note = f"People missed {100 * people.errors:.1f} %, the {people.remark} ({people.source}). {PIXELS}"
    return {"total": EXAM_C.total, "bars": sorted(rows, key=lambda row: -row["mean"]), "note": note}


def _rival(runs: TwentyRuns, said: Mapping[str, Tensor]) -> dict[str, Any] | None:
    """The machine that misses fewest of all questions, and the first of those: the query, its choice, the right one."""
    if not said:
        return None
    name = min(said, key=lambda machine: int((said[machine] != runs.labels).sum()))
    missed = (said[name] != runs.labels).nonzero().tolist()
    shown = []
    for run, item in missed[:SHOWN]:
        chosen, right = int(said[name][run, item]), int(runs.labels[run, item])
        three = torch.stack([runs.query[run, item], runs.support[run, chosen], runs.support[run, right]])
        shown.append({"pictures": strip(three), "name": _place(run, item)})
    return {"name": name, "wrong": len(missed), "missed": shown}


def _place(run: int, item: int) -> str:
    return f"run {run + 1}, item {item + 1}"
