"""Facts about the machine's settings."""

import subprocess
import sys

import pytest
import torch

from metalib import runtime


def test_the_same_seed_gives_the_same_numbers_whatever_the_global_seed():
    torch.manual_seed(1)
    first = torch.rand(3, generator=runtime.seeded(5))
    torch.manual_seed(2)
    assert torch.equal(first, torch.rand(3, generator=runtime.seeded(5)))


@pytest.mark.parametrize(("name", "message"), [("cuda:99", "CUDA devices here"), ("abacus", "no device 'abacus'")])
def test_a_device_that_is_not_there(name, message):
    with pytest.raises(ValueError, match=message):
        runtime.pick_device(name)


def test_fast_math_computes_in_bfloat16_only_where_the_hardware_can(monkeypatch):
    cpu = torch.device("cpu")
    for native, expected in ((True, torch.bfloat16), (False, torch.float32)):
        monkeypatch.setattr(runtime, "has_bfloat16", lambda device, native=native: native)
        with runtime.fast_math(cpu):
            assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == expected
    with runtime.fast_math(cpu, enabled=False):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.float32


@pytest.mark.parametrize(("value", "kept"), [("0", "False"), ("1", str(sys.platform == "linux"))])
def test_the_allocator_setting_can_be_turned_off(value, kept):
    code = "from metalib import runtime; print(runtime.MEMORY_KEPT)"
    output = subprocess.run(
        [sys.executable, "-c", code], env={"METALIB_MALLOC": value, "PYTHONPATH": ":".join(sys.path)}, check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip
    assert output.strip() == kept


def test_a_record_names_the_gpu_where_there_is_one(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A GPU")
    assert runtime.machine().startswith("A GPU, ")


@pytest.mark.parametrize(("count", "words"), [(1, "1 thread"), (2, "2 threads")])
def test_a_record_counts_the_threads(monkeypatch, count, words):
    monkeypatch.setattr(torch, "get_num_threads", lambda: count)
    assert words in runtime.machine().split(", ")
    assert runtime.describe(torch.device("cpu")) == f"cpu ({words})"


@pytest.mark.parametrize(
    ("settings", "at_once"),
    [
        ({"n_queries": 75}, 1),
        ({"n_queries": 75, "inner_steps": 5}, 8),
        ({"n_queries": 75, "inner_steps": 5, "first_order": True}, 1),
        ({"n_queries": 25}, 8),
        ({"n_queries": 5, "n_tasks": 3, "inner_steps": 5}, 1),
    ],
)
def test_a_cpu_takes_tasks_at_once_where_operations_are_small(settings, at_once):
    assert runtime.tasks_at_once(torch.device("cpu"), **settings) == at_once
    assert runtime.tasks_at_once(torch.device("cuda"), **settings) is None
