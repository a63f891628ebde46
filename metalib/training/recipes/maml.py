"""MAML, first-order MAML and ANIL on Omniglot, after Finn et al. (2017), section 5.2, and Raghu et al. (2020)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from torch import Tensor, nn

from metalib import inputs, maml, runtime
from metalib.adapt import Params
from metalib.episodes import Episode
from metalib.training import threads
from metalib.training.loop import Run
from metalib.training.recipes.base import ALONE, TRANSDUCTIVE, Predict, Recipe


@contextmanager
def _compiler_named() -> Iterator[None]:
    """Say in a line what torch's compiler says in a hundred."""
    try:
        yield
    except RuntimeError as error:
        if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            raise
        reason = str(error).strip().partition("\n")[0]
        raise ValueError(
            f"torch could not compile this ({reason}): install a C++ compiler that works (g++ or clang++; CXX names "
            "another), or leave --compile out (in Python: compiled=False)"
        ) from error


@dataclass(frozen=True)
class MamlRecipe(Recipe):
    """A form for two cores. RECIPES["maml-published"] has the paper's, with three differences: the features are
    flattened (the paper averages them over places), each task is drawn afresh (the paper draws 200,000 and repeats
    them), and the learning rate falls linearly to zero.
    """

    method: ClassVar[str] = "MAML"
    notebook: ClassVar[int] = 4
    tasks_apart: ClassVar[bool] = True

    n_query: int = 5  # the paper: K. Five queries of a class tell more of a task, for little more time
    meta_batch_size: int = 16  # the paper: 32. Half of it, and more updates, in the same time
    inner_lr: float = 0.4  # the paper, 5-way; on the mean of the support losses
    inner_steps: int = 1  # the paper, 5-way
    test_steps: int = 3  # the paper, 5-way
    first_order: bool = False  # first-order MAML: section 5.2 of the paper
    first_order_updates: int = 0  # the first updates are of first order (Antoniou et al., 2019): they cost half
    head_only_updates: int = 0  # the first updates adapt the head only: they cost half, and learn the features faster
    only: str = ""  # "head": ANIL
    tied_rows: bool = False  # one row for all classes of the head (Ye and Chao, 2022)
    compiled: bool = False  # by torch's compiler: on some CPUs less time an update, after half a minute
    # the paper: 1e-3 throughout. Here it falls linearly to zero.
    # Validation, 600 updates, 200 episodes: 91.3 ± 1.1 %, with 1e-3 86.5 ± 1.8
    learning_rate: float = 3e-3
    updates: int = 8_000  # the paper: 60,000, over three hours on two slow cores

    def network_settings(self) -> dict:
        """A head, and batch norm that always takes the statistics of its batch, as in the paper."""
        return {"n_out": 1 if self.tied_rows else self.n_way, "running_stats": False}

    def losses(self, network: nn.Module, episodes: Episode, run: Run) -> Tensor:
        """The query loss of each task after adaptation. Raises ValueError where it cannot be compiled."""
        first_order, only = self.stage(run)
        n_tasks, n_queries = episodes.query_x.shape[:2]
        at_once = runtime.tasks_at_once(
            episodes.query_x.device, n_tasks, n_queries, inner_steps=self.inner_steps, first_order=first_order
        )
        with _compiler_named():
            return maml.losses(
                network,
                self.theta(network, self.n_way),
                episodes,
                inner_lr=self.inner_lr,
                inner_steps=self.inner_steps,
                first_order=first_order,
                only=only,
                compiled=self.compiled,
                chunk_size=1 if self.compiled else at_once,
            )

    def stage(self, run: Run) -> tuple[bool, str]:
        """Whether the next update is of first order, and what it adapts."""
        first_order = self.first_order or run.update < self.first_order_updates
        return first_order, "head" if run.update < self.head_only_updates else self.only

    def predictor(self, network: nn.Module, *, transductive: bool = True, steps: int | None = None) -> Predict:
        """Adaptation to the support set, then the adapted network's answers."""

        test_steps = self.test_steps if steps is None else steps

        def of_tasks(network: nn.Module, episodes: Episode) -> Tensor:
            n_tasks, n_queries = episodes.query_x.shape[:2]
            return maml.predict(
                network,
                self.theta(network, inputs.ways(episodes)),
                episodes,
                inner_lr=self.inner_lr,
                inner_steps=test_steps,
                only=self.only,
                transductive=transductive,
                chunk_size=runtime.tasks_at_once(episodes.query_x.device, n_tasks, n_queries, inner_steps=test_steps),
            )

        return partial(threads.predict, of_tasks, network)

    def modes(self, network: nn.Module) -> Iterator[tuple[str, str, Predict]]:
        """As in the paper, where the queries of a task share their batch statistics; and each query alone."""
        yield self.label, TRANSDUCTIVE, self.predictor(network)
        yield f"{self.label}, each query alone", ALONE, self.predictor(network, transductive=False)

    @property
    def label(self) -> str:
        """The method's name, with what sets this form apart."""
        if self.tied_rows:
            return f"{self.method} with tied head rows"
        way = f" trained {self.n_way}-way" if self.n_way != 5 else ""
        steps = f" with {self.inner_steps} inner steps" if self.inner_steps != 1 else ""
        return self.method + way + steps

    @property
    def fixed_way(self) -> int | None:
        """As many as the head has rows; tied rows do any number."""
        return None if self.tied_rows else self.n_way

    def theta(self, network: nn.Module, n_way: int) -> Params:
        """The network's parameters by name; a head with tied rows is made as wide as the task."""
        theta: Params = dict(network.named_parameters())
        return maml.tie_rows(theta, n_way) if self.tied_rows else theta


@dataclass(frozen=True)
class FirstOrderMamlRecipe(MamlRecipe):
    """MAML whose outer gradient ignores the inner gradient's dependence on θ."""

    method: ClassVar[str] = "first-order MAML"
    first_order: bool = True
    updates: int = 8_000  # as many as MAML


@dataclass(frozen=True)
class AnilRecipe(MamlRecipe):
    """Almost no inner loop: only the head adapts (Raghu et al., 2020)."""

    method: ClassVar[str] = "ANIL"
    only: str = "head"
    updates: int = 8_000  # as many as MAML
