"""Verdicts on the learner's answers, one file a notebook.

A check hands random inputs to the learner's function and says what is wrong, not only that it is wrong. It raises
nothing: an untouched stub is "not attempted yet", and an error inside the learner's code becomes part of the verdict.
"""

from metalib.checks import learning_to_learn, start_here
from metalib.checks.verdict import Verdict

__all__ = ["Verdict", "learning_to_learn", "start_here"]
