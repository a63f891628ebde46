"""Each of the doctor's questions, with what it asks about broken."""

import importlib.metadata
import os
import shutil
import socket
from types import SimpleNamespace

import pytest
import torch

from metalib import places, runtime
from metalib.app import doctor
from metalib.app.doctor import Finding
from metalib.banks import omniglot
from metalib.files import BadFile
from metalib.training import checkpoints


def test_all_well_is_status_0_and_one_line_each(capsys):
    assert doctor.examine([lambda: Finding(True, "one"), lambda: Finding(True, "two")]) == 0
    assert capsys.readouterr().out == "ok     one\nok     two\nNothing is wrong.\n"


def test_one_wrong_thing_is_status_1_with_its_remedy(capsys):
    assert doctor.examine([lambda: Finding(True, "one"), lambda: Finding(False, "two", "do this")]) == 1
    assert "WRONG  two\n       -> do this\n" in capsys.readouterr().out


def test_a_question_that_breaks_is_a_finding_and_the_others_are_asked(capsys):
    def broken():
        raise RuntimeError("out of order")

    assert doctor.examine([broken, lambda: Finding(True, "two")]) == 1
    printed = capsys.readouterr().out
    assert "broken ended in RuntimeError: out of order" in printed and "ok     two" in printed


def test_this_machine_is_examined_whole(capsys):
    doctor.examine()
    printed = capsys.readouterr().out
    for word in (
        "python",
        "torch",
        "device",
        "threads",
        "bfloat16",
        "allocator",
        "data",
        "checkpoints",
        "memory",
        "disk",
    ):
        assert f"  {word}" in printed or f"free {word}" in printed
    assert "ended in" not in printed


def wrong(finding, *words):
    """Whether `finding` is wrong, has a remedy, and its text holds `words`."""
    text = f"{finding.line} {finding.remedy}"
    return not finding.ok and bool(finding.remedy) and all(word in text for word in words)


def test_a_package_that_is_there():
    assert doctor.package("torch") == Finding(True, f"torch {importlib.metadata.version('torch')}")


def test_a_package_that_is_not_there():
    assert wrong(doctor.package("no-such-package"), "not installed", "make lab")


def test_a_package_that_does_not_import(monkeypatch):
    def fail(name):
        raise RuntimeError("operator torchvision::nms does not exist\nand more")

    monkeypatch.setattr(doctor.importlib, "import_module", fail)
    finding = doctor.package("torchvision")
    assert wrong(finding, "operator torchvision::nms does not exist", "--force-reinstall torchvision")
    assert "and more" not in finding.line


def test_a_package_that_is_too_old(monkeypatch):
    monkeypatch.setattr(doctor, "lowest_version", lambda name: "99.1")
    assert wrong(doctor.package("torch"), "older than 99.1", "pip install --upgrade 'torch>=99.1'")


def test_lower_bounds_come_from_the_projects_own_list(monkeypatch):
    requirements = ["torch>=2.4", 'jupyterlab>=4.2; extra == "lab"', "torchvision>=0.19"]
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: requirements)
    assert [doctor.lowest_version(name) for name in ("torch", "jupyterlab", "numpy")] == ["2.4", "4.2", None]


def test_without_metadata_there_is_no_lower_bound(monkeypatch):
    def fail(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "requires", fail)
    assert doctor.lowest_version("torch") is None


def test_a_driver_without_a_gpu_in_torch_is_pointed_out(monkeypatch):
    monkeypatch.setattr(runtime, "pick_device", lambda: torch.device("cpu"))
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    assert "sees no GPU" in doctor.device().remedy


def test_more_threads_than_cores(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 8)
    assert wrong(doctor.threads(), "8 on 2 cores", "OMP_NUM_THREADS=2")


def test_one_thread_on_two_cores_is_well_but_slow(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    finding = doctor.threads()
    assert finding.ok and "OMP_NUM_THREADS" in finding.remedy


@pytest.mark.parametrize(("has", "word"), [(True, "yes"), (False, "no")])
def test_bfloat16_units(monkeypatch, has, word):
    monkeypatch.setattr(runtime, "has_bfloat16", lambda device: has)
    assert f"bfloat16 units: {word}" in doctor.bfloat16().line


@pytest.mark.parametrize(("kept", "value", "word"), [(True, "", "keeps"), (False, "0", "METALIB_MALLOC=0")])
def test_the_allocator(monkeypatch, kept, value, word):
    monkeypatch.setattr(runtime, "MEMORY_KEPT", kept)
    monkeypatch.setenv("METALIB_MALLOC", value)
    assert word in doctor.allocator().line


def test_damaged_data(monkeypatch):
    def fail():
        raise BadFile("images_background.zip is cut off")

    monkeypatch.setattr(omniglot, "find", fail)
    assert wrong(doctor.data(), "images_background.zip is cut off", "metalib data verify")


def test_no_data_is_well_and_says_how_to_get_them(monkeypatch):
    monkeypatch.setattr(omniglot, "find", lambda: None)
    finding = doctor.data()
    assert finding.ok and "glyphs" in finding.line and "metalib data fetch" in finding.remedy


def test_a_missing_checkpoint(monkeypatch, tmp_path):
    monkeypatch.setattr(places, "data_folders", lambda: [tmp_path])
    assert wrong(doctor.trained(), str(tmp_path), "git checkout")


def test_a_damaged_checkpoint(monkeypatch, tmp_path):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "protonet.safetensors").write_bytes(b"half")
    monkeypatch.setattr(places, "data_folders", lambda: [tmp_path])
    assert wrong(doctor.trained(), "damaged")
    assert checkpoints.find("protonet").parent.parent == tmp_path


def test_no_checkout(monkeypatch):
    monkeypatch.setattr(places, "checkout", lambda: None)
    assert wrong(doctor.notebooks(), "not part of the installed package")


def test_it_says_where_the_learners_copies_lie():
    finding = doctor.notebooks()
    assert finding.ok and f"your copies: {places.checkout() / 'mine'}" in finding.line


@pytest.mark.parametrize(
    ("name", "value"),
    [("METALIB_DATA", "/no/such/folder"), ("METALIB_BANK", "cifar"), ("OMP_NUM_THREADS", "many")],
)
def test_a_variable_with_a_value_that_does_not_work(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert wrong(doctor.variable(name), f"{name}={value}", "unset it")


@pytest.mark.parametrize(
    ("name", "value", "effect"),
    [
        ("METALIB_BANK", "glyphs", "the bank that notebooks take"),
        ("METALIB_USER", "/x", "your score"),
        ("METALIB_MALLOC", "0", "left alone"),
        ("METALIB_MALLOC", "yes", "no effect"),
        ("OMP_NUM_THREADS", "2", "number of threads"),
    ],
)
def test_a_variable_says_its_effect(monkeypatch, name, value, effect):
    monkeypatch.setenv(name, value)
    finding = doctor.variable(name)
    assert finding.ok and finding.line.startswith(f"{name}={value}: ") and effect in finding.line


@pytest.mark.parametrize("name", doctor.VARIABLES)
def test_a_variable_that_is_not_set(monkeypatch, name):
    monkeypatch.delenv(name, raising=False)
    assert doctor.variable(name) == Finding(True, f"{name} is not set")


def test_a_user_folder_that_cannot_be_written(monkeypatch):
    monkeypatch.setattr(places, "is_writable", lambda folder: False)
    assert wrong(doctor.user_folder(), "cannot be written", "METALIB_USER")


def test_little_memory(monkeypatch):
    monkeypatch.setattr(doctor, "free_memory", lambda: 1_000_000_000)
    assert wrong(doctor.memory(), "1.0 GB", "kernels")


def test_memory_that_nothing_tells(monkeypatch):
    monkeypatch.setattr(doctor, "free_memory", lambda: None)
    assert doctor.memory() == Finding(True, "free memory: not known here")


@pytest.mark.parametrize(("limit", "free"), [("3000", [2000]), ("max", [])])
def test_a_containers_limit_counts(tmp_path, limit, free):
    (tmp_path / "memory.max").write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text("1000\n")
    assert list(doctor._container_memory(tmp_path)) == free
    assert list(doctor._container_memory(tmp_path / "elsewhere")) == []


def test_a_full_disk(monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1e8))
    assert wrong(doctor.disk(), "0.1 GB", "METALIB_DATA")


def test_no_folder_that_can_be_written(monkeypatch):
    monkeypatch.setattr(places, "is_writable", lambda folder: False)
    assert doctor.disk() == Finding(True, "free disk: not looked at, as no data folder can be written")


def test_one_thing_that_is_wrong_is_said_once(monkeypatch, capsys):
    """A home that cannot be written, in an installation without a checkout."""
    monkeypatch.setattr(places, "is_writable", lambda folder: False)
    assert doctor.examine() == 1
    assert "1 wrong: " in capsys.readouterr().out


def test_a_port_that_is_taken_is_well():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finding = doctor.port(taken.getsockname()[1])
    assert finding.ok and "is taken" in finding.line


def test_no_port_at_all(monkeypatch):
    def fail(address):
        raise PermissionError("not permitted")

    monkeypatch.setattr(socket, "create_server", fail)
    assert wrong(doctor.port(), "not permitted", "firewall")


def test_versions_compare_by_their_numbers():
    assert doctor._numbers("2.14.1+cu130") == (2, 14, 1)
    assert doctor._numbers("2.4") < doctor._numbers("2.10")
