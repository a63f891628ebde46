"""The work that is timed: whole training updates, from drawing the episodes to the optimiser's step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.optim.lr_scheduler import LinearLR

from metalib import maml, protonet, runtime
from metalib.episodes import ClassBank, Episode, EpisodeSpec, sample_episodes
from metalib.models import Conv4, conv4
from metalib.training import distributed
from metalib.training.cuda_graphs import Losses
from metalib.training.recipes.maml import MamlRecipe
from metalib.training.run_state import Run
from metalib.training.threads import gradients_of

FIVE_WAY, TWENTY_WAY = EpisodeSpec(5, 1, 15), EpisodeSpec(20, 1, 5)
IMAGES = TWENTY_WAY.n_way * (TWENTY_WAY.k_shot + TWENTY_WAY.n_query)  # of an update of the prototypical network
INNER_LR = MamlRecipe.inner_lr


@dataclass(frozen=True)
class Maml:
    """One way to compute an update of MAML: 5-way, 1 shot, 15 queries a class.

    chunk  tasks that vmap takes at once; 1: a plain loop, None: all of them
    """

    n_tasks: int = 32
    first_order: bool = False
    inner_steps: int = 1
    chunk: int | None = 1
    bfloat16: bool = False
    compiled: bool = False
    recorded: bool = False  # as a CUDA graph, as `metalib train` does on a GPU
    threads: bool = False  # tasks over threads, as `metalib train` does on a CPU with several cores; in float32
    processes: int = 1

    @property
    def problem(self) -> str:
        """What is computed, in words."""
        order = "first" if self.first_order else "second"
        return f"MAML, {order} order, {self.inner_steps} inner step{'s' * (self.inner_steps > 1)}"

    @property
    def way(self) -> str:
        """How it is computed, in words."""
        batching = {1: "loop", None: "vmap, all tasks"}.get(self.chunk, f"vmap, chunks of {self.chunk}")
        parts = [batching, "bfloat16" * self.bfloat16, "compiled" * self.compiled, "recorded" * self.recorded]
        parts += ["tasks over threads" * self.threads, f"{self.processes} processes" * (self.processes > 1)]
        return ", ".join(part for part in parts if part)

    def update(self, bank: ClassBank) -> Callable[[], None]:
        """One update of a new network on episodes of `bank`. In one of several processes: of its share of the tasks."""
        network = maml_network().to(bank.device)
        optimizer = torch.optim.Adam(network.parameters(), MamlRecipe.learning_rate, fused=bank.device.type == "cuda")
        run = Run(network, optimizer, LinearLR(optimizer), runtime.seeded(0), tasks_apart=self.threads)
        run.stage = lambda: () if self.recorded else None
        processes = distributed.join(bank.device)
        gradients = gradients_of(run, self._losses())

        def update() -> None:
            episodes = sample_episodes(bank, FIVE_WAY, self.n_tasks, generator=run.generator)
            with runtime.fast_math(bank.device, self.bfloat16):
                own = gradients(processes.share(episodes), self.n_tasks)  # [t]: the tasks of this process
            processes.add_up(network.parameters(), own, self.n_tasks)
            optimizer.step()

        return update

    def _losses(self) -> Losses:
        adapting: dict[str, Any] = {
            "inner_lr": INNER_LR,
            "inner_steps": self.inner_steps,
            "first_order": self.first_order,
        }
        if self.compiled and self.chunk != 1:  # all tasks as one: a loop would be unrolled
            losses = torch.compile(partial(maml.losses, chunk_size=self.chunk, **adapting))
        else:
            losses = partial(maml.losses, chunk_size=self.chunk, compiled=self.compiled, **adapting)
        return lambda network, episodes: losses(network, dict(network.named_parameters()), episodes)


def maml_network() -> Conv4:
    """MAML's network, always with the same initial weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return conv4(**MamlRecipe().network_settings() | {"downsample": "stride"})


def plain(network: Conv4) -> nn.Sequential:
    """The layers of `network` alone, as PyTorch runs them when nothing is said: in the contiguous memory format."""
    return nn.Sequential(network.blocks, nn.Flatten(), network.head or nn.Identity())


@dataclass(frozen=True)
class Protonet:
    """One way to compute an update of a prototypical network: 20-way, 1 shot, 5 queries a class, one task.

    channels_last  conv4 as metalib has it; else its layers alone, as people write them
    """

    channels_last: bool = False
    bfloat16: bool = False
    compiled: bool = False

    @property
    def way(self) -> str:
        """How it is computed, in words."""
        parts = ["channels last" * self.channels_last, "bfloat16" * self.bfloat16, "compiled" * self.compiled]
        return ", ".join(part for part in parts if part) or "plain PyTorch"

    def update(self, bank: ClassBank) -> Callable[[], None]:
        """One update of a new network on episodes of `bank`."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            network = conv4(downsample="max_pool").to(bank.device)
        encoder: nn.Module = network if self.channels_last else plain(network)
        if self.compiled:
            encoder.compile()
        optimizer = torch.optim.Adam(network.parameters(), 1e-3)
        generator = runtime.seeded(0)

        def update() -> None:
            episodes = sample_episodes(bank, TWENTY_WAY, 1, generator=generator)
            with runtime.fast_math(bank.device, self.bfloat16):
                loss = protonet.losses(encoder, episodes).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

        return update


def draw(bank: ClassBank, n_tasks: int) -> Callable[[], Episode]:
    """Drawing the episodes of one update of MAML."""
    return partial(sample_episodes, bank, FIVE_WAY, n_tasks, generator=runtime.seeded(0))
