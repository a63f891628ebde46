"""What all widgets share: the score board, results and pictures for scripts, and scripts that stay on this machine."""

from pathlib import Path

import pytest

from metalib import course
from metalib.course.kit import board, scores, widget
from metalib.evaluate import Interval, wilson_interval

SOURCES = sorted(path for kind in ("js", "css") for path in Path(course.__file__).parent.rglob(f"*.{kind}"))


def test_the_score_board_is_a_table_a_picture_and_a_caption(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda *things, **options: shown.extend(things))
    board.record("you", "B", wilson_interval(8, 10), bank="Omniglot")
    scores.show_scores("B", bank="Omniglot")
    table, picture, caption = shown
    assert "you" in table.data and picture.data.startswith(b"\x89PNG")
    assert "you 80.0 %" in caption["text/plain"] and "chance 5.0 %" in caption["text/plain"]
    for words in ("Intervals may be narrower than the dots", "the dashed line is chance", "Shaded rows are yours"):
        assert words in caption["text/plain"]


def test_a_result_goes_to_the_script_with_its_interval_and_colour():
    result = widget.bar("you", Interval(0.5, 0.2, 0.8, 10))
    assert (result["low"], result["mean"], result["high"], result["colour"]) == (0.2, 0.5, 0.8, "#000000")


def test_a_picture_goes_to_the_script_dark_on_white(tiny_bank):
    import base64
    import io

    import numpy as np
    from PIL import Image

    url = widget.data_url(tiny_bank.images[0, :2])
    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(url.removeprefix("data:image/png;base64,")))))
    np.testing.assert_array_equal(pixels, 255 - np.concatenate(list(tiny_bank.images[0, :2, 0].numpy()), axis=1))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_scripts_and_sheets_ask_nothing_of_a_network(path):
    text = path.read_text(encoding="utf-8")
    assert not any(words in text for words in ("http", "import ", "@import", "fetch("))


def test_each_script_lies_beside_its_module_and_has_a_sheet():
    for path in SOURCES:
        assert path.with_suffix(".py").exists() and path.with_suffix(".css").exists(), path
