"""What notebook 08's prose says of the studies, asked of their committed records."""

import pytest

from metalib.course.showdown import checks, grid, measured, project, reveals
from metalib.evaluate import paired_interval


def published(test):
    (found,) = (of["found"] for of in measured.results("showdown-published")["tests"] if of["test"] == test)
    return found


def paper(method, task):
    rows = measured.results("showdown-published")["rows"]
    return [row for row in rows if row["method"] == method and row["task"].startswith(task)]


def test_whole_alphabets_take_all_of_the_lead_at_five_ways_and_less_than_half_at_twenty():
    found = published("whole alphabets")
    for task, all_of_it in (("5-way 1-shot", True), ("20-way 1-shot", False)):
        (row,) = paper("prototypical network", task)
        characters, alphabets = (found[f"{name}, {task}"] for name in ("protonet-short-paper", "protonet"))
        theirs = row["published"][0] / 100
        assert (alphabets[1] <= theirs <= alphabets[2]) == all_of_it
        assert (characters[0] - alphabets[0] < 0.5 * (characters[0] - theirs)) != all_of_it


def test_reptile_is_no_better_on_characters_as_they_are():
    found = published("unturned test")
    for mode in ("all queries of the task", "the support set and one query"):
        assert found[f"as they are, statistics of {mode}"][0] < found[f"turned, statistics of {mode}"][2]
    assert all(row["difference"] < 0 for row in paper("Reptile", "5-way 1-shot"))


def test_averaged_features_were_ahead_after_a_short_training():
    mean, low, high, *_ = published("mean over places")["flattened − averaged, seed 0"]
    assert low <= mean <= high < 0


def test_first_order_maml_is_level_with_the_papers_steps_and_ahead_with_more():
    apart = {row["checkpoint"]: (row["apart"], row["difference"] > 0) for row in paper("first-order MAML", "5-way")}
    assert apart == {"fomaml-published-paper": (False, True), "fomaml-5-steps-paper": (True, True)}


def test_reptile_is_less_sensitive_than_maml_to_its_rate_and_not_faster(capsys):
    reveals.of_reptile()
    said = capsys.readouterr().out
    tried = {}
    for row in measured.results("showdown-trials")["rows"]:
        tried.setdefault(row["method"], []).append(row["accuracy"][0])
    width = {name: max(of) - min(of) for name, of in tried.items()}
    assert width["Reptile"] < min(width["MAML"], width["first-order MAML"])
    ahead = sum(max(of) > max(tried["Reptile"]) for of in tried.values())
    assert f"After a minute {ahead} of the other {len(tried) - 1} methods are ahead" in said
    assert ahead > 1


def test_steps_win_on_digits_from_one_picture_on_and_next_to_nowhere_else():
    assert set(measured.crossing("Omniglot").values()) == {None}
    glyphs = {method: shots for method, shots in measured.crossing("glyphs").items() if shots is not None}
    assert glyphs == {"centred head": 10}
    assert measured.crossing("digits")["linear probe"] == 1
    worth = measured.results("showdown-steps")["worth"]["linear probe"]["digits"]
    assert all(low > 0 for _, low, *_ in worth.values())
    assert worth["32"][1] > worth["1"][0]


def test_the_steps_that_characters_chose_for_protomaml_do_harm_on_digits_and_many_do_not():
    rows = {r["k_shot"]: r for r in measured.results("showdown-steps")["rows"] if r["domain"] == "digits" and
            r["method"] == "ProtoMAML"}  # fmt: skip
    harm = [row["minus_start"][str(row["chosen_steps"])] for k, row in sorted(rows.items()) if k >= 8]
    assert all(high < 0 for _, _, high, *_ in harm)
    assert sorted((mean for mean, *_ in harm), reverse=True) == [mean for mean, *_ in harm]
    assert rows[32]["minus_start"]["200"][1] > 0 < rows[32]["minus_prototypes"]["200"][1]
    (chosen,) = (row for row in measured.results("showdown-steps")["chosen"] if row["method"] == "ProtoMAML")
    known = {"method": "ProtoMAML", "rate": chosen["rate"]}
    (trial,) = (row for row in measured.results("showdown-steps")["trials"] if known.items() <= row.items())
    assert max(trial["by_steps"].values()) - min(trial["by_steps"].values()) < 0.01  # on characters it hardly matters


@pytest.mark.parametrize("name", project.PROJECTS)
def test_the_courses_rule_is_the_best_of_each_project_or_level_with_it(name):
    found = project.measured_in(project.PROJECTS[name])
    assert checks.choose(project.PROJECTS[name]) in project.level(found)


def test_all_methods_are_calmer_than_reptile_but_the_two_that_are_named():
    width = {}
    for row in measured.results("showdown-trials")["rows"]:
        width.setdefault(row["method"], []).append(row["accuracy"][0])
    spread = {name: max(of) - min(of) for name, of in width.items()}
    assert {name for name in spread if spread[name] > spread["Reptile"]} == {"MAML", "first-order MAML"}


def lead(study, exam, method):
    """Low and high of the lead over the prototypical network."""
    return measured.sat(study, exam)[method]["minus_prototypes"][1:3]


def test_what_we_measured_says_what_the_two_tables_have():
    for study in (measured.SECONDS, measured.UPDATES):
        for exam in "AB":
            table = measured.sat(study, exam)
            order = sorted(table, key=lambda method: -table[method]["accuracy"][0])
            assert set(order[:2]) == {"NCA", measured.BASELINE}
            assert lead(study, exam, "classifier, SimpleShot")[1] < 0
            assert order[2] == "classifier, SimpleShot"
        gap = {exam: measured.sat(study, exam)["classifier, SimpleShot"]["minus_prototypes"][0] for exam in "AB"}
        assert gap["B"] < gap["A"] < 0
        ways = {exam: measured.sat(study, exam)["MAML, tied rows"]["minus_prototypes"][0] for exam in "AB"}
        assert ways["B"] < ways["A"]
    steps = ("ANIL", "MAML", "first-order MAML", "MAML, tied rows", "ProtoMAML", "Reptile")
    seconds, updates = (measured.answers(study, "A") for study in (measured.SECONDS, measured.UPDATES))
    assert max(steps, key=lambda method: seconds[method].mean()) == "ANIL"
    assert paired_interval(seconds["ANIL"], seconds["MAML"]).low > 0
    equal = paired_interval(updates["ANIL"], updates["MAML"])
    assert equal.low < 0 < equal.high


def test_a_smaller_rate_is_what_maml_lacks_where_pictures_are_more():
    found = {}
    for row in measured.results(grid.STUDY)["rates"]:
        found.setdefault((row["n_way"], row["k_shot"]), {})[row["rate"]] = row["accuracy"]
    assert set(found) == {(5, 10), (10, 5)}
    for rates in found.values():
        assert rates[0.4][2] < rates[0.1][1]


def test_an_interval_over_alphabets_is_some_three_times_wider_on_exam_b():
    width = {}
    for row in measured.results("showdown-intervals")["rows"]:
        _, low, high, *_ = row["accuracy"]
        width.setdefault((row["method"], row["exam"]), {})[row["way"]] = high - low
    wider = [of["alphabets"] / of["tasks"] for (_, exam), of in width.items() if exam == "B"]
    assert min(wider) > 2.5
