"""The scripts of the widgets: types, style, arithmetic, and committed bundles that are what is built from them."""

import filecmp
import re

import node
import pytest

SOURCES = sorted(path for path in node.COURSE.rglob("*.js") if path.parent.name != "built")
BUILT = sorted(path for kind in ("js", "css") for path in node.COURSE.rglob(f"built/*.{kind}"))


@pytest.fixture(scope="module", autouse=True)
def tools():
    node.installed()


def said(found):
    return (found.stdout + found.stderr)[-4000:]


def test_the_types_in_the_comments_hold():
    found = node.run("npm", "run", "--silent", "types")
    assert found.returncode == 0, said(found)


def test_the_linter_finds_nothing():
    found = node.run("npm", "run", "--silent", "lint")
    assert found.returncode == 0, said(found)


def test_the_arithmetic_of_the_scripts():
    found = node.run("npm", "test", "--silent")
    assert found.returncode == 0, said(found)
    assert re.search(r"^# tests [1-9]", found.stdout, re.MULTILINE), said(found)


def test_the_committed_bundles_are_those_that_the_scripts_make(tmp_path):
    found = node.run("npm", "run", "--silent", "build", "--", f"--outdir={tmp_path}")
    assert found.returncode == 0, said(found)
    fresh = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    assert fresh == [path.relative_to(node.COURSE) for path in BUILT]
    changed = [str(path) for path in fresh if not filecmp.cmp(tmp_path / path, node.COURSE / path, shallow=False)]
    assert changed == [], "`npm run build` after a change of a script, and commit what it writes"


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_script_imports_its_own_room_and_the_kit_only(source):
    allowed = r"\./[\w.]+" if source.parent.name == "kit" else r"(\./|\.\./kit/)[\w.]+"
    form = r"""(?:^import[^;"]*|^} from |import\()\s*["']([^"']+)["']"""
    imported = re.findall(form, source.read_text("utf-8"), re.MULTILINE)
    assert [name for name in imported if not re.fullmatch(allowed, name)] == []


@pytest.mark.parametrize("path", [*SOURCES, *BUILT], ids=lambda path: path.name)
def test_scripts_and_sheets_ask_nothing_of_a_network(path):
    text = path.read_text(encoding="utf-8")
    assert not any(words in text for words in ("http:", "https:", "@import", "fetch(", "XMLHttp", "WebSocket"))


@pytest.mark.parametrize("sheet", [path for path in BUILT if path.suffix == ".css"], ids=lambda path: path.name)
def test_a_widgets_own_sheet_comes_after_the_kits(sheet):
    own = sheet.stem.replace("_", "-")
    assert 0 < sheet.read_text("utf-8").index("\n.metalib ") < sheet.read_text("utf-8").index(f".metalib-{own}")


@pytest.mark.parametrize("sheet", [path for path in BUILT if path.suffix == ".css"], ids=lambda path: path.name)
def test_a_widgets_own_rules_outweigh_the_kits_that_the_next_widget_on_the_page_brings(sheet):
    own = sheet.stem.replace("_", "-")
    assert not re.search(rf"(?<!\.metalib)\.metalib-{own}(?![\w-])", sheet.read_text("utf-8"))


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_a_script_is_short(source):
    assert len(source.read_text(encoding="utf-8").splitlines()) <= 250
