"""The widgets of notebook 01: the leaks, the episode explorer and *beat the machine*, in Python and in script."""

import json

import node
import pytest
import torch

from metalib import baselines, evaluate, protonet
from metalib.banks import omniglot as bank_of
from metalib.banks import twenty_runs
from metalib.course.kit import board, sat
from metalib.course.kit.audit import ASCENDING_LABELS, REPEATED_CLASS, SUPPORT_IN_QUERY
from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.widget import strip
from metalib.course.learning_to_learn import beat_the_machine
from metalib.course.learning_to_learn.beat_the_machine import BeatTheMachine, answers, rounds
from metalib.course.learning_to_learn.episode_explorer import (
    EpisodeExplorer,
    _drawable,
    result,
    setting,
    smallest_alphabets,
)
from metalib.course.learning_to_learn.explorer import LEAKS, N_EPISODES, Explorer, ExplorerState, listed
from metalib.course.learning_to_learn.leaks import Leaks, leaky_draw, memoriser_accuracy
from metalib.course.learning_to_learn.widgets import keep_score
from metalib.episodes import ClassBank, EpisodeSpec, draw_indices
from metalib.runtime import seeded
from metalib.training import checkpoints

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

EXPLORER = "learning_to_learn/episode_explorer"


@pytest.fixture(scope="module")
def explorer(tiny_bank):
    return EpisodeExplorer(tiny_bank)


@pytest.fixture
def widget(explorer):
    """The explorer, whose data and state a test may change."""
    kept = explorer.data, explorer.state
    yield explorer
    explorer.data, explorer.state = kept


def views(widget, states):
    """What the script shows of each state."""
    steps = [{"state": widget.explorer.values(state)} for state in states]
    return [found["view"] for found in node.computed(EXPLORER, widget.data, steps)]


def some_states():
    """Every control at several places, alone and with others."""
    every = Leaks(True, True, True)
    yield from (ExplorerState(shown=shown) for shown in (0, 1, 99))
    yield from (ExplorerState(alphabet=f"group{g}", n_way=n) for g, n in ((0, 2), (1, 10), (2, 7)))
    yield from (ExplorerState(n_way=20, k_shot=k, n_query=q, shown=3) for k, q in ((1, 1), (10, 10), (5, 15)))
    yield from (ExplorerState(leaks=Leaks(**{name: True}), k_shot=2, shown=8) for name in LEAKS)
    yield from (ExplorerState(rotation=True, leaks=leaks, shown=2) for leaks in (Leaks(), every))
    yield from (ExplorerState(within_group=True, n_way=10, shown=shown, leaks=every) for shown in (0, 41))
    yield ExplorerState(within_group=True, rotation=True, n_way=9, shown=77)
    yield ExplorerState(alphabet="group1", within_group=True, rotation=True, k_shot=10, n_query=10, leaks=every)


def test_the_script_deals_every_episode_as_python_does(explorer):
    states = list(some_states())
    for state, view in zip(states, views(explorer, states), strict=True):
        draw = explorer.explorer.draw(state)
        assert view["shown"]["classes"] == draw.classes[state.shown].tolist(), state
        assert view["shown"]["drawings"] == draw.drawings[state.shown].tolist(), state
        assert [row["number"] for row in view["table"]["rows"]] == view["shown"]["classes"]
        assert view["n_classes"] == explorer.explorer.bank_of(state.alphabet, state.rotation).n_classes
        assert view["status"] == f"Episode {state.shown + 1} of 100"


def test_the_script_deals_the_real_bank_as_python_does(omniglot):
    bank = bank_of.evaluation(omniglot)
    dealer = Explorer(bank, 0)
    numbers = {group: number for number, group in enumerate(dealer.alphabets)}
    data = {"seed": 0, "n_episodes": N_EPISODES, "n_drawings": 20, "alphabets": list(dealer.alphabets)}
    data |= {
        "groups": [numbers[group] for group in bank.groups],
        "classes": {},
        "results": {},
        "labels": [],
        "most": {},
    }
    states = [ExplorerState(), ExplorerState(n_way=20, within_group=True, rotation=True, shown=99)]
    steps = [{"state": dealer.values(state)} for state in states]
    for state, found in zip(states, node.computed(EXPLORER, data, steps), strict=True):
        draw = dealer.draw(state)
        assert found["view"]["shown"]["classes"] == draw.classes[state.shown].tolist()
        assert found["view"]["shown"]["drawings"] == draw.drawings[state.shown].tolist()


def test_an_episode_names_its_classes_and_the_turns_of_them(explorer):
    [view] = views(explorer, [ExplorerState(alphabet="group1", rotation=True, n_way=20)])
    bank = explorer.explorer.bank_of("group1", True)
    assert [row["name"] for row in view["table"]["rows"]] == [
        bank.names[row["number"]] for row in view["table"]["rows"]
    ]
    assert {row["pictures"]["turn"] for row in view["table"]["rows"]} == {0, 1, 2, 3}


def test_a_listed_setting_has_its_results_and_its_episode_without_python(explorer):
    states = [state for state in listed(explorer.data["whole"]) if not explorer.explorer.problem(state)]
    assert len({setting(explorer.explorer.values(state)) for state in states}) == len(states) > 50
    for state, view in zip(states, views(explorer, states), strict=True):
        look = explorer.explorer.look(state)
        assert view["shown"]["means"] == pytest.approx([look.pixels.mean, look.memoriser.mean], abs=1e-5)
        assert [bar["text"] for bar in view["counted"]["bars"]] == [str(look.pixels), str(look.memoriser)]
        assert [kind.split(", in ")[0] for kind in view["shown"]["findings"]] == [f.kind for f in look.findings]
        assert view["counted"]["findings"] or view["counted"]["scope"] == look.findings.scope
        assert view["lacks"] == []


def test_what_the_notebook_asks_for_needs_no_python(explorer):
    leaky = [Leaks(**{name: True}) for name in LEAKS]
    asked = [ExplorerState(), ExplorerState(n_way=20), ExplorerState(rotation=True), ExplorerState(n_way=20, k_shot=5)]
    asked += [ExplorerState(leaks=leaks, n_way=n) for leaks in leaky for n in (5, 20)]
    assert [view["lacks"] for view in views(explorer, asked)] == [[]] * len(asked)


def test_another_setting_shows_no_score_and_asks_for_its_own(explorer):
    state = ExplorerState(n_way=7, n_query=6)
    [view] = views(explorer, [state])
    assert view["counted"]["bars"] == [] and view["shown"]["means"] == [] and not view["counted"]["known"]
    [question] = view["lacks"]
    explorer.hear({"ask": [question], "number": 8})
    assert explorer.answer["number"] == 8
    assert explorer.answer["found"] == {question: result(explorer.explorer.look(state))}


def test_python_gives_the_pictures_of_an_episode_that_the_script_has_not(widget, tiny_bank):
    widget.data = widget.data | {"classes": {}}
    state = ExplorerState(rotation=True, k_shot=2, leaks=Leaks(support_in_query=True), shown=4)
    [view] = views(widget, [state])
    assert view["table"]["missing"] and {row["pictures"] for row in view["table"]["rows"]} == {None}
    widget.hear({"ask": view["lacks"], "number": 1})
    [pictures] = [answer for question, answer in widget.answer["found"].items() if question.startswith("pictures ")]
    bank, draw = tiny_bank.rotated(), widget.explorer.draw(state)
    assert [row["name"] for row in pictures] == [bank.names[c] for c in draw.classes[4].tolist()]
    assert [row["drawings"]["count"] for row in pictures] == [7] * 5


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ('results {"alphabet": 9, "n_way": 5}', "alphabet is 9: the controls end at 3"),
        ("anything else", "JSONDecodeError"),
    ],
)
def test_a_question_without_an_answer_says_why(explorer, question, words):
    explorer.hear({"ask": [question], "number": 2})
    assert words in explorer.answer["found"][question]["error"]


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
        (ExplorerState(n_way=31, rotation=True), None),
    ],
)
def test_an_impossible_episode_is_said_in_words(explorer, state, words):
    found = explorer.explorer.problem(state)
    [view] = views(explorer, [state]) if state.n_way <= 20 else [{"status": found, "kind": "problem"}]
    assert found is None if words is None else words in found
    if words and state.n_way <= 20:
        assert (view["kind"], view["status"], view["lacks"]) == ("problem", found, [])


def test_a_picture_of_an_impossible_episode_is_refused(widget):
    widget.state = widget.state | {"k_shot": 10, "n_query": 15}
    with pytest.raises(ValueError, match="10 support and 15 query pictures make 25"):
        widget.twin()


def test_the_picture_has_what_the_auditor_says(widget):
    assert widget.twin().get_supxlabel() == "The auditor says:\nnothing found"
    widget.state = widget.state | {"support_in_query": 1}
    (finding,) = widget.explorer.look(widget.explorer.state(widget.state)).findings
    assert f"{finding.kind}, in {finding.tasks} of 100 tasks" in widget.twin().get_supxlabel()


def test_state_and_numbers_of_the_controls_are_the_same(explorer):
    for state in some_states():
        assert explorer.explorer.state(explorer.explorer.values(state)) == state
    with pytest.raises(ValueError, match="n_way is 21: the controls end at 20"):
        explorer.explorer.state(explorer.state | {"n_way": 21})


def test_each_control_begins_at_the_first_episode(explorer):
    steps = [{"state": explorer.state}, {"action": {"name": "another"}}]
    steps += [{"action": {"name": "set", "key": "n_way", "value": 7}}, {"action": {"name": "first"}}]
    states = [found["state"] for found in node.computed(EXPLORER, explorer.data, steps)]
    assert [state["shown"] for state in states] == [0, 1, 0, 0]
    assert states[2] == explorer.state | {"n_way": 7} and states[3] == explorer.state
    [last] = node.computed(EXPLORER, explorer.data, [{"state": explorer.state | {"shown": 99}}])
    assert last["view"]["status"] == "Episode 100 of 100"


def test_the_smallest_alphabets_with_twenty_characters_are_chosen(omniglot):
    bank = bank_of.evaluation(omniglot)
    chosen = smallest_alphabets(bank)
    assert len(chosen) == 2 and all(bank.groups.count(group) >= 20 for group in chosen)


# --- beat the machine

QUIZ = "learning_to_learn/beat_the_machine"
MACHINES = {"pixel neighbours": baselines.pixel_neighbour}


@pytest.fixture(scope="module")
def runs():
    return twenty_runs.load()


@pytest.fixture(scope="module")
def pixels(runs):
    """[runs, items]: what the nearest pixels say."""
    return answers(baselines.pixel_neighbour, runs)


def quiz_of(**options):
    return BeatTheMachine(MACHINES, n_questions=4, **options)


def truth_of(quiz, number=0):
    return quiz.rounds[number].episodes.query_y[:, 0].tolist()


def answered(quiz, given, number=0):
    """The state after these answers, as the script sends it."""
    quiz.state = {"round": number, "started": True, "answers": list(given)}


def test_questions_are_fixed_by_their_seed(runs):
    one, same, other = (rounds(runs, 1, 4, seed=seed)[0] for seed in (1, 1, 2))
    assert all(torch.equal(a, b) for a, b in zip(one.episodes, same.episodes, strict=True))
    assert not torch.equal(one.episodes.query_x, other.episodes.query_x)


def test_the_questions_are_those_of_exam_c_and_none_comes_twice(runs):
    found = rounds(runs, 20, 20, seed=0)
    asked = [
        (int(run), int(item)) for questions in found for run, item in zip(questions.run, questions.item, strict=True)
    ]
    assert len(set(asked)) == 400
    for episodes, run, item in found[3:5]:
        assert len(run.unique()) == 20
        assert episodes.query_x.shape == (20, 1, 1, 28, 28) and episodes.query_y.shape == (20, 1)
        assert torch.equal(episodes.support_x, runs.support[run] / 255)
        assert torch.equal(episodes.query_x[:, 0], runs.query[run, item] / 255)
        assert torch.equal(episodes.query_y[:, 0], runs.labels[run, item])


def test_more_questions_than_there_are_is_an_error_with_the_numbers():
    with pytest.raises(ValueError, match="3 rounds of 21 questions: there are 20 runs of 20 items"):
        BeatTheMachine({}, n_questions=21)


def test_the_scores_are_those_of_wilson_and_of_the_machines(pixels):
    quiz = quiz_of()
    for number, asked in enumerate(quiz.rounds):
        truth, said = truth_of(quiz, number), pixels[asked.run, asked.item].tolist()
        given = [truth[0], (truth[1] + 1) % 20, truth[2], (truth[3] + 1) % 20]
        state = {"round": number, "started": True, "answers": given}
        [found] = node.computed(QUIZ, quiz.data, [{"state": state}])
        view = found["view"]
        machine = sum(a == b for a, b in zip(said, truth, strict=True))
        expected = {"you": evaluate.wilson_interval(2, 4), "pixel neighbours": evaluate.wilson_interval(machine, 4)}
        bars = {bar["name"]: bar for bar in view["bars"]}
        assert list(bars) == sorted(expected, key=lambda name: -expected[name].mean)
        for name, interval in expected.items():
            assert [bars[name][key] for key in ("mean", "low", "high")] == pytest.approx(interval[:3], abs=1e-12)
            assert bars[name]["text"] == str(interval)
        assert (view["status"], view["right"]) == ("You: 2 of 4 right.", 2)
        assert [missed["number"] for missed in view["missed"]] == [2, 4]
        for missed in view["missed"]:
            at = missed["number"] - 1
            assert missed["name"] == f"run {asked.run[at] + 1}, item {asked.item[at] + 1}"
            assert missed["machines"] == (["pixel neighbours"] if said[at] == truth[at] else [])


def test_people_stand_among_the_machines_in_all_400(runs, pixels):
    shown = quiz_of().data["all"]
    exam = EXAM_C.interval((pixels == runs.labels).double().mean(dim=1))
    assert [bar["name"] for bar in shown["bars"]] == ["people", "pixel neighbours"]
    assert [bar["text"] for bar in shown["bars"]] == ["95.5 %, as published", str(exam)]
    assert shown["total"] == 400
    assert "People missed 4.5 %, the mean of 40 people (Lake et al., Science 350 (2015), page 1335)." in shown["note"]


def test_the_best_machine_is_the_one_that_misses_fewest_and_its_misses_are_told(runs, pixels):
    def oracle(episodes):
        labels = episodes.query_y.clone()
        labels[2, 5] = (labels[2, 5] + 1) % 20
        return labels

    quiz = BeatTheMachine({**MACHINES, "oracle": oracle}, n_questions=20)
    rival = quiz.data["rival"]
    assert (rival["name"], rival["wrong"]) == ("oracle", 1)
    assert [(miss["name"], miss["pictures"]["count"]) for miss in rival["missed"]] == [("run 3, item 6", 3)]
    three = torch.stack(
        [runs.query[2, 5], runs.support[2, (runs.labels[2, 5] + 1) % 20], runs.support[2, runs.labels[2, 5]]]
    )
    assert rival["missed"][0]["pictures"] == strip(three)
    pixels_only = quiz_of().data["rival"]
    assert pixels_only["wrong"] == int((pixels != runs.labels).sum()) > len(pixels_only["missed"]) == 24
    assert BeatTheMachine({}).data["rival"] is None


def test_the_courses_network_misses_as_many_here_as_in_the_results():
    network, _ = checkpoints.load("protonet")
    quiz = BeatTheMachine({"prototypical network": lambda e: protonet.predict(network, e)})
    row = next(r for r in board.rows("C", bank="Omniglot") if r.method == "prototypical network")
    assert f"{quiz.data['rival']['wrong']} of 400" == row.wrong
    assert quiz.data["all"]["bars"][1]["text"] == str(row.interval)


def test_python_hears_of_the_end_of_each_round_once():
    finished = []
    quiz = quiz_of(on_finish=lambda sat: finished.append((int(sat.right.sum()), len(sat.run))))
    truth = truth_of(quiz)
    for known in range(4):
        answered(quiz, truth[:known])
        assert finished == []
    answered(quiz, [truth[0], (truth[1] + 1) % 20, *truth[2:]])
    assert finished == [(3, 4)]
    answered(quiz, truth)  # the same round played again: you know its answers
    assert finished == [(3, 4)]
    answered(quiz, [], 1)
    answered(quiz, truth_of(quiz, 1), 1)
    assert finished == [(3, 4), (4, 4)]


def test_the_rounds_differ_and_nothing_is_started():
    quiz = quiz_of()
    assert quiz.state == {"round": 0, "started": False, "answers": []}
    pictures = [question["pictures"]["url"] for asked in quiz.data["rounds"] for question in asked]
    assert len(set(pictures)) == 4 * beat_the_machine.ROUNDS
    assert {question["pictures"]["count"] for question in quiz.data["rounds"][0]} == {21}


# --- both


def test_every_twin_is_a_figure_with_pictures(explorer, tiny_bank):
    for widget in (explorer, BeatTheMachine({})):
        assert widget.twin().axes[0].images


def test_the_notebooks_widgets_stay_below_300_kilobytes(omniglot):
    bank = bank_of.evaluation(omniglot)
    for widget in (EpisodeExplorer(bank), BeatTheMachine(MACHINES, seed=1)):
        assert len(json.dumps(widget.data)) + len(json.dumps(widget.state)) < 300_000


def test_a_finished_game_is_the_row_you_on_the_board(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_USER", str(tmp_path))
    quiz = BeatTheMachine({}, n_questions=4, on_finish=keep_score("C", "a bank of a test"))
    quiz.state = {"round": 0, "started": True, "answers": quiz.rounds[0].episodes.query_y[:, 0].tolist()}
    (mine,) = (row for row in board.rows("C", bank="Omniglot") if row.mine)
    assert (mine.method, mine.interval.mean, mine.interval.n) == (board.YOU, 1.0, 4)
    asked = quiz.rounds[0]
    assert [field.tolist() for field in sat.yours()] == [asked.run.tolist(), asked.item.tolist(), [True] * 4]


def test_names_that_the_font_cannot_draw_lose_what_it_lacks():
    assert _drawable("APL/\u234b APL FUNCTIONAL SYMBOL") == "APL/ APL FUNCTIONAL SYMBOL"
    assert _drawable("Greek/α") == "Greek/α"
