"""The five characters that are there to begin with."""

import numpy as np
import torch

from metalib import protonet
from metalib.course.draw_your_own.first_drawings import drawings
from metalib.course.draw_your_own.ink import SHEET, seen
from metalib.training import checkpoints


def test_the_same_seed_draws_the_same_and_no_drawing_twice():
    found = drawings(5, seed=3)
    assert found == drawings(5, seed=3) != drawings(5, seed=4)
    pictures = {seen(drawing).tobytes() for of_class in found for drawing in of_class}
    assert [len(of_class) for of_class in found] == [5] * 5 and len(pictures) == 25


def test_every_point_is_on_the_sheet():
    numbers = np.array([x for of_class in drawings(20, seed=0) for drawing in of_class for s in drawing for x in s])
    assert numbers.min() >= 0 and numbers.max() <= SHEET


def test_the_network_tells_them_apart():
    encoder, _ = checkpoints.load("protonet")
    pixels = np.stack([[seen(drawing) for drawing in of_class] for of_class in drawings(6, seed=1)])  # [5, 6, 28, 28]
    z = encoder(torch.from_numpy(pixels).flatten(0, 1)[:, None].float() / 255).unflatten(0, (5, 6))
    logits = protonet.logits(z[:, 1:].flatten(0, 1), z[:, 0])  # one shot
    right = logits.argmax(dim=1) == torch.arange(5).repeat_interleave(5)
    assert right.float().mean() > 0.9
