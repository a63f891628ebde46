"""The recipes by name, as `metalib train` takes them: each a frozen dataclass whose fields say where they come from."""

from __future__ import annotations

import dataclasses
from typing import Any

from metalib.training.recipes import protonet, reptile
from metalib.training.recipes.base import Predict, Recipe
from metalib.training.recipes.classifier import ClassifierRecipe
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
    # equal rows let the first step move the head alone (`maml.tie_rows`): the second is the first that reaches the body.
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
    """The recipe that a checkpoint's info tells of. Raises ValueError for a method that is not known."""
    kinds = {type(recipe).method: type(recipe) for recipe in RECIPES.values()}
    if info["method"] not in kinds:
        raise ValueError(f"a checkpoint of {info['method']!r}: this version of metalib knows {', '.join(kinds)}")
    kind = kinds[info["method"]]
    known = {field.name for field in dataclasses.fields(kind)}
    return kind(**{name: value for name, value in info["recipe"].items() if name in known})
