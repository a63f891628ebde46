"""The widgets of notebook 01, worked by mouse and by keyboard until a named part of their state and picture changes."""

import json
import re

import pytest
from playwright.sync_api import expect
from stage import staged
from widgetry import Piece, assert_runs_through, running

from metalib import baselines
from metalib.banks import omniglot as bank_of
from metalib.course.learning_to_learn.beat_the_machine import BeatTheMachine
from metalib.course.learning_to_learn.episode_explorer import EpisodeExplorer
from metalib.course.learning_to_learn.explorer import ExplorerState

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "01-learning-to-learn.ipynb") as tab:
        yield tab


@pytest.fixture
def explorer(notebook):
    yield Piece(notebook, "EpisodeExplorer(evaluation)")
    notebook.assert_clean()


@pytest.fixture
def quiz(notebook):
    yield Piece(notebook, "BeatTheMachine(machines")
    notebook.assert_clean()


@pytest.fixture(scope="module")
def tiny_explorer(tiny_bank):
    return EpisodeExplorer(tiny_bank)


@pytest.fixture(scope="module")
def real_explorer(omniglot):
    return EpisodeExplorer(bank_of.evaluation(omniglot))


@pytest.fixture(scope="module")
def tiny_quiz():
    machines = {"pixel neighbours": baselines.pixel_neighbour}
    return BeatTheMachine(machines, n_questions=4)


def control(piece, key):
    return piece.root.locator(f"[data-set={key}]")


def score(piece, name):
    """What the page says of a method, in per cent."""
    return float(piece.root.locator("tr", has_text=name).locator("td").last.inner_text().split()[0])


def answer(stage, widget):
    """Let Python answer the last question; what was asked."""
    asked = json.loads(stage.sent()[-1])
    widget.hear(asked)
    stage.page.evaluate("answer => window.model.set('answer', answer)", json.loads(json.dumps(widget.answer)))
    return asked


def kernel(stage, status, state):
    """Another state with the kernel at work, or gone."""
    stage.page.evaluate("status => { window.model.widget_manager.kernel.status = status; }", status)
    stage.set(state)


# --- in a notebook


@pytest.mark.parametrize(("on_finish", "said"), [(lambda sat: None, 1), (None, 0)])
def test_without_python_it_says_that_no_score_is_kept(browser, on_finish, said):
    with staged(browser, BeatTheMachine({}, on_finish=on_finish)) as stage:
        words = stage.root.get_by_text("Python is not there to keep your score")
        assert words.count() == 0
        stage.page.evaluate("window.model.widget_manager.kernel = null")
        stage.set(stage.state())
        assert words.count() == said


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_another_episode_by_mouse_and_by_keyboard(explorer):
    pictures, before = explorer.pictures(), explorer.state()["shown"]
    assert explorer.after(explorer.root.locator("[data-act*=another]").click)["shown"] == before + 1
    second = explorer.pictures()
    assert explorer.press("Enter")["shown"] == before + 2
    assert pictures != second != explorer.pictures()
    assert explorer.focus_ring() == "solid 3px"


def test_a_leak_that_is_switched_on_shows_in_the_score_and_to_the_auditor(explorer):
    box = control(explorer, "ascending_labels")
    honest = score(explorer, "memoriser")
    assert explorer.after(box.click)["ascending_labels"] == 1
    assert score(explorer, "memoriser") > honest + 15
    expect(explorer.root.locator(".metalib-findings")).to_contain_text("labels by ascending class number")
    numbers = [int(text.split()[0]) for text in explorer.root.locator(".metalib-class").all_inner_texts()]
    assert numbers == sorted(numbers)
    explorer.screenshots("episode-explorer")
    box.focus()
    explorer.after(lambda: explorer.lab.page.keyboard.press("Space"))
    expect(explorer.root.locator(".metalib-clean")).to_contain_text("nothing found")


def test_the_arrow_keys_of_a_slider_change_the_number_of_ways(explorer):
    rows = explorer.root.locator(".metalib-episode tbody tr")
    before = rows.count()
    control(explorer, "n_way").focus()
    after = explorer.after(lambda: explorer.lab.page.keyboard.press("ArrowRight"))
    assert after["n_way"] == before + 1 == rows.count()


def test_too_many_pictures_asked_for_are_said_in_words(explorer):
    sliders = [control(explorer, key) for key in ("n_query", "k_shot")]
    for slider in sliders:
        slider.focus()
        explorer.after(lambda: explorer.lab.page.keyboard.press("End"))
    expect(explorer.root.locator(".metalib-status")).to_contain_text("take fewer shots or fewer queries")
    assert explorer.pictures() == []
    for slider in sliders:
        slider.focus()
        explorer.after(lambda: explorer.lab.page.keyboard.press("Home"))
    expect(explorer.root.locator(".metalib-status")).to_have_text("Episode 1 of 100")
    assert explorer.pictures() != []


def test_python_answers_for_an_alphabet_and_a_setting_that_the_script_has_not(explorer):
    needs = explorer.root.locator("option").all_inner_texts().index("Arrows")
    explorer.after(lambda: control(explorer, "alphabet").select_option(index=needs))
    expect(explorer.root.locator(".metalib-class small").first).to_contain_text("Arrows/")
    expect(explorer.root.locator(".metalib-blank")).to_have_count(0)
    expect(explorer.root.locator(".metalib-bars")).to_be_visible()
    names = explorer.root.locator(".metalib-class small").all_inner_texts()
    assert all(name.startswith("Arrows/") for name in names) and explorer.pictures()


def test_a_game_by_keyboard_and_mouse_ends_with_all_scores(quiz):
    assert quiz.state() == {"round": 0, "started": False, "answers": []} and quiz.pictures() == []
    quiz.root.locator("[data-act*=start]").focus()
    assert quiz.press("Enter")["started"]
    expect(quiz.root.locator(".metalib-pick").first).to_be_focused()
    first = quiz.pictures()
    assert len(first) == 21
    quiz.lab.page.keyboard.press("ArrowRight")
    quiz.lab.page.keyboard.press("ArrowDown")
    assert quiz.focus_ring() == "solid 3px"
    assert quiz.press("Enter")["answers"] == [11]
    expect(quiz.root.locator(".metalib-pick").first).to_be_focused()
    assert quiz.pictures() != first
    expect(quiz.root.locator(".metalib-status")).to_have_text("Question 2 of 10")
    quiz.screenshots("beat-the-machine-asking")
    for number in range(1, 10):
        assert quiz.root.locator(".metalib-bars").count() == 0
        quiz.after(quiz.root.locator(".metalib-pick").nth(number).click)
    assert quiz.state()["answers"] == [11, *range(1, 10)]
    yours, of_all = (table.locator("th").all_inner_texts() for table in quiz.root.locator(".metalib-bars").all())
    assert sorted(yours) == ["pixel neighbours", "prototypical network", "untrained conv4", "you"]
    assert of_all == ["people", "prototypical network", "untrained conv4", "pixel neighbours"]
    expect(quiz.root.get_by_text("People missed 4.5 %")).to_contain_text("Science 350 (2015), page 1335")
    mine, theirs = quiz.root.locator(".metalib-both section").all()
    right = 10 - mine.locator("li").count()
    expect(quiz.root.locator(".metalib-result")).to_have_text(f"You: {right} of 10 right.")
    expect(theirs.locator("h4")).to_have_text(re.compile("^What the prototypical network misses: 22 of all 400"))
    assert 22 - 2 <= theirs.locator("li").count() <= 22  # without those that may still be asked
    quiz.screenshots("beat-the-machine-done")
    again = quiz.after(quiz.root.locator("[data-act*=again]").click)
    assert again == {"round": 1, "started": True, "answers": []}
    assert quiz.pictures() != first


# --- alone on a page: the explorer


@pytest.mark.parametrize("width", [360, 900])
def test_nothing_of_the_explorer_sticks_out(browser, tiny_explorer, width):
    most, leaks = {"n_way": 20, "k_shot": 10, "n_query": 10}, {"support_in_query": 1, "ascending_labels": 1}
    for changes in ({}, most, leaks, {"k_shot": 10, "n_query": 15}):
        with staged(browser, tiny_explorer, width=width, state=tiny_explorer.state | changes) as stage:
            assert stage.overflow() == []


def test_the_page_shows_what_the_picture_beside_it_does(browser, real_explorer):
    widget = real_explorer
    draw, look = widget.explorer.draw(ExplorerState()), widget.explorer.look(ExplorerState())
    with staged(browser, widget) as stage:
        shown = stage.shown()
        assert shown["classes"] == draw.classes[0].tolist() and shown["drawings"] == draw.drawings[0].tolist()
        assert shown["means"] == pytest.approx([look.pixels.mean, look.memoriser.mean], abs=1e-5)
        assert stage.root.locator(".metalib-blank").count() == 0
        places = stage.root.locator(".metalib-tile").evaluate_all("tiles => tiles.map(tile => +tile.dataset.tile)")
        assert places == draw.drawings[0].flatten().tolist()


def test_while_a_slider_is_dragged_python_hears_nothing(browser, tiny_explorer):
    unlisted = tiny_explorer.state | {"n_query": 7, "k_shot": 2}  # every place of the slider is to be asked for
    with staged(browser, tiny_explorer, state=unlisted) as stage:
        box = stage.root.locator("[data-set=n_way]").bounding_box()
        stage.page.mouse.move(box["x"] + 20, box["y"] + box["height"] / 2)
        before = len(stage.sent())
        stage.page.mouse.down()
        for step in range(30):
            stage.page.mouse.move(box["x"] + 20 + 3 * step, box["y"] + box["height"] / 2)
        assert stage.state()["n_way"] > 7
        assert len(stage.sent()) == before
        stage.page.mouse.up()
        state, question = (json.loads(sent) for sent in stage.sent()[before:])
        assert state == stage.state() and f'"n_way":{state["n_way"]},' in question["ask"][0]


def test_a_score_never_stands_beside_another_setting(browser, tiny_explorer):
    bars, wait = ".metalib-bars", ".metalib-results .metalib-wait"
    with staged(browser, tiny_explorer) as stage:
        first = stage.state() | {"n_query": 7, "n_way": 6}
        stage.set(first)
        assert stage.root.locator(bars).count() == 0
        expect(stage.root.locator(wait)).to_have_text("Python counts this setting …")
        late = json.loads(stage.sent()[-1])
        stage.set(first | {"n_way": 7})
        tiny_explorer.hear(late)  # the answer to the setting before
        stage.page.evaluate(
            "answer => window.model.set('answer', answer)", json.loads(json.dumps(tiny_explorer.answer))
        )
        assert stage.root.locator(bars).count() == 0 and stage.shown()["means"] == []
        assert answer(stage, tiny_explorer) != late
        look = tiny_explorer.explorer.look(ExplorerState(n_query=7, n_way=7))
        assert stage.shown()["means"] == pytest.approx([look.pixels.mean, look.memoriser.mean], abs=1e-5)
        asked = len(stage.sent())
        stage.set(first)  # known by now
        assert stage.root.locator(bars).count() == 1 and len(stage.sent()) == asked


def test_pictures_that_the_script_lacks_come_from_python(browser, tiny_bank, tiny_explorer, monkeypatch):
    monkeypatch.setattr(tiny_explorer, "data", tiny_explorer.data | {"classes": {}})
    with staged(browser, tiny_explorer) as stage:
        assert stage.root.locator(".metalib-blank").count() == 30 and stage.root.locator(".metalib-tile").count() == 0
        expect(stage.root.locator(".metalib-hint")).to_have_text("Python fetches the drawings …")
        answer(stage, tiny_explorer)
        assert stage.root.locator(".metalib-blank").count() == 0 and stage.root.locator(".metalib-tile").count() == 30
        names = stage.root.locator(".metalib-class small").all_inner_texts()
        assert names == [tiny_bank.names[c] for c in stage.shown()["classes"]]


def test_without_python_it_says_so_and_what_works(browser, tiny_explorer):
    wait, without = ".metalib-results .metalib-wait", ".metalib-without"
    with staged(browser, tiny_explorer) as stage:
        other = stage.state() | {"n_query": 8, "n_way": 6}
        kernel(stage, "busy", other)
        expect(stage.root.locator(wait)).to_have_text("Python is busy: the answer comes when it is free.")
        assert stage.root.locator(without).count() == 0
        asked = len(stage.sent())
        kernel(stage, "dead", other | {"n_query": 9})
        needed = re.compile("^This setting needs Python: .* then run the cell again")
        expect(stage.root.locator(wait)).to_have_text(needed)
        expect(stage.root.locator(without)).to_contain_text(" and ".join(tiny_explorer.data["whole"]))
        marked = [text for text in stage.root.locator("option").all_inner_texts() if text.endswith("(needs Python)")]
        assert len(marked) == 3 - len(tiny_explorer.data["whole"])
        assert len(stage.sent()) == asked
        stage.root.locator(f"{without} button").click()
        assert stage.state() == tiny_explorer.state
        assert stage.root.locator(".metalib-bars").count() == 1 and stage.root.locator(without).count() == 0


def test_without_python_another_episode_is_one_whose_drawings_are_there(browser, real_explorer):
    with staged(browser, real_explorer) as stage:
        kernel(stage, "dead", real_explorer.state | {"shown": 1})
        stage.root.locator("[data-act*=another]").click()
        assert stage.state()["shown"] != 2
        assert stage.root.locator(".metalib-blank").count() == 0


def test_each_control_has_a_name(browser, tiny_explorer):
    with staged(browser, tiny_explorer) as stage:
        names = ["N, ways", "K, shots", "Queries a class"]
        assert [stage.root.get_by_role("slider", name=name).count() for name in names] == [1, 1, 1]
        assert stage.root.get_by_role("combobox", name="Alphabet").count() == 1
        assert stage.root.get_by_role("checkbox").count() == 5


# --- alone on a page: the game


def asking(number=0):
    return {"round": 0, "started": True, "answers": [1] * number}


@pytest.mark.parametrize("width", [360, 900])
def test_nothing_of_the_game_sticks_out(browser, width):
    quiz = BeatTheMachine({"prototypical network": baselines.pixel_neighbour})
    for state in (quiz.state, asking(), asking(10), {"round": 2, "started": True, "answers": [0] * 10}):
        with staged(browser, quiz, width=width, state=state) as stage:
            assert stage.overflow() == []


def test_what_you_missed_stands_beside_what_the_machine_misses_or_above_it(browser, tiny_quiz):
    for width, beside in ((360, False), (900, True)):
        with staged(browser, tiny_quiz, width=width, state=asking(4)) as stage:
            mine, theirs = (s.bounding_box() for s in stage.root.locator(".metalib-both section").all())
            assert (mine["y"] == theirs["y"]) == beside
            assert (mine["x"] < theirs["x"]) == beside


def test_twenty_cards_stand_in_rows_of_equal_length(browser):
    quiz = BeatTheMachine({})
    for width, columns in ((360, 5), (640, 5), (900, 10)):
        with staged(browser, quiz, width=width, state=asking()) as stage:
            tops = stage.root.locator(".metalib-pick").evaluate_all("cards => cards.map(card => card.offsetTop)")
            assert [tops.count(top) for top in sorted(set(tops))] == [columns] * (20 // columns)
            assert stage.overflow() == []


def test_the_second_click_of_a_double_click_answers_nothing(browser, tiny_quiz):
    with staged(browser, tiny_quiz, state=asking()) as stage:
        stage.root.locator(".metalib-pick").nth(3).dblclick()
        assert stage.state()["answers"] == [3]
        assert len(stage.sent()) == 1


def test_a_key_that_is_held_down_answers_one_question(browser, tiny_quiz):
    with staged(browser, tiny_quiz, state=asking()) as stage:
        stage.root.locator(".metalib-pick").nth(2).focus()
        for _ in range(4):  # down again without up: the keyboard repeats
            stage.page.keyboard.down("Enter")
        stage.page.keyboard.up("Enter")
        assert stage.state()["answers"] == [2]
        assert stage.root.locator(".metalib-pick").first.evaluate("card => card === document.activeElement")


def test_at_the_end_one_enter_too_many_does_nothing(browser, tiny_quiz):
    with staged(browser, tiny_quiz, state=asking(3)) as stage:
        stage.root.locator(".metalib-pick").first.press("Enter")
        assert stage.shown()["stage"] == "done"
        stage.page.keyboard.press("Enter")
        assert stage.shown()["stage"] == "done"
        stage.page.keyboard.press("Tab")
        stage.page.keyboard.press("Enter")
        assert stage.state() == {"round": 1, "started": True, "answers": []}


def test_a_state_that_python_sets_does_not_take_the_focus(browser, tiny_quiz):
    with staged(browser, tiny_quiz) as stage:
        stage.set(asking())
        assert stage.page.evaluate("document.activeElement === document.body")


def test_nothing_on_the_page_tells_the_answer_before_the_end(browser, tiny_quiz):
    for state in (tiny_quiz.state, asking(), asking(3)):
        with staged(browser, tiny_quiz, state=state) as stage:
            assert stage.shown() == {"stage": "asking" if state["started"] else "ready"}
            text = stage.root.evaluate("root => root.outerHTML.replace(/url\\([^)]*\\)/g, '')")
            assert "class" not in stage.root.inner_text() and "truth" not in text and "right" not in text


def test_a_question_fits_a_window_at_200_percent_beside_the_side_panel(browser):
    with staged(browser, BeatTheMachine({}), width=311) as stage:
        stage.root.locator(".metalib-main").click()
        assert stage.overflow() == []
