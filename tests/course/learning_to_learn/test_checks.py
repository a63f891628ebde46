"""The checks of notebook 01, against right answers and typical wrong ones."""

import random

import pytest
import torch
from answers import accept, expect

from metalib.course.learning_to_learn import checks
from metalib.course.learning_to_learn import exercise_class_split as class_split
from metalib.course.learning_to_learn.checks import check_pixel_neighbour, check_sample_episode, check_split_classes

# --- pixel_neighbour


def by_loop(support_x, support_y, query_x):
    labels = []
    for query in query_x:
        distances = [float(((query - support) ** 2).sum()) for support in support_x]
        labels.append(int(support_y[distances.index(min(distances))]))
    return labels


def by_broadcast(support_x, support_y, query_x):
    distances = (query_x[:, None] - support_x[None]).square().sum(dim=(2, 3, 4))
    return support_y[distances.argmin(dim=1)]


@pytest.mark.parametrize("answer", [by_loop, by_broadcast])
def test_right_neighbours_pass(answer):
    accept(check_pixel_neighbour(answer))


def distances(support_x, query_x):
    return (query_x[:, None] - support_x[None]).flatten(2).square().sum(dim=2)


def nearest_mean(s, y, q):
    return distances(torch.stack([s[y == n].mean(dim=0) for n in range(int(y.max()) + 1)]), q).argmin(dim=1)


def wrapped(s, y, q):
    s, q = (255 * s).byte(), (255 * q).byte()
    return y[(q[:, None] - s[None]).flatten(2).float().square().sum(dim=2).argmin(dim=1)]


def wrapped_twice(s, y, q):
    s, q = (255 * s).byte(), (255 * q).byte()
    return y[((q[:, None] - s[None]) ** 2).flatten(2).sum(dim=2).argmin(dim=1)]


WRONG_NEIGHBOURS = {
    "You take the farthest support picture": lambda s, y, q: y[distances(s, q).argmax(dim=1)],
    "You return the row number": lambda s, y, q: distances(s, q).argmin(dim=1),
    "as if the support rows were sorted": lambda s, y, q: torch.arange(len(y.unique())).repeat_interleave(
        len(y) // len(y.unique())
    )[distances(s, q).argmin(dim=1)],
    "You compare by the dot product alone": lambda s, y, q: y[(q.flatten(1) @ s.flatten(1).T).argmax(dim=1)],
    "You compare by the cosine": lambda s, y, q: y[
        (
            (q.flatten(1) / q.flatten(1).norm(dim=1, keepdim=True))
            @ (s.flatten(1) / s.flatten(1).norm(dim=1, keepdim=True)).T
        ).argmax(dim=1)
    ],
    "You average the support pictures of each class": nearest_mean,
    "without squaring them": lambda s, y, q: y[(q[:, None] - s[None]).sum(dim=(2, 3, 4)).argmin(dim=1)],
    "the square, of the sum": lambda s, y, q: y[(q[:, None] - s[None]).sum(dim=(2, 3, 4)).square().argmin(dim=1)],
    "You add up absolute differences": lambda s, y, q: y[(q[:, None] - s[None]).abs().sum(dim=(2, 3, 4)).argmin(dim=1)],
    "Your vectors mix pixels": lambda s, y, q: y[
        torch.cdist(q.reshape(30, len(q)).T.contiguous(), s.reshape(30, len(s)).T.contiguous()).argmin(dim=1)
    ],
    "There 3 − 5 is 254": wrapped,
    "Both wrap around at 256": wrapped_twice,
    "values and indices": lambda s, y, q: distances(q, s).min(dim=1),
    "the whole table [Q, S]": lambda s, y, q: distances(s, q),
    "one a support picture": lambda s, y, q: y[distances(s, q).argmin(dim=0) % len(y)],
    "Your answer has the shape [40, 1]": lambda s, y, q: y[distances(s, q).argmin(dim=1, keepdim=True)],
    "of your 40 labels are not those": lambda s, y, q: torch.zeros(len(q), dtype=torch.long),
    "You return a dict": lambda s, y, q: {},
    "Your function returns None": lambda s, y, q: [].append(distances(s, q)),
    "changes its input `s`": lambda s, y, q: y[distances(s.mul_(2).div_(2.5), q).argmin(dim=1)],
    "Is your minimum over `dim=0`, the queries?": lambda s, y, q: y[distances(s, q).argmin(dim=0)],
    "Two shapes do not fit": lambda s, y, q: y[(q - s).square().sum(dim=(1, 2, 3)).argmin()],
}


@pytest.mark.parametrize("words", WRONG_NEIGHBOURS)
def test_wrong_neighbours_are_named(words):
    expect(check_pixel_neighbour(WRONG_NEIGHBOURS[words]), words)


# --- sample_episode


def by_randperm(images, n_way, k_shot, n_query, generator, **flaws):
    """A right sampler, with switches for flaws, each a change of one line."""
    flaw = flaws.get("flaw", "")
    if flaw in ("one scale", "no scale", "scaled twice", "double"):
        return rescaled(flaw, *by_randperm(images, n_way, k_shot, n_query, generator))
    n_classes, n_drawings = images.shape[:2]
    images = images if flaw == "bytes" or images.is_floating_point() else images.float() / 255
    if flaw == "own seed":
        generator = torch.Generator().manual_seed(0)
    classes = torch.randperm(n_classes, generator=None if flaw == "global classes" else generator)[:n_way]
    if flaw == "replacement":
        classes = torch.randint(n_classes, (n_way,), generator=generator)
    if flaw == "first classes":
        classes = torch.randperm(n_way, generator=generator)
    if flaw == "same classes":
        classes = torch.tensor([7, 2, 8, 3, 5])[:n_way]
    if flaw == "missing class":
        classes = torch.randperm(n_classes - 1, generator=generator)[:n_way]
    if flaw in ORDERS:
        classes = ORDERS[flaw](classes, n_classes, generator)
    if flaw == "modulo":  # one class of each remainder, so that a class number tells its label
        classes = torch.arange(n_way) + n_way * torch.randint(n_classes // n_way + 1, (n_way,), generator=generator)
        classes = classes.where(classes < n_classes, classes - n_way)
    if flaw == "global order":
        classes = classes[torch.randperm(n_way)]
    support, query = [], []
    shared = torch.randperm(n_drawings, generator=generator)
    for c in classes:
        order = torch.randperm(n_drawings, generator=None if flaw == "global drawings" else generator)
        if flaw == "shared drawings":
            order = shared
        if flaw == "drawings side by side":
            order = (torch.randint(n_drawings, (1,), generator=generator) + torch.arange(n_drawings)) % n_drawings
        if flaw == "fixed support":
            order = torch.cat([torch.arange(k_shot), k_shot + torch.randperm(n_drawings - k_shot, generator=generator)])
        if flaw == "drawings with replacement":
            order = torch.randint(n_drawings, (k_shot + n_query,), generator=generator)
        support.append(images[c, order[:k_shot]])
        if flaw == "query first":
            query.append(images[c, order[:n_query]])
        elif flaw == "independent":
            query.append(images[c, torch.randperm(n_drawings, generator=generator)[:n_query]])
        elif flaw == "query too long":
            query.append(images[c, order[k_shot:]])
        else:
            query.append(images[c, order[k_shot : k_shot + n_query]])
    labels = torch.arange(n_way)
    names = classes if flaw == "class numbers" else labels + 1 if flaw == "from one" else labels
    if flaw == "remainders":
        names = classes % n_way
    support_y, query_y = names.repeat_interleave(k_shot), names.repeat_interleave(n_query)
    if flaw == "repeat":
        support_y, query_y = names.repeat(k_shot), names.repeat(n_query)
    if flaw == "relabelled":
        query_y = names[torch.randperm(n_way, generator=generator)].repeat_interleave(n_query)
    if flaw == "shuffled labels":
        query_y = query_y[torch.randperm(len(query_y), generator=generator)]
    if flaw == "other query classes":
        others = torch.tensor([c for c in range(n_classes) if c not in classes.tolist()])[:n_way].repeat(n_way)[:n_way]
        query = [images[c, :n_query] for c in others]
    if flaw == "unflattened":
        return torch.stack(support), support_y, torch.stack(query), query_y
    if flaw == "uneven":
        query[0] = images[classes[0], : n_query + 1]
        query[-1] = query[-1][:-1]
        query_y = names.repeat_interleave(torch.tensor([len(pictures) for pictures in query]))
    if flaw == "label table":
        support_y, query_y = support_y.view(n_way, k_shot), query_y.view(n_way, n_query)
    if flaw == "field order":
        return torch.cat(support), torch.cat(query), support_y, query_y
    if flaw == "float labels":
        support_y, query_y = support_y.float(), query_y.float()
    if flaw == "changed pictures":
        support[0] = 1 - support[0]
    if flaw == "no channel":
        query = [pictures.squeeze(1) for pictures in query]
    return torch.cat(support), support_y, torch.cat(query), query_y


def some_shuffled(classes, n_classes, generator):
    """Sorted classes, of which the first half is shuffled."""
    ordered, half = classes.sort().values, (len(classes) + 1) // 2
    return torch.cat([ordered[:half][torch.randperm(half, generator=generator)], ordered[half:]])


def one_swap(classes, n_classes, generator):
    ordered = classes.sort().values
    pair = torch.randperm(len(classes), generator=generator)[:2]
    ordered[pair] = ordered[pair.flip(0)]
    return ordered


def now_and_then(classes, n_classes, generator):
    """Shuffled in every other task only."""
    return classes if torch.rand((), generator=generator) < 0.5 else classes.sort().values


ORDERS = {
    "sorted": lambda c, n, g: c.sort().values,
    "descending": lambda c, n, g: c.sort(descending=True).values,
    "flipped": lambda c, n, g: c.sort().values.flip(0),
    "one permutation": lambda c, n, g: c.sort().values[torch.randperm(len(c), generator=torch.manual_seed(3))],
    "one swap": one_swap,
    "half shuffled": some_shuffled,
    "now and then": now_and_then,
    "set": lambda c, n, g: torch.tensor(list(set(c.tolist()))),
    "unique": lambda c, n, g: c.unique(),
    "rolled": lambda c, n, g: c.sort().values.roll(int(torch.randint(len(c), (1,), generator=g))),
    "side by side": lambda c, n, g: ((c[0] + torch.arange(len(c))) % n)[torch.randperm(len(c), generator=g)],
    "block": lambda c, n, g: (torch.randint(n - len(c) + 1, (1,), generator=g) + torch.arange(len(c)))[
        torch.randperm(len(c), generator=g)
    ],
}


def rescaled(flaw, support_x, support_y, query_x, query_y):
    if flaw == "one scale":
        query_x = 255 * query_x
    if flaw == "no scale":
        support_x, query_x = 255 * support_x, 255 * query_x
    if flaw == "scaled twice":
        support_x, query_x = support_x / 255, query_x / 255
    if flaw == "double":
        support_x, query_x = support_x.double(), query_x.double()
    return support_x, support_y, query_x, query_y


def by_numpy_indices(images, n_way, k_shot, n_query, generator):
    """Another right way: keys and one gather, float pictures, and rows in random order."""
    n_classes, n_drawings = images.shape[:2]
    classes = torch.rand(n_classes, generator=generator).argsort()[:n_way]
    drawings = torch.rand(n_way, n_drawings, generator=generator).argsort(dim=1)[:, : k_shot + n_query]
    pixels = images[classes[:, None], drawings].float() / 255
    labels = torch.arange(n_way)[:, None].expand(n_way, k_shot + n_query)
    rows = torch.randperm(n_way * n_query, generator=generator)
    query_x, query_y = pixels[:, k_shot:].flatten(0, 1), labels[:, k_shot:].flatten()
    return pixels[:, :k_shot].flatten(0, 1), labels[:, :k_shot].flatten(), query_x[rows], query_y[rows]


def one_by_one(images, n_way, k_shot, n_query, generator):
    """A right way in small steps, with lists, and labels of another whole type."""
    support_x, support_y, query_x, query_y = [], [], [], []
    for label, c in enumerate(torch.randperm(len(images), generator=generator)[:n_way].tolist()):
        drawings = torch.randperm(images.shape[1], generator=generator).tolist()
        support_x += [images[c, d] / 255 for d in drawings[:k_shot]]
        support_y += [label] * k_shot
        query_x += [images[c, d] / 255 for d in drawings[k_shot : k_shot + n_query]]
        query_y += [label] * n_query
    return (
        torch.stack(support_x),
        torch.tensor(support_y, dtype=torch.int32),
        torch.stack(query_x),
        torch.tensor(query_y, dtype=torch.int32),
    )


def of_sorted_classes(images, n_way, k_shot, n_query, generator):
    """Sorted, and then shuffled: a right way with a detour."""
    classes = torch.randperm(len(images), generator=generator)[:n_way].sort().values
    chosen = images[classes[torch.randperm(n_way, generator=generator)]]
    everything = by_randperm(chosen, n_way, k_shot, n_query, generator)
    return list(everything)


@pytest.mark.parametrize("answer", [by_randperm, by_numpy_indices, one_by_one, of_sorted_classes])
def test_right_samplers_pass(answer):
    verdict = check_sample_episode(answer)
    assert verdict.passed is True
    assert "remark" not in verdict.message


def flawed(flaw):
    return lambda *arguments: by_randperm(*arguments, flaw=flaw)


def test_equal_drawing_numbers_are_allowed_with_a_remark():
    verdict = check_sample_episode(flawed("shared drawings"))
    assert verdict.passed is True
    assert "each class gets the same drawing numbers" in verdict.message


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        ("own seed", "Every call gives the same episode"),
        ("global classes", "your classes come from the global random numbers"),
        ("global drawings", "your drawings come from the global random numbers"),
        ("global order", "your order of labels comes from the global random numbers"),
        ("replacement", "You draw classes with replacement"),
        ("first classes", "You always take the first N classes"),
        ("same classes", "Every call takes the same classes"),
        ("missing class", "The classes [8] of 9 never occur"),
        ("sorted", "Your labels follow the class numbers"),
        ("descending", "from highest to lowest"),
        ("flipped", "`flip(0)` or `descending=True` makes another order"),
        ("one permutation", "One permutation for all tasks is a rule too"),
        ("one swap", "no shuffling of a part"),
        ("half shuffled", "no shuffling of a part"),
        ("now and then", "can be guessed without a look at the support set"),
        ("set", "no sorting, no `set`"),
        ("unique", "no sorting, no `set`"),
        ("rolled", "`roll` keeps the neighbours"),
        ("modulo", "Label i is the i-th class that you drew, whatever its number is"),
        ("remainders", "holds the class number modulo 5"),
        ("side by side", "Your classes always lie side by side"),
        ("block", "Your classes always lie side by side"),
        ("drawings side by side", "Your drawings always lie side by side"),
        ("bytes", "Your pictures have values in 0 … 255, of type uint8"),
        ("no scale", "Your pictures have values in 0 … 255, of type float32"),
        ("one scale", "`support_x` has values in 0 … 1 and `query_x` in 0 … 255"),
        ("scaled twice", "are not in `images`"),
        ("double", "Make both float32"),
        ("fixed support", "Shuffle all drawings of a class before you cut them"),
        ("drawings with replacement", "You draw drawings with replacement"),
        ("query first", "Your query pictures include the support pictures"),
        ("independent", "Your query pictures include support pictures, in some tasks"),
        ("query too long", "`query_x` has 95 pictures. A 5-way task with 15 query pictures of each class has 75"),
        ("class numbers", "holds the class numbers of `images`"),
        ("from one", "Labels start at 0"),
        ("repeat", "`repeat_interleave` gives the first order"),
        ("relabelled", "labelled in different orders"),
        ("shuffled labels", "one label stands for pictures of several classes"),
        ("other query classes", "asks for other classes than the support set shows"),
        ("unflattened", "Join the two with `.flatten(0, 1)`"),
        ("field order", "The four tensors come in another order"),
        ("label table", "`support_y` has the shape [5, 1]. It should be [5], one label for each picture"),
        ("uneven", "In the query set the labels 0 … 4 occur [16, 15, 15, 15, 14] times. Each should occur 15 times"),
        ("float labels", "Labels are whole numbers"),
        ("changed pictures", "are not in `images`"),
        ("no channel", "It should be [75, 1, H, W]"),
    ],
)
def test_wrong_samplers_are_named(flaw, words):
    expect(check_sample_episode(flawed(flaw)), words)


def test_a_sampler_that_draws_with_python_ignores_the_generator():
    python = random.Random(0)  # which part of the episode is named depends on its draws

    def answer(images, n_way, k_shot, n_query, generator):
        return by_randperm(images, n_way, k_shot, n_query, torch.Generator().manual_seed(python.getrandbits(30)))

    expect(check_sample_episode(answer), "from the global random numbers")


def test_a_sampler_that_changes_the_pictures_is_noticed():
    def answer(images, n_way, k_shot, n_query, generator):
        episode = by_randperm(images, n_way, k_shot, n_query, generator)
        images.fill_(0)
        return episode

    expect(check_sample_episode(answer), "changes its input `images`")


def test_a_sampler_with_too_few_results():
    expect(check_sample_episode(lambda *arguments: by_randperm(*arguments)[:2]), "Return four tensors")


# --- split_classes


def by_dict(alphabets, n_validation, n_test, generator):
    classes_of = {}
    for c, alphabet in enumerate(alphabets):
        classes_of.setdefault(alphabet.partition(", turned")[0], []).append(c)
    names = sorted(classes_of)
    names = [names[i] for i in torch.randperm(len(names), generator=generator)]
    parts = names[n_validation + n_test :], names[:n_validation], names[n_validation : n_validation + n_test]
    return tuple([c for name in part for c in classes_of[name]] for part in parts)


def by_tensor(alphabets, n_validation, n_test, generator):
    own = [alphabet.split(",")[0] for alphabet in alphabets]
    numbers = torch.tensor([list(dict.fromkeys(own)).index(name) for name in own])
    rank = torch.randperm(int(numbers.max()) + 1, generator=generator)[numbers]
    test, rest = rank < n_test, rank >= n_test + n_validation
    return rest.nonzero().flatten(), (~test & ~rest).nonzero(), test.nonzero().flatten()


@pytest.mark.parametrize("answer", [by_dict, by_tensor])
def test_right_splits_pass(answer):
    accept(check_split_classes(answer))


def cut(names, n_validation, n_test):
    held_out = n_validation + n_test
    return names[held_out:], names[:n_validation], names[n_validation:held_out]


def classes_of(parts, alphabets):
    return [[c for c, alphabet in enumerate(alphabets) if alphabet in part] for part in parts]


def shuffled(items, generator):
    return [items[i] for i in torch.randperm(len(items), generator=generator)]


def without_turns(alphabets, v, t, g):
    return classes_of(cut(shuffled(sorted(set(alphabets)), g), v, t), alphabets)


def classes_one_by_one(alphabets, v, t, g):
    return cut(torch.randperm(len(alphabets), generator=g).tolist(), v, t)


def classes_in_shares(alphabets, v, t, g):
    return cut(torch.randperm(len(alphabets), generator=g).tolist(), 10, 12)


def drawings(alphabets, v, t, g):
    return cut(torch.randperm(20 * len(alphabets), generator=g).tolist(), 100, 100)


def unshuffled(alphabets, v, t, g):
    return classes_of(cut(list(dict.fromkeys(alphabets)), v, t), alphabets)


def by_global_numbers(alphabets, v, t, g):
    names = list(dict.fromkeys(alphabets))
    random.shuffle(names)
    return classes_of(cut(names, v, t), alphabets)


def half_shuffled(alphabets, v, t, g):
    names = list(dict.fromkeys(alphabets))
    return classes_of(cut(shuffled(names[:-1], g) + names[-1:], v, t), alphabets)


def turned(alphabets, v, t, g):
    names = list(dict.fromkeys(alphabet.split(",")[0] for alphabet in alphabets))
    start = int(torch.randint(len(names), (1,), generator=g))
    parts = cut(names[start:] + names[:start], v, t)
    return classes_of(parts, [alphabet.split(",")[0] for alphabet in alphabets])


def through_a_set(alphabets, v, t, g):
    own = [alphabet.split(",")[0] for alphabet in alphabets]
    return classes_of(cut(shuffled(list(set(own)), g), v, t), own)


def by_hash(alphabets, v, t, g):
    own = [alphabet.split(",")[0] for alphabet in alphabets]
    return classes_of(cut(shuffled(sorted(set(own), key=hash), g), v, t), own)


def overlapping(alphabets, v, t, g):
    names = shuffled(sorted(set(alphabets)), g)
    return classes_of((names[v:], names[:v], names[v : v + t]), alphabets)


def losing(alphabets, v, t, g):
    names = shuffled(sorted(set(alphabets)), g)
    return classes_of((names[v + t + 1 :], names[:v], names[v : v + t]), alphabets)


def alphabet_numbers(alphabets, v, t, g):
    return cut(torch.randperm(len(set(alphabets)), generator=g).tolist(), v, t)


def spoiling(alphabets, v, t, g):
    answer = without_turns(alphabets, v, t, g)
    alphabets.reverse()
    return answer


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (without_turns, "In a bank with rotations"),
        (classes_one_by_one, "You take 2 and 3 classes for validation and test"),
        (classes_in_shares, "who drew them: shuffle the alphabets, not the classes"),
        (drawings, "Divide the classes, not their drawings"),
        (unshuffled, "Every generator gives the same split"),
        (by_global_numbers, "the order of your alphabets comes from global random numbers"),
        (half_shuffled, "Tengwar are never among the validation alphabets"),
        (turned, "only 10 different choices of alphabets are held out"),
        (through_a_set, "Python walks a `set` (or a hash) of the names"),
        (by_hash, "Python walks a `set` (or a hash) of the names"),
        (overlapping, "comes 2 times, in training and test"),
        (losing, "classes are in none of your lists"),
        (alphabet_numbers, "Return the numbers of their classes"),
        (lambda *arguments: without_turns(*arguments)[::-1], "They are in another order"),
        (lambda a, v, t, g: without_turns(a, t + 1, v, g), "have [4, 4, 2] alphabets and should have [5, 2, 3]"),
        (lambda a, v, t, g: cut(shuffled(sorted(set(a)), g), v, t), "Your lists hold names"),
        (lambda a, v, t, g: without_turns(a, v, t, g)[:2], "Return three lists"),
        (lambda a, v, t, g: [[part] for part in without_turns(a, v, t, g)], "three flat lists"),
        (spoiling, "changes its input `alphabets`"),
        (lambda a, v, t, g: cut(a[torch.randperm(3)], v, t), "Your function stopped with TypeError"),
    ],
)
def test_wrong_splits_are_named(answer, words):
    expect(check_split_classes(answer), words)


def test_the_reference_splits_the_rotated_bank_safely(tiny_bank):
    groups = tiny_bank.rotated().groups
    parts = class_split.split_classes(groups, 1, 1, torch.Generator().manual_seed(0))
    own = [{groups[c].split(",")[0] for c in part} for part in parts]
    assert [len(side) for side in own] == [1, 1, 1]
    assert len(set.union(*own)) == 3


def by_length(alphabets, n_validation, n_test, generator):
    own = [alphabet.split(",")[0] for alphabet in alphabets]
    names = sorted(dict.fromkeys(own), key=lambda name: (len(name), name))
    return classes_of(cut(shuffled(names, generator), n_validation, n_test), own)


def test_any_order_of_names_that_lasts_is_right():
    accept(check_split_classes(by_length))


# --- the room's list


def test_the_exercises_are_in_the_notebooks_order():
    names = [exercise.name for exercise in checks._exercises]
    assert names == ["sample_episode", "pixel_neighbour", "split_classes"]


def test_the_courses_own_functions_are_right():
    accept(check_sample_episode(lambda *case: checks.sample_episode(*case)))
    accept(check_split_classes(lambda *case: class_split.split_classes(*case)))
    accept(check_pixel_neighbour(lambda *case: checks.pixel_neighbour(*case)))


def test_examples_are_calls_of_their_functions():
    for exercise in checks._exercises:
        exercise.course(*exercise.example())
