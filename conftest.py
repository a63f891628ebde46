"""For the whole test run, notebooks included: a user folder of its own, and one torch thread for each worker."""

import faulthandler
import gc
import os
import shutil
import sys
import tempfile

import pytest

pytest_plugins = ["lab_fixtures"]  # a JupyterLab and a browser, for the tests of every room

if "PYTEST_XDIST_WORKER" in os.environ:  # before torch starts: workers with all cores each slow one another down
    os.environ.setdefault("OMP_NUM_THREADS", "1")


HANGS = 900  # seconds after which a test ends its worker, with all threads' tracebacks; no test takes a third of it


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    """No kernel that a test starts reads or writes the learner's own score."""
    config.metalib_user = tempfile.mkdtemp(prefix="metalib-user-")
    os.environ["METALIB_USER"] = config.metalib_user
    config.metalib_stderr = os.fdopen(os.dup(sys.__stderr__.fileno()), "w")  # before tests' output is captured


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    """A test that hangs fails, and the run goes on: else all that is known is that the run did not end."""
    faulthandler.dump_traceback_later(HANGS, exit=True, file=item.config.metalib_stderr)
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


def pytest_collection_modifyitems(items):
    """Notebooks first, then the browser: what takes minutes at the end leaves one worker without work.

    The notebooks' live trainings are a tenth as long: whole they are run for the outputs that are committed.
    """

    from variants import with_a_tenth_of_the_updates  # imports torch, which takes its number of threads as it starts

    def late(item):
        runs_notebooks = item.path.suffix == ".ipynb" or item.path.name == "test_variants.py"
        return (not runs_notebooks, item.get_closest_marker("browser") is None)

    items.sort(key=late)
    for item in items:
        if item.path.suffix == ".ipynb":
            item.cell.source = with_a_tenth_of_the_updates(item.cell.source)


def pytest_collection_finish():
    """What was imported and collected stays: to look through it again and again took an eighth of the tests' time."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)


def pytest_unconfigure(config):
    gc.unfreeze()
    shutil.rmtree(config.metalib_user, ignore_errors=True)
