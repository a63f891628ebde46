"""Facts about tasks over threads: they do what one thread does, to rounding, and what ends one ends all."""

import dataclasses
import os
import signal
import threading

import pytest
import torch
from distributed_run import bank as few_pictures
from torch import nn
from torch.func import functional_call
from torch.optim.lr_scheduler import LinearLR

from metalib import maml, reptile, runtime
from metalib.episodes import Episode, EpisodeSpec, sample_episodes
from metalib.training import loop, threads
from metalib.training.cuda_graphs import Gradients
from metalib.training.loop import Diverged, Terminated
from metalib.training.recipes import RECIPES
from metalib.training.run_state import STATE, Run, load_state
from metalib.training.threads import ThreadGradients, gradients_of, over_threads

CPU = torch.device("cpu")
RECIPE = dataclasses.replace(RECIPES["maml"], n_way=2, n_query=1, meta_batch_size=5, rotations=False, updates=6)


@pytest.fixture(autouse=True)
def one_of_torchs_threads():
    """Two that share an operation wait long for each other where other tests use the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def task_threads(monkeypatch):
    """Called with a number: tasks go over so many threads from now on."""
    return lambda count: monkeypatch.setattr(runtime, "task_threads", lambda device: count)


@pytest.fixture
def two_threads(task_threads):
    task_threads(2)


def drawn(n_tasks=5):
    """Episodes in float64, so that what remains of a difference is rounding and nothing else."""
    episodes = sample_episodes(few_pictures(), EpisodeSpec(2, 2, 1), n_tasks, generator=runtime.seeded(0))
    return Episode(*(field.double() if field.is_floating_point() else field for field in episodes))


def run_of(network, **settings):
    optimizer = torch.optim.SGD(network.parameters(), 0.1)
    return Run(network, optimizer, LinearLR(optimizer), runtime.seeded(0), tasks_apart=True, **settings)


def maml_losses(**settings):
    def losses(network, episodes):
        return maml.losses(network, dict(network.named_parameters()), episodes, inner_lr=0.4, chunk_size=1, **settings)

    return losses


def plain_reptile(network, episodes):
    return reptile.losses(network, dict(network.named_parameters()), episodes, inner_lr=0.1, inner_steps=2)


LOSSES = {
    "second order": maml_losses(inner_steps=2),
    "first order": maml_losses(inner_steps=2, first_order=True),
    "head only": maml_losses(inner_steps=1, only="head"),
    "Reptile": plain_reptile,
}


@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("count", [2, 3, 8])
def test_the_gradients_and_losses_are_those_of_one_thread(task_threads, monkeypatch, losses, count):
    network, episodes = RECIPE.network().double(), drawn()
    alone = Gradients(run_of(network), losses)(episodes)
    expected = [parameter.grad.clone() for parameter in network.parameters()]
    task_threads(count)
    monkeypatch.setattr(threads, "AT_ONCE", 2)
    apart = gradients_of(run_of(network), losses)
    for _ in range(2):  # the first takes one share after the other
        torch.testing.assert_close(apart(episodes), alone, rtol=1e-10, atol=1e-10)
        for parameter, gradient in zip(network.parameters(), expected, strict=True):
            torch.testing.assert_close(parameter.grad, gradient, rtol=1e-6, atol=1e-10)


def test_the_sum_is_over_all_tasks_of_several_processes(two_threads):
    network, episodes = RECIPE.network().double(), drawn()
    gradients = gradients_of(run_of(network), LOSSES["first order"])
    gradients(episodes)
    expected = [parameter.grad / 2 for parameter in network.parameters()]
    gradients(episodes, n_tasks=10)
    for parameter, gradient in zip(network.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.grad, gradient, rtol=1e-6, atol=1e-10)


def test_a_parameter_without_a_gradient_gets_none(two_threads):
    network = RECIPE.network().double()
    network.unused = nn.Parameter(torch.zeros(1, dtype=torch.double))
    gradients_of(run_of(network), LOSSES["first order"])(drawn())
    assert network.unused.grad is None and network.head.weight.grad is not None


def test_each_thread_has_one_of_torchs_threads_and_all_are_given_back():
    torch.set_num_threads(2)
    both = threading.Barrier(2, timeout=30)

    def of_tasks(network, episodes):
        both.wait()  # else one thread may have done all before the other starts
        return torch.tensor([[torch.get_num_threads(), threading.get_ident()]])

    found = over_threads(of_tasks, [nn.Identity(), nn.Identity()], drawn(2))
    assert found[:, 0].tolist() == [1, 1]
    assert len({threading.get_ident(), *found[:, 1].tolist()}) == 3
    later = []
    thread = threading.Thread(target=lambda: later.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert (torch.get_num_threads(), later) == (2, [2])


class Waits(nn.Module):
    """y = weight · x, once the other thread's parameters stand in its module, too."""

    meet = threading.Barrier(2, timeout=30)

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        self.meet.wait()
        answer = self.weight * x
        self.meet.wait()
        return answer

    def __deepcopy__(self, memo):  # a lock cannot be copied; the class has it
        copied = Waits()
        copied.weight = memo[id(self.weight)]
        return copied


def test_no_thread_sees_the_parameters_that_another_puts_into_its_module(two_threads):
    network, ones = Waits(), torch.ones(6, 1)
    task = torch.arange(6.0)[:, None]  # its number is the parameter that it adapts to

    def of_tasks(network, tasks):
        return torch.stack([functional_call(network, {"weight": own}, (torch.ones(1),)) for own in tasks.support_x])

    found = threads.predict(of_tasks, network, Episode(task, ones.long(), task, ones.long()))
    assert found.flatten().tolist() == [0, 1, 2, 3, 4, 5]


def test_copies_share_parameters_and_nothing_else(two_threads):
    network = RECIPE.network().eval()
    network.blocks[0][0].weight.requires_grad_(False)
    gradients = gradients_of(run_of(network), LOSSES["first order"])
    one, other = gradients.copies
    assert not {id(module) for module in one.modules()} & {id(m) for m in (*other.modules(), *network.modules())}
    with torch.no_grad():
        network.head.weight.fill_(3.0)  # as an optimiser changes it
    for mine, its in zip(network.parameters(), one.parameters(), strict=True):
        assert torch.equal(mine, its) and mine is not its and mine.requires_grad == its.requires_grad
    assert not one.training


@pytest.mark.parametrize(("name", "apart"), [("maml", 2), ("anil", 2), ("reptile", 1), ("protonet", 1)])
def test_what_goes_over_threads(two_threads, tiny_bank, name, apart):
    """Reptile's inner Adam goes on from task to task; a prototypical network moves its running statistics."""
    recipe = RECIPES[name]
    run = recipe.start(recipe.network(), tiny_bank)
    assert type(gradients_of(run, LOSSES["first order"])) is (ThreadGradients if apart > 1 else Gradients)
    assert run.task_threads == apart


def test_one_thread_is_none_beside():
    assert type(gradients_of(run_of(RECIPE.network()), LOSSES["first order"])) is Gradients


def test_a_gpu_and_a_torch_without_openmp_have_one(monkeypatch):
    torch.set_num_threads(2)
    assert (runtime.task_threads(CPU), runtime.task_threads(torch.device("cuda"))) == (2, 1)
    monkeypatch.setattr(torch.__config__, "parallel_info", lambda: "ATen parallel backend: native thread pool")
    assert runtime.task_threads(CPU) == 1


def test_a_compiler_works_once_for_all_threads(two_threads, monkeypatch):
    graphs = []
    counted = torch.compile(maml.task_loss, backend=lambda graph, _: graphs.append(graph) or graph.forward)
    monkeypatch.setattr(maml, "compiled_task_loss", lambda: counted)
    recipe = dataclasses.replace(RECIPE, compiled=True)
    run = recipe.start(recipe.network(), few_pictures())
    gradients = gradients_of(run, lambda network, episodes: recipe.losses(network, episodes, run))
    episodes = recipe.draw_from(few_pictures())(run.generator)
    first, compiled = gradients(episodes), len(graphs)  # one share after the other
    assert torch.equal(first, gradients(episodes)) and len(graphs) == compiled  # side by side
    of_each_module = torch.__version__.startswith("2.4.")  # which guards modules by identity
    assert compiled == 1 or of_each_module


@pytest.mark.parametrize("name", ["maml", "reptile"])
@pytest.mark.parametrize("transductive", [True, False])
def test_predictions_are_those_of_one_thread(two_threads, task_threads, name, transductive):
    recipe = dataclasses.replace(RECIPES[name], n_way=2, test_steps=2)
    network, episodes = recipe.network().double(), drawn()
    predict = recipe.predictor(network, transductive=transductive)
    over_two = predict(episodes)
    task_threads(1)
    assert torch.equal(over_two, predict(episodes))


def trained(folder, *, losses=None, resume=False):
    """The records of a run by RECIPE; `losses` in place of its own."""
    run = RECIPE.start(RECIPE.network(), few_pictures())
    of_recipe = losses or (lambda network, episodes, run: RECIPE.losses(network, episodes, run))
    return loop.train(
        run, lambda network, episodes: of_recipe(network, episodes, run), RECIPE.draw_from(few_pictures()),
        updates=6, record_every=2, save_every=2, out=folder, resume=resume, progress=False,
    )  # fmt: skip


@pytest.fixture
def whole(two_threads, tmp_path):
    """The model at the end of a run that nothing stopped."""
    list(trained(tmp_path / "whole"))
    return load_state(tmp_path / "whole")["model"]


def assert_equal(model, other):
    assert all(torch.equal(model[name], other[name]) for name in other)


def test_a_run_repeats_its_bits_stopped_and_resumed_or_not(whole, tmp_path):
    records = trained(tmp_path / "stopped")
    next(records)
    records.close()
    list(trained(tmp_path / "stopped", resume=True))
    assert_equal(load_state(tmp_path / "stopped")["model"], whole)


def test_a_run_that_was_not_over_threads_says_so_when_it_is_resumed(two_threads, tmp_path, capsys, monkeypatch):
    with monkeypatch.context() as older:
        older.setattr(runtime, "task_threads", lambda device: 1)
        records = trained(tmp_path)
        next(records), next(records)  # the state is saved when the next record is asked for
        records.close()
    assert load_state(tmp_path)["task_threads"] == 1
    next(trained(tmp_path, resume=True))
    said = "tasks over 1 then, 1 threads in 1 processes, tasks over 2 now: the last bits will differ"
    assert said in capsys.readouterr().out


def own(network, episodes, run):
    return RECIPE.losses(network, episodes, run)


def on_update(number, do):
    """The recipe's losses; at update `number` each thread does something first, told whether it has the first tasks."""

    def losses(network, episodes, run):
        found = own(network, episodes, run)
        return do(found, len(episodes.support_y) == 2) if run.update + 1 == number else found

    return losses


def no_number(found, first_tasks):
    return found if first_tasks else found * torch.tensor([1.0, float("nan"), 1.0])


def test_a_loss_that_is_no_number_is_named_by_its_place(two_threads, tmp_path):
    with pytest.raises(Diverged, match=r"the loss of task 3 of 0 … 4 is nan at update 4"):
        list(trained(tmp_path, losses=on_update(4, no_number)))
    assert load_state(tmp_path)["update"] == 2


@pytest.mark.parametrize("update", [1, 4])
def test_an_error_in_one_thread_is_raised_and_no_thread_stays(two_threads, tmp_path, update):
    def fails(found, first_tasks):
        if first_tasks:
            return found
        raise ValueError("the second thread's own message")

    before = threading.active_count()
    with pytest.raises(ValueError, match="the second thread's own message"):
        list(trained(tmp_path, losses=on_update(update, fails)))
    assert threading.active_count() == before


def test_the_others_end_with_the_tasks_that_they_are_at(two_threads, monkeypatch):
    made, taken = [], []
    monkeypatch.setattr(threads, "Event", lambda: made.append(threading.Event()) or made[-1])
    monkeypatch.setattr(threads, "AT_ONCE", 1)

    def of_tasks(network, episodes):
        if network is failing:
            raise ValueError("stop")
        made[0].wait()
        taken.append(network)
        return torch.zeros(1)

    going_on, failing = nn.Identity(), nn.Identity()
    with pytest.raises(ValueError, match="stop"):
        over_threads(of_tasks, [going_on, failing], drawn(6))
    assert taken == [going_on]


@pytest.fixture
def usual_handlers():
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    before = {signum: signal.signal(signum, handler) for signum, handler in usual.items()}
    yield
    assert {signum: signal.signal(signum, before[signum]) for signum in usual} == usual


@pytest.mark.parametrize(("signum", "error"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)])
def test_a_signal_within_an_update_lets_it_finish_and_save(usual_handlers, whole, tmp_path, signum, error):
    def signalled(found, first_tasks):
        os.kill(os.getpid(), signum)
        return found

    with pytest.raises(KeyboardInterrupt, match="stopped after update 3, saved in") as stop:
        list(trained(tmp_path / "stopped", losses=on_update(3, signalled)))
    assert type(stop.value) is error
    list(trained(tmp_path / "stopped", resume=True))
    assert_equal(load_state(tmp_path / "stopped")["model"], whole)


def test_a_second_signal_breaks_in_and_no_thread_stays(usual_handlers, two_threads, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "AGAIN", 0.0)

    def signalled_twice(found, first_tasks):
        for signum in (signal.SIGINT, signal.SIGTERM) if first_tasks else ():
            os.kill(os.getpid(), signum)
        return found

    before = threading.active_count()
    with pytest.raises(Terminated, match="stopped within update 4; the state of update 2 is kept in"):
        list(trained(tmp_path, losses=on_update(4, signalled_twice)))
    assert threading.active_count() == before
    assert (tmp_path / STATE).exists()
