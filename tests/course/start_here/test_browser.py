"""The widgets of notebook 00, worked by mouse and by keyboard until a named part of their state and picture changes."""

import json

import pytest
import torch
from stage import staged
from widgetry import Piece, assert_runs_through, running

from metalib.banks import omniglot as bank_of
from metalib.course.kit.question import Question
from metalib.course.start_here.five_cards import FiveCards, read

pytestmark = pytest.mark.browser

FIRST_QUESTION = "questions.how_many_right()"


@pytest.fixture(scope="module")
def notebook(browser, jupyterlab):
    with running(browser, jupyterlab, "00-start-here.ipynb") as tab:
        yield tab


@pytest.fixture
def cards(notebook):
    yield Piece(notebook, "FiveCards(")
    notebook.assert_clean()


@pytest.fixture
def question(notebook):
    yield Piece(notebook, FIRST_QUESTION)
    notebook.assert_clean()


def differing(before, after):
    return [i for i, (old, new) in enumerate(zip(before, after, strict=True)) if old != new]


def test_runs_through_and_stays_on_this_machine(notebook):
    assert_runs_through(notebook)


def test_a_click_on_a_card_swaps_its_drawing(cards):
    state, answers = cards.state(), cards.shown()["predicted"]
    pictures, queries = cards.pictures(".metalib-cards"), cards.pictures(".metalib-queries")
    after = cards.after(cards.root.locator(".metalib-card").nth(1).click)
    assert differing(state["support"], after["support"]) == [1]
    assert differing(pictures, cards.pictures(".metalib-cards")) == [1]
    assert cards.pictures(".metalib-queries") == queries
    flips = differing(answers, cards.shown()["predicted"])
    assert cards.root.locator(".metalib-status").inner_text().startswith(f"{len(flips)} of 15 answers flipped; ")
    assert cards.root.locator(".metalib-flip").count() == len(flips)
    cards.screenshots("five-cards")


def test_keys_swap_the_drawing_forth_and_back(cards):
    before, picture = cards.state(), cards.pictures(".metalib-cards")[3]
    cards.root.locator(".metalib-card").nth(3).focus()
    forth = cards.press("ArrowRight")
    assert differing(before["support"], forth["support"]) == [3]
    assert cards.pictures(".metalib-cards")[3] != picture
    assert cards.press("ArrowLeft")["support"] == before["support"]
    assert cards.pictures(".metalib-cards")[3] == picture
    assert cards.press("Enter")["support"] == forth["support"]
    assert cards.press("Space")["support"] != forth["support"]
    assert cards.focus_ring() == "solid 3px"


def test_the_button_deals_other_characters(cards):
    before, pictures = cards.state(), cards.pictures()
    cards.root.locator(".metalib-between button").focus()
    by_key = cards.press("Enter")
    by_mouse = cards.after(cards.root.locator(".metalib-between button").click)
    assert (before["deal"], by_key["deal"], by_mouse["deal"]) == (0, 1, 2)
    assert len(differing(pictures, cards.pictures())) == 20


def test_the_picture_beside_it_shows_the_first_answers(browser, omniglot):
    network = torch.nn.Sequential(torch.nn.AvgPool2d(4), torch.nn.Flatten())
    widget = FiveCards(bank_of.evaluation(omniglot), network)
    with staged(browser, widget) as stage:
        assert stage.shown()["predicted"] == read(widget.deals[0], widget.features[0]).tolist()


@pytest.mark.parametrize("width", [360, 900])
def test_nothing_sticks_out(browser, tiny_bank, width):
    for widget in (
        FiveCards(tiny_bank, torch.nn.Flatten()),
        Question("How many?", [("one " * 40, "No."), ("two", "Yes.")], 1),
    ):
        with staged(browser, widget, width=width) as stage:
            assert stage.overflow() == []


def test_python_hears_of_each_swap_once(browser, tiny_bank):
    with staged(browser, FiveCards(tiny_bank, torch.nn.Flatten())) as stage:
        stage.root.locator(".metalib-card").first.click()
        stage.root.locator(".metalib-card").first.press("ArrowLeft")
        assert [json.loads(sent)["support"] for sent in stage.sent()][1] == stage.state()["support"]
        assert len(stage.sent()) == 2


def test_nothing_is_chosen_before_an_answer_is_clicked(question):
    assert question.state() == {"chosen": None}
    assert question.root.locator("input:checked").count() == 0
    assert not question.root.locator(".metalib-feedback").is_visible()
    assert question.after(question.root.locator("label").nth(1).click) == {"chosen": 1}
    assert question.root.locator(".metalib-feedback").inner_text().startswith("✗ Not quite.")
    assert question.root.locator(".metalib-option").nth(1).get_attribute("class").endswith("metalib-wrong")
    question.screenshots("question")


def test_arrow_keys_choose_another_answer(question):
    question.root.locator("input").nth(3).focus()
    question.after(lambda: question.lab.page.keyboard.press("Space"))
    assert question.press("ArrowDown") == {"chosen": 4}
    assert question.root.locator("input:checked").get_attribute("value") == "4"
    assert question.root.locator(".metalib-feedback").inner_text().startswith("✓ Right.")
