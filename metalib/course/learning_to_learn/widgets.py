"""The widgets of notebook 01, and what its cells draw with leaks."""

from collections.abc import Callable

from metalib.course.kit import board
from metalib.course.kit.sat import Sat
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


def keep_score(exam: str, bank: str) -> Callable[[Sat], None]:
    """What puts the learner's own answers on the board of `exam` as the row "you", with the questions asked.

    bank  the pictures; an exam that has its own, such as C, keeps the score for those
    """

    def keep(sat: Sat) -> None:
        score = wilson_interval(int(sat.right.sum()), len(sat.right))
        board.record(board.YOU, exam, score, bank=bank, run=str(sat))

    return keep
