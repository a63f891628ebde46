"""The auditor finds each planted flaw, names it with its numbers, and finds none where none was planted."""

import pytest
import torch

from metalib.course.kit import audit as auditor
from metalib.course.kit.audit import audit, report
from metalib.course.kit.lookup import PictureIndex
from metalib.episodes import ClassBank, Draw, Episode, EpisodeSpec, draw_indices, gather, sample_episodes
from metalib.runtime import seeded

SPEC = EpisodeSpec(n_way=5, k_shot=2, n_query=3)


def kinds(findings):
    return {finding.kind: finding for finding in findings}


@pytest.fixture
def episodes(tiny_bank):
    return sample_episodes(tiny_bank, SPEC, 6, generator=seeded(1))


@pytest.fixture
def draw(tiny_bank):
    return draw_indices(tiny_bank, SPEC, 6, generator=seeded(1))


@pytest.mark.parametrize(
    "spec",
    [
        EpisodeSpec(),
        EpisodeSpec(n_way=20, k_shot=5, n_query=2),
        EpisodeSpec(n_way=2),
        EpisodeSpec(n_way=6, within_group=True),
    ],
)
def test_sound_episodes_have_no_finding(tiny_bank, spec):
    findings = audit(
        tiny_bank, sample_episodes(tiny_bank, spec, 40, generator=seeded(3)), forbidden=["of another bank"]
    )
    assert findings == []
    assert report(findings).startswith("nothing found: 40 tasks with ")
    assert "too few tasks" not in report(findings)


def test_uint8_and_shuffled_rows_are_sound_too(tiny_bank, episodes):
    rows = torch.randperm(15, generator=seeded(0))
    stored = episodes.query_x.mul(255).round().to(torch.uint8)
    assert audit(tiny_bank, episodes._replace(query_x=stored[:, rows], query_y=episodes.query_y[:, rows])) == []


def test_a_repeated_class(tiny_bank, draw):
    classes = draw.classes.clone()
    classes[4, 3] = classes[4, 1]
    drawings = draw.drawings.clone()
    drawings[4, 3], drawings[4, 1] = torch.arange(5), torch.arange(5, 10)
    found = kinds(audit(tiny_bank, gather(tiny_bank, SPEC, Draw(classes, drawings))))
    assert list(found) == [auditor.REPEATED_CLASS]
    assert found[auditor.REPEATED_CLASS].tasks == 1
    name = tiny_bank.names[classes[4, 1]]
    assert f"in task 4 the labels 1 and 3 are both {name}" in found[auditor.REPEATED_CLASS].message


def test_support_pictures_in_the_query_set(tiny_bank, draw):
    drawings = draw.drawings.clone()
    drawings[2:4, 1, 4] = drawings[2:4, 1, 0]  # class 1 of tasks 2 and 3: the last query is the first support picture
    found = kinds(audit(tiny_bank, gather(tiny_bank, SPEC, Draw(draw.classes, drawings))))
    assert list(found) == [auditor.SUPPORT_IN_QUERY]
    assert found[auditor.SUPPORT_IN_QUERY].tasks == 2
    message = found[auditor.SUPPORT_IN_QUERY].message
    assert (
        "in the query set: 2, the first in" in message
        and f"task 2, a drawing of {tiny_bank.names[draw.classes[2, 1]]};" in message
    )


def test_a_picture_twice_in_one_set(tiny_bank, draw):
    drawings = draw.drawings.clone()
    drawings[5, 0, 1] = drawings[5, 0, 0]
    drawings[5, 2, 4] = drawings[5, 2, 3]
    found = kinds(audit(tiny_bank, gather(tiny_bank, SPEC, Draw(draw.classes, drawings))))
    assert list(found) == [auditor.REPEATED_PICTURE]
    assert "within their support set: 1, within their query set: 1, the first in task 5" in (
        found[auditor.REPEATED_PICTURE].message
    )


def test_labels_in_ascending_order(tiny_bank, draw):
    ordered = Draw(draw.classes.sort(dim=1).values, draw.drawings)
    found = kinds(audit(tiny_bank, gather(tiny_bank, SPEC, ordered)))
    assert list(found) == [auditor.ASCENDING_LABELS]
    assert found[auditor.ASCENDING_LABELS].tasks == 6


def test_one_task_in_another_order_clears_the_labels(tiny_bank, draw):
    classes = draw.classes.sort(dim=1).values
    classes[3] = classes[3].flip(0)
    assert audit(tiny_bank, gather(tiny_bank, SPEC, Draw(classes, draw.drawings))) == []


@pytest.mark.parametrize(
    ("n_way", "n_tasks", "is_found"),
    [(2, 34, False), (2, 35, True), (5, 5, False), (5, 6, True), (7, 2, False), (7, 3, True), (20, 1, True)],
)
def test_ascending_labels_need_enough_tasks(tiny_bank, n_way, n_tasks, is_found):
    """(1/N!)^T is about 1 in 144 · 10⁹, for sixteen tests of nine z each: 2 ways need 35 tasks, 5 ways six."""
    spec = EpisodeSpec(n_way=n_way, n_query=2)
    draw = draw_indices(tiny_bank, spec, n_tasks, generator=seeded(0))
    findings = audit(tiny_bank, gather(tiny_bank, spec, Draw(draw.classes.sort(dim=1).values, draw.drawings)))
    assert [finding.kind for finding in findings] == [auditor.ASCENDING_LABELS] * is_found
    assert ("for the order of labels these are too few tasks" in report(findings)) is not is_found


def test_only_tasks_with_sound_labels_count_for_their_order(tiny_bank):
    draw = draw_indices(tiny_bank, SPEC, 9, generator=seeded(1))
    classes = draw.classes.sort(dim=1).values
    classes[1, 1] = classes[1, 0]
    episodes = gather(tiny_bank, SPEC, Draw(classes, draw.drawings))
    support_y = episodes.support_y.clone()
    support_y[0] += 1
    findings = kinds(audit(tiny_bank, episodes._replace(support_y=support_y)))
    assert findings[auditor.ASCENDING_LABELS].tasks == 7


def test_support_and_query_labelled_differently(tiny_bank, episodes):
    shifted = episodes.query_y.clone()
    shifted[1] = (shifted[1] + 1) % 5
    found = kinds(audit(tiny_bank, episodes._replace(query_y=shifted)))
    assert list(found) == [auditor.RELABELLED]
    assert found[auditor.RELABELLED].tasks == 1
    assert "in task 1 the label 0 is " in found[auditor.RELABELLED].message


def test_one_label_for_two_classes(tiny_bank, episodes):
    labels = episodes.support_y.clone()
    labels[3] = torch.arange(5).repeat(2)  # the pictures go class by class
    found = kinds(audit(tiny_bank, episodes._replace(support_y=labels)))
    assert list(found) == [auditor.MIXED_LABEL]
    assert "in the support set of task 3 the label 0 stands for class" in found[auditor.MIXED_LABEL].message


@pytest.mark.parametrize("change", [lambda y: y + 1, lambda y: y - 1, lambda y: y * 2, lambda y: y + 1600])
def test_labels_outside_their_range(tiny_bank, episodes, change):
    support_y, query_y = episodes.support_y.clone(), episodes.query_y.clone()
    support_y[2], query_y[2] = change(support_y[2]), change(query_y[2])
    found = kinds(audit(tiny_bank, episodes._replace(support_y=support_y, query_y=query_y)))
    assert list(found) == [auditor.WRONG_LABELS]
    assert found[auditor.WRONG_LABELS].tasks == 1
    assert f"task 2 has the support labels {change(torch.arange(5)).tolist()}" in found[auditor.WRONG_LABELS].message


def test_a_query_label_without_support(tiny_bank, episodes):
    query_y = episodes.query_y.clone()
    query_y[0, 0] = 5
    assert list(kinds(audit(tiny_bank, episodes._replace(query_y=query_y)))) == [auditor.WRONG_LABELS]


def test_classes_of_another_split(tiny_bank, draw, episodes):
    name = tiny_bank.names[draw.classes[0, 0]]
    found = kinds(audit(tiny_bank, episodes, forbidden=[name]))
    assert list(found) == [auditor.FORBIDDEN_CLASS]
    assert found[auditor.FORBIDDEN_CLASS].tasks == int((draw.classes == draw.classes[0, 0]).any(dim=1).sum())
    assert (
        f"classes that are not for these tasks: 1, the first in task 0, {name}"
        in found[auditor.FORBIDDEN_CLASS].message
    )


def test_a_turned_class_counts_as_its_original(tiny_bank):
    rotated = tiny_bank.rotated()
    episodes = sample_episodes(rotated.select(range(30, 120)), SPEC, 4, generator=seeded(0))  # turned ones only
    assert audit(rotated, episodes) == []
    assert list(kinds(audit(rotated, episodes, forbidden=tiny_bank.names))) == [auditor.FORBIDDEN_CLASS]


def test_pictures_that_are_not_in_the_bank(tiny_bank, episodes):
    changed = episodes.query_x.clone()
    changed[5, 7] = 1 - changed[5, 7]
    found = kinds(audit(tiny_bank, episodes._replace(query_x=changed)))
    assert list(found) == [auditor.UNKNOWN_PICTURE]
    assert "pictures that are not in this bank: 1, the first in task 5; they come from another bank" in (
        found[auditor.UNKNOWN_PICTURE].message
    )


def test_turned_pictures_are_recognised(tiny_bank):
    episodes = sample_episodes(tiny_bank.rotated().select(range(30, 120)), SPEC, 2, generator=seeded(0))
    (finding,) = audit(tiny_bank, episodes)
    assert finding.kind == auditor.UNKNOWN_PICTURE
    assert "turned copies of its pictures among them: 50, so audit against bank.rotated()" in finding.message


@pytest.mark.parametrize("value", [float("nan"), 2.0, -1.0, 0.5 / 255])
def test_a_pixel_that_no_bank_holds(tiny_bank, episodes, value):
    changed = episodes.support_x.clone()
    changed[0, 0, 0, 0, 0] = value
    assert list(kinds(audit(tiny_bank, episodes._replace(support_x=changed)))) == [auditor.UNKNOWN_PICTURE]


def test_a_picture_that_the_bank_has_twice_is_no_evidence():
    """Equal pictures in the bank cannot tell a leak from two drawings, nor one class from the other."""
    images = torch.randint(0, 256, (6, 8, 1, 28, 28), generator=seeded(0)).to(torch.uint8)
    images[1, 1] = images[1, 0]
    images[3, 0] = images[2, 0]
    names = tuple("abcdef")
    bank = ClassBank(images, names, names, "two pairs of equal pictures")
    classes = torch.tensor([[2, 1], [3, 5]])
    drawings = torch.tensor([[[0, 1], [0, 1]], [[0, 1], [2, 3]]])
    assert audit(bank, gather(bank, EpisodeSpec(2, 1, 1), Draw(classes, drawings))) == []


def test_the_first_class_and_picture_of_a_bank_count_too(tiny_bank):
    """Their number is 0, which must not be taken for "none"."""
    spec = EpisodeSpec(n_way=2, n_query=1)

    def found(classes, drawings, query_y=(0, 1), forbidden=()):
        episodes = gather(tiny_bank, spec, Draw(torch.tensor([classes]), torch.tensor([drawings])))
        episodes = episodes._replace(query_y=torch.tensor([query_y]))
        return [finding.kind for finding in audit(tiny_bank, episodes, forbidden=forbidden)]

    assert found([0, 1], [[0, 1], [0, 1]]) == []
    assert found([0, 1], [[0, 0], [0, 1]]) == [auditor.SUPPORT_IN_QUERY]
    assert found([0, 0], [[0, 1], [2, 3]]) == [auditor.REPEATED_CLASS]
    assert found([0, 1], [[0, 1], [2, 3]], query_y=[1, 0]) == [auditor.RELABELLED]
    assert found([0, 1], [[0, 1], [2, 3]], query_y=[0, 0]) == [auditor.MIXED_LABEL]
    assert found([0, 1], [[0, 1], [2, 3]], forbidden=["class00"]) == [auditor.FORBIDDEN_CLASS]


def test_the_first_class_counts_for_the_order_of_labels(tiny_bank):
    spec = EpisodeSpec(n_way=5, n_query=1)
    draw = draw_indices(tiny_bank, spec, 6, generator=seeded(0))
    bank = tiny_bank.select(range(5))
    (finding,) = audit(bank, gather(bank, spec, Draw(torch.arange(5).expand(6, 5), draw.drawings)))
    assert (finding.kind, finding.tasks) == (auditor.ASCENDING_LABELS, 6)


def test_a_pixel_between_two_steps_is_not_in_the_bank(tiny_bank, episodes):
    changed = episodes.support_x.clone()
    changed[0, 0] += (0.3 / 255) * (changed[0, 0] < 0.5)  # rounds to the picture that it was
    assert list(kinds(audit(tiny_bank, episodes._replace(support_x=changed)))) == [auditor.UNKNOWN_PICTURE]


def test_several_flaws_are_all_reported(tiny_bank, draw):
    drawings = draw.drawings.clone()
    drawings[..., 4] = drawings[..., 0]
    findings = audit(tiny_bank, gather(tiny_bank, SPEC, Draw(draw.classes.sort(dim=1).values, drawings)))
    assert list(kinds(findings)) == [auditor.SUPPORT_IN_QUERY, auditor.ASCENDING_LABELS]
    lines = report(findings).splitlines()
    assert lines[0].startswith(
        "- support picture in the query set, 6 tasks: support pictures that are asked again in the query set: 30,"
    )
    assert lines[1].startswith("- labels by ascending class number, 6 tasks: 30 of 30 labels follow")


@pytest.mark.parametrize(
    ("field", "change", "words"),
    [
        ("support_x", lambda x: x[0], "same task axis"),
        ("query_y", lambda y: y[:, 1:], "same task axis"),
        ("query_x", lambda x: x[..., :27], "audit against the bank that they were drawn from"),
        ("support_y", lambda y: y.float(), r"give whole numbers \(torch.long\)"),
    ],
)
def test_what_is_no_episode_is_refused(tiny_bank, episodes, field, change, words):
    with pytest.raises(ValueError, match=words):
        audit(tiny_bank, episodes._replace(**{field: change(getattr(episodes, field))}))


def test_the_remedy_for_a_missing_task_axis_works(tiny_bank, episodes):
    task = episodes.task(0)
    with pytest.raises(ValueError, match="same task axis"):
        audit(tiny_bank, task)
    assert audit(tiny_bank, Episode(*(field[None] for field in task))) == []


def test_every_picture_of_a_bank_is_found_where_it_is():
    images = (
        torch.randint(0, 2, (7, 4, 1, 5, 3), generator=seeded(2)).mul(255).to(torch.uint8)
    )  # 15 bytes: no whole words
    located = PictureIndex(images).locate(images)
    assert located.found.all()
    assert torch.equal(located.classes, torch.arange(7)[:, None].expand(7, 4))
    assert torch.equal(located.ids, torch.arange(28).view(7, 4))


def test_omniglot_episodes_are_sound(omniglot):
    rotated = omniglot.rotated()
    assert audit(rotated, sample_episodes(rotated, EpisodeSpec(n_way=20), 20, generator=seeded(0))) == []
