"""What notebook 08 says of choosing: the chart, your rule in four projects, and your rule everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from metalib.course.showdown import plots, plots_chart
from metalib.course.showdown.measured import in_percent
from metalib.course.showdown.project import PROJECTS, Project, behind, level, measured_in


def chart() -> None:
    """The decision chart, and the same as a table."""
    figure, ax = plots.canvas(7.8, 5.2)
    plots_chart.chart(ax, title="The best that was measured, by what one has")
    plots.show(figure, plots_chart.reading())
    note = (
        "Level: inside the best one's own 95 % interval, no paired test. Digits: after as many steps as were chosen on "
        "characters."
    )
    plots.table(("the case", "best measured", "study"), *plots_chart.rows(), note=note)


def four_projects(rule: Callable[[Project], str]) -> None:
    """The four projects: what the rule chose, what that reaches, and what else is level with the best."""
    lines = []
    for name, project in PROJECTS.items():
        found, chosen = measured_in(project), rule(project)
        lines.append(
            (name, chosen, in_percent(found[chosen]), f"{100 * behind(found, chosen):.1f}", "; ".join(level(found)))
        )
    plots.table(("project", "your choice", "measured", "points behind", "best, and level with it"), *lines)


def everywhere(rules: Mapping[str, Callable[[Project], str]], cases: Sequence[Project]) -> None:
    """How far each rule is behind the best of each case: on average, and at worst."""
    lines = []
    for name, rule in rules.items():
        behinds = [100 * behind(measured_in(project), rule(project)) for project in cases]
        worst = max(range(len(cases)), key=behinds.__getitem__)
        at = cases[worst]
        where = f"{behinds[worst]:.1f} ({at.pictures}, {at.n_way}-way {at.k_shot}-shot)"
        lines.append((name, f"{math.fsum(behinds) / len(cases):.2f}", where))
    note = (
        f"{len(cases)} cases with networks at hand: `showdown-grid` and `showdown-steps`. Who wrote a rule with these "
        "before him has a fit, and no forecast."
    )
    plots.table(("rule", "points behind the best, on average", "at worst"), *lines, note=note)


def one_project(rule: Callable[[Project], str], case: Project) -> None:
    """All that was measured for one case, the best on top, and what the rule says."""
    chosen = rule(case)
    plots.say(f"**{case.pictures}, {case.n_way}-way {case.k_shot}-shot.** Your rule says {chosen!r}.")
    try:
        found = measured_in(case)
    except ValueError as error:
        plots.say(f"{error}. The nearest case that was measured may tell something.")
        return
    alike = level(found)
    lines = [
        (
            name,
            in_percent(found[name]),
            "level" if name in alike else "",
            "your choice" * (name == chosen),
        )
        for name in sorted(found, key=lambda name: -found[name].mean)
    ]
    plots.table(("method", "measured", "beside the best", "your rule"), *lines)
    if chosen not in found:
        plots.say(f"{chosen!r} was not measured there.")
