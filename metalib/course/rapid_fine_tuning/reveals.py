"""What notebook 02 says once a prediction was made: tables of its stored studies, and what they mean."""

from __future__ import annotations

from typing import Any

from metalib.course.kit import results
from metalib.course.kit.reveal import say
from metalib.course.kit.tables import table
from metalib.course.rapid_fine_tuning import studies
from metalib.course.rapid_fine_tuning.study_fine_tuning_from_scratch import (
    FROZEN,
    MAX_POOL,
    PRETRAINED,
    SAME,
    STEPS_TAKEN,
)
from metalib.course.rapid_fine_tuning.study_simple_shot import BOTH, BOTH_TRAINING, LENGTH
from metalib.course.rapid_fine_tuning.study_twenty_ways import CENTROID, SIMPLE_SHOT
from metalib.evaluate import Interval, paired_interval

SAID = {FROZEN: FROZEN.replace("frozen at 0 and 1", "as initialised, with mean 0 and variance 1")}


def _chosen(row: dict[str, Any]) -> str:
    return f"{row['step_size']:g}, {row['steps']}" if "steps" in row else "–"


def _range(rows: list[dict[str, Any]], what: str) -> str:
    """From the least to the most that the steps gained over `what`, whole points."""
    means = [100 * row["steps_minus_it"][0] for row in rows if row["what"] == what]
    return f"{min(means):+.0f} to {max(means):+.0f}"


def from_scratch() -> None:
    """Steps from a random start, beside networks that take none."""
    study = studies.read("fine-tuning-from-scratch")
    rows, settings = study["results"]["rows"], study["settings"]
    first = {row["what"]: row for row in rows if row["seed"] == settings["seeds"][0]}
    table(
        ("what", "accuracy, first random start", "the steps minus it, points"),
        *(
            (
                SAID.get(what, what),
                str(Interval(*first[what]["accuracy"])),
                "–" if what == STEPS_TAKEN else _range(rows, what),
            )
            for what in (STEPS_TAKEN, SAME, FROZEN, MAX_POOL, PRETRAINED)
        ),
        note=f"Omniglot, {settings['tasks']} tasks, as stored; α and steps chosen on validation classes. Last column: "
        f"from the least to the most of {len(settings['seeds'])} random starts.",
    )
    say(
        "The steps do gain: in each of the random starts they are ahead of the same network under the same batch norm. "
        "But most of that makes up for a batch norm of six pictures: with the mean 0 and the variance 1 that it was "
        "initialised with, the untrained network is about as good without a step. The form of the network says more "
        "than the steps, and the old classes say more than everything else."
    )


def steps_gain() -> None:
    """How much of exam A is in the features, and how much in the steps; as stored, on Omniglot."""
    names = ("untrained conv4", "pre-trained classifier", "fine-tuned classifier")
    untrained, centroid, tuned = (results.accuracies(name, "A", bank="Omniglot") for name in names)
    gains = [paired_interval(*pair).points() for pair in ((centroid, untrained), (tuned, centroid))]
    say(
        f"On Omniglot, as stored: pre-trained features gain {gains[0]} over untrained ones, by the nearest centroid. "
        f"Five steps on all weights gain {gains[1]} on top of that. Training the head alone gains as much. What one "
        "does with five pictures changes little, where the features are good."
    )


def two_lines() -> None:
    """What SimpleShot's two lines are worth, one by one, and what to begin with."""
    rows = studies.read("simple-shot")["results"]["rows"]
    network = rows[0]["network"]
    gains = {
        row["features"]: Interval(*row["minus_plain"]).points()
        for row in rows
        if (row["network"], row["exam"]) == (network, "A")
    }
    say(
        f"On Omniglot, as stored: the length alone gains {gains[LENGTH]}, both lines {gains[BOTH]}. With the "
        f"mean of classes that the network was trained on, as in the paper, it is {gains[BOTH_TRAINING]}. The mean "
        "alone changes no distance, and so no answer.\n\n"
        "For a project of your own, with one picture a class: begin with a frozen network that was trained on "
        "something like your data, the nearest centroid, and these two lines. There is nothing to tune. Gradient steps "
        "come after that, if the paired difference on other classes says that they gain."
    )


def batch_norm() -> None:
    """All layers fine-tuned under the four uses of batch norm."""
    study = studies.read("fine-tuning")
    rows, settings = study["results"]["batch_norm"], study["settings"]
    table(
        ("batch norm", "α, steps", "accuracy", "minus frozen"),
        *(
            (
                f"{number}. {row['mode']}",
                _chosen(row),
                str(Interval(*row["accuracy"])),
                "–" if number == 1 else Interval(*row["minus_frozen"]).points(),
            )
            for number, row in enumerate(rows, 1)
        ),
        note=f"Omniglot, the first {settings['episodes']} episodes of exam A, all layers; α and steps chosen on "
        "validation classes.",
    )
    say(
        "The gap is between the use that sees all queries and those that see one. They answer different questions, and "
        "a table that compares methods has to say which one it asked. That 1 to 3 cannot be told apart was measured on "
        "characters that look like the old ones; pictures of another kind may not fit frozen statistics."
    )


def trained_on_tasks() -> str:
    """What SimpleShot gains over the nearest centroid of the network that was trained on tasks, exam by exam."""
    gains = [
        f"{Interval(*row['minus_plain']).points()} on exam {row['exam']}"
        for row in studies.read("simple-shot")["results"]["rows"]
        if (row["network"], row["features"]) == ("prototypical network", BOTH)
    ]
    return ", ".join(gains)


def shots() -> None:
    """Twenty classes of one alphabet, with one and with five pictures of each."""
    beside, more = studies.read("twenty-ways"), studies.read("fine-tuning-shots")
    one = [row for row in beside["results"]["rows"] if row["k_shot"] == 1]
    several = [row for row in (*more["results"]["rows"], *beside["results"]["rows"]) if row["k_shot"] > 1]
    several.sort(key=lambda row: [each["method"] for each in one].index(row["method"]))
    table(
        ("pictures a class", "method", "α, steps", "accuracy", "minus centroid", "minus SimpleShot"),
        *(
            (
                row["k_shot"],
                row["method"],
                _chosen(row),
                str(Interval(*row["accuracy"])),
                _difference(row, "minus_centroid", CENTROID),
                _difference(row, "minus_simple_shot", SIMPLE_SHOT) if row["k_shot"] == 1 else "–",
            )
            for row in (*one, *several)
        ),
        note="Omniglot, 20-way within one alphabet. One picture: exam B. Five: other tasks. Differences in points.",
    )


def _difference(row: dict[str, Any], name: str, other: str) -> str:
    return "–" if row["method"] == other else Interval(*row[name]).points()
