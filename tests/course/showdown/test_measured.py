"""What the room of notebook 08 reads from records and says of them, on made-up records of the true shape."""

import made_records
import pytest
import torch

from metalib import evaluate
from metalib.course.kit.reveal import reveal
from metalib.course.kit.sat import Sat
from metalib.course.showdown import (
    choices,
    exercise_choose,
    grid,
    measured,
    plots,
    plots_chart,
    project,
    reveals,
)
from metalib.course.showdown.exercise_episodes_needed import episodes_needed
from metalib.course.showdown.exercise_paired_interval import paired_interval
from metalib.course.showdown.measured import BASELINE, SECONDS, UPDATES
from metalib.course.showdown.project import PROJECTS, Project, best, level, measured_in
from metalib.evaluate import Interval


@pytest.fixture(autouse=True)
def _made(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("made")
    made_records.write(folder)
    monkeypatch.setenv("METALIB_DATA", str(folder))


def said(capsys, say, *arguments):
    with reveal():
        say(*arguments)
    return capsys.readouterr().out


# --- records read


def test_single_tasks_give_the_record_s_own_lead():
    of = measured.answers(SECONDS, "A")
    row = measured.sat(SECONDS, "A")["MAML"]
    found = evaluate.paired_interval(of["MAML"], of[BASELINE])
    assert list(found[:3]) == pytest.approx(row["minus_prototypes"][:3])
    assert float(of["MAML"].mean()) == pytest.approx(row["accuracy"][0])


def test_the_grid_has_every_method_of_the_record_and_its_answers():
    found = grid.measured()
    assert (found.ways, found.shots) == ([2, 5, 10, 20], [1, 2, 5, 10])
    assert list(found.of_bank) == ["Omniglot", "glyphs"]
    of = found.of_bank["glyphs"]
    assert set(of.accuracy) == set(of.answers) == set(found.methods) == set(of.ahead) | {BASELINE}
    assert of.answers["NCA"][5, 2] == [0, 1, 2, 3, 4]


def test_steps_are_told_at_the_number_that_validation_chose():
    found = measured.at_chosen_steps("digits", 32)
    assert found["ProtoMAML"] == measured.steps("digits", "ProtoMAML")[32][made_records.CHOSEN_STEPS]
    assert found["prototypes"] == measured.steps("digits", "prototypes")[32][0]
    assert measured.crossing("digits")["ProtoMAML"] == 8


def test_points_have_a_sign_but_for_none():
    assert [reveals.points((mean, 0.002)) for mean in (0.01, -0.01, -0.0001)] == [
        "+1.0 ± 0.2",
        "−1.0 ± 0.2",
        "0.0 ± 0.2",
    ]


@pytest.mark.parametrize(
    ("difference", "words"),
    [([0.1, 0.05, 0.15], "ahead of"), ([0.01, -0.01, 0.03], "level with"), ([-0.1, -0.2, -0.01], "behind")],
)
def test_a_standing_is_what_the_interval_says(difference, words):
    assert measured.standing(difference) == words


# --- projects


def test_without_a_network_and_without_time_two_methods_are_possible():
    assert set(measured_in(PROJECTS["workshop"])) == {"pixels", "untrained"}


def test_five_rows_are_not_possible_at_twenty_ways():
    assert not {"MAML", "first-order MAML", "ANIL", "Reptile"} & set(measured_in(PROJECTS["school"]))


def test_all_methods_of_a_case_have_names_that_a_rule_may_give():
    for case in (*PROJECTS.values(), *project.with_networks_at_hand()):
        assert set(measured_in(case)) <= set(project.METHODS)


def test_the_best_is_level_with_itself_and_who_is_within_its_interval():
    found = {"a": Interval(0.90, 0.88, 0.92, 9), "b": Interval(0.89, 0.8, 0.95, 9), "c": Interval(0.87, 0.8, 0.95, 9)}
    assert best(found)[0] == "a"
    assert level(found) == ["a", "b"]
    assert project.behind(found, "c") == pytest.approx(0.03)


def test_a_cell_that_was_not_measured_is_refused():
    with pytest.raises(ValueError, match=r"3-way 1-shot of characters was not measured: take 2, 5, 10 or 20 ways"):
        measured_in(Project("characters", 3, 1, at_hand=True))
    with pytest.raises(ValueError, match=r"10-way 3-shot of digits was not measured"):
        measured_in(Project("digits", 10, 3, at_hand=True))
    with pytest.raises(ValueError, match=r"'photographs' were not measured: take 'characters', 'glyphs', 'digits'"):
        measured_in(Project("photographs", 5, 1, at_hand=True))
    for case in (("glyphs", 5, 1, False, 360), ("characters", 12, 4, False, 360), ("characters", 5, 1, False, 60)):
        with pytest.raises(ValueError, match=r"Without a network at hand that was not measured: take characters"):
            measured_in(Project(*case))


# --- the check of a rule


def by_the_best(case):
    return best(measured_in(case))[0]


def test_a_rule_that_names_the_best_passes():
    exercise_choose.judge(by_the_best)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda case: 3, "For the workshop you return a int. Return the name of a method, a text."),
        (lambda case: "protonet", "For the workshop you return 'protonet'. The names are: pixels; untrained;"),
        (lambda case: BASELINE, "not possible there. It has no network, and no time to train one"),
        (lambda case: "untrained", "For the school you choose 'untrained': "),
        (
            lambda case: by_the_best(case) if case.n_way < 20 else "MAML",
            "Its head has five rows, for five ways at most",
        ),
        (
            lambda case: by_the_best(case) if case.pictures != "digits" else "NCA",
            "It was not measured there: the figure of the steps has others.",
        ),
        (
            lambda case: by_the_best(case) if case.k_shot < 10 else "classifier, centroid",
            "points behind the best. See the heat map. 1 more of the four fail, too.",
        ),
    ],
)
def test_a_rule_that_does_worse_is_told_where_and_by_how_much(rule, words):
    with pytest.raises(exercise_choose.Wrong) as wrong:
        exercise_choose.judge(rule)
    assert words in str(wrong.value)


# --- what is said


def test_both_tables_are_told_with_the_learner_s_intervals(capsys):
    leads = {
        kind: {m: paired_interval(values, of[BASELINE]) for m, values in of.items()}
        for kind, of in (("seconds", measured.answers(SECONDS, "A")), ("updates", measured.answers(UPDATES, "A")))
    }
    text = said(capsys, reveals.equal, leads, "A")
    assert reveals.points(leads["updates"]["NCA"]) in text
    assert text.count("| –") >= 2


def test_yours_is_set_beside_each_machine(capsys):
    sat = Sat(torch.tensor([0, 1, 2, 3]), torch.tensor([0, 0, 0, 0]), torch.tensor([True, True, False, True]))
    right = torch.ones(20, 20, dtype=torch.bool)
    right[2:4, 0] = False
    text = said(capsys, reveals.you_and_machines, sat, {"a machine": right}, paired_interval, episodes_needed)
    assert "2 of 4" in text and "You: 3 of 4." in text and "+25.0 ± 49.0" in text
    text = said(capsys, reveals.you_and_machines, None, {"a machine": right}, paired_interval, episodes_needed)
    assert "You have not sat exam C" in text


def test_queries_together_are_told_apart_and_are_in_no_other_table(capsys):
    lines = [line for line in said(capsys, reveals.together).splitlines() if line.startswith("| MAML")]
    assert len(lines) == 1
    assert len(measured.answers(SECONDS, "A")) == len(made_records.ERRORS)


def test_a_rule_that_names_the_best_everywhere_is_behind_nowhere(capsys):
    cases = project.with_networks_at_hand()
    text = said(capsys, choices.everywhere, {"best": by_the_best, "means": lambda case: BASELINE}, cases)
    assert f"{len(cases)} cases" in text
    assert "| best | 0.00 | 0.0 (" in text
    assert "| means | 0.00" not in text


BY_STEPS = {"nearest mean": torch.tensor([0.5, 0.7]), 1: torch.tensor([0.4, 0.6]), 1000: torch.tensor([0.9, 0.8])}
SAID = [
    (reveals.steps_of_a_head, ({("digits", 32): BY_STEPS}, paired_interval), "| 60.0 % | −10.0 ± 0.0 | +25.0 ± 29.4 |"),
    (
        reveals.steps_of_a_head,
        ({("digits", 32): BY_STEPS}, paired_interval),
        "digits, 32 of each: level with the means",
    ),
    (reveals.steps_and_prototypes, (), "| ProtoMAML, Omniglot | +1.0 ± 0.4 | +2.0 ± 0.4 | – |"),
    (reveals.of_rates, (), "| 5-way 10-shot | 90.0 ±"),
    (reveals.ranks, (), "the two columns of leads disagree in exam A on: "),
    (reveals.costs, (), "ms to learn five characters"),
    (reveals.steps_and_prototypes, (), "| digits, chosen steps | 4, 8, 16, 32 |"),
    (reveals.by_classes, (), "the characters leave 1 / 3.2 of the errors"),
    (choices.chart, (), "networks that learned from characters at hand, digits, 10-way 32-shot"),
    (choices.four_projects, (by_the_best,), "post office"),
    (reveals.three_intervals, (), "(20)"),
    (reveals.beside_the_papers, (), "98.7 ± 0.4 | 99.0 ± 0.4 | +0.3 | within the intervals"),
    (reveals.beside_the_papers, (), "| mean over places | averaged, seed 0 |"),
    (reveals.seeds, (), "| NCA | A | +1.0 ± 1.0 points | +1.0"),
    (reveals.exams_c_and_d, (), "prototypical network, emoji"),
    (reveals.together, (), "each alone"),
    (reveals.spot_it, (Interval(0.05, 0.04, 0.06, 100), {"a": {"classes": "background"}}), "the validation alphabets"),
    (
        reveals.needed,
        (0.01, {"paired": 50, "unpaired": 200}, {"paired": {50: 0.8}, "unpaired": {200: 0.81}}),
        "80 and 81 % of the tests",
    ),
    (
        reveals.pairs,
        ({("A", "x", "y"): (torch.tensor([1.0, 0.5]), torch.tensor([0.5, 0.2]), (0.4, 0.1))}, "tiny"),
        "+40.0 ± 10.0",
    ),
]


@pytest.mark.parametrize(("say", "arguments", "words"), SAID, ids=[say.__name__ for say, *_ in SAID])
def test_what_is_revealed_is_said_where_no_html_is_shown(capsys, say, arguments, words):
    assert words in said(capsys, say, *arguments)


def test_what_was_measured_has_its_points():
    rows = measured.rows()
    assert {len(row) for row in rows} == {3}
    assert all("±" in row[1] for row in rows)
    assert "MAML, exam B" not in [row[0] for row in rows]


def test_a_project_of_one_s_own_has_all_methods_in_order_and_the_choice_marked(capsys):
    case = Project("glyphs", 10, 5, at_hand=True)
    text = said(capsys, choices.one_project, lambda case: "NCA", case)
    lines = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(lines) == len(measured_in(case))
    assert lines[0].startswith(f"| {best(measured_in(case))[0]} |")
    assert [line.split(" | ")[0] for line in lines if "your choice" in line] == ["| NCA"]
    other = said(capsys, choices.one_project, lambda case: "NCA", case._replace(k_shot=3))
    assert "Your rule says 'NCA'" in other
    assert "was not measured: take" in other


# --- the chart


def test_every_leaf_of_the_chart_names_its_study_and_its_best_method():
    for leaf, (path, words, study) in zip(plots_chart.LEAVES, plots_chart.rows(), strict=True):
        name, accuracy = best(measured_in(leaf.project))
        assert words.startswith(f"{name}: {100 * accuracy.mean:.1f} ± ")
        assert study == f"`{project.study_of(leaf.project)}`"
        assert path == ", ".join(leaf.path)


def test_the_chart_draws_an_arrow_to_each_node_and_leaf_with_its_study():
    _, ax = plots.canvas(7.8, 5.2)
    plots_chart.chart(ax)
    nodes = {leaf.path[:depth] for leaf in plots_chart.LEAVES for depth in range(1, len(leaf.path) + 1)}
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("") == len(nodes) + len(plots_chart.LEAVES)
    for study in ("seconds", "grid", "steps"):
        assert texts.count(study) == sum(leaf.study == f"showdown-{study}" for leaf in plots_chart.LEAVES)
