"""A classifier from a few pictures of each class, used as those of scikit-learn are."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from metalib import runtime
from metalib.few_shot import backbones, features, heads
from metalib.few_shot.folder import read_folder
from metalib.few_shot.pictures import Source, told


class Neighbour(NamedTuple):
    """The support picture that is nearest to another, by its number, and how far it is in the head's space."""

    index: int
    distance: float


class FewShot:
    """A network that others have trained, and a head that learns your classes from a few pictures of each.

    backbone       what sees the pictures: "omniglot", "emoji", "photos" or another, as `backbones.load` has them
    head           "centroid" (of features of length 1), "plain centroid", "linear probe" or "fine-tuning"; None: the
                   one that suits the backbone
    seconds        of fine-tuning
    cache          whether features are kept in the per-user folder, by the pictures' content
    seed           of fine-tuning
    download       whether a backbone may be fetched from the network
    device         as `runtime.pick_device` has it; None: the best there is
    Pictures are paths, images of Pillow's, or arrays [H, W] or [H, W, 3] in uint8, mixed as they come. Labels are
    names or whole numbers. `Pipeline`, `cross_val_score` and `clone` of scikit-learn take it, which need not be there.
    """

    classes_: np.ndarray

    def __init__(
        self,
        backbone: str = "omniglot",
        head: str | None = None,
        *,
        seconds: float = 30,
        cache: bool = True,
        seed: int = 0,
        download: bool = False,
        device: str | None = None,
    ) -> None:
        self.backbone = backbone
        self.head = head
        self.seconds = seconds
        self.cache = cache
        self.seed = seed
        self.download = download
        self.device = device

    def fit(self, pictures: Sequence[Source], labels: Sequence[Any]) -> FewShot:
        """Learn the classes from pictures [S] and their labels [S]; returns itself.

        `remarks` then says what was noticed. Raises ValueError for fewer than two classes or other lengths, and what
        `open_picture` does.
        """
        pictures, labels = _listed(pictures), np.asarray(labels)
        if labels.shape != (len(pictures),):
            raise ValueError(f"{len(pictures)} pictures and labels of shape {list(labels.shape)}: give each one label")
        classes, numbers = np.unique(labels, return_inverse=True)
        if len(classes) < 2:
            only = f" ({classes[0]})" if len(classes) else ""
            raise ValueError(f"{len(classes)} classes{only}, and there is nothing to tell apart: give two at least")
        self._network = backbones.load(self.backbone, download=self.download, device=runtime.pick_device(self.device))
        self._head = heads.make(self.head or self._network.head, self._network, seconds=self.seconds, seed=self.seed)
        self.names = tuple(_name(picture, number) for number, picture in enumerate(pictures))
        self._y = torch.from_numpy(numbers).long()
        self._z, noticed = self._seen(pictures)
        self.remarks = told((self.names[number], words) for number, words in noticed)
        self._fitted = self._head.fit(self._z, self._y, len(classes))
        self.classes_ = classes
        return self

    @classmethod
    def from_folder(cls, folder: str | os.PathLike[str], **settings: Any) -> FewShot:
        """The classifier of the pictures in `folder`, each of whose sub-folders is a class; settings as `FewShot` has.

        Raises BadFile, as `read_folder` does.
        """
        found = read_folder(folder)
        classifier = cls(**settings).fit(found.paths, found.labels)
        classifier.remarks = (*found.remarks, *classifier.remarks)
        return classifier

    def predict(self, pictures: Sequence[Source]) -> np.ndarray:
        """The label [B] of each picture."""
        return self.classes_[self._logits(pictures).argmax(dim=1).numpy()]

    def predict_proba(self, pictures: Sequence[Source]) -> np.ndarray:
        """The probability [B, N] of each class, in the order of `classes_`."""
        return self._logits(pictures).softmax(dim=1).numpy()

    def score(self, pictures: Sequence[Source], labels: Sequence[Any]) -> float:
        """The share of the pictures whose label is right."""
        return float(np.mean(self.predict(pictures) == np.asarray(labels)))

    def neighbours(self, pictures: Sequence[Source]) -> list[Neighbour]:
        """For each picture the support picture that is nearest, where the head sees them; `names` has its name."""
        self._check_fitted()
        z, _ = self._seen(_listed(pictures))
        distances = torch.cdist(self._fitted.space(z), self._fitted.space(self._z))  # [B, S]
        return [Neighbour(int(row.argmin()), float(row.min())) for row in distances]

    def _logits(self, pictures: Sequence[Source]) -> Tensor:
        self._check_fitted()
        z, _ = self._seen(_listed(pictures))
        return self._fitted.logits(z)

    def _seen(self, pictures: Sequence[Source]) -> tuple[Tensor, list[features.Noticed]]:
        """What the head looks at, [B, ...], of pictures."""
        if self._head.looks_at == "features":
            return features.of(pictures, self._network, cache=self.cache)
        noticed: list[features.Noticed] = []
        return self._network.pictures(features.opened(pictures, range(len(pictures)), noticed)), noticed

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
        return hasattr(self, "_fitted")

    def __sklearn_tags__(self) -> Any:
        from sklearn.utils import ClassifierTags, InputTags, Tags, TargetTags  # it is scikit-learn that asks

        return Tags(
            estimator_type="classifier",
            target_tags=TargetTags(required=True),
            classifier_tags=ClassifierTags(),
            input_tags=InputTags(two_d_array=False, string=True),
        )

    def _check_fitted(self) -> None:
        if not hasattr(self, "_fitted"):
            raise ValueError("this classifier has learned no classes yet: call fit(pictures, labels) first")


def _listed(pictures: Sequence[Source]) -> Sequence[Source]:
    """Pictures as a sequence of at least one. Raises ValueError for a single one."""
    if isinstance(pictures, str | os.PathLike | Image.Image) or getattr(pictures, "ndim", 3) == 2:
        raise ValueError("pictures is one picture: give a list of them, [picture]")
    if not len(pictures):
        raise ValueError("0 pictures: give one at least")
    return pictures


def _name(picture: Source, number: int) -> str:
    """What a picture is called: its folder and file, or its number."""
    return "/".join(Path(picture).parts[-2:]) if isinstance(picture, str | os.PathLike) else f"picture {number + 1}"
