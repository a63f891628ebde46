"""Facts about the recipes: what the papers printed, what is shared, and what a run of each changes."""

import dataclasses

import pytest
import torch

from metalib import maml, reptile
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.files import BadFile
from metalib.training.recipes import RECIPES, recipe_of
from metalib.training.recipes.base import ALONE, TRANSDUCTIVE
from metalib.training.recipes.hands import HandsRecipe

COLOUR = [name for name, recipe in RECIPES.items() if recipe.bank == "emoji"]
GREY = [name for name in RECIPES if name not in COLOUR]
EPISODIC = [name for name in GREY if name != "classifier"]
BY_HANDS = [name for name, recipe in RECIPES.items() if isinstance(recipe, HandsRecipe)]


def updated(name, bank, **changes):
    """The network before and after one update of a recipe, and its run."""
    recipe = dataclasses.replace(RECIPES[name], updates=2, **changes)
    before, network = recipe.network(), recipe.network()
    run = recipe.start(network, bank)
    recipe.losses(network.train(), recipe.draw_from(bank)(run.generator), run).mean().backward()
    run.optimizer.step()
    return recipe, before, network, run


def moved(before, network):
    after = dict(network.named_parameters())
    return {name for name, value in before.named_parameters() if not torch.equal(value, after[name].contiguous())}


@pytest.mark.parametrize("name", GREY)
def test_an_update_moves_every_parameter(name, tiny_bank):
    small = {"meta_batch_size": 1} if name != "classifier" else {"batch_size": 8}
    small |= {"within": 0.0} if name in BY_HANDS else {}  # no alphabet of this bank has 20 characters
    _, before, network, _ = updated(name, tiny_bank, **({"n_way": 20} if RECIPES[name].n_way > 20 else {}), **small)
    still = {parameter for parameter, _ in before.named_parameters()} - moved(before, network)
    assert still == set()


@pytest.mark.parametrize(
    ("name", "published"),
    [
        ("maml-published", {"n_query": 1, "meta_batch_size": 32, "inner_lr": 0.4, "inner_steps": 1, "updates": 60_000}),
        ("fomaml-published", {"n_query": 1, "meta_batch_size": 32, "first_order": True, "learning_rate": 1e-3}),
        ("maml-published", {"test_steps": 3, "learning_rate": 1e-3, "downsample": "stride", "k_shot": 1}),
        (
            "reptile-published",
            {"inner_lr": 1e-3, "inner_batch": 10, "inner_steps": 5, "k_shot": 10, "updates": 100_000},
        ),
        ("reptile-published", {"test_steps": 50, "test_batch": 5, "meta_batch_size": 5, "learning_rate": 1.0}),
        (
            "maml-20-way-published",
            {"n_way": 20, "inner_lr": 0.1, "inner_steps": 5, "meta_batch_size": 16, "n_query": 1},
        ),
        (
            "reptile-20-way-published",
            {"n_way": 20, "inner_lr": 5e-4, "inner_batch": 20, "inner_steps": 10, "updates": 200_000, "test_batch": 10},
        ),
        ("protonet-published", {"n_way": 60, "n_query": 5, "halve_every": 2000, "downsample": "max_pool"}),
    ],
)
def test_published_recipes_have_the_papers_numbers(name, published):
    settings = dataclasses.asdict(RECIPES[name])
    assert {key: settings[key] for key in published} == published


def test_methods_that_are_compared_share_one_form_of_conv4():
    compared = ("protonet-stride", "classifier", "maml", "fomaml", "anil", "reptile", "maml-tied", "maml-20-way")
    assert {RECIPES[name].network().settings["downsample"] for name in compared} == {"stride"}


def test_maml_recipes_hand_their_settings_to_maml(tiny_bank):
    for name in ("maml", "fomaml", "anil"):
        recipe = dataclasses.replace(RECIPES[name], meta_batch_size=2)
        network = recipe.network()
        run = recipe.start(network, tiny_bank)
        drawn = recipe.draw_from(tiny_bank)(run.generator)
        episodes = drawn._replace(support_x=drawn.support_x.double(), query_x=drawn.query_x.double())
        theta = dict(network.double().named_parameters())
        expected = maml.losses(
            network, theta, episodes, inner_lr=0.4, inner_steps=1, only="head" if name == "anil" else "",
            first_order=name == "fomaml",
        )  # fmt: skip
        torch.testing.assert_close(recipe.losses(network, episodes, run), expected)
        found = recipe.losses(network, episodes, run)
        gradients = [torch.autograd.grad(loss.mean(), list(theta.values())) for loss in (expected, found)]
        torch.testing.assert_close(gradients[0], gradients[1], rtol=1e-6, atol=1e-9)


def test_the_first_updates_may_be_of_first_order_or_of_the_head_alone(tiny_bank):
    recipe = dataclasses.replace(RECIPES["maml"], meta_batch_size=1, first_order_updates=1, head_only_updates=2)
    network = recipe.network()
    run = recipe.start(network, tiny_bank)
    episodes = recipe.draw_from(tiny_bank)(run.generator)

    def loss():
        return recipe.losses(network, episodes, run).item()

    def plain(name):
        return RECIPES[name].losses(network, episodes, run).item()

    run.update = 1
    assert loss() == pytest.approx(plain("anil"))
    run.update = 2
    assert loss() == pytest.approx(plain("maml"))
    assert plain("maml") != pytest.approx(plain("anil"), rel=1e-6)


def test_reptiles_update_is_reptiles_step(tiny_bank):
    recipe = dataclasses.replace(RECIPES["reptile"], meta_batch_size=2, learning_rate=0.5, updates=2)
    network = recipe.network()
    run = recipe.start(network, tiny_bank)
    theta = {name: value.detach().clone() for name, value in network.named_parameters()}
    spec, generator = EpisodeSpec(5, 10, 1), torch.Generator()
    tasks = sample_episodes(tiny_bank.rotated(), spec, 2, generator=generator)
    expected = reptile.step(
        network, theta, tasks, meta_step_size=0.5, inner_lr=1e-3, inner_steps=5, batch_size=10,
        generator=generator, step_rule=type(run.inner)(),
    )  # fmt: skip
    episodes = recipe.draw_from(tiny_bank)(torch.Generator())
    recipe.losses(network, episodes, run).mean().backward()
    run.optimizer.step()
    for name, value in network.named_parameters():
        torch.testing.assert_close(value, expected[name], rtol=1e-5, atol=1e-6)


def test_the_inner_adam_of_reptile_goes_on_where_a_run_was_resumed(tiny_bank, tmp_path):
    recipe = dataclasses.replace(RECIPES["reptile"], meta_batch_size=1, updates=4, rotations=False)
    ends = []
    for stops in ((4,), (2, 4)):
        folder = tmp_path / str(len(stops))
        for stop in stops:
            network = recipe.network()
            records = recipe.train(
                network, tiny_bank, out=folder, resume=True, record_every=1, save_every=1, progress=False
            )
            for record in records:
                if record.update == stop and stop != 4:
                    next(records)  # the state is saved after the record is handed out
                    break
        ends.append(network.state_dict())
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.parametrize("name", EPISODIC)
def test_predictors_answer_every_query(name, tiny_bank):
    recipe = dataclasses.replace(RECIPES[name], n_way=min(RECIPES[name].n_way, 20))
    network = recipe.network().eval()
    spec = EpisodeSpec(recipe.n_way, k_shot=1, n_query=2)
    episodes = sample_episodes(tiny_bank, spec, 2, generator=torch.Generator())
    for _, _, predict in recipe.modes(network):
        assert predict(episodes).shape == episodes.query_y.shape


def test_each_way_of_using_batch_statistics_is_named(tiny_bank):
    recipe = RECIPES["maml"]
    names = {batch_norm: method for method, batch_norm, _ in recipe.modes(recipe.network())}
    assert names == {TRANSDUCTIVE: "MAML", ALONE: "MAML, each query alone"}


def test_a_label_says_what_sets_a_form_apart():
    labels = {name: RECIPES[name].label for name in ("maml", "fomaml-5-steps", "maml-20-way-long", "maml-tied")}
    assert labels == {
        "maml": "MAML",
        "fomaml-5-steps": "first-order MAML with 5 inner steps",
        "maml-20-way-long": "MAML trained 20-way",
        "maml-tied": "MAML with tied head rows",
    }
    assert {RECIPES[name].notebook for name in ("protonet", "protonet-stride")} == {1, 6}


def test_a_query_alone_does_not_see_the_others(tiny_bank):
    recipe = RECIPES["maml"]
    network = recipe.network()
    episodes = recipe.draw_from(tiny_bank)(torch.Generator())
    task = episodes._replace(**{f: getattr(episodes, f)[:1] for f in episodes._fields})
    alone = recipe.predictor(network, transductive=False)
    half = task._replace(query_x=task.query_x[:, ::2], query_y=task.query_y[:, ::2])
    assert torch.equal(alone(half), alone(task)[:, ::2])


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_comes_back_from_what_a_checkpoint_says(name):
    recipe = RECIPES[name]
    info = {"method": recipe.method, "recipe": {**dataclasses.asdict(recipe), "of_an_older_version": 1}}
    assert recipe_of(info) == recipe


def test_a_method_that_is_not_known():
    with pytest.raises(ValueError, match=r"a checkpoint of 'GPT': this version of metalib knows prototypical network"):
        recipe_of({"method": "GPT", "recipe": {}})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"recipe": None}, r"\['recipe'\] is None"),
        ({"method": None}, r"\['method'\] is None"),
        ({"method": ["MAML"]}, r"\['method'\] is \['MAML'\]"),
        ({"recipe": "x"}, r"\['recipe'\] is 'x'"),
        ({"recipe": {"n_way": "5"}}, r"\['n_way'\] is '5', not a int"),
        ({"recipe": {"inner_lr": None}}, r"\['inner_lr'\] is None, not int \| float"),
    ],
)
def test_what_no_recipe_can_be_made_of_is_a_bad_file(change, said):
    with pytest.raises(BadFile, match=rf"does not say how it was trained \(.*{said}.*\)"):
        recipe_of({"method": "MAML", "recipe": {}, **change})


def test_without_a_compiler_one_line_says_so(tiny_bank, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # what was compiled before would do without
    monkeypatch.setattr("torch._inductor.config.cpp.cxx", (None, str(tmp_path / "no-compiler")))
    recipe = dataclasses.replace(RECIPES["maml"], compiled=True, meta_batch_size=1, rotations=False)
    records = recipe.train(recipe.network(), tiny_bank, progress=False)
    with pytest.raises(
        ValueError, match=r"^torch could not compile this \(.*\): install a C\+\+ compiler .*--compile"
    ) as found:
        next(records)
    assert "\n" not in str(found.value)


def test_an_error_that_is_not_the_compilers_keeps_its_kind(tiny_bank, monkeypatch):
    def fail(*arguments, **options):
        raise RuntimeError("shapes cannot be multiplied")

    monkeypatch.setattr(maml, "losses", fail)
    recipe = RECIPES["maml"]
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        next(recipe.train(recipe.network(), tiny_bank, progress=False))
