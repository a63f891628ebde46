"""The exercises of notebook 01: drawing an episode, the pixel neighbour, and splitting classes by alphabet."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from metalib import baselines
from metalib.course.kit import episode_sampler
from metalib.course.kit.exercise import Exercise, Exercises
from metalib.course.kit.verdict import Wrong, check, compare
from metalib.course.learning_to_learn import exercise_class_split
from metalib.episodes import ClassBank, Episode, EpisodeSpec, sample_episodes
from metalib.runtime import seeded


def sample_episode(
    images: Tensor, n_way: int, k_shot: int, n_query: int, generator: torch.Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """One episode of `images` [C, D, 1, H, W], as `metalib.episodes` draws it, of four tensors."""
    names = ("",) * len(images)
    spec = EpisodeSpec(n_way, k_shot, n_query)
    return sample_episodes(ClassBank(images, names, names, ""), spec, 1, generator=generator).task(0)


def pixel_neighbour(support_x: Tensor, support_y: Tensor, query_x: Tensor) -> Tensor:
    """[Q]: each query gets the label of the support picture that is nearest in squared pixel distance."""
    task = Episode(support_x, support_y, query_x, query_x.new_zeros(len(query_x), dtype=torch.long))
    return baselines.pixel_neighbour(Episode(*(field[None] for field in task)))[0]


def _squared(support_x: Tensor, query_x: Tensor) -> Tensor:
    """[Q, S]: the squared distances."""
    return torch.cdist(query_x.flatten(1), support_x.flatten(1)).square()


def _class_means(support_x: Tensor, support_y: Tensor, query_x: Tensor) -> Tensor:
    means = torch.stack([support_x[support_y == label].mean(dim=0) for label in support_y.unique()])
    return _squared(means, query_x).argmin(dim=1)


def _cosine(support_x: Tensor, query_x: Tensor) -> Tensor:
    return torch.cosine_similarity(query_x.flatten(1)[:, None], support_x.flatten(1)[None], dim=2)


def _mixed_axes(pictures: Tensor) -> Tensor:
    return pictures.reshape(-1, len(pictures)).T


def _bytes(pictures: Tensor) -> Tensor:
    return (pictures * 255).to(torch.uint8).flatten(1)


NEIGHBOUR_MISTAKES = (
    (
        "You take the farthest support picture. A small distance means alike: `argmin`, not `argmax`.",
        lambda s, y, q: y[_squared(s, q).argmax(dim=1)],
    ),
    (
        "You return the row number of the nearest support picture. The answer is the label in that row: "
        "`support_y[row]`.",
        lambda s, y, q: _squared(s, q).argmin(dim=1),
    ),
    (
        "You compute the label from the row number, as if the support rows were sorted by label. They come in any "
        "order here: look the label up, `support_y[row]`.",
        lambda s, y, q: _squared(s, q).argmin(dim=1) // (len(y) // len(y.unique())),
    ),
    (
        "You compare by the dot product alone. A picture with much ink then wins everywhere. Take the squared "
        "distance, `(q - s).square().sum()`, in which both norms count.",
        lambda s, y, q: y[(q.flatten(1) @ s.flatten(1).T).argmax(dim=1)],
    ),
    (
        "You compare by the cosine, which ignores how much ink a picture has. The exercise asks for the squared "
        "distance.",
        lambda s, y, q: y[_cosine(s, q).argmax(dim=1)],
    ),
    (
        "You take the smallest dot product or cosine. Those grow with likeness, and distances shrink.",
        lambda s, y, q: y[_cosine(s, q).argmin(dim=1)],
    ),
    (
        "You average the support pictures of each class first. That is the nearest mean; the nearest neighbour is one "
        "single support picture.",
        _class_means,
    ),
    (
        "You add up the differences without squaring them. Positive and negative ones cancel: `.square()` comes before "
        "`.sum()`.",
        lambda s, y, q: y[(q.flatten(1)[:, None] - s.flatten(1)[None]).sum(dim=2).argmin(dim=1)],
    ),
    (
        "You add up the differences and take the absolute value, or the square, of the sum. Positive and negative ones "
        "cancel: `.square()` comes before `.sum()`.",
        lambda s, y, q: y[(q.flatten(1)[:, None] - s.flatten(1)[None]).sum(dim=2).abs().argmin(dim=1)],
    ),
    (
        "You add up absolute differences. The exercise asks for squares, which weigh a few large differences more.",
        lambda s, y, q: y[torch.cdist(q.flatten(1), s.flatten(1), p=1).argmin(dim=1)],
    ),
    (
        "Your vectors mix pixels of different pictures: `reshape` with the axes in another order. `x.flatten(1)` "
        "keeps each picture in a row of its own.",
        lambda s, y, q: y[torch.cdist(_mixed_axes(q), _mixed_axes(s)).argmin(dim=1)],
    ),
    (
        "You subtract pictures of type uint8. There 3 − 5 is 254, as nothing is below zero. Write `.float()` first.",
        lambda s, y, q: y[(_bytes(q)[:, None] - _bytes(s)[None]).float().square().sum(dim=2).argmin(dim=1)],
    ),
    (
        "You subtract and square pictures of type uint8. Both wrap around at 256. Write `.float()` first.",
        lambda s, y, q: y[(_bytes(q)[:, None] - _bytes(s)[None]).square().long().sum(dim=2).argmin(dim=1)],
    ),
)

OVER_QUERIES = (
    "Is your minimum over `dim=0`, the queries? In [Q, S] the queries are the rows. Take `argmin(dim=1)`, the nearest "
    "support picture of each query."
)


@check
def check_pixel_neighbour(function: Callable) -> str:
    """`pixel_neighbour(support_x, support_y, query_x)`: [S, 1, H, W], [S], [Q, 1, H, W] -> [Q] labels."""
    try:
        _compare_neighbours(function)
    except Wrong as wrong:
        if isinstance(wrong.__cause__, IndexError) and "out of bounds" in str(wrong.__cause__):
            raise Wrong(f"{wrong}\n{OVER_QUERIES}") from None
        raise
    return "Right. Your labels agree on tasks of 3, 4 and 5 ways with 1, 2 and 4 shots."


def _compare_neighbours(function: Callable) -> None:
    compare(
        function,
        [_task(5, 1, seed=1), _task(3, 4, seed=2), _task(4, 2, seed=3)],
        reference=pixel_neighbour,
        read=_read_labels,
        same=lambda a, b: a.shape == b.shape and a.equal(b),
        mistakes=NEIGHBOUR_MISTAKES,
        show=lambda case, answer, right: (
            f"{int((answer != right).sum())} of your {len(right)} labels are not those of the nearest support "
            f"picture, in a task of {len(case[1].unique())} ways with {len(case[1])} support pictures. The first is "
            f"query {int((answer != right).nonzero()[0])}: the label is {int(right[answer != right][0])}, and yours "
            f"is {int(answer[answer != right][0])}."
        ),
    )


def _task(n_way: int, k_shot: int, *, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Noisy pictures of uneven brightness, so that every wrong distance shows; the support rows are in random order."""
    generator, height, width, n_query = seeded(seed), 6, 5, 40
    patterns = torch.rand(n_way, 1, height, width, generator=generator)

    def pictures(labels: Tensor) -> Tensor:
        noise = torch.rand(len(labels), 1, height, width, generator=generator)
        brightness = 0.4 + 0.6 * torch.rand(len(labels), 1, 1, 1, generator=generator)
        return (0.4 * patterns[labels] + 0.6 * noise) * brightness

    support_y = torch.arange(n_way).repeat_interleave(k_shot)
    # rolled by one, as a random order may be the sorted one
    support_y = support_y[torch.randperm(n_way * k_shot, generator=generator)].roll(1)
    query_y = torch.randint(n_way, (n_query,), generator=generator)
    return pictures(support_y), support_y, pictures(query_y)


def _read_labels(answer: Any, support_x: Tensor, support_y: Tensor, query_x: Tensor) -> Tensor:
    n_support, n_query = len(support_x), len(query_x)
    if isinstance(answer, torch.return_types.min):
        raise Wrong(
            "You return what `.min(dim=1)` gives: values and indices. The row is in `.indices`; look its label up."
        )
    try:
        labels = torch.as_tensor(answer)
    except (TypeError, ValueError, RuntimeError):
        raise Wrong(
            f"You return a {type(answer).__name__}. Return a tensor of {n_query} labels, one a query."
        ) from None
    if labels.shape == (n_query, n_support):
        raise Wrong("You return the whole table [Q, S]. Take `argmin(dim=1)` of the distances and look the labels up.")
    if labels.shape == (n_support,):
        raise Wrong(
            f"You return {n_support} answers, one a support picture. There are {n_query} queries: take the smallest "
            "over the support pictures, the other axis."
        )
    if labels.shape != (n_query,):
        raise Wrong(f"Your answer has the shape {list(labels.shape)}. Return one label a query, [{n_query}].")
    return labels.long() if not labels.is_floating_point() or labels.equal(labels.round()) else labels


@check
def check_sample_episode(function: Callable) -> str:
    """`sample_episode(images, n_way, k_shot, n_query, generator)`: [C, D, 1, H, W] uint8 -> four tensors."""
    remark = episode_sampler.judge(function, scaled=True)
    return f"Right. {len(episode_sampler.SHAPES) * episode_sampler.RUNS} episodes of three shapes had no flaw.{remark}"


@check
def check_split_classes(function: Callable) -> str:
    """`split_classes(alphabets, n_validation, n_test, generator)` -> three lists of class numbers."""
    return exercise_class_split.judge(function)


def _update() -> tuple:
    """One episode of the live training."""
    images = torch.randint(0, 256, (120, 15, 1, 28, 28), dtype=torch.uint8, generator=seeded(0))
    return images, 20, 1, 5, seeded(1)


def _one_task() -> tuple[Tensor, Tensor, Tensor]:
    """A task of exam A."""
    pictures = torch.rand(80, 1, 28, 28, generator=seeded(0))
    return pictures[:5], torch.arange(5), pictures[5:]


def _alphabets() -> tuple:
    return [f"alphabet {c // 32}" for c in range(827)], 3, 3, seeded(0)


_exercises = Exercises(
    Exercise("sample_episode", check_sample_episode, course=sample_episode, example=_update, seconds=0.1),
    Exercise("pixel_neighbour", check_pixel_neighbour, course=pixel_neighbour, example=_one_task, seconds=0.05),
    Exercise(
        "split_classes",
        check_split_classes,
        course=exercise_class_split.split_classes,
        example=_alphabets,
        seconds=1.0,
    ),
)
mine, in_time, record = _exercises.mine, _exercises.in_time, _exercises.record
