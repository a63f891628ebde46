"""Facts about kept features: by content, whole or computed again, and in the user's own folder alone."""

import shutil

import numpy as np
import pytest
import torch
from picture_files import noise
from PIL import Image
from safetensors.torch import save_file
from torch import nn
from torch.testing import assert_close

from metalib.few_shot import features
from metalib.few_shot.backbones import Backbone
from metalib.files import BadFile


@pytest.fixture
def backbone():
    """One of a random linear layer; `embedded` counts what it was shown."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(192, 5))
    network.load_state_dict({"1.weight": torch.rand(5, 192, generator=torch.Generator().manual_seed(0)),
                             "1.bias": torch.zeros(5)})  # fmt: skip
    network.embedded = 0

    def prepare(image):
        network.embedded += 1
        return torch.from_numpy(np.asarray(image.resize((8, 8))).copy()).movedim(-1, 0).float()

    return Backbone("a/network: of noise", 8, 3, network.requires_grad_(False), prepare, "centroid")


@pytest.fixture
def paths(tmp_path):
    return [noise(tmp_path / f"{seed}.png", seed) for seed in range(4)]


def test_a_picture_is_embedded_once_whatever_it_is_called(backbone, paths, tmp_path):
    first, _ = features.of(paths, backbone)
    assert backbone.network.embedded == 4
    copies = [shutil.copy(path, tmp_path / f"copy-{path.name}") for path in reversed(paths)]
    again, _ = features.of([*copies, paths[0]], backbone)
    assert backbone.network.embedded == 4
    assert_close(again, first[[3, 2, 1, 0, 0]], atol=0, rtol=0)


def test_equal_pictures_in_one_call_are_embedded_once(backbone, paths):
    found, _ = features.of([paths[0], paths[1], paths[0]], backbone)
    assert backbone.network.embedded == 2
    assert_close(found[0], found[2], atol=0, rtol=0)


def test_a_picture_that_was_changed_is_embedded_again(backbone, paths):
    before, _ = features.of(paths, backbone)
    noise(paths[2], seed=99)
    after, _ = features.of(paths, backbone)
    assert backbone.network.embedded == 5
    assert (after != before).any(dim=1).tolist() == [False, False, True, False]


def test_arrays_and_images_are_known_by_their_pixels(backbone):
    array = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
    found, _ = features.of([array, Image.fromarray(array)], backbone)
    features.of([array.copy()], backbone)
    assert backbone.network.embedded == 1
    assert_close(found[0], found[1])


def test_another_network_does_not_get_the_same_features(backbone, paths):
    found, _ = features.of(paths, backbone)
    other = nn.Sequential(nn.Flatten(), nn.Linear(192, 5)).requires_grad_(False)
    moved, _ = features.of(paths, Backbone(backbone.name, 8, 3, other, backbone.prepare, "centroid"))
    assert not torch.equal(moved, found)


def test_without_the_cache_nothing_is_kept(backbone, paths, tmp_user):
    first, _ = features.of(paths, backbone, cache=False)
    features.of(paths, backbone, cache=False)
    assert backbone.network.embedded == 8
    assert list(tmp_user.rglob("*")) == []
    assert_close(features.of(paths, backbone)[0], first)


def test_features_are_kept_in_the_users_folder(backbone, paths, tmp_user):
    features.of(paths, backbone)
    [path] = tmp_user.rglob("*.safetensors")
    assert path == features.path_of(backbone)
    assert path.name == f"a-network-of-noise-{backbone.digest}.safetensors"


def spoil_cut(path):
    path.write_bytes(path.read_bytes()[:-3])


def spoil_text(path):
    path.write_text("no tensors")


def spoil_metadata(path):
    save_file({"features": torch.zeros(4, 5)}, path, {"keys": "[3]", "words": "[[]]", "origin": ""})


def spoil_none(path):
    save_file({"features": torch.zeros(4, 5)}, path)


@pytest.mark.parametrize("spoil", [spoil_cut, spoil_text, spoil_metadata, spoil_none])
def test_a_damaged_file_is_computed_again(backbone, paths, spoil):
    first, _ = features.of(paths, backbone)
    spoil(features.path_of(backbone))
    for _ in range(2):
        assert_close(features.of(paths, backbone)[0], first)
    assert backbone.network.embedded == 8


def test_what_another_version_prepared_is_not_used(backbone, paths, monkeypatch):
    features.of(paths, backbone)
    monkeypatch.setattr(features, "_origin", lambda: "another")
    features.of(paths, backbone)
    assert backbone.network.embedded == 8


def test_a_folder_that_cannot_be_written_costs_time_only(backbone, paths, tmp_user):
    (tmp_user / features.FOLDER).write_text("a file in its place")
    for _ in range(2):
        features.of(paths, backbone)
    assert backbone.network.embedded == 8


def test_the_latest_are_kept(backbone, paths, monkeypatch):
    monkeypatch.setattr(features, "MOST", 3)
    features.of(paths, backbone)
    features.of(paths[1:], backbone)
    assert backbone.network.embedded == 4
    features.of(paths[:1], backbone)
    assert backbone.network.embedded == 5


def test_an_error_keeps_nothing(backbone, paths, tmp_user):
    paths[3].write_bytes(paths[3].read_bytes()[:60])
    with pytest.raises(BadFile, match=str(paths[3])):
        features.of(paths, backbone)
    assert list(tmp_user.rglob("*.safetensors")) == []
