"""The check of `leak_in`: the course's answer, what is said of a wrong one, and typical mistakes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from metalib.course.fair_play.cases_leak_in import (
    ALPHABET,
    CLASS,
    EVERY,
    NONE,
    ORDER,
    PICTURE,
    Case,
    cases,
)
from metalib.course.fair_play.drawn import LEAKS, Rows, Trained
from metalib.course.kit.verdict import Wrong, compare

WORDS = (*LEAKS, NONE)


def leak_in(support: Rows, query: Rows, trained: Trained) -> str:
    """The leak of these tasks, a word of LEAKS, or "none": the course's answer."""
    if _numbers(query.classes) & set(trained.classes):
        return "class"
    if _numbers(query.alphabets) & set(trained.alphabets):
        return "alphabet"
    if any(_pictures(support, t) & _pictures(query, t) for t in range(len(query.labels))):
        return "picture"
    if bool(_rising(_by_label(support)).all()):
        return "order"
    return "place" if bool((query.labels == query.labels[0]).all()) else NONE


def _numbers(values: Tensor) -> set[int]:
    return set(values.flatten().tolist())


def _pictures(rows: Rows, t: int) -> set[tuple[int, int]]:
    return set(zip(rows.classes[t].tolist(), rows.drawings[t].tolist(), strict=True))


def _by_label(support: Rows) -> Tensor:
    """[T, N]: the class behind each label, with one support picture a class."""
    return support.classes.gather(1, support.labels.argsort(dim=1))


def _rising(classes: Tensor) -> Tensor:
    """[T] bool: whether the numbers of a row rise."""
    return (classes.diff(dim=1) > 0).all(dim=1)


def judge(function: Callable) -> None:
    """Run the learner's function on tasks with each leak and with none; raises Wrong with the mistake."""
    compare(function, cases(), reference=leak_in, read=_read, same=str.__eq__, mistakes=MISTAKES, show=_show)


def _read(answer: Any, *case: Any) -> str:
    if not isinstance(answer, str):
        raise Wrong(
            f"You return a {type(answer).__name__}. Return one word: {', '.join(WORDS[:-1])}, or {NONE}, as a text."
        )
    if answer not in WORDS:
        raise Wrong(f"You return {answer[:40]!r}. The words are {', '.join(WORDS[:-1])} and {NONE}.")
    return answer


def _show(case: Case, answer: str, right: str) -> str:
    query = case[1]
    what = f"On {len(query.labels)} tasks of {int(query.labels.max()) + 1} ways"
    if right == NONE:
        return f"{what} without a leak your function says {answer}. {HOLDS[answer]}"
    found = f"says {answer}" if answer != NONE else "finds nothing"
    return f"{what} with the leak {right} your function {found}. {HOLDS[right]}"


HOLDS = {
    "class": "A single query of a class that was trained on is enough for this leak.",
    "alphabet": "A single query of an alphabet that was trained on is enough, where no class was.",
    "picture": "It is one where in *some* task a query has class and drawing of one of that task's support pictures.",
    "order": "It is one where in *every* task, from label 0 on, the class numbers rise.",
    "place": "It is one where the labels of the query rows are the same in *all* tasks.",
}


# --- typical mistakes: (message, a function that makes it)


def _with(**tests: Callable[[Rows, Rows, Trained], bool]) -> Callable[..., str]:
    """The right answer with other tests for some of the leaks, asked in the usual order."""

    def answer(support: Rows, query: Rows, trained: Trained) -> str:
        for leak in LEAKS:
            test = tests.get(leak, TESTS[leak])
            if test(support, query, trained):
                return leak
        return NONE

    return answer


def _any_task(test: Callable[[int], Any], rows: Rows) -> bool:
    return any(bool(test(t)) for t in range(len(rows.labels)))


TESTS: dict[str, Callable[[Rows, Rows, Trained], bool]] = {
    "class": lambda s, q, trained: bool(_numbers(q.classes) & set(trained.classes)),
    "alphabet": lambda s, q, trained: bool(_numbers(q.alphabets) & set(trained.alphabets)),
    "picture": lambda s, q, trained: _any_task(lambda t: _pictures(s, t) & _pictures(q, t), q),
    "order": lambda s, q, trained: bool(_rising(_by_label(s)).all()),
    "place": lambda s, q, trained: bool((q.labels == q.labels[0]).all()),
}


def _alphabet_first(s: Rows, q: Rows, trained: Trained) -> str:
    return "alphabet" if TESTS["alphabet"](s, q, trained) else leak_in(s, q, trained)


def _all_classes(s: Rows, q: Rows, trained: Trained) -> bool:
    return _numbers(q.classes) <= set(trained.classes)


def _all_alphabets(s: Rows, q: Rows, trained: Trained) -> bool:
    return _numbers(q.alphabets) <= set(trained.alphabets)


def _in_same_row(s: Rows, q: Rows, trained: Trained) -> bool:
    n = s.labels.shape[1]
    return bool(((s.classes == q.classes[:, :n]) & (s.drawings == q.drawings[:, :n])).any())


def _never(s: Rows, q: Rows, trained: Trained) -> bool:
    return False


def _order(look: Callable[[Tensor], Any]) -> Callable[..., str]:
    """The right answer, but for order as `look` finds it in the classes by label [T, N]."""
    return _with(order=lambda s, q, trained: bool(look(_by_label(s))))


def _place(look: Callable[[Tensor], Any]) -> Callable[..., str]:
    """The right answer, but for place as `look` finds it in the queries' labels [T, R]."""
    return _with(place=lambda s, q, trained: bool(look(q.labels)))


def _rising_in(tasks: slice, labels: slice) -> Callable[..., str]:
    return _order(lambda classes: _rising(classes[tasks, labels]).all())


def _same_at(row: int) -> Callable[..., str]:
    return _place(lambda labels: (labels[:, row] == labels[0, row]).all())


def _in_first_task(leak: str) -> Callable[[Rows, Rows, Trained], bool]:
    return lambda s, q, trained: TESTS[leak](s, Rows(*(field[:1] for field in q)), trained)


_SOME = {leak: _in_first_task(leak) for leak in (CLASS, ALPHABET)}
SOME_ONLY = "You look at some pictures only. Go through all: `.flatten()`."
TENSORS = "Tensors in a set are never equal to numbers: `.tolist()`."
FIRST_TASKS = "You look at the first tasks only. By chance they may rise: it is a leak where all tasks do."
FIRST_LABELS = "You look at the first labels only. All classes rise, up to the last label."
TWO_TASKS = "You compare two tasks. Compare all rows with the first."
NEVER = {leak: f"Your function never says {leak}. {HOLDS[leak]}" for leak in LEAKS[1:]}
MISTAKES: tuple[tuple[str, Callable[..., str]], ...] = (
    (
        "Where a class was trained on, its alphabet was too, and you say alphabet. Ask for the class first.",
        _alphabet_first,
    ),
    (
        "You ask whether *all* classes, or all alphabets, were trained on. One is enough.",
        _with(**{"class": _all_classes}),
    ),
    (
        "You ask whether *all* classes, or all alphabets, were trained on. One is enough.",
        _with(alphabet=_all_alphabets),
    ),
    (
        "You ask whether *all* classes, or all alphabets, were trained on. One is enough.",
        _with(**{"class": _all_classes, "alphabet": _all_alphabets}),
    ),
    (SOME_ONLY, _with(**_SOME)),
    *((SOME_ONLY, _with(**{leak: test})) for leak, test in _SOME.items()),
    (
        f"Your function finds neither class, nor alphabet, nor picture. {TENSORS}",
        _with(**dict.fromkeys((CLASS, ALPHABET, PICTURE), _never)),
    ),
    (
        f"Your function finds neither class nor alphabet. {TENSORS}",
        _with(**dict.fromkeys((CLASS, ALPHABET), _never)),
    ),
    (
        "You compare row i of the support set with row i of the queries. The rows stand in any order, and there are "
        "more queries: compare two sets.",
        _with(picture=_in_same_row),
    ),
    (
        "You compare drawing numbers alone, or class numbers alone. Drawing 3 of one class is another picture than "
        "drawing 3 of the next, and both sets have the same classes: compare class and drawing together.",
        _with(picture=lambda s, q, trained: _any_task(lambda t: _numbers(s.drawings[t]) & _numbers(q.drawings[t]), q)),
    ),
    (
        "You compare the queries of a task with the support pictures of all tasks. A picture may be support in one "
        "task and query in another: go task by task.",
        _with(
            picture=lambda s, q, trained: bool(
                {p for t in range(len(s.labels)) for p in _pictures(s, t)}
                & {p for t in range(len(q.labels)) for p in _pictures(q, t)}
            )
        ),
    ),
    (
        "You look for repeated pictures in the first task only. The leak may be in one of many.",
        _with(picture=lambda s, q, trained: bool(_pictures(s, 0) & _pictures(q, 0))),
    ),
    (
        "You say order where *some* task has rising classes. By chance one of 120 tasks of five ways has: it is a leak "
        "where all of them do.",
        _with(order=lambda s, q, trained: bool(_rising(_by_label(s)).any())),
    ),
    (
        "You read the rows as if they stood in the order of their labels. They come in any order: sort by label first, "
        "`support.classes.gather(1, support.labels.argsort(dim=1))`.",
        _with(order=lambda s, q, trained: bool(_rising(s.classes).all())),
    ),
    (
        "You look at the first task only. By chance one in 120 rises: it is a leak where all tasks do.",
        _rising_in(slice(1), EVERY),
    ),
    *((FIRST_TASKS, _rising_in(slice(n), EVERY)) for n in (2, 5, 10)),
    (
        "You say order where *most* tasks have rising classes. It is a leak where all of them do.",
        _order(lambda classes: 2 * _rising(classes).sum() > len(classes)),
    ),
    (
        "You compare alphabets. Within one alphabet they never fall, in whatever order its classes stand: compare the "
        "class numbers.",
        _with(order=lambda s, q, trained: bool((_by_label(s._replace(classes=s.alphabets)).diff(dim=1) >= 0).all())),
    ),
    (
        "You say order where the classes *fall* in every task. Here it is one where they rise.",
        _order(lambda classes: _rising(classes).all() or _rising(-classes).all()),
    ),
    (
        f"{HOLDS[ORDER]} Yours falls from label to label: write `> 0`.",
        _order(lambda classes: _rising(-classes).all()),
    ),
    *((FIRST_LABELS, _rising_in(EVERY, slice(n))) for n in (2, 3, 4)),
    (
        "You compare the class of the first label with the last one's. Those between rise as well, each above the one "
        "before.",
        _order(lambda classes: (classes[:, 0] < classes[:, -1]).all()),
    ),
    (TWO_TASKS, _place(lambda labels: (labels[0] == labels[1]).all())),
    (TWO_TASKS, _place(lambda labels: (labels[0] == labels[-1]).all())),
    (
        "You compare the first tasks only. Compare all rows with the first.",
        _place(lambda labels: (labels[:5] == labels[0]).all()),
    ),
    *(
        (
            "You compare some queries only. It is a leak where the labels of all rows are the same in all tasks.",
            _same_at(row),
        )
        for row in (0, -1)
    ),
    (
        "You look for one order of the rows, sorted by label. Any order tells the labels, if it is the same in all "
        "tasks.",
        _with(place=lambda s, q, trained: bool((q.labels.diff(dim=1) >= 0).all())),
    ),
    (
        "You compare the labels of the support rows from task to task. Those are given anyway; look at the queries'.",
        _with(place=lambda s, q, trained: bool((s.labels == s.labels[0]).all())),
    ),
    *((message, _with(**{leak: _never})) for leak, message in NEVER.items()),
)
