"""The widgets of notebook 01, and what its cells draw with leaks."""

from collections.abc import Callable

from metalib.course.kit import board
from metalib.course.learning_to_learn.beat_the_machine import BeatTheMachine
from metalib.course.learning_to_learn.episode_explorer import EpisodeExplorer
from metalib.course.learning_to_learn.leaks import Leaks, expected_share, leaky_draw, memoriser_accuracy
from metalib.evaluate import wilson_interval

__all__ = [
    "BeatTheMachine",
    "EpisodeExplorer",
    "Leaks",
    "expected_share",
    "keep_score",
    "leaky_draw",
    "memoriser_accuracy",
]


def keep_score(exam: str, bank: str) -> Callable[[int, int], None]:
    """What puts the learner's own answers, (right ones, questions), on the board of `exam` as the row "you".

    bank  the pictures; an exam that has its own, such as C, keeps the score for those
    """
    return lambda right, asked: board.record(board.YOU, exam, wilson_interval(right, asked), bank=bank)
