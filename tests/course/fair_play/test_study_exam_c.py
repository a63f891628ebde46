"""The study of exam C's networks: what it counts, and that every look is written down."""

from functools import partial

import pytest
import torch

from metalib import protonet
from metalib.banks import twenty_runs
from metalib.baselines import untrained_network
from metalib.course.fair_play import studies
from metalib.course.fair_play import study_exam_c as exam_c
from metalib.course.kit import views
from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.results import looks
from metalib.episodes import ClassBank
from metalib.evaluate import Interval
from metalib.places import checkout
from metalib.training import checkpoints


@pytest.fixture(scope="module")
def record():
    return studies.read("exam-c")


def test_a_row_counts_wrong_answers_and_pairs_runs():
    start = torch.full((20,), 0.9, dtype=torch.float64)
    found = exam_c.row("x", exam_c.ALONE, 20, start + 0.05, start)
    assert found["wrong"] == 20
    assert found["accuracy"] == [0.95, 0.95, 0.95, 20, "runs"]
    assert found["minus_start"] == [0.05, 0.05, 0.05, 20, "runs"]


def test_no_noise_of_sums_is_written(record):
    assert exam_c.rounded(Interval(0.1 + 0.2, -5e-18, 1 - 1e-17, 20, "runs")) == [0.3, 0.0, 1.0, 20, "runs"]
    assert str(exam_c.rounded(Interval(0.0, -5e-18, 0.0, 20))[1]) == "0.0"
    for row in (*record["results"]["rows"], *record["results"]["means"]):
        for name in ("accuracy", "minus_start"):
            assert row[name] == exam_c.rounded(Interval(*row[name]))
    assert all(isinstance(row["wrong"], int) for row in record["results"]["rows"])


def test_a_query_alone_gets_the_answer_that_it_gets_beside_others():
    """So that "each query alone" may be asked with a run's queries in one batch: exam C itself asks them apart."""
    network, maps = untrained_network(), views.maps(1)
    found = exam_c.sittings(network, twenty_runs.load(), maps)
    tiny = ClassBank(torch.zeros(2, 2, 1, 28, 28, dtype=torch.uint8), ("a", "b"), ("x", "x"), "nothing")
    for way, encoder in ((exam_c.ALONE, network), (exam_c.VIEWS, views.by_views(network, maps))):
        apart = EXAM_C.sit(partial(protonet.predict, encoder), tiny)
        assert torch.equal(found[way], apart), way
    assert not torch.equal(found[exam_c.ALONE], found[exam_c.ONE_TO_ONE])


def test_the_seeds_are_those_of_the_plan(record):
    assert record["settings"] == exam_c.SETTINGS
    infos = [checkpoints.load(name)[1] for name in exam_c.SETTINGS["checkpoints"]]
    assert [info["seed"] for info in infos] == [1, 2, 3]
    assert {info["recipe"]["continues"] for info in infos} == {exam_c.SETTINGS["start"]}
    assert {"Omniglot training (first 26 background alphabets)"} <= {info["classes"][:49] for info in infos}
    plan = (checkout() / "data" / "exam-c-plan.md").read_text(encoding="utf-8")
    assert "The three seeds are 1, 2 and 3." in plan


def test_every_count_is_a_look_that_is_written_down(record):
    written = {(look.what, look.wrong) for look in looks.read(checkout() / "data") if look.purpose == "study exam-c"}
    counted = {(f"{row['network']}: {row['way']}", row["wrong"]) for row in record["results"]["rows"]}
    assert counted <= written and len(counted) == 16


def test_the_mean_is_that_of_the_seeds(record):
    names = exam_c.SETTINGS["checkpoints"]
    for mean in record["results"]["means"]:
        of_seeds = [
            row["wrong"] for row in record["results"]["rows"] if row["network"] in names and row["way"] == mean["way"]
        ]
        assert len(of_seeds) == 3
        assert mean["wrong"] == round(sum(of_seeds) / 3, 2)
        assert mean["accuracy"][0] == pytest.approx(1 - sum(of_seeds) / 3 / EXAM_C.total)
