"""What the episode explorer knows of a setting: the episodes, two scores over them, and what the auditor finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from typing import Any

from metalib import baselines
from metalib.course.kit.audit import Findings, audit
from metalib.course.learning_to_learn.leaks import Leaks, leaky_draw, memoriser_accuracy
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, gather
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.runtime import seeded

N_EPISODES = 100
AUDITED_PICTURES = 4000  # of large episodes fewer are audited, so that an answer takes no longer than 150 ms
MOST_WAYS, MOST_SHOTS, MOST_QUERIES = 20, 10, 15  # the ends of the sliders
LEAKS = tuple(Leaks.__dataclass_fields__)


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
        """Of one alphabet all classes come from one alphabet anyway."""
        return EpisodeSpec(self.n_way, self.k_shot, self.n_query, self.within_group and self.alphabet is None)


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
        self.alphabets = tuple(dict.fromkeys(bank.groups))
        self.look_at = lru_cache(maxsize=16)(self._look)  # "another episode" then has nothing left to count

    @lru_cache(maxsize=4)  # noqa: B019  the bank is kept as long as the widget is
    def bank_of(self, alphabet: str | None, rotation: bool) -> ClassBank:
        """The bank that episodes are drawn from: one alphabet or all, with or without the turned classes."""
        bank = self.bank if alphabet is None else self.bank.select_groups([alphabet])
        return bank.rotated() if rotation else bank

    def problem(self, state: ExplorerState) -> str | None:
        """Why there is no such episode, in words, or None. The widget's script says the same."""
        k, q, n = state.k_shot, state.n_query, state.n_way
        needed, there = k + q, self.bank.n_drawings
        if needed > there:
            return (
                f"{k} support and {q} query pictures make {needed}, and there are {there} drawings of each character: "
                "take fewer shots or fewer queries."
            )
        bank, within = self.bank_of(state.alphabet, state.rotation), state.spec.within_group
        most = int(bank.group_ids.bincount().max()) if within else bank.n_classes
        if n > most:
            where = state.alphabet or ("the largest alphabet" if within else "this bank")
            other = "all alphabets" if state.alphabet else "characters of several alphabets"
            return f"{n}-way needs {n} characters, and {where} has {most}: take fewer ways, or {other}."
        return None

    def look(self, state: ExplorerState) -> Look:
        """The results for a state without a problem."""
        return self.look_at(replace(state, shown=0, within_group=state.spec.within_group))

    def draw(self, state: ExplorerState) -> Draw:
        """The 100 episodes of a state without a problem."""
        bank = self.bank_of(state.alphabet, state.rotation)
        return leaky_draw(bank, state.spec, state.leaks, N_EPISODES, generator=seeded(self.seed))

    def _look(self, state: ExplorerState) -> Look:
        bank, spec, draw = self.bank_of(state.alphabet, state.rotation), state.spec, self.draw(state)
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
        draw, one = self.draw(state), slice(state.shown, state.shown + 1)
        classes = draw.classes[one]
        task = gather(self.bank_of(state.alphabet, state.rotation), state.spec, Draw(classes, draw.drawings[one]))
        return task.task(0), classes[0].tolist()

    def values(self, state: ExplorerState) -> dict[str, int]:
        """The state as the widget's script has it: whole numbers; alphabet 0 means all, 1 the first."""
        fields = {name: int(value) for name, value in asdict(state).items() if name not in ("alphabet", "leaks")}
        alphabet = 0 if state.alphabet is None else 1 + self.alphabets.index(state.alphabet)
        return {"alphabet": alphabet, **fields} | {name: int(getattr(state.leaks, name)) for name in LEAKS}

    def state(self, values: dict[str, Any]) -> ExplorerState:
        """The state of such numbers. Raises ValueError for those beyond the controls' ends."""
        given = {name: int(value) for name, value in values.items()}
        ends = {"alphabet": len(self.alphabets), "n_way": MOST_WAYS, "k_shot": MOST_SHOTS, "n_query": MOST_QUERIES}
        for name, value in given.items():
            if not 0 <= value <= ends.get(name, N_EPISODES - 1):
                raise ValueError(f"{name} is {value}: the controls end at {ends.get(name, N_EPISODES - 1)}")
        return ExplorerState(
            alphabet=self.alphabets[given["alphabet"] - 1] if given["alphabet"] else None,
            n_way=given["n_way"],
            k_shot=given["k_shot"],
            n_query=given["n_query"],
            rotation=bool(given["rotation"]),
            within_group=bool(given["within_group"]),
            leaks=Leaks(**{name: bool(given[name]) for name in LEAKS}),
            shown=given["shown"],
        )


def listed(alphabets: list[str]) -> Iterator[ExplorerState]:
    """The settings whose results the widget's script has without asking Python.

    In all alphabets and in `alphabets`: each leak alone at 5-way 1-shot, and without a leak 5-way 5-shot, 20-way 1-shot
    and turned classes. In all alphabets also each leak alone in these, leaks together, and within one alphabet; 20-way
    5-shot; and every place of one slider while the others are as in the beginning.
    """
    first, alone = ExplorerState(), [Leaks(), *(Leaks(**{name: True}) for name in LEAKS)]
    together = [
        Leaks(*on) for on in ((True, True, False), (True, False, True), (False, True, True), (True, True, True))
    ]
    for alphabet in (None, *alphabets):
        here = replace(first, alphabet=alphabet)
        yield replace(here, rotation=True)
        yield from (replace(here, leaks=leaks) for leaks in alone)
        for n_way, k_shot in ((5, 5), (20, 1)):
            some = alone if alphabet is None else alone[:1]
            yield from (replace(here, n_way=n_way, k_shot=k_shot, leaks=leaks) for leaks in some)
    yield from (replace(first, leaks=leaks) for leaks in together)
    yield from (replace(first, rotation=True, leaks=leaks) for leaks in alone[1:])
    yield from (replace(first, within_group=True, leaks=leaks) for leaks in alone)
    yield replace(first, n_way=20, k_shot=5)
    yield from (replace(first, n_way=n) for n in range(2, MOST_WAYS) if n != first.n_way)
    yield from (replace(first, k_shot=k) for k in range(2, MOST_SHOTS + 1) if k != 5)
    yield from (replace(first, n_query=q) for q in range(1, MOST_QUERIES + 1) if q != first.n_query)
