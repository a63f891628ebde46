"""The checks of notebook 00, against right answers, typical wrong ones, and code that fails."""

import math
import re
import statistics

import pytest
import torch
from answers import accept, expect

from metalib.course.kit.verdict import Verdict
from metalib.course.start_here.checks import check_accuracy, check_interval, check_nearest_prototype

# --- nearest_prototype


def by_rows(f_theta, support_x, support_y, query_x, n_way):
    """Right, query by query."""
    c = [f_theta(support_x[support_y == k]).mean(dim=0) for k in range(n_way)]
    return torch.tensor([min(range(n_way), key=lambda k: (z - c[k]).norm().item()) for z in f_theta(query_x)])


def at_once(f_theta, support_x, support_y, query_x, n_way, *, score=None, points=None, mean=torch.mean):
    """Right; the keywords make it wrong."""
    points = points or f_theta
    with torch.no_grad():
        support, query = points(support_x), points(query_x)
    c = torch.stack([mean(support[support_y == k], dim=0) for k in range(n_way)])
    distances = (query[:, None] - c).square().sum(dim=2) if score is None else -score(query, c)
    return distances.argmin(dim=1)


@pytest.mark.parametrize(
    "answer",
    [
        by_rows,
        at_once,
        lambda *case: by_rows(*case).tolist(),
        lambda *case: tuple(by_rows(*case)),
        lambda *case: by_rows(*case).numpy().astype("int32"),
    ],
)
def test_right_prototypes_pass(answer):
    accept(check_nearest_prototype(answer))


def nearest_picture(f_theta, support_x, support_y, query_x, n_way):
    return torch.cdist(f_theta(query_x), f_theta(support_x)).argmin(dim=1)


def mean_pictures(f_theta, x, y, query_x, n_way):
    c = f_theta(torch.stack([x[y == k].mean(dim=0) for k in range(n_way)]))
    return torch.cdist(f_theta(query_x), c).argmin(dim=1)


def fixed(n):
    return lambda f, x, y, q, n_way: at_once(f, x, y, q, n)


WRONG_PROTOTYPES = {
    "You make 5 prototypes whatever the task: one here has 3 classes, another 7": fixed(5),
    "You make 5 prototypes whatever": lambda f, x, y, q, n: by_rows(f, x, y, q, 5),
    "You make 3 prototypes whatever": fixed(3),
    "You answer label 3, and this task has the classes 0 to 2": fixed(6),
    "You average the pictures, then embed": mean_pictures,
    "You add up absolute differences": lambda *case: at_once(*case, score=lambda query, c: -torch.cdist(query, c, p=1)),
    "between points? Take one query": lambda *case: at_once(*case, score=lambda q, c: -torch.cdist(q, c, p=torch.inf)),
    "*farthest* away": lambda *case: at_once(*case, score=torch.cdist),
    "You compare pixels": lambda *case: at_once(*case, points=lambda x: x.flatten(1)),
    "the number of the nearest support picture": nearest_picture,
    "the nearest support *picture*": lambda f, x, y, q, n: y[nearest_picture(f, x, y, q, n)],
    "You add the points of a class up": lambda *case: at_once(*case, mean=torch.sum),
    "one support picture of each class": lambda *case: at_once(*case, mean=lambda rows, dim: rows[0]),
    "You take the support pictures as they come": lambda f, x, y, q, n: at_once(f, x, y.sort()[0], q, n),
    "the largest inner product": lambda *case: at_once(*case, score=lambda query, c: query @ c.T),
    "without a square": lambda *case: at_once(*case, score=lambda query, c: -(query[:, None] - c).sum(dim=2)),
    "a number for each query and class": lambda f, x, y, q, n: torch.cdist(f(q), f(x[:n])),
    "the smallest was taken along the wrong axis": lambda f, x, y, q, n: torch.cdist(f(q), f(x[:n])).argmin(dim=0),
    "Return one label a query": lambda f, x, y, q, n: y[:2],
    "You return a dict": lambda *case: dict(enumerate(by_rows(*case).tolist())),
    "what `min` gives": lambda f, x, y, q, n: torch.cdist(f(q), f(x)).min(dim=1),
    "choose the rows of a class by a mask": lambda f, x, y, q, n: f(x).view(n, -1, 6).mean(dim=1),
    "not its distance": lambda f, x, y, q, n: torch.cdist(f(q), f(x)).min(dim=1).values,
    "You return a str": lambda *case: "A",
    "see which is smallest": lambda f, x, y, q, n: torch.zeros(len(q), dtype=torch.long),
}


@pytest.mark.parametrize("words", WRONG_PROTOTYPES)
def test_wrong_prototypes_are_named(words):
    expect(check_nearest_prototype(WRONG_PROTOTYPES[words]), words)


# --- accuracy


def counted(predicted, true):
    right = 0
    for p, t in zip(predicted.tolist(), true.tolist(), strict=True):
        right += p == t
    return right / len(true)


def averaged(predicted, true):
    return (predicted == true).float().mean()


@pytest.mark.parametrize("answer", [counted, averaged])
def test_right_accuracies_pass(answer):
    accept(check_accuracy(answer))


WRONG_ACCURACIES = {
    "take the mean of the comparisons, not their sum": lambda p, t: (p == t).sum(),
    "Your answer is in per cent": lambda p, t: 100 * (p == t).float().mean().item(),
    "the share of wrong answers": lambda p, t: (p != t).float().mean(),
    "cut a share to a whole number": lambda p, t: (p == t).sum() // len(t),
    "asks whether *all* labels agree": lambda p, t: float(torch.equal(p, t)),
    "A tensor of labels, [Q], has one axis": lambda p, t: (p.argmax(dim=1) == t).float().mean(),
    "Your share is rounded to a whole number": lambda p, t: round((p == t).float().mean().item()),
    "rounded to 3 digits": lambda p, t: round((p == t).float().mean().item(), 3),
    "rounded to 2 digits": lambda p, t: round((p == t).float().mean().item(), 2),
    "one True or False a query": lambda p, t: p == t,
    "whether all answers are right, or any": lambda p, t: torch.equal(p, t),
    "Labels are names": lambda p, t: (p - t).abs().float().mean(),
    "You divide by the number of classes": lambda p, t: (p == t).sum() / (t.max() + 1),
    "Your answer is always 1": lambda p, t: len(p == t) / len(t),
    "You look at the first query only": lambda p, t: (p == t)[0].float(),
    "You return the text": lambda p, t: f"{(p == t).float().mean():.1%}",
    "You return a tensor of shape": lambda p, t: (p == t).float(),
    "Your function returns None": lambda p, t: [].append((p == t).float().mean()),
    "the accuracy is 0.714, and yours is": lambda p, t: (p == t).float().mean().sqrt(),
}


def test_common_errors_are_explained():
    assert "A comma at the end of a line makes a tuple" in check_interval(lambda v: (v.mean(),).item()).message
    assert "Write `n ** 0.5`" in check_interval(lambda v: (v.mean(), v.std() / torch.sqrt(len(v)))).message


@pytest.mark.parametrize("words", WRONG_ACCURACIES)
def test_wrong_accuracies_are_named(words):
    expect(check_accuracy(WRONG_ACCURACIES[words]), words)


# --- interval


def by_hand(values):
    n = len(values)
    mean = sum(values.tolist()) / n
    s = math.sqrt(sum((v - mean) ** 2 for v in values.tolist()) / (n - 1))
    return mean, 1.96 * s / math.sqrt(n)


def by_library(values):
    z = statistics.NormalDist().inv_cdf(0.975)
    return torch.stack([values.mean(), z * values.std() / len(values) ** 0.5]).float()


@pytest.mark.parametrize("answer", [by_hand, by_library])
def test_right_intervals_pass(answer):
    accept(check_interval(answer))


WRONG_INTERVALS = {
    "does not shrink with more episodes": lambda v: (v.mean(), 1.96 * v.std()),
    "the standard error s / √n": lambda v: (v.mean(), v.std() / len(v) ** 0.5),
    "You return the standard deviation s": lambda v: (v.mean(), v.std()),
    "You divide by n inside the standard deviation": lambda v: (v.mean(), 1.96 * v.numpy().std() / len(v) ** 0.5),
    "the variance s²": lambda v: (v.mean(), 1.96 * v.var() / len(v) ** 0.5),
    "divide the variance by n and take no root": lambda v: (v.mean(), 1.96 * v.var() / len(v)),
    "You return the full width": lambda v: (v.mean(), 2 * 1.96 * v.std() / len(v) ** 0.5),
    "You divide by n, and": lambda v: (v.mean(), 1.96 * v.std() / len(v)),
    "You divide by √(n − 1)": lambda v: (v.mean(), 1.96 * v.std() / (len(v) - 1) ** 0.5),
    "You multiply by √n": lambda v: (v.mean(), 1.96 * v.std() * len(v) ** 0.5),
    "You use 1.645": lambda v: (v.mean(), 1.645 * v.std() / len(v) ** 0.5),
    "You use 2 where 1.96 belongs": lambda v: (v.mean(), 2 * v.std() / len(v) ** 0.5),
    "p (1 − p) / n": lambda v: (v.mean(), 1.96 * (v.mean() * (1 - v.mean()) / len(v)) ** 0.5),
    "the two ends of the interval": lambda v: (by_hand(v)[0] - by_hand(v)[1], sum(by_hand(v))),
    "in the other order": lambda v: (by_hand(v)[1], by_hand(v)[0]),
    "in per cent": lambda v: [100 * x for x in by_hand(v)],
    "You return one number": lambda v: 1.96 * v.std().item() / len(v) ** 0.5,
    "You return 3 things": lambda v: (*by_hand(v), len(v)),
    "The mean of 5 values is": lambda v: (v.median(), by_hand(v)[1]),
    "Your mean is right. For 5 values": lambda v: (v.mean(), 1.5 * by_hand(v)[1]),
    "a number: the half width, second": lambda v: (v.mean(), "± 0.01"),
}


@pytest.mark.parametrize("words", WRONG_INTERVALS)
def test_wrong_intervals_are_named(words):
    expect(check_interval(WRONG_INTERVALS[words]), words)


# --- what every check does


def test_an_attempt_that_hits_a_missing_operation_is_no_stub():
    def not_implemented_in_torch(predicted, true):
        if (predicted == true).any():
            raise NotImplementedError("some operation is not implemented for 'Long'")

    expect(check_accuracy(not_implemented_in_torch), "stopped with NotImplementedError")


def test_a_changed_input_is_noticed_and_named():
    def spoils(predicted, true):
        share = (predicted == true).float().mean()
        true.zero_()
        return share

    expect(check_accuracy(spoils), "changes its input `true`")


def fails(predicted, true):
    comparison = predicted == true
    return comparison.mean()


def test_an_error_is_told_with_its_line_and_its_cause():
    verdict = check_accuracy(fails)
    assert verdict.passed is False
    first, where, cause = verdict.message.splitlines()
    kind = "(RuntimeError|NotImplementedError)"  # of torch up to 2.14, and since
    assert re.match(rf"Your function stopped with {kind}: mean\(\): could not infer output dtype", first)
    assert where == "It was in line 3 of it, `return comparison.mean()`."
    assert "Write `.float()` before you take a mean" in cause


def calls_a_name_that_is_missing(predicted, true):
    return acuracy_of(predicted, true)  # noqa: F821


def divides_by_zero(predicted, true):
    return 1 / (len(true) - len(true))


def joins_shapes(predicted, true):
    return (predicted[:-1] == true).float().mean()


def asks_a_tensor(predicted, true):
    return 1.0 if predicted == true else 0.0


def reads_past_the_end(predicted, true):
    return predicted[len(predicted)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda predicted: 0.5, "Keep the arguments as the exercise has them"),
        (calls_a_name_that_is_missing, "A name is misspelt"),
        (divides_by_zero, "You divide by a count that is zero"),
        (joins_shapes, "Two shapes do not fit"),
        (lambda predicted, true: predicted[None] @ true[None], "Two shapes do not fit"),
        (asks_a_tensor, "a tensor of several values stands where one"),
        (reads_past_the_end, "larger than the axis"),
        (lambda predicted, true: true.accuracy, "of another kind than you expect"),
        (lambda predicted, true: {}[0], "Read the message"),
    ],
)
def test_each_kind_of_error_has_its_likely_cause(answer, words):
    verdict = check_accuracy(answer)
    assert verdict.passed is False
    assert words.lower() in verdict.message.lower()


def helper(values):
    return values.missing


def calls_a_helper(predicted, true):
    right = predicted == true

    return helper(right)


def test_the_line_told_is_the_one_in_the_function_itself():
    assert "It was in line 4 of it, `return helper(right)`." in check_accuracy(calls_a_helper).message


class Adds:
    """No function with a body, but something that can be called."""

    def __call__(self, predicted, true):
        raise NotImplementedError


def test_a_callable_that_is_no_function_can_fail_too():
    assert "stopped with NotImplementedError" in check_accuracy(Adds()).message


def test_true_and_false_are_no_numbers():
    assert "You return True or False" in check_interval(lambda values: (values.mean() > 0, False)).message


def test_what_is_no_function_is_refused():
    assert "Hand over the function itself, `check_accuracy(accuracy)`" in check_accuracy(0.5).message


def test_a_verdict_reads_without_colours():
    verdict = Verdict(False, "Take `a < b` & not\n" + "word " * 40)
    assert repr(verdict).startswith("✗ Take `a < b` & not\n")
    assert max(len(line) for line in repr(verdict).splitlines()) <= 100
    page = verdict._repr_html_()
    assert "✗ Take <code>a &lt; b</code> &amp; not" in page
    assert "color" not in page.replace("currentColor", "")
