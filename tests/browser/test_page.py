"""Figures, tables and folds in a real JupyterLab, in both themes: read by all, opened with keys, shut after a run."""

import harness
import nbformat
import pytest

pytestmark = pytest.mark.browser

CELLS = [
    "from metalib.course.reptile import plots",
    """figure, axes = plots.plt.subplots(1, 3, figsize=(11, 3), layout="constrained", facecolor="white")
for ax in axes:
    ax.plot([1, 3, 2])
    ax.set(xlabel="updates", ylabel="error", title="A panel")
plots.show(figure, "three panels, a line in each.")""",
    """figure, ax = plots.canvas()
ax.plot([1, 2])
plots.show(figure, "a line that rises.")""",
    """head = ("start", "steps", "error")
plots.table(head, ("**Reptile**", 8, "0.78 ± 0.02"), ("random", 8, "–"), note="100 waves")""",
    """with plots.reveal():
    print("k = 8 wins")
    plots.say("By *far*: see `error`.")
    plots.table(("k", "error"), ("1", 2.02), ("8", 0.78))
    figure, ax = plots.canvas()
    ax.plot([2, 1])
    plots.show(figure, "a line that falls.")""",
    'plots.show_scores("A", bank="Omniglot", notebook=5)',
]
NAME = "page.ipynb"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}


@pytest.fixture(scope="module")
def notebooks_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS]
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), folder / NAME)
    return folder


def output(lab, number):
    """The one output of a cell of CELLS."""
    found = lab.page.locator(".jp-Notebook .jp-CodeCell").nth(number).locator(".jp-OutputArea-output")
    found.first.scroll_into_view_if_needed()
    return found


def test_figures_tables_and_folds_are_read_and_opened_by_all(lab):
    lab.open(NAME).run_all()
    for number in (1, 2):
        picture = output(lab, number).get_by_role("img")
        box, page = picture.bounding_box(), output(lab, number).bounding_box()
        assert box["x"] + box["width"] <= page["x"] + page["width"]
        assert picture.evaluate("image => image.naturalWidth / image.width") == pytest.approx(2, abs=0.02)
    assert output(lab, 2).get_by_role("img", name="a line that rises.").is_visible()

    reveal = output(lab, 4)
    assert reveal.count() == 1
    inside, handle = reveal.get_by_text("k = 8 wins"), reveal.locator("summary").first
    assert not inside.is_visible()
    handle.focus()
    lab.page.keyboard.press("Enter")
    assert inside.is_visible() and reveal.get_by_role("img", name="a line that falls.").is_visible()
    assert handle.bounding_box()["height"] >= 24

    for theme in ("light", "dark"):
        lab.theme(theme)
        with lab.whole():
            assert lab.violations() == []
            lab.screenshot(f"page-{theme}")
    lab.run_all()
    output(lab, 4).get_by_text("k = 8 wins").wait_for(state="hidden")
    lab.assert_clean()


def test_a_notebook_that_is_not_trusted_shows_the_same(lab):
    lab.open(NAME).run_all()
    cells = f"[...{harness.PANEL}.content.model.cells].filter(cell => cell.type === 'code')"
    lab.page.evaluate(f"{cells}.forEach(cell => {{ cell.trusted = false; }})")
    assert lab.page.evaluate(f"{cells}.every(cell => !cell.trusted)")
    picture = output(lab, 2).get_by_role("img", name="a line that rises.")
    assert picture.evaluate("image => [image.naturalWidth > 0, image.style.borderRadius]") == [True, "6px"]
    assert not output(lab, 4).get_by_text("k = 8 wins").is_visible()
    assert output(lab, 3).locator("th[scope=row]").count() == 2
