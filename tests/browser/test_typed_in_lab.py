"""What is typed into a question goes into its field, and not to JupyterLab, where a letter is a command."""

import execute
import harness
import nbformat
import pytest

pytestmark = pytest.mark.browser

IMPORTS = "from metalib.course.kit.estimate import Estimate\nfrom metalib.course.kit.ordering import Ordering"
ESTIMATE = 'Estimate("How many?", 12, within=2, too_low="More.", near="Yes.", too_high="Fewer.")'
ORDERING = 'Ordering("Which order?", ["one", "two", "three"], "Counted.")'


@pytest.fixture(scope="module")
def jupyterlab(browser, tmp_path_factory):
    """JupyterLab's address, with a notebook of the two questions."""
    root = tmp_path_factory.mktemp("root")
    (root / "notebooks").mkdir()
    cells = [nbformat.v4.new_code_cell(source) for source in (IMPORTS, ESTIMATE, ORDERING)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    execute.tidy(notebook)
    nbformat.write(notebook, root / "notebooks" / "typed.ipynb")
    with harness.serving(root, tmp_path_factory.mktemp("state")) as address:
        yield address, []


def test_letters_digits_and_enter_go_into_the_field_and_arrows_to_the_line(browser, jupyterlab):
    lab = harness.Lab(browser.new_context(viewport=harness.VIEWPORT).new_page(), *jupyterlab)
    lab.open("typed.ipynb").run_all()
    page, cells = lab.page, lab.page.locator(".jp-NotebookPanel .jp-Cell").count()
    field, said = page.locator(".metalib-estimate input"), page.locator(".metalib-estimate .metalib-feedback")
    field.click()
    page.keyboard.type("ddabxmy")
    page.keyboard.press("Enter")
    assert "“ddabxmy” cannot be read as a number" in said.inner_text()
    field.fill("")
    page.keyboard.type("11")
    page.keyboard.press("Enter")
    assert "✓ Near." in said.inner_text()
    ordering = page.locator(".metalib-ordering")
    ordering.locator("[data-way=down]").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert ordering.locator("li").nth(2).get_attribute("data-handle") == "0"
    assert page.locator(".jp-NotebookPanel .jp-Cell").count() == cells
    lab.close()
