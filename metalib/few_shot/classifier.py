"""A classifier from a few pictures of each class, used as those of scikit-learn are."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from metalib import runtime
from metalib.few_shot import backbones, calibration, estimates, heads, none_of_these, saving
from metalib.few_shot.estimates import Estimate
from metalib.few_shot.folder import read_folder
from metalib.few_shot.learned import Learned
from metalib.few_shot.pictures import Source, told
from metalib.few_shot.support import labelled, listed, seen


class Neighbour(NamedTuple):
    """The support picture that is nearest to another, by its number, and how far it is in the head's space."""

    number: int
    distance: float


class Answers(NamedTuple):
    """What is said of B pictures.

    labels [B]; probabilities [B, N] of the classes in order; B nearest support pictures; sentences on what was noticed;
    distances_to_mean [B], of the nearest class mean in the head's space, by which pictures are none of the classes
    """

    labels: np.ndarray
    probabilities: np.ndarray
    neighbours: list[Neighbour]
    remarks: tuple[str, ...]
    distances_to_mean: np.ndarray


class FewShot:
    """A network that others have trained, and a head that learns your classes from a few pictures of each.

    backbone       what sees the pictures: "omniglot", "emoji", "photos" or another, as `backbones.load` has them
    head           "centroid" (of features of length 1), "plain centroid", "linear probe" or "fine-tuning"; None: the
                   one that suits the backbone
    seconds        of fine-tuning
    cache          whether features are kept in the per-user folder, by the pictures' content
    seed           of all that is drawn at random
    none_of_these  the share of the classes' own pictures that may be turned away by mistake, such as 0.05, so that
                   others are labelled "none of these" (−1 where labels are numbers); None: every picture gets a class
    download       whether a backbone may be fetched from the network
    device         as `runtime.pick_device` has it; None: the best there is
    Pictures are paths, images of Pillow's, or arrays [H, W] or [H, W, 3] in uint8, mixed as they come. Labels are
    names or whole numbers. `Pipeline`, `cross_val_score` and `clone` of scikit-learn take it, which need not be there.
    """

    _estimator_type = "classifier"  # what scikit-learn asked for before 1.6
    classes_: np.ndarray
    names: tuple[str, ...]
    remarks: tuple[str, ...]
    threshold: none_of_these.Threshold | None

    def __init__(
        self,
        backbone: str = "omniglot",
        head: str | None = None,
        *,
        seconds: float = 30,
        cache: bool = True,
        seed: int = 0,
        none_of_these: float | None = None,
        download: bool = False,
        device: str | None = None,
    ) -> None:
        self.backbone = backbone
        self.head = head
        self.seconds = seconds
        self.cache = cache
        self.seed = seed
        self.none_of_these = none_of_these
        self.download = download
        self.device = device

    def fit(self, pictures: Sequence[Source], labels: Sequence[Any]) -> FewShot:
        """Learn the classes from pictures [S] and their labels [S]; returns itself.

        `remarks` then says what was noticed, and `threshold` where a picture is none of these. Raises ValueError for
        fewer than two classes or other lengths, and what `open_picture` does.
        """
        return self._know(self._learn(*labelled(pictures, labels)))

    def _learn(self, pictures: Sequence[Source], classes: np.ndarray, y: Tensor) -> Learned:
        network = backbones.load(self.backbone, download=self.download, device=runtime.pick_device(self.device))
        head_name = self.head or network.head
        head = heads.make(head_name, network, seconds=self.seconds, seed=self.seed)
        names = tuple(_name(picture, number) for number, picture in enumerate(pictures))
        z, noticed = seen(pictures, network, head, cache=self.cache)
        remarks = told((names[number], words) for number, words in noticed)
        head = calibration.scaled(head, z, y, seed=self.seed)
        fitted = head.fit(z, y, len(classes))
        threshold = None
        if self.none_of_these is not None:
            threshold = none_of_these.threshold(z, y, head, false_alarms=self.none_of_these)
            remarks = (*remarks, threshold.words)
        learned = Learned(network, head_name, head, fitted, classes, y, names, remarks, z, fitted.space(z), threshold)
        if threshold is not None and learned.none in classes:
            raise ValueError(f"a class is called {learned.none!r}, as what is none of them would be: rename it")
        return learned

    def _know(self, learned: Learned) -> FewShot:
        self._learned = learned
        self.classes_, self.names, self.remarks = learned.classes, learned.names, learned.remarks
        self.threshold = learned.threshold
        return self

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str], **settings: Any) -> FewShot:
        """The classifier of the pictures in `folder`, each of whose sub-folders is a class; settings as `FewShot` has.

        Raises BadFile, as `read_folder` does.
        """
        found = read_folder(folder)
        classifier = cls(**settings).fit(found.paths, found.labels)
        learned = classifier._known()
        return classifier._know(replace(learned, remarks=(*found.remarks, *learned.remarks)))

    def predict(self, pictures: Sequence[Source]) -> np.ndarray:
        """The label [B] of each picture."""
        return self.answers(pictures).labels

    def predict_proba(self, pictures: Sequence[Source]) -> np.ndarray:
        """The probability [B, N] of each class, in the order of `classes_`."""
        return self.answers(pictures).probabilities

    def score(self, pictures: Sequence[Source], labels: Sequence[Any]) -> float:
        """The share of the pictures whose label is right."""
        return float(np.mean(self.predict(pictures) == np.asarray(labels)))

    def neighbours(self, pictures: Sequence[Source]) -> list[Neighbour]:
        """For each picture the support picture that is nearest, where the head sees them; `names` has its name."""
        return self.answers(pictures).neighbours

    def answers(self, pictures: Sequence[Source]) -> Answers:
        """All that can be said of pictures, which are looked at once. Raises what `open_picture` does."""
        known, pictures = self._known(), listed(pictures)
        z, noticed = seen(pictures, known.backbone, known.head, cache=self.cache)
        probabilities = known.fitted.logits(z).softmax(dim=1).numpy()  # [B, N]
        exact = "donot_use_mm_for_euclid_dist"  # 0 for equal pictures
        space = known.fitted.space(z)  # [B, E]
        distances = torch.cdist(space, known.space, compute_mode=exact)  # [B, S]
        to_mean = none_of_these.from_nearest(space, known.means)  # [B]
        labels = known.classes[probabilities.argmax(axis=1)]
        if known.threshold is not None:
            labels = np.where(known.threshold.turns_away(to_mean).numpy(), known.none, labels)
        return Answers(
            labels,
            probabilities,
            [Neighbour(int(row.argmin()), float(row.min())) for row in distances],
            told((_name(pictures[number], number), words) for number, words in noticed),
            to_mean.numpy(),
        )

    def estimate(self) -> Estimate:
        """How good this classifier is, as far as its support pictures can tell: `estimates.leave_one_of_each_out`.

        Fine-tuning learns once more for each picture of the smallest class. Raises ValueError for a fine-tuned
        classifier that was loaded: its pictures are not in the file.
        """
        known = self._known()
        if known.z is None:
            raise ValueError("the pictures are not in the file that this was loaded from: fit it again, then ask")
        shuffles = 1 if known.head.looks_at == "pictures" else estimates.SHUFFLES
        return estimates.leave_one_of_each_out(known.z, known.y, known.head, shuffles=shuffles, seed=self.seed)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write what was learned to `path`, which ends in .safetensors; neither pictures nor backbone are in it."""
        saving.save(path, self._known())

    @classmethod
    def load(cls, path: str | os.PathLike[str], **settings: Any) -> FewShot:
        """The classifier that was saved to `path`.

        settings  cache, download or device, which are this machine's business
        Raises BadFile where it is none or was made with another backbone; what `backbones.load` does.
        """
        header, tensors = saving.read(path)
        threshold = header["threshold"]
        settings["none_of_these"] = threshold["false_alarms"] if threshold else None
        classifier = cls(header["backbone"], header["head"], **settings)
        device = runtime.pick_device(classifier.device)
        network = backbones.load(classifier.backbone, download=classifier.download, device=device)
        return classifier._know(saving.restore(path, header, tensors, network))

    def _known(self) -> Learned:
        if not self.__sklearn_is_fitted__():
            raise ValueError("this classifier has learned no classes yet: call fit(pictures, labels) first")
        return self._learned

    # --- what scikit-learn asks of a classifier

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The settings by name."""
        return {name: getattr(self, name) for name in inspect.signature(FewShot).parameters}

    def set_params(self, **settings: Any) -> FewShot:
        """Change settings, for the next `fit`; returns itself. Raises ValueError for one that there is not."""
        known = self.get_params()
        if unknown := settings.keys() - known.keys():
            raise ValueError(f"there is no setting {', '.join(sorted(unknown))}: there are {', '.join(known)}")
        for name, value in settings.items():
            setattr(self, name, value)
        return self

    def __repr__(self) -> str:
        default = inspect.signature(FewShot).parameters
        changed = (f"{k}={v!r}" for k, v in self.get_params().items() if v != default[k].default)
        return f"FewShot({', '.join(changed)})"

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_learned")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags  # it is scikit-learn that asks

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, string=True),
        )


def _name(picture: Source, number: int) -> str:
    """What a picture is called: its folder and file, or its number."""
    return "/".join(Path(picture).parts[-2:]) if isinstance(picture, str | os.PathLike) else f"picture {number + 1}"
