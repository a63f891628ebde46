"""What the studies of notebook 06 are made of: the episodes of the exams, the same pictures in both arms, the atlas."""

import pytest
import torch
from torch.func import functional_call
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from metalib import protonet
from metalib.banks import Splits
from metalib.course.prototypical_networks import studies
from metalib.course.prototypical_networks import study_prototypical as prototypical
from metalib.course.prototypical_networks import study_prototypical_atlas as prototypical_atlas
from metalib.course.prototypical_networks import study_prototypical_steps as prototypical_steps
from metalib.episodes import EpisodeSpec, sample_episodes, stream_episodes
from metalib.evaluate import evaluate
from metalib.models import conv4
from metalib.runtime import seeded

OURS = ("prototypical-way", "prototypical-shot", "prototypical-distance", "prototypical-steps", "prototypical-atlas")


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return conv4(width=8).eval()


@pytest.fixture
def episodes(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(6, 2, 3), 1, generator=seeded(0))


@pytest.mark.parametrize("spec", [EpisodeSpec(5, 1, 4), EpisodeSpec(4, 3, 2, within_group=True)])
def test_accuracies_from_embeddings_are_those_of_the_streamed_episodes(network, tiny_bank, spec):
    embedded = prototypical.embed_bank(network, tiny_bank)
    assert list(embedded.shape) == [30, 20, 8]
    found = prototypical.accuracies(embedded, tiny_bank, spec, 25, seed=3)
    asked = evaluate(lambda e: protonet.predict(network, e), stream_episodes(tiny_bank, spec, 25, seed=3))
    assert_close(found, asked)


def test_nearest_by_cosine_is_another_answer(network, tiny_bank):
    embedded = prototypical.embed_bank(network, tiny_bank)
    spec = EpisodeSpec(5, 1, 4)
    by_angle, by_distance = (
        prototypical.accuracies(embedded, tiny_bank, spec, 40, seed=3, cosine=cosine) for cosine in (True, False)
    )
    scaled = embedded * torch.rand(30, 20, 1, generator=seeded(1)).add(0.1)  # lengths do not count for the angle
    assert_close(prototypical.accuracies(scaled, tiny_bank, spec, 40, seed=3, cosine=True), by_angle)
    assert not torch.equal(by_angle, by_distance)


def test_the_nearest_mean_of_all_others_leaves_the_query_out():
    embedded = torch.randn(7, 6, 3, generator=seeded(0)) + torch.randn(7, 1, 3, generator=seeded(1))
    classes, drawings = torch.tensor([[0, 2, 3, 5], [6, 1, 2, 4]]), torch.tensor([[0, 4, 5], [1, 2, 3]])
    queries = embedded[classes[..., None], drawings[:, None]]  # [T, N, Q, F]
    expected = []
    for of_task, asked in zip(classes, drawings, strict=True):
        right = []
        for own, c in enumerate(of_task):
            for d in asked:
                centres = embedded[of_task].mean(dim=1)
                centres[own] = torch.cat([embedded[c, :d], embedded[c, d + 1 :]]).mean(dim=0)
                right.append(float((centres - embedded[c, d]).norm(dim=1).argmin() == own))
        expected.append(sum(right) / len(right))
    found = prototypical.accuracies_by_all_others(embedded, classes, queries)
    assert found.tolist() == pytest.approx(expected)
    assert 0 < min(expected) < 1


def test_regrouping_keeps_pictures_and_numbers_the_classes_anew(episodes):
    groups = prototypical.regroup(episodes, 3)
    assert [list(field.shape[:2]) for field in groups] == [[3, 4], [3, 4], [3, 6], [3, 6]]
    assert torch.equal(groups.support_x.flatten(0, 1), episodes.support_x[0])
    assert torch.equal(groups.query_x.flatten(0, 1), episodes.query_x[0])
    assert groups.support_y.tolist() == [[0, 0, 1, 1]] * 3
    assert groups.query_y.tolist() == [[0, 0, 0, 1, 1, 1]] * 3


def test_one_batch_gives_the_losses_that_protonet_gives_in_evaluation_mode(network, episodes):
    groups = prototypical.regroup(episodes, 2)
    found = prototypical.losses_in_one_batch(network, groups, prototypical.squared_euclidean)
    assert_close(found, protonet.losses(network, groups), rtol=0.02, atol=0.02)  # the convolutions may be in bfloat16


def test_a_table_pairs_the_seeds():
    seeds = [{"t": torch.tensor([0.5, 0.7, 0.9])}, {"t": torch.tensor([0.2, 0.2, 0.5])}]
    better = [{"t": seed["t"] + 0.1} for seed in seeds]
    found = prototypical.table({"base": seeds, "better": better}, "base")
    assert [interval[0] for interval in found["minus_baseline"]["better"]["t"]] == pytest.approx([0.1, 0.1])
    assert [interval[3] for interval in found["accuracy"]["base"]["t"]] == [3, 3]
    assert "base" not in found["minus_baseline"]


# --- the atlas


def test_spread_within_and_between():
    points = torch.tensor([[[0.0, 0], [2, 0]], [[10, 0], [12, 0]]])  # means 1 and 11, each drawing 1 from its mean
    assert prototypical_atlas.spread(points) == (1.0, 25.0)
    assert prototypical_atlas.spread(points).ratio == pytest.approx(1 / 25)


def test_turning_keeps_distances_and_finds_a_rotation_again():
    points = torch.randn(40, 6, generator=seeded(0))
    rotation, _ = torch.linalg.qr(torch.randn(6, 6, generator=seeded(1)))
    turned = prototypical_atlas.turned(points @ rotation + 3, points)
    assert_close(turned, points - points.mean(dim=0), atol=1e-4, rtol=1e-4)
    other = torch.randn(40, 6, generator=seeded(2)).double()
    moved = prototypical_atlas.turned(other, points.double())
    assert_close(torch.cdist(moved, moved), torch.cdist(other, other), atol=1e-6, rtol=0)


def test_principal_directions_are_those_of_the_largest_variance():
    points = torch.randn(500, 5, generator=seeded(0)) * torch.tensor([1.0, 9, 1, 4, 1])
    directions = prototypical_atlas.principal_directions(points)
    assert_close(directions.T @ directions, torch.eye(2), atol=1e-5, rtol=0)
    assert directions.abs().argmax(dim=0).tolist() == [1, 3]
    assert directions[1, 0] > 0 and directions[3, 1] > 0


def test_tsne_keeps_groups_apart_and_is_the_same_each_time():
    centres = 8 * torch.randn(4, 10, generator=seeded(0))
    points = (centres[:, None] + torch.randn(4, 15, 10, generator=seeded(1))).flatten(0, 1)
    y = prototypical_atlas.tsne(points, perplexity=8)  # after 400 steps, rounding decides whether a point is astray
    assert torch.equal(y, prototypical_atlas.tsne(points, perplexity=8))
    nearest = torch.cdist(y, y).fill_diagonal_(torch.inf).argmin(dim=1)
    group = torch.arange(60) // 15
    assert torch.equal(group[nearest], group)


def test_every_row_of_the_neighbour_probabilities_has_the_perplexity():
    points = torch.randn(50, 4, generator=seeded(0)).double()
    p = prototypical_atlas._neighbour_probabilities(torch.cdist(points, points).square(), 12.0)
    entropy = -(p * p.clamp_min(1e-30).log()).sum(dim=1)
    assert_close(entropy.exp(), torch.full((50,), 12.0, dtype=torch.float64), rtol=1e-6, atol=0)
    assert p.diagonal().abs().max() == 0


def test_coordinates_survive_being_text():
    points = torch.tensor([[1.5, -2.25], [0.125, 3.0]])
    assert_close(prototypical_atlas.coordinates(prototypical_atlas.text(points)), points)


def test_a_settled_copy_answers_as_the_network_does_in_training(tiny_bank):
    torch.manual_seed(1)
    fresh, pictures = conv4(width=8), tiny_bank.images[:, 0]
    before = {name: value.clone() for name, value in fresh.state_dict().items()}
    copied = prototypical_atlas.settled(fresh, pictures)
    assert all(value.equal(before[name]) for name, value in fresh.state_dict().items())  # no statistic moved
    with torch.no_grad():
        x = pictures.float() / 255
        # a variance over the batch and one that is stored differ by n / (n - 1), n the places of 30 pictures
        assert_close(copied(x), fresh.train()(x), rtol=0.05, atol=0.05)
        assert (copied(x) - fresh.eval()(x)).abs().max() > 1
    assert not copied.training


def test_the_stored_atlas_starts_where_the_classes_lie_closer_than_their_drawings(omniglot):
    stages = prototypical_atlas.read_atlas(omniglot)["stages"]
    ratios = [stage["within"] / stage["between"] for stage in stages]
    assert ratios == sorted(ratios, reverse=True)
    assert ratios[0] > 1 > ratios[-1]


def test_the_stored_atlas_fits_the_bank(omniglot):
    from metalib.banks import split

    stored, bank = prototypical_atlas.read_atlas(omniglot), split(omniglot).evaluation
    groups = [bank.groups[c] for c in stored["classes"]]
    wanted = studies.STUDIES["prototypical-atlas"].settings["groups"]["omniglot"]
    assert list(dict.fromkeys(groups)) == wanted
    n_points = len(stored["classes"]) * stored["drawings"]
    lines = [stage["points"] for stage in stored["stages"]] + [stored["tsne"]]
    assert {len(prototypical_atlas.coordinates(line)) for line in lines} == {n_points}


def test_a_bank_without_an_atlas_is_told_so(tiny_bank):
    with pytest.raises(ValueError, match="no coordinates for 'random pixels': it has Omniglot and DejaVu glyphs"):
        prototypical_atlas.read_atlas(tiny_bank)


# --- a few steps from the prototype head


def test_the_prototype_head_answers_as_the_prototypical_network(network, episodes):
    model, task = prototypical_steps.with_head(network, 6), episodes.task(0)
    with torch.no_grad():
        logits = functional_call(model, prototypical_steps.start(model, task), (task.query_x,))
    expected = protonet.task_logits(network, task, 6)
    assert_close(logits.softmax(dim=1), expected.softmax(dim=1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("scope", ["head", "all layers"])
def test_steps_start_at_the_prototypical_network_and_change_no_parameter(network, episodes, scope):
    model, task = prototypical_steps.with_head(network, 6), episodes.task(0)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    accuracy = prototypical_steps.accuracy_after(model, task, [0, 2], 0.01, scope)
    plain = (protonet.task_logits(network, task, 6).argmax(dim=1) == task.query_y).double().mean()
    assert list(accuracy.shape) == [2] and accuracy[0] == plain
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_steps_on_the_head_alone_are_the_same_with_and_without_the_body(network, episodes):
    """The shortcut computes the features once; `path` with only="head" computes them at every step."""
    from metalib.adapt import adapt

    model, task = prototypical_steps.with_head(network, 6), episodes.task(0)
    with torch.no_grad():
        theta = prototypical_steps.start(model, task)
        phi = adapt(model, theta, task.support_x, task.support_y, inner_lr=0.5, inner_steps=3, only="head")
        right = (functional_call(model, phi, (task.query_x,)).argmax(dim=1) == task.query_y).double().mean()
    assert prototypical_steps.accuracy_after(model, task, [3], 0.5, "head")[0] == right


def test_each_step_size_has_its_gains(monkeypatch, tiny_bank):
    torch.manual_seed(0)
    body = conv4(width=8).eval()
    monkeypatch.setattr(prototypical_steps, "load_bank", lambda *_, **__: tiny_bank)
    monkeypatch.setattr(prototypical_steps, "split", lambda bank: Splits(bank, bank, bank))
    monkeypatch.setattr(prototypical_steps.checkpoints, "load", lambda *_, **__: (body, {}))
    few = {"n_way": 3, "shots": [1], "steps": [1, 2], "inner_lr": {"head": [0.1], "all layers": [1e-9]}, "episodes": 4}
    found = prototypical_steps.by_step_size({**prototypical_steps.STEPS.settings, **few})
    assert list(found) == ["3-way 1-shot, head", "3-way 1-shot, all layers"]
    assert list(found["3-way 1-shot, head"]["gain"]["0.1"]) == ["1", "2"]
    still = found["3-way 1-shot, all layers"]["gain"]["1e-09"]["2"]
    assert still == [0.0, 0.0, 0.0, 4, "episodes"]  # a step too small to change an answer


# --- the files


@pytest.mark.parametrize("name", OURS)
def test_a_stored_study_has_the_settings_of_its_code(name):
    stored, study = studies.read(name), studies.STUDIES[name]
    assert stored["settings"] == study.settings
    assert stored["question"] == study.question


def test_the_cross_entropy_of_the_linear_form_is_that_of_the_distances():
    c, q = torch.randn(4, 6, generator=seeded(0)).double(), torch.randn(9, 6, generator=seeded(1)).double()
    y = torch.arange(9) % 4
    assert_close(prototypical.squared_euclidean(c, q, y, 4), cross_entropy(protonet.logits(q, c), y))
