"""What every check shares: the verdict, running a learner's function, and naming the mistake behind a wrong answer."""

from __future__ import annotations

import dis
import functools
import html
import inspect
import math
import re
import textwrap
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor

from metalib.course.kit import errors
from metalib.course.kit.as_before import as_before
from metalib.course.kit.time_limit import TimeUp, within

SIGNS = {True: "✓", False: "✗", None: "–"}
SECONDS_OF_A_CALL, SECONDS_OF_A_CHECK = 10.0, 60.0  # a right answer takes a small part of them
STOPPED = (
    "Your function was stopped after {:.0f} seconds. Look for a loop that never ends: what would end its `while`? Then "
    "for a loop over single numbers, where torch takes all of them at once."
)
COURSE: set[Callable] = set()  # the course's own functions of the exercises: no answers
Mistakes = Iterable[tuple[str, Callable[..., Any]]]


@dataclass(frozen=True)
class Verdict:
    """What a check found: `passed` is None for an exercise that was not attempted, and `message` says what is wrong."""

    passed: bool | None
    message: str

    def __str__(self) -> str:
        return f"{SIGNS[self.passed]} {self.message}"

    def __repr__(self) -> str:
        return "\n".join(textwrap.fill(line, 100, break_long_words=False) for line in str(self).splitlines())

    def _repr_html_(self) -> str:
        # no colours: the sign and the words say it in the light and in the dark theme
        text = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(str(self), quote=False))
        style = "border-left: 3px solid currentColor; padding-left: 0.7em; max-width: 60em; white-space: pre-wrap"
        return f'<div role="status" style="{style}">{text}</div>'


class NotAttempted(Exception):
    """The function is the stub that the notebook came with."""


class Wrong(Exception):
    """The answer is wrong; the text says why."""


def check(judge: Callable[[Callable], str]) -> Callable[[Callable], Verdict]:
    """Turn `judge` into a check that returns a Verdict and raises nothing.

    judge  is handed the learner's function, returns the words for a right answer, raises Wrong or NotAttempted
    """
    name = judge.__name__.removeprefix("check_")

    @functools.wraps(judge)
    def checked(function: Callable) -> Verdict:
        if function is None or function is ...:
            return Verdict(None, f"not attempted yet: write `{name}` and run this cell again")
        if not callable(function):
            return Verdict(False, f"Hand over the function itself, `{judge.__name__}({name})`, not what it returns.")
        if isinstance(function, Hashable) and function in COURSE:
            return Verdict(None, f"this is the course's own `{name}`: run the cell with your `def {name}` again")
        try:
            with as_before():
                return Verdict(True, within(SECONDS_OF_A_CHECK, judge, function))
        except TimeUp:
            return Verdict(False, STOPPED.format(SECONDS_OF_A_CHECK))
        except NotAttempted:
            return Verdict(None, f"not attempted yet: write the body of `{name}` and run this cell again")
        except Wrong as wrong:
            return Verdict(False, str(wrong))
        except Exception as error:  # an answer of a kind that no check foresaw must not stop Run All
            return Verdict(
                False,
                f"the answer could not be compared with the right one ({type(error).__name__}: {error}). Return what "
                "the exercise asks for, in the form that it shows.",
            )

    return checked


def attempt(function: Callable, *arguments: Any) -> Any:
    """What the learner's function returns for copies of `arguments`; a generator is handed over as it is.

    Raises NotAttempted for a stub, and Wrong when the function fails, returns nothing or changes its arguments.
    """
    copies = [_copy(argument) for argument in arguments]
    try:
        answer = within(SECONDS_OF_A_CALL, function, *copies)
    except TimeUp:
        raise Wrong(STOPPED.format(SECONDS_OF_A_CALL)) from None
    except Exception as error:
        if isinstance(error, NotImplementedError) and _is_stub(function):
            raise NotAttempted from None
        raise Wrong(errors.explain(error, function)) from error
    if answer is ... or (answer is None and _is_stub(function)):
        raise NotAttempted
    if answer is None:
        raise Wrong("Your function returns None. Its last line is missing, or lacks the word `return`.")
    for place, (argument, copy) in enumerate(zip(arguments, copies, strict=True)):
        if not _same(argument, copy):
            raise Wrong(
                f"Your function changes its input {_name_of_argument(function, place)}, which whoever called it "
                "still needs. Look for `x[...] = ...`, `x += ...`, `.sort()` on a list and methods that end in `_`, "
                "and work on a copy."
            )
    return answer


def compare(
    function: Callable,
    cases: Sequence[tuple],
    *,
    reference: Callable[..., Any],
    read: Callable[..., Any],
    same: Callable[[Any, Any], bool],
    mistakes: Mistakes,
    show: Callable[..., str],
) -> None:
    """Run the learner's function on every case, and raise Wrong with the mistake that explains all its answers.

    reference  the right answer to a case
    read       turns what came back into a form that can be compared, or raises Wrong
    same       whether two answers agree
    mistakes   pairs of a message and a function that makes this mistake
    show       (case, answer, right answer) -> a sentence, for an answer that no known mistake explains
    """
    answers = [read(attempt(function, *case), *case) for case in cases]
    expected = [reference(*case) for case in cases]
    wrong = [case for case, (a, b) in enumerate(zip(answers, expected, strict=True)) if not same(a, b)]
    if not wrong:
        return
    for message, mistake in mistakes:
        if all(same(answer, mistake(*case)) for answer, case in zip(answers, cases, strict=True)):
            raise Wrong(message)
    raise Wrong(show(cases[wrong[0]], answers[wrong[0]], expected[wrong[0]]))


def read_number(answer: Any, what: str) -> float:
    """A number of Python, numpy or torch, also as an array of one element, as a float. `what` names it in the error."""
    if isinstance(answer, (Tensor, np.ndarray)):
        if math.prod(answer.shape) != 1:
            kind = "a tensor" if isinstance(answer, Tensor) else "an array"
            raise Wrong(f"You return {kind} of shape {list(answer.shape)}. Return one number: {what}.")
        answer = answer.item()
    if isinstance(answer, (bool, np.bool_)):
        raise Wrong(f"You return True or False. Return a number: {what}.")
    if isinstance(answer, (complex, np.complexfloating)):
        raise Wrong(f"You return a complex number. Return a real one: {what}.")
    try:
        if isinstance(answer, (str, bytes, bytearray)):  # of which float() would read some
            raise TypeError
        return float(answer)
    except (TypeError, ValueError):
        raise Wrong(f"You return {_describe(answer)}. Return a number: {what}.") from None


def _describe(answer: Any) -> str:
    return f"a {type(answer).__name__}" if not isinstance(answer, str) else f"the text {answer[:40]!r}"


def _copy(argument: Any) -> Any:
    if isinstance(argument, Tensor):
        return argument.clone()
    return list(argument) if isinstance(argument, list) else argument


def _same(a: Any, b: Any) -> bool:
    return a.shape == b.shape and a.equal(b) if isinstance(a, Tensor) else a == b


def _name_of_argument(function: Callable, place: int) -> str:
    try:
        return f"`{list(inspect.signature(function).parameters)[place]}`"
    except (IndexError, TypeError, ValueError):
        return f"number {place + 1}"


def _is_stub(function: Callable) -> bool:
    """Whether the body is `...`, `pass` or `raise NotImplementedError`: it uses no argument and no other name."""
    code = getattr(function, "__code__", None)
    if code is None or not set(code.co_names) <= {"NotImplementedError"}:
        return False
    return not any(i.opname.startswith(("LOAD_FAST", "LOAD_DEREF", "STORE_")) for i in dis.get_instructions(code))
