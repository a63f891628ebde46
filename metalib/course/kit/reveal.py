"""Answers that stay out of sight: all that a block of code shows, in one closed fold inside the cell's output."""

from __future__ import annotations

import contextlib
import io
import sys
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Any

from metalib.course.kit import markup

WIDGET = "application/vnd.jupyter.widget-view+json"
FRAME = "border:1px solid #8A8A8A;border-radius:6px;padding:0 12px;margin:6px 0"
HANDLE = "cursor:pointer;font-weight:bold;padding:8px 0"


@contextlib.contextmanager
def reveal(summary: str = "Reveal") -> Iterator[None]:
    """`with reveal():` shows what the block prints and displays as one output, a closed fold that `summary` opens.

    It stays closed after *Run All*, when the notebook is opened again, and on a page that nbconvert makes. Where no
    HTML is shown (a terminal), the contents come as they are, below the summary.
    Raises TypeError for a widget: its view works in an output of its own only. When the block raises, what it had
    shown by then is shown.
    """
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None or "text/html" not in shell.display_formatter.active_types:
        print(f"{summary}:")
        yield
        return
    pieces: list[str] = []
    publisher = shell.display_pub
    shell.display_pub = _publisher(pieces)
    try:
        with contextlib.redirect_stdout(_Printed(pieces)):
            yield
    finally:
        shell.display_pub = publisher
        sys.stdout.flush()
        _show(summary, "".join(pieces))


def say(text: str) -> None:
    """Display `text` as paragraphs: light markdown with `code`, **bold**, *italic*, "- " lists and tables.

    In a `reveal` it stands where it was said, between what was printed and drawn.
    """
    from IPython.display import display

    display(markup.Html(markup.blocks(text), text.strip()))


def _show(summary: str, inside: str) -> None:
    from IPython.display import display

    fold = (
        f'<details style="{FRAME}"><summary style="{HANDLE}">{markup.inline(summary)}</summary>'
        f'<div style="padding-bottom:8px">{inside}</div></details>'
    )
    display(markup.Html(fold, f"{summary}: run this cell in a notebook and open the fold"))


class _Printed(io.TextIOBase):
    """Standard output while a fold collects: lines that follow each other make one block."""

    START, END = '<pre style="white-space:pre-wrap;margin:4px 0">', "</pre>"

    def __init__(self, pieces: list[str]):
        self.pieces = pieces

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not (self.pieces and self.pieces[-1].startswith(self.START)):
            self.pieces.append(self.START + self.END)
        self.pieces[-1] = self.pieces[-1].removesuffix(self.END) + escape(text, quote=False) + self.END
        return len(text)


def _publisher(pieces: list[str]) -> Any:
    """Takes what `display` publishes, as HTML, in place of the notebook."""
    from IPython.core.displaypub import CapturingDisplayPublisher

    class Collector(CapturingDisplayPublisher):
        def publish(self, data: Any, metadata: Any = None, *arguments: Any, **options: Any) -> None:
            pieces.append(_as_html(data, metadata or {}))

    return Collector()


def _as_html(data: dict[str, Any], metadata: dict[str, Any]) -> str:
    """One output, as the kernel would send it, as HTML."""
    words = data.get("text/plain", "")
    if WIDGET in data:
        raise TypeError(
            "a widget does not work inside `reveal`: show it in a cell of its own, before or after the fold"
        )
    if "text/html" in data:
        return str(data["text/html"])
    if "text/markdown" in data:
        return markup.blocks(data["text/markdown"])
    if "image/png" in data:
        png = data["image/png"]
        encoded = png if isinstance(png, str) else b64encode(png).decode()
        alt = metadata.get("image/png", {}).get("alt") or "a picture"
        source = "data:image/png;base64," + "".join(encoded.split())
        return f'<img alt="{escape(alt)}" src="{source}" style="max-width:100%;height:auto">'
    return f'<pre style="white-space:pre-wrap;margin:4px 0">{escape(words, quote=False)}</pre>'
