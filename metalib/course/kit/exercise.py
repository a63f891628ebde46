"""The learner's functions at work: `name = checks.mine(name)` chooses between theirs and the course's.

A notebook's room lists its exercises in the order of the notebook. A function that passes its check, reads nothing but
its arguments, imports and earlier exercises, and works at the size of the later cells, runs in all of them. Else the
course's does, and a line says so, so that *Run All* on untouched stubs goes through.
"""

from __future__ import annotations

import builtins
import dis
import hashlib
import inspect
import sys
import time
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType, ModuleType
from typing import Any

import torch
from torch import Tensor

from metalib.course.kit import board, errors
from metalib.course.kit.as_before import as_before
from metalib.course.kit.time_limit import TimeUp, within
from metalib.course.kit.verdict import COURSE, Verdict, Wrong
from metalib.evaluate import Interval

PACE = 1.0  # every budget is multiplied by it; 0 makes any function too slow
PATIENCE = 20.0  # a timed call is stopped after this many of its budgets, and no sooner than after so many seconds


@dataclass(frozen=True)
class Exercise:
    """A function that the learner writes and later cells run.

    name      of the function in the notebook
    check     judges it: function -> Verdict
    course    the course's function, which runs while the learner's is not ready
    example   () -> the arguments of a call as later cells make it: their size, device and dtype
    seconds   budget of that call
    backward  whether later cells differentiate what it returns; `example` then has tensors that require gradients
    """

    name: str
    check: Callable[[Callable], Verdict]
    course: Callable
    example: Callable[[], tuple] | None = None
    seconds: float = 1.0
    backward: bool = False


class Exercises:
    """The exercises of a notebook, in its order. Raises ValueError for two of one name."""

    def __init__(self, *exercises: Exercise) -> None:
        self._by_name = {exercise.name: exercise for exercise in exercises}
        if len(self._by_name) < len(exercises):
            raise ValueError(f"two exercises have one name: {[exercise.name for exercise in exercises]}")
        self._slow: dict[Callable, float] = {}  # right, and over its budget: the seconds it took
        COURSE.update(exercise.course for exercise in exercises)

    def __iter__(self) -> Iterator[Exercise]:
        return iter(self._by_name.values())

    def mine(self, function: Callable) -> Callable:
        """The learner's `function` once it is right, else the course's; a line says which, and why."""
        exercise = self._find(function, sys._getframe(1).f_globals)
        try:
            note = self._admit(exercise, function)
        except Wrong as refused:
            print(f"The cells below run the course's {exercise.name}: {refused}")
            return exercise.course
        print(f"The cells below run your {exercise.name}{note}.")
        return function

    def in_time(self, function: Callable) -> Callable:
        """For a cell that calls it many times: `function`, or the course's where `mine` found it over its budget."""
        if _of_the_course(function):
            return function
        exercise = self._find(function, sys._getframe(1).f_globals)
        if not isinstance(function, Hashable) or function not in self._slow:
            print(f"This cell runs your {exercise.name}.")
            return function
        print(f"This cell calls {exercise.name} many times, and runs the course's: yours is right, and slow.")
        return exercise.course

    def record(
        self, function: Callable, exam: str, interval: Interval, *, bank: str, method: str, run: str = ""
    ) -> None:
        """Put what the learner's own `function` reached in `exam` on the score board; the course's earns no row.

        method  as the board names it, "Reptile"      run  what was run, "300 updates"
        Raises ValueError for an exam that does not exist.
        """
        if _of_the_course(function):
            print("Nothing goes on the score board under your name: the cells above ran the course's function.")
            return
        name = f"{method}, {run}" if run else method
        board.record(name, exam, interval, bank=bank, run=run, source=digest(function))

    def _find(self, function: Any, names: dict[str, Any]) -> Exercise:
        """The exercise that `function` answers: by its own name, else by the name that the notebook gives it."""
        found = self._by_name.get(getattr(function, "__name__", ""))
        if found is None:
            found = next((e for e in self if names.get(e.name) is function or e.course is function), None)
        if found is None:
            raise ValueError(f"this is no exercise of the notebook: hand over {' or '.join(self._by_name)}")
        return found

    def _admit(self, exercise: Exercise, function: Callable) -> str:
        """What there is to say about a function that may run; raises Wrong with the reason why one may not."""
        if function is exercise.course:
            raise Wrong("yours is not ready, or this cell was run twice. Run the cell with your own again first.")
        if _of_the_course(function):
            raise Wrong("what you hand over is metalib's own function. Write one.")
        verdict = exercise.check(function)
        if verdict.passed is None:
            raise Wrong("yours is not written yet.")
        if not verdict.passed:
            raise Wrong("yours does not pass its check yet. The check above says why.")
        names = list(self._by_name)
        later = names[names.index(exercise.name) + 1 :]
        if foreign := foreign_names(function, exercises=names, later=later):
            raise Wrong(
                f"yours reads {', '.join(foreign)} from the notebook, and would change when that does. Define it "
                "inside the function."
            )
        seconds = _try_out(exercise, function)
        if seconds <= PACE * exercise.seconds or not isinstance(function, Hashable):
            return ""
        self._slow[function] = seconds
        return (
            f", the long ones apart: a call takes {seconds:.2g} s, and {exercise.seconds:.2g} s are planned. There the "
            "course's runs"
        )


def _of_the_course(function: Callable) -> bool:
    return (isinstance(function, Hashable) and function in COURSE) or (
        getattr(function, "__module__", None) or ""
    ).split(".")[0] == "metalib"


def digest(function: Callable) -> str:
    """The first 12 digits of the SHA-256 of a function's source, and of the helpers beside it that it calls."""
    sources = [_source(part) for part in [function, *_helpers(function)]]
    return hashlib.sha256(b"".join([sources[0], *sorted(sources[1:])])).hexdigest()[:12]


def _source(function: Callable) -> bytes:
    try:
        return inspect.getsource(function).encode()
    except (OSError, TypeError):  # no source is at hand
        code = getattr(function, "__code__", None)
        return code.co_code if code is not None else repr(type(function)).encode()


def foreign_names(function: Callable, *, exercises: Sequence[str] = (), later: Sequence[str] = ()) -> list[str]:
    """The notebook's own objects that `function`, or a helper beside it, reads by name.

    No imports, no builtins, no functions (a helper that is defined in the notebook is part of the answer), and none of
    the notebook's `exercises`, those apart that come `later`.
    """
    found = set()
    for part in [function, *_helpers(function, exercises)]:
        names = getattr(inspect.unwrap(part), "__globals__", {})
        read = {name: names[name] for name in _reads(part) & set(names)}
        found |= {name for name, value in read.items() if name in later or not _is_code(value, part)}
    return sorted(found - (set(exercises) - set(later)))


def _helpers(function: Callable, exercises: Sequence[str] = ()) -> list[Callable]:
    """The functions of the notebook that `function` calls, directly or through others."""
    found: list[Callable] = []
    waiting = [inspect.unwrap(function)]
    while waiting:
        part = waiting.pop()
        names = getattr(part, "__globals__", {})
        called = [names.get(name) for name in sorted(_reads(part) - set(exercises))]
        for helper in called:
            if not isinstance(helper, FunctionType) or helper.__module__ != part.__module__:
                continue
            if helper not in found and helper is not function:
                found.append(helper)
                waiting.append(helper)
    return found


def _reads(function: Callable) -> set[str]:
    """The global names that a function reads, builtins apart."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return {name for part in _codes(code) for name in _globals_of(part)} - set(dir(builtins)) if code else set()


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def _globals_of(code: CodeType) -> Iterator[str]:
    return (i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_GLOBAL", "LOAD_NAME"))


def _is_code(value: Any, function: Callable) -> bool:
    """Whether `value` is an import, or a function of the notebook; its instances, numbers and tensors are not."""
    if isinstance(value, (ModuleType, FunctionType)):
        return True
    defined_in = getattr(value, "__module__", None)  # classes and functions have it, and instances of classes, too
    return callable(value) and defined_in not in (None, "__main__", function.__module__)


def _try_out(exercise: Exercise, function: Callable) -> float:
    """The seconds of one call at the size of later cells. Raises Wrong where it fails, or its gradient is wrong."""
    if exercise.example is None:
        return 0.0
    try:
        with as_before():
            arguments = exercise.example()
            seconds = min(_seconds(exercise, function, arguments) for _ in range(2))
            if exercise.backward:
                _see_gradients(exercise, function, arguments)
    except TimeUp:
        raise Wrong("yours passes its check, and does not end at the size of the cells below.") from None
    except Wrong:
        raise
    except Exception as error:
        raise Wrong(
            f"yours passes its check, and fails at the size of the cells below. {errors.explain(error, function)}"
        ) from error
    return seconds


def _seconds(exercise: Exercise, function: Callable, arguments: tuple) -> float:
    start = time.perf_counter()
    within(max(PATIENCE, PATIENCE * exercise.seconds), function, *arguments)
    if torch.cuda.is_initialized():
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _see_gradients(exercise: Exercise, function: Callable, arguments: tuple) -> None:
    """The gradient of what comes back, for each tensor of `arguments` that requires one, is the course's."""
    leaves = [tensor for tensor in _tensors(arguments) if tensor.requires_grad]
    found = [_gradients(call(*arguments), leaves) for call in (function, exercise.course)]
    if found[0] is None:
        raise Wrong("what yours returns cannot be differentiated. Look for `.item()`, `.detach()` and `no_grad`.")
    same = all(torch.allclose(a, b, rtol=1e-2, atol=1e-5) for a, b in zip(*found, strict=True))
    if not same:
        raise Wrong(
            "what yours returns is right, and its gradient is not. Look for `.detach()`, `.data`, `no_grad` and "
            "`float(...)` on the way."
        )


def _gradients(answer: Any, leaves: list[Tensor]) -> list[Tensor] | None:
    outputs = [tensor for tensor in _tensors(answer) if tensor.requires_grad]
    if not outputs:
        return None
    total = torch.stack([t.double().square().sum() + t.double().sum() for t in outputs]).sum()  # every entry counts
    grads = torch.autograd.grad(total, leaves, allow_unused=True)
    return [torch.zeros_like(leaf) if g is None else g for g, leaf in zip(grads, leaves, strict=True)]


def _tensors(value: Any) -> Iterator[Tensor]:
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from _tensors(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _tensors(part)
