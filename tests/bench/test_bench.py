"""The benchmark: what it counts is right, what it compares is the same work, and it goes round fairly."""

import dataclasses
import io
import json
import platform
import zipfile

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image
from torch.nn.functional import cross_entropy

from metalib import bench, maml, runtime
from metalib.bench import comparison, operations, peers, tables, updates, worker
from metalib.bench import plots as plots_bench
from metalib.bench.updates import Maml, Protonet
from metalib.course.kit import timing
from metalib.episodes import EpisodeSpec, sample_episodes
from metalib.training.recipes.maml import MamlRecipe

CPU = torch.device("cpu")
TINY = bench.Plan(n_tasks=2, rounds=1, seconds=0.0, steps=(1,), chunks=(1, None), compiled=False, matrix_side=64)


# --- the operations, by hand


def conv(side, c_in, c_out=64):
    """Operations of one picture's 3×3 convolution to side × side places: a product and a sum for each weight."""
    return 2 * side * side * c_out * c_in * 9


STRIDE = [conv(14, 1), conv(7, 64), conv(4, 64), conv(2, 64), 2 * 256 * 5]  # the last is the head
MAX_POOL = [conv(28, 1), conv(14, 64), conv(7, 64), conv(3, 64)]


def once(layers):
    """Forward, gradient of the weights, gradient of the input; nobody asks for the gradient of a picture."""
    return 3 * sum(layers) - layers[0]


def through_a_gradient(layers):
    """Support pictures in second order: nine passes a layer, five in the first.

    Forward 1 and its gradients 2. Through these back to weights, input and output gradient: 2 for the gradient of the
    weights (a bilinear form in input and output gradient), 2 for that of the input. From there back through forward: 2.
    The first layer has forward 1, gradient of the weights 1, from that back 2, though nobody asks for the part of the
    picture, and back through forward to the weights 1.
    Where the input has an even side, torch computes one of the nine for 4×4 weights, and throws away all but 3×3.
    """
    even = layers[1] + layers[3]  # from 14 to 7 and from 4 to 2; the first layer's is among those that it lacks
    return 9 * sum(layers) - 4 * layers[0] + even * (16 - 9) // 9


@pytest.mark.parametrize(
    ("setting", "by_hand"),
    [
        (Maml(1, first_order=True), 5 * once(STRIDE) + 75 * once(STRIDE)),
        (Maml(3, first_order=True), 3 * (5 * once(STRIDE) + 75 * once(STRIDE))),
        (Maml(1, first_order=True, inner_steps=2), 10 * once(STRIDE) + 75 * once(STRIDE)),
        (Maml(1), 5 * through_a_gradient(STRIDE) + 75 * once(STRIDE)),
        (Protonet(), 120 * once(MAX_POOL)),
    ],
    ids=["first order", "three tasks", "first order, two steps", "second order", "prototypical network"],
)
def test_operations_of_an_update_are_those_counted_by_hand(tiny_bank, setting, by_hand):
    assert operations.count(setting.update(tiny_bank)) == by_hand


def test_operations_of_the_matrix_product_are_those_counted_by_hand():
    assert operations.count(operations.matrix_product(torch.float32, CPU, side=8)) == operations.product_operations(8)
    assert operations.product_operations(8) == 2 * 8 * 8 * 8


# --- fair timing


class Clock:
    """A clock that each piece of work moves on by what it costs."""

    def __init__(self):
        self.now, self.calls = 0.0, []

    def __call__(self):
        return self.now

    def work(self, name, *costs):
        left = list(costs)

        def done():
            self.calls.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return done


def test_contestants_take_turns_and_the_first_round_does_not_count():
    clock = Clock()
    works = {"a": clock.work("a", 9, 1, 2, 3), "b": clock.work("b", 5)}
    found = timing.in_turn(works, rounds=3, clock=clock)
    assert clock.calls == ["a", "b"] * 4
    assert found["a"].seconds == [1, 2, 3] and found["a"].median == 2 and found["a"].first == 9
    assert found["b"].seconds == [5, 5, 5]


def test_no_round_starts_after_the_time_is_up_but_three_there_are():
    clock = Clock()
    assert len(timing.in_turn({"a": clock.work("a", 1)}, rounds=99, seconds=0, clock=clock)["a"].seconds) == 3
    clock = Clock()
    assert len(timing.in_turn({"a": clock.work("a", 1)}, rounds=99, seconds=9.5, clock=clock)["a"].seconds) == 9


def test_what_fails_is_left_out_and_says_why():
    def fails():
        clock.calls.append("fails")
        raise RuntimeError("no compiler\nand a long trace")

    clock = Clock()
    found = timing.in_turn({"fails": fails, "a": clock.work("a", 1)}, rounds=3, clock=clock)
    assert clock.calls.count("fails") == 1 and clock.calls.count("a") == 4
    assert found["fails"].failed == "RuntimeError: no compiler"
    with pytest.raises(ValueError, match="nothing was timed: RuntimeError: no compiler"):
        _ = found["fails"].median


def test_a_gpu_is_waited_for_before_and_after_the_work(monkeypatch):
    clock, events = Clock(), []
    monkeypatch.setattr(torch.cuda, "synchronize", lambda device: (events.append("wait"), clock.work("queue", 7)()))
    found = timing.in_turn({"a": lambda: events.append("a")}, rounds=1, device=torch.device("cuda"), clock=clock)
    assert events == ["wait", "a", "wait"] * 2
    assert found["a"].seconds == [7]


def test_a_ratio_is_taken_within_each_round():
    assert timing.ratio([2, 20, 30], [1, 10, 10]) == 2  # a slow minute slows both


@pytest.mark.skipif(platform.system() != "Linux", reason="only Linux sets the peak back")
def test_peak_memory_is_that_of_the_work():
    held = timing.peak_memory(lambda: torch.ones(48, 2**18), CPU)  # 48 MiB
    assert held is not None
    assert 44 * 2**20 < held < 60 * 2**20


def test_peak_memory_is_not_known_on_other_systems(monkeypatch):
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    assert timing.peak_memory(lambda: pytest.fail("nothing to measure"), CPU) is None


# --- the work


def theta_after(setting, bank, monkeypatch):
    """The network's parameters after one update in this way."""
    networks = []
    monkeypatch.setattr(
        updates, "maml_network", lambda make=updates.maml_network: networks.append(make()) or networks[-1]
    )
    setting.update(bank)()
    monkeypatch.undo()
    return torch.cat([parameter.detach().flatten() for parameter in networks[0].parameters()])


@pytest.mark.parametrize("way", [{"chunk": 2}, {"chunk": 3}, {"chunk": None}, {"threads": True}])
def test_every_way_computes_the_same_update(tiny_bank, monkeypatch, way):
    loop = theta_after(Maml(4), tiny_bank, monkeypatch)
    monkeypatch.setattr(runtime, "task_threads", lambda device: 2)
    other = theta_after(Maml(4, **way), tiny_bank, monkeypatch)
    start = torch.cat([parameter.detach().flatten() for parameter in updates.maml_network().parameters()])
    # Adam's first step is the sign of the gradient times the rate: only gradients near zero may change theirs
    assert ((loop - start).sign() == (other - start).sign()).double().mean() > 0.99


@pytest.mark.parametrize(
    ("form", "way"),
    [
        (Maml(16), "loop, tasks over threads"),
        (Maml(16, inner_steps=2), "vmap, chunks of 8, tasks over threads"),
        (Maml(16, first_order=True, inner_steps=5), "loop, tasks over threads"),
        (Maml(6, inner_steps=5), "loop, tasks over threads"),  # three tasks for each
        (Maml(16, compiled=True), "loop, compiled, tasks over threads"),
    ],
)
def test_metalib_train_computes_in_the_way_that_is_measured_as_its_own(tiny_bank, monkeypatch, form, way):
    monkeypatch.setattr(runtime, "task_threads", lambda device: 2)
    measured = tables.as_trained(form)
    assert measured.way == way
    asked = []
    monkeypatch.setattr(maml, "losses", lambda *_, chunk_size, **settings: asked.append(chunk_size))
    recipe = MamlRecipe(first_order=form.first_order, inner_steps=form.inner_steps, compiled=form.compiled)
    run = recipe.start(recipe.network(), tiny_bank)
    recipe.losses(
        run.model, sample_episodes(tiny_bank, updates.FIVE_WAY, form.n_tasks // 2, generator=run.generator), run
    )
    assert asked == [measured.chunk]


def test_first_and_second_order_are_different_work(tiny_bank, monkeypatch):
    orders = [theta_after(Maml(2, first_order=first), tiny_bank, monkeypatch) for first in (False, True)]
    assert not torch.equal(*orders)


def test_ways_that_a_machine_without_bfloat16_can_compare(monkeypatch):
    monkeypatch.setattr(tables.runtime, "has_bfloat16", lambda device: False)
    monkeypatch.setattr(tables.runtime, "task_threads", lambda device: 2)
    ways = tables.maml_ways(Maml(32), tables.FULL, CPU)
    assert [way.way for way in ways] == [
        "loop",
        "vmap, chunks of 4",
        "vmap, chunks of 8",
        "vmap, chunks of 16",
        "vmap, all tasks",
        "loop, compiled",
        "loop, tasks over threads",
        "loop, compiled, tasks over threads",
        "loop, 2 processes",
        "loop, compiled, 2 processes",
    ]
    assert [way.way for way in tables.protonet_ways(tables.QUICK, CPU)] == ["plain PyTorch", "channels last"]


def test_ways_on_a_gpu_take_all_tasks_at_once_in_one_process(monkeypatch):
    monkeypatch.setattr(tables.runtime, "has_bfloat16", lambda device: True)
    ways = tables.maml_ways(Maml(32), tables.FULL, torch.device("cuda"))
    assert [way.way for way in ways if way.bfloat16 or way.compiled or way.recorded] == [
        "vmap, all tasks, bfloat16",
        "vmap, all tasks, compiled",
        "vmap, all tasks, recorded",
        "vmap, all tasks, bfloat16, recorded",
    ]
    assert {way.processes for way in ways} == {1}


# --- other processes


@pytest.fixture(scope="module")
def shared(tiny_bank):
    with worker.share_bank(tiny_bank) as folder:
        yield folder


@pytest.fixture(scope="module")
def pair(shared):
    with worker.Group(shared, size=2, threads=1) as group:
        yield group


def test_workers_see_the_same_pictures(shared, tiny_bank):
    assert torch.equal(worker.read_bank(shared).images, tiny_bank.images)


def test_two_processes_share_an_update(pair):
    setting = dataclasses.asdict(Maml(2, processes=2))
    pair.do("maml", setting)
    if platform.system() == "Linux":
        assert pair.peak_memory("maml", setting) > 0


def test_nothing_is_measured_before_the_processes_are_ready(tiny_bank, monkeypatch):
    """They would take the cores while they load torch: the matrix product was three times too slow so."""
    order = []
    ready = worker.Group.wait_until_ready
    monkeypatch.setattr(worker.Group, "wait_until_ready", lambda group: order.append("ready") or ready(group))
    monkeypatch.setattr(tables, "matrix_rates", lambda *_: order.append("measured") or {})
    for name in ("drawing", "maml_rows", "protonet_rows"):
        monkeypatch.setattr(tables, name, lambda *_: [])
    bench.measure(tiny_bank, TINY, say=lambda line: None)
    assert order == ["ready"] * (1 + runtime.MEMORY_KEPT) + ["measured"]


def test_a_worker_says_what_it_cannot_do_and_goes_on(pair):
    with pytest.raises(worker.WorkerFailed, match="1 task an update, and a task cannot be split"):
        pair.do("maml", dataclasses.asdict(Maml(1, processes=2)))
    pair.do("maml", dataclasses.asdict(Maml(2, processes=2)))


def test_a_worker_that_ends_is_noticed(tmp_path):
    with worker.Group(tmp_path, threads=1) as group:  # no pictures there
        with pytest.raises(worker.WorkerFailed, match=r"ended: FileNotFoundError.*images\.pt"):
            group.do("protonet", {})


# --- peers


def plain_autograd(network, tasks, n_tasks, inner_lr=updates.INNER_LR):
    """MAML written by hand with autograd.grad, as a peer would do it."""
    theta = dict(network.named_parameters())
    for task in tasks:
        loss = cross_entropy(network(task.support_x), task.support_y)
        gradients = torch.autograd.grad(loss, list(theta.values()), create_graph=True)
        phi = {name: value - inner_lr * g for (name, value), g in zip(theta.items(), gradients, strict=True)}
        (cross_entropy(torch.func.functional_call(network, phi, (task.query_x,)), task.query_y) / n_tasks).backward()


def test_a_peer_must_compute_the_same_gradient(tiny_bank, monkeypatch):
    monkeypatch.setattr(peers, "_backward", lambda library: plain_autograd)
    assert peers.check_same_gradient("a library", tiny_bank) < 1e-10
    monkeypatch.setattr(peers, "_backward", lambda library: lambda *args: plain_autograd(*args, inner_lr=0.3))
    with pytest.raises(ValueError, match=r"a library's gradient is .* of its norm off"):
        peers.check_same_gradient("a library", tiny_bank)


@pytest.mark.parametrize("library", peers.LIBRARIES)
def test_the_installed_peers_compute_the_same_gradient(tiny_bank, library):
    pytest.importorskip(library)
    assert peers.check_same_gradient(library, tiny_bank) < 1e-10


def test_without_peers_there_is_nothing_to_compare(tiny_bank, monkeypatch):
    monkeypatch.setattr(peers, "installed", list)
    with pytest.raises(ValueError, match="higher and learn2learn are not installed"):
        bench.measure(tiny_bank, TINY, with_peers=True)
    monkeypatch.setattr(peers, "installed", lambda: ["higher"])
    with pytest.raises(ValueError, match="compares on a CPU, and the device is cuda"):
        comparison.check(torch.device("cuda"))


def test_pictures_for_a_pipeline_are_the_banks(tiny_bank):
    pictures = peers.BankPictures(tiny_bank, lambda picture: picture.getpixel((3, 2)))
    assert len(pictures) == 600
    assert pictures[45] == (255 - int(tiny_bank.images[2, 5, 0, 2, 3]), 2)  # class 2, drawing 5; ink is dark


def test_pictures_for_a_pipeline_are_read_from_the_archive(tmp_path, monkeypatch):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number, name in enumerate(
            ["Latin/character01/1.png", "Latin/character01/2.png", "Greek/character01/1.png"]
        ):
            file = io.BytesIO()
            Image.new("1", (105, 105), number == 0).save(file, "PNG")
            archive.writestr(f"images_background/{name}", file.getvalue())
    monkeypatch.setattr(peers.omniglot, "sources", lambda part: [tmp_path / "images_background", tmp_path / "a.zip"])
    assert peers.lay_out(tmp_path / "out")
    pictures = peers.FilePictures(tmp_path / "out" / peers.PIPELINE, lambda picture: picture.getpixel((0, 0)))
    assert [pictures[index] for index in range(len(pictures))] == [(0, 0), (255, 1), (0, 1)]


def test_nothing_is_laid_out_where_there_is_no_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(peers.omniglot, "sources", lambda part: [])
    assert not peers.lay_out(tmp_path)
    assert list(tmp_path.iterdir()) == []


class FakeGroup:
    """Takes orders without a process."""

    def __init__(self):
        self.orders = []

    def do(self, kind, settings):
        self.orders.append((kind, settings))


def test_everybody_does_the_same_number_of_tasks_in_the_right_process(tiny_bank, monkeypatch, tmp_path):
    monkeypatch.setattr(peers, "lay_out", lambda folder: False)
    groups = comparison.Groups(FakeGroup(), FakeGroup(), FakeGroup())
    found = comparison.rows(tiny_bank, TINY, tmp_path, groups, ["higher", "learn2learn"], lambda line: None)
    assert {settings["n_tasks"] for group in groups for _, settings in group.orders} == {2}
    assert {kind for kind, _ in groups.shipped.orders} == {"peer"} and {k for k, _ in groups.pair.orders} == {"maml"}
    assert {settings["as_it_ships"] for _, settings in groups.shipped.orders} == {True}
    assert {settings["as_it_ships"] for kind, settings in groups.kept.orders if kind == "peer"} == {False}
    assert [row["who"] for row in found["rows"] if row["kind"] == "pipeline"] == [
        "learn2learn, own pipeline, as it ships",
        "learn2learn, own pipeline, our memory",
    ]
    assert "metalib against the fastest peer on ready tensors, memory as it ships" in found["ratios"]


def test_ratios_are_against_the_fastest_of_a_kind():
    def row(who, kind, memory, seconds):
        return {"who": who, "kind": kind, "memory": memory, "tasks_per_second": 1 / seconds, "seconds": [seconds]}

    rows = [
        row("metalib", "ours", "metalib's", 1),
        row("slow", "ready", "as it ships", 4),
        row("fast", "ready", "as it ships", 3),
        row("whole", "pipeline", "metalib's", 8),
        {"who": "broken", "kind": "ready", "memory": "metalib's", "failed": "no"},
    ]
    assert comparison.ratios(rows) == {
        "metalib against the fastest peer on ready tensors, memory as it ships": 3,
        "metalib against learn2learn's own pipeline, memory metalib's": 8,
    }


# --- the whole


@pytest.fixture(scope="module")
def record(tiny_bank):
    said = []
    return {**bench.measure(tiny_bank, TINY, say=said.append), "command": "metalib bench", "said": said}


def test_the_record_says_what_was_measured_and_where(record):
    assert json.loads(json.dumps(record)) == record
    assert record["bank"] == "random pixels" and record["matrix_product"]["float32"] > 0
    assert record["drawing"]["tasks_per_second"] > 0
    assert {row["problem"] for row in record["maml"]} == {
        f"MAML, {order} order, 1 inner step" for order in ("first", "second")
    }
    assert not [row for row in record["maml"] + record["protonet"] if "failed" in row]


def test_rows_are_in_the_number_format_that_they_say(record):
    for row in record["maml"] + record["protonet"]:
        assert ("bfloat16" in row["way"]) == (row["number_format"] == "bfloat16")


def test_a_fraction_is_of_the_matrix_product_of_the_same_round_and_format():
    way, plan = Maml(4, bfloat16=True), dataclasses.replace(TINY, matrix_side=10)  # a product has 2,000 operations
    times = {
        way.way: timing.Timing([4.0, 40.0, 5.0]),
        "matrix product, float32": timing.Timing([9.0, 9.0, 9.0]),
        "matrix product, bfloat16": timing.Timing([2.0, 20.0, 1.0]),  # the second round is slow for all
    }
    row = tables._figures(times, way, tables.Unit("tasks", 4, 100), plan)
    assert row["tasks_per_second"] == 4 / 5 and row["flop_per_second"] == 400 / 5
    assert row["fraction"] == 400 / (2 * 2000)  # two products fit into the time of one update
    assert tables._figures(times, way, tables.Unit("tasks", 4, 100), plan, cores=2)["fraction"] == 400 / (4 * 2000)


def test_every_row_is_said(record):
    said = "\n".join(record["said"])
    for row in record["maml"] + record["protonet"]:
        assert row["way"] in said
    assert tables.line("x", {"failed": "no compiler"}, "tasks").endswith("not measured: no compiler")


def test_a_bar_for_every_row(record):
    figure = plots_bench.draw({**record, "peers": {"rows": [{"who": "higher", "kind": "ready", "failed": "no"}]}})
    n_bars = [len(ax.patches) for ax in figure.axes]
    assert sum(n_bars) == len(record["maml"]) + len(record["protonet"]) + 1
    assert [text.get_text() for text in figure.axes[-1].texts] == [" not measured"]
    plt.close(figure)


def test_json_and_picture_are_written(tiny_bank, record, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "measure", lambda *args, **settings: record)
    written = bench.run(tiny_bank, quick=True, out=tmp_path / "b.json")
    assert json.loads((tmp_path / "b.json").read_text()) == written
    assert (tmp_path / "b.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ValueError, match=r"give a file that ends in \.json"):
        bench.run(tiny_bank, out=tmp_path / "b.txt")


def test_drawing_makes_the_tasks_of_one_update(tiny_bank):
    drawn = updates.draw(tiny_bank, 3)()
    again = sample_episodes(tiny_bank, EpisodeSpec(5, 1, 15), 3, generator=torch.Generator().manual_seed(0))
    assert torch.equal(drawn.query_x, again.query_x)
