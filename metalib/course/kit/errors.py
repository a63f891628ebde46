"""An error in a learner's code, in words: what was raised, on which line, and the likeliest cause."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Callable

# the first pattern that is found in "TypeOfError: message" gives the cause
CAUSES = (
    (
        r"invalid combination of arguments.*axis=|unexpected keyword argument '(axis|ddof|keepdims)'",
        "A function of numpy was handed a tensor. Use torch's own: `values.mean()`, `values.std()`.",
    ),
    (
        r"TypeError.*(positional argument|unexpected keyword|required keyword)",
        "Keep the arguments as the exercise has them.",
    ),
    (r"NameError|UnboundLocalError", "A name is misspelt, or the cell that defines it was not run."),
    (
        r"Input dtype must be either a floating|not implemented for '(Bool|Byte|Long|Int)'|\"cdist\"",
        "Comparisons give booleans, and labels and stored pictures are whole numbers. Write `.float()` before you "
        "take a mean or a distance.",
    ),
    (
        r"expected scalar type|same dtype|must have the same dtype",
        "Two tensors differ in type. Write `.float()` on both.",
    ),
    (
        r"shape of the mask",
        "A mask such as `labels == k` chooses among as many rows as it has entries. Cut both to the same rows first: "
        "print the two shapes just above that line.",
    ),
    (
        r"invalid for input of size",
        "`view` and `reshape` want as many numbers as there are. Where classes have unequal numbers of rows, or stand "
        "in any order, choose the rows of a class by a mask: `labels == k`.",
    ),
    (
        r"size of tensor|shapes cannot be multiplied|must match|broadcast|equal to or",
        "Two shapes do not fit: print both just above that line. `a[:, None] - b` takes each row of one with each of "
        "the other; a mean over the rows is `.mean(dim=0)`.",
    ),
    (
        r"stack expects|Sizes of tensors",
        "The tensors that you join differ in shape. Print their shapes just above that line.",
    ),
    (
        r"'tuple' object|non-int of type",
        "A comma at the end of a line makes a tuple. Look at the lines above that one.",
    ),
    (r"sqrt\(\)", "`len` gives a plain number, and `torch.sqrt` wants a tensor. Write `n ** 0.5`."),
    (r"truth value|Boolean value of Tensor", "A tensor of several values stands where one True or False is needed."),
    (
        r"Dimension out of range",
        "That tensor has fewer axes than the line expects. Print its shape just above. A tensor of labels, [Q], has "
        "one axis, and needs no `argmax`.",
    ),
    (
        r"list index out of range",
        "A number is used as an index that is larger than the axis: here, than the list. `argmax()` without `dim` "
        "counts through all numbers of a table: take the mean over its rows first, `dim=0`.",
    ),
    (
        r"IndexError|out of bounds",
        "A number is used as an index that is larger than the axis. Count the axes and their sizes.",
    ),
    (r"generator", "Hand the generator over by name: `torch.randperm(n, generator=generator)`."),
    (r"AttributeError", "The value on that line is of another kind than you expect. Print its type just above."),
    (r"ZeroDivisionError", "You divide by a count that is zero. Print it just above that line."),
    (r"RecursionError", "The function calls itself, perhaps because it has the name of the function that you meant."),
)
FALLBACK = "Read the message, then print what goes into that line."


def explain(error: Exception, function: Callable) -> str:
    """The error, the line of the learner's function that it came from, and what usually causes it."""
    raised = f"{type(error).__name__}: {str(error).strip()}".rstrip(": ")
    first_line = raised.splitlines()[0]
    where = _where(error, function)
    cause = next((cause for pattern, cause in CAUSES if re.search(pattern, raised)), FALLBACK)
    return f"Your function stopped with {first_line}{'' if first_line.endswith('.') else '.'}\n{where}{cause}"


def _where(error: Exception, function: Callable) -> str:
    """The line of the function that was running, counted from its `def`; empty where the function was never entered."""
    code = getattr(function, "__code__", None)
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        if code is not None and frame.f_code is code:
            text = linecache.getline(code.co_filename, number, frame.f_globals).strip()
            return f"It was in line {number - code.co_firstlineno + 1} of it{f', `{text}`' if text else ''}.\n"
    return ""
