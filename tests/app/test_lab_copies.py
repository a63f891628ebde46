"""The learner's copies: made once, never written over, renewed where nobody touched them, else offered beside."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from metalib import files, places
from metalib.app import copies, lab

ROOT = Path(__file__).resolve().parents[2]
OFFER = "05-reptile (new edition).ipynb"


def a_notebook(source="x = 1", **metadata):
    """The JSON of an executed notebook with a text and a cell whose widget is stored."""
    output = nbformat.v4.new_output("display_data", data={"text/plain": "the answer"})
    cell = nbformat.v4.new_code_cell(
        source, id="code", outputs=[output], execution_count=1, metadata={"tags": ["kept"]}
    )
    text = nbformat.v4.new_markdown_cell("[results](../data/results.md)", id="text")
    language = {"language_info": {"name": "python"}, "widgets": {"state": "of a widget"}}
    return nbformat.v4.new_notebook(cells=[text, cell], metadata={**language, **metadata})


class Course:
    """A checkout with notebooks, and the learner's copies of them."""

    def __init__(self, root):
        self.root, self.mine = root, root / "mine"
        (root / "data").mkdir(parents=True)
        (root / "data" / "results.md").write_text("results")
        (root / "README.md").write_text("readme")
        for name in ("00-start-here", "05-reptile"):
            self.publish(name)

    def publish(self, name, source="x = 1", **metadata):
        path = self.root / "notebooks" / f"{name}.ipynb"
        path.parent.mkdir(exist_ok=True)
        nbformat.write(a_notebook(source, **metadata), path)

    def prepare(self):
        return copies.prepare(self.root)

    def work(self, source="my own work", name="05-reptile.ipynb"):
        """Change a copy, as a learner does; returns its bytes."""
        notebook = nbformat.read(self.mine / name, 4)
        notebook.cells[1].source = source
        nbformat.write(notebook, self.mine / name)
        return (self.mine / name).read_bytes()

    def source(self, name="05-reptile.ipynb"):
        return nbformat.read(self.mine / name, 4).cells[1].source

    def names(self):
        return sorted(path.name for path in self.mine.glob("*.ipynb"))


@pytest.fixture
def course(tmp_path, monkeypatch):
    found = Course(tmp_path / "a checkout, with spaces")
    monkeypatch.setattr(places, "checkout", lambda: found.root)
    return found


@pytest.fixture
def read_only(course):
    """The checkout, which may not be written; it may again when the test is over."""
    course.root.chmod(0o555)
    yield course
    course.root.chmod(0o755)


def test_the_first_call_makes_copies_without_outputs_and_says_where_and_how_to_start_over(course):
    home, lines = course.prepare()
    assert home == course.root
    assert course.names() == ["00-start-here.ipynb", "05-reptile.ipynb"]
    text, cell = nbformat.read(course.mine / "05-reptile.ipynb", 4).cells
    assert (cell.outputs, cell.execution_count, cell.metadata) == ([], None, {"tags": ["kept"]})
    assert text.source == "[results](../data/results.md)"
    assert (course.mine / "../data/results.md").is_file()
    assert lines[0].startswith(f"Your own copies of the notebooks are in {course.mine}: work there.")
    assert lines[1:] == ["To start one over, delete or rename your copy, and start the lab again."]


def test_a_copy_says_nothing_of_widgets_and_is_as_jupyter_writes_it(course):
    course.prepare()
    path = course.mine / "05-reptile.ipynb"
    notebook = nbformat.read(path, 4)
    nbformat.validate(notebook)
    assert notebook.metadata == {"language_info": {"name": "python"}}
    assert path.read_bytes() == (nbformat.writes(notebook) + "\n").encode()


def test_the_committed_notebooks_are_left_as_they_are(course):
    before = {path: path.read_bytes() for path in (course.root / "notebooks").iterdir()}
    course.prepare()
    assert {path: path.read_bytes() for path in (course.root / "notebooks").iterdir()} == before


def test_where_nothing_changed_a_later_call_does_nothing_and_says_nothing(course):
    course.prepare()
    mine = course.work()
    assert course.prepare().lines == []
    assert (course.mine / "05-reptile.ipynb").read_bytes() == mine


def test_a_new_notebook_is_added(course):
    course.prepare()
    course.publish("07-fair-play")
    assert course.prepare().lines == ["mine/: New: 07-fair-play.ipynb."]
    assert "07-fair-play.ipynb" in course.names()


def test_an_untouched_copy_is_renewed(course):
    course.prepare()
    course.publish("05-reptile", "x = 2")
    assert course.prepare().lines == ["mine/: Changed, and renewed as you had not touched it: 05-reptile.ipynb."]
    assert course.source() == "x = 2"
    assert course.names() == ["00-start-here.ipynb", "05-reptile.ipynb"]


def test_a_touched_copy_stays_and_the_new_edition_lies_beside_it_and_is_offered_once(course):
    course.prepare()
    mine = course.work()
    course.publish("05-reptile", "x = 2")
    [line] = course.prepare().lines
    assert line == (
        f"Changed in notebooks/ since you began: your copy stays, and beside it lies {OFFER}. "
        "To have the new edition alone, delete or rename yours and start the lab again."
    )
    assert (course.mine / "05-reptile.ipynb").read_bytes() == mine
    assert course.source(OFFER) == "x = 2"
    (course.mine / OFFER).unlink()  # not wanted
    assert course.prepare().lines == []
    assert not (course.mine / OFFER).exists()


def test_a_copy_that_was_run_is_touched(course):
    course.prepare()
    path = course.mine / "05-reptile.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", text="my answer")]
    nbformat.write(notebook, path)
    course.publish("05-reptile", "x = 2")
    course.prepare()
    assert nbformat.read(path, 4).cells[1].outputs[0].text == "my answer"


def test_a_fold_that_was_opened_is_no_change(course):
    course.prepare()
    path = course.mine / "05-reptile.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[0].metadata["jp-MarkdownHeadingCollapsed"] = True
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, path)
    course.publish("05-reptile", "x = 2")
    course.prepare()
    assert course.source() == "x = 2"


def test_other_outputs_of_the_same_sources_are_no_new_edition(course):
    course.prepare()
    mine = course.work()
    course.publish("05-reptile", metalib={"sources": "executed anew"})
    assert course.prepare().lines == []
    assert (course.mine / "05-reptile.ipynb").read_bytes() == mine


def test_a_further_edition_takes_the_place_of_one_that_nobody_touched(course):
    course.prepare()
    course.work()
    for source in ("x = 2", "x = 3"):
        course.publish("05-reptile", source)
        course.prepare()
    assert course.source(OFFER) == "x = 3"
    assert course.names() == ["00-start-here.ipynb", OFFER, "05-reptile.ipynb"]


def test_a_further_edition_spares_the_one_in_which_the_learner_works(course):
    course.prepare()
    course.work()
    course.publish("05-reptile", "x = 2")
    course.prepare()
    mine = course.work("more work", OFFER)
    course.publish("05-reptile", "x = 3")
    course.prepare()
    assert (course.mine / OFFER).read_bytes() == mine
    assert course.source("05-reptile (new edition 2).ipynb") == "x = 3"


@pytest.mark.parametrize("leave", ["unlink", "rename"])
def test_who_deletes_or_renames_a_copy_starts_over(course, leave):
    course.prepare()
    path = course.mine / "05-reptile.ipynb"
    mine = course.work()
    kept = course.mine / "my first try.ipynb"
    path.unlink() if leave == "unlink" else path.rename(kept)
    assert course.prepare().lines == ["mine/: Begun anew: 05-reptile.ipynb."]
    assert course.source() == "x = 1"
    assert leave == "unlink" or kept.read_bytes() == mine


@pytest.mark.parametrize("worked", [False, True])
def test_who_starts_over_with_the_new_edition_has_it_once_and_keeps_what_was_done_in_it(course, worked):
    course.prepare()
    course.work()
    course.publish("05-reptile", "x = 2")
    course.prepare()
    if worked:
        course.work("in the new one", OFFER)
    (course.mine / "05-reptile.ipynb").unlink()
    course.prepare()
    assert course.source() == "x = 2"
    assert (course.mine / OFFER).exists() == worked


def test_a_new_edition_that_was_renamed_to_the_notebooks_name_is_the_learners_copy(course):
    course.prepare()
    course.work()
    course.publish("05-reptile", "x = 2")
    course.prepare()
    (course.mine / OFFER).replace(course.mine / "05-reptile.ipynb")
    mine = course.work("in the new one")
    assert course.prepare().lines == []
    assert (course.mine / "05-reptile.ipynb").read_bytes() == mine


def test_a_notebook_that_is_gone_upstream_stays_with_the_learner(course):
    course.prepare()
    (course.root / "notebooks" / "05-reptile.ipynb").unlink()
    assert course.prepare().lines == []
    assert "05-reptile.ipynb" in course.names()


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"05-reptile.ipynb": 3}', None])
def test_without_the_record_nothing_is_written_over(course, damaged):
    course.prepare()
    record = course.mine / copies.RECORD
    record.unlink() if damaged is None else record.write_text(damaged)
    mine = course.work()
    assert course.prepare().lines[-1].startswith("Changed in notebooks/")
    assert (course.mine / "05-reptile.ipynb").read_bytes() == mine
    assert course.prepare().lines == []


@pytest.mark.parametrize("recorded", [True, False])
def test_a_copy_that_cannot_be_read_is_the_learners(course, recorded):
    course.prepare()
    path = course.mine / "05-reptile.ipynb"
    path.write_text("{")
    if not recorded:
        (course.mine / copies.RECORD).unlink()
    course.publish("05-reptile", "x = 2")
    course.prepare()
    assert path.read_text() == "{"
    assert course.source(OFFER) == "x = 2"


def fail_at(monkeypatch, call):
    """The disk is full at one write, after half of it; returns what lifts that."""
    write, calls = files.write_atomically, []

    def limited(path, fill):
        def half(part):
            fill(part)
            part.write_bytes(part.read_bytes()[: part.stat().st_size // 2])
            raise OSError(28, "No space left on device")

        calls.append(path)
        write(path, half if len(calls) == call else fill)

    monkeypatch.setattr(files, "write_atomically", limited)
    return lambda: monkeypatch.setattr(files, "write_atomically", write)


@pytest.mark.parametrize("call", [1, 2, 3])
def test_interrupted_it_leaves_no_half_file_and_the_next_call_completes_it(course, monkeypatch, call):
    lift = fail_at(monkeypatch, call)
    with pytest.raises(OSError, match="No space"):
        course.prepare()
    for path in course.mine.glob("*.ipynb"):
        nbformat.validate(nbformat.read(path, 4))
    assert list(course.mine.glob("*.part")) + list(course.mine.glob(".*.part")) == []
    lift()
    assert course.prepare().lines[0].startswith("Your own copies")
    assert (course.names(), course.source()) == (["00-start-here.ipynb", "05-reptile.ipynb"], "x = 1")
    assert course.prepare().lines == []


@pytest.mark.parametrize("call", [1, 2])
def test_interrupted_while_it_offers_the_next_call_offers_it_once(course, monkeypatch, call):
    course.prepare()
    mine = course.work()
    course.publish("05-reptile", "x = 2")
    lift = fail_at(monkeypatch, call)
    with pytest.raises(OSError, match="No space"):
        course.prepare()
    lift()
    course.prepare()
    assert course.names() == ["00-start-here.ipynb", OFFER, "05-reptile.ipynb"]
    assert (course.mine / "05-reptile.ipynb").read_bytes() == mine


def test_where_the_checkout_is_read_only_the_copies_lie_in_the_users_folder(read_only, tmp_user):
    home, lines = read_only.prepare()
    assert home == tmp_user / "course"
    assert str(home / "mine") in lines[0]
    assert not read_only.mine.exists()
    assert (home / "mine" / "05-reptile.ipynb").is_file()


@pytest.mark.skipif(os.name == "nt", reason="links need a right of their own on Windows")
def test_links_out_of_the_users_folder_lead_to_the_checkout_also_when_it_moves(read_only, tmp_user, monkeypatch):
    home, _ = read_only.prepare()
    assert (home / "mine" / "../data/results.md").read_text() == "results"
    assert (home / "README.md").read_text() == "readme"
    assert (home / "notebooks" / "05-reptile.ipynb").is_file()
    moved = read_only.root.rename(read_only.root.with_name("moved"))
    monkeypatch.setattr(read_only, "root", moved)
    assert read_only.prepare().lines == []
    assert (home / "data").resolve() == moved.resolve() / "data"


def test_where_links_cannot_be_made_it_says_which_lead_nowhere(read_only, monkeypatch):
    def refuse(*_, **__):
        raise OSError("a required privilege is not held by the client")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert read_only.prepare().lines[2:] == [
        f"Links to {name} lead nowhere there: it could not be linked" for name in ("data", "notebooks", "README.md")
    ]


def test_two_labs_that_start_at_once_wait_for_each_other(course):
    code = f"from pathlib import Path; from metalib.app import copies; copies.prepare(Path({str(course.root)!r}))"
    labs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait() for process in labs] == [0, 0, 0]
    assert course.names() == ["00-start-here.ipynb", "05-reptile.ipynb"]


def test_the_lab_opens_the_copy_and_prints_what_was_done(course, capsys):
    assert lab.own_copies(course.root) == (course.root, "mine/00-start-here.ipynb")
    assert capsys.readouterr().out.count("\n") == 2
    lab.own_copies(course.root)
    assert capsys.readouterr().out == ""


def test_where_no_copy_can_be_made_the_committed_notebooks_open(course, monkeypatch, capsys):
    fail_at(monkeypatch, 1)
    assert lab.own_copies(course.root) == (course.root, "notebooks/00-start-here.ipynb")
    said = capsys.readouterr().out
    assert "WARNING: your copies of the notebooks are not up to date: [Errno 28] No space left" in said
    assert "notebooks/ opens instead" in said


def test_a_broken_notebook_upstream_is_named_and_the_copies_open(course, capsys):
    course.prepare()
    (course.root / "notebooks" / "05-reptile.ipynb").write_text("<<<<<<< HEAD")
    assert lab.own_copies(course.root) == (course.root, "mine/00-start-here.ipynb")
    assert "05-reptile.ipynb is damaged" in (said := capsys.readouterr().out)
    assert "`git checkout -- notebooks`" in said


def test_git_knows_nothing_of_the_copies():
    done = subprocess.run(
        ["git", "check-ignore", "mine/x.ipynb"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode == 128:
        pytest.skip("no git, or no repository")
    assert done.stdout == "mine/x.ipynb\n"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_no_copy_of_the_course_shows_an_output(path):
    notebook = copies.without_outputs(json.loads(path.read_text(encoding="utf-8")))
    nbformat.validate(nbformat.from_dict(notebook))
    assert "widgets" not in notebook["metadata"]
    assert [cell["outputs"] for cell in notebook["cells"] if cell.get("outputs")] == []
