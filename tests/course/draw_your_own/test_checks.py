"""The checks of notebook 09, against right answers and typical wrong ones."""

import math

import numpy as np
import pytest
import torch
from answers import accept, expect
from torch.nn.functional import normalize

from metalib import protonet
from metalib.course.draw_your_own import checks, exercise_leave_one_of_each_out
from metalib.course.draw_your_own.checks import (
    check_embed_and_classify,
    check_leave_one_of_each_out,
    check_threshold,
    check_unit_length,
)
from metalib.course.draw_your_own.exercise_embed_and_classify import embed_and_classify
from metalib.course.draw_your_own.exercise_leave_one_of_each_out import leave_one_of_each_out
from metalib.course.draw_your_own.exercise_threshold import cases, threshold

# --- names and distances


def class_by_class(embed, support, labels, query):
    names = list(dict.fromkeys(labels))
    z, q = embed(support), embed(query)
    means = {name: z[[label == name for label in labels]].mean(dim=0) for name in names}
    answers, distances = [], []
    for one in q:
        of_name = {name: float((one - mean).norm()) for name, mean in means.items()}
        answers.append(min(of_name, key=of_name.get))
        distances.append(min(of_name.values()))
    return answers, distances


def by_metalib(embed, support, labels, query):
    names = sorted(set(labels), reverse=True)
    y = torch.tensor([names.index(label) for label in labels])
    c = protonet.prototypes(embed(support), y, len(names))
    logits = protonet.logits(embed(query), c, distance="euclidean")
    best = logits.max(dim=1)
    return [names[i] for i in best.indices], -best.values


def in_arrays(embed, support, labels, query):
    answers, distances = class_by_class(embed, support, labels, query)
    return np.array(answers), np.array(distances)


@pytest.mark.parametrize("answer", [class_by_class, by_metalib, in_arrays])
def test_right_names_and_distances_pass(answer):
    accept(check_embed_and_classify(answer))


def means_of(embed, support, labels):
    names = sorted(set(labels))
    z = embed(support)
    return names, torch.stack([z[[label == name for label in labels]].mean(dim=0) for name in names])


def naming(of_distances):
    """The answer that makes names and distances of (names, labels, distances [Q, N])."""

    def answer(embed, support, labels, query):
        names, c = means_of(embed, support, labels)
        return of_distances(names, labels, torch.cdist(embed(query), c))

    return answer


def nearest_picture(embed, support, labels, query):
    distances, rows = torch.cdist(embed(query), embed(support)).min(dim=1)
    return [labels[i] for i in rows], distances


def of_mean_pictures(embed, support, labels, query):
    names = sorted(set(labels))
    means = torch.stack([support[[label == name for label in labels]].mean(dim=0) for name in names])
    distances, numbers = torch.cdist(embed(query), embed(means)).min(dim=1)
    return [names[i] for i in numbers], distances


def in_one_batch(embed, support, labels, query):
    z = embed(torch.cat([support, query]))
    return embed_and_classify(lambda rows: rows, z[: len(support)], labels, z[len(support) :])


def set_in_a_loop(embed, support, labels, query):
    """Every round through a set has an order of its own: here it is another on purpose."""
    _, c = means_of(embed, support, labels)
    distances, numbers = torch.cdist(embed(query), c).min(dim=1)
    return [list(dict.fromkeys(labels))[i] for i in numbers], distances


def one_mean_is_empty(embed, support, labels, query):
    names, distances = embed_and_classify(embed, support, labels, query)
    return names, distances * float("nan")


WRONG_NAMES = {
    "the class that is *farthest* away": naming(
        lambda names, _, d: ([names[i] for i in d.argmax(dim=1)], d.max(dim=1).values)
    ),
    "Your distances are squared": naming(
        lambda names, _, d: ([names[i] for i in d.argmin(dim=1)], d.square().min(dim=1).values)
    ),
    "nearest support *picture*": nearest_picture,
    "i is the number of a class": naming(
        lambda names, labels, d: ([labels[i] for i in d.argmin(dim=1)], d.min(dim=1).values)
    ),
    "stand in two orders": set_in_a_loop,
    "Hand each set to `embed` as it is": in_one_batch,
    "list of pictures of unequal sizes": of_mean_pictures,
    # what comes back
    "Return two things": naming(lambda names, _, d: [names[i] for i in d.argmin(dim=1)]),
    "You return a tensor first": naming(lambda names, _, d: (d.min(dim=1).values, [names[i] for i in d.argmin(dim=1)])),
    "Return their names": naming(lambda names, _, d: tuple(d.min(dim=1))[::-1]),
    "You return the distances to all classes": naming(lambda names, _, d: ([names[i] for i in d.argmin(dim=1)], d)),
    "names for": naming(lambda names, _, d: ([names[i] for i in d.argmin(dim=0) % len(names)], d.min(dim=1).values)),
    "there is no such name": naming(lambda names, _, d: (["cat"] * len(d), d.min(dim=1).values)),
    "is not a number": one_mean_is_empty,
    "Your names are right": naming(
        lambda names, _, d: ([names[i] for i in d.argmin(dim=1)], 1.1 * d.min(dim=1).values)
    ),
    "get another name": naming(lambda names, _, d: ([names[0]] * len(d), d.min(dim=1).values)),
}


@pytest.mark.parametrize("words", WRONG_NAMES)
def test_wrong_names_and_distances_are_named(words):
    expect(check_embed_and_classify(WRONG_NAMES[words]), words)


# --- unit length


def row_by_row(z):
    return torch.stack([row / row.norm() if row.any() else row for row in z])


def by_squares(z):
    return z / z.square().sum(dim=1, keepdim=True).sqrt().clamp(min=1e-12)


@pytest.mark.parametrize("answer", [row_by_row, by_squares])
def test_right_unit_lengths_pass(answer):
    accept(check_unit_length(answer))


WRONG_LENGTHS = {
    "as they came": lambda z: z.clone(),
    "runs over the pictures": lambda z: z / z.norm(dim=0).clamp(min=1e-12),
    "one length for all": lambda z: z / torch.linalg.norm(z),
    "divide by the squared length": lambda z: z / (z * z).sum(1, keepdim=True).clamp(min=1e-9),
    "sum of the absolute values": lambda z: z / z.abs().sum(1, keepdim=True).clamp(min=1e-9),
    "largest number of a row": lambda z: z / z.abs().amax(1, keepdim=True).clamp(min=1e-9),
    "each row's mean": lambda z: by_squares(z - z.mean(1, keepdim=True)),
    "mean of all pictures": lambda z: by_squares(z - z.mean(0)),
    "You multiply by the length": lambda z: z * z.norm(dim=1, keepdim=True),
    "whose rows *sum* to 1": lambda z: torch.softmax(z, 1),
    "One picture is blank": lambda z: z / z.norm(dim=1, keepdim=True),
    "You return the lengths": lambda z: z.norm(dim=1),
    "The shape stays": lambda z: z[:, :-1],
    "changes its input": lambda z: z.div_(z.norm(dim=1, keepdim=True)),
    "rows have the lengths": lambda z: 2 * by_squares(z),
    "add nothing to the length": lambda z: z / (z.norm(dim=1, keepdim=True) + 1e-3),
}


@pytest.mark.parametrize("words", WRONG_LENGTHS)
def test_wrong_lengths_are_named(words):
    expect(check_unit_length(WRONG_LENGTHS[words]), words)


# --- one of each class left out


def one_by_one(classify, z, labels):
    """Each query of a round in a call of its own."""
    shares = []
    for r in range(min(map(labels.count, labels))):
        out = [[i for i, label in enumerate(labels) if label == name][r] for name in set(labels)]
        rest = [i for i in range(len(z)) if i not in out]
        right = [classify(z[rest], [labels[i] for i in rest], z[i : i + 1])[0] == labels[i] for i in out]
        shares.append(np.mean(right))
    return shares


def by_masks(classify, z, labels):
    place = torch.tensor([labels[:i].count(label) for i, label in enumerate(labels)])  # which of its class
    names = np.array(labels)
    shares = []
    for r in range(min(map(labels.count, labels))):
        asked = place == r
        answers = classify(z[~asked], list(names[~asked.numpy()]), z[asked])
        shares.append((np.array(answers) == names[asked.numpy()]).mean())
    return torch.tensor(shares)


@pytest.mark.parametrize("answer", [one_by_one, by_masks])
def test_right_rounds_pass(answer):
    accept(check_leave_one_of_each_out(answer))


def rounds(kept_of, *, shares=lambda right: np.mean(right)):
    """The answer that asks the right rows, by those that `kept_of` (all rows, rows asked, round) keeps."""

    def answer(classify, z, labels):
        found = []
        for r in range(min(map(labels.count, labels))):
            out = [[i for i, label in enumerate(labels) if label == name][r] for name in sorted(set(labels))]
            rest = kept_of(range(len(z)), out, r)
            answers = classify(z[rest], [labels[i] for i in rest], z[out])
            found.append(shares([a == labels[i] for a, i in zip(answers, out, strict=True)]))
        return torch.tensor(found)

    return answer


def others(rows, out, _):
    return [i for i in rows if i not in out]


def picture_by_picture(classify, z, labels):
    rest = [[i for i in range(len(z)) if i != out] for out in range(len(z))]
    return [
        float(classify(z[kept], [labels[i] for i in kept], z[[out]])[0] == labels[out]) for out, kept in enumerate(rest)
    ]


def one_alone(classify, z, labels):
    by_picture = picture_by_picture(classify, z, labels)
    of_class = [[i for i, label in enumerate(labels) if label == name] for name in set(labels)]
    return [np.mean([by_picture[rows[r]] for rows in of_class]) for r in range(min(map(len, of_class)))]


def names_unchosen(classify, z, labels):
    return [np.mean(classify(z[3:], labels, z[:3]))]


def as_many_as_the_largest(classify, z, labels):
    of_class = [[i for i, label in enumerate(labels) if label == name] for name in sorted(set(labels))]
    shares = []
    for r in range(max(len(rows) for rows in of_class)):
        out = [rows[r] for rows in of_class]
        rest = others(range(len(z)), out, r)
        answers = classify(z[rest], [labels[i] for i in rest], z[out])
        shares.append(np.mean([a == labels[i] for a, i in zip(answers, out, strict=True)]))
    return shares


def cut_to_the_smallest(classify, z, labels):
    """Only so many pictures of each class are used as the smallest one has."""
    least = min(map(labels.count, labels))
    used = [i for i, label in enumerate(labels) if labels[:i].count(label) < least]
    return leave_one_of_each_out(classify, z[used], [labels[i] for i in used])


WRONG_ROUNDS = {
    "stand in the support, too": rounds(lambda rows, out, r: list(rows)),
    "It leaks": rounds(lambda rows, out, r: [i for i in rows if i not in out[:-1]]),
    "one number": lambda *case: leave_one_of_each_out(*case).mean(),
    "one a picture": picture_by_picture,
    "Its class is then the one with a picture less": one_alone,
    "You return counts": rounds(others, shares=sum),
    "share of *wrong* answers": rounds(others, shares=lambda right: 1 - np.mean(right)),
    "gives out after": lambda classify, z, labels: torch.zeros(max(map(labels.count, labels)) + 1),
    "choose the same rows of both": names_unchosen,
    "hand over rows of z": lambda classify, z, labels: [classify(z[1:], labels[1:], z[0])[0] == labels[0]],
    "Perhaps a class has fewer than r + 1 pictures": as_many_as_the_largest,
    "10 rows are the support; yours handed over 4 rows": cut_to_the_smallest,
    "round 0 asks rows": lambda *case: 0.9 * leave_one_of_each_out(*case),
}


@pytest.mark.parametrize("words", WRONG_ROUNDS)
def test_wrong_rounds_are_named(words):
    expect(check_leave_one_of_each_out(WRONG_ROUNDS[words]), words)


def test_each_mistake_shows_in_every_case_of_the_rounds():
    made = [
        exercise_leave_one_of_each_out._case(seed, counts)
        for seed, counts in enumerate(((3, 3, 3), (2, 5, 3, 4), (6, 4, 4)))
    ]
    for _, mistake in exercise_leave_one_of_each_out.MISTAKES:
        assert not any(torch.allclose(mistake(*case).double(), leave_one_of_each_out(*case)) for case in made)


# --- the threshold


def by_places(distances, false_alarms):
    """From the largest down, as long as a new picture's places above are few enough."""
    best = math.inf
    for above, distance in enumerate(sorted(distances.tolist(), reverse=True), 1):
        if above / (len(distances) + 1) <= false_alarms:
            best = distance
    return best


def by_topk(distances, false_alarms):
    m = int(false_alarms * (len(distances) + 1))
    return distances.topk(m).values[-1] if m else torch.tensor(math.inf)


@pytest.mark.parametrize("answer", [by_places, by_topk])
def test_right_thresholds_pass(answer):
    accept(check_threshold(answer))


def place(m_of, *, descending=True, shift=1):
    def answer(distances, share):
        m = m_of(len(distances), share)
        return float(distances.sort(descending=descending).values[m - shift]) if m else math.inf

    return answer


def m(n, share):
    return int(share * (n + 1))


WRONG_THRESHOLDS = {
    "So few pictures can promise nothing": place(lambda n, share: max(m(n, share), 1)),
    "Python then takes the last": lambda d, share: float(d.sort(descending=True).values[m(len(d), share) - 1]),
    "You count from the smallest": place(m, descending=False),
    "Sort them first": lambda d, share: d[m(len(d), share) - 1] if m(len(d), share) else math.inf,
    "Your index is m.": place(m, shift=0),
    "You count among n places": place(lambda n, share: int(share * n)),
    "You round m up": place(lambda n, share: math.ceil(share * (n + 1))),
    "the nearest whole number": place(lambda n, share: round(share * (n + 1))),
    "so many places *below*": place(lambda n, share: int((1 - share) * (n + 1))),
    "You take a quantile": lambda d, share: torch.quantile(d, 1 - share),
    "You return the largest distance": lambda d, share: d.max(),
    "mean and spread": lambda d, share: d.mean() + 2 * d.std(),
    "lie above it": lambda d, share: threshold(d, share) + 0.5,
    "nothing can be promised": lambda d, share: min(threshold(d, share), 1e6),
    "Return one number": lambda d, share: d,
    "Nothing comes back where m is 0": lambda d, share: threshold(d, share) if m(len(d), share) else None,
    "Its last line is missing": lambda d, share: print(end=""),
}


@pytest.mark.parametrize("words", WRONG_THRESHOLDS)
def test_wrong_thresholds_are_named(words):
    expect(check_threshold(WRONG_THRESHOLDS[words]), words)


def test_a_threshold_keeps_its_promise():
    """Of a new distance from the same distribution no larger share lies above, whatever the distribution."""
    generator = torch.Generator().manual_seed(0)
    drawn = torch.rand(20_000, 26, generator=generator).pow(3)
    above = [float(row[-1]) > threshold(row[:-1], 0.1) for row in drawn]
    assert np.mean(above) == pytest.approx(2 / 26, abs=0.006)


def test_some_case_can_promise_nothing_and_one_place_more_decides_another():
    assert [share for distances, share in cases() if math.isinf(threshold(distances, share))] == [0.05]
    assert any(int(share * len(d)) < int(share * (len(d) + 1)) for d, share in cases())


# --- whose function runs


@pytest.mark.parametrize("answer", [class_by_class, row_by_row, by_masks, by_places])
def test_right_answers_run_below(answer, capsys):
    names = ("embed_and_classify", "unit_length", "leave_one_of_each_out", "threshold")
    name = dict(zip((class_by_class, row_by_row, by_masks, by_places), names, strict=True))[answer]

    def mine(*arguments):
        return answer(*arguments)

    mine.__name__ = name
    assert checks.mine(mine) is mine
    assert capsys.readouterr().out == f"The cells below run your {name}.\n"


def test_the_courses_unit_length_is_torchs():
    z = torch.randn(5, 7)
    torch.testing.assert_close(row_by_row(z), normalize(z, dim=1))
