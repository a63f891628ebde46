"""A widget alone on an empty page, without Jupyter: its bundle, its data and state, and a model that keeps them.

For what needs no kernel: what it looks like at a width and in a theme, how it behaves at extreme values, how long its
script takes (`drag_times.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from metalib.course.kit import question
from metalib.course.kit.widget import bundle

# what JupyterLab's two themes set, as far as the widgets' sheets ask for it
THEMES = {
    "light": {"layout-color1": "#fff", "layout-color2": "#eee", "ui-font-color1": "#212121"}
    | {"ui-font-color2": "#5f5f5f", "border-color1": "#bdbdbd"},
    "dark": {"layout-color1": "#111", "layout-color2": "#424242", "ui-font-color1": "#fff"}
    | {"ui-font-color2": "#bdbdbd", "border-color1": "#616161"},
}
PAGE = (
    '<!doctype html><html lang="en"><title>stage</title><body style="margin:0"><main id="stage"></main></body></html>'
)
SHOW = """async ([script, sheet, data, state]) => {
    const style = Object.assign(document.createElement("style"), { textContent: sheet });
    document.head.append(style);
    const listeners = {};
    window.sent = [];
    window.model = {
        values: { data, state },
        get: (name) => window.model.values[name],
        set: (name, value) => {
            window.model.values[name] = value;
            for (const act of [...(listeners[`change:${name}`] ?? [])]) act();
        },
        on: (event, act) => (listeners[event] ??= []).push(act),
        off: (event, act) => (listeners[event] = (listeners[event] ?? []).filter((other) => other !== act)),
        save_changes: () => window.sent.push(JSON.stringify(window.model.values.state)),
        send: (content) => window.sent.push(JSON.stringify(content)),
    };
    // a kernel that is idle, as JupyterLab's manager has it
    const real = { get: window.model.get, comm_live: true, comm: { jsServicesComm: { isDisposed: false } } };
    const kernel = { status: "idle", connectionStatus: "connected" };
    window.model.widget_manager = { kernel, _modelsSync: new Map([["model", real]]) };
    const source = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
    const { default: widget } = await import(source);
    window.stop = await widget.render({ model: window.model, el: document.getElementById("stage") });
}"""

# First and last to hear of an event, with the drawing, which is synchronous, between: the time is the script's.
LISTEN = """() => {
    window.times = [];
    for (const kind of ["pointermove", "input", "keydown", "click"]) {
        let start = 0;
        let before = "";
        const state = () => document.querySelector(".metalib").dataset.state;
        window.addEventListener(kind, () => { before = state(); start = performance.now(); }, true);
        window.addEventListener(kind, () => {
            const passed = performance.now() - start;
            if (state() !== before) window.times.push(passed); // what moved nothing would flatter the figure
        });
    }
}"""


class Stage:
    """A widget on a page. `root` is its locator, `state()` what was set, `shown()` the numbers that the page shows."""

    def __init__(self, page) -> None:
        self.page = page
        self.root = page.locator(".metalib")
        self.errors: list[str] = []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def state(self) -> Any:
        return json.loads(self.root.get_attribute("data-state"))

    def shown(self) -> Any:
        return json.loads(self.root.get_attribute("data-shown"))

    def sent(self) -> list[str]:
        """What was sent to Python so far: states, and questions."""
        return self.page.evaluate("window.sent")

    def set(self, state: Any) -> None:
        """Another state, as if Python had set it."""
        self.page.evaluate("state => window.model.set('state', state)", state)

    def theme(self, name: str) -> None:
        """ "light" or "dark", as JupyterLab's."""
        variables = "".join(f"--jp-{key}:{value};" for key, value in THEMES[name].items())
        style = f"margin:0;background:{THEMES[name]['layout-color1']};{variables}"
        self.page.evaluate(
            "([light, style]) => { document.body.dataset.jpThemeLight = light; document.body.style.cssText = style; }",
            [str(name == "light").lower(), style],
        )

    def width(self, pixels: int) -> None:
        """The width of the cell that the widget stands in."""
        self.page.evaluate("width => { document.getElementById('stage').style.width = `${width}px`; }", pixels)

    def overflow(self) -> list[str]:
        """What sticks out of the widget to the right, and does not lie in something that scrolls."""
        return self.page.evaluate(
            """() => {
                const root = document.querySelector(".metalib");
                const right = root.getBoundingClientRect().right;
                const cut = (node) => getComputedStyle(node).overflowX !== "visible";
                const scrolls = (node) => node !== root && (cut(node) || scrolls(node.parentElement));
                return [...root.querySelectorAll("*")]
                    .filter((node) => node.getBoundingClientRect().right > right + 1 && !scrolls(node.parentElement))
                    .map((node) => `${node.localName}.${node.getAttribute("class")}: ${node.textContent.slice(0, 40)}`);
            }"""
        )

    def drag(self, selector: str, dx: float, dy: float, moves: int = 60) -> list[float]:
        """Drag what `selector` names there and back; the script's milliseconds for each move."""
        self.page.evaluate(LISTEN)
        box = self.root.locator(selector).first.bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        mouse = self.page.mouse
        mouse.move(x, y)
        mouse.down()
        for i in range(1, moves + 1):
            share = 1 - abs(1 - 2 * i / moves)
            mouse.move(x + share * dx, y + share * dy)
        mouse.up()
        return self.page.evaluate("window.times")

    def keys(self, selector: str, *keys: str, times: int = 60) -> list[float]:
        """Press `keys` in turn on what `selector` names; the script's milliseconds for each press."""
        self.page.evaluate(LISTEN)
        self.root.locator(selector).first.focus()
        for i in range(times):
            self.page.keyboard.press(keys[i % len(keys)])
        return self.page.evaluate("window.times")


@contextmanager
def staged(browser, widget, *, width: int = 900, theme: str = "light", state: Any = None) -> Iterator[Stage]:
    """`widget`, made in this process, on a page of its own. Raises AssertionError where its script failed."""
    page = browser.new_page(viewport={"width": 1440, "height": 1000})
    try:
        page.set_content(PAGE)
        stage = Stage(page)
        stage.theme(theme)
        stage.width(width)
        given = json.loads(json.dumps([widget.data, widget.state if state is None else state]))
        page.evaluate(SHOW, [str(widget._esm), str(widget._css), *given])
        page.add_style_tag(content=bundle(question.__file__, ".css"))  # a widget below brings the kit's rules once more
        yield stage
        assert stage.errors == []
    finally:
        page.close()
