"""What only many tasks show: repeats, few classes or drawings, labels that can be guessed. Chance shows none of it."""

import itertools
import math
import operator

import pytest
import torch

from metalib.course.kit import audit as auditor
from metalib.course.kit.audit import audit, chance, report
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, draw_indices, gather, sample_episodes
from metalib.runtime import seeded

SPEC = EpisodeSpec(n_way=5, k_shot=1, n_query=15)


def bank_of(sizes, n_drawings=20):
    """Groups of `sizes` classes, whose pictures of 12 random pixels are quick to look up."""
    n_classes = sum(sizes)
    images = torch.randint(0, 256, (n_classes, n_drawings, 1, 3, 4), generator=seeded(0)).to(torch.uint8)
    names = tuple(f"class{c}" for c in range(n_classes))
    return ClassBank(images, names, tuple(f"group{g}" for g, n in enumerate(sizes) for _ in range(n)), "random pixels")


LARGE = bank_of((20, 26, 34, 40, 26, 22, 47, 41, 24, 39, 45, 26, 43, 17, 28, 23, 42, 47, 45, 24))  # 659 classes
SMALL, SIX = bank_of((30,)), bank_of((6,))


def relabelled(draw, key):
    """The same tasks with the classes numbered by ascending `key(class)`."""
    order = key(draw.classes).argsort(dim=1, stable=True)
    return Draw(draw.classes.gather(1, order), draw.drawings.gather(1, order[..., None].expand_as(draw.drawings)))


def one_task(draw, _):
    return Draw(*(field[:1].expand_as(field) for field in draw))


def blocks_of_four(draw, _):
    return Draw(*(field[::4].repeat_interleave(4, dim=0)[: len(field)] for field in draw))


def same_sixteen(draw, _):
    keys = torch.rand(draw.drawings.shape[:2] + (16,), generator=seeded(1))
    return Draw(draw.classes, keys.argsort(dim=2))


def sixteen_of_each_class(draw, bank):
    """Each class has sixteen drawings of its own that are always the same."""
    mine = torch.rand(bank.n_classes, 20, generator=seeded(2)).argsort(dim=1)
    return Draw(draw.classes, mine[draw.classes].gather(2, same_sixteen(draw, bank).drawings))


def one_support_drawing(draw, _):
    """Drawing 0 is always the support picture, and the others are asked."""
    queries = torch.rand(draw.drawings.shape[:2] + (19,), generator=seeded(1)).argsort(dim=2)[..., :15] + 1
    return Draw(draw.classes, torch.cat([torch.zeros_like(queries[..., :1]), queries], dim=2))


def ten_classes(draw, bank, first=300):
    keys = torch.rand(len(draw.classes), 10, generator=seeded(3))
    return Draw(first + 3 * keys.topk(draw.classes.shape[1], dim=1).indices, draw.drawings)


def one_group(draw, bank):
    keys = torch.rand(len(draw.classes), 20, generator=seeded(3))
    return Draw(keys.topk(draw.classes.shape[1], dim=1).indices, draw.drawings)


def blocks_of_classes(draw, _):
    """Four tasks in a row have the same classes, with other drawings and labels."""
    classes = draw.classes[::4].repeat_interleave(4, dim=0)[: len(draw.classes)]
    shuffled = torch.rand(classes.shape, generator=seeded(4)).argsort(dim=1)
    return Draw(classes.gather(1, shuffled), draw.drawings)


def fixed_permutation(draw, _):
    order = torch.tensor([3, 0, 4, 1, 2])
    return Draw(draw.classes.sort(dim=1).values[:, order], draw.drawings)


def modulo(draw, bank):
    """One class of each remainder, so that class number mod N are the labels 0 … N−1."""
    n_way = draw.classes.shape[1]
    numbers = torch.randint(0, bank.n_classes // n_way, draw.classes.shape, generator=seeded(5))
    return Draw(numbers * n_way + torch.arange(n_way), draw.drawings)


def set_order(draw, _):
    return Draw(torch.tensor([list(set(row)) for row in draw.classes.tolist()]), draw.drawings)


def hidden_order(draw, bank):
    rank = torch.randperm(bank.n_classes, generator=seeded(6))
    return relabelled(draw, lambda classes: rank[classes])


def own_label(draw, bank):
    """Each class has one label for ever: the classes of a task are one of each."""
    classes = modulo(draw, bank).classes
    return Draw(torch.randperm(bank.n_classes, generator=seeded(7))[classes], draw.drawings)


def by_name(draw, bank):
    place = torch.tensor(sorted(range(bank.n_classes), key=bank.names.__getitem__)).argsort()
    return relabelled(draw, lambda classes: place[classes])


def rotated(draw, _):
    """Ascending, from another start in each task."""
    n_tasks, n_way = draw.classes.shape
    start = torch.randint(0, n_way, (n_tasks, 1), generator=seeded(9))
    order = (torch.arange(n_way) - start) % n_way
    return Draw(draw.classes.sort(dim=1).values.gather(1, order), draw.drawings)


def one_repeat(draw, _):
    """Of the third task, after it."""
    draw = Draw(*(field.clone() for field in draw))
    for field in draw:
        field[17] = field[2]
    return draw


def ascending(draw, _):
    return relabelled(draw, lambda classes: classes)


def descending(draw, _):
    return relabelled(draw, lambda classes: -classes)


# the flaw, its finding, a number of tasks that shows it, and words of the message at 100 tasks
FLAWS = [
    (one_task, auditor.REPEATED_TASK, 3, "only 1 of 100 tasks are different"),
    (blocks_of_four, auditor.REPEATED_TASK, 3, "only 25 of 100 tasks are different"),
    (same_sixteen, auditor.FEW_DRAWINGS, 4, "of its 20 drawings the class under label 0 shows only 16, by number,"),
    (sixteen_of_each_class, auditor.FEW_DRAWINGS, 20, "the classes show only 5,"),
    (one_support_drawing, auditor.FEW_DRAWINGS, 10, "shows as support pictures only 1, by number, in 100 tasks"),
    (ten_classes, auditor.FEW_CLASSES, 4, "of the bank's 659 classes only 10 are drawn in 100 tasks"),
    (one_group, auditor.FEW_CLASSES, 10, "of the bank's 659 classes in 20 groups only 20 in 1 are drawn in 100 tasks"),
    (
        blocks_of_classes,
        auditor.FEW_CLASSES,
        2,
        "of the bank's 659 classes only 112 are drawn in 100 tasks, where a right sampler draws about 351",
    ),
    (ascending, auditor.ASCENDING_LABELS, 6, "500 of 500 labels follow the class numbers"),
    (descending, auditor.DESCENDING_LABELS, 6, "500 of 500 labels follow the class numbers"),
    (fixed_permutation, auditor.PERMUTED_LABELS, 7, "495 of 495 labels follow one order"),
    (modulo, auditor.MODULO_LABELS, 6, "500 of 500 labels are the class number modulo N"),
    (set_order, auditor.SET_LABELS, 8, "labels follow the order in which a Python set"),
    (own_label, auditor.TIED_LABELS, 35, "labels are those that the class usually had"),
    (hidden_order, auditor.TIED_LABELS, 90, "pairs of classes have their labels in the order that the tasks before"),
    (by_name, auditor.NAME_LABELS, 6, "500 of 500 labels follow the names of the classes"),
    (rotated, auditor.ROTATED_LABELS, 10, "400 of 400 labels follow that of the lowest class number, ascending"),
    (one_repeat, auditor.REPEATED_TASK, 18, "only 99 of 100 tasks are different"),
]
IDS = [flaw.__name__ for flaw, *_ in FLAWS]


def found(bank, spec, draw, n_tasks):
    return audit(bank, gather(bank, spec, Draw(*(field[:n_tasks] for field in draw))))


@pytest.mark.parametrize(("flaw", "kind", "n_tasks", "words"), FLAWS, ids=IDS)
def test_a_flaw_has_its_own_finding_and_no_other(flaw, kind, n_tasks, words):
    draw = flaw(draw_indices(LARGE, SPEC, 300, generator=seeded(8)), LARGE)
    for enough in {n_tasks, 100, 300}:
        if enough >= n_tasks:
            assert [finding.kind for finding in found(LARGE, SPEC, draw, enough)] == [kind], f"{enough} tasks"
    assert words is None or words in report(found(LARGE, SPEC, draw, 100))


@pytest.mark.parametrize(
    ("flaw", "kind"), [row[:2] for row in FLAWS if row[0] not in (ten_classes, one_group, one_repeat)]
)
def test_a_flaw_is_found_in_a_small_bank_too(flaw, kind):
    """In 30 classes a set of numbers is walked in ascending order."""
    draw = flaw(draw_indices(SMALL, SPEC, 100, generator=seeded(8)), SMALL)
    findings = [finding.kind for finding in found(SMALL, SPEC, draw, 100)]
    assert findings == [auditor.ASCENDING_LABELS if flaw is set_order else kind]


def test_a_task_that_comes_again_is_named_by_its_number(tiny_bank):
    """Task 0 has labels that cannot be judged, and is counted all the same."""
    draw = draw_indices(tiny_bank, SPEC, 11, generator=seeded(0))
    for field in draw:
        field[7:] = field[3]
    episodes = gather(tiny_bank, SPEC, draw)
    support_y = episodes.support_y.clone()
    support_y[0] += 1
    findings = audit(tiny_bank, episodes._replace(support_y=support_y))
    (message,) = (finding.message for finding in findings if finding.kind == auditor.REPEATED_TASK)
    assert message.startswith("only 6 of 10 tasks are different")
    assert "as task 7 those of task 3;" in message


def test_the_same_pictures_in_another_row_order_are_the_same_task(tiny_bank):
    draw = draw_indices(tiny_bank, SPEC, 1, generator=seeded(0))
    task = gather(tiny_bank, SPEC, draw)
    shuffles = [torch.randperm(75, generator=seeded(seed)) for seed in range(3)]
    tasks = [task._replace(query_x=task.query_x[:, rows], query_y=task.query_y[:, rows]) for rows in shuffles]
    episodes = Episode(*(torch.cat(fields) for fields in zip(*tasks, strict=True)))
    assert [(finding.kind, finding.tasks) for finding in audit(tiny_bank, episodes)] == [(auditor.REPEATED_TASK, 2)]


def test_partly_sorted_labels_are_found_with_their_share():
    """Every third task ascends."""
    draw = draw_indices(LARGE, SPEC, 150, generator=seeded(2))
    draw.classes[::3] = draw.classes[::3].sort(dim=1).values
    (finding,) = found(LARGE, SPEC, draw, 150)
    assert finding.kind == auditor.ASCENDING_LABELS
    assert 50 <= finding.tasks < 56


def test_classes_of_another_split_are_not_missed():
    """Where classes are forbidden, that none of them is drawn is no flaw."""
    barred = LARGE.names[:600]
    rest = LARGE.select(range(600, 659))
    draw = draw_indices(rest, SPEC, 40, generator=seeded(0))
    draw = Draw(draw.classes + 600, draw.drawings)
    episodes = gather(LARGE, SPEC, draw)
    assert audit(LARGE, episodes, forbidden=barred) == []
    assert [finding.kind for finding in audit(LARGE, episodes)] == [auditor.FEW_CLASSES]


# --- right samplers


@pytest.mark.parametrize(
    ("bank", "spec", "n_runs"),
    [
        (LARGE, EpisodeSpec(5, 1, 1), 300),
        (LARGE, EpisodeSpec(20, 1, 1, within_group=True), 300),
        (SMALL, EpisodeSpec(5, 5, 5), 300),
        (SIX, EpisodeSpec(5, 1, 15), 30),
        (bank_of((26,)), EpisodeSpec(20, 1, 1), 30),
        (bank_of((5,), 2), EpisodeSpec(5, 1, 1), 30),  # nothing to choose but who is support
        (bank_of((3,), 2), EpisodeSpec(2, 1, 1), 30),  # 24 tasks in all, so that chance repeats them
        (bank_of((95, 5)), EpisodeSpec(5, 1, 1), 30),  # a task is often within one group without being asked to
    ],
    ids=["5 of 659", "20 of an alphabet", "5 of 30", "5 of 6", "20 of 26", "5 of 5", "2 of 3", "5 of 95 and 5"],
)
def test_a_right_sampler_is_clean_in_every_run(bank, spec, n_runs):
    """What a finding takes happens once in 10⁹ audits, by calculation; were that wrong, some of these would show it."""
    flawed = [
        seed for seed in range(n_runs) if audit(bank, sample_episodes(bank, spec, 40, generator=seeded(1000 + seed)))
    ]
    assert flawed == []


def test_classes_of_a_task_may_share_the_numbers_of_their_drawings():
    """The same people's hands for all classes of a task: that two tasks show the same two happens in 1 of 190 cases."""
    bank = bank_of((5,))
    classes = torch.tensor([[0, 1, 2, 3, 4], [3, 0, 4, 1, 2]])
    drawings = torch.tensor([[[3, 7]] * 5, [[7, 3]] * 5])
    assert audit(bank, gather(bank, EpisodeSpec(5, 1, 1), Draw(classes, drawings))) == []


def test_two_equal_tasks_may_be_chance_where_classes_share_the_numbers_of_their_drawings():
    """One of 5! · 20 · 19 / 1 = 45,600 cases."""
    bank = bank_of((5,))
    draw = Draw(torch.tensor([[0, 1, 2, 3, 4]] * 2), torch.tensor([[[3, 7]] * 5] * 2))
    assert audit(bank, gather(bank, EpisodeSpec(5, 1, 1), draw)) == []


def test_classes_that_are_too_small_for_the_task_are_not_missed():
    sizes = torch.full((60,), 20)
    sizes[::2] = 10
    bank = ClassBank.of_unequal(
        [LARGE.images[c, :n] for c, n in enumerate(sizes.tolist())], LARGE.names[:60], LARGE.groups[:60], "unequal"
    )
    draw = draw_indices(bank.with_at_least(16), SPEC, 100, generator=seeded(0))
    draw = Draw(2 * draw.classes + 1, draw.drawings)
    assert audit(bank, gather(bank, SPEC, draw)) == []


def test_classes_of_unequal_size_and_equal_pictures_are_no_evidence():
    sizes = [20, 8, 12, 17, 6, 20, 9, 15]
    pictures = [LARGE.images[c, :n].clone() for c, n in enumerate(sizes)]
    pictures[2][:4] = pictures[2][0]  # a drawing four times in one class
    pictures[3][0] = pictures[7][0]  # and one in two classes
    bank = ClassBank.of_unequal(pictures, LARGE.names[:8], LARGE.groups[:8], "unequal")
    spec = EpisodeSpec(3, 1, 5)
    for seed in range(30):
        assert audit(bank, sample_episodes(bank, spec, 100, generator=seeded(seed))) == []


def test_few_drawings_of_unequal_classes_are_found():
    sizes = [20, 8, 12, 17, 6, 20, 9, 15]
    bank = ClassBank.of_unequal(
        [LARGE.images[c, :n] for c, n in enumerate(sizes)], LARGE.names[:8], LARGE.groups[:8], "unequal"
    )
    spec = EpisodeSpec(3, 1, 4)
    few = ClassBank(bank.images[:, :6], bank.names, bank.groups, "the first six drawings of each")
    findings = audit(bank, sample_episodes(few, spec, 40, generator=seeded(0)))
    assert [finding.kind for finding in findings] == [auditor.FEW_DRAWINGS]


# --- the calculation, against all that can happen


def means(z, counts):
    """The mean of z^count over equally likely counts."""
    return (z ** torch.tensor(counts, dtype=torch.double)).mean()


def bound(z, log_moments):
    return ((z - 1) ** torch.arange(log_moments.shape[1]) * log_moments.exp()).sum()


@pytest.mark.parametrize("z", [1.1, 2.0, 30.0])
@pytest.mark.parametrize("guesses", [(0, 1, 2, 3), (3, 1, 0), (2, 2, 2, 2), (0, 0, 1), (4, 1), ()])
def test_the_bound_for_guessed_labels_holds_for_any_guesses(z, guesses):
    """Over all orders of four labels; it is met exactly where the guesses are different labels."""
    counts = [sum(map(operator.eq, guesses, order)) for order in itertools.permutations(range(4))]
    limit = bound(z, chance.guessed(torch.tensor([len(guesses)]), torch.tensor([4])))
    assert means(z, counts) <= limit * (1 + 1e-12)
    if len(set(guesses)) == len(guesses) and max(guesses, default=0) < 4:
        torch.testing.assert_close(means(z, counts), limit)


@pytest.mark.parametrize("z", [1.1, 2.0, 30.0])
@pytest.mark.parametrize(("n_drawn", "n_seen"), [(3, 0), (3, 2), (3, 4), (6, 6), (5, 3), (1, 1)])
def test_the_mean_for_things_drawn_again_is_exact(z, n_drawn, n_seen):
    counts = [sum(thing < n_seen for thing in things) for things in itertools.combinations(range(6), n_drawn)]
    limit = bound(z, chance.drawn_again(*(torch.tensor([n]) for n in (n_drawn, n_seen, 6))))
    torch.testing.assert_close(means(z, counts), limit)


@pytest.mark.parametrize("n_way", [2, 4])
def test_orders_that_were_foretold_have_a_mean_ratio_of_one(n_way):
    """Over all orders of a task, whatever was foretold; labels beyond the N of the task count for nothing."""
    place = torch.randn(4, generator=seeded(0), dtype=torch.double)
    inside = (torch.arange(4) < n_way)[None]
    orders = [[*order, *range(n_way, 4)] for order in itertools.permutations(range(n_way))]
    ratios = [math.exp(chance.ordered(place[None, order], inside)) for order in orders]
    assert max(ratios) > 1.2
    assert sum(ratios) / len(ratios) == pytest.approx(1)


@pytest.mark.parametrize(("n_repeats", "is_found"), [(0, False), (3, True)])
def test_repeats_within_a_group_take_a_few(n_repeats, is_found):
    """`repeated_tasks` says how few."""
    draw = draw_indices(LARGE, EpisodeSpec(5, 1, 15, within_group=True), 100, generator=seeded(8))
    for field in draw:
        field[50 : 50 + n_repeats] = field[:n_repeats].clone()
    assert [finding.kind for finding in found(LARGE, SPEC, draw, 100)] == [auditor.REPEATED_TASK] * is_found


def test_evidence_has_a_mean_of_at_most_one():
    """Over all 6² ways to number three classes in two tasks: the mean that Markov's inequality needs."""
    orders = list(itertools.product(itertools.permutations(range(3)), repeat=2))
    moments = chance.guessed(torch.tensor([3, 3]), torch.tensor([3, 3]))
    hits = [[sum(map(operator.eq, range(3), order)) for order in two] for two in orders]
    evidence = [math.exp(chance.log_evidence(torch.tensor(two), moments)) for two in hits]
    assert sum(evidence) / len(evidence) == pytest.approx(1)
