"""The course's own results: every method in the exams, and its networks beside the published figures.

`metalib results` measures and writes them. What the same network did in the same exam before is kept: a new network
costs its own minutes only. `entry` is one accuracy, `sittings` says who sits, `papers` has the published figures,
`measure` brings all up to date, `tables` and `files` write it down.
"""

from metalib.course.kit.results.files import accuracies

__all__ = ["accuracies"]
