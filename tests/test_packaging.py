"""What is installed elsewhere: the wheel, outside a checkout; and that each list is written down once."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import oldest_versions
import pytest
import yaml

try:
    import tomllib
except ModuleNotFoundError:  # Python 3.10, where pytest brings the same module under its old name
    import tomli as tomllib

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
BIN = "Scripts" if os.name == "nt" else "bin"


class Installed:
    """A fresh environment into which the wheel was installed, and a folder that is no checkout."""

    def __init__(self, folder):
        self.folder = folder
        source, environment = folder / "source", folder / "environment"
        source.mkdir()
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(ROOT / name, source)
        shutil.copytree(ROOT / "metalib", source / "metalib", ignore=shutil.ignore_patterns("__pycache__"))
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
        self.run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--no-index", "--wheel-dir", folder, source)
        [self.wheel] = folder.glob("*.whl")
        self.run(sys.executable, "-m", "venv", "--without-pip", environment)
        self.python = environment / BIN / "python"
        self.script = environment / BIN / "metalib"
        self.run(*pip, "--python", self.python, "install", "--no-deps", "--no-index", self.wheel)
        # what the wheel needs (torch, over 6 GB) is lent from the environment that runs the tests
        self.packages = Path(self.ask("import sysconfig; print(sysconfig.get_path('purelib'))"))
        (self.packages / "lent.pth").write_text(sysconfig.get_path("purelib"))

    def run(self, *command, check=True):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("METALIB_", "PYTHONPATH"))}
        variables = {**kept, "METALIB_USER": str(self.folder / "user")}
        done = subprocess.run(
            [*map(str, command)], cwd=self.folder, env=variables, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done

    def ask(self, script):
        return self.run(self.python, "-c", script).stdout.strip()


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"))


def test_the_installed_module_is_the_wheels_and_every_part_of_it_imports(installed):
    script = """
import importlib, json, pkgutil, metalib
names = [module.name for module in pkgutil.walk_packages(metalib.__path__, "metalib.")]
for name in names:
    importlib.import_module(name)
print(json.dumps([metalib.__file__, names]))
"""
    place, names = json.loads(installed.ask(script))
    assert Path(place).is_relative_to(installed.packages)
    assert {
        "metalib.episodes",
        "metalib.banks.omniglot",
        "metalib.course.start_here.five_cards",
        "metalib.app.cli",
    } <= set(names)


def test_it_carries_every_file_beside_the_code(installed):
    """Scripts and sheets of widgets, lists of banks: whatever room they lie in."""
    files = [path for path in (ROOT / "metalib").rglob("*") if path.suffix in (".js", ".css", ".txt")]
    assert {path.suffix for path in files} == {".js", ".css", ".txt"}
    for path in files:
        assert (installed.packages / path.relative_to(ROOT)).read_bytes() == path.read_bytes()


def test_it_has_no_tests_and_no_notebooks(installed):
    assert not [path.name for path in installed.packages.iterdir() if path.name in ("tests", "notebooks")]


def test_a_missing_checkpoint_says_where_it_was_looked_for(installed):
    script = (
        "import metalib.training.checkpoints as c\ntry: c.load('protonet')\nexcept c.CheckpointError as e: print(e)"
    )
    said = installed.ask(script)
    assert str(installed.folder / "user") in said and "METALIB_DATA" in said and "checkout" in said


def test_missing_data_say_where_they_were_looked_for(installed):
    script = "from metalib.banks import load_bank\ntry: load_bank('omniglot')\nexcept FileNotFoundError as e: print(e)"
    said = installed.ask(script)
    assert str(installed.folder / "user") in said and "metalib data fetch" in said


def test_its_command_says_that_there_is_no_checkout(installed):
    done = installed.run(installed.script, "lab", check=False)
    assert done.returncode == 2
    assert "not part of the installed package" in done.stderr and "make lab" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_its_doctor_names_what_is_missing_and_ends_with_1(installed):
    done = installed.run(installed.script, "doctor", check=False)
    assert done.returncode == 1
    assert "WRONG  checkpoints" in done.stdout and "WRONG  notebooks" in done.stdout


def test_environment_yml_names_python_and_the_project_and_repeats_nothing():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    python, pip, by_pip = environment["dependencies"]
    assert environment["channels"] == ["conda-forge"]
    assert python == f"python{PROJECT['requires-python']}"
    assert pip == "pip"
    [project] = by_pip["pip"]
    extras = re.fullmatch(r"-e \.\[([\w,]+)\]", project)[1].split(",")
    assert set(extras) == set(PROJECT["optional-dependencies"])


def test_the_set_up_installs_every_extra():
    from metalib import _bootstrap

    assert set(_bootstrap.EXTRAS.split(",")) == set(PROJECT["optional-dependencies"])


def test_every_dependency_has_a_lower_bound_and_is_listed_once():
    lists = [PROJECT["dependencies"], *PROJECT["optional-dependencies"].values()]
    names = [
        re.fullmatch(r"([\w-]+)>=[\d.]+", requirement)[1] for requirements in lists for requirement in requirements
    ]
    assert len(names) == len(set(names))


def test_every_lower_bound_was_tried():
    record = json.loads((ROOT / "tests" / "oldest_versions.json").read_text(encoding="utf-8"))
    assert record["bounds"] == oldest_versions.bounds(), (
        "run `make test-oldest`: it tries the bounds and writes them down"
    )


def test_the_version_is_the_same_in_the_module_and_in_the_project():
    import metalib

    assert metalib.__version__ == PROJECT["version"]
    assert f"## {PROJECT['version']}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readmes_course_table_agrees_with_the_notebooks():
    rows = re.findall(r"^\| .*?(\d\d-[\w-]+).*\|$", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    ready = [row for row in rows if f"notebooks/{row}.ipynb" in text]
    assert ready == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("name", ["METALIB_DATA", "METALIB_BANK", "METALIB_USER", "METALIB_MALLOC"])
def test_the_readme_names_each_variable(name):
    assert f"`{name}`" in (ROOT / "README.md").read_text(encoding="utf-8")
