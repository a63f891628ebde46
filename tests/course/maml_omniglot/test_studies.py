"""The studies of notebook 04: how labels are ordered, what an arm trains, and what the files hold."""

import json

import pytest
import torch

from metalib.banks import Splits
from metalib.course.maml_omniglot import study_bfloat16 as bfloat16
from metalib.course.maml_omniglot import study_first_order as first_order
from metalib.course.maml_omniglot import study_maml_labels as maml_labels
from metalib.course.maml_omniglot import study_maml_omniglot as maml_omniglot
from metalib.course.maml_omniglot import study_maml_step_size as maml_step_size
from metalib.course.maml_omniglot import study_maml_training as maml_training
from metalib.course.maml_omniglot.study_maml_labels import draw_ordered
from metalib.episodes import EpisodeSpec, gather
from metalib.runtime import seeded
from metalib.training.recipes.maml import MamlRecipe

SPEC = EpisodeSpec(n_way=5, k_shot=1, n_query=3)


def drawn(bank, order, n_tasks=200):
    return draw_ordered(bank, SPEC, order, n_tasks, generator=seeded(0))


def test_ascending_labels_ascend(tiny_bank):
    classes = drawn(tiny_bank, "ascending").classes
    assert (classes[:, 1:] > classes[:, :-1]).all()


def test_a_fixed_label_belongs_to_the_class(tiny_bank):
    classes = drawn(tiny_bank, "fixed").classes
    assert (classes % 5 == torch.arange(5)).all()
    assert len(classes.unique()) == 30


def test_shuffled_labels_do_neither(tiny_bank):
    classes = drawn(tiny_bank, "shuffled").classes
    assert not (classes[:, 1:] > classes[:, :-1]).all(dim=1).float().mean() > 0.1
    assert (classes % 5 == torch.arange(5)).float().mean() < 0.3


@pytest.mark.parametrize("order", maml_labels.ORDERS)
def test_no_order_repeats_a_class_or_a_drawing(tiny_bank, order):
    draw = drawn(tiny_bank, order)
    assert all(len(set(classes)) == 5 for classes in draw.classes.tolist())
    assert all(len(set(drawings)) == 4 for task in draw.drawings.tolist() for drawings in task)


def test_an_unknown_order_is_refused(tiny_bank):
    with pytest.raises(ValueError, match="order is 'random': give one of shuffled, ascending, fixed"):
        drawn(tiny_bank, "random")


def test_a_recipe_draws_in_its_order(tiny_bank):
    recipe = maml_labels.OrderedMamlRecipe(order="fixed", meta_batch_size=3, n_query=3)
    episodes = recipe.draw_from(tiny_bank)(seeded(0))
    expected = gather(tiny_bank, SPEC, draw_ordered(tiny_bank, SPEC, "fixed", 3, generator=seeded(0)))
    assert all(a.equal(b) for a, b in zip(episodes, expected, strict=True))


@pytest.fixture
def small_banks(tiny_bank, monkeypatch):
    """All parts of the data are the small bank, in the modules that read it."""
    parts = Splits(tiny_bank, tiny_bank, tiny_bank)
    for module in (bfloat16, first_order, maml_labels, maml_omniglot, maml_step_size, maml_training):
        monkeypatch.setattr(module, "load_bank", lambda **settings: tiny_bank)
        monkeypatch.setattr(module, "split", lambda bank: parts)


def test_the_arms_differ_in_one_setting_and_are_written(small_banks):
    settings = {
        **maml_omniglot.SETTINGS,
        "seeds": [0],
        "updates": 1,
        "meta_batch_size": 2,
        "validation_episodes": 2,
    }
    found = json.loads(json.dumps(maml_omniglot.run(settings)))
    names = [row["arm"] for row in found["five_way"]]
    assert names == [*maml_omniglot.ARMS, maml_omniglot.EQUAL_SECONDS]
    assert found["five_way"][0]["minus_base"][:3] == [0, 0, 0]
    assert all(len(changes) <= 1 for changes in maml_omniglot.ARMS.values())


def test_step_sizes_are_measured_after_each_number_of_steps(small_banks, monkeypatch):
    monkeypatch.setattr(maml_step_size.runtime, "pick_device", lambda: torch.device("cpu"))
    settings = {
        **maml_step_size.SETTINGS,
        "inner_lr": [0.4, 2.0],
        "seeds": [0],
        "updates": 1,
        "five_way": {"n_way": 5, "n_query": 1, "meta_batch_size": 1},
        "twenty_way": {"n_way": 20, "n_query": 1, "meta_batch_size": 1},
        "validation_episodes": 3,
    }
    found = json.loads(json.dumps(maml_step_size.run(settings)))
    for ways in ("five_way", "twenty_way"):
        assert [(row["inner_lr"], row["test_steps"]) for row in found[ways]] == [(0.4, 1), (0.4, 3), (2.0, 1), (2.0, 3)]
        assert all(row["minus_usual"][:3] == [0, 0, 0] for row in found[ways] if row["inner_lr"] == 0.4)
        assert any(row["minus_usual"][0] != 0 for row in found[ways] if row["inner_lr"] == 2.0)


def test_bfloat16_is_compared_where_there_are_units_for_it(small_banks, monkeypatch):
    settings = {**bfloat16.SETTINGS, "seeds": [0], "updates": 1, "ways": [5], "validation_episodes": 3}
    monkeypatch.setattr(bfloat16.runtime, "pick_device", lambda: torch.device("cpu"))
    monkeypatch.setattr(bfloat16.runtime, "has_bfloat16", lambda device: False)
    with pytest.raises(ValueError, match=r"cpu .* has no bfloat16 units"):
        bfloat16.run(settings)
    monkeypatch.setattr(bfloat16.runtime, "has_bfloat16", lambda device: True)
    seen = []
    losses = bfloat16.protonet.losses

    def spied(*arguments, **settings):
        seen.append(torch.is_autocast_enabled("cpu"))
        return losses(*arguments, **settings)

    monkeypatch.setattr(bfloat16.protonet, "losses", spied)
    (row,) = bfloat16.run(settings)["rows"]
    assert seen == [True, False]  # with bfloat16, then without
    assert row["n_way"] == 5
    assert row["bfloat16"][0][3] == row["float32"][0][3] == 3


def test_the_first_order_arm_gets_as_many_seconds(small_banks, monkeypatch):
    updates = []
    monkeypatch.setattr(maml_omniglot, "seconds_per_update", lambda *rest, **settings: [0.3, 0.1])
    zeros = torch.zeros(1, 2)
    monkeypatch.setattr(
        maml_omniglot,
        "arm",
        lambda recipe, *rest: (updates.append((recipe.first_order, recipe.updates)), (zeros, 1.0))[1],
    )
    maml_omniglot.run({**maml_omniglot.SETTINGS, "updates": 10})
    assert (True, 30) in updates


def test_orders_are_measured_on_learned_and_on_new_classes(small_banks):
    settings = {**maml_labels.SETTINGS, "seeds": [0], "classes": 10, "updates": 1, "meta_batch_size": 2, "episodes": 2}
    rows = maml_labels.run(settings)["rows"]
    assert len(rows) == 3 * 4
    assert all(row["minus_shuffled"][0] == 0 for row in rows if row["order"] == "shuffled")


def test_costs_are_taken_for_both_orders(tiny_bank):
    recipe = MamlRecipe(meta_batch_size=1, n_query=1)
    second, first = maml_omniglot.seconds_per_update(recipe, tiny_bank, repeats=1)
    assert second > 0
    assert first > 0


def test_a_curve_holds_the_validated_records(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    folder = tmp_path / "runs" / "a-run"
    folder.mkdir(parents=True)
    lines = [
        {"update": 100, "loss": 1.0, "learning_rate": 0.1, "seconds": 1.0, "validation": None},
        {
            "update": 200,
            "loss": 1.0,
            "learning_rate": 0.1,
            "seconds": 2.0,
            "validation": [0.5, 0.4, 0.6, 9, "episodes"],
        },
    ]
    (folder / "records.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\n", encoding="utf-8")
    assert maml_training.curve("a-run") == [[200, 0.5, 0.4, 0.6]]


def test_a_missing_run_is_named_with_its_command(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="metalib train anil"):
        maml_training.curve("anil-nowhere-0")


@pytest.fixture
def small_study(small_banks, monkeypatch, tmp_path):
    """The settings of a study of first order that takes seconds, on the CPU, in a folder of its own."""
    monkeypatch.setattr(first_order.runtime, "pick_device", lambda: torch.device("cpu"))
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    small = {"seeds": [0], "updates": 2, "meta_batch_size": 1, "looks": [0, 1], "look_tasks": 2, "exam_episodes": 3}
    arms = {first_order.BASE: {}, "first order": {"first_order": True}}
    return {**first_order.SETTINGS, **small, "arms": arms}


def test_first_order_is_looked_at_on_the_way(small_study):
    base, other = json.loads(json.dumps(first_order.run(small_study)["rows"]))
    assert base["minus_base"][:3] == [0, 0, 0]
    assert base["accuracy"][3] == 3
    (looks,) = other["looks"]
    assert list(looks) == ["0", "1", "2"]
    assert sum(looks["0"]["shares"]) == pytest.approx(1)
    assert looks["0"] == {**base["looks"][0]["0"], "accuracy": looks["0"]["accuracy"]}  # the same untrained network
    assert other["share"] == [max(looks["2"]["shares"])]
    assert looks["2"]["shares"][other["label"][0]] == other["share"][0]


def test_a_study_of_first_order_that_was_stopped_goes_on(small_study, monkeypatch):
    whole = first_order.run({**small_study, "look_seed": 5})  # in another folder
    look, looked = first_order.look, []

    def stops(*arguments):
        looked.append(1)
        if len(looked) == 4:
            raise KeyboardInterrupt
        return look(*arguments)

    monkeypatch.setattr(first_order, "look", stops)
    with pytest.raises(KeyboardInterrupt):
        first_order.run(small_study)
    monkeypatch.setattr(first_order, "look", lambda *arguments: (looked.append(1), look(*arguments))[1])
    resumed = first_order.run(small_study)
    assert len(looked) == 4 + 3  # what was kept is not looked at again
    assert [row["accuracy"] for row in resumed["rows"]] == [row["accuracy"] for row in whole["rows"]]


def test_slopes_are_derivatives_of_the_query_loss(tiny_bank):
    recipe = MamlRecipe(inner_lr=0.1)
    network = recipe.network().double()
    tasks = first_order.sample_episodes(tiny_bank, EpisodeSpec(5, 1, 2), 2, generator=seeded(0))
    tasks = tasks._replace(support_x=tasks.support_x.double(), query_x=tasks.query_x.double())
    looked = first_order.look(recipe, network, tasks)
    label = max(range(5), key=looked["shares"].__getitem__)
    with torch.no_grad():
        mean = torch.stack([network.features(x).mean(dim=0) for x in tasks.support_x]).mean(dim=0)
    raised = torch.full((5,), -0.2).double()
    raised[label] += 1
    direction = raised[:, None] * mean / mean.norm()

    def loss(step):
        theta = {name: value.detach() for name, value in network.named_parameters()}
        theta["head.weight"] = theta["head.weight"] + step * direction
        return first_order.maml.losses(network, theta, tasks, inner_lr=0.1, inner_steps=1, chunk_size=1).mean().item()

    step = 1e-5
    assert looked["slopes"][1] == pytest.approx((loss(step) - loss(-step)) / (2 * step), rel=1e-4)
