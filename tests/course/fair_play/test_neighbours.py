"""The widget of one query and its neighbours, without a browser: what Python computes, and that the script shows it."""

import json
from functools import partial

import node
import pytest
import torch

from metalib import maml, protonet
from metalib.banks import load_bank, split
from metalib.course.fair_play import moving_query
from metalib.course.fair_play.moving_query import (
    ITS_CLASS,
    MOST,
    N_WAY,
    ONE_OF_EACH,
    SUBSETS,
    first_of_each_batch,
    queries_of,
)
from metalib.course.fair_play.neighbours import DRAWS, Neighbours
from metalib.episodes import ClassBank, EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded
from metalib.training import checkpoints
from metalib.training.recipes import recipe_of

SCRIPT = "fair_play/neighbours"
FIRST = {"neighbours": list(ONE_OF_EACH), "draw": 0}


@pytest.fixture(scope="module")
def together():
    model, info = checkpoints.load("maml-published-paper")
    theta = {name: value.detach() for name, value in model.named_parameters()}
    recipe = recipe_of(info)
    return partial(maml.logits, model, theta, inner_lr=recipe.inner_lr, inner_steps=recipe.test_steps)


@pytest.fixture(scope="module")
def alone(together):
    return partial(together, transductive=False)


@pytest.fixture(scope="module")
def made(together, alone):
    """On the glyphs, which every machine has."""
    return Neighbours(together, alone, split(load_bank("glyphs", quiet=True)).evaluation)


@pytest.fixture
def neighbours(made):
    yield made
    made.state = FIRST


@pytest.fixture(scope="module")
def queries(tiny_bank):
    spec = EpisodeSpec(N_WAY, 1, MOST + 1)
    return queries_of(sample_episodes(tiny_bank, spec, 1, generator=seeded(3)).task(0))


def views(widget, states):
    return [found["view"] for found in node.computed(SCRIPT, widget.data, [{"state": state} for state in states])]


# --- the query and its pool


def test_the_pool_is_of_other_pictures_whose_classes_it_says(queries):
    for query in queries:
        task = query.task
        of = [int((task.query_x == picture).flatten(1).all(dim=1).nonzero().item()) for picture in query.pool]
        assert task.query_y[of].tolist() == query.pool_y
        assert len({*of}) == len(query.pool_y) == 12
        assert not (query.pool == query.x).flatten(1).all(dim=1).any()


def test_one_of_each_class_and_four_of_its_class_are_that(queries):
    for query in queries:
        assert sorted([query.label, *(query.pool_y[place] for place in ONE_OF_EACH)]) == list(range(N_WAY))
        assert {query.pool_y[place] for place in ITS_CLASS} == {query.label}


def test_every_set_of_up_to_four_is_there_once():
    assert len(SUBSETS) == len({frozenset(places) for places in SUBSETS}) == 1 + 12 + 66 + 220 + 495


def test_the_answer_in_a_batch_is_that_of_the_whole_batch(together, queries):
    query = queries[2]
    batches = [query.batch(places) for places in ((), (5,), ONE_OF_EACH)]
    found = first_of_each_batch(together, query.task, batches)
    with torch.no_grad():
        right = [together(query.task._replace(query_x=batch))[0].softmax(dim=0) for batch in batches]
    torch.testing.assert_close(found, torch.stack(right), atol=1e-5, rtol=0)


def test_what_vmap_refuses_is_done_in_a_loop(together, queries):
    def with_item(task):
        return together(task) * (1 + 0 * task.query_x.sum().item())

    batches = [queries[0].batch(places) for places in ((1, 2), (3, 4))]
    found, right = (first_of_each_batch(f, queries[0].task, batches) for f in (with_item, together))
    torch.testing.assert_close(found, right, atol=1e-5, rtol=0)


def test_no_label_of_a_query_reaches_the_predictor(queries):
    asked = []

    def logits(task):
        asked.append(task.query_y)
        return task.query_x.new_zeros(len(task.query_x), N_WAY)

    first_of_each_batch(logits, queries[3].task, [queries[3].batch(ONE_OF_EACH)])
    assert [labels.tolist() for labels in asked] == [[0] * (MOST + 1)]


# --- the choice


def test_the_query_that_falls_furthest_is_chosen():
    """Each class has a brightness of its own. Class 3's answers are none at all where its batch is not one of each."""
    levels = torch.arange(30, dtype=torch.uint8)
    images = (8 * levels).view(30, 1, 1, 1, 1).expand(30, 6, 1, 28, 28)
    bank = ClassBank(images, tuple(map(str, levels.tolist())), ("one",) * 30, "shades")

    def sure(task):
        shades, support = (x.mean(dim=(1, 2, 3)) for x in (task.query_x, task.support_x))
        return -1e4 * (shades[:, None] - support).abs()

    def moved(task):
        logits = sure(task)
        unmoved = len({*logits.argmax(dim=1).tolist()}) == N_WAY or logits[0].argmax() != 3
        return logits if unmoved else torch.zeros_like(logits)

    found = moving_query.choose(moved, sure, bank, generator=seeded(0))
    assert found.query.label == 3
    assert (found.tried, found.wrong) == (40, {"alone": 0, "one of each": 0, "its class": 8})


def test_the_same_seed_finds_the_same_query(together, alone, tiny_bank, monkeypatch):
    monkeypatch.setattr(moving_query, "TASKS", 2)
    one, same, other = (
        moving_query.choose(together, alone, tiny_bank, generator=seeded(seed)).query.x for seed in (1, 1, 2)
    )
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


# --- the widget


def test_it_begins_with_one_of_each_class(neighbours):
    assert neighbours.state == FIRST
    assert neighbours.shares().tolist() == neighbours.shares(ONE_OF_EACH).tolist()


def test_the_script_shows_every_batch_as_python_has_it(neighbours):
    found = views(neighbours, [{"neighbours": places[::-1], "draw": 0} for places in SUBSETS])
    for places, seen in zip(SUBSETS, found, strict=True):
        shown, shares = seen["shown"], neighbours.shares(places)
        assert shown["neighbours"] == list(places)
        assert shown["answer"] == int(shares.argmax())
        assert shown["shares"] == pytest.approx(shares.tolist(), abs=1e-4)
        assert shown["alone"] == pytest.approx(neighbours.found.alone.tolist(), abs=1e-6)


def test_the_batch_shows_the_pictures_that_python_took(neighbours):
    (seen,) = views(neighbours, [{"neighbours": [7, 2], "draw": 0}])
    strip = [*neighbours.query.task.support_x, neighbours.query.x, *neighbours.query.pool]
    shown = torch.stack([strip[seen["query"]], *(strip[seat["index"]] for seat in seen["seats"] if seat)])
    assert torch.equal(shown, neighbours.query.batch((7, 2)))
    assert [seat and seat["label"] for seat in seen["seats"]] == [
        neighbours.query.pool_y[7],
        neighbours.query.label,
        None,
        None,
    ]


def test_with_the_support_set_nothing_depends_on_neighbours(neighbours, alone):
    query = neighbours.query
    with torch.no_grad():
        among = alone(query.task._replace(query_x=query.batch(ITS_CLASS)))[0].softmax(dim=0)
    torch.testing.assert_close(among, neighbours.found.alone, atol=1e-5, rtol=0)


def test_maml_is_right_with_the_support_set_and_one_of_each_class_and_other_neighbours_flip_it(neighbours):
    label = neighbours.query.label
    assert [int(shares.argmax()) for shares in (neighbours.found.alone, neighbours.shares(ONE_OF_EACH))] == [label] * 2
    assert int(neighbours.shares(ITS_CLASS).argmax()) != label
    assert neighbours.flips
    statuses = [view["status"] for view in views(neighbours, [FIRST, {"neighbours": ITS_CLASS, "draw": 0}])]
    assert [words.split(":")[0] for words in statuses] == ["With 4 neighbours", "Flipped by 4 neighbours"]


def test_the_wrong_batches_are_counted(neighbours):
    full = [places for places in SUBSETS if len(places) == MOST]
    wrong = [places for places in full if int(neighbours.shares(places).argmax()) != neighbours.query.label]
    assert 0 < len(wrong) < 495
    assert neighbours.wrong == (len(wrong), 495)
    assert f"in {len(wrong)} of the 495 batches" in neighbours.chosen()


def test_where_nothing_flips_it_says_so(tiny_bank):
    def constant(task):
        return torch.eye(N_WAY)[0].expand(len(task.query_x), N_WAY)

    widget = Neighbours(constant, constant, tiny_bank)
    assert not widget.flips
    share = f"{100 * widget.shares([])[widget.query.label]:.0f}"
    assert f"no batch of up to 4 neighbours flips its answer; its class has {share} to {share} %." in widget.chosen()
    assert [seen["columns"][0]["flipped"] for seen in views(widget, [FIRST])] == [False]


def test_a_prototypical_network_whose_queries_share_their_statistics_works_too(tiny_bank, monkeypatch):
    monkeypatch.setattr(moving_query, "TASKS", 1)
    torch.manual_seed(0)
    encoder = conv4(width=8, running_stats=False).eval()

    def together(task):
        return protonet.task_logits(encoder, task, N_WAY)

    def alone(task):
        return torch.cat([together(task._replace(query_x=x[None], query_y=task.query_y[:1])) for x in task.query_x])

    widget = Neighbours(together, alone, tiny_bank)
    torch.testing.assert_close(widget.shares([]), widget.found.alone, atol=1e-5, rtol=0)
    assert not torch.allclose(widget.shares(ITS_CLASS), widget.found.alone, atol=1e-3)


@pytest.mark.parametrize("wrong", [[0, 0], [0, 1, 2, 3, 4], [12], [-1]])
def test_neighbours_that_cannot_be_are_refused(neighbours, wrong):
    with pytest.raises(ValueError, match=r"give at most 4 different places below 12"):
        neighbours.shares(wrong)


def test_the_draws_are_of_four_different_pictures_and_differ(neighbours):
    draws = neighbours.data["draws"]
    assert all(len({*draw}) == MOST for draw in draws)
    assert len({tuple(sorted(draw)) for draw in draws}) > DRAWS / 2


def test_the_payload_is_small(neighbours):
    assert len(json.dumps([neighbours.data, neighbours.state], allow_nan=False)) < 100_000


def test_the_twin_shows_what_the_first_state_shows(neighbours):
    texts = [text.get_text() for text in neighbours.twin().axes[0].texts]
    (seen,) = views(neighbours, [FIRST])
    answer, truth = ("ABCDE"[label] for label in (seen["shown"]["answer"], seen["truth"]))
    share = f"{100 * seen['shown']['shares'][seen['truth']]:.0f} %"
    assert f"One of each class: answered {answer}, class {truth} has {share}." in neighbours.caption()
    place = texts.index("One of each class")
    assert sorted(texts[:place]) == list("ABCDE")  # below the query and its four neighbours
    beside = texts[place + 1 + N_WAY]
    assert beside == (f"{answer}, right" if answer == truth else f"✗ {answer}, is {truth}")
    names = ["One of each class", "Four of its class", "Nobody", "At random", "With the support set"]
    assert [text for text in texts if text in names] == names
