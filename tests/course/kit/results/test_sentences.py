"""Facts about what `metalib results` says in words."""

import copy

import pytest

from metalib import places
from metalib.course.kit import study
from metalib.course.kit.results import files, sentences


@pytest.fixture
def record():
    return copy.deepcopy(study.read("exam-c"))


@pytest.fixture
def anew():
    return copy.deepcopy(study.read("exam-c-anew"))


def by_views(record):
    return next(row for row in record["results"]["means"] if row["way"] == sentences.VIEWS)


def test_the_aim_of_exam_c_and_what_came_of_it_are_said(record):
    said = sentences.of_exam_c(record)
    assert "25 views: 14, 14 and 11 of 400 wrong, 13.0 in the mean, 3.25 % (1.67 to 5.00)" in said
    assert "Their start by the same views: 14." in said
    assert "The aim of at most 12 in the mean is missed." in said
    assert "That they do better than people, who miss 4.5 %, cannot be said (for that, 9 wrong at most" in said
    assert said.index("Apart, as people did not know it") > said.index("The aim")


def test_an_aim_is_met_at_its_number(record):
    by_views(record).update(wrong=12.0, accuracy=[0.97, 0.956, 0.98, 20, "runs"])
    said = sentences.of_exam_c(record)
    assert "is met. That they do better than people, who miss 4.5 %, cannot be said" in said


@pytest.mark.parametrize(
    ("wrong", "low", "can"), [(9.0, 0.956, "can"), (9.0, 0.954, "cannot"), (10.0, 0.956, "cannot")]
)
def test_people_are_passed_at_nine_by_the_whole_interval(record, wrong, low, can):
    by_views(record).update(wrong=wrong, accuracy=[0.975, low, 0.98, 20, "runs"])
    assert f"who miss 4.5 %, {can} be said" in sentences.of_exam_c(record)


def test_networks_that_share_nothing_have_two_aims(anew):
    said = sentences.of_exam_c_anew(anew)
    assert (
        "by the same views: 14, 12 and 14, 13.3 in the mean, 3.33 % (2.17 to 4.50). Without views: 18, 19 and 19"
        in said
    )
    assert "The three together, by views: 10 wrong, 2.50 % (1.25 to 3.75); without views 15." in said
    assert said.count("missed") == 2 and said.count("cannot be said") == 2
    next(
        r for r in anew["results"]["rows"] if r["network"] == sentences.TOGETHER and r["way"] == sentences.VIEWS
    ).update(wrong=6)
    said = sentences.of_exam_c_anew(anew)
    assert "The aim of at most 6 is met." in said and said.count("can be said") == 1


def test_no_error_in_any_run_has_no_interval(record):
    said = sentences.of_exam_c(record)
    assert "0 in the mean (0 of 400: a bootstrap over runs has no width here)" in said
    assert "0.00 to 0.00" not in said and "± 0.0" not in said


def test_what_was_found_is_in_the_readme_and_the_tables_as_the_studies_have_it(record, anew):
    root = places.checkout()
    readme, tables = (path.read_text(encoding="utf-8") for path in (root / "README.md", root / "data" / files.TABLES))
    said = sentences.found(files.read(root / "data").exams, record, anew, study.read("transductive-figure"))
    assert said in readme and "\n" not in said
    for part in (sentences.of_exam_c(record), sentences.of_exam_c_anew(anew)):
        assert part in readme and part in tables
