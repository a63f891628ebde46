"""Draw your own: five classes from a canvas, a picture to be classified, and the answer with its reason."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from metalib import maml, protonet
from metalib.banks.pictures import SIDE
from metalib.course.draw_your_own import drawings_file
from metalib.course.draw_your_own.drawings_file import LETTERS, MOST, WAYS
from metalib.course.draw_your_own.first_drawings import drawings as first_drawings
from metalib.course.draw_your_own.ink import on_paper, seen
from metalib.course.draw_your_own.plots_drawings import drawn_and_answered
from metalib.course.draw_your_own.rounded import as_text, rounded
from metalib.course.kit import plots
from metalib.course.kit.asking import AskingWidget
from metalib.course.kit.colours import method_colour
from metalib.course.kit.widget import badge, bundle
from metalib.episodes import Episode
from metalib.files import BadFile
from metalib.models import Conv4
from metalib.training import checkpoints
from metalib.training.recipes import recipe_of

FOLDER = "my-drawings"
PROTONET, PIXELS, MAML = "prototypical network", "pixel neighbours", "MAML with tied rows"


class DrawYourOwn(AskingWidget):
    """Five classes of up to five drawings, a query, and what a prototypical network says to it, with the reason.

    encoder  a conv4 in its max-pool form, with running statistics; None: the course's prototypical network. It runs in
             the widget's own script, rounded to 16 bits (`rounded`), so that no kernel is needed
    shots    drawings of each of the five made-up characters that are there to begin with, 1 … 5
    folder   where the button saves, and what is loaded to begin with if it was saved before; None: neither
    `state` is {"classes": five lists of five drawings, "query": a drawing, "label" and "slot": which drawing is on the
    canvas, label −1 is the query, "pen": [x, y, whether it is down], "before": what an undo brings back, or None,
    "maml": whether MAML answers too, "saves": how often the folder was asked for, "said": words}. A drawing is a
    list of strokes (`ink`); an empty one is a free place.
    """

    _esm, _css = bundle(__file__), bundle(__file__, ".css")
    words = "Draw your own, a widget: run the cell to draw. The picture beside it shows five classes and a query."

    def __init__(
        self, encoder: Conv4 | None = None, *, shots: int = 3, folder: str | Path | None = FOLDER, seed: int = 0
    ) -> None:
        if not 1 <= shots <= MOST:
            raise ValueError(f"shots is {shots}: give 1 … {MOST} drawings of each class")
        self.network = rounded(checkpoints.load("protonet")[0] if encoder is None else encoder.cpu())
        self.folder = None if folder is None else Path(folder)
        drawn = first_drawings(shots + 1, seed)
        self.first = {"classes": [_filled(drawings[:shots]) for drawings in drawn], "query": drawn[3][shots]}
        data = {
            "labels": [badge(label) for label in range(WAYS)],
            "network": as_text(self.network),
            "first": self.first,
            "methods": [{"name": name, "colour": method_colour(name)} for name in (PROTONET, PIXELS, MAML)],
            "folder": None if folder is None else str(folder),
        }
        still = {"label": -1, "slot": 0, "pen": [52, 52, 0], "before": None, "maml": 0, "saves": 0, "said": ""}
        super().__init__(data=data, state={**self.first, **still})
        if self.folder is not None and self.folder.is_dir():
            self._load_if_it_can(self.folder)
        self._saved = 0
        self.observe(self._heard, names="state")

    # --- what later cells take

    def drawings(self) -> tuple[list[np.ndarray], list[str]]:
        """The drawings of all classes, [105, 105] uint8 with dark ink on white paper, and their labels, "A" … "E"."""
        drawn = [
            (on_paper(drawing), letter) for letter, of in zip(LETTERS, self._classes(), strict=True) for drawing in of
        ]
        return [picture for picture, _ in drawn], [letter for _, letter in drawn]

    def query(self) -> np.ndarray | None:
        """The query, [105, 105] uint8 as `drawings` has them; None where nothing is drawn."""
        return on_paper(self.state["query"]) if self.state["query"] else None

    def task(self) -> Episode:
        """The same as the networks take them: pictures [S or Q, 1, 28, 28] float in 0 … 1, labels 0 … N−1.

        N classes have drawings; the others are left out. Q is 1, or 0 where no query is drawn; its label is not known,
        and 0 stands in its place. Raises ValueError where fewer than two classes have drawings.
        """
        classes = [drawings for drawings in self._classes() if drawings]
        if len(classes) < 2:
            raise ValueError(f"{len(classes)} of {WAYS} classes have a drawing: draw one of at least two")
        return _task(classes, self.state["query"])

    @property
    def own(self) -> bool:
        """Whether a class has other drawings than those that were there to begin with."""
        return self.state["classes"] != self.first["classes"]

    def probabilities(self) -> Tensor:
        """[N]: the query's class probabilities by the rounded network, of the classes that have drawings.

        Raises ValueError as `task` does, and where no query is drawn.
        """
        task = self.task()
        if not len(task.query_x):
            raise ValueError("no query is drawn: choose the place beside the question mark, and draw")
        return protonet.task_logits(self.network, task, int(task.support_y.max()) + 1)[0].softmax(dim=0)

    # --- saved and loaded

    def save(self, folder: str | Path | None = None) -> Path:
        """Write the drawings as a folder of PNGs, one sub-folder a class; its path. Raises OSError where it cannot be.

        folder  None: the widget's own
        """
        chosen = self.folder if folder is None else Path(folder)
        if chosen is None:
            raise ValueError("the widget has no folder: write save('my-drawings')")
        drawings_file.write_folder(chosen, self._classes())
        return chosen

    def load(self, path: str | Path) -> None:
        """Show the drawings of a folder or of a file that the widget saved. Raises BadFile or FileNotFoundError."""
        classes = [_filled(drawings) for drawings in drawings_file.read(Path(path))]
        said = f"Loaded from {path}."
        self.state = {**self.state, "classes": classes, "label": -1, "slot": 0, "before": None, "said": said}

    def _load_if_it_can(self, folder: Path) -> None:
        """What was saved there before; a folder with something else in it keeps no cell from running."""
        try:
            self.load(folder)
        except BadFile as error:
            self.state = {**self.state, "said": f"Not loaded: {error}."}

    def _heard(self, _change: Any) -> None:
        """Save when the button asked for it: the script counts in `saves`."""
        if self.state["saves"] <= self._saved:
            return
        self._saved = self.state["saves"]
        try:
            found: Any = f"Saved as the folder {self.save()}."
        except (OSError, ValueError) as error:
            found = {"error": f"Not saved: {error}"}
        self.answer = {"number": None, "found": {f"saved {self._saved}": found}}

    # --- what the script asks

    def reply(self, question: str) -> Any:
        """MAML's class probabilities of a query, each class by its label."""
        given = json.loads(question.removeprefix("maml "))
        labels = [label for label, drawings in enumerate(given["classes"]) if drawings]
        task = _task([given["classes"][label] for label in labels], given["query"])
        model, recipe = self._maml
        adapting = {"inner_lr": recipe.inner_lr, "inner_steps": recipe.test_steps, "transductive": False}
        with torch.no_grad():
            shares = maml.logits(model, recipe.theta(model, len(labels)), task, **adapting)[0].softmax(dim=0)
        return {str(label): share for label, share in zip(labels, shares.tolist(), strict=True)}

    @cached_property
    def _maml(self) -> tuple[Conv4, Any]:
        model, info = checkpoints.load("maml-tied")
        return model, recipe_of(info)

    # --- the picture beside it

    def twin(self) -> plots.Figure:
        """The classes, the query and its probabilities, where there are any, as a figure: the same without a kernel."""
        figure, ax = plots.canvas(7.6, 3.2)
        query = self.state["query"]
        pictures = [_seen(drawings) for drawings in self._classes()]
        drawn_and_answered(ax, pictures, _seen([query]), self._shares())
        return figure

    def caption(self) -> str:
        """What the twin shows, in words."""
        shares = self._shares()
        counts = ", ".join(f"{len(of)} of {letter}" for letter, of in zip(LETTERS, self._classes(), strict=True) if of)
        if not shares:
            return f"drawings of classes ({counts or 'none yet'}) and a query, of which nothing can be said yet."
        answer = max(shares, key=lambda label: shares[label])
        said = ", ".join(f"{LETTERS[label]} {100 * share:.0f} %" for label, share in shares.items())
        return f"drawings of five classes ({counts}) and a query, taken for {LETTERS[answer]}. Probabilities: {said}."

    def _shares(self) -> dict[int, float]:
        """The probability of each label; none where there is no query, or one class."""
        labels = [label for label, drawings in enumerate(self._classes()) if drawings]
        if len(labels) < 2 or not self.state["query"]:
            return {}
        return dict(zip(labels, self.probabilities().tolist(), strict=True))

    def _classes(self) -> list[list[Any]]:
        return [[drawing for drawing in drawings if drawing] for drawings in self.state["classes"]]


def _filled(drawings: list[Any]) -> list[Any]:
    """Five places: the drawings, then free ones."""
    return [*drawings, *([] for _ in range(MOST - len(drawings)))]


def _task(classes: list[list[Any]], query: Any) -> Episode:
    """One task without a task axis from strokes; of the query's label nothing is known."""
    labels = [label for label, drawings in enumerate(classes) for _ in drawings]
    support, asked = _seen([drawing for drawings in classes for drawing in drawings]), _seen([query] if query else [])
    return Episode(support / 255, torch.tensor(labels), asked / 255, torch.zeros(len(asked), dtype=torch.long))


def _seen(drawings: list[Any]) -> Tensor:
    """[n, 1, 28, 28] uint8: the drawings as the network sees them."""
    pictures = [torch.from_numpy(seen(drawing)) for drawing in drawings]
    return torch.stack(pictures)[:, None] if pictures else torch.zeros(0, 1, SIDE, SIDE, dtype=torch.uint8)
