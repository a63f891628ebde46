"""Tables as HTML, and light markdown."""

import re

import IPython.display
import pytest

from metalib.course.kit import markup, tables


@pytest.fixture
def shown(monkeypatch):
    things = []
    monkeypatch.setattr(IPython.display, "display", lambda *new, **options: things.extend(new))
    return things


def test_a_table_has_heads_for_columns_and_rows_and_numbers_on_the_right(shown):
    tables.table(
        ("method", "error", "minus `k`"), ("**Reptile**", 0.123456, "–"), ("MAML", 12, "+3 ± 1"), note="of 5 waves"
    )
    (output,) = shown
    assert re.findall(r'<th scope="(\w+)" style="text-align:(\w+)[^"]*">([^/]+)<', output.html) == [
        ("col", "left", "method"),
        ("col", "right", "error"),
        ("col", "right", "minus <code>k"),
        ("row", "left", "<strong>Reptile"),
        ("row", "left", "MAML"),
    ]
    assert re.findall(r'<td style="text-align:(\w+)">([^<]+)', output.html) == [
        ("right", "0.1235"),
        ("right", "–"),
        ("right", "12"),
        ("right", "+3 ± 1"),
    ]
    assert re.search(r"<caption[^>]*>of 5 waves</caption>", output.html)
    assert repr(output).splitlines() == [
        "| method | error | minus `k` |",
        "| --- | --- | --- |",
        "| **Reptile** | 0.1235 | – |",
        "| MAML | 12 | +3 ± 1 |",
        "",
        "of 5 waves",
    ]


def test_a_row_that_is_too_short_is_refused():
    with pytest.raises(ValueError, match=r"1 cells under 2 heads: \('a',\)"):
        tables.table(("x", "y"), ("a",))


@pytest.mark.parametrize(
    ("value", "said"),
    [(60_000, "60,000"), (0.5, "0.5"), (1 / 3, "0.3333"), (123_456.7, "123,457"), (True, "True"), ("93.1 %", "93.1 %")],
)
def test_a_cell_says_numbers_as_the_course_does(value, said):
    assert tables.cell(value) == said


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *b* **c d** `e*f*<`", "a <em>b</em> <strong>c d</strong> <code>e*f*&lt;</code>"),
        ("2 * 3 * 4, 2*3*4 and θ*", "2 * 3 * 4, 2*3*4 and θ*"),
        ("**1 * 2** < 3 & 4", "<strong>1 * 2</strong> &lt; 3 &amp; 4"),
    ],
)
def test_light_markdown_is_read(text, html):
    assert markup.inline(text) == html


def test_blocks_are_paragraphs_lists_and_tables():
    text = "one\nline\n\n- a\n- b\n\n| x | y |\n| --- | --- |\n| c | 1 |"
    html = markup.blocks(text)
    assert html.startswith("<p>one line</p><ul><li>a</li><li>b</li></ul><table")
    assert html.endswith(markup.table(("x", "y"), [("c", "1")]))
