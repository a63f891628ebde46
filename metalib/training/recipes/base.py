"""What every recipe has: a network, the losses of an update, how episodes are drawn, and a run of them all."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from metalib import runtime
from metalib.banks.store import bank_digest
from metalib.episodes import ClassBank, Episode, EpisodeSpec, sample_episodes, stream_episodes
from metalib.evaluate import Interval, evaluate, mean_interval
from metalib.models import Conv4, conv4
from metalib.training.loop import Record, Run, train

# what batch statistics a network without running ones uses for its queries
TRANSDUCTIVE, ALONE = "statistics of all queries of the task", "statistics of the support set and one query"
VALIDATION_EPISODES = 200
Predict = Callable[[Episode], Tensor]


@dataclass(frozen=True)
class Recipe:
    """Settings that all recipes share; each adds its own, and says what differs from its paper and why."""

    method: ClassVar[str]  # as tables and figures name it
    notebook: ClassVar[int]  # the one that teaches it
    bank: ClassVar[str] = ""  # the name of the only one that it is for; "": the course's, Omniglot or the glyphs
    tasks_apart: ClassVar[bool] = False  # a task's loss needs nothing of the others': they may go over threads
    paper: ClassVar[float] = 0.0  # the paper that jitter shows beyond a picture's edge: dark

    n_way: int = 5  # as in exam A, and in the first column of the papers' tables
    k_shot: int = 1  # the same
    n_query: int = 5  # of a class; Snell et al. (2017). Each of the others says what its own paper has
    meta_batch_size: int = 16  # tasks an update; each recipe of the papers has its own
    rotations: bool = True  # turns by 90° are new classes, in training (Santoro et al., 2016)
    learning_rate: float = 1e-3  # of Adam, falling linearly to zero
    updates: int = 10_000  # each recipe has its own, by the time that two cores take
    downsample: str = "stride"  # the form of conv4 that all methods share, so that they can be compared
    seed: int = 0

    def network(self) -> Conv4:
        """The untrained network of this recipe, the same for every call."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return conv4(downsample=self.downsample, **self.network_settings())

    def network_settings(self) -> dict:
        """What `conv4` is told beside the form."""
        return {}

    def losses(self, network: nn.Module, episodes: Any, run: Run) -> Tensor:
        """[T], one loss a task, differentiable in the network's parameters."""
        raise NotImplementedError

    def stage(self, run: Run) -> Hashable:
        """Equal for updates that do the same operations, which a GPU can then repeat; None: they are asked for anew."""
        return None

    def predictor(self, network: nn.Module) -> Predict:
        """The function that answers episodes with the trained network: Episode with a task axis -> [T, Q] labels."""
        raise NotImplementedError

    def modes(self, network: nn.Module) -> Iterator[tuple[str, str, Predict]]:
        """The ways to use the trained network at test: (name of the method, batch norm, predictor)."""
        yield self.label, "running statistics", self.predictor(network)

    @property
    def label(self) -> str:
        """The method's name, with what sets this form apart."""
        return self.method

    @property
    def fixed_way(self) -> int | None:
        """The only number of ways that the network can do; None: any."""
        return None

    def start(self, model: Conv4, training: ClassBank) -> Run:
        """A run at update 0: Adam, its rate falling linearly to zero, episodes from the recipe's seed."""
        model.to(training.device)
        fused = training.device.type == "cuda"  # one kernel for all tensors
        optimizer = torch.optim.Adam(model.parameters(), self.learning_rate, fused=fused)
        schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, self.updates)
        run = Run(model, optimizer, schedule, runtime.seeded(self.seed), settings=self.settings_on(training))
        run.tasks_apart = self.tasks_apart
        run.stage = lambda: self.stage(run)
        return run

    def settings_on(self, training: ClassBank) -> dict:
        """What a resumed run must agree with: the recipe, and the classes it learns from."""
        classes = f"{training.n_classes} with digest {bank_digest(training)[:12]}"
        return {**dataclasses.asdict(self), "method": self.method, "classes": classes}

    def draw_from(self, training: ClassBank) -> Callable[[torch.Generator], Any]:
        """The function that draws the episodes of one update."""
        bank = training.rotated() if self.rotations else training
        spec = EpisodeSpec(self.n_way, self.k_shot, self.n_query)
        return lambda generator: sample_episodes(bank, spec, self.meta_batch_size, generator=generator)

    def train(
        self,
        model: Conv4,
        training: ClassBank,
        *,
        validation: ClassBank | None = None,
        out: Path | None = None,
        resume: bool = False,
        record_every: int = 100,
        save_every: int = 1000,
        progress: bool = True,
    ) -> Iterator[Record]:
        """Train `model` in place on `training`, whose device decides where; yields records.

        validation  classes on which accuracy is taken at every `save_every` updates
        out, resume, and what is raised: as `metalib.training.loop.train` has them
        """
        run = self.start(model, training)
        return train(
            run,
            lambda network, episodes: self.losses(network, episodes, run),
            self.draw_from(training),
            updates=self.updates,
            validate=None if validation is None else lambda network: self.validate(network, validation),
            record_every=record_every,
            save_every=save_every,
            out=out,
            resume=resume,
            progress=progress,
        )

    def validate(self, network: nn.Module, bank: ClassBank) -> Interval:
        """1-shot accuracy on the classes of `bank`, on episodes of the recipe's way, always the same ones."""
        spec = EpisodeSpec(min(self.n_way, bank.n_classes), 1, 5 if self.n_way > 5 else 15)
        episodes = stream_episodes(bank, spec, VALIDATION_EPISODES, seed=1)
        return mean_interval(evaluate(self.predictor(network), episodes))
