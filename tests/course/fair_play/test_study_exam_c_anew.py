"""The study of exam C with networks that share nothing: its plan, its counts, and that every look is written down."""

import pytest

from metalib.banks import twenty_runs
from metalib.course.fair_play import studies
from metalib.course.fair_play import study_exam_c_anew as exam_c_anew
from metalib.course.kit import together
from metalib.course.kit.exams import EXAM_C
from metalib.course.kit.results import looks
from metalib.course.kit.results.sentences import ALONE, BOTH, ONE_TO_ONE, TOGETHER, VIEWS
from metalib.evaluate import evaluate
from metalib.places import checkout
from metalib.training import checkpoints

NAMES = exam_c_anew.SETTINGS["checkpoints"]


@pytest.fixture(scope="module")
def record():
    return studies.read("exam-c-anew")


@pytest.fixture(scope="module")
def loaded():
    return {name: checkpoints.load(name) for name in NAMES}


def test_the_networks_are_those_of_the_plan_and_share_nothing(record, loaded):
    assert record["settings"] == exam_c_anew.SETTINGS
    infos = [info for _, info in loaded.values()]
    assert [info["seed"] for info in infos] == [4, 5, 6]
    assert {info["recipe"]["continues"] for info in infos} == {""}
    assert {info["updates"] for info in infos} == {15_000}
    plan = (checkout() / "data" / "exam-c-plan.md").read_text(encoding="utf-8")
    assert "The three seeds are 4, 5 and 6." in plan and "15,000 each" in plan


def test_a_count_that_is_looked_at_again_is_the_same(record, loaded):
    """Without views, so that it takes seconds: the first network, and the three together."""
    networks = [network for network, _ in loaded.values()]
    runs = twenty_runs.load()
    for name, encoders in ((NAMES[0], networks[:1]), (TOGETHER, networks)):
        accuracies = evaluate(lambda episodes, e=encoders: together.predict(e, episodes), twenty_runs.episodes(runs))
        counted = next(r for r in record["results"]["rows"] if (r["network"], r["way"]) == (name, ALONE))
        assert looks.wrong(accuracies) == counted["wrong"]
        assert counted["accuracy"] == exam_c_anew.rounded(EXAM_C.interval(accuracies))


def test_every_count_is_a_look_that_is_written_down(record):
    written = [look for look in looks.read(checkout() / "data") if look.purpose == "study exam-c-anew"]
    counted = [(f"{row['network']}: {row['way']}", row["wrong"]) for row in record["results"]["rows"]]
    assert sorted((look.what, look.wrong) for look in written) == sorted(counted)  # one look each, and no other
    alone = {(name, way) for name in NAMES for way in (ALONE, VIEWS, ONE_TO_ONE, BOTH)}
    of_three = {(TOGETHER, ALONE), (TOGETHER, VIEWS)}
    assert {(row["network"], row["way"]) for row in record["results"]["rows"]} == alone | of_three


def test_the_mean_is_that_of_the_seeds(record):
    for mean in record["results"]["means"]:
        rows = [r for r in record["results"]["rows"] if r["network"] in NAMES and r["way"] == mean["way"]]
        assert len(rows) == 3
        assert mean["wrong"] == round(sum(row["wrong"] for row in rows) / 3, 2)
        assert mean["accuracy"][0] == pytest.approx(1 - sum(row["wrong"] for row in rows) / 3 / EXAM_C.total)
