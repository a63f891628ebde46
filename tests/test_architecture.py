"""How the house is built: imports point one way, files and functions stay short, public names explain themselves."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import metalib

PACKAGE = Path(metalib.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path for path in FILES}
LONGEST_FILE, LONGEST_FUNCTION = 300, 40
LONG_BECAUSE = "Long because"  # how a docstring gives the reason for more

# A part may import from its own line and from those above it. A package counts as one part.
LAYERS = (
    {"runtime", "places", "lookup"},
    {"episodes", "models", "adapt"},
    {"evaluate", "checkpoints", "train", "run_state", "graphs", "distributed", "augment", "audit"},
    {"protonet", "maml", "reptile", "finetune", "baselines", "similarity", "banks", "sinusoids", "quadratics"},
    {"exams", "board", "recipes"},
    {"published"},
    {
        "plots",
        "plots_adaptation",
        "plots_finetune",
        "plots_maml",
        "plots_reptile",
        "plots_prototypes",
        "plots_bench",
        "checks",
        "results",
        "course",
        "bench",
    },
    {"studies"},
    {"widgets", "commands", "lab", "doctor"},
    {"cli"},
)
ALGORITHMS = {"adapt", "protonet", "maml", "reptile", "baselines", "recipes"}


def part(module):
    return module.split(".")[0]


def imported(path, *, lazy=True):
    """The modules of metalib that the file imports; with `lazy`, also those that it imports inside functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree) if lazy else tree.body:
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names = [node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        known = [name.removeprefix("metalib.") for name in names if name.startswith("metalib.")]
        # `from metalib.banks import omniglot` imports both; the longer name is the one that is meant
        found |= {
            name
            for name in known
            if name in MODULES and not any(other.startswith(f"{name}.") and other in MODULES for other in known)
        }
    return found


GRAPH = {name: imported(path) for name, path in MODULES.items() if name != "__init__"}
STANDALONE = {"__init__", "__main__", "_bootstrap"}


@pytest.mark.parametrize("module", sorted(set(MODULES) - STANDALONE))
def test_imports_point_one_way(module):
    place = {name: level for level, names in enumerate(LAYERS) for name in names}
    assert part(module) in place, f"say in LAYERS where {part(module)} belongs"
    too_high = {other for other in GRAPH[module] if place[part(other)] > place[part(module)]}
    assert too_high == set()


def test_no_module_imports_itself_in_a_circle():
    TopologicalSorter(GRAPH).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("module", ["train", "evaluate", "checkpoints"])
def test_what_serves_every_algorithm_imports_none(module):
    assert {part(other) for other in GRAPH[module]} & ALGORITHMS == set()


def test_only_the_command_line_may_import_widgets():
    importers = {module for module, others in GRAPH.items() if any(part(other) == "widgets" for other in others)}
    assert {module for module in importers if part(module) != "widgets"} <= {"cli"}


def test_checks_and_plots_know_nothing_of_each_other():
    assert not any(part(other) == "plots" for name in GRAPH if part(name) == "checks" for other in GRAPH[name])
    assert not any(part(other) == "checks" for other in GRAPH["plots"])


def test_the_command_line_imports_metalib_only_when_a_command_runs():
    assert imported(MODULES["cli"], lazy=False) == set()


def test_the_set_up_script_needs_nothing_but_the_standard_library():
    tree = ast.parse(MODULES["_bootstrap"].read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


@pytest.mark.parametrize("statement", ["import metalib", "import metalib.banks, metalib.train, metalib.recipes"])
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
