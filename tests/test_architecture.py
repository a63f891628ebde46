"""How the house is built: imports point one way, files and functions stay short, public names explain themselves."""

import ast
import json
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import metalib
from metalib.course import registry

PACKAGE = Path(metalib.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
LONG_BECAUSE = "Long because"  # how a docstring gives the reason for more

SMALL = {  # the small module: what a student reads, flat at the top
    *("episodes", "sinusoids", "quadratics", "models", "adapt", "maml", "reptile", "protonet", "finetune", "baselines"),
    *("evaluate", "runtime", "places"),
}
GUARDS = {"inputs", "vetting", "files"}  # beside it, by the same rule: what is refused, how files are written
SMALL_LINES = 1800
STANDALONE = {"__init__", "__main__", "_bootstrap", "cli"}  # ways in; `cli` is the old one
KIT, REGISTRY = "course.kit", "course.registry"
# a room at the top -> what it may import beside the small module and itself
MAY_IMPORT = {
    "banks": set(),
    "training": {"banks"},
    "few_shot": {"banks", "training"},
    "bench": {"banks", "training", KIT},
    KIT: {"banks", "training", "few_shot"},
    REGISTRY: {"course", KIT},
    "jupyter": set(),
    "app": {"banks", "training", "few_shot", "bench", KIT, REGISTRY},
}
NOTEBOOK_ROOM = {"banks", "training", "few_shot", "bench", KIT}
ALGORITHMS = {"adapt", "protonet", "maml", "reptile", "baselines", "training.recipes"}


def room(module):
    """Where a module lies: `small`, a top room, `course.kit`, `course.registry`, or `course.NAME` of a notebook."""
    top, *rest = module.split(".")
    if not rest:
        return "small" if top in SMALL | GUARDS else top
    return f"course.{rest[0]}" if top == "course" else top


def imported(path, *, lazy=True):
    """The modules of metalib that the file imports; with `lazy`, also those that it imports inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return known(ast.walk(tree) if lazy else tree.body)


def known(nodes):
    """The modules of metalib that the import statements among `nodes` name."""
    found = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{ast.unparse(node)} is a relative import"
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        ours = [name.removeprefix("metalib.") for name in names if name.startswith("metalib.")]
        # `from metalib.banks import omniglot` imports both; the longer name is the one that is meant
        found |= {
            name
            for name in ours
            if name in MODULES and not any(other.startswith(f"{name}.") and other in MODULES for other in ours)
        }
    return found


GRAPH = {name: imported(path) for name, path in MODULES.items() if name != "__init__"}
INSIDE = sorted(set(MODULES) - STANDALONE)


@pytest.mark.parametrize("module", INSIDE)
def test_a_room_imports_what_lies_below_it_and_no_neighbour(module):
    own = room(module)
    if own == "small":
        allowed = set()
    elif own in MAY_IMPORT:
        allowed = MAY_IMPORT[own]
    else:
        assert own.startswith("course"), f"{own} is a new room: say in MAY_IMPORT what it may import"
        allowed = NOTEBOOK_ROOM
    assert {room(other) for other in GRAPH[module]} - {"small", own} <= allowed


def test_what_lies_at_the_top_is_the_small_module_and_the_ways_in():
    assert {path.stem for path in PACKAGE.glob("*.py")} == SMALL | GUARDS | STANDALONE


def test_the_small_module_is_read_in_an_evening():
    """`make lines` prints this."""
    lines = {name: len(MODULES[name].read_text(encoding="utf-8").splitlines()) for name in sorted(SMALL)}
    assert sum(lines.values()) < SMALL_LINES, lines


def test_every_room_of_the_course_is_called_as_its_notebook():
    """The room of a notebook that README says is to come may be there before it."""
    readme = (PACKAGE.parent / "README.md").read_text(encoding="utf-8")
    notebooks = {path.stem[3:].replace("-", "_") for path in (PACKAGE.parent / "notebooks").glob("*.ipynb")}
    to_come = {
        name.replace("-", "_") for name in re.findall(r"^\| \d\d-([\w-]+) \|.*\| to come \|", readme, re.MULTILINE)
    }
    assert notebooks <= set(registry.rooms()) <= notebooks | to_come


def notebook_imports(path):
    """The modules of metalib that a notebook's code imports, by the rooms they lie in."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    return {room(name) for name in known(ast.walk(ast.parse(code)))}


@pytest.mark.parametrize("path", sorted((PACKAGE.parent / "notebooks").glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_imports_its_own_room_and_no_other_notebooks(path):
    own = f"course.{path.stem[3:].replace('-', '_')}"
    assert own in notebook_imports(path)
    assert notebook_imports(path) <= {"small", own, *NOTEBOOK_ROOM}


def test_a_room_needs_no_entry_anywhere():
    """What a contributor would otherwise have to know of: a list of studies, of package data, of browser tests."""
    names = [*registry.rooms(), *(name.replace("_", "-") for name in registry.rooms())]
    for path in ("pyproject.toml", "metalib/course/registry.py", "tests/browser/test_notebooks_in_browser.py"):
        text = (PACKAGE.parent / path).read_text(encoding="utf-8")
        assert [name for name in names if re.search(rf"[\"'/.]{name}[\"'/.]", text)] == [], path


def test_a_study_lies_in_a_file_that_is_called_after_it():
    """`metalib study reptile-cost` is reptile/study_reptile_cost.py; several arms of one experiment share a file."""
    for name, study in registry.studies().items():
        file = study.run.__module__.rpartition(".study_")[2].replace("_", "-")
        assert name == file or name.startswith(f"{file}-"), f"{name} lies in {study.run.__module__}"


def test_no_module_imports_itself_in_a_circle():
    TopologicalSorter(GRAPH).prepare()  # raises CycleError, which names the circle


def test_no_room_imports_itself_in_a_circle():
    rooms = {}
    for name in INSIDE:
        rooms.setdefault(room(name), set()).update(room(other) for other in GRAPH[name])
    TopologicalSorter({own: others - {own} for own, others in rooms.items()}).prepare()


@pytest.mark.parametrize("module", ["training.loop", "training.run_state", "evaluate", "training.checkpoints"])
def test_what_serves_every_algorithm_imports_none(module):
    assert not any(other == name or other.startswith(f"{name}.") for other in GRAPH[module] for name in ALGORITHMS)


def loads(module, base):
    """All modules of metalib that importing `module` loads in the end."""
    found, new = set(), {module}
    while new:
        found |= new
        new = {other for name in new for other in base[name]} - found
    return found


WIDGETS = {name for name in MODULES if MODULES[name].with_suffix(".js").exists()} | {"course.kit.widget"}


def test_widgets_are_imported_by_their_room_alone():
    importers = {name for name, others in GRAPH.items() if others & WIDGETS}
    assert {room(name) for name in importers} <= {KIT, *(f"course.{name}" for name in registry.rooms())}


def test_checks_and_plots_know_nothing_of_each_other():
    """A verdict needs no figure, and no figure a verdict."""
    judging = {name for name in MODULES if name.rpartition(".")[2].startswith(("checks", "exercise_"))}
    judging |= {"course.kit.verdict"}
    drawing = {name for name in MODULES if name.rpartition(".")[2] == "plots"}
    assert all(drawing & loads(name, GRAPH) == set() for name in judging)
    assert all(judging & loads(name, GRAPH) == set() for name in drawing)


def test_the_command_line_imports_metalib_only_when_a_command_runs():
    assert imported(MODULES["app.cli"], lazy=False) == set()


def test_the_set_up_script_needs_nothing_but_the_standard_library():
    tree = ast.parse(MODULES["_bootstrap"].read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize(
    "statement", ["import metalib", "import metalib.banks, metalib.training.loop, metalib.training.recipes"]
)
def test_importing_the_module_loads_neither_matplotlib_nor_ipywidgets(statement):
    script = (
        f"{statement}; import sys; print({{'matplotlib', 'ipywidgets', 'anywidget', 'IPython'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_files_and_functions_are_short_and_public_names_explain_themselves(path):
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    length = len(text.splitlines())
    assert length <= LONGEST_FILE or LONG_BECAUSE in (ast.get_docstring(tree) or ""), f"{length} lines"
    assert ast.get_docstring(tree) or not tree.body, "no docstring"
    assert too_long(tree) == []
    assert unexplained(tree) == []


def too_long(tree):
    """Functions of more lines than allowed whose docstring does not say why."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return [
        f"{node.name}: {lines} lines"
        for node in functions
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > LONGEST_FUNCTION
        and LONG_BECAUSE not in (ast.get_docstring(node) or "")
    ]


def unexplained(node):
    """Public functions, classes and methods without a docstring; those inside functions are nobody's business."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    public = [child for child in node.body if isinstance(child, kinds) and not child.name.startswith("_")]
    inner = [name for child in public if isinstance(child, ast.ClassDef) for name in unexplained(child)]
    return [child.name for child in public if not ast.get_docstring(child) and not speaks_for_itself(child)] + inner


def speaks_for_itself(node):
    """A property that is one expression, and `forward`, which its class explains."""
    if not isinstance(node, ast.FunctionDef):
        return False
    is_property = any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list)
    return node.name == "forward" or (is_property and len(node.body) == 1)


def test_the_rules_see_what_breaks_them():
    body = "\n".join(["    x = 1"] * LONGEST_FUNCTION)
    assert too_long(ast.parse(f"def f():\n{body}")) == ["f: 41 lines"]
    assert too_long(ast.parse(f'def f():\n    """Long because it is a table."""\n{body}')) == []
    assert unexplained(ast.parse("def f(): pass\nclass C:\n  '''x'''\n  def m(self): pass\n  def _p(self): pass")) == [
        "f",
        "m",
    ]
