"""The recipes by name, as `metalib train` takes them: each a frozen dataclass whose fields say where they come from."""

from __future__ import annotations

import dataclasses
from typing import Any

from metalib import files
from metalib.training.recipes import protonet, reptile
from metalib.training.recipes.base import Predict, Recipe
from metalib.training.recipes.classifier import ClassifierRecipe
from metalib.training.recipes.emoji import EmojiClassifierRecipe, EmojiMamlRecipe, EmojiProtonetRecipe
from metalib.training.recipes.hands import HandsRecipe
from metalib.training.recipes.maml import AnilRecipe, FirstOrderMamlRecipe, MamlRecipe
from metalib.training.recipes.protonet import ProtonetRecipe
from metalib.training.recipes.reptile import ReptileRecipe

__all__ = ["RECIPES", "Predict", "Recipe", "recipe_of"]

RECIPES: dict[str, Recipe] = {
    "protonet": ProtonetRecipe(),
    # the form of conv4 that the other methods have, to stand beside them, and for no more
    "protonet-stride": ProtonetRecipe(downsample="stride", updates=15_000),
    "classifier": ClassifierRecipe(),
    "maml": MamlRecipe(),
    "fomaml": FirstOrderMamlRecipe(),
    "anil": AnilRecipe(),
    "reptile": ReptileRecipe(),
    # equal rows let the first step move the head alone (`maml.tie_rows`): the second is the first to reach the body.
    # Five minutes on a GPU; for two cores give --updates 2500
    "maml-tied": MamlRecipe(tied_rows=True, inner_steps=2, test_steps=3, updates=20_000),
    # the paper: five steps of 0.1, which cost several times as much
    "maml-20-way": MamlRecipe(n_way=20, n_query=2, meta_batch_size=4, test_steps=3, updates=5_000),
    # for a GPU, where sixteen tasks take little longer than four, and five steps of first order little longer than one
    "maml-20-way-long": MamlRecipe(n_way=20, n_query=2, meta_batch_size=16, test_steps=3, updates=25_000),
    "maml-20-way-longest": MamlRecipe(n_way=20, n_query=2, meta_batch_size=16, test_steps=3, updates=40_000),
    # more and smaller steps than the paper's. Validation classes of the split *paper*, 15,000 updates, 200 episodes:
    # 98.0 ± 0.4 %; three steps of 0.4: 97.4 ± 0.4
    "fomaml-5-steps": FirstOrderMamlRecipe(inner_steps=5, test_steps=5, inner_lr=0.1, updates=15_000),
    # most updates adapt the head only, which costs half and teaches the features faster; the last ones are plain MAML's
    "maml-warm-up": MamlRecipe(head_only_updates=4_500, updates=6_000),
    # a fifth of the updates, for networks that are trained once more on the papers' kind of split
    "protonet-short": ProtonetRecipe(updates=15_000),
    # tasks of the form of Lake's runs (exam C); and the same for networks that learned from random characters before
    "protonet-hands": HandsRecipe(),
    "exam-c": HandsRecipe(continues="protonet", learning_rate=3e-4, updates=2_000),
    # pictures in colour, for exam D
    "protonet-emoji": EmojiProtonetRecipe(),
    "classifier-emoji": EmojiClassifierRecipe(),
    "maml-emoji": EmojiMamlRecipe(),
    "protonet-published": protonet.PUBLISHED,
    "reptile-long": ReptileRecipe(updates=40_000),  # 19 minutes on a GPU
    "reptile-published": reptile.PUBLISHED,
    "maml-published": MamlRecipe(n_query=1, meta_batch_size=32, learning_rate=1e-3, updates=60_000),
    "fomaml-published": FirstOrderMamlRecipe(n_query=1, meta_batch_size=32, learning_rate=1e-3, updates=60_000),
    # the paper does not say how many steps it takes at test
    "maml-20-way-published": MamlRecipe(
        n_way=20, n_query=1, inner_lr=0.1, inner_steps=5, test_steps=5, learning_rate=1e-3, updates=60_000
    ),
    "reptile-20-way-published": reptile.PUBLISHED_20_WAY,
}


def recipe_of(info: dict[str, Any]) -> Recipe:
    """The recipe that a checkpoint's info tells of. Raises BadFile where it tells of none that is known."""
    kinds = {type(recipe).method: type(recipe) for recipe in RECIPES.values()}
    try:
        method = files.fit(info, {"method": str, "recipe": dict}, "info")["method"]
        if method in kinds:
            return kinds[method](**_known(info["recipe"], dataclasses.fields(kinds[method])))
    except ValueError as error:
        raise files.BadFile(f"the checkpoint does not say how it was trained ({error}): give another") from error
    raise files.BadFile(f"a checkpoint of {method!r}: this version of metalib knows {', '.join(kinds)}")


def _known(settings: dict[str, Any], fields: tuple[dataclasses.Field[Any], ...]) -> dict[str, Any]:
    """Of `settings` those that are fields; older versions had others. Raises ValueError for one of another type."""
    kinds = {field.name: type(field.default) for field in fields if field.name in settings}
    files.fit(settings, {name: files.NUMBER if kind is float else kind for name, kind in kinds.items()}, "recipe")
    return {name: settings[name] for name in kinds}
