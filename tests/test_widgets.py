"""The widgets' states, and their callbacks run without a browser."""

import json
from dataclasses import replace

import matplotlib
import pytest
import torch

matplotlib.use("Agg")

from matplotlib import pyplot as plt

from metalib import baselines, board
from metalib.audit import ASCENDING_LABELS, REPEATED_CLASS, SUPPORT_IN_QUERY
from metalib.episodes import ClassBank, EpisodeSpec, draw_indices
from metalib.evaluate import Interval, wilson_interval
from metalib.runtime import seeded
from metalib.widgets import common, five_cards, scores
from metalib.widgets.beat_the_machine import BeatTheMachine, questions
from metalib.widgets.episode_explorer import EpisodeExplorer, Explorer, ExplorerState, view
from metalib.widgets.five_cards import CardsState, FiveCards
from metalib.widgets.leaks import Leaks, leaky_draw, memoriser_accuracy
from metalib.widgets.predict_then_run import Question


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def press(widget, **content):
    """What the script of a widget sends when something is clicked."""
    widget._handle_custom_msg(content, [])


def flat(pictures):
    return pictures.flatten(1)


# --- five cards

LINE = torch.tensor([[[0.0], [1.0], [2.0]], [[10.0], [4.0], [3.0]]])  # [N, D, F]: two classes on a line
TABLE = CardsState(classes=(7, 9), support=(0, 0), queries=((0, 2), (1, 2)))


def test_read_gives_each_query_the_label_of_the_nearest_support_picture():
    assert five_cards.read(TABLE, LINE).tolist() == [0, 0]  # 2 and 3 are nearer to 0 than to 10
    assert five_cards.read(replace(TABLE, support=(0, 1)), LINE).tolist() == [0, 1]


def test_a_swap_never_shows_a_query_and_comes_round():
    state = CardsState((0,), (0,), ((0, 1), (0, 4)))
    seen = []
    for _ in range(4):
        state = five_cards.swap(state, 0, 1, 6)
        seen.append(state.support[0])
    assert seen == [2, 3, 5, 0]


def test_a_step_back_undoes_a_step_forth():
    state = CardsState((0, 1), (3, 0), ((1, 1), (0, 4)))
    for card in (0, 1):
        assert five_cards.swap(five_cards.swap(state, card, 1, 6), card, -1, 6) == state


def test_a_deal_has_new_drawings_of_each_class_in_mixed_order(tiny_bank):
    state = five_cards.deal(tiny_bank, 5, 3, generator=seeded(0))
    assert len(set(state.classes)) == 5
    assert sorted(state.truth.tolist()) == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3
    assert state.truth.tolist() != sorted(state.truth.tolist())
    used = [(label, state.support[label]) for label in range(5)] + list(state.queries)
    assert len(set(used)) == len(used)


def test_a_deal_without_a_drawing_to_swap_for_is_refused(tiny_bank):
    with pytest.raises(ValueError, match=r"need 21 drawings .* has 20: lower n_query"):
        five_cards.deal(tiny_bank, 5, 19, generator=seeded(0))


def test_five_cards_counts_flips_and_right_answers(tiny_bank):
    widget = FiveCards(tiny_bank, flat)
    truth = widget.state.truth
    assert widget.view["status"] == f"{int((widget.predictions() == truth).sum())} of 15 right"
    flips = []
    for card in range(5):
        before = widget.predictions()
        press(widget, action="swap", card=card, step=1)
        after = widget.predictions()
        flips.append(int((before != after).sum()))
        right = int((after == truth).sum())
        assert widget.view["status"] == f"{flips[-1]} of 15 answers flipped; {right} of 15 right"
        assert [query["flipped"] for query in widget.view["queries"]] == (before != after).tolist()
        assert [query["wrong"] for query in widget.view["queries"]] == (after != truth).tolist()
    assert sum(flips) > 0


def test_five_cards_shows_another_picture_after_a_swap_and_only_there(tiny_bank):
    widget = FiveCards(tiny_bank, flat)
    before = [card["picture"] for card in widget.view["cards"]]
    press(widget, action="swap", card=2, step=1)
    after = [card["picture"] for card in widget.view["cards"]]
    assert [a != b for a, b in zip(before, after, strict=True)] == [False, False, True, False, False]
    press(widget, action="swap", card=2, step=-1)
    assert [card["picture"] for card in widget.view["cards"]] == before


def test_five_cards_deals_other_characters(tiny_bank):
    widget = FiveCards(tiny_bank, flat)
    before = widget.state
    press(widget, action="deal")
    assert widget.state != before and "flipped" not in widget.view["status"]


def test_equal_seeds_deal_equal_cards(tiny_bank):
    assert FiveCards(tiny_bank, flat, seed=3).state == FiveCards(tiny_bank, flat, seed=3).state
    assert FiveCards(tiny_bank, flat, seed=3).state != FiveCards(tiny_bank, flat, seed=4).state


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


def test_every_twin_is_a_figure_with_pictures(tiny_bank):
    quiz = BeatTheMachine(tiny_bank, {}, n_way=10)
    for widget in (FiveCards(tiny_bank, flat), EpisodeExplorer(tiny_bank), quiz):
        assert widget.twin().axes[0].images


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


# --- predict, then run

OPTIONS = [("one", "It is one more."), ("two", "Two, as each has one."), ("three", "Count again.")]


def test_nothing_is_chosen_to_begin_with():
    question = Question("How many?", OPTIONS, 1)
    assert question.view["chosen"] is None and question.view["feedback"] == ""


@pytest.mark.parametrize(("option", "verdict"), [(0, "wrong"), (1, "right"), (2, "wrong")])
def test_each_answer_has_its_verdict_and_feedback(option, verdict):
    question = Question("How many?", OPTIONS, 1)
    press(question, action="choose", option=option)
    assert (question.view["verdict"], question.view["feedback"]) == (verdict, OPTIONS[option][1])


@pytest.mark.parametrize(
    ("options", "correct", "words"),
    [
        (OPTIONS[:1], 0, "at least 2"),
        (OPTIONS, 3, "correct is 3 among 3"),
        ([("a", ""), ("b", "B")], 1, "no feedback for"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(options, correct, words):
    with pytest.raises(ValueError, match=words):
        Question("How many?", options, correct)


def test_a_page_without_widgets_shows_the_question_in_words():
    bundle = Question("How many?", OPTIONS, 1)._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"].splitlines() == ["Predict: How many?", "( ) one", "( ) two", "( ) three"]


# --- score board and scripts


def test_the_score_board_is_a_table_a_picture_and_a_caption(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda *things, **options: shown.extend(things))
    board.record("you", "B", wilson_interval(8, 10), bank="Omniglot")
    scores.show_scores("B", bank="Omniglot")
    table, picture, caption = shown
    assert "you" in table.data and picture.data.startswith(b"\x89PNG")
    assert "you 80.0 %" in caption["text/plain"] and "chance 5.0 %" in caption["text/plain"]
    for words in ("Intervals may be narrower than the dots", "the dashed line is chance", "Shaded rows are yours"):
        assert words in caption["text/plain"]


def test_a_result_goes_to_the_script_with_its_interval_and_colour():
    result = common.bar("you", Interval(0.5, 0.2, 0.8, 10))
    assert (result["low"], result["mean"], result["high"], result["colour"]) == (0.2, 0.5, 0.8, "#000000")


def test_a_picture_goes_to_the_script_dark_on_white(tiny_bank):
    import base64
    import io

    import numpy as np
    from PIL import Image

    url = common.data_url(tiny_bank.images[0, :2])
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))))
    np.testing.assert_array_equal(pixels, 255 - np.concatenate(list(tiny_bank.images[0, :2, 0].numpy()), axis=1))


@pytest.mark.parametrize(
    "make", [lambda bank: FiveCards(bank, flat), lambda bank: EpisodeExplorer(bank).sheet, quiz_of]
)
def test_views_are_json_and_scripts_ask_nothing_of_a_network(tiny_bank, make):
    widget = make(tiny_bank)
    json.dumps(widget.view)
    for text in (str(widget._esm), str(widget._css)):
        assert "http" not in text and "import " not in text and "fetch(" not in text


def test_the_menu_of_alphabets_starts_at_all_of_them_and_comes_back(tiny_bank):
    explorer = EpisodeExplorer(tiny_bank)
    menu = explorer.controls["alphabet"]
    assert (menu.index, menu.label) == (0, "all alphabets")
    menu.value = "group1"
    assert explorer.state.alphabet == "group1"
    menu.index = 0
    assert explorer.state.alphabet is None
