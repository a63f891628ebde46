"""Facts about what `metalib results` says in words."""

import copy

import pytest

from metalib import places
from metalib.course.kit import study
from metalib.course.kit.results import files, sentences


@pytest.fixture
def record():
    return copy.deepcopy(study.read("exam-c"))


def by_views(record):
    return next(row for row in record["results"]["means"] if row["way"] == sentences.VIEWS)


def test_the_aim_of_exam_c_and_what_came_of_it_are_said(record):
    said = sentences.of_exam_c(record)
    assert "25 views: 14, 14 and 11 of 400 wrong, 13.0 in the mean, 3.25 % (1.67 to 5.00)" in said
    assert "Their start by the same views: 14." in said
    assert "The aim of at most 12 in the mean is missed." in said
    assert "That they do better than people, who miss 4.5 %, cannot be said." in said
    assert said.index("Apart, as people did not know it") > said.index("The aim")


def test_an_aim_is_met_at_its_number_and_people_are_passed_by_the_whole_interval(record):
    by_views(record).update(wrong=12.0, accuracy=[0.97, 0.956, 0.98, 20, "runs"])
    said = sentences.of_exam_c(record)
    assert "is met. That they do better than people, who miss 4.5 %, can be said." in said
    by_views(record)["accuracy"][1] = 0.954
    assert "cannot be said" in sentences.of_exam_c(record)


def test_no_error_in_any_run_has_no_interval(record):
    said = sentences.of_exam_c(record)
    assert "0 in the mean (0 of 400: a bootstrap over runs has no width here)" in said
    assert "0.00 to 0.00" not in said and "± 0.0" not in said


def test_what_was_found_is_in_the_readme_and_the_tables_as_the_studies_have_it(record):
    root = places.checkout()
    readme, tables = (path.read_text(encoding="utf-8") for path in (root / "README.md", root / "data" / files.TABLES))
    said = sentences.found(files.read(root / "data").exams, record, study.read("transductive-figure"))
    assert said in readme and "\n" not in said
    assert sentences.of_exam_c(record) in readme and sentences.of_exam_c(record) in tables
