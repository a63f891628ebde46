"""A number that is estimated: how near it is said to be, and what is said of it."""

import json

import node
import pytest

from metalib.course.kit.estimate import Estimate, distance

WORDS = {"too_low": "More than that.", "near": "Well seen.", "too_high": "Less than that."}
LEAST = {"within": 5.0, "share": 0.1, "factor": 2.0}


def asked(answer=62.7, **options):
    return Estimate("How much?", answer, **{"within": 5, **WORDS, **options})


def checked(estimate, *typed):
    """The states and views after each text was typed and checked."""
    steps = [{"state": estimate.state}]
    for text in typed:
        steps += [{"action": {"name": "set", "key": "typed", "value": text}}, {"action": {"name": "check"}}]
    return node.computed("kit/estimate", estimate.data, steps)[2::2]


def test_nothing_is_said_before_a_number_is_checked():
    estimate = asked()
    found = node.computed(
        "kit/estimate", estimate.data, [{"state": estimate.state}, {"action": {"name": "set", "value": "60"}}]
    )
    assert estimate.estimate is None
    assert [step["view"]["feedback"] for step in found] == ["", ""]
    assert found[1]["state"] == {"estimate": None, "typed": "60", "checked": False}


def test_what_is_typed_anew_takes_the_verdict_back_and_the_same_text_does_not():
    estimate = asked()
    steps = [{"state": {"estimate": 60, "typed": "60", "checked": True}}]
    steps += [{"action": {"name": "set", "value": text}} for text in ("60", "6")]
    found = node.computed("kit/estimate", estimate.data, steps)
    assert [step["view"]["verdict"] for step in found] == ["right", "right", ""]


# what is asked -> text that is typed, zone of the meter (3 is near), words
SAID = {
    "points": (
        {"unit": "%"},
        ("62.7", 3, "The answer is 62.7 %. Well seen."),
        ("57.7", 3, "57.7 % is within 5 points of the answer, 62.7 %. Well seen."),
        ("57.6", 2, "57.6 % is off by at most 10 points. More than that."),
        ("80", 5, "80 % is off by at most 20 points. Less than that."),
        ("5", 0, "5 % is off by more than 20 points. More than that."),
    ),
    "a distance": (
        {"answer": 0.3, "within": 0.1},
        ("0.2", 3, "0.2 is within 0.1 of the answer, 0.3. Well seen."),
        ("0.5", 4, "0.5 is off by at most 0.2. Less than that."),
    ),
    "a share of what is below zero": (
        {"answer": -0.5, "within": None, "share": 0.1},
        ("-0.45", 3, "−0.45 is within 10 % of the answer, −0.5. Well seen."),
        ("0.5", 6, "0.5 is off by more than 40 %. Less than that."),
    ),
    "a factor": (
        {"answer": 12800, "within": None, "factor": 2},
        ("25600", 3, "25,600 is within a factor of 2 of the answer, 12,800. Well seen."),
        ("2000", 1, "2,000 is off by at most a factor of 8. More than that."),
        ("10^6", 6, "1,000,000 is off by more than a factor of 8. Less than that."),
    ),
}


@pytest.mark.parametrize("options", SAID)
def test_it_is_said_how_near_an_estimate_is(options):
    given, *cases = SAID[options]
    found = checked(asked(**given), *(typed for typed, _, _ in cases))
    for step, (_, zone, words) in zip(found, cases, strict=True):
        assert step["view"]["feedback"] == words
        assert step["view"]["zone"] == zone
        assert step["view"]["verdict"] == ("right" if zone == 3 else "wrong")


def test_a_number_beyond_the_answer_says_nothing_of_where_it_lies():
    for found in checked(asked(), "5", "90"):
        assert "62" not in json.dumps(found)


def test_a_known_mistake_has_its_own_words():
    estimate = asked(mistakes=[(20, "That is chance."), (27, "That is one in four.")])
    said = [found["view"]["feedback"].split(". ", 1)[1] for found in checked(estimate, "20", "24", "12", "80")]
    assert said == ["That is chance.", "That is one in four.", "More than that.", "Less than that."]


@pytest.mark.parametrize(
    ("options", "typed", "words"),
    [
        ({}, "", "Type a number first"),
        ({}, "sixty", "cannot be read as a number"),
        ({"unit": "%", "between": (0, 100)}, "110", "110 % is out of range: type a number from 0 to 100."),
        ({"within": None, "factor": 2}, "0", "0 is out of range: type a number above 0."),
    ],
)
def test_what_is_no_estimate_is_answered_and_not_judged(options, typed, words):
    [found] = checked(asked(**options), typed)
    assert found["state"] == {"estimate": None, "typed": typed, "checked": True}
    assert found["view"]["verdict"] == "unread" and words in found["view"]["feedback"]


@pytest.mark.parametrize("kind", LEAST)
def test_python_and_script_agree_on_what_is_near(kind):
    estimate = asked(**{"within": None, kind: LEAST[kind]})
    numbers = [30, 31.3, 31.4, 40, 57.6, 57.8, 62.7, 67, 68.9, 69, 80, 125, 126]
    found = checked(estimate, *map(str, numbers))
    near = [step["view"]["verdict"] == "right" for step in found]
    assert near == [distance(number, 62.7, estimate.data["scale"]) <= 1 for number in numbers]
    assert True in near and False in near


def test_the_answer_is_in_clear_for_tests_and_not_in_what_a_notebook_keeps():
    estimate = asked(answer=62.7, mistakes=[(20, "That is chance.")])
    assert estimate.key["answer"] == 62.7 and estimate.key["feedback"]["near"] == "Well seen."
    assert estimate.key["mistakes"] == [[20, "That is chance."]]
    kept = json.dumps([estimate.get_state(["data", "state"]), estimate.words])
    assert not [words for words in ("62.7", "chance", *WORDS.values()) if words in kept]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"near": " "}, r"no feedback for \['near'\]"),
        ({"mistakes": [(20, "")]}, r"no feedback for \['20'\]"),
        ({"within": None}, "0 of within, share and factor are given: give one"),
        ({"share": 0.1}, "2 of within, share and factor are given: give one"),
        ({"within": 0}, "within is 0: give a number above 0"),
        ({"within": None, "factor": 1}, "factor is 1: give a number above 1"),
        ({"answer": float("nan")}, "the answer is nan: give a number"),
        ({"answer": -1, "within": None, "factor": 2}, "factor is given for the answer -1: give `within`"),
        ({"answer": 0, "within": None, "share": 0.1}, "share is given for the answer 0: give `within`"),
        ({"between": (0, 50)}, "the answer 62.7 is not between 0 and 50: widen"),
        ({"mistakes": [(60, "Near.")]}, "the mistake 60 is near the answer 62.7"),
    ],
)
def test_what_cannot_be_asked_is_refused(options, words):
    with pytest.raises(ValueError, match=words):
        asked(**options)


def test_a_page_without_widgets_shows_the_question_in_words():
    assert asked(unit="%").words == "Estimate: How much?\n____ %"
