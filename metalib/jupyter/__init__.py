"""What the JupyterLab of `make lab` does beyond any other: it keeps widgets alive, and trusts the course's notebooks.

`jupyter_server_config.d/` has Jupyter load this package as an extension of its server; the launcher puts the folder on
Jupyter's configuration path. `labconfig/` holds JupyterLab's own settings. `notebooks.sha256` lists the notebooks as
they were committed.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from metalib.jupyter import widget_state

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = Path(__file__).with_name("notebooks.sha256")


def _load_jupyter_server_extension(server: Any) -> None:
    """Called by Jupyter when its server starts."""
    server.contents_manager.register_pre_save_hook(keep_widgets)
    try:
        sign(server.contents_manager.notary, ROOT, COMMITTED)
    except Exception as error:  # a lab in which widgets show as text is better than none
        server.log.warning("the course's notebooks are not trusted, so their widgets show as text: %s", error)


def digest(path: Path) -> str:
    """SHA-256 of a text file, in which git on Windows may have changed the ends of lines."""
    return hashlib.sha256(path.read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def sign(notary: Any, root: Path, committed: Path) -> None:
    """Have `notary` trust the notebooks that are, byte for byte, those listed in `committed`, and no other.

    A notebook from elsewhere is not listed, whatever its name or metadata say; its widgets could run any script.
    """
    import nbformat  # comes with JupyterLab

    try:
        notary.secret  # noqa: B018  (made and written when it is first asked for)
    except OSError:  # a home that cannot be written: trusted until the lab ends. Without a secret no notebook opens
        notary.secret = os.urandom(1024)
    for line in committed.read_text(encoding="utf-8").splitlines():
        expected, name = line.split(maxsplit=1)
        path = root / name
        if path.is_file() and digest(path) == expected:
            notary.sign(nbformat.read(path, as_version=4))


def keep_widgets(model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
    """Before a notebook is saved: what JupyterLab would lose or change of it, though nobody did, is as on the disk.

    JupyterLab sends only the widget models that a living kernel answers for. The others that outputs still name are
    taken from the file; an output whose model is in neither shows its words.
    """
    if model["type"] != "notebook" or model.get("content") is None:
        return
    content = model["content"]
    metadata, before = content["metadata"], _metadata_on_disk(Path(contents_manager.root_dir) / path.strip("/"))
    found = {**widget_state.models(before), **widget_state.models(metadata)}
    for data in widget_state.views(content["cells"]):
        if data[widget_state.VIEW]["model_id"] not in found:
            data["text/plain"] = widget_state.words(data)
            del data[widget_state.VIEW]
    named = [data[widget_state.VIEW]["model_id"] for data in widget_state.views(content["cells"])]
    widget_state.hold(metadata, {name: found[name] for name in widget_state.closure(found, named)})
    for key in ("kernelspec", "language_info"):  # each kernel describes itself a little differently
        if before.get(key, {}).get("name") == metadata.get(key, {}).get("name", ""):
            metadata[key] = before[key]


def _metadata_on_disk(path: Path) -> dict[str, Any]:
    """The metadata of the notebook as it was last saved; empty for a new one, and for one that cannot be read."""
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["metadata"])
    except (OSError, ValueError, KeyError, TypeError):
        return {}
