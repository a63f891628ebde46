"""What people and other programs reached in an exam of the course, as it is published."""

from __future__ import annotations

from dataclasses import dataclass

from metalib.evaluate import Interval

SCIENCE = "Lake et al., Science 350 (2015), page 1335"


@dataclass(frozen=True)
class Published:
    """One published figure.

    errors  a share in 0 … 1      remark  what it is of      wrong  how many questions it is
    """

    who: str
    exam: str
    errors: float
    remark: str
    source: str
    wrong: int | None = None  # None: a mean over people is no whole number

    @property
    def interval(self) -> Interval:
        """The accuracy. No interval is published, so it has no width."""
        return Interval(1 - self.errors, 1 - self.errors, 1 - self.errors, 0, f"as published: {self.source}")


# "People were skilled one-shot learners, achieving an average error rate of 4.5% (N = 40). BPL showed a similar error
# rate of 3.3%". 13 of 400 are 3.25 %
PUBLISHED = (
    Published("people", "C", 0.045, "mean of 40 people", SCIENCE),
    Published("Bayesian program learning", "C", 0.033, "13 of 400", SCIENCE, wrong=13),
)
