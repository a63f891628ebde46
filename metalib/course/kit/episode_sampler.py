"""What the check of `sample_episode` looks at: the properties of episodes, since no two ways to draw them agree."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from metalib.course.kit import sampler_habits
from metalib.course.kit.lookup import PictureIndex
from metalib.course.kit.verdict import Wrong, attempt
from metalib.runtime import seeded

N_CLASSES, N_DRAWINGS = 9, 20
SHAPES = ((5, 1, 15), (3, 2, 4), (2, 3, 1))  # n_way, k_shot, n_query
RUNS = 100  # of each shape: a class or drawing that never occurs then is no accident (below 1 in 10¹¹)
FIELDS = ("support_x", "support_y", "query_x", "query_y")


class Side(NamedTuple):
    """A support or query set as numbers, [R] each: labels, and which class and drawing each picture is."""

    labels: Tensor
    classes: Tensor
    drawings: Tensor

    @property
    def pictures(self) -> list[tuple[int, int]]:
        return list(zip(self.classes.tolist(), self.drawings.tolist(), strict=True))

    def class_of(self, label: int) -> list[int]:
        """The classes of the pictures that have `label`."""
        return self.classes[self.labels == label].unique().tolist()


class Sample(NamedTuple):
    """One episode that the learner's function drew."""

    n_way: int
    support: Side
    query: Side

    @property
    def class_order(self) -> list[int]:
        """The class behind label 0, 1, ..."""
        return [self.support.class_of(label)[0] for label in range(self.n_way)]

    @property
    def everything(self) -> list[list[int]]:
        return [numbers.tolist() for side in (self.support, self.query) for numbers in side]


def judge(function: Callable, *, scaled: bool = False) -> str:
    """Draw many episodes with the learner's function, and raise Wrong with the first flaw; returns a remark, or "".

    scaled  whether pictures are to come as float32 in 0 … 1; else both sets may be of any one type and scale
    """
    images = torch.randint(0, 256, (N_CLASSES, N_DRAWINGS, 1, 6, 6), generator=seeded(11)).to(torch.uint8)
    index = PictureIndex(images)
    shapes = []
    for shape in SHAPES:
        generator = seeded(sum(shape))
        drawn = []
        for _ in range(RUNS):
            answer = attempt(function, images, *shape, generator)
            drawn.append(_read(answer, index, shape))
            sampler_habits.check_scale(answer, scaled=scaled)
        _check_pictures(drawn)
        shapes.append(drawn)
    _check_choice(shapes)
    _check_generator(function, images, index)
    _check_habits(shapes, images)
    shared = all(len(set(_drawings_of_class(sample))) == 1 for drawn in shapes for sample in drawn)
    return (
        " One remark: each class gets the same drawing numbers. In Omniglot a number stands for one person's hand, "
        "so the pictures of a task then come from the same people. That is allowed; `metalib` draws them for each "
        "class anew."
        if shared
        else ""
    )


def _drawings_of_class(sample: Sample) -> list[tuple[int, ...]]:
    """The drawing numbers of each class of an episode."""
    both = [*sample.support.pictures, *sample.query.pictures]
    return [tuple(sorted(drawing for c, drawing in both if c == wanted)) for wanted in sample.class_order]


# --- one episode: its form, its pictures, its labels


def _read(answer: Any, index: PictureIndex, shape: tuple[int, int, int]) -> Sample:
    """The learner's episode as numbers; raises Wrong when its form, pictures or labels are not those of `shape`."""
    n_way, k_shot, n_query = shape
    if not isinstance(answer, (tuple, list)) or len(answer) != 4 or not all(isinstance(x, Tensor) for x in answer):
        raise Wrong(f"Return four tensors: `return {', '.join(FIELDS)}`.")
    support_x, support_y, query_x, query_y = answer
    if support_y.ndim == 4 and query_x.ndim == 1:
        raise Wrong(f"The four tensors come in another order. Return `{', '.join(FIELDS)}`.")
    sides = []
    for name, pictures, labels, count in zip(
        ("support", "query"), (support_x, query_x), (support_y, query_y), (k_shot, n_query), strict=True
    ):
        _check_form(name, pictures, labels, n_way, count, index.pictures.shape[1])
        side = _locate(name, pictures, labels, index)
        _check_labels(name, side, n_way, count)
        sides.append(side)
    return Sample(n_way, *sides)


def _check_form(name: str, pictures: Tensor, labels: Tensor, n_way: int, count: int, pixels: int) -> None:
    rows = n_way * count
    if pictures.ndim == 5 and list(pictures.shape[:2]) == [n_way, count]:
        raise Wrong(
            f"`{name}_x` has the shape {list(pictures.shape)}: one axis for the classes and one for their drawings. "
            "Join the two with `.flatten(0, 1)`."
        )
    if pictures.ndim != 4 or pictures.shape[1:].numel() != pixels:
        raise Wrong(f"`{name}_x` has the shape {list(pictures.shape)}. It should be [{rows}, 1, H, W].")
    if len(pictures) != rows:
        raise Wrong(
            f"`{name}_x` has {len(pictures)} pictures. A {n_way}-way task with {count} {name} pictures of each class "
            f"has {rows}."
        )
    if labels.shape != (rows,):
        raise Wrong(
            f"`{name}_y` has the shape {list(labels.shape)}. It should be [{rows}], one label for each picture."
        )
    if labels.is_floating_point() or labels.dtype == torch.bool:
        raise Wrong(f"`{name}_y` is of type {labels.dtype}. Labels are whole numbers: make them `.long()`.")


def _locate(name: str, pictures: Tensor, labels: Tensor, index: PictureIndex) -> Side:
    if pictures.is_floating_point() and pictures.max() > 1.5:  # floats that were not divided by 255: as good
        pictures = pictures / 255
    located = index.locate(pictures[None])
    missing = int((~located.found).sum())
    if missing:
        raise Wrong(
            f"{missing} of the {len(pictures)} pictures in `{name}_x` are not in `images`. Take whole pictures by "
            "class and drawing, `images[c, d]`. Leave their pixels as they are, and keep their axes in order."
        )
    return Side(labels.long(), located.classes[0], located.ids[0] % index.n_drawings)


def _check_labels(name: str, side: Side, n_way: int, count: int) -> None:
    labels = side.labels
    if labels.min() < 0 or labels.max() >= n_way:
        if labels.equal(side.classes):
            raise Wrong(
                f"`{name}_y` holds the class numbers of `images`, such as {int(labels.max())}. Number the classes of "
                f"the task anew, 0 … {n_way - 1}: label i is the i-th class that you drew."
            )
        start = " Labels start at 0." if labels.min() == 1 and labels.max() == n_way else ""
        raise Wrong(
            f"`{name}_y` runs from {int(labels.min())} to {int(labels.max())}. The labels of {n_way} ways are "
            f"0 … {n_way - 1}.{start}"
        )
    if not _one_class_each(labels, side.classes):
        if labels.equal(side.classes % n_way):
            raise Wrong(
                f"`{name}_y` holds the class number modulo {n_way}. Two classes can then get one label, and who knows "
                "the class numbers knows all labels. Label i is the i-th class that you drew."
            )
        layouts = (labels.view(n_way, count).T.flatten(), labels.view(count, n_way).T.flatten())
        if any(_one_class_each(layout, side.classes) for layout in layouts):
            raise Wrong(
                f"The rows of `{name}_x` and `{name}_y` are in different orders: one goes class by class (0, 0, 1, "
                "1), the other goes round (0, 1, 0, 1). `repeat_interleave` gives the first order, and `repeat` the "
                "second."
            )
        raise Wrong(f"In the {name} set one label stands for pictures of several classes. Give a class one label.")
    counts = labels.bincount(minlength=n_way)
    if (counts != count).any():
        raise Wrong(
            f"In the {name} set the labels 0 … {n_way - 1} occur {counts.tolist()} times. Each should occur {count} "
            "times."
        )


def _one_class_each(labels: Tensor, classes: Tensor) -> bool:
    return all(len(classes[labels == label].unique()) == 1 for label in labels.unique())


# --- many episodes: what may not coincide, and what must vary


def _check_pictures(samples: Sequence[Sample]) -> None:
    """No class twice, the same labels in both sets, and no picture twice."""
    for sample in samples:
        support, query = sample.support, sample.query
        if set(support.classes.tolist()) != set(query.classes.tolist()):
            raise Wrong(
                "Your query set asks for other classes than the support set shows. Draw the classes once, for both."
            )
        if any(support.class_of(label) != query.class_of(label) for label in range(sample.n_way)):
            raise Wrong(
                "Support and query set are labelled in different orders: label 0 is one class in `support_y` and "
                "another in `query_y`. Number the classes once, and use that for both."
            )
        if len(support.classes.unique()) < sample.n_way:
            raise Wrong(
                "In some tasks a class comes twice, under two labels, so that no answer is right. You draw classes "
                "with replacement, as `randint` does: take the first N of `torch.randperm`."
            )
    if any(len(set(side.pictures)) < len(side.labels) for sample in samples for side in (sample.support, sample.query)):
        raise Wrong(
            "Some picture comes twice in one set. You draw drawings with replacement, as `randint` does: cut them from "
            "`torch.randperm(n_drawings)`."
        )
    shared = [len(set(sample.support.pictures) & set(sample.query.pictures)) for sample in samples]
    if any(shared):
        always = all(count == len(sample.support.labels) for count, sample in zip(shared, samples, strict=True))
        raise Wrong(
            f"Your query pictures include {'the support pictures' if always else 'support pictures, in some tasks'}: "
            "the answer is given away. Draw K + n_query drawings of a class at once without replacement, then cut: "
            "the first K are support."
        )


def _check_choice(shapes: Sequence[Sequence[Sample]]) -> None:
    """Classes, drawings and the order of labels must vary from call to call."""
    samples = [sample for drawn in shapes for sample in drawn]
    if all(sorted(sample.class_order) == list(range(sample.n_way)) for sample in samples):
        raise Wrong("You always take the first N classes. Draw N of all classes: `torch.randperm(n_classes)[:n_way]`.")
    if all(sample.everything == drawn[0].everything for drawn in shapes for sample in drawn):
        raise Wrong(
            "Every call gives the same episode. Set no seed inside the function: each call should draw on from "
            "`generator`, which stands elsewhere after every draw."
        )
    if all(sorted(sample.class_order) == sorted(drawn[0].class_order) for drawn in shapes for sample in drawn):
        raise Wrong("Every call takes the same classes. Draw them anew from `generator` in each call.")
    if unused := sorted(set(range(N_CLASSES)) - {c for sample in samples for c in sample.class_order}):
        raise Wrong(
            f"The classes {unused} of {N_CLASSES} never occur in {len(samples)} episodes. Look at where your range "
            "of classes begins and ends: the upper end of `randint` and of a slice is left out."
        )
    in_support = {drawing for sample in samples for drawing in sample.support.drawings.tolist()}
    if unused := sorted(set(range(N_DRAWINGS)) - in_support):
        raise Wrong(
            f"The drawings {unused} of {N_DRAWINGS} are never support pictures in {len(samples)} episodes. Shuffle all "
            "drawings of a class before you cut them into support and query."
        )


def _check_habits(shapes: Sequence[Sequence[Sample]], images: Tensor) -> None:
    """Labels that can be guessed, and classes or drawings that come in a few fixed choices."""
    for drawn in shapes:
        tasks = [[field for s in (one.support, one.query) for field in (*s[1:], s.labels)] for one in drawn]
        sampler_habits.check_labels(images, tasks)
    for drawn in shapes:
        sampler_habits.check_sets(
            "classes",
            [sample.class_order for sample in drawn],
            N_CLASSES,
            "Shuffle all class numbers and take the first: `torch.randperm(n_classes)[:n_way]`.",
            lambda size: f"{size} of {N_CLASSES} classes",
        )
    for drawn in shapes:
        sampler_habits.check_sets(
            "drawings",
            [_drawings_of_class(sample)[0] for sample in drawn],
            N_DRAWINGS,
            "Shuffle all drawing numbers of a class and cut: `torch.randperm(n_drawings)[:k_shot + n_query]`.",
            lambda size: f"{size} of {N_DRAWINGS} drawings",
        )


def _check_generator(function: Callable, images: Tensor, index: PictureIndex) -> None:
    """Equal generators must give equal episodes."""
    shape = SHAPES[0]
    one, *others = (_read(attempt(function, images, *shape, seeded(5)), index, shape) for _ in range(4))
    other = next((sample for sample in others if sample.everything != one.everything), None)
    if other is None:  # of two episodes alone, one in 120 would have the same order of five labels by chance
        return
    what = "drawings come"
    if one.class_order != other.class_order:
        same_classes = sorted(one.class_order) == sorted(other.class_order)
        what = "order of labels comes" if same_classes else "classes come"
    raise Wrong(
        f"Two generators with the same seed give two different episodes: your {what} from the global random numbers. "
        "Write `generator=generator` in every call that draws."
    )
