"""What the widgets that draw graphs share: sliders, things to drag, and the road from these to a state."""

from __future__ import annotations

from typing import Any

from metalib.course.kit.old_widget import Widget, beside, script, sheet


def graph_script(module: str) -> str:
    """The JavaScript of the widget in the file `module`, after what all widgets and what all graphs share."""
    return script(__file__) + beside(module, ".js")


def graph_sheet(module: str) -> str:
    """The style sheet of the widget in the file `module`, after what all widgets and what all graphs share."""
    return sheet(__file__) + beside(module, ".css")


class Graph(Widget):
    """A widget with sliders, handles and buttons. A subclass says what each does, and makes the view.

    set     a slider or a choice of name `name` has a new value
    move    the handle `name` was dragged to (x, y)
    nudge   an arrow key on the handle `name`: dx, dy in steps
    press   the button `name`
    The view holds the number of answers: the script sends the next message when one has come.
    """

    def __init__(self, **traits: Any) -> None:
        super().__init__({name: getattr(self, name) for name in ("set", "move", "nudge", "press")}, **traits)
        self.answers = 0
        self.refresh()

    def refresh(self) -> None:
        """Send the view of the present state."""
        self.view = {**self._view(), "answers": self.answers}

    def _act(self, widget: Widget, content: dict[str, Any], buffers: list[bytes]) -> None:
        self.answers += 1
        super()._act(widget, content, buffers)
        self.refresh()

    def set(self, name: str, value: float) -> None:
        """A slider or a choice has a new value."""
        raise NotImplementedError

    def move(self, name: str, x: float, y: float) -> None:
        """A handle was dragged."""
        raise NotImplementedError

    def nudge(self, name: str, dx: float, dy: float) -> None:
        """A handle was moved by key."""
        raise NotImplementedError

    def press(self, name: str) -> None:
        """A button was pressed."""
        raise NotImplementedError

    def _view(self) -> dict[str, Any]:
        raise NotImplementedError
