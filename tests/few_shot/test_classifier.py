"""Facts about the classifier: it names pictures, takes them in every form, and is used as scikit-learn's are."""

import subprocess
import sys

import emoji_folder
import numpy as np
import pytest
import torch
from emoji_folder import CLASSES, picture
from numpy.testing import assert_allclose
from PIL import Image

from metalib import protonet
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.few_shot import FewShot, backbones, calibration, features, heads
from metalib.few_shot.heads import NAMES
from metalib.training import checkpoints

SUPPORT = [(0, 1, 2), (0, 1), (0,), (0, 1, 2)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Classes of 3, 2, 1 and 3 emoji."""
    return emoji_folder.write(tmp_path_factory.mktemp("emoji"), SUPPORT)


@pytest.fixture
def queries():
    """An emoji of each class by another vendor."""
    return [picture(number, 3) for number in range(4)]


def test_a_folder_of_unequal_classes_becomes_a_classifier(folder, queries):
    classifier = FewShot.from_folder(folder, backbone="emoji")
    assert list(classifier.classes_) == sorted(CLASSES)
    assert list(classifier.predict(queries)) == list(CLASSES)
    assert classifier.score(queries, CLASSES) == 1.0 and classifier.score(queries, CLASSES[::-1]) == 0.0
    probabilities = classifier.predict_proba(queries)
    assert probabilities.shape == (4, 4)
    assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
    assert list(classifier.classes_[probabilities.argmax(axis=1)]) == list(CLASSES)
    assert len(classifier.names) == 9 and classifier.names[0] in ("Bär/0.png", "ant/0.png")


def test_its_answers_are_the_prototypical_networks(omniglot):
    """On a task of the bank's own pictures, given as arrays."""
    spec = EpisodeSpec(n_way=5, k_shot=2, n_query=3)
    episode = sample_episodes(omniglot, spec, 1, generator=torch.Generator().manual_seed(0)).task(0)
    network, _ = checkpoints.load("protonet")
    with torch.no_grad():
        expected = protonet.task_logits(network, episode, 5).softmax(dim=1)
    arrays = {name: (255 * x[:, 0]).round().byte().numpy() for name, x in episode._asdict().items() if x.ndim == 4}
    classifier = FewShot().fit(arrays["support_x"], episode.support_y)
    assert_allclose(classifier.predict_proba(arrays["query_x"]), expected, atol=1e-4)
    assert classifier.classes_.tolist() == [0, 1, 2, 3, 4]


def test_paths_arrays_and_images_may_be_mixed(folder, queries):
    paths = sorted(folder.rglob("0.*"))
    arrays = [np.asarray(Image.open(path).convert("RGB")) for path in paths]
    images = [Image.fromarray(array) for array in arrays]
    labels = [path.parent.name for path in paths]
    mixed = [str(paths[0]), arrays[1], images[2], paths[3]]
    found = [FewShot("emoji").fit(x, labels).predict_proba(queries) for x in (paths, mixed)]
    assert_allclose(found[0], found[1], atol=1e-5)


def test_the_nearest_support_picture_is_named(folder):
    classifier = FewShot.from_folder(folder, backbone="emoji")
    [nearest] = classifier.neighbours([folder / "cup" / "0.png"])
    assert classifier.names[nearest.number] == "cup/0.png" and nearest.distance == 0


@pytest.mark.parametrize("head", NAMES)
def test_every_head_answers(folder, queries, head):
    classifier = FewShot.from_folder(folder, backbone="emoji", head=head, seconds=0)
    assert classifier.predict_proba(queries).shape == (4, 4)
    assert len(classifier.neighbours(queries)) == 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU")
@pytest.mark.parametrize("head", NAMES)
def test_a_gpu_gives_the_same_answers(folder, queries, head):
    on = {"backbone": "emoji", "head": head, "seconds": 0, "cache": False}
    found = [FewShot.from_folder(folder, device=name, **on).predict_proba(queries) for name in ("cpu", "cuda")]
    assert_allclose(found[0], found[1], atol=1e-2)


@pytest.mark.parametrize(
    ("pictures", "labels", "said"),
    [
        (["a.png", "b.png"], ["x"], r"2 pictures and labels of shape \[1\]: give each one label"),
        (["a.png", "b.png"], ["x", "x"], r"1 class \(x\), and there is nothing to tell apart: give two at least"),
        ([], [], "0 pictures: give one at least"),
        ("a.png", ["x"], r"pictures is one picture: give a list of them, \[picture\]"),
        (np.zeros((28, 28), np.uint8), ["x"] * 28, "pictures is one picture"),
        (np.zeros((28, 28, 3), np.uint8), ["x"] * 28, "pictures is one picture"),
    ],
)
def test_what_cannot_be_learned_from_is_refused(pictures, labels, said):
    with pytest.raises(ValueError, match=said):
        FewShot().fit(pictures, labels)


def test_what_has_learned_nothing_says_so(queries):
    with pytest.raises(ValueError, match=r"has learned no classes yet: call fit\(pictures, labels\) first"):
        FewShot().predict(queries)


def test_an_unknown_head_or_device_is_refused(folder):
    with pytest.raises(ValueError, match="no head 'svm'"):
        FewShot.from_folder(folder, head="svm")
    with pytest.raises(ValueError, match="no device 'abacus'"):
        FewShot.from_folder(folder, device="abacus")


# --- how far to trust it


def test_the_estimate_is_that_of_leaving_out_one_of_each(queries):
    pictures = [picture(number, drawing) for number in range(3) for drawing in range(4)]
    found = FewShot("emoji").fit(pictures, np.repeat(CLASSES[:3], 4)).estimate()
    assert found.shots == 3 and found.accuracy.n == 12 and found.accuracy.mean > 0.8
    assert FewShot("emoji").fit(queries, CLASSES).estimate().accuracy is None


@pytest.mark.parametrize(("labels", "none"), [(CLASSES, "none of these"), ((0, 1, 2, 3), -1)])
def test_what_is_far_off_is_none_of_these(labels, none):
    pictures = [picture(number, drawing) for number in range(4) for drawing in range(4)]
    strange = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    classifier = FewShot("emoji", none_of_these=0.1).fit(pictures, np.repeat(labels, 4))
    assert classifier.predict([strange]).tolist() == [none]
    right = classifier.predict(pictures) == np.repeat(labels, 4)
    assert right.mean() >= 0.8
    assert any("is none of these" in remark for remark in classifier.remarks)
    plain = FewShot("emoji").fit(pictures, np.repeat(labels, 4))
    assert plain.predict([strange])[0] in labels
    with pytest.raises(ValueError, match=f"a class is called {none!r}, as what is none of them would be: rename it"):
        classifier.fit(pictures, np.repeat([*labels[:3], none], 4))


def test_probabilities_have_the_scale_that_suits_left_out_pictures():
    pictures = [picture(number, drawing) for number in range(4) for drawing in range(4)]
    backbone, y = backbones.load("emoji"), torch.arange(4).repeat_interleave(4)
    z, _ = features.of(pictures, backbone)
    head = heads.make("centroid", backbone)
    expected = calibration.scaled(head, z, y).fit(z, y, 4).logits(z).softmax(dim=1)
    found = FewShot("emoji", "centroid").fit(pictures, y).predict_proba(pictures)
    assert_allclose(found, expected, atol=1e-6)
    assert np.abs(found - head.fit(z, y, 4).logits(z).softmax(dim=1).numpy()).max() > 0.01


def test_what_the_backbone_does_not_know_is_said(folder):
    """Emoji into the network of line drawings."""
    assert any("no line drawing" in remark for remark in FewShot.from_folder(folder).remarks)


# --- scikit-learn's conventions


def test_settings_are_read_changed_and_shown():
    classifier = FewShot("emoji", seconds=3)
    assert classifier.get_params()["seconds"] == 3
    assert classifier.set_params(head="linear probe", seconds=30) is classifier
    assert repr(classifier) == "FewShot(backbone='emoji', head='linear probe')"
    with pytest.raises(ValueError, match="no setting second: there are backbone, head, "):
        classifier.set_params(second=1)


def test_it_passes_in_scikit_learns_pipeline_and_cross_validation(folder):
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    from sklearn.base import clone, is_classifier
    from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score
    from sklearn.pipeline import make_pipeline

    pictures = [picture(number, drawing) for number in range(3) for drawing in range(4)]
    labels = np.repeat(CLASSES[:3], 4)
    classifier = FewShot("emoji")
    assert is_classifier(classifier)
    copy = clone(classifier.set_params(seed=3))
    assert copy.get_params() == classifier.get_params() and copy is not classifier
    scores = cross_val_score(classifier, pictures, labels, cv=4)
    assert scores.shape == (4,) and scores.mean() > 0.8
    pipeline = make_pipeline("passthrough", classifier)
    assert (cross_val_predict(pipeline, pictures, labels, cv=4) == labels).mean() == scores.mean()
    assert list(pipeline.fit(pictures, labels).classes_) == sorted(CLASSES[:3])
    search = GridSearchCV(classifier, {"head": ["centroid", "linear probe"]}, cv=2, error_score="raise")
    assert search.fit(pictures, labels).best_params_["head"] in ("centroid", "linear probe")


def test_it_needs_neither_scikit_learn_nor_a_library_of_networks():
    code = (
        "import sys; sys.modules['sklearn'] = None; import metalib.few_shot; "
        "print({'timm', 'torchvision', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
