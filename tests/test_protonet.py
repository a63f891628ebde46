"""Facts about prototypical networks, each checked to many digits."""

import functools

import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.testing import assert_close

from metalib import inputs, protonet
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded


@pytest.fixture
def points():
    """Embeddings of 12 support and 30 query pictures in 8 dimensions, and labels of 4 classes in no order."""
    generator = seeded(0)
    support = torch.randn(12, 8, generator=generator, dtype=torch.float64)
    query = torch.randn(30, 8, generator=generator, dtype=torch.float64)
    labels = torch.arange(4).repeat(3)[torch.randperm(12, generator=generator)]
    return support, labels, query


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    network = conv4(width=8)
    with torch.no_grad():  # running statistics that differ from the fresh 0 and 1
        network(torch.rand(50, 1, 28, 28))
    return network


@pytest.fixture
def episodes(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(5, 2, 3), 3, generator=seeded(0))


def test_a_prototype_is_the_mean_of_its_class(points):
    support, labels, _ = points
    centres = protonet.prototypes(support, labels, 4)
    for k in range(4):
        assert_close(centres[k], support[labels == k].mean(dim=0))


def test_the_order_of_rows_does_not_matter(points):
    support, labels, _ = points
    order = torch.randperm(12, generator=seeded(1))
    assert_close(protonet.prototypes(support[order], labels[order], 4), protonet.prototypes(support, labels, 4))


def test_classes_may_have_unequal_numbers_of_pictures(points):
    support, _, _ = points
    labels = torch.tensor([0] * 9 + [1, 2, 2])
    centres = protonet.prototypes(support, labels, 3)
    assert_close(centres[0], support[:9].mean(dim=0))
    assert_close(centres[1], support[9])


def test_it_is_a_linear_classifier(points):
    """−‖z − c‖² = 2 c·z − ‖c‖² − ‖z‖²: weights 2c and bias −‖c‖² give the same probabilities."""
    support, labels, query = points
    centres = protonet.prototypes(support, labels, 4)
    linear = query @ (2 * centres).T - centres.square().sum(dim=1)
    assert_close(protonet.logits(query, centres).softmax(dim=1), linear.softmax(dim=1), rtol=1e-12, atol=1e-12)


def test_the_linear_head_gives_the_probabilities_of_the_squared_distance(points):
    support, labels, query = points
    centres = protonet.prototypes(support, labels, 4)
    weight, bias = protonet.linear_head(centres)
    assert (list(weight.shape), list(bias.shape)) == ([4, 8], [4])
    expected = protonet.logits(query, centres).softmax(dim=1)
    assert_close((query @ weight.T + bias).softmax(dim=1), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("distance", ["squared_euclidean", "euclidean", "cosine"])
def test_a_scale_multiplies_the_logits_and_is_learned(points, distance):
    support, labels, query = points
    centres = protonet.prototypes(support, labels, 4)
    scale = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    scaled, plain = (protonet.logits(query, centres, distance=distance, scale=s) for s in (scale, 1.0))
    assert_close(scaled, 3 * plain)
    cross_entropy(scaled, torch.arange(30) % 4).backward()
    assert scale.grad is not None and scale.grad.abs() > 1e-3


def test_the_unsquared_distance_has_the_same_regions_and_other_probabilities(points):
    support, labels, query = points
    centres = protonet.prototypes(support, labels, 4)
    squared, plain = (protonet.logits(query, centres, distance=d) for d in ("squared_euclidean", "euclidean"))
    assert torch.equal(squared.argmax(dim=1), plain.argmax(dim=1))
    assert (squared.softmax(dim=1) - plain.softmax(dim=1)).abs().max() > 0.1


def test_cosine_without_a_scale_caps_the_probability():
    features = torch.eye(60, dtype=torch.float64)  # the best case after a ReLU: own prototype 1, all others 0
    for n_way, cap in ((5, 0.40), (20, 0.125), (60, 0.044)):
        top = protonet.logits(features[:n_way], features[:n_way], distance="cosine").softmax(dim=1).max()
        assert top.item() == pytest.approx(cap, abs=0.005 if n_way < 60 else 0.0005)


def test_a_scale_lifts_the_cap_of_the_cosine():
    features = torch.eye(60, dtype=torch.float64)
    top = protonet.logits(features, features, distance="cosine", scale=10.0).softmax(dim=1).max()
    assert top.item() > 0.99


def test_prototypes_of_two_halves_differ_by_twice_the_variance_over_k():
    """E‖c_A − c_B‖² = 2 S²/K, exactly, over all splits of 2K = 6 drawings into two halves."""
    from itertools import combinations

    drawings = torch.randn(6, 4, generator=seeded(0), dtype=torch.float64)
    s2 = drawings.var(dim=0, correction=1).sum()
    squares = []
    for half in combinations(range(6), 3):
        labels = torch.tensor([0 if i in half else 1 for i in range(6)])
        a, b = protonet.prototypes(drawings, labels, 2)
        squares.append((a - b).square().sum())
    assert_close(torch.stack(squares).mean(), 2 * s2 / 3, rtol=1e-12, atol=0)


def test_the_mean_minimises_the_summed_squared_distance(points):
    support, _, _ = points
    centre = protonet.prototypes(support, torch.zeros(12, dtype=torch.long), 1).requires_grad_()
    (gradient,) = torch.autograd.grad(-protonet.logits(support, centre).sum(), centre)
    assert_close(gradient, torch.zeros_like(gradient), atol=1e-12, rtol=0)


def squared(x, c):
    return (x - c).square()


def kullback_leibler(x, c):
    return x * (x / c).log() - x + c


def itakura_saito(x, c):
    return x / c - (x / c).log() - 1


def absolute(x, c):
    return (x - c).abs()


@pytest.mark.parametrize(
    ("divergence", "swapped", "minimised"),
    [
        (squared, False, True),
        (kullback_leibler, False, True),
        (itakura_saito, False, True),
        (kullback_leibler, True, False),
        (itakura_saito, True, False),
        (absolute, False, False),
    ],
)
def test_the_mean_minimises_any_bregman_divergence_with_the_centre_second(points, divergence, swapped, minimised):
    """The centre in the second place; not with the places changed, and not for L1 (Banerjee et al., 2005)."""
    x = points[0].exp()  # positive, as KL and Itakura–Saito need it
    centre = protonet.prototypes(x, torch.zeros(12, dtype=torch.long), 1).requires_grad_()
    loss = (divergence(centre, x) if swapped else divergence(x, centre)).sum()
    (gradient,) = torch.autograd.grad(loss, centre)
    assert (gradient.abs().max().item() < 1e-10) == minimised


def test_the_gradient_agrees_with_finite_differences(points):
    support, labels, query = points
    target = torch.arange(30) % 4

    def loss(s, q):
        return cross_entropy(protonet.logits(q, protonet.prototypes(s, labels, 4)), target)

    assert torch.autograd.gradcheck(loss, (support.requires_grad_(), query.requires_grad_()))


def test_predictions_follow_a_relabelling_of_the_classes(encoder, episodes):
    encoder.eval()
    new = torch.tensor([3, 0, 4, 1, 2])
    relabelled = episodes._replace(support_y=new[episodes.support_y], query_y=new[episodes.query_y])
    assert torch.equal(protonet.predict(encoder, relabelled), new[protonet.predict(encoder, episodes)])
    assert_close(protonet.losses(encoder, relabelled), protonet.losses(encoder, episodes))


@pytest.mark.parametrize("training", [True, False])
def test_one_task_never_reaches_another(encoder, episodes, training):
    encoder.train(training)
    alone = torch.cat([protonet.losses(encoder, Episode(*(f[t : t + 1] for f in episodes))) for t in range(3)])
    changed = Episode(*(f.clone() for f in episodes))
    changed.query_x[1:] += 5
    assert_close(protonet.losses(encoder, episodes), alone)
    assert_close(protonet.losses(encoder, changed)[0], alone[0])


def test_with_running_statistics_a_query_stands_alone_and_with_batch_statistics_not(encoder, episodes):
    task = episodes.task(0)
    fewer = task._replace(query_x=task.query_x[:1])
    encoder.eval()
    assert_close(protonet.task_logits(encoder, task, 5)[:1], protonet.task_logits(encoder, fewer, 5))
    encoder.train()
    moved = protonet.task_logits(encoder, task, 5)[:1] - protonet.task_logits(encoder, fewer, 5)
    assert moved.abs().max() > 1e-3


def test_the_loss_is_the_mean_negative_log_probability(encoder, episodes):
    encoder.eval()
    task = episodes.task(0)
    probability = protonet.task_logits(encoder, task, 5).softmax(dim=1)
    expected = -probability[torch.arange(15), task.query_y].log().mean()
    assert_close(protonet.losses(encoder, episodes)[0], expected)


def test_large_distances_do_not_overflow():
    logits = protonet.logits(torch.full((1, 4), 1e4), torch.tensor([[0.0] * 4, [1e4 - 1] * 4]))
    assert cross_entropy(logits, torch.tensor([1])).isfinite()


@pytest.mark.parametrize("labels", [[0, 1, 4, 2], [0, -1, 2, 3]])
def test_labels_outside_the_episode(labels):
    with pytest.raises(ValueError, match="4-way labels are 0 … 3"):
        protonet.prototypes(torch.zeros(4, 2), torch.tensor(labels), 4)


def test_a_class_without_a_picture():
    with pytest.raises(ValueError, match=r"classes \[1\] of 3 have no support picture"):
        protonet.prototypes(torch.zeros(2, 2), torch.tensor([0, 2]), 3)


def test_an_unknown_distance(points):
    with pytest.raises(ValueError, match="'manhattan'"):
        protonet.logits(points[2], points[0], distance="manhattan")


# --- what it keeps, and what it refuses


def test_float64_stays_float64(points):
    support, labels, query = points
    task = Episode(support, labels, query, torch.arange(30) % 4)
    assert protonet.task_logits(lambda x: x, task, 4).dtype == torch.float64
    batch = Episode(*(field[None] for field in task))
    assert_close(
        protonet.losses(lambda x: x, batch)[0], cross_entropy(protonet.task_logits(lambda x: x, task, 4), task.query_y)
    )
    assert protonet.losses(lambda x: x, batch, n_way=4).dtype == torch.float64


def test_a_network_in_training_mode_is_refused_and_its_statistics_stay(encoder, episodes):
    before = encoder.blocks[0][1].running_mean.clone()
    encoder.train()
    try:
        with pytest.raises(ValueError, match=r"blocks\.0\.1 is in training mode .* call model\.eval\(\)"):
            protonet.predict(encoder, episodes)
        with pytest.raises(ValueError, match="in training mode"):
            protonet.predict(encoder.features, episodes)  # a method of it
    finally:
        encoder.eval()
    assert encoder.blocks[0][1].running_mean.equal(before)


@pytest.mark.parametrize(
    "hidden",
    [
        functools.partial,
        lambda encoder: encoder.forward,
        lambda encoder: functools.partial(encoder.features),
        lambda encoder: functools.partial(functools.partial(encoder.forward)),
        lambda encoder: functools.partial(lambda network, x: network(x), encoder),
        lambda encoder: functools.partial(lambda x, network: network(x), network=encoder),
    ],
    ids=["partial", "forward", "a partial's method", "twice", "argument", "keyword"],
)
def test_a_network_is_seen_behind_methods_and_partials(encoder, episodes, hidden):
    encoder.train()
    try:
        with pytest.raises(ValueError, match=r"in training mode .* call model\.eval\(\)"):
            protonet.predict(hidden(encoder), episodes)
    finally:
        encoder.eval()
    assert protonet.predict(hidden(encoder), episodes).equal(protonet.predict(encoder, episodes))
    with pytest.raises(ValueError, match="support_x is float64 and the network's weights are float32"):
        protonet.predict(hidden(encoder), episodes._replace(support_x=episodes.support_x.double()))


def test_answers_that_are_no_numbers_are_no_class(encoder, episodes):
    """The largest of five NaN is the first: 20.00 ± 0.00 % for a network that diverged."""
    with pytest.raises(ValueError, match="225 of 225 answers are not finite"):
        protonet.predict(lambda x: encoder(x) * float("nan"), episodes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"support_x": lambda x: x.double()}, r"support_x is float64 and the network's weights are float32: .*\.float"),
        ({"query_y": lambda y: y + 1}, "query labels run from 1 to 5, and 5-way labels are 0 … 4"),
        ({"query_y": lambda y: y * 0 - 100}, "query labels run from -100"),
        ({"support_y": lambda y: y[:, :0]}, "give tasks with support pictures"),
        ({"support_x": lambda x: x[:0], "support_y": lambda y: y[:0]}, "give tasks with support pictures"),
    ],
    ids=["float64", "a class too many", "ignored by cross-entropy", "no support", "no task"],
)
def test_episodes_that_do_not_fit(encoder, episodes, change, message):
    wrong = episodes._replace(**{name: how(getattr(episodes, name)) for name, how in change.items()})
    for function in (protonet.losses, protonet.predict):
        with pytest.raises(ValueError, match=message):
            function(encoder, wrong)


@pytest.mark.parametrize(
    ("embeddings", "labels", "message"),
    [
        (torch.zeros(4, 3, 1, 1), torch.arange(4), r"embeddings are \[4, 3, 1, 1\] .* \.flatten\(1\)"),
        (torch.zeros(4, 3), torch.arange(4.0), r"labels are float32: .* \.long\(\)"),
        (torch.zeros(4, 3), torch.arange(4, dtype=torch.uint8), "labels are uint8"),
        (torch.zeros(4, 3), torch.arange(5), r"embeddings are \[4, 3\] and labels \[5\]"),
    ],
    ids=["feature maps", "float labels", "uint8 labels", "another number"],
)
def test_prototypes_of_what_does_not_fit(embeddings, labels, message):
    with pytest.raises(ValueError, match=message):
        protonet.prototypes(embeddings, labels, 4)


def test_no_number_is_asked_for_that_a_gpu_would_have_to_wait_for(monkeypatch):
    """A tensor on `meta` has none to tell: int(labels.max()) is an error there."""
    monkeypatch.setattr(torch.Tensor, "tolist", lambda tensor: pytest.fail("asked"))
    where = {"device": "meta"}
    labels = torch.zeros(3, 4, dtype=torch.long, **where)
    pictures = torch.zeros(3, 4, 1, 8, 8, **where)
    assert protonet.prototypes(pictures[0].flatten(1), labels[0], 2).shape == (2, 64)
    inputs.check_encoding(torch.nn.Flatten(), Episode(pictures, labels, pictures, labels), 2)  # `losses` asks it


def test_prototypes_under_vmap_are_those_of_a_loop(points):
    support, labels, _ = points
    both = torch.stack([support, support.flip(0)])
    batched = torch.func.vmap(protonet.prototypes, in_dims=(0, 0, None))(both, torch.stack([labels, labels.flip(0)]), 4)
    assert_close(batched[1], protonet.prototypes(support, labels, 4))


def test_soft_k_means_moves_a_prototype_to_the_mean_weighted_by_probability(points):
    support, labels, query = points
    before = protonet.prototypes(support, labels, 4)
    after = protonet.soft_k_means(before, support, labels, query)
    weights = (-torch.cdist(query, before).square()).softmax(dim=1)[:, 2]
    of_class = support[labels == 2]
    expected = (of_class.sum(dim=0) + (weights[:, None] * query).sum(dim=0)) / (len(of_class) + weights.sum())
    assert_close(after[2], expected)


def test_steps_of_soft_k_means_follow_one_another_and_none_changes_nothing(points):
    support, labels, query = points
    before = protonet.prototypes(support, labels, 4)
    assert protonet.soft_k_means(before, support, labels, query, steps=0).equal(before)
    once = protonet.soft_k_means(before, support, labels, query)
    twice = protonet.soft_k_means(once, support, labels, query)
    assert_close(protonet.soft_k_means(before, support, labels, query, steps=2), twice)
