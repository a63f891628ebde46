"""Facts about who sits exam D, and how its halves are told."""

import torch

from metalib import baselines, places
from metalib.banks import emoji, load_bank, split
from metalib.course.kit import board
from metalib.course.kit.exams import EXAM_D
from metalib.course.kit.results import accuracies, files, sittings, tables
from metalib.course.kit.results.entry import ExamEntry
from metalib.evaluate import Interval
from metalib.runtime import seeded


def entry(method, mean):
    interval = Interval(mean, mean - 0.02, mean + 0.02, 400, "episodes")
    same = {"task": str(EXAM_D), "data": EXAM_D.part, "seed": EXAM_D.seed, "batch_norm": "none"}
    return ExamEntry(method=method, exam="D", bank="emoji", interval=interval, **same)


def test_each_half_has_a_column():
    one = entry("one", 0.7)
    right = {one.key(): torch.cat([torch.full((200,), 4), torch.full((200,), 3)]).to(torch.uint8)}
    head, _, row = tables.exam_table([one], EXAM_D, right).splitlines()
    assert head.endswith("| accuracy | objects | faces, people and signs |")
    assert row.endswith(
        "| 80.0 % (200 episodes, all alike: no interval) | 60.0 % (200 episodes, all alike: no interval) |"
    )


def test_without_its_episodes_a_half_is_not_told():
    assert tables.exam_table([entry("one", 0.7)], EXAM_D, {}).splitlines()[-1].endswith("| – | – |")


def test_a_picture_is_shown_as_the_network_knows_pictures():
    def answer(episodes):
        seen.append(episodes)
        return episodes.query_y

    seen = []
    part = split(load_bank("emoji", quiet=True)).validation
    episodes = emoji.across_vendors(part, EXAM_D.spec, 2, generator=seeded(0))
    sittings.seen_as(emoji.outlines, answer)(episodes)
    assert seen[0].support_x.shape == seen[0].query_x.shape == (2, 5, 1, 28, 28)
    assert torch.equal(seen[0].query_x, emoji.outlines(episodes.query_x))


def test_no_papers_cell_is_asked_of_five_drawings(monkeypatch):
    """Fifteen queries of a class need sixteen drawings."""
    monkeypatch.setattr(sittings, "EXAMS", ())
    part = split(load_bank("emoji", quiet=True)).evaluation
    sitting = sittings.Sitting("pixels", 7, "none", baselines.pixel_neighbour)
    assert sittings.table(sitting, part, n_episodes=2) == []


def test_the_committed_results_have_each_of_them_in_exam_d():
    found = files.read(places.checkout() / "data")
    of_d = {e.method: e for e in found.exams.values() if e.exam == "D"}
    sat = list(sittings.course_sittings(load_bank("emoji", quiet=True)))
    assert list(of_d) == [sitting.method for sitting in sat]
    assert all(of_d[sitting.method].network == sitting.network for sitting in sat)
    assert {e.bank for e in of_d.values()} == {"emoji"}
    assert {row.method for row in board.rows("D", bank="Omniglot")} == {"chance", *of_d}


def test_networks_that_learned_from_emoji_are_better_than_pixels():
    """On the same tasks, with room for the interval."""
    for method in ("prototypical network, emoji", "pre-trained classifier, emoji"):
        pairs = (accuracies(who, "D", bank="emoji") for who in (method, "pixel neighbours, colour"))
        assert EXAM_D.paired(*pairs).low > 0.05
