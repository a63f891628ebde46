"""What the tests of the checks expect of a verdict on an answer."""


def accept(verdict):
    """The answer is right."""
    assert verdict.passed is True, verdict
    assert str(verdict).startswith("✓ Right")


def expect(verdict, words):
    """The answer is wrong, and the message says so in these words."""
    assert verdict.passed is False, verdict
    assert words in verdict.message, verdict
