"""The course's widgets as their notebooks make them, with what `drag_times.py` moves in each."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial

from made_grid import made_episode, made_grid
from stage import Stage

from metalib import baselines, maml, models, protonet
from metalib.banks import omniglot, split
from metalib.course.draw_your_own.widgets import DrawYourOwn
from metalib.course.fair_play.widgets import Neighbours
from metalib.course.kit.estimate import Estimate
from metalib.course.kit.ordering import Ordering
from metalib.course.kit.question import Question
from metalib.course.kit.study import read
from metalib.course.kit.widget import Widget
from metalib.course.learning_to_learn.widgets import BeatTheMachine, EpisodeExplorer
from metalib.course.maml_omniglot.widgets import InnerStepScrubber
from metalib.course.maml_sinusoids.sinusoid_laboratory import Start
from metalib.course.maml_sinusoids.widgets import Plane, SinusoidLaboratory
from metalib.course.prototypical_networks.study_prototypical_atlas import read_atlas
from metalib.course.prototypical_networks.widgets import EmbeddingAtlas, SupportPlane
from metalib.course.rapid_fine_tuning.widgets import AdaptationCurves
from metalib.course.reptile.widgets import ReptilePlane
from metalib.course.showdown.widgets import HeatMap
from metalib.course.start_here.widgets import FiveCards
from metalib.training import checkpoints

Work = Callable[[Stage], list[float]]


@cache
def whole():
    """Omniglot. Raises ValueError where there is none."""
    found = omniglot.find()
    if found is None:
        raise ValueError("the times are of the course's own data: `metalib data fetch` first")
    return found


@cache
def bank():
    """Omniglot's evaluation alphabets."""
    return omniglot.evaluation(whole())


@cache
def network():
    """The course's prototypical network."""
    return checkpoints.load("protonet")[0]


def five_cards() -> Widget:
    return FiveCards(bank(), network(), seed=15)


def question() -> Widget:
    return Question("How many?", [("one", "It is one more."), ("two", "Two."), ("three", "Count again.")], 1)


def estimate() -> Widget:
    return Estimate("How many?", 12, within=2, too_low="More.", near="Yes.", too_high="Fewer.")


def ordering() -> Widget:
    return Ordering("Which order?", [f"line {i} = {'x' * 40}" for i in range(8)], "Each in its place.", code=True)


def beat_the_machine() -> Widget:
    machines = {"pixel neighbours": baselines.pixel_neighbour, "untrained conv4": baselines.untrained_centroid}
    machines["prototypical network"] = lambda episodes: protonet.predict(network(), episodes)
    return BeatTheMachine(machines, seed=1)


def scrubber() -> Widget:
    start = checkpoints.load("maml")[0]
    return InnerStepScrubber({"MAML's start": start, "untrained": models.conv4(n_out=5).eval()}, bank(), seed=1)


def laboratory() -> Widget:
    nets = {
        name: checkpoints.load(f"sinusoids-{word}")[0] for name, word in (("MAML", "maml"), ("joint training", "joint"))
    }
    untrained = models.mlp()
    starts = {name: Start(dict(net.named_parameters()), 0.01) for name, net in nets.items()}
    return SinusoidLaboratory(untrained, {**starts, "random start": Start(dict(untrained.named_parameters()), 0.02)})


def neighbours() -> Widget:
    network = checkpoints.load("maml-published-paper")[0]
    logits = partial(maml.logits, network, dict(network.named_parameters()), inner_lr=0.4, inner_steps=3)
    return Neighbours(logits, partial(logits, transductive=False), split(whole(), "paper").evaluation)


def heat_map() -> Widget:
    grid = made_grid()
    return HeatMap(grid, dict.fromkeys(grid.of_bank, made_episode()))


def keys(selector: str, *keys: str) -> Work:
    return lambda stage: stage.keys(selector, *keys)


def slide(key: str, *keys: str) -> Work:
    """The slider of `key`, by arrow keys: a drag of a slider with few stops gives the same events, but fewer."""
    return lambda stage: stage.keys(f"[data-set={key}]", *(keys or ("ArrowRight", "ArrowLeft")))


def drag(selector: str, dx: float, dy: float) -> Work:
    return lambda stage: stage.drag(selector, dx, dy)


def start_and_answer(stage: Stage) -> list[float]:
    """Begin the round, and answer with Enter: each answer is a new question."""
    return stage.keys(".metalib-button", "Enter", times=30)


# name, how it is made, what is done in words, and the doing
WORKED: list[tuple[str, Callable[[], Widget], str, Work]] = [
    ("question", question, "an arrow key", keys("input", "ArrowDown")),
    ("estimate", estimate, "a digit typed", keys("input", "1", "Backspace")),
    ("ordering", ordering, "a line, by arrow key", keys("[data-way=down]", "ArrowDown", "ArrowUp")),
    ("five cards", five_cards, "an arrow key on a card", keys(".metalib-card", "ArrowRight")),
    ("episode explorer", lambda: EpisodeExplorer(bank()), "the ways", slide("n_way")),
    ("beat the machine", beat_the_machine, "answers by key", start_and_answer),
    (
        "adaptation curves",
        lambda: AdaptationCurves(read("fine-tuning")),
        "the step size",
        slide("step_size"),
    ),
    ("the plane", Plane, "an optimum", drag("[data-handle=a]", 60, -50)),
    ("sinusoid laboratory", laboratory, "a point", drag("[data-handle]", 80, 0)),
    ("inner-step scrubber", scrubber, "the step size", slide("step_size")),
    ("Reptile's plane", ReptilePlane, "k", slide("stop")),
    ("support plane", SupportPlane, "a support point", drag("[data-handle='0']", 300, 150)),
    (
        "embedding atlas",
        lambda: EmbeddingAtlas(bank(), read_atlas(whole())),
        "the stage",
        slide("stage", "ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowRight"),
    ),
    ("neighbours", neighbours, "a picture put in and taken out", keys(".metalib-neighbour", "Enter")),
    ("draw your own", DrawYourOwn, "a stroke", drag(".metalib-sheet", 60, 40)),
    ("heat map", heat_map, "an arrow key", keys(".metalib-cell[tabindex='0']", "ArrowDown", "ArrowUp")),
]
