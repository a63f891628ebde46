"""The exercise `fine_tune`: the course's function, and the mistakes that its check knows by name."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, nll_loss, one_hot

from metalib.episodes import Episode
from metalib.models import Conv4

Case = tuple[Conv4, Episode, int, float, int]
Answers = tuple[Tensor, Tensor]  # to the queries, [Q, N] each: in evaluation mode, and in training mode


def fine_tune(network: Conv4, task: Episode, n_way: int, alpha: float, steps: int) -> Conv4:
    """A copy of `network` with a new head of zeros, after so many steps of gradient descent on the support set."""
    new = copy.deepcopy(network)
    new.head = nn.Linear(network.out_features, n_way, device=task.support_x.device)
    nn.init.zeros_(new.head.weight)
    nn.init.zeros_(new.head.bias)
    optimizer = torch.optim.SGD(new.parameters(), lr=alpha)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(new(task.support_x), task.support_y).backward()
        optimizer.step()
    return new


def answers(network: nn.Module, task: Episode) -> Answers:
    """To the queries, in evaluation and in training mode, from copies: these show weights and running statistics."""
    with torch.no_grad():
        evaluating, training = (copy.deepcopy(network).train(mode)(task.query_x) for mode in (False, True))
    return evaluating, training


Loss = Callable[[Tensor, Tensor], Tensor]


def mistaken(
    network: Conv4,
    task: Episode,
    n_way: int,
    alpha: float,
    steps: int,
    *,
    mode: bool | None = None,
    pictures: Callable[[Episode], tuple[Tensor, Tensor]] = lambda task: (task.support_x, task.support_y),
    zero_grad: bool = True,
    old_rows: bool = False,
    trained: str = "",
    head_bias: bool = True,
    optimizer: Callable[..., torch.optim.Optimizer] = torch.optim.SGD,
    fresh: bool = False,
    loss: Loss = cross_entropy,
    **settings: Any,
) -> Conv4:
    """Fine-tuning with mistakes to switch on; `settings` are the optimizer's: weight_decay, momentum, …"""
    new, (x, y) = fine_tune(network, task, n_way, alpha, 0), pictures(task)
    assert new.head is not None
    if old_rows and network.head is not None:
        new.head.load_state_dict({name: value[:n_way] for name, value in network.head.state_dict().items()})
    new.train(network.training if mode is None else mode)
    frozen = "" if head_bias else "head.bias"
    choice = [value for name, value in new.named_parameters() if name.startswith(trained) and name != frozen]
    rule = optimizer(choice, lr=alpha, **settings)
    start = copy.deepcopy(new)
    with torch.enable_grad():
        for _ in range(steps):
            if fresh:
                new.load_state_dict(start.state_dict())
            if zero_grad:
                rule.zero_grad()
            loss(new(x), y).backward()
            rule.step()
    return new.train(network.training)


def odd(**odd: Any) -> Callable[..., Answers]:
    """The answers of fine-tuning with these mistakes, for a case of the check."""
    return lambda *case: answers(mistaken(*case, **odd), case[1])


def _other(change: Callable[..., tuple[float, int]]) -> Callable[..., Answers]:
    """The right function with another step size and number of steps."""
    return lambda network, task, n, a, k: answers(fine_tune(network, task, n, *change(task, n, a, k)), task)


def _squared(logits: Tensor, y: Tensor) -> Tensor:
    return mse_loss(logits, one_hot(y, logits.shape[1]).to(logits))


OLD_ROWS = "Your head starts with rows of the old one. They stand for other classes. Start with zeros."
ONE_TOO_MANY = "You take one step too many. Count the turns of your loop: for 0 steps it has none."
DECAY = (
    "Your weights shrink by themselves in each step: the optimizer has a weight decay. The equation has the gradient "
    "of the support loss only. Leave `weight_decay` at 0."
)
MOMENTUM = (
    "Your steps remember the steps before: the optimizer has momentum. The equation is plain gradient descent: "
    "`torch.optim.SGD(new.parameters(), lr=alpha)` and no more."
)
TRAINING_MODE = (
    "You call `train()`, or run the network in training mode. The steps then use the statistics of the few support "
    "pictures, and batch norm's running statistics move. Leave the mode as it came: the copy has the network's."
)
SAME_ALPHA = "Your steps have the same size whatever `alpha` is. Hand it to the optimizer: `lr=alpha`."
SAME_STEPS = "You take as many steps whatever `steps` is. Loop over `range(steps)`."
MISTAKES: tuple[tuple[str, Callable[..., Answers]], ...] = (
    (
        "Your network learns from the query set. Its labels are what is asked for: take the steps on `task.support_x` "
        "and `task.support_y` only.",
        odd(pictures=lambda task: (task.query_x, task.query_y)),
    ),
    (
        "Your network learns from support and query set together. The query labels are what is asked for: take the "
        "support set only.",
        odd(pictures=lambda t: (torch.cat([t.support_x, t.query_x]), torch.cat([t.support_y, t.query_y]))),
    ),
    (
        TRAINING_MODE,
        odd(mode=True),
    ),
    (
        "Your gradients add up from step to step: `backward` adds to what `.grad` holds. Call `optimizer.zero_grad()` "
        "before each `backward()`.",
        odd(zero_grad=False),
    ),
    (OLD_ROWS, odd(old_rows=True)),
    (
        "Only the head has learned: that is a linear probe. Hand all parameters to the optimizer, `new.parameters()`.",
        odd(trained="head"),
    ),
    (
        "Your head has no bias that learns. `torch.nn.Linear(network.out_features, n_way)` has one: leave out "
        "`bias=False`, and hand all parameters to the optimizer.",
        odd(head_bias=False),
    ),
    (
        "You use Adam. The equation is plain gradient descent: `torch.optim.SGD`, without momentum.",
        odd(optimizer=torch.optim.Adam),
    ),
    (
        "You use AdamW. The equation is plain gradient descent: `torch.optim.SGD`, without momentum.",
        odd(optimizer=torch.optim.AdamW),
    ),
    *((MOMENTUM, odd(momentum=size)) for size in (0.9, 0.5, 0.8, 0.95, 0.99)),
    (MOMENTUM, odd(momentum=0.9, nesterov=True)),
    *((DECAY, odd(weight_decay=size)) for size in (0.1, 0.05, 0.01)),  # smaller ones: `check_no_decay`
    (
        "However many steps there are, your network ends where one step leads. Look for a copy or a new head that is "
        "made inside the loop, a `step()` behind it, or a `return` inside it.",
        odd(fresh=True),
    ),
    (
        "Your loss is a sum over the pictures, so that your step is as many times too long. `cross_entropy` takes the "
        "mean, unless you set `reduction`.",
        odd(loss=partial(cross_entropy, reduction="sum")),
    ),
    (
        "Your loss is divided by the number of classes, or of pictures, once more. `cross_entropy` takes the mean over "
        "the pictures already.",
        _other(lambda t, n, a, k: (a / n, k)),
    ),
    (
        "Your loss is divided by the number of classes, or of pictures, once more. `cross_entropy` takes the mean over "
        "the pictures already: divide by nothing.",
        _other(lambda t, n, a, k: (a / len(t.support_y), k)),
    ),
    (
        "Your softmax is taken twice: `cross_entropy` has one inside. Hand it the logits, as the network gives them.",
        odd(loss=lambda logits, y: cross_entropy(logits.softmax(dim=1), y)),
    ),
    (
        "Your loss is `nll_loss` of the logits, which wants logarithms of probabilities. Take `cross_entropy`.",
        odd(loss=nll_loss),
    ),
    ("Your loss is the squared error. The equation has the cross-entropy.", odd(loss=_squared)),
    ("Your steps climb: they add α times the gradient. Subtract it.", odd(maximize=True)),
    *((SAME_ALPHA, _other(lambda t, n, a, k, size=size: (size, k))) for size in (0.01, 0.1, 0.001, 0.05, 1.0)),
    *((SAME_STEPS, _other(lambda t, n, a, k, steps=steps: (a, steps))) for steps in (1, 5, 10, 20)),
    ("You take one step too few. Count the turns of your loop.", _other(lambda t, n, a, k: (a, k - 1))),
    (ONE_TOO_MANY, _other(lambda t, n, a, k: (a, k + 1))),
)
