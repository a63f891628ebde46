"""How good the first of several really is, and how often a lead that is believed is none."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from metalib.course.draw_your_own.known_tasks import Arm, tasks
from metalib.episodes import ClassBank
from metalib.evaluate import mean_interval, paired_interval, wilson_interval
from metalib.few_shot.comparing import judged
from metalib.few_shot.estimates import LeftOut, one_of_each


def rows(
    name: str, bank: ClassBank, of_network: dict[str, Tensor], arms: list[Arm], settings: dict[str, Any]
) -> list[dict[str, Any]]:
    """For each number of shots: what the first of `arms` is said to reach, what it reaches, what leads are worth."""
    return [row(name, bank, of_network, arms, shots, settings) for shots in settings["shots"]]


def row(
    name: str, bank: ClassBank, of_network: dict[str, Tensor], arms: list[Arm], shots: int, settings: dict[str, Any]
) -> dict[str, Any]:
    """One of them."""
    networks = list(of_network)
    numbers: list[tuple[float, ...]] = []
    leads, false_leads, equal = 0, 0, 0
    for seen in tasks(bank, list(of_network.values()), shots, {**settings, "tasks": settings["tasks_to_compare"]}):
        y = seen[0].y
        rounds = one_of_each(y)
        own = {f"{arm.network}, {arm.head}": (seen[networks.index(arm.network)], arm.made) for arm in arms}
        answers = {one: some.left_out(head, rounds) for one, (some, head) in own.items()}  # [T, A, N] each
        truths = {one: some.accuracy(head) for one, (some, head) in own.items()}  # [T] each
        fewer_each = {one: some.accuracy_of_fewer(head) for one, (some, head) in own.items()}
        for t in range(len(seen[0].z)):
            found = judged({one: LeftOut(torch.cat(rounds), logits[t]) for one, logits in answers.items()}, y)
            first, truth = found.rows[0].estimate.accuracy, {one: float(of[t]) for one, of in truths.items()}
            assert first is not None  # there are two shots
            reached = truth[found.winner]
            numbers.append(
                (first.mean, float(fewer_each[found.winner][t]), found.optimism, reached, max(truth.values()))
            )
            believed = [one.name for one in found.rows[1:] if one.apart]
            leads += len(believed)
            equal += len(found.rows) - 1 - len(believed)
            false_leads += any(truth[one] > reached for one in believed)
    said, fewer, optimism, reached, best = torch.tensor(numbers, dtype=torch.float64).T
    return {
        "bank": name,
        "shots": shots,
        "candidates": len(arms),
        "said": list(mean_interval(said, "tasks")),
        "true_of_fewer": list(mean_interval(fewer, "tasks")),
        "too_good": list(paired_interval(said, fewer, "tasks")),
        "said_too_good": list(mean_interval(optimism, "tasks")),
        "reached": list(mean_interval(reached, "tasks")),
        "behind_the_best": list(paired_interval(best, reached, "tasks")),
        "told_apart": leads / (leads + equal),
        "a_false_lead": list(wilson_interval(false_leads, len(said), "tasks")),
    }
