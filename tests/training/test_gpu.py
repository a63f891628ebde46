"""What holds on a CUDA GPU. Skipped elsewhere: the rest of the suite says the same of the CPU."""

import dataclasses

import pytest
import torch

from metalib import maml, runtime
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.training.cuda_graphs import Gradients
from metalib.training.loop import Diverged
from metalib.training.recipes import RECIPES
from metalib.training.run_state import read_records

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA GPU here")
SMALL = {"meta_batch_size": 3, "updates": 12, "rotations": False}
RECORDED = ("maml", "fomaml", "anil", "maml-tied", "reptile")


@pytest.fixture
def bank(tiny_bank):
    return tiny_bank.to("cuda")


@pytest.fixture(autouse=True)
def full_precision(monkeypatch):
    """Without it convolutions round to 10 bits, and two ways of computing differ by as much."""
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    monkeypatch.setattr(torch.backends.cudnn, "deterministic", True)


def trained(recipe, bank, *, recorded=True, monkeypatch=None, **settings):
    if not recorded:
        monkeypatch.setattr(Gradients, "__call__", Gradients._take)
    network = recipe.network()
    records = list(recipe.train(network, bank, record_every=1, progress=False, **settings))
    return network, records


def test_a_gpu_sees_the_episodes_of_the_cpu(tiny_bank, bank):
    spec = EpisodeSpec(3, 1, 2)
    here, there = (sample_episodes(b, spec, 4, generator=runtime.seeded(0)) for b in (tiny_bank, bank))
    for one, other in zip(here, there, strict=True):
        assert other.is_cuda
        torch.testing.assert_close(one, other.cpu(), rtol=0, atol=1e-7)  # a GPU rounds 1/255 otherwise


@pytest.mark.parametrize("first_order", [False, True])
def test_mamls_gradient_is_the_cpus(tiny_bank, bank, first_order):
    recipe = RECIPES["maml"]
    gradients = []
    for b in (tiny_bank, bank):
        network = recipe.network().double().to(b.device)
        drawn = sample_episodes(tiny_bank, EpisodeSpec(3, 1, 2), 4, generator=runtime.seeded(0))
        doubled = drawn._replace(support_x=drawn.support_x.double(), query_x=drawn.query_x.double())
        episodes = Episode(*(field.to(b.device) for field in doubled))
        theta = dict(network.named_parameters())
        chunk_size = runtime.tasks_at_once(b.device)
        settings = {"inner_lr": 0.4, "inner_steps": 2, "first_order": first_order}
        loss = maml.losses(network, theta, episodes, chunk_size=chunk_size, **settings).mean()
        gradients.append(torch.cat([g.flatten().cpu() for g in torch.autograd.grad(loss, list(theta.values()))]))
    assert (gradients[0] - gradients[1]).norm() < 1e-9 * gradients[0].norm()


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_update_is_the_update(name, bank, monkeypatch):
    recipe = dataclasses.replace(RECIPES[name], **SMALL)
    network, records = trained(recipe, bank)
    expected, expected_records = trained(recipe, bank, recorded=False, monkeypatch=monkeypatch)
    assert [r.update for r in records] == list(range(1, 13))
    assert [r.loss for r in records] == pytest.approx([r.loss for r in expected_records], rel=2e-2)
    assert len({round(r.loss, 6) for r in records}) == 12  # each has its own episodes
    for (parameter, found), wanted in zip(network.named_parameters(), expected.parameters(), strict=True):
        torch.testing.assert_close(found, wanted, rtol=2e-2, atol=2e-3, msg=parameter)


def test_it_is_recorded_once_a_stage(bank, monkeypatch):
    recordings = []
    record = Gradients._record
    monkeypatch.setattr(Gradients, "_record", lambda self, *rest: (recordings.append(self.kind), record(self, *rest)))
    recipe = dataclasses.replace(RECIPES["maml"], head_only_updates=5, **SMALL)
    trained(recipe, bank)
    assert [kind[0] for kind in recordings] == [(False, "head"), (False, "")]


def test_the_inner_adam_counts_its_steps_in_the_recording(bank):
    recipe = dataclasses.replace(RECIPES["reptile"], **SMALL)
    run = recipe.start(recipe.network(), bank)
    gradients = Gradients(run, lambda network, e: recipe.losses(network, e, run))
    draw = recipe.draw_from(bank)
    for _ in range(4):
        gradients(draw(run.generator))
    assert int(run.inner.steps) == 4 * 3 * 5  # updates, tasks, inner steps


@pytest.mark.parametrize("name", ["maml", "reptile", "protonet", "classifier"])
def test_a_run_goes_on_where_it_stopped(name, bank, tmp_path):
    recipe = dataclasses.replace(
        RECIPES[name], updates=12, rotations=False, **({"n_way": 5} if name == "protonet" else {})
    )
    ends = []
    for stops in ((12,), (5, 12)):
        folder = tmp_path / str(len(stops))
        for stop in stops:
            network = recipe.network()
            records = recipe.train(network, bank, out=folder, resume=True, record_every=1, save_every=1, progress=False)
            for record in records:
                if record.update == stop and stop != 12:
                    next(records)  # the state is saved after the record is handed out
                    break
        ends.append([r.loss for r in read_records(folder)])
    assert len(ends[1]) == 12
    assert ends[1] == pytest.approx(ends[0], rel=1e-2)


def test_a_run_that_diverges_says_so_at_the_record(bank):
    recipe = dataclasses.replace(RECIPES["maml"], **{**SMALL, "learning_rate": float("inf")})
    with pytest.raises(Diverged, match="lower learning_rate"):
        trained(recipe, bank)


def test_the_state_of_a_gpu_can_be_resumed_on_a_cpu(tiny_bank, bank, tmp_path):
    recipe = dataclasses.replace(RECIPES["reptile"], **SMALL)
    records = recipe.train(recipe.network(), bank, out=tmp_path, record_every=1, save_every=1, progress=False)
    for record in records:
        if record.update == 4:
            next(records)
            break
    network = recipe.network()
    list(recipe.train(network, tiny_bank, out=tmp_path, resume=True, record_every=1, progress=False))
    assert [r.update for r in read_records(tmp_path)] == list(range(1, 13))
    assert all(value.isfinite().all() for value in network.state_dict().values())
