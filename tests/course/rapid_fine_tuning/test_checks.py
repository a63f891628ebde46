"""The checks of notebook 02, against right answers and typical wrong ones."""

import copy
import statistics

import pytest
import torch
from answers import accept, expect
from torch import nn
from torch.func import functional_call, grad
from torch.nn.functional import cosine_similarity, cross_entropy, mse_loss, nll_loss, normalize, one_hot

from metalib.course.rapid_fine_tuning import checks
from metalib.course.rapid_fine_tuning.checks import check_fine_tune, check_simple_shot, check_when_to_stop
from metalib.course.rapid_fine_tuning.mistakes_fine_tune import mistaken

# --- fine_tune: right answers in two ways


def with_zero_head(network, n_way):
    new = copy.deepcopy(network)
    new.head = nn.Linear(network.out_features, n_way)
    nn.init.zeros_(new.head.weight)
    nn.init.zeros_(new.head.bias)
    return new


def trained(new, task, alpha, steps):
    optimizer = torch.optim.SGD(new.parameters(), lr=alpha)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(new(task.support_x), task.support_y).backward()
        optimizer.step()
    return new


def by_optimizer(network, task, n_way, alpha, steps):
    return trained(with_zero_head(network, n_way), task, alpha, steps)


def by_hand(network, task, n_way, alpha, steps):
    new = nn.Sequential(copy.deepcopy(network.blocks), nn.Flatten(), nn.Linear(network.out_features, n_way))
    new.train(network.training)
    with torch.no_grad():
        new[2].weight.fill_(0)
        new[2].bias.fill_(0)
    for _ in range(steps):
        loss = cross_entropy(new(task.support_x), task.support_y)
        gradients = torch.autograd.grad(loss, list(new.parameters()))
        with torch.no_grad():
            for parameter, gradient in zip(new.parameters(), gradients, strict=True):
                parameter -= alpha * gradient
    return new


def by_functional_gradient(network, task, n_way, alpha, steps):
    new = with_zero_head(network, n_way)
    phi = {name: value.detach() for name, value in new.named_parameters()}
    for _ in range(steps):
        g = grad(lambda phi: cross_entropy(functional_call(new, phi, (task.support_x,)), task.support_y))(phi)
        phi = {name: phi[name] - alpha * g[name] for name in phi}
    new.load_state_dict(phi, strict=False)
    return new


def in_training_mode_where_it_makes_no_difference(network, task, n_way, alpha, steps):
    """Without running statistics both modes are the same."""
    new = with_zero_head(network, n_way).train(not network.settings["running_stats"])
    return trained(new, task, alpha, steps).eval()


@pytest.mark.parametrize(
    "answer", [by_optimizer, by_hand, by_functional_gradient, in_training_mode_where_it_makes_no_difference]
)
def test_right_fine_tuning_passes(answer):
    accept(check_fine_tune(answer))


def odd(**settings):
    return lambda *case: mistaken(*case, **settings)


def in_place(network, task, n_way, alpha, steps):
    optimizer = torch.optim.SGD(network.parameters(), lr=alpha)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(network(task.support_x), task.support_y).backward()
        optimizer.step()
    return copy.deepcopy(network)


def head_put_on_the_original(network, task, n_way, alpha, steps):
    network.head = nn.Linear(network.out_features, n_way)
    return copy.deepcopy(network)


def shallow_copy(network, task, n_way, alpha, steps):
    new = copy.copy(network)
    new.eval()
    for parameter in new.parameters():
        parameter.data.mul_(0.9)
    return new


def old_classes(network, task, n_way, alpha, steps):
    new = copy.deepcopy(network)
    optimizer = torch.optim.SGD(new.parameters(), lr=alpha)
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(new(task.support_x), task.support_y).backward()
        optimizer.step()
    return new


def random_head(network, task, n_way, alpha, steps):
    new = copy.deepcopy(network)
    new.head = nn.Linear(network.out_features, n_way)
    return new


def trained_random_head(network, task, n_way, alpha, steps):
    return trained(random_head(network, task, n_way, alpha, steps), task, alpha, steps)


def new_blocks(network, task, n_way, alpha, steps):
    untrained = type(network)(**network.settings).train(network.training)
    return by_optimizer(untrained, task, n_way, alpha, steps)


def head_without_bias(network, task, n_way, alpha, steps):
    new = with_zero_head(network, n_way)
    new.head = nn.Linear(network.out_features, n_way, bias=False)
    nn.init.zeros_(new.head.weight)
    return trained(new, task, alpha, steps)


def early_optimizer(network, task, n_way, alpha, steps):
    new = copy.deepcopy(network)
    optimizer = torch.optim.SGD(new.parameters(), lr=alpha)
    new.head = with_zero_head(network, n_way).head
    for _ in range(steps):
        optimizer.zero_grad()
        cross_entropy(new(task.support_x), task.support_y).backward()
        optimizer.step()
    return new


def returned_in_other_mode(*case):
    return by_optimizer(*case).train()


def returned_in_the_loop(network, task, n_way, alpha, steps):
    new = with_zero_head(network, n_way)
    for _ in range(steps):
        return trained(new, task, alpha, 1)
    return new


def loss_of_the_original(network, task, n_way, alpha, steps):
    new = with_zero_head(network, n_way)
    optimizer = torch.optim.SGD(new.parameters(), lr=alpha)
    for _ in range(steps):
        optimizer.zero_grad()
        network(task.support_x).square().sum().backward()
        optimizer.step()
    return new


def softmax_in_the_head(network, task, n_way, alpha, steps):
    new = with_zero_head(network, n_way)
    new.head = nn.Sequential(new.head, nn.Softmax(dim=1))
    return trained(new, task, alpha, steps)


def zeroed_too_late(network, task, n_way, alpha, steps):
    new = with_zero_head(network, n_way)
    optimizer = torch.optim.SGD(new.parameters(), lr=alpha)
    for _ in range(steps):
        cross_entropy(new(task.support_x), task.support_y).backward()
        optimizer.zero_grad()
        optimizer.step()
    return new


def with_its_loss_looked_at(network, task, n_way, alpha, steps):
    """The support loss is computed once more after the steps, which moves the running statistics."""
    new = trained(with_zero_head(network, n_way).train(), task, alpha, steps)
    assert cross_entropy(new(task.support_x), task.support_y) > 0
    return new


def one_row_too_many(network, task, n_way, alpha, steps):
    return by_optimizer(network, task, n_way + 1, alpha, steps)


def returned_answers(network, task, n_way, alpha, steps):
    return by_optimizer(network, task, n_way, alpha, steps)(task.query_x)


WRONG_FINE_TUNING = {
    "changes the network that was handed in, so the next task would not start from the pre-trained one. Work on "
    "`copy.deepcopy(network)`. 1": in_place,
    "It has another head now": head_put_on_the_original,
    "You return that very network": lambda network, *rest: network,
    "learns from the query set": odd(pictures=lambda task: (task.query_x, task.query_y)),
    "support and query set together": odd(
        pictures=lambda t: (torch.cat([t.support_x, t.query_x]), torch.cat([t.support_y, t.query_y]))
    ),
    "You call `train()`": odd(mode=True),
    "Leave the mode as it came": with_its_loss_looked_at,
    "Your gradients add up": odd(zero_grad=False),
    "still has the 9 outputs of the old classes": old_classes,
    "starts with rows of the old one": odd(old_rows=True),
    "starts with random numbers": random_head,
    "Your new head starts with random numbers": trained_random_head,
    "something starts with random weights": new_blocks,
    "Make the optimizer after the new head": early_optimizer,
    "Only the head has learned": odd(trained="head"),
    "Your head has no bias that learns": head_without_bias,
    "You use Adam": odd(optimizer=torch.optim.Adam),
    "your network ends where one step leads": odd(fresh=True),
    "a `return` inside it": returned_in_the_loop,
    "computed with `network` and not with the copy": loss_of_the_original,
    "there is a softmax in its head": softmax_in_the_head,
    "a sum over the pictures": odd(loss=lambda logits, y: cross_entropy(logits, y, reduction="sum")),
    "divided by the number of classes": odd(loss=lambda logits, y: cross_entropy(logits, y) / logits.shape[1]),
    "divide by nothing": odd(loss=lambda logits, y: cross_entropy(logits, y) / len(y)),
    "Your softmax is taken twice": odd(loss=lambda logits, y: cross_entropy(logits.softmax(dim=1), y)),
    "`nll_loss` of the logits": odd(loss=nll_loss),
    "Your loss is the squared error": odd(loss=lambda z, y: mse_loss(z, one_hot(y, z.shape[1]).float())),
    "Your steps climb": odd(loss=lambda logits, y: -cross_entropy(logits, y)),
    "the optimizer has momentum": odd(momentum=0.9),
    "Your steps remember": odd(momentum=0.9, nesterov=True),
    "You use AdamW": odd(optimizer=torch.optim.AdamW),
    "whatever `alpha` is": lambda n, t, w, a, k: by_optimizer(n, t, w, 0.01, k),
    "whatever `steps` is": lambda n, t, w, a, k: by_optimizer(n, t, w, a, 4),
    "Loop over `range(steps)`": lambda n, t, w, a, k: by_optimizer(n, t, w, a, 1),
    "between `backward()` and `step()`": zeroed_too_late,
    "one step too few": lambda n, t, w, a, k: by_optimizer(n, t, w, a, max(0, k - 1)),
    "one step too many": lambda n, t, w, a, k: by_optimizer(n, t, w, a, k + bool(k)),
    "for 0 steps it has none": lambda n, t, w, a, k: by_optimizer(n, t, w, a, k + 1),
    "comes back in": returned_in_other_mode,
    "gives the shape": one_row_too_many,
    "You return a tensor": returned_answers,
    "You return a dict": lambda n, *rest: dict(n.named_parameters()),
    "Return the network that has them": lambda *case: by_optimizer(*case).state_dict(),
    "You return a value of type list": lambda n, *rest: list(n.parameters()),
    "returns None": lambda n, t, w, a, k: print(end=""),
    "look for the line where it goes astray": lambda n, t, w, a, k: by_optimizer(n, t, w, 0.37 * a, k),
}


@pytest.mark.parametrize("words", WRONG_FINE_TUNING)
def test_wrong_fine_tuning_is_named(words):
    expect(check_fine_tune(WRONG_FINE_TUNING[words]), words)


@pytest.mark.parametrize("size", [1e-5, 1e-4, 5e-4, 1e-3, 0.005, 0.01, 0.1])
def test_weight_decay_is_named_however_small(size):
    expect(check_fine_tune(odd(weight_decay=size)), "the optimizer has a weight decay")


def test_a_copy_that_shares_its_weights_changes_the_original():
    expect(check_fine_tune(shallow_copy), "changes the network that was handed in")


# --- simple_shot


def by_cosine_to_the_sum(support, labels, query, centre):
    """The nearest of centroids of unequal length is not the one with the largest cosine: c is taken as it is."""
    s, q = normalize(support - centre, dim=1), normalize(query - centre, dim=1)
    c = torch.stack([s[labels == k].mean(dim=0) for k in range(int(labels.max()) + 1)])
    return (q @ c.T - c.square().sum(dim=1) / 2).argmax(dim=1)


def by_loop(support, labels, query, centre):
    answers = []
    for z in query:
        z = (z - centre) / (z - centre).norm()
        distances = []
        for k in sorted(set(labels.tolist())):
            own = [(s - centre) / (s - centre).norm() for s, y in zip(support, labels, strict=True) if y == k]
            distances.append(float((z - sum(own) / len(own)).square().sum()))
        answers.append(distances.index(min(distances)))
    return answers


@pytest.mark.parametrize(
    "answer", [by_cosine_to_the_sum, by_loop, lambda *case: by_cosine_to_the_sum(*case).numpy().astype("int32")]
)
def test_right_simple_shots_pass(answer):
    accept(check_simple_shot(answer))


def with_centre(centre):
    return lambda s, y, q, m: by_cosine_to_the_sum(s, y, q, centre(s, q, m))


def with_lengths(*, support, query):
    """The features of one set, or of both, are made as long as 1."""

    def shot(s, y, q, m):
        s, q = (normalize(z - m, dim=1) if unit else z - m for z, unit in ((s, support), (q, query)))
        c = torch.stack([s[y == k].mean(dim=0) for k in range(int(y.max()) + 1)])
        return torch.cdist(q, c).argmin(dim=1)

    return shot


def by_cosine(s, y, q, m):
    means = torch.stack([normalize(s - m, dim=1)[y == k].mean(dim=0) for k in range(int(y.max()) + 1)])
    return cosine_similarity((q - m)[:, None], means[None], dim=2).argmax(dim=1)


def normalised_again(s, y, q, m):
    s, q = normalize(s - m, dim=1), normalize(q - m, dim=1)
    means = torch.stack([s[y == k].mean(dim=0) for k in range(int(y.max()) + 1)])
    return torch.cdist(q, normalize(means, dim=1)).argmin(dim=1)


def mean_before_length(s, y, q, m):
    means = torch.stack([(s - m)[y == k].mean(dim=0) for k in range(int(y.max()) + 1)])
    return torch.cdist(normalize(q - m, dim=1), normalize(means, dim=1)).argmin(dim=1)


def five_classes(s, y, q, m):
    s, q = normalize(s - m, dim=1), normalize(q - m, dim=1)
    c = torch.stack([s[y == k].mean(dim=0) for k in range(5)])
    return torch.cdist(q, c).argmin(dim=1)


def distances(s, y, q, m):
    s, q = normalize(s - m, dim=1), normalize(q - m, dim=1)
    return torch.cdist(q, torch.stack([s[y == k].mean(dim=0) for k in range(int(y.max()) + 1)]))


def subtracted_in_place(s, y, q, m):
    s -= m
    return by_cosine_to_the_sum(s, y, q - m, torch.zeros_like(m))


WRONG_SHOTS = {
    "divided by their length and not centred": with_centre(lambda s, q, m: torch.zeros_like(m)),
    "Only your queries have length 1": with_lengths(support=False, query=True),
    "Only your support pictures have length 1": with_lengths(support=True, query=False),
    "You add `centre`": with_centre(lambda s, q, m: -m),
    "Your centre is the mean of the support set": with_centre(lambda s, q, m: s.mean(dim=0)),
    "has them in it": with_centre(lambda s, q, m: torch.cat([s, q]).mean(dim=0)),
    "You take the mean of a class first": mean_before_length,
    "leave out the second `normalize`": normalised_again,
    "You divide by the length once more, the class means'": by_cosine,
    "Count them in `support_y`": five_classes,
    "numbers for each query": distances,
    "runs over the queries": lambda *case: distances(*case).argmin(dim=0),
    "You take the farthest centroid": lambda *case: distances(*case).argmax(dim=1),
    "changes its input `s`": subtracted_in_place,
    "the number of a support picture": lambda s, y, q, m: torch.cdist(
        normalize(q - m, dim=1), normalize(s - m, dim=1)
    ).argmin(dim=1),
    "no whole numbers": lambda *case: distances(*case).argmin(dim=1) + 0.5,
    "Return one label for each": lambda *case: distances(*case).argmin(dim=1)[:-1],
    "answers differ from the nearest centroid": lambda s, y, q, m: by_loop(s, y, q, 0.2 * m),
}


@pytest.mark.parametrize("words", WRONG_SHOTS)
def test_wrong_simple_shots_are_named(words):
    expect(check_simple_shot(WRONG_SHOTS[words]), words)


# --- when to stop


def stop_by_loop(steps, validation, support, query):
    best, choice = -1.0, None
    for place, step in enumerate(steps):
        mean = float(validation[:, place].mean())
        if mean > best:
            best, choice = mean, step
    return choice


def by_argmax(steps, validation, support, query):
    return torch.tensor(steps)[validation.mean(0).argmax()]


@pytest.mark.parametrize("answer", [stop_by_loop, by_argmax])
def test_right_stops_pass(answer):
    accept(check_when_to_stop(answer))


WRONG_STOPS = {
    "`argmax()` without `dim` counts through": lambda s, v, p, q: s[v.argmax()],
    "query labels of the new tasks": lambda s, v, p, q: s[int(q.mean(0).argmax())],
    "accuracy on the support set": lambda s, v, p, q: s[int((p.mean(0) == 1).nonzero()[0])],
    "Is your mean over all numbers?": lambda s, v, p, q: s[v.mean().argmax()],
    "You take the worst number of steps": lambda s, v, p, q: s[v.mean(0).argmin()],
    "the place in the list": lambda s, v, p, q: v.mean(0).argmax(),
    "you take the larger": lambda s, v, p, q: max(s, key=lambda step: (v.mean(0)[s.index(step)], step)),
    "query labels of the new tasks decide": lambda s, v, p, q: max(
        s, key=lambda step: (v.mean(0)[s.index(step)], q.mean(0)[s.index(step)], -step)
    ),
    "let the support accuracy decide": lambda s, v, p, q: max(
        s, key=lambda step: (v.mean(0)[s.index(step)], p.mean(0)[s.index(step)], -step)
    ),
    "Return a number": lambda s, v, p, q: v.mean(0).argmax() == 2,
    "tensor of shape [8]": lambda s, v, p, q: torch.tensor(s)[v.argmax(dim=1)],
    "you return 3": lambda s, v, p, q: 3,
    "the most frequent one": lambda s, v, p, q: statistics.mode(s[place] for place in v.argmax(dim=1)),
    "then their mean": lambda s, v, p, q: statistics.mean(s[place] for place in v.argmax(dim=1)) // 1,
    "their middle": lambda s, v, p, q: statistics.median(s[place] for place in v.argmax(dim=1)),
}


@pytest.mark.parametrize("words", WRONG_STOPS)
def test_wrong_stops_are_named(words):
    expect(check_when_to_stop(WRONG_STOPS[words]), words)


def test_one_step_is_no_steps():
    assert (
        "The best is after 1 step, and"
        in check_when_to_stop(lambda s, v, p, q: 3 if v.mean(0)[1] > 0.7 else stop_by_loop(s, v, p, q)).message
    )


# --- whose function runs


def test_the_courses_functions_pass_where_they_are_checked_and_run_in_time():
    for exercise in checks._exercises:
        if exercise.example is not None:
            exercise.course(*exercise.example())
    accept(check_fine_tune(lambda *case: mistaken(*case)))
    accept(check_simple_shot(lambda *case: checks.exercise_simple_shot.simple_shot(*case)))


def test_an_exercise_keeps_its_place_in_the_notebook():
    assert [exercise.name for exercise in checks._exercises] == ["fine_tune", "when_to_stop", "simple_shot"]
