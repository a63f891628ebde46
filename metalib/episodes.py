"""Few-shot episodes: a bank of classes, and tasks drawn from it.

An N-way K-shot episode is a small classification task of its own: N classes, K labelled pictures of each (the support
set S), and further pictures of the same classes (the query set Q) on which the answer is scored (Vinyals et al., 2016).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Integral
from typing import NamedTuple

import torch
from torch import Tensor

from metalib.inputs import bank_fields, class_numbers, class_pictures


@dataclass(frozen=True)
class ClassBank:
    """The pictures of many classes, resident on one device.

    images  [C, D, channels, H, W] uint8: C classes of D drawings, ink bright (255), paper dark (0); 1 channel, or 3
    names   C class names
    groups  C group names: the alphabet or script that each class belongs to
    source  what the bank holds, in words, for reports
    counts  [C] long: how many of the D drawings each class has, the first ones; the rest is padding. None: all of them
    Arrays of numpy and lists are taken too. Raises ValueError when these do not fit together.
    """

    images: Tensor
    names: tuple[str, ...]
    groups: tuple[str, ...]
    source: str
    counts: Tensor | None = None

    def __post_init__(self) -> None:
        for name, value in bank_fields(self.images, self.names, self.groups, self.counts).items():
            object.__setattr__(self, name, value)

    @classmethod
    def of_unequal(
        cls, pictures: Sequence[Tensor], names: Sequence[str], groups: Sequence[str], source: str
    ) -> ClassBank:
        """The bank of classes that differ in size. pictures: [D_c, channels, H, W] uint8 for each class c."""
        tensors = class_pictures(pictures)
        largest = max(len(of_class) for of_class in tensors)
        padded = [torch.cat([x, x.new_zeros(largest - len(x), *x.shape[1:])]) for x in tensors]
        counts = torch.tensor([len(of_class) for of_class in tensors])
        return cls(torch.stack(padded), tuple(names), tuple(groups), source, counts)

    @property
    def n_classes(self) -> int:
        return self.images.shape[0]

    @property
    def n_drawings(self) -> int:
        """The drawings of the largest class."""
        return self.images.shape[1]

    @property
    def device(self) -> torch.device:
        return self.images.device

    @property
    def group_ids(self) -> Tensor:
        """[C] long: the number of each class's group, in order of first appearance."""
        numbers = {group: number for number, group in enumerate(dict.fromkeys(self.groups))}
        return torch.tensor([numbers[group] for group in self.groups], dtype=torch.long)

    def to(self, device: torch.device | str) -> ClassBank:
        """The same bank on `device`."""
        return replace(self, images=self.images.to(device))

    def select(self, classes: Sequence[int], source: str | None = None) -> ClassBank:
        """The bank of some classes, by number, in the order given. Raises ValueError for one that it does not have."""
        numbers = class_numbers(classes, self.n_classes)
        index = torch.tensor(numbers, dtype=torch.long)
        names, groups = (tuple(of_all[c] for c in numbers) for of_all in (self.names, self.groups))
        counts = None if self.counts is None else self.counts[index]
        return ClassBank(self.images[index.to(self.device)], names, groups, source or self.source, counts)

    def with_at_least(self, n_drawings: int) -> ClassBank:
        """The bank of the classes that have so many drawings."""
        return self.select([c for c, count in enumerate(self.sizes.tolist()) if count >= n_drawings])

    @property
    def sizes(self) -> Tensor:
        """[C] long: the number of drawings of each class."""
        return torch.full((self.n_classes,), self.n_drawings) if self.counts is None else self.counts

    def select_groups(self, groups: Sequence[str], source: str | None = None) -> ClassBank:
        """The bank of some groups. Raises ValueError for a group that the bank does not have."""
        groups = [str(group) for group in groups]
        unknown = sorted(set(groups) - set(self.groups))
        if unknown:
            raise ValueError(f"no group {', '.join(unknown)}; the bank has {', '.join(dict.fromkeys(self.groups))}")
        return self.select([c for c, group in enumerate(self.groups) if group in groups], source)

    def join(self, other: ClassBank) -> ClassBank:
        """The bank of the classes of both. Raises ValueError where their pictures differ in size or channels."""
        source, (names, groups) = (
            f"{self.source} and {other.source}",
            (self.names + other.names, self.groups + other.groups),
        )
        shapes = [list(bank.images.shape[2:]) for bank in (self, other)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"pictures of {shapes[0]} and of {shapes[1]} do not join: give both banks one size")
        if self.counts is None and other.counts is None and self.n_drawings == other.n_drawings:
            return ClassBank(torch.cat([self.images, other.images]), names, groups, source)
        pictures = [bank.images[c, :n] for bank in (self, other) for c, n in enumerate(bank.sizes.tolist())]
        return ClassBank.of_unequal(pictures, names, groups, source)

    def rotated(self) -> ClassBank:
        """The bank with every class turned by 0, 90, 180 and 270 degrees, each turn a class of its own: 4C classes.

        Split first and rotate after: a turned class must never be on the other side of a split from its original.
        Raises ValueError for pictures that are not square.
        Source: Santoro et al. (2016), taken up by Vinyals et al. (2016) and Snell et al. (2017).
        """
        if self.images.shape[-2] != self.images.shape[-1]:
            raise ValueError(
                f"pictures of {list(self.images.shape[-2:])} change their shape when turned: cut them square"
            )
        turns = [torch.rot90(self.images, turn, dims=(-2, -1)) for turn in range(4)]
        names = tuple(f"{name}, turned {90 * turn}°" if turn else name for turn in range(4) for name in self.names)
        groups = tuple(f"{g}, turned {90 * turn}°" if turn else g for turn in range(4) for g in self.groups)
        counts = None if self.counts is None else self.counts.repeat(4)
        return ClassBank(
            torch.cat(turns), names, groups, f"{self.source}, with rotations by 90° as new classes", counts
        )


@dataclass(frozen=True)
class EpisodeSpec:
    """The shape of an episode: N ways, K shots, queries a class; `within_group` takes all N classes from one alphabet.

    Raises ValueError for counts that make no task.
    """

    n_way: int = 5
    k_shot: int = 1
    n_query: int = 15
    within_group: bool = False

    def __post_init__(self) -> None:
        for word, count, least in (("n_way", self.n_way, 2), ("k_shot", self.k_shot, 1), ("n_query", self.n_query, 1)):
            if isinstance(count, bool) or not isinstance(count, Integral) or count < least:
                raise ValueError(f"{word} is {count!r}: give a whole number of at least {least}")
            object.__setattr__(self, word, int(count))  # numpy's whole numbers are such too

    def __str__(self) -> str:
        within = " within one alphabet" if self.within_group else ""
        queries = "1 query" if self.n_query == 1 else f"{self.n_query} queries"
        return f"{self.n_way}-way {self.k_shot}-shot{within}, {queries} a class"


class Episode(NamedTuple):
    """One task, or T tasks with a leading axis on every field. A NamedTuple, since vmap walks it.

    support_x  [T, N·K, 1, H, W] float32 in 0 … 1         support_y  [T, N·K] long in 0 … N−1
    query_x    [T, N·n_query, 1, H, W] float32 in 0 … 1   query_y    [T, N·n_query] long in 0 … N−1
    """

    support_x: Tensor
    support_y: Tensor
    query_x: Tensor
    query_y: Tensor

    def task(self, t: int) -> Episode:
        """Task `t` alone, without the leading axis."""
        return Episode(*(field[t] for field in self))


class Draw(NamedTuple):
    """Which pictures an episode takes: class numbers [T, N] and drawing numbers [T, N, K + n_query], both long."""

    classes: Tensor
    drawings: Tensor


def draw_indices(bank: ClassBank, spec: EpisodeSpec, n_tasks: int, *, generator: torch.Generator) -> Draw:
    """Choose the classes and drawings of `n_tasks` episodes, without replacement, in random order.

    The order matters: label i is the i-th class drawn. Labels in ascending class order would tell a network that
    remembers class numbers 50 % of a 5-way answer.
    Raises ValueError when the bank has too few classes or drawings.
    """
    if n_tasks < 1:
        raise ValueError(f"{n_tasks} tasks asked for: give a whole number of at least 1")
    if spec.n_way > bank.n_classes:
        raise ValueError(
            f"{spec.n_way}-way needs {spec.n_way} classes and this bank has {bank.n_classes}: lower n_way or join banks"
        )
    needed, least = spec.k_shot + spec.n_query, int(bank.sizes.min())
    if needed > least:
        name = bank.names[int(bank.sizes.argmin())]
        short = "" if bank.counts is None else f" ({name}), or take bank.with_at_least({needed})"
        raise ValueError(
            f"{spec.k_shot} shots and {spec.n_query} queries need {needed} pictures of a class and this bank has "
            f"{least}{short}: lower k_shot or n_query"
        )
    keys = torch.rand(n_tasks, bank.n_classes, generator=generator)  # the N largest keys are a random ordered choice
    if spec.within_group:
        keys = keys.masked_fill(~_one_group_each(bank, spec, n_tasks, generator), -1.0)
    classes = keys.topk(spec.n_way, dim=1).indices  # [T, N]
    keys = torch.rand(n_tasks, spec.n_way, bank.n_drawings, generator=generator)
    if bank.counts is not None:  # what pads a small class is never drawn
        keys = keys.masked_fill(torch.arange(bank.n_drawings) >= bank.counts[classes][..., None], -1.0)
    return Draw(classes, keys.topk(needed, dim=2).indices)  # drawings [T, N, K + Q]


def _one_group_each(bank: ClassBank, spec: EpisodeSpec, n_tasks: int, generator: torch.Generator) -> Tensor:
    """[T, C] bool: the classes of one group a task, drawn among the groups with at least N classes."""
    group_of = bank.group_ids
    sizes = group_of.bincount()
    large = (sizes >= spec.n_way).nonzero().flatten()
    if not len(large):
        raise ValueError(
            f"{spec.n_way}-way within one group needs a group of {spec.n_way} classes and the largest here has "
            f"{int(sizes.max())}: lower n_way"
        )
    chosen = large[torch.randint(len(large), (n_tasks,), generator=generator)]  # [T]
    return group_of[None, :] == chosen[:, None]


def gather(bank: ClassBank, spec: EpisodeSpec, draw: Draw) -> Episode:
    """The episodes that `draw` chose, as float32 pictures on the bank's device. Rows are sorted by label."""
    classes, drawings = draw.classes.to(bank.device), draw.drawings.to(bank.device)
    pixels = bank.images[classes[..., None], drawings]  # [T, N, K + Q, 1, H, W] uint8
    support, query = pixels.float().div_(255).split([spec.k_shot, spec.n_query], dim=2)
    labels = torch.arange(spec.n_way, device=bank.device)
    n_tasks = len(classes)
    return Episode(
        support.flatten(1, 2),  # [T, N·K, 1, H, W]
        labels.repeat_interleave(spec.k_shot).expand(n_tasks, -1),
        query.flatten(1, 2),  # [T, N·Q, 1, H, W]
        labels.repeat_interleave(spec.n_query).expand(n_tasks, -1),
    )


def sample_episodes(bank: ClassBank, spec: EpisodeSpec, n_tasks: int, *, generator: torch.Generator) -> Episode:
    """`n_tasks` episodes of the shape `spec`, with a leading task axis on every field.

    Pictures stay uint8 in the bank; only those of these episodes become float32. No Python loop runs over tasks.
    Raises ValueError when the bank has too few classes or drawings. Source: Vinyals et al. (2016), section 2.2.
    """
    return gather(bank, spec, draw_indices(bank, spec, n_tasks, generator=generator))


def stream_episodes(
    bank: ClassBank, spec: EpisodeSpec, n_episodes: int, *, seed: int, batch: int = 20
) -> Iterator[Episode]:
    """`n_episodes` episodes in batches of at most `batch`, the same ones for every `seed`, bank and spec.

    Only one batch is in memory at a time. The episodes depend on `batch` too, so exams fix it.
    """
    generator = torch.Generator().manual_seed(seed)
    for start in range(0, n_episodes, batch):
        yield sample_episodes(bank, spec, min(batch, n_episodes - start), generator=generator)
