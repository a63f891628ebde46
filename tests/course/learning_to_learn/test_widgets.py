"""The widgets of notebook 01: the leaks, the episode explorer, and *beat the machine*, without a browser."""

import json
from dataclasses import replace

import pytest
import torch
from widget_messages import press

from metalib import baselines
from metalib.course.kit.audit import ASCENDING_LABELS, REPEATED_CLASS, SUPPORT_IN_QUERY
from metalib.course.learning_to_learn.beat_the_machine import BeatTheMachine, questions
from metalib.course.learning_to_learn.episode_explorer import EpisodeExplorer, Explorer, ExplorerState, view
from metalib.course.learning_to_learn.leaks import Leaks, leaky_draw, memoriser_accuracy
from metalib.episodes import ClassBank, EpisodeSpec, draw_indices
from metalib.evaluate import wilson_interval
from metalib.runtime import seeded

# --- leaks

SPEC = EpisodeSpec(5, 1, 3)


def test_without_a_leak_the_draw_is_that_of_draw_indices(tiny_bank):
    leaky = leaky_draw(tiny_bank, SPEC, Leaks(), 9, generator=seeded(1))
    clean = draw_indices(tiny_bank, SPEC, 9, generator=seeded(1))
    assert torch.equal(leaky.classes, clean.classes) and torch.equal(leaky.drawings, clean.drawings)


def test_each_leak_is_what_it_says(tiny_bank):
    clean = draw_indices(tiny_bank, SPEC, 9, generator=seeded(1))
    asked_again = leaky_draw(tiny_bank, SPEC, Leaks(support_in_query=True), 9, generator=seeded(1))
    assert torch.equal(asked_again.drawings[..., 0], asked_again.drawings[..., 1])
    assert torch.equal(asked_again.classes, clean.classes)
    twice = leaky_draw(tiny_bank, SPEC, Leaks(repeated_class=True), 9, generator=seeded(1))
    assert torch.equal(twice.classes[:, 0], twice.classes[:, -1])
    both = torch.cat([twice.drawings[:, 0], twice.drawings[:, -1]], dim=1)
    assert all(len(set(drawings)) == 8 for drawings in both.tolist())
    ascending = leaky_draw(tiny_bank, SPEC, Leaks(ascending_labels=True), 9, generator=seeded(1))
    assert torch.equal(ascending.classes, clean.classes.sort(dim=1).values)


def numbers_only(n_classes, groups):
    """A bank of which only the class numbers matter."""
    names = tuple(map(str, range(n_classes)))
    images = torch.zeros(n_classes, 2, 1, 1, 1, dtype=torch.uint8)
    return ClassBank(images, names, tuple(f"g{c * groups // n_classes}" for c in range(n_classes)), "numbers")


@pytest.mark.parametrize(
    ("n_way", "leak", "accuracy"), [(5, False, 0.2), (5, True, 0.502), (20, False, 0.05), (20, True, 0.265)]
)
@pytest.mark.parametrize("within", [False, True], ids=["whole bank", "one alphabet"])
def test_a_memoriser_gets_half_of_a_5_way_episode_from_ascending_labels(n_way, leak, accuracy, within):
    bank, spec = numbers_only(2000, 4), EpisodeSpec(n_way, 1, 1, within_group=within)
    draw = leaky_draw(bank, spec, Leaks(ascending_labels=leak), 4000, generator=seeded(0))
    assert memoriser_accuracy(bank, spec, draw).mean().item() == pytest.approx(accuracy, abs=0.015)


@pytest.mark.parametrize(
    ("leak", "kinds"),
    [
        ({}, []),
        ({"support_in_query": True}, [SUPPORT_IN_QUERY]),
        ({"repeated_class": True}, [REPEATED_CLASS]),
        ({"ascending_labels": True}, [ASCENDING_LABELS]),
    ],
)
@pytest.mark.parametrize("rotation", [False, True])
def test_the_auditor_finds_the_leak_that_is_switched_on_and_no_other(tiny_bank, leak, kinds, rotation):
    look = Explorer(tiny_bank, 0).look(ExplorerState(leaks=Leaks(**leak), rotation=rotation))
    assert [finding.kind for finding in look.findings] == kinds


# --- episode explorer


def test_the_explorer_answers_each_control(tiny_bank):
    explorer = EpisodeExplorer(tiny_bank)
    changes = {"alphabet": "group1", "n_way": 7, "k_shot": 2, "n_query": 4, "rotation": True, "within_group": True}
    leaks = dict.fromkeys(Leaks.__dataclass_fields__, True)
    for name, value in (changes | leaks).items():
        before = explorer.sheet.view
        explorer.controls[name].value = value
        assert explorer.sheet.view["state"][name] == value
        assert explorer.sheet.view != before
    assert explorer.state == ExplorerState(**changes, leaks=Leaks(**leaks))
    assert all(row["name"].startswith(("class1", "class2")) for row in explorer.sheet.view["rows"])


def test_the_view_is_a_function_of_the_state(tiny_bank):
    state = ExplorerState(n_way=3, shown=5)
    assert view(Explorer(tiny_bank, 0), state) == view(Explorer(tiny_bank, 0), state)
    assert view(Explorer(tiny_bank, 0), state)["rows"] != view(Explorer(tiny_bank, 0), replace(state, shown=6))["rows"]


def test_another_episode_changes_the_pictures_and_not_the_scores(tiny_bank):
    explorer = EpisodeExplorer(tiny_bank)
    before = explorer.sheet.view
    press(explorer.sheet, action="another")
    after = explorer.sheet.view
    assert after["rows"] != before["rows"] and after["bars"] == before["bars"]
    assert after["status"] == "Episode 2 of 100"


def test_a_support_picture_among_the_queries_lifts_the_pixel_neighbours_by_one_query_in_three(tiny_bank):
    explorer = Explorer(tiny_bank, 0)
    clean = explorer.look(ExplorerState(n_query=3)).pixels
    leaky = explorer.look(ExplorerState(n_query=3, leaks=Leaks(support_in_query=True))).pixels
    assert clean.mean == pytest.approx(0.2, abs=0.05)  # random pixels: chance
    assert leaky.mean == pytest.approx(1 / 3 + 2 / 3 * clean.mean, abs=0.05)
    assert clean.n == leaky.n == 100


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (ExplorerState(k_shot=10, n_query=11), "10 support and 11 query pictures make 21, and there are 20 drawings"),
        (ExplorerState(n_way=11, alphabet="group2"), "11-way needs 11 characters, and group2 has 10"),
        (ExplorerState(n_way=11, within_group=True), "11-way needs 11 characters, and the largest alphabet has 10"),
        (ExplorerState(n_way=31), "31-way needs 31 characters, and this bank has 30"),
    ],
)
def test_an_impossible_episode_is_said_in_words(tiny_bank, state, words):
    explorer = EpisodeExplorer(tiny_bank)
    explorer.state = state
    explorer.set("rotation", False)
    assert words in explorer.sheet.view["problem"] and "rows" not in explorer.sheet.view
    with pytest.raises(ValueError, match=words):
        explorer.twin()


def test_rotations_make_four_times_as_many_classes(tiny_bank):
    assert Explorer(tiny_bank, 0).problem(ExplorerState(n_way=31, rotation=True)) is None
    assert view(Explorer(tiny_bank, 0), ExplorerState(rotation=True))["n_classes"] == 120


def test_the_menu_of_alphabets_starts_at_all_of_them_and_comes_back(tiny_bank):
    explorer = EpisodeExplorer(tiny_bank)
    menu = explorer.controls["alphabet"]
    assert (menu.index, menu.label) == (0, "all alphabets")
    menu.value = "group1"
    assert explorer.state.alphabet == "group1"
    menu.index = 0
    assert explorer.state.alphabet is None


# --- beat the machine


def quiz_of(bank, **options):
    return BeatTheMachine(bank, {"pixel neighbours": baselines.pixel_neighbour}, n_way=10, n_questions=4, **options)


def truth_of(quiz):
    return quiz.questions.episodes.query_y[:, 0].tolist()


def test_questions_are_fixed_by_their_seed(tiny_bank):
    one, same, other = (questions(tiny_bank, 4, 10, seed=seed) for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one.episodes, same.episodes, strict=True))
    assert not torch.equal(one.episodes.query_x, other.episodes.query_x)


def test_a_question_takes_one_alphabet_and_its_query_is_no_support_picture(tiny_bank):
    asked = questions(tiny_bank, 20, 10, seed=0)
    assert all(len({tiny_bank.groups[c] for c in classes}) == 1 for classes in asked.classes.tolist())
    episodes = asked.episodes
    assert episodes.query_x.shape == (20, 1, 1, 28, 28) and episodes.query_y.shape == (20, 1)
    for t, label in enumerate(episodes.query_y[:, 0].tolist()):
        picture = (episodes.query_x[t, 0] * 255).round().byte()
        drawings = tiny_bank.images[asked.classes[t, label]]
        assert (drawings == picture).flatten(1).all(dim=1).any()
        assert not (episodes.support_x[t] == episodes.query_x[t]).flatten(1).all(dim=1).any()


def test_too_small_alphabets_are_an_error_with_the_numbers(tiny_bank):
    with pytest.raises(ValueError, match="20"):
        BeatTheMachine(tiny_bank, {})


def test_nothing_is_asked_before_the_start(tiny_bank):
    quiz = quiz_of(tiny_bank)
    press(quiz, action="answer", label=0, question=0)
    assert quiz.view["stage"] == "ready" and quiz.state.answers == ()
    press(quiz, action="start")
    assert quiz.view["stage"] == "asking" and len(quiz.view["support"]) == 10


def test_the_view_gives_no_answer_away_before_the_end(tiny_bank):
    quiz = quiz_of(tiny_bank)
    press(quiz, action="start")
    pictures = []
    for number in range(3):
        press(quiz, action="answer", label=truth_of(quiz)[number], question=number)
        assert set(quiz.view) == {"state", "total", "n_way", "machines", "stage", "question", "query", "support"}
        pictures.append(quiz.view["query"])
    assert len(set(pictures)) == 3


def test_a_click_that_comes_too_late_answers_nothing(tiny_bank):
    quiz = quiz_of(tiny_bank)
    press(quiz, action="start")
    press(quiz, action="answer", label=3, question=0)
    press(quiz, action="answer", label=3, question=0)
    assert quiz.state.answers == (3,)


def test_the_end_comes_once_with_the_score_the_machines_and_what_was_missed(tiny_bank):
    finished = []
    quiz = quiz_of(tiny_bank, on_finish=lambda *result: finished.append(result))
    press(quiz, action="start")
    truth = truth_of(quiz)
    answers = [truth[0], (truth[1] + 1) % 10, truth[2], truth[3]]
    for number, label in enumerate(answers):
        assert finished == []
        press(quiz, action="answer", label=label, question=number)
    press(quiz, action="answer", label=0, question=4)
    assert finished == [(3, 4)]
    assert quiz.view["stage"] == "done" and quiz.view["status"] == "You: 3 of 4 right."
    assert [missed["number"] for missed in quiz.view["missed"]] == [2]
    right = int((baselines.pixel_neighbour(quiz.questions.episodes) == quiz.questions.episodes.query_y).sum())
    assert quiz.scores() == {"you": wilson_interval(3, 4), "pixel neighbours": wilson_interval(right, 4)}


def test_again_asks_new_questions_and_counts_anew(tiny_bank):
    finished = []
    quiz = quiz_of(tiny_bank, on_finish=lambda *result: finished.append(result))
    for _ in range(2):
        quiz.start()
        for label in truth_of(quiz):
            quiz.answer(label)
        before = quiz.questions.episodes.query_x
        press(quiz, action="again")
        assert not torch.equal(quiz.questions.episodes.query_x, before)
        assert quiz.view["stage"] == "asking" and quiz.state.answers == ()
    assert finished == [(4, 4), (4, 4)]


# --- both


def test_every_twin_is_a_figure_with_pictures(tiny_bank):
    for widget in (EpisodeExplorer(tiny_bank), BeatTheMachine(tiny_bank, {}, n_way=10)):
        assert widget.twin().axes[0].images


@pytest.mark.parametrize("make", [lambda bank: EpisodeExplorer(bank).sheet, quiz_of])
def test_views_are_json(tiny_bank, make):
    assert json.dumps(make(tiny_bank).view)
