"""metalib.banks.hausdorff: the distance by hand, and beside one that compares every point with every other."""

import pytest
import torch
from torch.testing import assert_close

from metalib.banks.hausdorff import modified_hausdorff


def drawing(*pixels, size=12):
    bitmap = torch.zeros(size, size, dtype=torch.bool)
    for row, column in pixels:
        bitmap[row, column] = True
    return bitmap[None]


def every_pair(a, b):
    """The definition, without its grid: all distances between the centred points."""
    a, b = (bitmap.nonzero().double() for bitmap in (a, b))
    between = torch.cdist(a - a.mean(0), b - b.mean(0), compute_mode="donot_use_mm_for_euclid_dist")
    return torch.maximum(between.amin(1).mean(), between.amin(0).mean())


def test_by_hand():
    """Points at ±2 and at ±1 of a line: each is 1 from the nearest of the other drawing."""
    assert modified_hausdorff(drawing((5, 0), (5, 4)), drawing((3, 1), (3, 3))).item() == 1


def test_the_larger_of_both_ways_counts():
    """One point in the middle is in a line of three, two of which are 3 from it: 0 one way, 2 the other."""
    point, line = drawing((0, 0)), drawing((2, 1), (5, 1), (8, 1))
    assert modified_hausdorff(point, line).item() == modified_hausdorff(line, point).item() == 2


def test_it_is_what_comparing_every_pair_gives():
    generator = torch.Generator().manual_seed(0)
    queries, candidates = (torch.rand(n, 11, 9, generator=generator) < 0.15 for n in (4, 5))
    expected = torch.stack([torch.stack([every_pair(q, c) for c in candidates]) for q in queries])
    assert_close(modified_hausdorff(queries, candidates), expected)


def test_where_a_drawing_lies_on_the_paper_does_not_matter():
    drawings = torch.rand(3, 12, 12, generator=torch.Generator().manual_seed(1)) < 0.2
    moved = torch.nn.functional.pad(drawings, (5, 0, 3, 1))
    assert_close(modified_hausdorff(drawings, moved).diagonal(), torch.zeros(3, dtype=torch.float64))


def test_a_drawing_without_ink_is_refused():
    with pytest.raises(ValueError, match="12 × 12 pixels has no ink"):
        modified_hausdorff(drawing((1, 1)), drawing())
