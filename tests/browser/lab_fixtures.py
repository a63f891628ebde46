"""Fixtures of all browser tests: `lab` is a tab on a real JupyterLab that serves a copy of the notebooks."""

import os

import harness
import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """A picture of the tab in which a test failed, and in its report what the console said."""
    report = yield
    tab = getattr(item, "funcargs", {}).get("lab")
    if report.when == "call" and report.failed and tab is not None:
        tab.page.screenshot(path=harness.ARTEFACTS / f"failed-{item.name}.png")
        report.sections.append(("the browser's console", "\n".join(tab.console_errors)))
    return report


@pytest.fixture(scope="session")
def browser(playwright):
    """Chromium. Where there is none the test is skipped; under CI it fails, since CI installs one."""
    executable = harness.find_chromium(playwright)
    if executable is None:
        stop = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        stop(harness.HOW_TO_GET_CHROMIUM)
    chromium = playwright.chromium.launch(executable_path=executable, args=harness.FLAGS)
    yield chromium
    chromium.close()


@pytest.fixture(scope="module")
def no_browser(playwright):
    """For runs of notebooks that the browser makes where there is one."""
    if harness.find_chromium(playwright) is not None:
        pytest.skip("the browser tests run the notebooks with right answers, on the glyphs")


@pytest.fixture(scope="module")
def notebooks_folder():
    """Where the notebooks to be served are copied from."""
    return harness.ROOT / "notebooks"


@pytest.fixture(scope="module")
def bank_variables():
    """What says which bank the kernels take: the glyphs, since `--nbval-lax` runs the notebooks on Omniglot."""
    return {"METALIB_BANK": "glyphs"}


@pytest.fixture(scope="module")  # not the session's: a file may serve notebooks of its own
def jupyterlab(tmp_path_factory, browser, notebooks_folder, bank_variables):
    """JupyterLab's address, and what its kernels asked of the network. Without a browser no server is started."""
    root, state = tmp_path_factory.mktemp("served"), tmp_path_factory.mktemp("state")
    harness.copy_notebooks(notebooks_folder, root, outputs=False)
    with harness.dead_proxy() as (proxy, asked):
        proxies = {name: proxy for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")}
        local = {name: "127.0.0.1,localhost" for name in ("no_proxy", "NO_PROXY")}
        variables = {"METALIB_USER": str(state / "user"), **bank_variables, **proxies, **local}
        with harness.serving(root, state, **variables) as address:
            yield address, asked


@pytest.fixture
def lab(browser, jupyterlab):
    """A fresh tab: `lab.open("00-start-here.ipynb").run_all()`; then `lab.assert_clean()`."""
    address, asked = jupyterlab
    harness.ARTEFACTS.mkdir(exist_ok=True)
    asked.clear()
    context = browser.new_context(viewport=harness.VIEWPORT)
    tab = harness.Lab(context.new_page(), address, asked)
    yield tab
    tab.close()
    context.close()
