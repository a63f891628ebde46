"""On a CPU with several cores, tasks go over threads: each takes a share of them, and one core.

The operations of a task are small. Split over the cores, each of a thousand waits for its slowest part; whole tasks
wait for nothing. Every thread has a copy of the network: `functional_call` puts a task's φ into the module while it
runs, and threads that share a module would read each other's φ. A copy's parameters lie in the same memory; its
gradients are its own, and are added up in the order of the copies. So as many threads give the same bits again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from threading import Event
from typing import Any

import torch
from torch import Tensor, nn

from metalib import runtime
from metalib.episodes import Episode
from metalib.training.cuda_graphs import Gradients, Losses
from metalib.training.run_state import Run

AT_ONCE = 8  # tasks: a thread holds the graphs of no more, and looks after each so many whether it is to stop
OfTasks = Callable[[nn.Module, Episode], Tensor]


def gradients_of(run: Run, losses: Losses) -> Gradients:
    """What computes the gradients of an update of `run`: over threads where its tasks may be taken apart, on a CPU."""
    apart = run.tasks_apart and run.inner is None  # an inner optimiser goes on from task to task
    run.task_threads = runtime.task_threads(run.device) if apart else 1
    return ThreadGradients(run, losses) if run.task_threads > 1 else Gradients(run, losses)


class ThreadGradients(Gradients):
    """As `Gradients`, over threads.

    The first update of each of the run's stages takes the shares one after the other: a compiler works then, for all.
    """

    def __init__(self, run: Run, losses: Losses) -> None:
        super().__init__(run, losses)
        self.copies = [copied(run.model) for _ in range(run.task_threads)]
        self.stages: set[Hashable] = set()

    def __call__(self, episodes: Any, n_tasks: int | None = None) -> Tensor:
        """The gradients of the losses' sum over `n_tasks`; None: of their mean."""
        n = n_tasks or len(episodes.support_y)
        for network in self.copies:
            network.train(self.run.model.training).zero_grad()

        def of_tasks(network: nn.Module, tasks: Episode) -> Tensor:
            losses = self.losses(network, tasks)
            (losses.sum() / n).backward()
            return losses.detach()

        stage = self.run.stage()
        losses = over_threads(of_tasks, self.copies, episodes, in_turn=stage not in self.stages)
        self.stages.add(stage)
        for parameter, *parts in zip(self.run.model.parameters(), *(c.parameters() for c in self.copies), strict=True):
            found = [part.grad for part in parts if part.grad is not None]
            parameter.grad = sum(found[1:], found[0]) if found else None
        return losses


def predict(of_tasks: OfTasks, network: nn.Module, episodes: Episode) -> Tensor:
    """of_tasks(network, episodes), [T, Q] labels: on a CPU with several cores over threads."""
    size = min(runtime.task_threads(episodes.query_x.device), len(episodes.support_y))
    if size < 2:
        return of_tasks(network, episodes)
    return over_threads(of_tasks, [copied(network) for _ in range(size)], episodes)


def copied(network: nn.Module) -> nn.Module:
    """A copy of `network` whose parameters lie where its own do: a step moves both, and gradients are apart."""
    shared: dict[int, Any] = {id(p): nn.Parameter(p.detach(), p.requires_grad) for p in network.parameters()}
    return copy.deepcopy(network, shared)


def over_threads(
    of_tasks: OfTasks, networks: Sequence[nn.Module], episodes: Episode, *, in_turn: bool = False
) -> Tensor:
    """of_tasks(network, some of the episodes) -> [t, ...], joined for all T: a thread for each of the networks.

    in_turn  one thread's share after the other's
    Threads share the number of torch's threads. A thread has its own autocast and grad modes: `of_tasks` sets them.
    Raises what a thread raised; the others end with the tasks that they are at, as they do after Ctrl-C.
    """
    n_tasks, n_threads = len(episodes.support_y), torch.get_num_threads()
    size, stopping = min(len(networks), n_tasks), Event()

    def share(i: int) -> list[Tensor]:
        torch.set_num_threads(max(1, n_threads // size))  # of this thread, and of threads that start later
        starts = range(n_tasks * i // size, end := n_tasks * (i + 1) // size, AT_ONCE)
        parts = (Episode(*(field[start : min(end, start + AT_ONCE)] for field in episodes)) for start in starts)
        return [of_tasks(networks[i], part) for part in parts if not stopping.is_set()]

    try:
        with ThreadPoolExecutor(1 if in_turn else size) as pool:
            shares = [pool.submit(share, i) for i in range(size)]
            try:
                wait(shares, return_when=FIRST_EXCEPTION)
            finally:
                stopping.set()  # what has not ended by now is not wanted any more
    finally:
        torch.set_num_threads(n_threads)
    return torch.cat([found for one in shares for found in one.result()])
