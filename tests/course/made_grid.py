"""A grid of made-up numbers in the form of notebook 08's, for its widget and figures."""

import torch

from metalib.course.showdown.grid import Grid, OfBank, Stored
from metalib.evaluate import Interval
from metalib.runtime import seeded

METHODS = (
    *("pixel neighbours", "untrained conv4", "pre-trained classifier", "SimpleShot", "linear probe"),
    *("fine-tuned classifier", "prototypical network", "ProtoMAML", "MAML, tied rows"),
)
WAYS, SHOTS = (2, 5, 10, 20), (1, 2, 5, 10)
REFERENCE = "prototypical network"
NOT_MEASURED = "MAML, tied rows", (20, 10)


def around(mean, half=0.004):
    return Interval(mean, mean - half, mean + half, 200, "tasks")


def accuracy(number, n, k):
    """Of method `number`: more ways are harder, more shots easier."""
    error = 0.06 * n**0.7 / k**0.5 * (1.0 if number == METHODS.index(REFERENCE) else 1.3 + 0.6 * (number % 4))
    return around(1 - min(error, 1 - 1 / n))


def made_grid():
    places = [(n, k) for n in WAYS for k in SHOTS]
    found, letters = {}, torch.rand(len(METHODS), len(places), max(WAYS), generator=seeded(0))
    for bank, lower in (("Omniglot", 0.0), ("glyphs", 0.05)):
        cells = {
            method: {at: around(accuracy(number, *at).mean - lower) for at in places if (method, at) != NOT_MEASURED}
            for number, method in enumerate(METHODS)
        }
        ahead = {
            method: {at: around(of[at].mean - cells[REFERENCE][at].mean, 0.03) for at in of}
            for method, of in cells.items()
            if method != REFERENCE
        }
        answers = {
            method: {at: _answers(letters[i, j], at[0]) for j, at in enumerate(places) if at in cells[method]}
            for i, method in enumerate(METHODS)
        }
        found[bank] = OfBank(cells, ahead, answers)
    return Grid(WAYS, SHOTS, METHODS, REFERENCE, found)


def _answers(luck, n_way):
    """The right label, but for one query in ten: there the next one."""
    return [(label + int(luck[label] < 0.1)) % n_way for label in range(n_way)]


def made_episode():
    """Squares whose place tells the class, on noise."""
    generator = seeded(1)
    pictures = torch.randint(0, 60, (20, 11, 1, 28, 28), generator=generator, dtype=torch.uint8)
    for label in range(20):
        row, column = divmod(label, 5)
        pictures[label, :, :, 7 * row : 7 * row + 6, 5 * column : 5 * column + 5] = 255
    return Stored(pictures[:, 1:], pictures[:, 0])
