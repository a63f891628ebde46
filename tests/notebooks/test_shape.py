"""The shape that every notebook has: its budgets, its exercises, and what no learner may see too early."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from shape import FOLDER, README, TITLE, code_cells, head, lab, row, section, shape, stated, text_cells
from variants import SOLUTION, UPDATES, answered, solutions, stubs

PATHS = sorted(FOLDER.glob("*.ipynb"))
LINK = re.compile(r"\]\((?!https?:|#|mailto:)([^)\s#]+)(?:#[^)]*)?\)")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


def names_of_stubs(notebook):
    return [node.name for cell in code_cells(notebook) if "..." in cell.source for node in stubs(cell.source)]


def test_is_within_its_budgets(notebook):
    found = shape(notebook)
    assert found.words <= 3000
    assert found.code <= 350
    assert found.longest <= 30
    assert found.set_up <= 8
    assert found.curious <= 600


def test_its_head_and_the_readme_name_its_minutes(path, notebook):
    remedy = "run `python tests/notebooks/shape.py --write`"
    assert head(notebook) in notebook.cells[0].source, remedy
    assert stated(README.read_text(encoding="utf-8"), path.stem) == row(notebook), remedy


def test_the_lab_of_90_minutes_takes_no_longer():
    text, minutes = lab()
    assert 75 <= minutes <= 88
    assert text in README.read_text(encoding="utf-8"), "run `python tests/notebooks/shape.py --write`"


def test_no_cell_is_hidden(notebook):
    assert [cell.source for cell in notebook.cells if cell.metadata.get("jupyter", {}).get("source_hidden")] == []


def test_each_stub_has_its_check_its_solution_and_its_line(notebook):
    names = names_of_stubs(notebook)
    assert names == list(solutions(notebook))
    code = [cell.source for cell in code_cells(notebook)]
    for name in names:
        (stub,) = [source for source in code if f"def {name}(" in source]
        assert re.search(rf"^checks\.check_{name}\({name}\)$", stub, re.MULTILINE), name
        assert f"{name} = checks.mine({name})" in code, name


def test_each_exercise_has_a_title_a_hint_and_words_for_what_goes_wrong(notebook):
    text = "\n".join(cell.source for cell in text_cells(notebook))
    titles = TITLE.findall(text)
    n = len(names_of_stubs(notebook))
    assert len(titles) == n
    assert text.count("<summary>Hint</summary>") >= n
    assert text.count("<summary>A solution</summary>") == len(SOLUTION.findall(text)) == n


def test_no_cell_and_no_visible_text_has_the_key_of_a_question(notebook):
    code = "\n".join(cell.source for cell in code_cells(notebook))
    assert not re.search(r"\bcorrect\s*=|\b(Question|Estimate|Ordering)\(", code)
    assert len(re.findall(r"^questions\.\w+\(\)$", code, re.MULTILINE)) >= 2
    said = json.dumps([cell.get("outputs", []) for cell in code_cells(notebook)])
    assert '"correct' not in said + json.dumps(notebook.metadata)


def test_links_lead_somewhere(path, notebook):
    links = [link for cell in text_cells(notebook) for link in LINK.findall(cell.source)]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_leads_on_to_the_next(path, notebook):
    last = "\n".join(cell.source for cell in text_cells(notebook)[-2:])
    following = PATHS[PATHS.index(path) + 1 :]
    assert following[0].name in last if following else "../README.md" in last


def test_refers_to_no_notebook_that_is_not_there(notebook):
    text = "\n".join(cell.source for cell in notebook.cells)
    assert "in the making" not in text
    numbers = {path.stem[:2] for path in PATHS}
    assert set(re.findall(r"[Nn]otebooks? (\d\d)\b", text)) <= numbers


def test_a_live_training_says_how_long_it_is(notebook):
    """So that the tests can cut it: see variants.py."""
    loops = [cell.source for cell in code_cells(notebook) if re.search(r"\bin range\(\d{3,}\)", cell.source)]
    assert [source for source in loops if not UPDATES.search(source)] == []


def test_the_closing_sections_are_there(notebook):
    assert section(notebook, "What we measured") or notebook.cells[0].source.startswith("# 00")
    assert section(notebook, "Recap")


STUB = nbformat.v4.new_notebook(
    cells=[
        nbformat.v4.new_code_cell("updates = 300\ndef f(x):\n    '''Words.'''\n    ...\n\n\nchecks.check_f(f)"),
        nbformat.v4.new_markdown_cell(
            "<details><summary>A solution</summary>\n\n```python\ndef f(x):\n    return x\n```\n"
        ),
    ]
)


@pytest.mark.parametrize(
    ("answers", "source"),
    [
        ("untouched", "updates = 3\ndef f(x):\n    '''Words.'''\n    ...\n\n\nchecks.check_f(f)"),
        ("solutions", "updates = 3\ndef f(x):\n    return x\n\n\nchecks.check_f(f)"),
        ("wrong", "updates = 3\ndef f(*arguments, **settings):\n    return 0\n\n\nchecks.check_f(f)"),
    ],
)
def test_stubs_are_answered(answers, source):
    few_tasks, stub, _ = answered(STUB, answers, updates=3).cells
    assert "def sit(" in few_tasks.source
    assert stub.source == source


@pytest.mark.parametrize(("answers", "pace"), [("slow", "PACE = 0 "), ("solutions", "PACE = 1000 ")])
def test_slow_answers_have_no_time_and_right_ones_have_plenty(answers, pace):
    copy = answered(STUB, answers)
    assert pace in copy.cells[0].source
    assert "return x" in copy.cells[1].source


def test_links_are_found():
    assert LINK.findall("[a](b.ipynb#c) [d](https://e.org) [f](../g.md) ![](h.png) [i](#j)") == [
        "b.ipynb",
        "../g.md",
        "h.png",
    ]


def test_every_notebook_is_counted():
    assert Path(FOLDER).name == "notebooks"
    assert len(PATHS) >= 7
