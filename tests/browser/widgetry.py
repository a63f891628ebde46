"""What the widget tests share: one tab a notebook, run once, and a widget's state and picture as the page has them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import harness
import nbformat
import node
from execute import FOLDER
from variants import assert_learners_functions_ran, solutions


@contextmanager
def running(browser, jupyterlab, notebook: str) -> Iterator[harness.Lab]:
    """`notebook` in a tab of its own, run to its end."""
    address, asked = jupyterlab
    harness.ARTEFACTS.mkdir(exist_ok=True)
    asked.clear()
    context = browser.new_context(viewport=harness.VIEWPORT)
    tab = harness.Lab(context.new_page(), address, asked)
    tab.open(notebook).run_all()
    yield tab
    tab.close()
    context.close()


def assert_runs_through(tab: harness.Lab) -> None:
    """The notebook, run to its end on the glyphs with the solutions: they ran, no error, no outside request, nothing
    that keeps people out.

    In both themes: each is drawn whole and looked over by axe-core. Without npm this part is skipped, and said.
    """
    tab.assert_clean()
    assert re.search(r"^Bank: .*glyphs", tab.printed(), re.MULTILINE)  # the bank in use is said
    assert_learners_functions_ran(solutions(nbformat.read(FOLDER / tab.notebook, as_version=4)), tab.printed())
    node.installed()
    for theme in ("dark", "light"):
        tab.theme(theme)
        with tab.whole():
            tab.screenshot(f"{tab.notebook.removesuffix('.ipynb')}-{theme}")
            assert tab.violations() == []
    tab.assert_clean()


class Piece:
    """A widget on the page: the one in the cell whose source holds `text`."""

    def __init__(self, lab: harness.Lab, text: str) -> None:
        self.lab = lab
        self.cell = lab.cell(text)
        self.root = self.cell.locator(".metalib")
        self.root.wait_for()

    def state(self) -> dict:
        """The state that the script was given, as the widget writes it to the page."""
        return json.loads(self.root.get_attribute("data-state"))

    def shown(self) -> dict:
        """The numbers that the widget shows, as it writes them to the page."""
        return json.loads(self.root.get_attribute("data-shown"))

    def pictures(self, inside: str = "") -> list[str]:
        """What tells the pictures that are seen apart: data URLs, and places in strips."""
        which = "nodes => nodes.map(node => node.src ?? getComputedStyle(node).backgroundImage + node.dataset.tile)"
        return self.root.locator(f"{inside} :is(img, .metalib-tile)").evaluate_all(which)

    def after(self, act: Callable[[], object]) -> dict:
        """The state after `act`, which has to change it."""
        before = self.root.get_attribute("data-state")
        act()
        handle = self.root.element_handle()
        changed = "([root, before]) => root.dataset.state !== before"
        self.lab.page.wait_for_function(changed, arg=[handle, before], timeout=10_000)
        return self.state()

    def until(self, condition: str) -> dict:
        """The state as soon as `condition`, an expression of `state` in JavaScript, holds of it.

        For what is answered in several steps, such as a drag: the first change is not the last.
        """
        holds = f"root => {{ const state = JSON.parse(root.dataset.state); return {condition}; }}"
        self.lab.page.wait_for_function(holds, arg=self.root.element_handle(), timeout=10_000)
        return self.state()

    def press(self, key: str) -> dict:
        """The state after a key, sent to what has the focus; the focus has to lie in the widget."""
        assert self.root.evaluate("root => root.contains(document.activeElement)")
        return self.after(lambda: self.lab.page.keyboard.press(key))

    def focus_ring(self) -> str:
        """The outline of what has the focus, as painted: "none 0px" where nothing is seen."""
        style = "(({ outlineStyle, outlineWidth }) => `${outlineStyle} ${outlineWidth}`)"
        return self.lab.page.evaluate(f"{style}(getComputedStyle(document.activeElement))")

    def screenshots(self, name: str) -> None:
        """The widget in both themes, in the artefacts."""
        for theme in ("light", "dark"):
            self.lab.theme(theme)
            self.cell.scroll_into_view_if_needed()
            self.root.screenshot(path=harness.ARTEFACTS / f"widget-{name}-{theme}.png")
        self.lab.theme("light")
