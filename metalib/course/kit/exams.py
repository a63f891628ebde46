"""The course's two exams: the same episodes for every method, so that results can be compared pairwise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from torch import Tensor

from metalib.episodes import ClassBank, Episode, EpisodeSpec, stream_episodes
from metalib.evaluate import evaluate


@dataclass(frozen=True)
class Exam:
    """A fixed list of episodes: equal bank, equal episodes, on every device."""

    letter: str
    spec: EpisodeSpec
    n_episodes: int
    seed: int
    batch: int = 20

    @property
    def questions(self) -> int:
        """Queries in one episode."""
        return self.spec.n_way * self.spec.n_query

    def episodes(self, bank: ClassBank) -> Iterator[Episode]:
        """The exam's episodes in batches with a task axis; `bank` is the evaluation part of a bank."""
        return stream_episodes(bank, self.spec, self.n_episodes, seed=self.seed, batch=self.batch)

    def possible(self, bank: ClassBank) -> bool:
        """Whether `bank` has enough classes for it: for tasks within one alphabet, in one alphabet."""
        largest = int(bank.group_ids.bincount().max()) if self.spec.within_group else bank.n_classes
        return largest >= self.spec.n_way

    def sit(self, predict: Callable[[Episode], Tensor], bank: ClassBank) -> Tensor:
        """The accuracy of `predict` on each episode, [E] in 0 … 1."""
        return evaluate(predict, self.episodes(bank))

    def __str__(self) -> str:
        return f"exam {self.letter} ({self.n_episodes} episodes, {self.spec})"


EXAM_A = Exam("A", EpisodeSpec(n_way=5, k_shot=1, n_query=15), n_episodes=600, seed=20_171)
# Lake et al.'s (2015) form: 20 characters of one alphabet, one query each; not saturated, and people can sit it
EXAM_B = Exam("B", EpisodeSpec(n_way=20, k_shot=1, n_query=1, within_group=True), n_episodes=400, seed=20_172)
EXAMS = (EXAM_A, EXAM_B)
