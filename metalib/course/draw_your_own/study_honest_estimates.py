"""Notebook 09: how far a figure can be trusted that comes from a handful of pictures.

Tasks with a known truth: five classes of the evaluation alphabets, or five digits of the far bank, a few support
pictures of each, and queries that no learner would have, which tell what the classifier can do. Two networks of the
course see them, each with the head that suits it. Of the support pictures alone it is then said

`ways`           how good the classifier is, in six ways: bias, and how often the 95 % interval holds the truth
`factors`        the same on the *validation* alphabets, from which the interval's one free number was chosen
`probabilities`  how sure it is of each answer: is it right as often as it says?
`winners`        which of six is the best: how much too good is the figure of the first?
`alarms`         which pictures are none of the classes: are there as few false alarms as promised?

A truth is a share of 75 queries on Omniglot, and of 300 on the digits: an interval holds it if it comes within half a
query. All pictures pass the networks once; what follows is arithmetic.
"""

from __future__ import annotations

from typing import Any

from metalib.course.draw_your_own import honest_alarms, honest_probabilities, honest_ways, honest_winners
from metalib.course.draw_your_own.known_tasks import PIXELS, Arm, banks, features
from metalib.course.kit.study import Study
from metalib.few_shot import estimates

SETTINGS: dict[str, Any] = {
    "n_way": 5,
    "shots": [2, 3, 5],
    "tasks": 600,
    "tasks_to_compare": 300,
    "queries": {"omniglot": 15, "digits": 60},
    "seed": 15,
    "networks": {"protonet": "plain centroid", "classifier": "centroid"},
    "factors": [1.0, 1.25, 1.5, 2.0],
    "ways_to_choose": [2, 5, 10],
    "tasks_to_choose": 300,
    "false_alarms": [0.05, 0.1, 0.2],
}
TO_CHOOSE, MEASURED = "validation", ("omniglot", "digits")


def run(settings: dict[str, Any]) -> dict[str, Any]:
    """All of it."""
    of_bank = banks()
    seen = {(bank, network): features(of_bank[bank], network)
            for bank in of_bank for network in (*settings["networks"], PIXELS)}  # fmt: skip
    found: dict[str, Any] = {"shared": estimates.SHARED, "ways": [], "factors": [], "probabilities": [], "alarms": []}
    for network, head in settings["networks"].items():
        chosen = Arm(TO_CHOOSE, network, head)
        found["factors"] += honest_ways.factors(chosen, of_bank[TO_CHOOSE], seen[TO_CHOOSE, network], settings)
        for bank in MEASURED:
            arm, own = Arm(bank, network, head), seen[bank, network]
            [other] = set(MEASURED) - {bank}
            found["ways"] += honest_ways.rows(arm, of_bank[bank], own, settings)
            found["probabilities"] += honest_probabilities.rows(arm, of_bank[bank], own, settings)
            far = honest_alarms.some(seen[other, network])
            found["alarms"] += honest_alarms.rows(arm, of_bank[bank], own, far, settings)
    networks = (*settings["networks"], PIXELS)
    found["winners"] = [
        row
        for bank in MEASURED
        for row in honest_winners.rows(
            bank,
            of_bank[bank],
            {network: seen[bank, network] for network in networks},
            [Arm(bank, network, head) for network in networks for head in ("plain centroid", "centroid")],
            settings,
        )
    ]
    return found


STUDY = Study(
    "What are the figures worth that a few pictures give of a classifier: accuracy, probability, first place, alarm?",
    run,
    SETTINGS,
)
