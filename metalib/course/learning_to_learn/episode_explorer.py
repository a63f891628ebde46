"""Episode explorer: set up an episode, look at it, and see what a leak in the sampler is worth."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import ipywidgets

from metalib import baselines
from metalib.course.kit import plots
from metalib.course.kit.audit import Findings, audit
from metalib.course.kit.old_widget import Widget, badge, bar, data_url, script, sheet
from metalib.course.learning_to_learn.leaks import Leaks, leaky_draw, memoriser_accuracy
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, gather
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.runtime import seeded

N_EPISODES = 100
AUDITED_PICTURES = 4000  # of large episodes fewer are audited, so that an answer takes no longer than 150 ms
PIXELS, MEMORISER = "pixel neighbours", "memoriser"
ALL = "all alphabets"


@dataclass(frozen=True)
class ExplorerState:
    """The settings of the controls, and which of the 100 episodes is shown; `alphabet` None means all."""

    alphabet: str | None = None
    n_way: int = 5
    k_shot: int = 1
    n_query: int = 5
    rotation: bool = False
    within_group: bool = False
    leaks: Leaks = field(default_factory=Leaks)
    shown: int = 0

    @property
    def spec(self) -> EpisodeSpec:
        return EpisodeSpec(self.n_way, self.k_shot, self.n_query, self.within_group)


@dataclass(frozen=True)
class Look:
    """What one setting gives: the 100 episodes as a draw, two scores, and the auditor's findings."""

    bank: ClassBank
    draw: Draw
    pixels: Interval
    memoriser: Interval
    findings: Findings
    n_audited: int


class Explorer:
    """The state turned into results. Equal seeds and settings give equal results."""

    def __init__(self, bank: ClassBank, seed: int) -> None:
        self.bank, self.seed = bank, seed
        self._looks = lru_cache(maxsize=16)(self._look)  # "another episode" then has nothing left to count

    @lru_cache(maxsize=4)  # noqa: B019  the bank is kept as long as the widget is
    def bank_of(self, alphabet: str | None, rotation: bool) -> ClassBank:
        """The bank that episodes are drawn from: one alphabet or all, with or without the turned classes."""
        bank = self.bank if alphabet is None else self.bank.select_groups([alphabet])
        return bank.rotated() if rotation else bank

    def problem(self, state: ExplorerState) -> str | None:
        """Why there is no such episode, in words, or None."""
        k, q, n = state.k_shot, state.n_query, state.n_way
        needed, there = k + q, self.bank.n_drawings
        if needed > there:
            return (
                f"{k} support and {q} query pictures make {needed}, and there are {there} drawings of each character: "
                "take fewer shots or fewer queries."
            )
        bank = self.bank_of(state.alphabet, state.rotation)
        most = int(bank.group_ids.bincount().max()) if state.within_group else bank.n_classes
        if n > most:
            where = state.alphabet or ("the largest alphabet" if state.within_group else "this bank")
            other = "all alphabets" if state.alphabet else "characters of several alphabets"
            return f"{n}-way needs {n} characters, and {where} has {most}: take fewer ways, or {other}."
        return None

    def look(self, state: ExplorerState) -> Look:
        """The results for a state without a problem."""
        return self._looks(replace(state, shown=0))

    def _look(self, state: ExplorerState) -> Look:
        bank, spec = self.bank_of(state.alphabet, state.rotation), state.spec
        draw = leaky_draw(bank, spec, state.leaks, N_EPISODES, generator=seeded(self.seed))
        chunk = max(1, 1000 // (spec.n_way * (spec.k_shot + spec.n_query)))  # keeps the float pictures in the cache
        parts = [Draw(*(f[i : i + chunk] for f in draw)) for i in range(0, N_EPISODES, chunk)]
        pixels = evaluate(baselines.pixel_neighbour, (gather(bank, spec, part) for part in parts))
        memoriser = memoriser_accuracy(bank, spec, draw)
        audited = max(10, AUDITED_PICTURES // (spec.n_way * (spec.k_shot + spec.n_query)))
        findings = audit(bank, gather(bank, spec, Draw(*(f[:audited] for f in draw))))
        n_audited = min(audited, N_EPISODES)
        return Look(bank, draw, mean_interval(pixels), mean_interval(memoriser), findings, n_audited)

    def shown(self, state: ExplorerState) -> tuple[Episode, list[int]]:
        """The episode that is looked at, and the class numbers of its labels."""
        look, one = self.look(state), slice(state.shown, state.shown + 1)
        draw = Draw(look.draw.classes[one], look.draw.drawings[one])
        return gather(look.bank, state.spec, draw).task(0), draw.classes[0].tolist()


class Sheet(Widget):
    """The episode and the scores, drawn."""

    _esm, _css = script(__file__), sheet(__file__)


class EpisodeExplorer(ipywidgets.VBox):
    """Controls, an episode, two scores over 100 episodes with their intervals, and what the auditor finds.

    bank  whole alphabets, such as the evaluation part of a bank
    """

    def __init__(self, bank: ClassBank, *, seed: int = 0) -> None:
        self.explorer, self.state = Explorer(bank, seed), ExplorerState()
        self.sheet = Sheet({"another": self.another})
        self.controls = _controls(bank)
        for name, control in self.controls.items():
            control.observe(lambda change, name=name: self.set(name, change["new"]), names="value")
        super().__init__([*_rows(self.controls), self.sheet])
        self._draw()

    def set(self, name: str, value: Any) -> None:
        """Set one control's part of the state; a leak by its name in `Leaks`."""
        if name in Leaks.__dataclass_fields__:
            self.state = replace(self.state, leaks=replace(self.state.leaks, **{name: value}), shown=0)
        else:
            changed: dict[str, Any] = {name: None if value == ALL else value, "shown": 0}
            self.state = replace(self.state, **changed)
        self._draw()

    def another(self) -> None:
        """Show the next of the 100 episodes."""
        self.state = replace(self.state, shown=(self.state.shown + 1) % N_EPISODES)
        self._draw()

    def twin(self) -> plots.Figure:
        """The episode and the scores as a figure. Raises ValueError for a state of which there is no episode."""
        if problem := self.explorer.problem(self.state):
            raise ValueError(problem)
        look, (task, classes) = self.explorer.look(self.state), self.explorer.shown(self.state)
        figure = plots.plt.figure(figsize=(8, 1.2 + 0.5 * self.state.n_way), layout="constrained", facecolor="white")
        above, below = figure.subplots(2, 1, height_ratios=[self.state.n_way, 1.6])
        plots.episode(above, task, names=[look.bank.names[c] for c in classes], title=str(self.state.spec))
        plots.intervals(below, [(PIXELS, look.pixels), (MEMORISER, look.memoriser)], chance=1 / self.state.n_way)
        return figure

    def _draw(self) -> None:
        self.sheet.view = view(self.explorer, self.state)


def view(explorer: Explorer, state: ExplorerState) -> dict[str, Any]:
    """All that the script draws: a function of the state."""
    settings = {name: getattr(state, name) for name in ("alphabet", "n_way", "k_shot", "n_query", "rotation", "shown")}
    settings |= {"within_group": state.within_group, **vars(state.leaks)}
    if problem := explorer.problem(state):
        return {"state": settings, "problem": problem, "status": ""}
    look, (task, classes) = explorer.look(state), explorer.shown(state)
    support = task.support_x.split(state.k_shot)  # N of [K, 1, H, W]
    query = task.query_x.split(state.n_query)
    rows = [
        {
            "badge": badge(label, str(label)),
            "name": look.bank.names[c],
            "number": c,
            "support": data_url(support[label]),
            "query": data_url(query[label]),
        }
        for label, c in enumerate(classes)
    ]
    found = [(f"{f.kind}, in {f.tasks} of {look.n_audited} tasks", f.message) for f in look.findings]
    chance = f"{100 / state.n_way:.0f} %"
    return {
        "state": settings,
        "problem": "",
        "rows": rows,
        "k_shot": state.k_shot,
        "n_query": state.n_query,
        "n_classes": look.bank.n_classes,
        "bars": [bar(PIXELS, look.pixels), bar(MEMORISER, look.memoriser)],
        "chance": 1 / state.n_way,
        "note": "The memoriser knows the class number of each query, and looks at no support picture.",
        "caption": f"Accuracy over {N_EPISODES} such episodes with its 95 % interval; dashed: chance, {chance}",
        "findings": [{"kind": kind, "message": message} for kind, message in found],
        "scope": look.findings.scope,
        "status": f"Episode {state.shown + 1} of {N_EPISODES}",
    }


def _controls(bank: ClassBank) -> dict[str, Any]:
    alphabets = [(ALL, ALL), *((group, group) for group in dict.fromkeys(bank.groups))]
    style, wide = {"description_width": "auto"}, ipywidgets.Layout(width="auto", margin="2px 18px 2px 0")

    def slider(text: str, value: int, low: int, high: int) -> ipywidgets.IntSlider:
        layout = ipywidgets.Layout(width="285px", margin="2px 18px 2px 0")
        return ipywidgets.IntSlider(
            value, low, high, description=text, continuous_update=False, style=style, layout=layout
        )

    def box(text: str, tooltip: str) -> ipywidgets.Checkbox:
        return ipywidgets.Checkbox(False, description=text, indent=False, tooltip=tooltip, layout=wide)

    layout = ipywidgets.Layout(width="330px", margin="2px 18px 2px 0")
    return {
        "alphabet": ipywidgets.Dropdown(options=alphabets, description="Alphabet", style=style, layout=layout),
        "n_way": slider("N, ways", 5, 2, 20),
        "k_shot": slider("K, shots", 1, 1, 10),
        "n_query": slider("Queries a class", 5, 1, 15),
        "rotation": box("rotations by 90° as new classes", "each turn of a character is a class of its own"),
        "within_group": box("all N from one alphabet", "the classes of an episode come from one alphabet"),
        "support_in_query": box("support picture is asked again", "the first query is the first support picture"),
        "repeated_class": box("a class is drawn twice", "the last label stands for the class of label 0 again"),
        "ascending_labels": box("labels in ascending class order", "label 0 is the lowest class number, and so on"),
    }


def _rows(controls: dict[str, Any]) -> list[ipywidgets.Widget]:
    def row(*names: str, head: str = "") -> ipywidgets.HBox:
        label = [ipywidgets.Label(head, layout=ipywidgets.Layout(margin="2px 10px 2px 0"))] if head else []
        items = [*label, *(controls[name] for name in names)]
        return ipywidgets.HBox(items, layout=ipywidgets.Layout(flex_flow="row wrap", align_items="center"))

    return [
        row("alphabet", "rotation", "within_group"),
        row("n_way", "k_shot", "n_query"),
        row("support_in_query", "repeated_class", "ascending_labels", head="Leaks:"),
    ]
