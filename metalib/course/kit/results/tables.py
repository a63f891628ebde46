"""`data/results.md`: the exams on each bank, best first, and the published figures with ours beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from metalib.course.kit.exams import EXAMS, Exam
from metalib.course.kit.published import PUBLISHED, Published
from metalib.course.kit.results.entry import Entry, ExamEntry, PublishedEntry
from metalib.evaluate import Interval
from metalib.training.recipes.base import TRANSDUCTIVE

TOLD = "inductive (each query alone) / transductive (all queries together)"
INDUCTIVE = "inductive"


def markdown(
    exams: Sequence[ExamEntry],
    paper: Sequence[PublishedEntry],
    *,
    command: str,
    right: Mapping[str, Tensor] | None = None,
    remark: str = "",
) -> str:
    """All tables, with a line that says how, when and where they came to be.

    right   the right answers in each episode, by an entry's key: for exams whose halves are told apart
    remark  what is said below the exam that is over runs
    """
    entries: list[Entry] = [*exams, *paper]
    last = max((entry.date for entry in entries), default="")
    counted = {entry.machine.replace(" 1 threads", " 1 thread") for entry in entries}  # so in older records
    machines = "; ".join(sorted(counted - {""}))
    parts = [
        "# What the course's networks reach",
        f"Written by `{command}`, last changed on {last}; measured on {machines}.",
    ]
    for bank in dict.fromkeys(entry.bank for entry in exams):
        for exam in EXAMS:
            of_exam = [entry for entry in exams if (entry.bank, entry.exam) == (bank, exam.letter)]
            if of_exam:  # some banks have an exam of their own
                parts += [f"## {bank}, {exam}", *_of_exam(of_exam, exam, right or {}, remark)]
    parts += [
        "## Beside the published figures",
        "Random split of characters (1,200 for training, 423 for the test), each turn by 90° a class of its own, as in "
        "MAML's and Reptile's papers; that of prototypical networks keeps alphabets apart, and `metalib study "
        "showdown-published` asks what that is worth. "
        "100 of the 1,200 are for validation where a network learned from the others only. Ours is one "
        "network each; the interval is over episodes. MAML's paper averages the last features over places: ours are "
        "flattened, as in Reptile's. Reptile's paper has dark ink: ours is bright.",
        "The transductive figures lean on balanced queries: with one of each class together, the batch's statistics "
        "say how many of each there are. The same networks do worse where the queries' classes are drawn at random, or "
        "where each query stands alone; papers on MAML report neither.",
        published_table(paper),
    ]
    return "\n\n".join(parts) + "\n"


def _of_exam(entries: Sequence[ExamEntry], exam: Exam, right: Mapping[str, Tensor], remark: str) -> list[str]:
    """The paragraphs below an exam's title."""
    conditions = f"{entries[0].data}, {f'seed {exam.seed}' if exam.seed else 'nothing is drawn'}"
    if exam.unit != "runs":
        said = f"{conditions}; 95 % intervals over {exam.unit}, one network each."
        return [said, exam_table(entries, exam, right)]
    said = f"{conditions}; 95 % intervals over {exam.unit}, by bootstrap, one network each."
    return [said, run_table(entries, exam), *([remark] if remark else [])]


def exam_table(entries: Sequence[ExamEntry], exam: Exam, right: Mapping[str, Tensor]) -> str:
    """One exam, the best method first; where it has halves, each has a column of its own."""
    rows = [
        (e.method, learned_from(e.classes), *_training(e), e.batch_norm, *_accuracies(e, exam, right))
        for e in sorted(entries, key=lambda entry: -entry.result.mean)
    ]
    return _table(("method", "learned from", "updates", "trained on", "batch norm", "accuracy", *exam.halves), rows)


def short_exam_table(entries: Sequence[ExamEntry], exam: Exam, right: Mapping[str, Tensor]) -> str:
    """The same for the README: who, and the accuracies."""
    of_exam = sorted((e for e in entries if e.exam == exam.letter), key=lambda entry: -entry.result.mean)
    rows = [(e.method, _told(e), *_accuracies(e, exam, right)) for e in of_exam]
    return _table(("who", TOLD, f"right, with the 95 % interval over {exam.unit}", *exam.halves), rows)


def _told(entry: ExamEntry) -> str:
    """Whether a query's answer is its own, or leans on the other queries."""
    return "transductive" if entry.batch_norm == TRANSDUCTIVE else INDUCTIVE


def _accuracies(entry: ExamEntry, exam: Exam, right: Mapping[str, Tensor]) -> tuple[str, ...]:
    """The result, and that of each half of the tasks."""
    of_tasks = right.get(entry.key())
    halves = {} if of_tasks is None else exam.by_half(of_tasks.double() / exam.questions)
    return str(entry.result), *(str(halves.get(half, "–")) for half in exam.halves)


def run_table(entries: Sequence[ExamEntry], exam: Exam) -> str:
    """An exam of few questions: how many were answered wrongly, the fewest first, and published figures among them."""
    rows = [
        (
            e.result.mean,
            e.method,
            learned_from(e.classes),
            *_training(e),
            e.batch_norm,
            _wrong(e, exam),
            str(_errors(e)),
        )
        for e in entries
    ]
    rows += [
        (1 - p.errors, p.who, "–", "–", "–", "–", _count(p), f"{100 * p.errors:.1f} %, {p.remark} ({p.source})")
        for p in PUBLISHED
        if p.exam == exam.letter
    ]
    columns = ("method", "learned from", "updates", "trained on", "batch norm", f"wrong of {exam.total}", "wrong")
    return _table(columns, [row[1:] for row in sorted(rows, key=lambda row: -row[0])])


def short_table(entries: Sequence[ExamEntry], exam: Exam) -> str:
    """The same for the README: who, and how many."""
    mine = [e for e in entries if e.exam == exam.letter]
    rows = [(e.result.mean, e.method, _told(e), _wrong(e, exam), str(_errors(e))) for e in mine]
    rows += [
        (1 - p.errors, p.who, INDUCTIVE, _count(p), f"{100 * p.errors:.1f} % ({p.remark}; {p.source})")
        for p in PUBLISHED
        if p.exam == exam.letter
    ]
    columns = ("who", TOLD, f"wrong of {exam.total}", f"wrong, with the 95 % interval over {exam.unit}")
    return _table(columns, [row[1:] for row in sorted(rows, key=lambda row: -row[0])])


def _count(published: Published) -> str:
    return "–" if published.wrong is None else str(published.wrong)


def _wrong(entry: ExamEntry, exam: Exam) -> str:
    return str(round((1 - entry.result.mean) * exam.total))


def _errors(entry: ExamEntry) -> Interval:
    """The share of wrong answers."""
    right = entry.result
    mean, low, high = (round(1 - share, 9) for share in (right.mean, right.high, right.low))  # 38.75 %, not 38.7499…
    return Interval(mean, low, high, right.n, right.unit)


def _training(entry: ExamEntry) -> tuple[str, str]:
    return (f"{entry.updates:,}", entry.trained_on) if entry.updates else ("–", "–")


def published_table(entries: Sequence[PublishedEntry]) -> str:
    """Ours beside the published."""
    columns = ("method", "recipe", "learned from", "task", "batch norm at test", "ours", "published", "trained in")
    rows = []
    for e in entries:
        percent, half = e.published
        figure = f"{percent} %" if half is None else f"{percent} ± {half} %"
        said = e.source if percent is None else f"{figure}, {e.source}"
        recipe = f"{e.checkpoint.removesuffix('-paper')}, {e.updates:,} updates"
        cost = f"{e.seconds / 60:.0f} minutes, {e.trained_on}"
        conditions = (learned_from(e.classes), e.task, e.batch_norm)
        rows.append((e.method, recipe, *conditions, str(e.result), said, cost))
    return _table(columns, rows)


def learned_from(classes: str) -> str:
    """Which part of a split a network's `classes` are, in the words of a table."""
    both = classes == "background" or " and " in classes
    return "–" if classes == "none" else "training and validation" if both else "training"


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(columns)} |", "| --- " * len(columns) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])
