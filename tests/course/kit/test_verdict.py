"""What a check takes for a number, and what it says of an answer that is none."""

import numpy as np
import pytest
import torch

from metalib.course.kit.verdict import Wrong, read_number

NUMBERS = [
    3,
    3.0,
    np.float32(3),
    np.int64(3),
    np.array(3.0),
    np.array([3.0]),
    np.array([[3]]),
    torch.tensor(3),
    torch.tensor([3.0], requires_grad=True),
]


@pytest.mark.parametrize("answer", NUMBERS, ids=repr)
def test_a_number_may_come_in_any_form(answer):
    assert read_number(answer, "the start") == 3.0


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("3.0", "You return the text '3.0'"),
        (b"3.0", "You return a bytes"),
        (3 + 0j, "complex"),
        (np.complex64(3), "complex"),
        (torch.tensor(3 + 0j), "complex"),
        (True, "True or False"),
        (np.bool_(True), "True or False"),
        (torch.tensor([True]), "True or False"),
        (torch.zeros(2), "a tensor of shape [2]"),
        (np.zeros((2, 1)), "an array of shape [2, 1]"),
        ([3.0], "You return a list"),
        (np.array(["3.0"]), "the text '3.0'"),
    ],
)
def test_what_is_no_number_is_named(answer, words):
    with pytest.raises(Wrong) as wrong:
        read_number(answer, "the start")
    assert words in str(wrong.value)
