"""The broken Reptile of notebook 05: what its text says of mending it."""

from pathlib import Path

import nbformat
import pytest
import torch
from torch.nn.functional import mse_loss

from metalib import sinusoids
from metalib.models import mlp
from metalib.runtime import seeded

NOTEBOOK = Path(__file__).resolve().parents[3] / "notebooks" / "05-reptile.ipynb"
FLAW = "before = network.state_dict()"
MENDED = "before = {name: value.clone() for name, value in network.state_dict().items()}"


@pytest.fixture(scope="module")
def broken():
    """The cell's function as text."""
    cells = [cell.source for cell in nbformat.read(NOTEBOOK, as_version=4).cells if FLAW in cell.source]
    return cells[0].partition("\n\n\ndef show_errors")[0]


def error_after_eight(source, epsilon):
    found = {"torch": torch, "mlp": mlp, "seeded": seeded, "sinusoids": sinusoids, "mse_loss": mse_loss}
    exec(source, found)
    new = sinusoids.sample_episodes(100, 10, 50, generator=seeded(2))
    theta = found["train_with_a_flaw"](epsilon, 200)
    return float(sinusoids.query_errors(mlp(), theta, new, inner_lr=0.02, inner_steps=8)[:, -1].mean())


def test_mending_the_flaw_helps_at_a_half_and_changes_little_at_one(broken):
    mended = broken.replace(FLAW, MENDED)
    assert mended != broken
    with_flaw = [error_after_eight(broken, epsilon) for epsilon in (0.5, 1.0)]
    assert with_flaw[0] == with_flaw[1]
    half, whole = (error_after_eight(mended, epsilon) for epsilon in (0.5, 1.0))
    assert half == pytest.approx(1.4, abs=0.1) and half < 0.7 * with_flaw[0]
    assert whole == pytest.approx(with_flaw[1], abs=0.2)
