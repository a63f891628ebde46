"""Where gradient steps win: the start of each method, what is chosen, and what counts as a crossing."""

import pytest
import torch
from torch.testing import assert_close

from metalib import finetune, protonet
from metalib.course.showdown import protomaml, steps_from
from metalib.course.showdown import study_showdown_steps as study
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.models import conv4
from metalib.runtime import seeded


@pytest.fixture
def episodes(tiny_bank):
    return sample_episodes(tiny_bank, EpisodeSpec(n_way=3, k_shot=2, n_query=3), 2, generator=seeded(0))


def network(**settings):
    torch.manual_seed(0)
    return conv4(width=4, downsample="stride", **settings).eval()


def test_protomaml_answers_as_it_does_in_the_exams(episodes):
    body = network(running_stats=False)
    found = torch.stack([steps_from.of_protomaml(body, episodes.task(t), 0.05, [0, 2]) for t in range(2)])
    for column, steps in enumerate((0, 2)):
        predicted = protomaml.predict(body, episodes, transductive=False, inner_lr=0.05, inner_steps=steps)
        assert_close(found[:, column], (predicted == episodes.query_y).double().mean(dim=1))


@pytest.mark.parametrize(
    ("steps", "only"), [(steps_from.fine_tuned, finetune.ALL_LAYERS), (steps_from.linear_probe, finetune.HEAD)]
)
def test_the_classifier_is_fine_tuned_as_in_the_course(episodes, steps, only):
    body = network()
    model = finetune.with_head(body, 3)
    wanted = finetune.curves(model, episodes, only=only, inner_lr=0.03, at=[0, 1, 3]).query_accuracy
    found = torch.stack([steps(body, episodes.task(t), 0.01, [0, 1, 3]) for t in range(2)])  # the rate is for a class
    assert_close(found, wanted)
    assert_close(found[:, 0], torch.full((2,), 1 / 3, dtype=torch.float64))  # a head of zeros: the first label wins


def test_a_centred_head_is_that_of_the_notebook(episodes):
    body, rate, at = network(), 0.7, [0, 1, 4]
    for t in range(2):
        task = episodes.task(t)
        with torch.no_grad():
            s, q = body.features(task.support_x), body.features(task.query_x)
        scale = ((s - s.mean(0)) ** 2).sum(1).mean() ** 0.5
        s, q = (s - s.mean(0)) / scale, (q - s.mean(0)) / scale
        head = torch.nn.Linear(s.shape[1], 3)
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.zeros_(head.bias)
        optimizer, found = torch.optim.SGD(head.parameters(), lr=rate), []
        for step in range(5):
            if step in at:
                found.append((head(q).argmax(1) == task.query_y).double().mean())
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(head(s), task.support_y).backward()
            optimizer.step()
        assert_close(steps_from.centred_head(body, task, rate, at), torch.stack(found))


def test_of_equal_choices_the_one_with_the_fewest_steps_is_taken():
    trials = [
        {"method": "m", "rate": 0.1, "by_steps": {"0": 0.5, "10": 0.9, "20": 0.9}},
        {"method": "m", "rate": 0.01, "by_steps": {"0": 0.5, "10": 0.6, "20": 0.9}},
    ]
    assert study.best(trials) == {"method": "m", "rate": 0.1, "steps": 10, "accuracy": 0.9}


def test_a_crossing_is_where_the_lead_stays():
    leads = [[0.1, 0.05], [0.1, -0.01], [0.1, 0.02], [0.1, 0.03]]  # mean, low
    assert study.first_from([1, 2, 5, 10], leads) == 5
    assert study.first_from([1, 2], [[0.1, 0.05], [0.1, -0.01]]) is None


def test_a_cell_has_the_same_tasks_for_all_and_prototypes_of_its_network(tiny_bank, tmp_path):
    steps = {method: [0, 1] for method in steps_from.METHODS}
    settings = {**study.SETTINGS, "n_way": 3, "n_query": 2, "tasks": 6, "steps": steps}
    made = {"prototypical network": network(), "classifier": network(), "ProtoMAML": network(running_stats=False)}
    chosen = [{"method": method, "rate": 0.01, "steps": 1} for method in steps_from.METHODS]
    rows = study.rows_of(study.Cell("here", tiny_bank, 2, tmp_path), made, chosen, settings)
    assert [row["method"] for row in rows] == [study.PROTOTYPES, study.CENTROID, *steps_from.METHODS]
    tasks = [batch for batch in study.tasks(tiny_bank, 2, 6, settings["seed"], settings)]
    right = [(protonet.predict(made["prototypical network"], t) == t.query_y).double().mean(dim=1) for t in tasks]
    assert_close(rows[0]["by_steps"]["0"][0], torch.cat(right).mean().item())
    lead = rows[2]["minus_prototypes"]["0"][0]
    assert_close(lead, rows[2]["by_steps"]["0"][0] - rows[0]["by_steps"]["0"][0], rtol=0, atol=1e-8)
    found = study.worth(rows)
    starts = {**dict.fromkeys(study.OF_START, rows[1]["by_steps"]["0"]), "ProtoMAML": rows[2]["by_steps"]["0"]}
    for row in rows[2:]:
        gain = row["by_steps"]["1"][0] - starts[row["method"]][0]
        assert_close(found[row["method"]]["here"]["2"][0], gain, rtol=0, atol=1e-8)


def test_the_tutorials_crossing_is_where_it_says():
    shots, prototypes, steps = (study.TUTORIAL[name] for name in ("shots", study.PROTOTYPES, "ProtoMAML"))
    assert [k for k, c, s in zip(shots, prototypes, steps, strict=True) if s > c] == [8, 16, 32]
