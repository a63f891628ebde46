"""What a block shows, in one closed fold; outside a notebook it is shown as it is."""

import re

import pytest
from IPython.core.displaypub import CapturingDisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Image, Markdown, display
from traitlets.config import Config

from metalib.course.kit import figures, tables
from metalib.course.kit.question import Question
from metalib.course.kit.reveal import reveal, say

DOT = (  # a PNG of one pixel
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc`\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture
def notebook(monkeypatch, tmp_path):
    """A notebook's shell without a kernel: the outputs that its page would get."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    shell.display_pub = CapturingDisplayPublisher()
    yield shell.display_pub.outputs
    InteractiveShell.clear_instance()


def fold(outputs):
    """The one output, as (summary, what is inside), and its words."""
    (output,) = outputs
    data = output["data"]
    closed = re.fullmatch(
        r"<details style=[^>]*><summary[^>]*>(.*?)</summary><div[^>]*>(.*)</div></details>", data["text/html"], re.S
    )
    return *closed.groups(), data["text/plain"]


def test_all_that_is_shown_comes_as_one_closed_fold_in_its_order(notebook, capsys):
    with reveal():
        print("first <1>")
        print("second")
        say("a **bold** word")
        tables.table(("x", "y"), ("row", 1))
        print("third")
        display(Markdown("`code`"), {"words": 5})
    summary, inside, words = fold(notebook)
    assert summary == "Reveal"
    assert re.sub(r"<table.*</table>", "TABLE", re.sub(r"(<pre)[^>]*", r"\1", inside)) == (
        "<pre>first &lt;1&gt;\nsecond\n</pre><p>a <strong>bold</strong> word</p>TABLE<pre>third\n</pre>"
        "<p><code>code</code></p><pre>{'words': 5}</pre>"
    )
    assert words == "Reveal: run this cell in a notebook and open the fold"
    assert capsys.readouterr().out == ""


def test_pictures_keep_their_words(notebook):
    with reveal("The *map*"):
        display(Image(DOT, alt="a dot"))
        display(Image(DOT))
        figures.show(figures.canvas()[0], "an empty figure")
    summary, inside, _ = fold(notebook)
    assert summary == "The <em>map</em>"
    said = re.findall(r'<img alt="([^"]*)" src="data:image/png;base64,iVBOR', inside)
    assert said == ["a dot", "a picture", "an empty figure"]
    assert "Figure: an empty" not in inside  # that is for where no HTML is shown


def test_what_was_shown_before_an_error_is_shown_and_the_error_goes_on(notebook, capsys):
    def block():
        with reveal():
            print("so far")
            print(1 / 0)

    with pytest.raises(ZeroDivisionError):
        block()
    assert "so far" in fold(notebook)[1]
    print("after")
    display(Markdown("after"))
    assert capsys.readouterr().out == "after\n" and len(notebook) == 2


def test_a_widget_is_refused_with_words(notebook):
    with (
        pytest.raises(TypeError, match="a widget does not work inside `reveal`: show it in a cell of its own"),
        reveal(),
    ):
        display(Question("Which?", [("this", "Yes."), ("that", "No.")], 0))


def test_a_fold_in_a_fold_stays_one_output(notebook):
    with reveal("outer"):
        with reveal("inner"):
            print("deep")
    assert fold(notebook)[0] == "outer" and notebook[0]["data"]["text/html"].count("<details") == 2


def test_without_a_page_the_contents_come_as_they_are(capsys):
    with reveal("The answer"):
        print("42")
        say("It is **even**.")
    assert capsys.readouterr().out == "The answer:\n42\nIt is **even**.\n"


def test_a_terminal_gets_the_contents_as_they_are(notebook, capsys):
    InteractiveShell.instance().display_formatter.active_types = ["text/plain"]
    with reveal():
        print("42")
    assert capsys.readouterr().out == "Reveal:\n42\n" and notebook == []
