"""The questions of notebook 03: each can be asked, and its answer is what the course computes or measured."""

import pytest
import torch
from torch.nn.functional import mse_loss

from metalib import models, quadratics, runtime, sinusoids
from metalib.course.maml_sinusoids import checks, questions, studies


def test_what_one_step_leaves_of_a_parabola():
    task = quadratics.Quadratic(torch.tensor([1.0]), torch.tensor([[2.0]]))
    before, after = (
        task.loss(point) for point in quadratics.inner_path(task, torch.zeros(1), inner_lr=0.2, inner_steps=1)
    )
    assert questions.loss_after_one_step().key["answer"] == pytest.approx(100 * float(after / before))


@pytest.fixture
def gradients():
    """(α, k) -> MAML's gradient and first-order MAML's, as the notebook computes them, with its seeds."""
    torch.manual_seed(0)
    model = models.mlp((1, 10, 10, 1), activation=torch.nn.Tanh).double()
    theta = dict(model.named_parameters())
    episodes = sinusoids.sample_episodes(4, 10, 10, generator=runtime.seeded(0))
    episodes = type(episodes)(*(field.double() for field in episodes))

    def both(alpha, k):
        losses = [f(model, theta, episodes, alpha, k).mean() for f in (checks.maml_losses, checks.first_order_losses)]
        return [torch.cat([g.flatten() for g in torch.autograd.grad(loss, theta.values())]) for loss in losses]

    return both


def test_how_far_first_order_maml_is_off(gradients):
    exact, cheap = gradients(0.05, 2)
    j = (exact - cheap).abs().argmax()
    assert cheap[j] / exact[j] - 1 == pytest.approx(0.67, abs=0.01)
    asked = questions.how_far_off()
    assert asked.data["options"][asked.key["correct"]] == "by more than 50 %"


def test_what_first_order_maml_drops_at_two_step_sizes(gradients):
    dropped = [(exact - cheap).norm().item() for exact, cheap in (gradients(0.01, 1), gradients(0.1, 1))]
    assert dropped[1] / dropped[0] == pytest.approx(3.1, abs=0.1)
    asked = questions.what_is_dropped()
    assert asked.data["options"][asked.key["correct"]].startswith("less than ten times")


def test_joint_training_becomes_the_mean_wave():
    x = torch.linspace(*sinusoids.INPUTS, 50)[:, None]
    waves = sinusoids.draw_waves(20_000, generator=runtime.seeded(0))
    assert mse_loss(waves(x).mean(dim=0), sinusoids.mean_wave(x)) < 1e-3


def test_errors_before_and_after_a_step_are_the_studys():
    study = studies.read("sinusoids")
    maml, joint = (studies.row(study, start, 10, 0)["mse"][0] for start in ("MAML", "joint training"))
    assert 0 < maml - joint < 0.05 and round(maml, 1) == 2.9
    after = [studies.row(study, "MAML", 10, steps)["mse"][0] for steps in (1, 10)]
    assert questions.after_one_step().key["answer"] == round(after[0], 2)
    assert questions.after_one_step().key["feedback"]["too low"].count(f"{after[1]:.2f}") == 1
    assert questions.after_one_step().key["feedback"]["too high"].count("2.43") == 1
    assert f"{studies.row(study, 'joint training', 10, 1)['mse'][0]:.2f}" == "2.43"
