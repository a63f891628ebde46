"""What the lab keeps when a notebook is saved, which notebooks it trusts, and that Jupyter finds all this."""

import json
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import pytest
from nbformat.sign import MemorySignatureStore, NotebookNotary

from metalib import jupyter
from metalib.app import lab
from metalib.jupyter import widget_state
from metalib.jupyter.widget_state import STATE, VIEW

LAYOUT = {"model_name": "LayoutModel", "state": {}}


def card(text="as it was"):
    return {"model_name": "AnyModel", "state": {"layout": "IPY_MODEL_layout", "text": text}}


def a_notebook(*shown, models=(), **metadata):
    """The JSON of a notebook with one cell that shows the widgets called `shown`."""
    outputs = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {VIEW: {"model_id": name}, "text/plain": f"A card {name}"},
        }
        for name in shown
    ]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("x", id="x", outputs=outputs)], metadata=metadata
    )
    widget_state.hold(notebook.metadata, dict(models))
    return json.loads(nbformat.writes(nbformat.from_dict(notebook)))


@pytest.fixture
def saved(tmp_path):
    """What is on the disk after a page sends `sent`, where `before` was."""

    def save(before, sent):
        if before is not None:
            (tmp_path / "x.ipynb").write_text(before if isinstance(before, str) else json.dumps(before))
        model = {"type": "notebook", "content": sent}
        jupyter.keep_widgets(model, "/x.ipynb", SimpleNamespace(root_dir=str(tmp_path)))
        return model["content"]

    return save


def test_a_restored_widget_is_kept_with_what_it_needs_and_nothing_else_is(saved):
    before = a_notebook("one", models={"one": card(), "layout": LAYOUT, "old": card()})
    assert saved(before, a_notebook("one")) == a_notebook("one", models={"one": card(), "layout": LAYOUT})


def test_a_living_widget_is_saved_as_it_is_now(saved):
    before, now = ({"one": card(text), "layout": LAYOUT} for text in ("then", "now"))
    assert saved(a_notebook("one", models=before), a_notebook("one", models=now)) == a_notebook("one", models=now)


def test_a_widget_without_a_model_anywhere_shows_its_words_and_says_run_this_cell(saved):
    (output,) = saved(a_notebook(), a_notebook("lost"))["cells"][0]["outputs"]
    assert output["data"] == {"text/plain": f"A card lost\n\n{widget_state.RUN_THIS_CELL}"}


def test_a_notebook_without_widgets_says_nothing_of_them(saved):
    empty = {STATE: {"state": {}, "version_major": 2, "version_minor": 0}}
    assert saved(a_notebook(), a_notebook(widgets=empty)) == a_notebook()


PYTHON = {"name": "python", "version": "3.11"}


@pytest.mark.parametrize(
    ("before", "sent", "kept"),
    [
        ({"name": "python"}, PYTHON, {"name": "python"}),
        ({"name": "R"}, PYTHON, PYTHON),
        (None, PYTHON, PYTHON),
    ],
)
def test_the_kernels_word_on_its_language_changes_a_notebook_only_with_the_language(saved, before, sent, kept):
    on_disk = a_notebook(**({} if before is None else {"language_info": before}))
    assert saved(on_disk, a_notebook(language_info=sent))["metadata"]["language_info"] == kept


@pytest.mark.parametrize("before", [None, "", "{", "[]", '{"cells": []}', '{"metadata": []}'])
def test_a_file_that_is_no_notebook_hinders_no_save(saved, before):
    sent = a_notebook("one", models={"one": card(), "layout": LAYOUT})
    assert saved(before, json.loads(json.dumps(sent))) == sent


def test_what_is_no_notebook_is_left_alone():
    model = {"type": "file", "content": "x"}
    jupyter.keep_widgets(model, "x.txt", None)
    assert model == {"type": "file", "content": "x"}


@pytest.fixture
def notary(tmp_path):
    return NotebookNotary(data_dir=str(tmp_path), store_factory=MemorySignatureStore, secret=b"x")


def test_what_is_listed_is_trusted_and_nothing_else(tmp_path, notary):
    own, changed, foreign = (tmp_path / f"{name}.ipynb" for name in ("own", "changed", "foreign"))
    for path in (own, changed, foreign):
        path.write_text(json.dumps(a_notebook(path.stem, metalib={"sources": "as committed"})))
    listed = tmp_path / "listed"
    lines = [f"{jupyter.digest(path)}  {path.name}\n" for path in (own, changed)]
    listed.write_text("".join([*lines, "0  missing.ipynb\n"]))
    changed.write_text(changed.read_text().replace("A card", "A card!"))
    own.write_bytes(own.read_bytes().replace(b"\n", b"\r\n"))  # as git may leave it on Windows
    jupyter.sign(notary, tmp_path, listed)
    trusted = [path.stem for path in (own, changed, foreign) if notary.check_signature(nbformat.read(path, 4))]
    assert trusted == ["own"]


def test_in_a_home_that_cannot_be_written_notebooks_are_trusted_until_the_lab_ends(tmp_path):
    path, listed, occupied = (
        tmp_path / name for name in ("x.ipynb", "listed", "a file where Jupyter's folder should be")
    )
    path.write_text(json.dumps(a_notebook()))
    listed.write_text(f"{jupyter.digest(path)}  x.ipynb\n")
    occupied.touch()
    notary = NotebookNotary(data_dir=str(occupied), store_factory=MemorySignatureStore)
    jupyter.sign(notary, tmp_path, listed)
    assert notary.check_signature(nbformat.read(path, 4))


def test_where_nothing_can_be_signed_the_lab_starts_all_the_same(monkeypatch, tmp_path):
    said, hooks = [], []

    def refuse(notebook):
        raise PermissionError("read-only home")

    monkeypatch.setattr(jupyter, "ROOT", tmp_path)
    monkeypatch.setattr(jupyter, "COMMITTED", tmp_path / "listed")
    (tmp_path / "x.ipynb").write_text(json.dumps(a_notebook()))
    (tmp_path / "listed").write_text(f"{jupyter.digest(tmp_path / 'x.ipynb')}  x.ipynb\n")
    manager = SimpleNamespace(notary=SimpleNamespace(sign=refuse, secret=b"x"), register_pre_save_hook=hooks.append)
    log = SimpleNamespace(warning=lambda text, error: said.append(text % error))
    jupyter._load_jupyter_server_extension(SimpleNamespace(contents_manager=manager, log=log))
    assert hooks == [jupyter.keep_widgets]
    assert said == ["the course's notebooks are not trusted, so their widgets show as text: read-only home"]


def test_jupyter_finds_the_extension_and_the_widgets_setting():
    script = """
import json
from jupyter_core.paths import jupyter_config_path
from jupyter_server.extension.config import ExtensionConfigManager
from jupyterlab_server.settings_utils import _get_overrides
found = ExtensionConfigManager(read_config_path=jupyter_config_path()).get_jpserver_extensions()
print(json.dumps([found, _get_overrides("")[0]]))
"""
    done = subprocess.run(
        [sys.executable, "-c", script], env=lab.environment(), capture_output=True, text=True, check=True
    )
    extensions, settings = json.loads(done.stdout)
    assert extensions["metalib.jupyter"] is True
    assert settings["@jupyter-widgets/jupyterlab-manager:plugin"] == {"saveState": True}
