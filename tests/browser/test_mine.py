"""The copy that `make lab` opens: no answer on the screen, git hears nothing of it, and what was run there lives on."""

import shutil
import subprocess

import execute
import harness
import nbformat
import pytest
import small_notebook

from metalib.app import copies
from metalib.app import lab as launcher

pytestmark = pytest.mark.browser

FIRST = launcher.FIRST


def git(root, *arguments):
    """What git says in `root`, with nobody's settings."""
    nobody = ["-c", "user.name=x", "-c", "user.email=x", "-c", "commit.gpgsign=false", "-c", "core.hooksPath=none"]
    done = subprocess.run(["git", *nobody, *arguments], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A checkout under git whose first notebook is a small one, executed: it can be run in seconds."""
    if shutil.which("git") is None:
        pytest.skip("no git here")
    root = tmp_path_factory.mktemp("a checkout, with spaces")
    for name in ("notebooks", "data"):
        (root / name).mkdir()
    for name in (".gitignore", "data/results.md"):
        shutil.copy(harness.ROOT / name, root / name)
    notebook = small_notebook.executed()
    link = nbformat.v4.new_markdown_cell("[the results](../data/results.md)", id="link")
    notebook.cells.append(link)
    execute.tidy(notebook)
    nbformat.write(notebook, root / "notebooks" / FIRST)
    git(root, "init", "-q")
    git(root, "add", "-A")
    git(root, "commit", "-qm", "the course")
    return root


@pytest.fixture(params=["a checkout of one's own", "a read-only checkout"])
def mine(request, browser, checkout, tmp_path, tmp_user):
    """A tab on the lab that `make lab` starts there; its copies lie in `.home`."""
    writable = request.param == "a checkout of one's own"
    shutil.rmtree(checkout / copies.FOLDER, ignore_errors=True)
    checkout.chmod(0o755 if writable else 0o555)
    home, start = launcher.own_copies(checkout)
    assert (home == checkout, start) == (writable, f"mine/{FIRST}")
    harness.ARTEFACTS.mkdir(exist_ok=True)
    with harness.serving(home, tmp_path, METALIB_USER=str(tmp_user)) as address:
        context = browser.new_context(viewport=harness.VIEWPORT)
        tab = harness.Lab(context.new_page(), address, [])
        tab.home = home
        yield tab
        tab.close()
        context.close()
    checkout.chmod(0o755)


def test_opened_run_saved_and_reopened_it_lives_and_its_links_too_and_git_sees_nothing(mine, checkout):
    path = mine.home / "mine" / FIRST
    before = path.read_bytes()
    mine.open(FIRST, folder="mine")
    assert [cell["outputs"] for cell in mine.cells() if cell.get("outputs")] == []
    small_notebook.save(mine)
    assert path.read_bytes() == before  # so an autosave makes no copy a touched one
    mine.run_all()
    small_notebook.until(mine, "live", "live")
    small_notebook.choose(mine, "first")
    small_notebook.save(mine)
    small_notebook.end_kernel(mine)
    small_notebook.opened(mine, FIRST, folder="mine")
    assert small_notebook.widgets(mine) == {"first": "gone", "second": "gone"}
    assert mine.page.locator(".metalib input:checked").count() == 1  # the answer of the day before
    small_notebook.choose(mine, "second")
    small_notebook.look(mine, "mine-reopened")
    assert git(checkout, "status", "--porcelain") == ""
    assert copies.prepare(checkout).lines == []
    mine.page.get_by_role("link", name="the results").click()
    mine.page.wait_for_function(f"{harness.PANEL}?.context?.path === 'data/results.md'")
