"""metalib.course.kit.study: what is read is what was written, or says what to run."""

import json

import pytest

from metalib.course.kit import study
from metalib.files import BadFile


def test_what_is_written_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    asked = study.Study("How large is α?", lambda settings: {"alpha": settings["seed"]}, {"seed": 3})
    study.write("greek", asked, tmp_path / study.FOLDER)
    assert study.read("greek")["results"] == {"alpha": 3}


def test_the_time_of_a_study_that_resumes_is_that_of_its_last_call(tmp_path):
    for resumes, name in ((False, "seconds"), (True, "seconds_of_the_last_call")):
        path = study.write("greek", study.Study("", lambda settings: {}, {}, resumes=resumes), tmp_path)
        assert {key for key in json.loads(path.read_text()) if key.startswith("seconds")} == {name}


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"settings": {}, "results": null}', "[" * 100_000])
def test_a_damaged_study_says_how_to_run_it(tmp_path, monkeypatch, content):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    (tmp_path / study.FOLDER).mkdir()
    (tmp_path / study.FOLDER / "greek.json").write_text(content)
    with pytest.raises(BadFile, match=r"greek\.json is damaged .*: run it: metalib study greek"):
        study.read("greek")


def test_a_study_that_is_nowhere_says_how_to_run_it(tmp_path, monkeypatch):
    monkeypatch.setenv("METALIB_DATA", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="Run it: metalib study greek"):
        study.read("greek")
