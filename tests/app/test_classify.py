"""Facts about `metalib classify`: what it says of pictures, in three forms, and how it ends where it cannot."""

import csv
import io
import json

import emoji_folder
import numpy as np
import pytest
from emoji_folder import CLASSES
from PIL import Image

from metalib.app import classify, cli
from metalib.few_shot import FewShot, backbones, features


@pytest.fixture(scope="module")
def support(tmp_path_factory):
    """Classes of 3, 2, 1 and 3 emoji."""
    return emoji_folder.write(tmp_path_factory.mktemp("support") / "emoji", [(0, 1, 2), (0, 1), (0,), (0, 1, 2)])


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """The same classes by another vendor."""
    return emoji_folder.write(tmp_path_factory.mktemp("labelled") / "emoji", [(3,)] * 4)


def call(*arguments):
    """The exit status of `metalib classify` with the network for emoji."""
    return cli.main(["classify", *map(str, arguments), "--backbone", "emoji"])


def test_a_line_for_each_picture_with_label_probability_and_nearest(support, labelled, capsys):
    assert call(support, labelled / "cup", labelled / "ant" / "3.png") == 0
    head, *rows = capsys.readouterr().out.splitlines()[:3]
    assert head.split("  ")[0] == "picture" and head.endswith("nearest support picture")
    paths, labels, probabilities, nearest = zip(*(row.split() for row in rows), strict=True)
    assert paths == (str(labelled / "cup" / "3.png"), str(labelled / "ant" / "3.png"))
    assert labels == ("cup", "ant") and nearest[0] == "cup/0.png" and nearest[1].startswith("ant/")
    assert all(0.25 < float(probability) <= 1 for probability in probabilities)


def test_labelled_pictures_give_a_confusion_matrix(support, labelled, capsys):
    rows = classify.classify(support, [], backbone="emoji", labelled=labelled)
    said = capsys.readouterr().out
    assert "Right: 100.0 % (51.0 to 100.0, 4 pictures). A row for each class, a column for each label:" in said
    assert "door  0    0    0    1" in said
    assert [row.true for row in rows] == [row.label for row in rows] == sorted(CLASSES)
    swapped = [row._replace(label="ant" if row.label == "cup" else row.label) for row in rows]
    labels, counts = classify.confusion(["Bär", "ant", "cup", "door"], swapped)
    assert counts[labels.index("cup"), labels.index("ant")] == 1 and counts.trace() == 3


def test_how_good_it_is_is_said_too(support, labelled, capsys):
    call(support, labelled / "cup")
    assert "The smallest class has one picture" in capsys.readouterr().out


def test_json_has_all_of_it(support, labelled, capsys):
    assert call(support, labelled / "cup", "--labelled", labelled, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["classes"] == said["labels"] == sorted(CLASSES)
    assert said["confusion"] == np.eye(4, dtype=int).tolist()
    assert said["right"]["n"] == 4 and "smallest class" in said["estimate"]["words"]
    [first, *_] = said["pictures"]
    assert first["label"] == "cup" and first["true"] is None
    assert first["probabilities"]["cup"] == first["probability"] == max(first["probabilities"].values())
    assert sum(first["probabilities"].values()) == pytest.approx(1)


def test_csv_has_a_row_for_each_picture_and_nothing_else(support, labelled, capsys):
    (odd := labelled.parent / "a, b.png").write_bytes((labelled / "cup" / "3.png").read_bytes())
    assert call(support, odd, "--labelled", labelled, "--csv") == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["class"] for row in rows] == ["", *sorted(CLASSES)]
    assert rows[0]["picture"] == str(odd) and rows[0]["label"] == "cup"
    assert 0.25 < float(rows[0]["probability"]) <= 1 and rows[0]["nearest"] == "cup/0.png"
    assert list(rows[0])[-2:] == ["distance_to_nearest", "distance_to_mean"]
    door = next(row for row in rows if row["class"] == "door")  # of whom the support folder has three
    assert float(door["distance_to_nearest"]) != float(door["distance_to_mean"]) > 0


def test_options_may_stand_between_the_pictures(support, labelled, capsys):
    pictures = [str(labelled / name / f"3{suffix}") for name, suffix in (("ant", ".png"), ("cup", ".png"))]
    assert cli.main(["classify", str(support), "--backbone", "emoji", pictures[0], "--csv", pictures[1]]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_pictures_of_the_support_folder_are_no_test(support, capsys):
    assert call(support, "--labelled", support) == 0
    assert "Noticed: 9 of the labelled pictures are support pictures too" in capsys.readouterr().out


def test_a_classifier_is_written_and_used_again(support, labelled, tmp_path, capsys):
    path = tmp_path / "mine.safetensors"
    assert call(support, labelled / "cup", "--csv", "--save", path) == 0
    first = capsys.readouterr().out
    assert cli.main(["classify", str(path), str(labelled / "cup"), "--csv"]) == 0
    assert capsys.readouterr().out == first


def test_others_are_turned_away(labelled, tmp_path, capsys):
    support = emoji_folder.write(tmp_path / "support", [(0, 1, 2)] * 4)
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "strange.png")
    assert call(support, tmp_path / "strange.png", labelled / "cup", "--none-of-these", "0.1", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert [row["label"] for row in said["pictures"]] == ["none of these", "cup"]
    limit = said["threshold"]["distance_to_mean"]
    assert [row["distance_to_mean"] > limit for row in said["pictures"]] == [True, False]
    assert said["threshold"]["false_alarms"] == 0.1 and f"farther than {limit:.3g} from" in " ".join(said["noticed"])
    classifier = FewShot.from_folder(support, backbone="emoji", none_of_these=0.1)
    z, means = features.of([tmp_path / "strange.png"], backbones.load("emoji"))[0], classifier._known().means
    assert (z - means).norm(dim=1).min().item() == pytest.approx(said["pictures"][0]["distance_to_mean"], rel=1e-4)


def test_a_limit_that_turns_nobody_away_is_no_number(labelled, tmp_path, capsys):
    support = emoji_folder.write(tmp_path / "support", [(0, 1)] * 4)
    assert call(support, labelled / "cup", "--none-of-these", "0.05", "--json") == 0
    said = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)  # Infinity is none in JSON
    assert said["threshold"] == {"distance_to_mean": None, "false_alarms": 0.05}
    assert "Give none_of_these=0.112 (--none-of-these 0.112) or more" in " ".join(said["noticed"])


def test_two_forms_at_once_are_refused(support, labelled, capsys):
    with pytest.raises(SystemExit) as stop:
        call(support, labelled / "cup", "--json", "--csv")
    assert stop.value.code == 2 and "--csv: not allowed with argument --json" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "no pictures: name some after the support folder, or a folder of some, or give --labelled"),
        (["nowhere.png"], "nowhere.png is not there: check its name and folder"),
        (["--head", "svm", "cup"], "there is no head 'svm': give one of centroid"),
        (["--save", "mine.pkl", "cup"], "mine.pkl would hold safetensors: give it a name that ends in .safetensors"),
        (["--backbone", "nothing", "cup"], "there is no backbone 'nothing'"),
        (["--backbone", "timm:resnet18", "cup"], "timm:resnet18 is fetched from the network, which nobody asked for"),
        (["--labelled", "others"], "others has classes that {support} has not: fish, fox. Give both the same"),
        (["--nead", "cup"], "--nead is no option of it: see metalib classify -h"),
    ],
    ids=lambda given: " ".join(given)[:30] if isinstance(given, list) else "",
)
def test_what_cannot_be_is_one_line_with_the_remedy(arguments, said, support, labelled, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cup").symlink_to(labelled / "cup")
    for name in ("fox", "fish"):
        (tmp_path / "others" / name).mkdir(parents=True)
        (tmp_path / "others" / name / "1.png").write_bytes((labelled / "cup" / "3.png").read_bytes())
    assert cli.main(["classify", str(support), "--backbone", "emoji", *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith(f"metalib classify: {said.format(support=support)}") and err.count("\n") == 1
    assert not list(tmp_path.glob("mine*"))


def test_a_saved_classifier_has_its_own_settings(support, labelled, tmp_path, capsys):
    path = tmp_path / "mine.safetensors"
    call(support, labelled / "cup", "--save", path)
    capsys.readouterr()
    assert cli.main(["classify", str(path), str(labelled / "cup"), "--head", "centroid"]) == 2
    assert f"{path} has its own head: leave that out, or give the folder" in capsys.readouterr().err
