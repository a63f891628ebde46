"""What the check of `fine_tune` looks at: what the learner's network answers, and what became of the one handed in."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from metalib.course.kit.verdict import Wrong, attempt, compare
from metalib.episodes import Episode
from metalib.models import Conv4
from metalib.runtime import seeded

Case = tuple[Conv4, Episode, int, float, int]
Answers = tuple[Tensor, Tensor]  # to the queries, [Q, N] each: in evaluation mode, and in training mode


def fine_tune(network: Conv4, task: Episode, n_way: int, inner_lr: float, steps: int) -> Conv4:
    """A copy of `network` with a new head of zeros, after so many steps of gradient descent on the support set."""
    return _mistaken(network, task, n_way, inner_lr, steps)


def _mistaken(
    network: Conv4,
    task: Episode,
    n_way: int,
    inner_lr: float,
    steps: int,
    *,
    mode: bool | None = None,
    pictures: Callable[[Episode], tuple[Tensor, Tensor]] = lambda task: (task.support_x, task.support_y),
    zero_grad: bool = True,
    old_rows: bool = False,
    trained: str = "",
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
    fresh: bool = False,
    reduction: str = "mean",
) -> Conv4:
    """Fine-tuning with mistakes to switch on: the mode of batch norm, what is trained on, and so forth."""
    new, (x, y) = copy.deepcopy(network), pictures(task)
    old, new.head = new.head, nn.Linear(network.out_features, n_way)
    assert old is not None
    with torch.no_grad():
        for name in ("weight", "bias"):
            start = getattr(old, name)[:n_way] if old_rows else torch.zeros_like(getattr(new.head, name))
            getattr(new.head, name).copy_(start)
    new.train(network.training if mode is None else mode)
    choice = [value for name, value in new.named_parameters() if name.startswith(trained)]
    rule = optimizer(choice, lr=inner_lr)
    start = copy.deepcopy(new)
    with torch.enable_grad():
        for _ in range(steps):
            if fresh:
                new.load_state_dict(start.state_dict())
            if zero_grad:
                rule.zero_grad()
            cross_entropy(new(x), y, reduction=reduction).backward()
            rule.step()
    return new.train(network.training)


def _odd(**odd: Any) -> Callable[..., Answers]:
    return lambda *case: answers(_mistaken(*case, **odd), case[1])


def _other(change: Callable[..., tuple[float, int]]) -> Callable[..., Answers]:
    """The right function with another step size and number of steps."""
    return lambda network, task, n, a, k: answers(fine_tune(network, task, n, *change(task, n, a, k)), task)


ONE_TOO_MANY = "You take one step too many. Count the turns of your loop: for 0 steps it has none."
MISTAKES: tuple[tuple[str, Callable[..., Answers]], ...] = (
    (
        "Your network learns from the query set. Its labels are what is asked for: take the steps on `task.support_x` "
        "and `task.support_y` only.",
        _odd(pictures=lambda task: (task.query_x, task.query_y)),
    ),
    (
        "Your network learns from support and query set together. The query labels are what is asked for: take the "
        "support set only.",
        _odd(pictures=lambda t: (torch.cat([t.support_x, t.query_x]), torch.cat([t.support_y, t.query_y]))),
    ),
    (
        "You take the steps in evaluation mode, with the running statistics, also where the network comes in training "
        "mode. Which statistics batch norm uses is the caller's choice: call neither `eval()` nor `train()`.",
        _odd(mode=False),
    ),
    (
        "You take the steps in training mode, also where the network comes in evaluation mode. Batch norm then "
        "normalises by the few support pictures and moves its running statistics. That is the caller's choice: call "
        "neither `train()` nor `eval()`.",
        _odd(mode=True),
    ),
    (
        "Your gradients add up from step to step: `backward` adds to what `.grad` holds. Call `optimizer.zero_grad()` "
        "before each `backward()`.",
        _odd(zero_grad=False),
    ),
    (
        "Your head starts with rows of the old one. They stand for other classes. Start with zeros.",
        _odd(old_rows=True),
    ),
    (
        "Only the head has learned: that is a linear probe. Hand all parameters to the optimizer, `new.parameters()`.",
        _odd(trained="head"),
    ),
    (
        "You use Adam. The exercise asks for plain gradient descent: `torch.optim.SGD`, without momentum.",
        _odd(optimizer=torch.optim.Adam),
    ),
    (
        "Each of your steps starts from the network as it came. Copy it once, before the loop.",
        _odd(fresh=True),
    ),
    (
        "Your loss is a sum over the pictures, so that your step is as many times too long. `cross_entropy` takes the "
        "mean, unless you set `reduction`.",
        _odd(reduction="sum"),
    ),
    ("You take one step too few. Count the turns of your loop.", _other(lambda t, n, a, k: (a, k - 1))),
    (ONE_TOO_MANY, _other(lambda t, n, a, k: (a, k + 1))),
)


def judge(function: Callable) -> None:
    """Raise Wrong with the first flaw in what the learner's function makes of small networks."""
    _check_untouched(function)
    _check_head(function)
    _check_nothing_random(function)
    compare(
        function,
        [_case(3, 2, 3, training=False), _case(4, 1, 4, training=True), _case(2, 3, 2, training=False)],
        reference=lambda *case: answers(fine_tune(*case), case[1]),
        read=lambda answer, *case: _read(answer, case),
        same=lambda a, b: all(torch.allclose(x, y, rtol=1e-2, atol=1e-4) for x, y in zip(a, b, strict=True)),
        mistakes=MISTAKES,
        show=lambda case, answer, right: (
            f"After {case[4]} steps the first query's answers should be {_said(right[0])}, and your network gives "
            f"{_said(answer[0])}. Print the support loss of each step, and look for the line where it goes astray."
        ),
    )
    for training in (False, True):
        case = _case(3, 1, 1, training=training)
        if attempt(function, *case).training != training:
            words = ("evaluation", "training") if training else ("training", "evaluation")
            raise Wrong(
                f"Your network comes back in {words[0]} mode, and came in {words[1]} mode. Leave the mode as it is."
            )


def answers(network: nn.Module, task: Episode) -> Answers:
    """To the queries, in evaluation and in training mode, from copies: these show weights and running statistics."""
    with torch.no_grad():
        evaluating, training = (copy.deepcopy(network).train(mode)(task.query_x) for mode in (False, True))
    return evaluating, training


def _case(n_way: int, k_shot: int, steps: int, *, training: bool) -> Case:
    """A small conv4 that was trained on nine other classes, and a task of random pictures."""
    generator = seeded(n_way)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(n_way)
        network = Conv4(width=6, image_size=16, downsample="stride", n_out=9)
    for name, values in network.named_buffers():  # statistics as of other data: an untrained network has 0 and 1
        if name.endswith("running_mean"):
            values.copy_(torch.randn(6, generator=generator) / 5)
        if name.endswith("running_var"):
            values.copy_(0.2 + torch.rand(6, generator=generator))
    labels = torch.arange(n_way)[torch.randperm(n_way, generator=generator)]
    pictures = [torch.rand(n_way * count, 1, 16, 16, generator=generator) for count in (k_shot, 2)]
    task = Episode(pictures[0], labels.repeat(k_shot), pictures[1], labels.repeat(2))
    return network.train(training), task, n_way, 0.3, steps


def _check_untouched(function: Callable) -> None:
    """The network that is handed in stays as it was."""
    for training in (False, True):
        case = _case(3, 2, 2, training=training)
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
        if network.training != training:
            raise Wrong(_CHANGED + " It is in another mode now.")


_CHANGED = (
    "Your function changes the network that was handed in, so the next task would not start from the pre-trained one. "
    "Work on `copy.deepcopy(network)`."
)


def _check_head(function: Callable) -> None:
    """The new head has a row for each new class, and starts at zero."""
    case = _case(3, 2, 0, training=False)
    evaluating, _ = _read(attempt(function, *case), case)
    old = _odd(old_rows=True)(*case)[0]
    if torch.allclose(evaluating, old, rtol=1e-3, atol=1e-5):
        raise Wrong(MISTAKES[5][0])
    if evaluating.abs().max() > 1e-6:
        after_one = answers(fine_tune(*case[:4], 1), case[1])[0]
        if (evaluating - after_one).abs().max() < 0.01 * after_one.abs().max():
            raise Wrong(ONE_TOO_MANY)
        raise Wrong(
            "Your new head starts with random numbers: after 0 steps its answers are not all equal. Set its weight and "
            "bias to zero (`torch.nn.init.zeros_`), so that no class has a head start and the check can compare."
        )
    case = _case(3, 2, 3, training=False)
    if _read(attempt(function, *case), case)[0].abs().max() < 1e-6:
        raise Wrong(
            "After 3 steps your network still answers zero for each class: the new head has not learned. Make the "
            "optimizer after the new head is in its place, or it trains the old one."
        )


def _check_nothing_random(function: Callable) -> None:
    """Equal arguments give equal networks: new blocks hide behind a head of zeros until the first steps are taken."""
    case = _case(3, 2, 3, training=True)
    first, second = (_read(attempt(function, *case), case)[1] for _ in range(2))
    if not torch.allclose(first, second, rtol=1e-2, atol=1e-4):
        raise Wrong(
            "Your function gives another network each time that it is called with the same arguments, so something "
            "starts with random weights. Blocks start as those of the `network` handed in (`copy.deepcopy(network)`), "
            "and the head at zero."
        )


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
