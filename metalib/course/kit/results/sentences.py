"""What studies and exams found, in sentences that `metalib results` writes: no number of them is typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.published import PUBLISHED, Published
from metalib.course.kit.results.entry import ExamEntry, exam_key
from metalib.course.kit.views import N_VIEWS
from metalib.evaluate import Interval

AIM = 12  # wrong answers of exam C, the mean of three seeds: named before any of them looked at it
AIM_TOGETHER = 6  # the same for whatever trains in an hour on two cores
BELOW_PEOPLE = 9  # "better than people" is said at this many or fewer, and where the whole interval is below theirs
TOGETHER = "the three together"
ALONE, VIEWS, ONE_TO_ONE, BOTH = "each query alone", "alone, by views", "one to one", "one to one, by views"
NO_WIDTH = f"0 of {EXAM_C.total}: a bootstrap over runs has no width here"


def of_exam_c(record: Mapping[str, Any]) -> str:
    """The aim of exam C and what came of it, from the record of the study *exam-c*."""
    start = record["settings"]["start"]
    mean = {row["way"]: row for row in record["results"]["means"]}
    said = {way: f"{_counts(record, way)}, {_shares(mean[way])}" for way in (ALONE, ONE_TO_ONE, BOTH)}

    def of_start(way: str) -> int:
        return _row(record, start, way)["wrong"]

    return (
        f"Networks that learned further for it ({', '.join(record['settings']['checkpoints'])}: seeds named before, "
        f"all from `{start}`), each query alone, by the mean embedding of {N_VIEWS} views: {_counts(record, VIEWS)} of "
        f"{EXAM_C.total} wrong, {_shares(mean[VIEWS])}. Their start by the same views: {of_start(VIEWS)}. "
        f"Without views: {said[ALONE]}; their start {of_start(ALONE)}. {_aim(mean[VIEWS])}. "
        f"{_beside_people(mean[VIEWS])}\n\n"
        "Apart, as people did not know it: told that each class has one query (one to one, softly: a class may be "
        f"named twice), the same networks miss {said[ONE_TO_ONE]}, their start {of_start(ONE_TO_ONE)}; and by views "
        f"{said[BOTH]}, their start {of_start(BOTH)}. "
        f"All with running statistics, 95 % intervals over the {EXAM_C.n_episodes} runs."
    )


def of_exam_c_anew(record: Mapping[str, Any]) -> str:
    """Exam C's aims and what came of them with networks that share nothing, from the record of *exam-c-anew*."""
    mean = {row["way"]: row for row in record["results"]["means"]}
    together = {way: _row(record, TOGETHER, way) for way in (ALONE, VIEWS)}
    said = {way: f"{_counts(record, way)}, {_shares(mean[way])}" for way in (ALONE, VIEWS, ONE_TO_ONE, BOTH)}
    return (
        f"Networks that share nothing ({', '.join(record['settings']['checkpoints'])}: seeds named before, each from "
        f"random weights), by the same views: {said[VIEWS]}. Without views: {said[ALONE]}. {_aim(mean[VIEWS])}. "
        f"{_beside_people(mean[VIEWS])} The three together, by views: {together[VIEWS]['wrong']} wrong, "
        f"{_share(together[VIEWS])}; without views {together[ALONE]['wrong']}. The aim of at most {AIM_TOGETHER} is "
        f"{_met(together[VIEWS], AIM_TOGETHER)}. {_beside_people(together[VIEWS])} Apart, one to one: "
        f"{said[ONE_TO_ONE]}; and by views {said[BOTH]}."
    )


def _row(record: Mapping[str, Any], network: str, way: str) -> Mapping[str, Any]:
    return next(row for row in record["results"]["rows"] if (row["network"], row["way"]) == (network, way))


def _counts(record: Mapping[str, Any], way: str) -> str:
    """How many each seed misses: "14, 14 and 11"."""
    *some, last = (str(_row(record, network, way)["wrong"]) for network in record["settings"]["checkpoints"])
    return f"{', '.join(some)} and {last}"


def _beside_people(row: Mapping[str, Any]) -> str:
    """Whether the limit that was named before is met, and the whole interval of errors lies below people's."""
    people = _published("people").errors
    can = row["wrong"] <= BELOW_PEOPLE and 1 - Interval(*row["accuracy"]).low < people
    return (
        f"That they do better than people, who miss {100 * people:.1f} %, {'can' if can else 'cannot'} be said (for "
        f"that, {BELOW_PEOPLE} wrong at most, and the whole interval below)."
    )


def _published(who: str) -> Published:
    return next(p for p in PUBLISHED if (p.who, p.exam) == (who, EXAM_C.letter))


def _aim(mean: Mapping[str, Any]) -> str:
    return f"The aim of at most {AIM} in the mean is {_met(mean, AIM)}"


def _aims(further: Mapping[str, Any], apart: Mapping[str, Any], three: Mapping[str, Any]) -> str:
    first, second = (_met(row, AIM) for row in (further, apart))
    both = f"{first} by both" if first == second else f"{first} by the former and {second} by the latter"
    return f"the aims: at most {AIM} in the mean, {both}; at most {AIM_TOGETHER} together, {_met(three, AIM_TOGETHER)}"


def _met(row: Mapping[str, Any], aim: int) -> str:
    return "met" if row["wrong"] <= aim else "missed"


def _shares(row: Mapping[str, Any]) -> str:
    """The mean number of wrong answers, its share and the interval; where there is no interval, that."""
    if not row["wrong"]:
        return f"0 in the mean ({NO_WIDTH})"
    return f"{row['wrong']:.1f} in the mean, {_share(row)}"


def _share(row: Mapping[str, Any]) -> str:
    """The share of wrong answers and its interval."""
    if not row["wrong"]:
        return NO_WIDTH
    right = Interval(*row["accuracy"])
    mean, low, high = (f"{100 * (1 - bound):.2f}" for bound in (right.mean, right.high, right.low))
    return f"{mean} % ({low} to {high})"


def found(
    exams: Mapping[str, ExamEntry],
    exam_c: Mapping[str, Any],
    exam_c_anew: Mapping[str, Any],
    transductive: Mapping[str, Any],
) -> str:
    """What exam C, exam D and *Fair play* say together.

    exams  the course's entries by their keys
    exam_c, exam_c_anew, transductive  the records of the studies *exam-c*, *exam-c-anew* and *transductive-figure*
    """

    def of_d(method: str) -> str:
        return _percent(exams[exam_key(method, "D", "emoji")].result)

    people, bpl = _published("people"), _published("Bayesian program learning")
    plain = exams[exam_key("prototypical network", "C", "Omniglot")].result.mean
    further, apart = (
        next(row for row in record["results"]["means"] if row["way"] == VIEWS) for record in (exam_c, exam_c_anew)
    )
    three = _row(exam_c_anew, TOGETHER, VIEWS)
    by = {row["queries"]: row for row in transductive["results"]["rows"]}
    together, alone = (_percent(Interval(*by["one of each"][way])) for way in ("together", "alone"))
    at_random, one = (_percent(Interval(*by[queries]["together"])) for queries in ("at random", "one class"))
    return (
        f"A small network misses {round((1 - plain) * EXAM_C.total)} of the {EXAM_C.total} questions that people sat, "
        f"and networks that learned further, by {N_VIEWS} views, {_shares(further)}; three from random weights "
        f"{_shares(apart)}, and together {three['wrong']}, {_share(three)}. People miss {100 * people.errors:.1f} % "
        f"and Bayesian program learning {bpl.wrong} questions ({_aims(further, apart, three)}). "
        "Shown emoji by one vendor and asked for another's, a network that knows handwriting only is right in "
        f"{of_d('prototypical network of handwriting, outlines')}, pixels in colour in "
        f"{of_d('pixel neighbours, colour')}, and a network that has learned from emoji in "
        f"{of_d('prototypical network, emoji')}. And one and the same MAML has {together} with one query of each class "
        f"together, {alone} with each query alone, {at_random} with the classes of five queries at random, and {one} "
        f"where all five are of one class ({transductive['settings']['n_way']}-way 1-shot, "
        f"{by['one of each']['together'][3]:,} tasks each, random split of characters; notebook 07)."
    )


def _percent(interval: Interval) -> str:
    return f"{100 * interval.mean:.1f} ± {100 * interval.half_width:.1f} %"
