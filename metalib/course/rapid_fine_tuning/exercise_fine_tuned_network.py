"""What the check of `fine_tune` looks at: what the learner's network answers, and what became of the one handed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from metalib.course.kit.verdict import Wrong, attempt, compare
from metalib.course.rapid_fine_tuning.mistakes_fine_tune import (
    DECAY,
    MISTAKES,
    OLD_ROWS,
    ONE_TOO_MANY,
    SAME_STEPS,
    TRAINING_MODE,
    Answers,
    Case,
    answers,
    fine_tune,
    odd,
)
from metalib.episodes import Episode
from metalib.models import Conv4
from metalib.runtime import seeded


def judge(function: Callable) -> None:
    """Raise Wrong with the first flaw in what the learner's function makes of small networks."""
    fine_tune(*_case(3, 2, 1))  # torch's first optimizer imports for seconds, which are not the learner's
    _check_untouched(function)
    _check_head(function)
    _check_nothing_random(function)
    _check_statistics(function)
    compare(
        function,
        [_case(3, 2, 3, 0.3), _case(4, 1, 4, 0.2, batch=True), _case(2, 3, 2, 0.4)],
        reference=lambda *case: answers(fine_tune(*case), case[1]),
        read=lambda answer, *case: _read(answer, case),
        same=_same,
        mistakes=MISTAKES,
        show=lambda case, answer, right: (
            f"After {case[4]} steps the first query's answers should be {_said(right[0])}, and your network gives "
            f"{_said(answer[0])}. Print the support loss of each step, and look for the line where it goes astray."
        ),
    )
    _check_no_decay(function)
    if attempt(function, *_case(3, 1, 1)).training:
        raise Wrong("Your network comes back in training mode, and came in evaluation mode. Leave the mode as it is.")


def _same(a: Answers, b: Answers) -> bool:
    return all(torch.allclose(x, y, rtol=1e-2, atol=1e-4) for x, y in zip(a, b, strict=True))


def _check_no_decay(function: Callable) -> None:
    """No gradient reaches the blocks in the first step, so a long one shows the least decay of their weights."""
    case = _case(3, 2, 1, 1000.0)
    if not _same(_read(attempt(function, *case), case), answers(fine_tune(*case), case[1])):
        raise Wrong(DECAY)


def _case(n_way: int, k_shot: int, steps: int, alpha: float = 0.3, *, batch: bool = False) -> Case:
    """A small conv4 that was trained on nine other classes, and a task of random pictures.

    batch  a network without running statistics, which always takes the batch's, and without a head
    """
    generator = seeded(n_way)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(n_way)
        network = Conv4(
            width=6, image_size=16, downsample="stride", n_out=None if batch else 9, running_stats=not batch
        )
    for name, values in network.named_buffers():  # statistics as of other data: an untrained network has 0 and 1
        if name.endswith("running_mean"):
            values.copy_(torch.randn(6, generator=generator) / 5)
        if name.endswith("running_var"):
            values.copy_(0.2 + torch.rand(6, generator=generator))
    labels = torch.arange(n_way)[torch.randperm(n_way, generator=generator)]
    pictures = [torch.rand(n_way * count, 1, 16, 16, generator=generator) for count in (k_shot, 2)]
    task = Episode(pictures[0], labels.repeat(k_shot), pictures[1], labels.repeat(2))
    return network.eval(), task, n_way, alpha, steps


def _check_untouched(function: Callable) -> None:
    """The network that is handed in stays as it was."""
    for batch in (False, True):
        case = _case(3, 2, 2, batch=batch)
        network, head = case[0], case[0].head
        before = {name: value.clone() for name, value in network.state_dict().items()}
        answer = attempt(function, *case)
        if answer is network:
            raise Wrong(_CHANGED + " You return that very network.")
        if network.head is not head:
            raise Wrong(_CHANGED + " It has another head now.")
        moved = [name for name, value in network.state_dict().items() if not value.equal(before[name])]
        if moved:
            raise Wrong(
                f"{_CHANGED} {len(moved)} of its {len(before)} tensors are not what they were, {moved[0]} first."
            )
        if network.training:
            raise Wrong(_CHANGED + " It is in another mode now.")


_CHANGED = (
    "Your function changes the network that was handed in, so the next task would not start from the pre-trained one. "
    "Work on `copy.deepcopy(network)`."
)


def _check_head(function: Callable) -> None:
    """The new head has a row for each new class, and starts at zero."""
    case = _case(3, 2, 0)
    evaluating, training = _read(attempt(function, *case), case)
    old = odd(old_rows=True)(*case)[0]
    if torch.allclose(evaluating, old, rtol=1e-3, atol=1e-5):
        raise Wrong(OLD_ROWS)
    if evaluating.abs().max() > 1e-6:
        if torch.allclose(evaluating, torch.full_like(evaluating, 1 / case[2])):
            raise Wrong(
                "Your network answers with probabilities: there is a softmax in its head. `cross_entropy` has one "
                "inside, so the head gives logits: a `torch.nn.Linear` and no more."
            )
        if _same((evaluating, training), _read(attempt(function, *case[:4], 3), case)):
            raise Wrong(SAME_STEPS)
        after_one = answers(fine_tune(*case[:4], 1), case[1])[0]
        if (evaluating - after_one).abs().max() < 0.01 * after_one.abs().max():
            raise Wrong(ONE_TOO_MANY)
        raise Wrong(
            "Your new head starts with random numbers: after 0 steps its answers are not all equal. Set its weight and "
            "bias to zero (`torch.nn.init.zeros_`), so that no class is preferred and the check can compare."
        )
    case = _case(3, 2, 3)
    if _read(attempt(function, *case), case)[0].abs().max() < 1e-6:
        raise Wrong(
            "After 3 steps your network still answers zero for each class: the new head has not learned. Make the "
            "optimizer after the new head is in its place, or it trains the old one. Then look for a loss that is "
            "computed with `network` and not with the copy, a `zero_grad()` between `backward()` and `step()`, or a "
            "`step()` that is missing."
        )


def _check_nothing_random(function: Callable) -> None:
    """Equal arguments give equal networks: new blocks hide behind a head of zeros until the first steps are taken."""
    case = _case(3, 2, 3, batch=True)
    first, second = (_read(attempt(function, *case), case)[1] for _ in range(2))
    if not torch.allclose(first, second, rtol=1e-2, atol=1e-4):
        raise Wrong(
            "Your function gives another network each time that it is called with the same arguments, so something "
            "starts with random weights. Blocks start as those of the `network` handed in (`copy.deepcopy(network)`), "
            "and the head at zero."
        )


def _check_statistics(function: Callable) -> None:
    """In evaluation mode no step moves batch norm's running statistics, whatever else the steps do."""
    case = _case(3, 2, 2)
    answer = attempt(function, *case)
    found, before = (sorted(_statistics(network)) for network in (answer, case[0]))
    if found and found != before:
        raise Wrong(TRAINING_MODE)


def _statistics(network: nn.Module) -> list[list[float]]:
    """The running statistics of each layer, whatever the layers are called."""
    named = network.named_buffers()
    return [values.tolist() for name, values in named if name.endswith(("running_mean", "running_var"))]


def _read(answer: Any, case: Case) -> Answers:
    """The answers of the learner's network to the queries; raises Wrong where it is none, or has other outputs."""
    network, task, n_way, _, _ = case
    if isinstance(answer, Tensor):
        raise Wrong("You return a tensor. Return the fine-tuned network itself: whoever called it asks it the queries.")
    if isinstance(answer, dict):
        raise Wrong(
            "You return a dict of weights, as `state_dict()` gives it. Return the network that has them: whoever "
            "called your function asks it the queries."
        )
    if not isinstance(answer, nn.Module):
        raise Wrong(f"You return a value of type {type(answer).__name__}. Return the fine-tuned network.")
    found = answers(answer, task)
    n_old = network.settings["n_out"]
    if found[0].shape[1] == n_old:
        raise Wrong(
            f"Your network still has the {n_old} outputs of the old classes. The {n_way} new ones are none of them: "
            "give the copy a new head, `torch.nn.Linear(network.out_features, n_way)`."
        )
    if found[0].shape != (len(task.query_y), n_way):
        raise Wrong(
            f"For {len(task.query_y)} pictures of {n_way} classes your network gives the shape {list(found[0].shape)}. "
            f"It should be {[len(task.query_y), n_way]}."
        )
    return found


def _said(logits: Tensor) -> list[float]:
    return [float(f"{x:.3g}") for x in logits[0].tolist()]
