"""Facts about saved classifiers: they answer as before, hold nothing pickled, and are believed only after a look."""

import json

import emoji_folder
import numpy as np
import pytest
import torch
from emoji_folder import picture
from numpy.testing import assert_allclose
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from metalib.few_shot import FewShot
from metalib.few_shot.heads import NAMES
from metalib.files import BadFile


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Classes of 2, 1, 1 and 3 emoji."""
    return emoji_folder.write(tmp_path_factory.mktemp("emoji"), [(0, 1), (0,), (1,), (0, 1, 2)])


@pytest.fixture
def queries():
    return [picture(number, 3) for number in range(4)]


@pytest.mark.parametrize("head", NAMES)
def test_what_is_loaded_answers_as_what_was_saved(folder, queries, tmp_path, head):
    saved = FewShot.from_folder(folder, backbone="emoji", head=head, seconds=0)
    saved.save(tmp_path / "mine.safetensors")
    loaded = FewShot.load(tmp_path / "mine.safetensors")
    assert_allclose(loaded.predict_proba(queries), saved.predict_proba(queries), atol=1e-6)
    assert list(loaded.predict(queries)) == list(saved.predict(queries))
    assert loaded.neighbours(queries) == saved.neighbours(queries)
    assert (loaded.names, loaded.remarks) == (saved.names, saved.remarks)
    assert (loaded.backbone, loaded.head) == ("emoji", head)


def test_a_threshold_comes_back_with_the_rest(folder, queries, tmp_path):
    pictures = [picture(number, drawing) for number in range(2) for drawing in range(3)]
    saved = FewShot("emoji", none_of_these=0.2).fit(pictures, np.repeat(["a", "b"], 3))
    saved.save(tmp_path / "mine.safetensors")
    loaded = FewShot.load(tmp_path / "mine.safetensors")
    assert loaded.none_of_these == 0.2 and list(loaded.predict(queries)) == list(saved.predict(queries))
    assert "none of these" in loaded.predict(queries)


def test_a_loaded_classifier_gives_the_same_estimate(folder, tmp_path):
    pictures = [picture(number, drawing) for number in range(2) for drawing in range(3)]
    for head in ("plain centroid", "fine-tuning"):
        saved = FewShot("emoji", head, seconds=0).fit(pictures, np.repeat(["a", "b"], 3))
        saved.save(tmp_path / "mine.safetensors")
        loaded = FewShot.load(tmp_path / "mine.safetensors")
        if head == "plain centroid":
            assert loaded.estimate() == saved.estimate()
        else:
            with pytest.raises(ValueError, match="the pictures are not in the file that this was loaded from"):
                loaded.estimate()


def test_whole_numbers_come_back_as_such(queries, tmp_path):
    FewShot("emoji").fit(queries, [7, 7, 9, -1]).save(tmp_path / "mine.safetensors")
    loaded = FewShot.load(tmp_path / "mine.safetensors")
    assert loaded.classes_.tolist() == [-1, 7, 9] and loaded.predict(queries[2:]).tolist() == [9, -1]


def test_what_cannot_be_saved_is_refused_and_nothing_is_written(queries, tmp_path):
    classifier = FewShot("emoji").fit(queries, [1.5, 1.5, 2, 3])
    with pytest.raises(ValueError, match="the labels are float64: names and whole numbers are saved"):
        classifier.save(tmp_path / "mine.safetensors")
    with pytest.raises(ValueError, match=r"mine\.pkl would hold safetensors: give it a name that ends in \."):
        classifier.save(tmp_path / "mine.pkl")
    with pytest.raises(ValueError, match="has learned no classes yet"):
        FewShot().save(tmp_path / "mine.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def saved(folder, tmp_path):
    path = tmp_path / "mine.safetensors"
    FewShot.from_folder(folder, backbone="emoji").save(path)
    return path


def rewrite(path, header=None, **tensors):
    """The same file with other parts of the header, or other tensors; None takes one away."""
    with safe_open(path, framework="pt") as file:
        before = json.loads(file.metadata()["few_shot"])
    kept = {name: value for name, value in (load_file(path) | tensors).items() if value is not None}
    changed = {name: value for name, value in (before | (header or {})).items() if value is not None}
    save_file(kept, path, {"few_shot": json.dumps(changed)})


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({"classes": None}, r"is no classifier of metalib \(header\['classes'\] is None, not a list"),
        (
            {"classes": ["a", 3]},
            r"is no classifier of metalib \(header\['classes'\] is \['a', 3\], not names or num",
        ),
        ({"classes": ["a", "a", "a", "a"]}, "is no classifier of metalib"),
        ({"classes": [["a"], ["b"]]}, "is no classifier of metalib"),
        ({"head": 3}, "is no classifier of metalib"),
        ({"format": 2}, "has format 2 and this metalib reads 1: update it"),
        ({"digest": "0" * 12}, r"was made with another emoji network \(weights 0{12}, and here are [0-9a-f]{12}\)"),
        ({"head": "svm"}, "does not fit together"),
        ({"head": "linear probe"}, "does not fit together"),
        ({"classes": ["a", "b", "c"]}, "does not fit together"),
        ({"threshold": {"distance": "far"}}, "is no classifier of metalib"),
        ({"names": ["a"]}, r"does not fit together \(7 pictures, 7 labels and 1 names\)"),
    ],
    ids=str,
)
def test_a_header_of_another_shape(saved, header, said):
    rewrite(saved, header)
    with pytest.raises(BadFile, match=rf"mine\.safetensors {said}"):
        FewShot.load(saved)


@pytest.mark.parametrize(
    "tensors",
    [
        {"support": None},
        {"labels": torch.zeros(7, dtype=torch.long)},
        {"labels": torch.arange(7).float()},
        {"support": torch.full((7, 64), torch.nan)},
        {"support": torch.zeros(7, 3)},
        {"learned.centroids": torch.zeros(3, 64)},
        {"learned.centroids": torch.full((4, 64), torch.inf)},
    ],
    ids=lambda tensors: next(iter(tensors)),
)
def test_tensors_that_do_not_fit(saved, tensors):
    rewrite(saved, **tensors)
    with pytest.raises(BadFile, match="does not fit together"):
        FewShot.load(saved)


def test_a_file_that_is_none(saved, tmp_path):
    data = saved.read_bytes()
    saved.write_bytes(data[:-5])
    with pytest.raises(BadFile, match=r"mine\.safetensors is damaged or cut off"):
        FewShot.load(saved)
    save_file({"x": torch.zeros(1)}, saved)
    with pytest.raises(BadFile, match="is no classifier of metalib"):
        FewShot.load(saved)
    with pytest.raises(FileNotFoundError, match=r"nowhere\.safetensors is not there"):
        FewShot.load(tmp_path / "nowhere.safetensors")


def test_a_file_asks_for_nothing_from_the_network(saved):
    """Whoever wrote it may have downloaded: who loads it has to say so, too."""
    rewrite(saved, {"backbone": "timm:resnet18"})
    with pytest.raises(ValueError, match="is fetched from the network, which nobody asked for"):
        FewShot.load(saved)


def test_a_picture_of_the_support_set_is_not_in_the_file(folder, tmp_path):
    """Only features are, and the names."""
    path = tmp_path / "mine.safetensors"
    FewShot.from_folder(folder, backbone="emoji").save(path)
    assert {name: list(value.shape) for name, value in load_file(path).items()} == {
        "labels": [7],
        "learned.centroids": [4, 256],
        "learned.excess": [4],
        "learned.scale": [],
        "support": [7, 256],
    }
