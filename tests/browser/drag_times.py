"""How long a widget's script takes for one move: `python tests/browser/drag_times.py` writes the table of README.md.

Measured in Chromium on a page of its own, with the course's own data; nothing asserts these times. Each widget is
worked several times on a fresh page, and the run with the lowest 95th percentile is told: other work only adds.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1] / "notebooks"))  # as pyproject.toml has it for pytest

import harness
from drag_widgets import WORKED, Work
from playwright.sync_api import sync_playwright
from stage import staged

from metalib import runtime
from metalib.course.kit.widget import Widget

README = Path(__file__).with_name("README.md")
START, END = "<!-- drag times -->\n", "<!-- end -->\n"
FRAME = 16  # ms: what one frame of a screen has
RUNS = 5


def measured(browser) -> Iterator[dict[str, Any]]:
    """A row for each widget: its name, what is done, the script's times in ms, and what it carries in kB."""
    for name, make, words, work in WORKED:
        widget = make()
        times = min((worked(browser, widget, work) for _ in range(RUNS)), key=percentile_95)
        carried = len(json.dumps([widget.data, widget.state])) / 1000
        yield {
            "name": name,
            "words": words,
            "median": statistics.median(times),
            "p95": percentile_95(times),
            "moves": len(times),
            "kB": carried,
        }


def worked(browser, widget: Widget, work: Work) -> list[float]:
    """The script's time for each move on a fresh page, in ms. Raises AssertionError where few changed the state."""
    with staged(browser, widget) as stage:
        times = work(stage)
    assert len(times) >= 10, f"only {len(times)} moves of {type(widget).__name__} changed its state"
    return times


def percentile_95(times: list[float]) -> float:
    """The 95th percentile: of few times the longest."""
    return sorted(times)[min(len(times) - 1, round(0.95 * len(times)))]


def table(rows: list[dict[str, Any]]) -> str:
    """The rows in Markdown, with the machine that they were measured on."""
    lines = [
        "| widget | moved | median, ms | 95th percentile, ms | moves | data, kB |",
        "| --- | --- | ---: | ---: | ---: | ---: |",
        *(
            f"| {r['name']} | {r['words']} | {r['median']:.1f} | {r['p95']:.1f} | {r['moves']} | {r['kB']:.0f} |"
            for r in rows
        ),
    ]
    over = [r["name"] for r in rows if r["p95"] > FRAME]
    said = f"Over a frame of {FRAME} ms: {', '.join(over)}." if over else f"None takes more than a frame ({FRAME} ms)."
    return "\n".join([*lines, "", f"{said} Measured on {runtime.machine()}.", ""])


def main() -> None:
    """Measure, and write the table into the README."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=harness.find_chromium(driver), args=harness.FLAGS)
        rows = list(measured(browser))
        browser.close()
    text = README.read_text(encoding="utf-8")
    before, rest = text.split(START)
    README.write_text(before + START + table(rows) + END + rest.split(END)[1], encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
