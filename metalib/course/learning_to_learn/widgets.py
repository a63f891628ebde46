"""The widgets of notebook 01, and those that all notebooks have."""

from metalib.course.kit.question import Question
from metalib.course.kit.scores import show_scores
from metalib.course.learning_to_learn.beat_the_machine import BeatTheMachine
from metalib.course.learning_to_learn.episode_explorer import EpisodeExplorer
from metalib.course.learning_to_learn.leaks import Leaks, leaky_draw, memoriser_accuracy

__all__ = ["BeatTheMachine", "EpisodeExplorer", "Leaks", "Question", "leaky_draw", "memoriser_accuracy", "show_scores"]
