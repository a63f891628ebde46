"""The widgets of notebook 01, worked by mouse and by keyboard until a named part of their state and picture changes."""

import pytest
from playwright.sync_api import expect
from widgetry import Piece, assert_runs_through, running

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
    yield Piece(notebook, "BeatTheMachine(evaluation")
    notebook.assert_clean()


def control(explorer, words):
    """The check box or the slider's handle that has these words beside it."""
    kinds = ".widget-checkbox input", ".widget-slider .noUi-handle"
    boxes, handles = (explorer.cell.locator(kind.split()[0], has_text=words).locator(kind.split()[1]) for kind in kinds)
    return boxes.or_(handles)


def score(explorer, name):
    """What the page says of a method, in per cent."""
    return float(explorer.root.locator("tr", has_text=name).locator("td").last.inner_text().split()[0])


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_another_episode_by_mouse_and_by_keyboard(explorer):
    pictures, [before] = explorer.pictures(), [explorer.state()["shown"]]
    assert explorer.after(explorer.root.locator("[data-action=another]").click)["shown"] == before + 1
    second = explorer.pictures()
    assert explorer.press("Enter")["shown"] == before + 2
    assert pictures != second != explorer.pictures()
    assert explorer.focus_ring() == "solid 3px"


def test_a_leak_that_is_switched_on_shows_in_the_score_and_to_the_auditor(explorer):
    box = control(explorer, "labels in ascending class order")
    honest = score(explorer, "memoriser")
    assert explorer.after(box.click)["ascending_labels"]
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
    control(explorer, "N, ways").focus()
    after = explorer.after(lambda: explorer.lab.page.keyboard.press("ArrowRight"))
    assert after["n_way"] == before + 1 == rows.count()


def test_too_many_pictures_asked_for_are_said_in_words(explorer):
    sliders = [control(explorer, words) for words in ("Queries a class", "K, shots")]
    for slider in sliders:
        slider.focus()
        explorer.after(lambda: explorer.lab.page.keyboard.press("End"))
    expect(explorer.root.locator(".metalib-status")).to_contain_text("take fewer shots or fewer queries")
    assert explorer.pictures() == []
    for slider in sliders:
        slider.focus()
        explorer.after(lambda: explorer.lab.page.keyboard.press("PageDown"))
    expect(explorer.root.locator(".metalib-status")).to_have_text("Episode 1 of 100")
    assert explorer.pictures() != []


def test_the_menu_takes_one_alphabet(explorer):
    alphabet = explorer.after(lambda: explorer.cell.locator("select").select_option(index=2))["alphabet"]
    names = explorer.root.locator(".metalib-class small").all_inner_texts()
    assert names and all(name.startswith(f"{alphabet}/") for name in names)


def test_a_game_by_keyboard_and_mouse_ends_with_all_scores(quiz):
    assert quiz.state()["answers"] == [] and quiz.pictures() == []
    quiz.root.locator("[data-action=start]").focus()
    assert quiz.press("Enter")["started"]
    expect(quiz.root.locator(".metalib-pick").first).to_be_focused()
    first = quiz.pictures()
    assert len(first) == 21
    quiz.lab.page.keyboard.press("ArrowRight")
    quiz.lab.page.keyboard.press("ArrowDown")
    assert quiz.focus_ring() == "solid 3px"
    assert quiz.press("Enter")["answers"] == [11]
    assert quiz.pictures() != first
    expect(quiz.root.locator(".metalib-status")).to_have_text("Question 2 of 10")
    quiz.screenshots("beat-the-machine-asking")
    for number in range(1, 10):
        assert quiz.root.locator(".metalib-bars").count() == 0
        quiz.after(quiz.root.locator(".metalib-pick").nth(number).click)
    assert quiz.state()["answers"] == [11, *range(1, 10)]
    names = quiz.root.locator(".metalib-bars th").all_inner_texts()
    assert sorted(names) == ["pixel neighbours", "prototypical network", "untrained conv4", "you"]
    right = 10 - quiz.root.locator(".metalib-missed li").count()
    expect(quiz.root.locator(".metalib-result")).to_have_text(f"You: {right} of 10 right.")
    quiz.screenshots("beat-the-machine-done")
    seed = quiz.state()["seed"]
    again = quiz.after(quiz.root.locator("[data-action=again]").click)
    assert again == {"seed": seed + 1, "started": True, "answers": []}
    assert quiz.pictures() != first
