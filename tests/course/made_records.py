"""Records of notebook 08's studies with made-up numbers, in the shapes of the true ones: `write(folder)`."""

from __future__ import annotations

import json
import math

import torch
from made_grid import SHOTS, WAYS

from metalib.course.showdown.study_showdown_steps import TUTORIAL
from metalib.evaluate import bootstrap_interval, mean_interval, paired_interval
from metalib.runtime import seeded

BASELINE = "prototypical network"
ERRORS = {  # of each method in exam A; in exam B three times as many
    **{"pixels": 0.53, "untrained": 0.41, "classifier, centroid": 0.08, "classifier, SimpleShot": 0.07},
    **{"classifier, linear probe": 0.07, "classifier, fine-tuned": 0.075, "NCA": 0.035, BASELINE: 0.03},
    **{"first-order MAML": 0.1, "MAML": 0.06, "MAML, tied rows": 0.07, "ANIL": 0.065, "Reptile": 0.13},
    "ProtoMAML": 0.05,
}
FIVE_ROWS = ("first-order MAML", "MAML", "ANIL", "Reptile")
NETWORKS = ("classifier", "NCA", BASELINE, *FIVE_ROWS[:2], "MAML, tied rows", *FIVE_ROWS[2:], "ProtoMAML")
EXAMS = {"A": (120, 75, 1.0), "B": (80, 20, 3.0), "C": (20, 20, 2.0)}  # tasks, questions of one, errors by exam A's


def network_of(method):
    return "none" if method in ("pixels", "untrained") else method.split(",")[0] if "tied" not in method else method


def right(method, exam, worse):
    """How many questions of each task are answered rightly: tasks that are hard for one are hard for all."""
    n_tasks, questions, times = EXAMS[exam]
    hard = 0.5 + torch.rand(n_tasks, generator=seeded(0))
    error = (ERRORS[method] * times * worse * hard).clamp(max=1 - 1 / (5 if exam == "A" else 20))
    generator = seeded(len(method))
    answers = torch.rand(n_tasks, questions, generator=generator) >= error[:, None]
    return answers.sum(dim=1), questions


def interval(values, exam):
    return bootstrap_interval(values, "runs", generator=seeded(0)) if exam == "C" else mean_interval(values)


def table(worse=1.0):
    rows = []
    for exam in EXAMS:
        base, questions = right(BASELINE, exam, worse)
        for method in ERRORS:
            if (exam != "A" and method in FIVE_ROWS) or (method, exam) == ("pixels", "C"):
                continue
            found, _ = right(method, exam, worse)
            lead = None if method == BASELINE else list(paired_interval(found / questions, base / questions))
            known = {"method": method, "network": network_of(method), "seed": 0, "exam": exam}
            rows.append(
                {
                    **known,
                    **{"batch_norm": "running statistics", "queries": "alone", "questions": questions},
                    "right": " ".join(map(str, found.tolist())),
                    "accuracy": list(interval(found / questions, exam)),
                    "minus_prototypes": lead,
                }
            )
    (alone,) = (row for row in rows if (row["method"], row["exam"]) == ("MAML", "A"))
    rows.append({**alone, "queries": "together", "batch_norm": "statistics of all queries", "minus_prototypes": None})
    trainings = [
        {"network": name, "settings": {}, "updates": 1000 + 100 * i, "cpu_seconds": 360.0, "memory": 10**8 * (i + 1)}
        for i, name in enumerate(NETWORKS)
    ]
    emoji = {"method": "prototypical network, emoji", "exam": "D", "accuracy": [0.86, 0.845, 0.875, 400, "episodes"]}
    seconds = {method: 0.01 * (i + 1) for i, method in enumerate(ERRORS)}
    pairs = [{"method": "NCA", "exam": "A", "by_seed": {"0": [0.01, 0, 0.02, 120, "episodes"]}, "mean": 0.01}]
    return {
        **{"rows": rows, "pairs": pairs, "trainings": trainings, "seconds_to_adapt": seconds},
        "of_the_course": [{**emoji, "from": "data/results.json"}],
    }


def around(mean, n=200, half=0.004):
    return [mean, mean - half, mean + half, n, "episodes"]


def grid():
    rows, answers, places = [], [], [(n, k) for n in WAYS for k in SHOTS]
    methods = [m for m in ERRORS if m not in FIVE_ROWS and m != "classifier, fine-tuned"]

    def accuracy(bank, method, n, k):
        return 1 - min(ERRORS[method] * n**0.5 / k**0.4 * (1.3 if bank == "glyphs" else 1), 1 - 1 / n)

    for bank in ("omniglot", "glyphs"):
        for method in methods:
            for n, k in places:
                mean = accuracy(bank, method, n, k)
                lead = None if method == BASELINE else around(mean - accuracy(bank, BASELINE, n, k))
                cell = {"bank": bank, "method": method, "n_way": n, "k_shot": k}
                rows.append({**cell, "accuracy": around(mean), "minus_prototypes": lead})
            answers.append({"bank": bank, "method": method, "answers": [[0, *range(1, n)] for n, _ in places]})
    cell = {"method": "MAML, tied rows", "n_way": 5, "k_shot": 10}
    rates = [
        {**cell, "rate": rate, "own": rate == 0.4, "accuracy": around(mean)} for rate, mean in ((0.4, 0.9), (0.1, 0.98))
    ]
    networks = {m: network_of(m) for m in methods}
    return {"rows": rows, "cells": places, "answers": answers, "networks": networks, "rates": rates}


STEPS = ("0", "1", "3", "10", "30", "100", "200")
WITH_STEPS = {"ProtoMAML": 0.02, "fine-tuned": 0.05, "linear probe": 0.05, "centred head": 0.05}
CHOSEN_STEPS = 100
DOMAINS = {"Omniglot": (1, 2, 5, 10), "glyphs": (1, 2, 5, 10), "digits": (1, 2, 4, 8, 16, 32)}


def steps():
    rows = []
    for domain, shots in DOMAINS.items():
        for k in shots:
            prototypes = 1 - 0.3 / k**0.3
            for name, low in (("prototypes", 0.0), ("classifier, centroid", 0.05)):
                rows.append(
                    {"domain": domain, "k_shot": k, "method": name, "by_steps": {"0": around(prototypes - low)}}
                )
            for method, start in WITH_STEPS.items():
                gain = 0.02 * math.log2(k) if domain == "digits" else 0.0
                means = [prototypes - start + gain * min(1, int(s) / CHOSEN_STEPS) for s in STEPS]
                by_steps = dict(zip(STEPS, map(around, means), strict=True))
                lead = {s: around(mean - prototypes) for s, mean in zip(STEPS, means, strict=True)}
                known = {"domain": domain, "k_shot": k, "method": method, "rate": 0.1, "chosen_steps": CHOSEN_STEPS}
                rows.append({**known, "by_steps": by_steps, "minus_prototypes": lead})
    crossings = [
        {"domain": domain, "method": method, "k_shot": 8 if domain == "digits" else None, "k_shot_in_hindsight": None}
        for domain in DOMAINS
        for method in WITH_STEPS
    ]
    worth = {
        method: {domain: {str(k): around(0.01 * k) for k in shots} for domain, shots in DOMAINS.items()}
        for method in WITH_STEPS
    }
    rest = {"tutorial": TUTORIAL, "worth": worth}
    chosen = [{"method": m, "rate": 0.1, "steps": CHOSEN_STEPS, "accuracy": 0.9} for m in WITH_STEPS]
    return {"rows": rows, "chosen": chosen, "trials": [], "crossings": crossings, **rest}


def classes():
    rows, fits = [], []
    for method, slope in ((BASELINE, -0.5), ("classifier", -0.3)):
        for exam, level in (("A", 0.4), ("B", 0.9)):
            for seed in (0, 1, 2):
                for n in (20, 60, 200, 800):
                    accuracy = around(1 - level * (n / 20) ** slope * (1 + 0.02 * seed))
                    rows.append({"method": method, "classes": n, "seed": seed, "exam": exam, "accuracy": accuracy})
            by_seed = {str(seed): slope for seed in (0, 1, 2)}
            fits.append(
                {"method": method, "exam": exam, "by_seed": by_seed, "slope": slope, "low": slope, "high": slope}
            )
    return {"rows": rows, "fits": fits}


def intervals():
    rows = [
        {"method": method, "exam": exam, "way": way, "accuracy": around(0.9, n, half)}
        for method in (BASELINE, "NCA")
        for exam in "AB"
        for way, n, half in (("tasks", 600, 0.003), ("no picture twice", 60, 0.009), ("alphabets", 20, 0.02))
    ]
    found = [{"tasks": n, "paired": min(1.0, n / 200), "unpaired": min(1.0, n / 1000)} for n in (50, 200, 1000)]
    needed = [
        {
            **{"methods": [BASELINE, "MAML"], "exam": "A", "lead": around(0.01), "sd_paired": 0.03},
            **{"sd_unpaired": 0.06, "needed_paired": 71, "needed_unpaired": 283, "found": found},
        }
    ]
    return {"rows": rows, "needed": needed}


def published():
    row = {
        **{"method": "MAML", "checkpoint": "maml-published-paper", "task": "5-way 1-shot, 1 query a class"},
        **{"batch_norm": "statistics of all queries of the task", "ours": around(0.99, 600), "published": [98.7, 0.4]},
        **{"source": "Finn et al. (2017), table 1", "difference": 0.3, "apart": False, "test": None},
    }
    return {"rows": [row], "tests": [{"test": "mean over places", "found": {"averaged, seed 0": around(0.9)}}]}


def records():
    return {
        **{"showdown-seconds": table(), "showdown-updates": table(0.9), "showdown-grid": grid()},
        **{"showdown-steps": steps(), "showdown-classes": classes(), "showdown-intervals": intervals()},
        "showdown-published": published(),
    }


def write(folder):
    """Write all records into `folder`/studies."""
    (folder / "studies").mkdir(parents=True, exist_ok=True)
    for name, results in records().items():
        text = json.dumps({"study": name, "settings": {"cpu_seconds": 360}, "results": results})
        (folder / "studies" / f"{name}.json").write_text(text, encoding="utf-8")
