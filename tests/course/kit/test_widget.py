"""What all widgets share: the score board, results, pictures and numbers for their scripts."""

import base64
from pathlib import Path

import numpy as np
import torch

from metalib import course
from metalib.course.kit import board, scores, widget
from metalib.evaluate import Interval, wilson_interval


def test_the_score_board_is_a_table_a_picture_and_a_caption(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda *things, **options: shown.extend(things))
    board.record("you", "B", wilson_interval(8, 10), bank="Omniglot")
    scores.show_scores("B", bank="Omniglot")
    table, picture = (output._repr_html_() for output in shown)
    assert "you" in table and 'src="data:image/png;base64,' in picture
    assert "you 80.0 %" in picture and "chance 5.0 %" in picture
    for words in ("Intervals may be narrower than the dots", "the dashed line is chance", "Shaded rows are yours"):
        assert words in picture


def test_the_board_in_words_says_whose_row_is_whose():
    interval = wilson_interval(8, 10)
    rows = [board.Row("SimpleShot", "A", interval, "Omniglot"), board.Row("you", "A", interval, "Omniglot", mine=True)]
    rows.append(board.Row("SimpleShot", "A", interval, "Omniglot", mine=True))
    assert "best first: SimpleShot (by you) 80.0 %, you 80.0 %, SimpleShot 80.0 %." in scores.caption(rows)


def test_a_result_goes_to_the_script_with_its_interval_and_colour():
    result = widget.bar("you", Interval(0.5, 0.2, 0.8, 10))
    assert (result["low"], result["mean"], result["high"], result["colour"]) == (0.2, 0.5, 0.8, "#000000")


def test_a_picture_goes_to_the_script_dark_on_white(tiny_bank):
    import io

    from PIL import Image

    url = widget.data_url(tiny_bank.images[0, :2])
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))))
    np.testing.assert_array_equal(pixels, 255 - np.concatenate(list(tiny_bank.images[0, :2, 0].numpy()), axis=1))


def test_numbers_go_to_the_script_in_sixteen_bits():
    values = torch.linspace(-3, 2, 7).view(7, 1)
    found = widget.packed(values)
    whole = np.frombuffer(base64.b64decode(found["bytes"]), dtype="<i2")
    np.testing.assert_allclose(found["scale"] * whole, values.flatten().numpy(), atol=3 / 65534)
    assert found["shape"] == [7, 1]
    assert set(base64.b64decode(widget.packed(torch.zeros(4))["bytes"])) == {0}


def test_each_widget_has_its_bundles():
    for path in (Path(course.__file__).parent).rglob("*.js"):
        if path.parent.name != "built" and "export default widget(" in path.read_text("utf-8"):
            assert widget.bundle(str(path.with_suffix(".py"))) and widget.bundle(str(path.with_suffix(".py")), ".css")
