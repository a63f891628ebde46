"""The colours: told apart by all, and never mistaken for another thing's."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from metalib.course.kit import board
from metalib.course.kit import colours as palette

PALETTES = {"methods": palette.METHOD_COLOURS.values(), "classes": palette.CLASS_COLOURS}
# What a colour becomes without the red, the green or the blue cones, in linear RGB (Machado et al., 2009, severity 1)
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array([[0.152, 1.053, -0.205], [0.115, 0.786, 0.099], [-0.004, -0.048, 1.052]]),
    "deuteranopia": np.array([[0.367, 0.861, -0.228], [0.280, 0.673, 0.047], [-0.012, 0.043, 0.969]]),
    "tritanopia": np.array([[1.256, -0.077, -0.179], [-0.078, 0.931, 0.148], [0.005, 0.691, 0.304]]),
}


def lab_colour(colour, matrix):
    """CIE L*a*b* of a colour as seen through `matrix`: equal distances look about equally large."""
    rgb = np.array(to_rgb(colour))
    linear = matrix @ np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ linear.clip(0, 1) / [0.9505, 1.0, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("colours", PALETTES.values(), ids=PALETTES)
def test_colours_are_told_apart_with_any_colour_blindness(blindness, colours):
    seen = {colour: lab_colour(colour, BLINDNESS[blindness]) for colour in colours}
    nearest = min((np.linalg.norm(seen[a] - seen[b]), a, b) for a, b in itertools.combinations(seen, 2))
    assert nearest[0] > 12, nearest


def test_no_class_has_the_colour_of_a_method():
    assert not set(palette.CLASS_COLOURS) & set(palette.METHOD_COLOURS.values())


def test_an_unknown_method_is_grey():
    assert palette.method_colour("memoriser") == palette.METHOD_COLOURS["chance"]


@pytest.mark.parametrize(
    ("method", "family"),
    [
        ("ANIL, each query alone", "ANIL"),
        ("first-order MAML with 5 inner steps", "first-order MAML"),
        ("MAML (by you)", "MAML"),
        ("SimpleShot", "fine-tuning"),
        ("ProtoMAML", "MAML"),
        ("NCA", "prototypical network"),
        ("yours", None),
        ("MAMLs", None),
    ],
)
def test_a_variant_has_its_familys_colour(method, family):
    assert palette.family(method) == family
    assert palette.method_colour(method) == palette.METHOD_COLOURS[family or "chance"]


def test_every_row_of_the_board_has_a_colour():
    """Of the committed results, on both data sets: grey is chance's."""
    rows = [row for exam in "AB" for bank in ("Omniglot", "DejaVu glyphs") for row in board.rows(exam, bank=bank)]
    assert {row.method for row in rows if not row.mine and palette.family(row.method) is None} == set()


def test_ink_can_be_read_on_every_class_colour():
    assert [palette.ink_on(colour) for colour in ("#FFFFFF", "#000000", "#CCBB44", "#4477AA")] == [
        "#000000",
        "#FFFFFF",
        "#000000",
        "#FFFFFF",
    ]
