"""Facts about training and measuring from the command line, on a bank small enough for a test."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from metalib.app import commands
from metalib.banks import Splits
from metalib.course.kit.exams import EXAM_B
from metalib.course.kit.results import sittings
from metalib.episodes import ClassBank, EpisodeSpec
from metalib.evaluate import Interval
from metalib.training import checkpoints
from metalib.training.loop import STATE, Terminated
from metalib.training.recipes import RECIPES, base, recipe_of
from metalib.training.run_state import alone_in


@pytest.fixture
def bank(monkeypatch):
    """Sixty random classes in six alphabets, in the place of Omniglot: 20 classes for each part."""
    images = torch.randint(0, 256, (60, 20, 1, 28, 28), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    groups = tuple(f"alphabet{c // 20}" for c in range(60))
    bank = ClassBank(images, tuple(map(str, range(60))), groups, "random pixels")
    parts = Splits(*(bank.select_groups([f"alphabet{i}"]) for i in range(3)))
    monkeypatch.setattr(commands, "split", lambda whole, protocol="alphabets": parts)
    monkeypatch.setattr(base, "VALIDATION_EPISODES", 4)
    monkeypatch.setattr(commands, "load_bank", lambda *args, **kwargs: bank)
    return bank


def train(folder, name="protonet", **changes):
    return commands.train(name, out=folder, **{"updates": 3, "seed": 5, "device": "cpu", **changes})


def test_a_checkpoint_says_how_it_was_made(bank, tmp_path, capsys):
    network, info = checkpoints.load(train(tmp_path / "run"))
    assert info["recipe"]["updates"] == info["updates"] == 3
    assert (info["seed"], info["split"], info["data"]) == (5, "alphabets", "random pixels")
    assert Interval(*info["validation"]).n == 4
    assert info["measured"] == []
    assert len(info["data_digest"]) == 64
    assert network.out_features == 64
    assert "metalib evaluate" in capsys.readouterr().out


def test_with_validation_takes_those_classes_and_the_last_state(bank, tmp_path, capsys):
    _, info = checkpoints.load(train(tmp_path / "run", with_validation=True))
    assert info["validation"] is None
    assert "40 classes" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["classifier", "maml", "fomaml", "anil", "maml-tied", "reptile"])
def test_every_kind_of_recipe_trains_resumes_and_is_evaluated(bank, tmp_path, monkeypatch, capsys, name):
    monkeypatch.setattr(sittings, "CELLS", (EpisodeSpec(5, 1, 3), EpisodeSpec(5, 1, 2)))
    monkeypatch.setattr(sittings, "EXAMS", ())
    path = train(tmp_path / "run", name)
    assert path.name == f"{name}.safetensors"
    assert train(tmp_path / "run", name, resume=True) == path
    network, info = checkpoints.load(path)
    assert info["method"] == RECIPES[name].method
    assert (network.head is None) == (name == "classifier")
    rows = commands.evaluate(str(path), episodes=2, device="cpu", write=False)
    modes = {row["batch_norm"] for row in rows}
    assert len(modes) == (1 if name == "classifier" else 2)
    assert len(rows) == 2 * len(modes)


@pytest.mark.parametrize(
    ("name", "device", "message"),
    [("reptile", "cpu", "reptile is not compiled"), ("maml", "cuda", "--compile is for a CPU, and the device is cuda")],
)
def test_what_is_not_compiled_says_so(bank, tmp_path, monkeypatch, name, device, message):
    monkeypatch.setattr(commands.distributed, "device", torch.device)
    with pytest.raises(ValueError, match=message):
        train(tmp_path, name, device=device, compiled=True)
    assert list(tmp_path.iterdir()) == []


def test_a_compiled_recipe_is_handed_to_maml(bank, tmp_path, monkeypatch):
    """What the compiler makes of it is for the tests of maml."""
    asked = []
    losses = commands.MamlRecipe.losses

    def spy(recipe, network, episodes, run):
        asked.append(recipe.compiled)
        return losses(dataclasses.replace(recipe, compiled=False), network, episodes, run)

    monkeypatch.setattr(commands.MamlRecipe, "losses", spy)
    _, info = checkpoints.load(train(tmp_path / "run", "maml", updates=1, compiled=True))
    assert asked == [True]
    assert info["recipe"]["compiled"] is True


@pytest.mark.parametrize(
    ("name", "threads", "device", "said"),
    [
        ("maml", 2, "cpu", ", tasks over 2 threads"),
        ("fomaml", 64, "cpu", ", tasks over 16 threads"),  # an update has 16 tasks
        ("maml", 1, "cpu", ""),
        ("maml", 2, "cuda", ""),
        ("reptile", 2, "cpu", ""),
    ],
)
def test_the_start_of_a_run_says_over_how_many_threads_tasks_go(monkeypatch, name, threads, device, said):
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads)
    assert commands._threads(RECIPES[name], torch.device(device)) == said


def test_a_network_for_curves_is_not_measured_on_pictures(bank):
    with pytest.raises(ValueError, match="sinusoids-maml was not trained on pictures"):
        commands.evaluate("sinusoids-maml", episodes=2, device="cpu", write=False)


def test_unknown_names_are_answered_with_the_known_ones(bank, tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no recipe 'mamal': give one of protonet"):
        train(tmp_path, "mamal")
    with pytest.raises(ValueError, match="no study 'x'"):
        commands.run_study("x")


def test_without_out_the_run_lies_in_the_first_writable_folder(bank, tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    assert train(None).parent == tmp_path / "runs" / "protonet-alphabets-5"
    with pytest.raises(ValueError, match="holds a run already"):
        train(None)
    train(None, resume=True)  # a finished run: its checkpoint is written again


def test_what_is_measured_is_written_into_the_file(bank, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sittings, "CELLS", (EpisodeSpec(5, 1, 15), EpisodeSpec(20, 1, 15)))
    monkeypatch.setattr(sittings, "EXAMS", (dataclasses.replace(EXAM_B, n_episodes=6),))
    path = train(tmp_path / "run")
    rows = commands.evaluate(str(path), episodes=4, device="cpu", write=True)
    assert [row["task"] for row in rows][:2] == [
        "5-way 1-shot, 15 queries a class",
        "20-way 1-shot, 15 queries a class",
    ]
    assert rows[0]["batch_norm"] == "running statistics"
    assert Interval(*rows[0]["interval"]).n == 4
    assert checkpoints.load(path)[1]["measured"] == json.loads(json.dumps(rows))
    assert "exam B (6 episodes" in capsys.readouterr().out  # an exam keeps its own number


def test_fewer_episodes_agree_with_what_the_committed_checkpoint_says(omniglot):
    """Each cell again, with 60 new episodes: the two means differ by less than four standard errors."""
    from metalib.banks.omniglot import evaluation
    from metalib.episodes import stream_episodes
    from metalib.evaluate import Z, evaluate, mean_interval

    network, info = checkpoints.load("protonet")
    predict = recipe_of(info).predictor(network)
    said = {row["task"]: Interval(*row["interval"]) for row in info["measured"]}
    assert said[str(sittings.CELLS[0])].mean >= 0.98
    assert said[str(sittings.CELLS[2])].mean >= 0.945
    for spec in sittings.CELLS:
        episodes = stream_episodes(evaluation(omniglot), spec, 60, seed=99)
        found = mean_interval(evaluate(predict, episodes))
        claim = said[str(spec)]
        assert claim.n == 1000
        error = (found.half_width**2 + claim.half_width**2) ** 0.5 / Z
        assert abs(found.mean - claim.mean) < 4 * error + 1e-3


@pytest.fixture
def nothing_loads(monkeypatch):
    monkeypatch.setattr(commands, "load_bank", lambda *args, **kwargs: pytest.fail("loaded"))
    monkeypatch.setattr(base.Recipe, "network", lambda recipe: pytest.fail("built"))
    monkeypatch.setattr(checkpoints, "load", lambda *args, **kwargs: pytest.fail("loaded"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"updates": 0}, "updates: 0 is too small: give a whole number of 1 or more"),
        ({"updates": -3}, "updates: -3 is too small: give a whole number of 1 or more"),
        ({"updates": 2.5}, "updates: 2.5 is no whole number"),
        ({"updates": True}, "updates: True is no whole number"),
        ({"seed": -1}, "seed: -1 is too small: give a whole number of 0 or more"),
        ({"seed": 10**22}, "is too large: give at most 9,223,372,036,854,775,807"),
        ({"folder": ""}, "out: an empty name is no path"),
    ],
)
def test_python_refuses_what_the_command_line_does_in_the_same_words(nothing_loads, tmp_path, given, said):
    with pytest.raises(ValueError, match=said):
        train(**{"folder": tmp_path / "run", **given})
    assert list(tmp_path.iterdir()) == []


def test_too_few_episodes_are_refused_in_python_too(nothing_loads):
    with pytest.raises(ValueError, match="episodes: 1 is too small: give a whole number of 2 or more"):
        commands.evaluate("protonet", episodes=1, device="cpu", write=False)


def test_a_run_into_a_folder_that_is_not_free_is_refused_before_anything_is_loaded(nothing_loads, tmp_path):
    with alone_in(tmp_path / "held"), pytest.raises(ValueError, match=r"another run is writing to .*held: wait"):
        train(tmp_path / "held")
    (tmp_path / "file").write_text("x")
    with pytest.raises(NotADirectoryError, match="is a file, not a folder"):
        train(tmp_path / "file")
    (tmp_path / "held" / STATE).write_bytes(b"a state")
    with pytest.raises(ValueError, match="holds a run already: go on with it"):
        train(tmp_path / "held")


def test_numbers_of_numpy_are_numbers(bank, tmp_path):
    _, info = checkpoints.load(train(str(tmp_path / "run"), updates=np.int64(1), seed=np.int64(2)))
    assert (info["updates"], info["seed"]) == (1, 2)


def test_resuming_where_no_run_is_is_refused_before_anything_is_loaded(tmp_path, monkeypatch):
    monkeypatch.setattr(commands, "load_bank", lambda: pytest.fail("loaded"))
    with pytest.raises(ValueError, match=rf"there is no run to go on with in {tmp_path / 'run'}: leave --resume out"):
        train(tmp_path / "run", resume=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("saved", "said"),
    [(False, "interrupted. Nothing is saved in {}"), (True, "interrupted. Go on with the same command and --resume")],
)
def test_an_interrupted_run_says_whether_it_can_go_on(bank, tmp_path, monkeypatch, saved, said):
    """Ctrl-C before the first update, say, while the state is restored."""

    def interrupt(recipe, network, classes, **options):
        if saved:
            (tmp_path / STATE).write_bytes(b"a state")
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(commands.Recipe, "train", interrupt)
    with pytest.raises(KeyboardInterrupt) as stop:
        train(tmp_path)
    assert str(stop.value).startswith(said.format(tmp_path))


def test_a_terminated_run_stays_one(bank, tmp_path, monkeypatch):
    def terminate(recipe, network, classes, **options):
        raise Terminated("stopped after update 4, saved in x")
        yield

    monkeypatch.setattr(commands.Recipe, "train", terminate)
    with pytest.raises(Terminated, match=r"saved in x\. "):
        train(tmp_path)
