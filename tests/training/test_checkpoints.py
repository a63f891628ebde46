"""Facts about checkpoints: whole or refused, and what the committed ones say of themselves holds."""

import json
import signal
import sys

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.testing import assert_close

from metalib.files import BadFile
from metalib.models import conv4, mlp
from metalib.training import checkpoints
from metalib.training.checkpoints import CheckpointError


@pytest.fixture
def saved(tmp_path):
    torch.manual_seed(0)
    model = conv4(width=8).to(memory_format=torch.channels_last)
    path = tmp_path / "network.safetensors"
    checkpoints.save(path, model, {"seed": 0, "measured": []})
    return model, path


def test_what_is_saved_comes_back(saved):
    model, path = saved
    loaded, info = checkpoints.load(path)
    assert info == {"seed": 0, "measured": []}
    assert not loaded.training
    x = torch.rand(3, 1, 28, 28)
    assert_close(loaded(x), model.eval()(x))


@pytest.mark.parametrize(("sizes", "activation"), [((1, 40, 40, 1), nn.ReLU), ((2, 3, 4), nn.Tanh)])
def test_an_mlp_comes_back_with_its_sizes_and_activation(tmp_path, sizes, activation):
    model = mlp(sizes, activation=activation)
    checkpoints.save(tmp_path / "mlp.safetensors", model, {"seed": 3})
    loaded, info = checkpoints.load(tmp_path / "mlp.safetensors")
    assert info == {"seed": 3} and str(loaded) == str(model)
    x = torch.randn(5, sizes[0])
    assert_close(loaded(x), model(x))


@pytest.mark.parametrize(
    "model", [nn.Linear(2, 3), nn.Sequential(nn.Linear(2, 3), nn.Sigmoid(), nn.Linear(3, 1)), nn.Sequential()]
)
def test_a_network_that_could_not_be_loaded_is_not_saved(tmp_path, model):
    with pytest.raises(CheckpointError, match="holds a conv4 or an mlp"):
        checkpoints.save(tmp_path / "other.safetensors", model, {})
    assert list(tmp_path.iterdir()) == []


def test_by_name_from_the_data_folders(saved, tmp_path, monkeypatch):
    (tmp_path / "checkpoints").mkdir()
    saved[1].rename(tmp_path / "checkpoints" / "mine.safetensors")
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    assert checkpoints.load("mine")[1]["seed"] == 0


def test_a_name_that_is_nowhere(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    with pytest.raises(
        CheckpointError, match=r"checkpoints/nowhere\.safetensors was looked for in: .*Set METALIB_DATA"
    ) as error:
        checkpoints.load("nowhere")
    assert str(tmp_path) in str(error.value)
    with pytest.raises(CheckpointError, match=r"no file .*nowhere\.safetensors"):
        checkpoints.load(tmp_path / "nowhere.safetensors")


@pytest.mark.parametrize("keep", [0, 5, 0.5, -1])
def test_a_file_that_was_cut(saved, keep):
    _, path = saved
    data = path.read_bytes()
    path.write_bytes(data[: int(keep * len(data)) if isinstance(keep, float) else keep])
    with pytest.raises(CheckpointError, match=r"network\.safetensors .*bytes\) is damaged or cut off"):
        checkpoints.load(path)


def rewrite(path, network):
    save_file(conv4(width=8).state_dict(), path, {"network": json.dumps(network), "info": "{}"})


def test_a_checkpoint_of_another_network(saved):
    _, path = saved
    rewrite(path, {"name": "resnet12"})
    with pytest.raises(CheckpointError, match="holds a 'resnet12'"):
        checkpoints.load(path)
    rewrite(path, {"name": "mlp", "sizes": [1, 1], "activation": "Exp"})
    with pytest.raises(CheckpointError, match="does not fit the network that it names"):
        checkpoints.load(path)
    rewrite(path, {"name": "conv4", "width": 16})
    with pytest.raises(CheckpointError, match="does not fit the network that it names"):
        checkpoints.load(path)
    save_file({"weight": torch.zeros(1)}, path)
    with pytest.raises(CheckpointError, match="is no checkpoint of metalib"):
        checkpoints.load(path)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit of a file's size is Linux's")
def test_a_network_of_whole_numbers_is_none(tmp_path):
    """Copied into float32 it would answer, at chance."""
    network = conv4(width=4)
    path = tmp_path / "whole.safetensors"
    checkpoints.save(path, network, {})
    with checkpoints.safe_open(path, framework="pt") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name).long() for name in file.keys()}  # noqa: SIM118
    save_file(tensors, path, metadata)
    with pytest.raises(CheckpointError, match=r"does not fit the network .* \(blocks\.0\.0\.weight is int64\)"):
        checkpoints.load(path)


def test_an_error_while_saving_leaves_the_old_file(saved):
    """A file that may not grow stands for a full disk: safetensors has an error of its own for both."""
    import resource

    model, path = saved
    before = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # else it ends the process
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limits[1]))
    try:
        with pytest.raises(OSError, match=rf"{path} could not be written .*: free some space"):
            checkpoints.save(path, model, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("network", ["[]", "5", "null", '"conv4"', "{}", '{"name": 3}', "{", "[" * 100_000])
@pytest.mark.parametrize("at", ["network", "info"])
def test_metadata_of_another_shape(saved, network, at):
    _, path = saved
    if at == "info" and network in ("{}", '{"name": 3}'):
        network = '{"recipe": "x"}'
    right = {"network": '{"name": "conv4", "width": 8}', "info": "{}"}
    save_file(conv4(width=8).state_dict(), path, {**right, at: network})
    with pytest.raises(CheckpointError, match=r"network\.safetensors is no checkpoint of metalib \(.*\): "):
        checkpoints.load(path)


ROW = {"task": "5-way", "data": "x", "seed": 1, "batch_norm": "none", "interval": [0.9, 0.8, 1.0, 9, "episodes"]}


@pytest.mark.parametrize(
    ("info", "said"),
    [
        ({"split": "nowhere"}, r"info\['split'\] is 'nowhere', not alphabets or paper"),
        ({"split": 3}, r"info\['split'\] is 3"),
        ({"measured": 5}, r"info\['measured'\] is 5, not a list"),
        ({"measured": None}, r"info\['measured'\] is None, not a list"),
        ({"measured": [5]}, r"info\['measured'\]\[0\] is 5, not a dict"),
        ({"measured": [ROW, {**ROW, "task": 5}]}, r"info\['measured'\]\[1\]\['task'\] is 5, not a str"),
        ({"measured": [{**ROW, "interval": [0.9]}]}, r"info\['measured'\]\[0\]\['interval'\] has length 1, not 5"),
        ({"updates": "many"}, r"info\['updates'\] is 'many'"),
    ],
)
def test_info_that_is_not_as_it_is_written(saved, info, said):
    model, path = saved
    for right in ({}, {"split": "paper", "measured": []}, {"split": "alphabets: official", "measured": [ROW]}):
        checkpoints.save(path, model, right)
        assert checkpoints.load(path)[1] == right
    checkpoints.save(path, model, info)
    with pytest.raises(CheckpointError, match=rf"is no checkpoint of metalib \({said}"):
        checkpoints.load(path)


@pytest.mark.parametrize(
    "settings",
    [{"width": "8"}, {"width": 10**30}, {"width": -1}, {"name": "mlp", "sizes": 5, "activation": "ReLU"},
     {"name": "mlp", "sizes": [1, 1], "activation": []}, {"name": "mlp", "sizes": [1, "a"], "activation": "ReLU"}],
    ids=str,
)  # fmt: skip
def test_settings_that_no_network_has(saved, settings):
    _, path = saved
    rewrite(path, {"name": "conv4", **settings})
    with pytest.raises(CheckpointError, match="does not fit the network that it names"):
        checkpoints.load(path)


def test_a_damaged_checkpoint_is_a_bad_file():
    assert issubclass(CheckpointError, BadFile)
