"""The network that travels in the widget: as the checkpoint's but for its 16 bits, and the script's numbers its own."""

import base64
import json

import node
import numpy as np
import pytest
import torch

from metalib import protonet
from metalib.banks import load_bank, split
from metalib.course.draw_your_own.first_drawings import drawings
from metalib.course.draw_your_own.ink import bitmap, seen
from metalib.course.draw_your_own.rounded import as_text, rounded
from metalib.episodes import EpisodeSpec, stream_episodes
from metalib.evaluate import evaluate, paired_interval
from metalib.models import conv4
from metalib.runtime import seeded
from metalib.training import checkpoints

COMPUTE = """
import { readFileSync } from "node:fs";
const { features } = await import("./metalib/course/draw_your_own/conv4.js");
const { bitmap, shrunk } = await import("./metalib/course/draw_your_own/ink.js");
const { network, drawings } = JSON.parse(readFileSync(0, "utf8"));
const found = drawings.map((drawing) => {
  const sheet = bitmap(drawing);
  return { sheet: [...sheet], seen: [...shrunk(sheet)], z: features(network, shrunk(sheet)) };
});
process.stdout.write(JSON.stringify(found));
"""


@pytest.fixture(scope="module")
def encoder():
    return checkpoints.load("protonet")[0]


@pytest.fixture(scope="module")
def network(encoder):
    return rounded(encoder)


def scribbles():
    """Drawings of all kinds: those that ship, scribbles of any size and place, a dot, a short line."""
    generator = np.random.default_rng(5)
    found = [drawing for of_class in drawings(2, seed=7) for drawing in of_class]
    for _ in range(12):
        side = generator.uniform(2, 100)
        corner = generator.uniform(0, 105 - side, 2)
        points = corner + generator.uniform(0, side, (3, int(generator.integers(1, 9)), 2))
        found.append([stroke.round(1).flatten().tolist() for stroke in points])
    lopsided = [[39.3, 37.5, 19.5, 17.9, 46.6, 49.8, 46.3, 52.9]]  # its ink is a pixel off the middle of its points
    return [*found, [[50, 50]], [[50, 50, 51, 50]], lopsided]


@pytest.fixture(scope="module")
def computed(network):
    given = json.dumps({"network": as_text(network), "drawings": scribbles()})
    found = node.run("node", "--input-type=module", "-e", COMPUTE, given=given)
    assert found.returncode == 0, found.stderr[-2000:]
    return json.loads(found.stdout)


def test_the_script_draws_every_pixel_as_python_does(computed):
    for drawing, found in zip(scribbles(), computed, strict=True):
        assert found["sheet"] == bitmap(drawing).flatten().tolist()
        assert found["seen"] == seen(drawing).flatten().tolist()


def test_the_script_and_torch_agree_on_the_rounded_numbers(network, computed):
    pictures = torch.from_numpy(np.stack([seen(drawing) for drawing in scribbles()]))[:, None].float() / 255
    found = torch.tensor([one["z"] for one in computed])
    torch.testing.assert_close(found, network(pictures), atol=1e-4, rtol=0)
    assert network(pictures).abs().max() > 1


def test_folding_and_rounding_moves_features_by_little(encoder, network):
    pictures = torch.from_numpy(np.stack([seen(drawing) for drawing in scribbles()]))[:, None].float() / 255
    with torch.no_grad():
        torch.testing.assert_close(network(pictures), encoder(pictures), atol=1e-2, rtol=0)


def test_folding_is_exact_where_nothing_is_rounded():
    """With weights of few bits; batch norm's statistics are not 0 and 1."""
    torch.manual_seed(0)
    made = conv4(width=4).eval()
    for _, (convolution, norm, *_) in enumerate(made.blocks):
        convolution.weight.data = convolution.weight.data.mul(8).round().div(8)
        norm.running_mean.copy_(torch.tensor([0.5, -0.25, 0.125, 1.0]))
        norm.running_var.copy_(torch.tensor([4.0, 1.0, 0.25, 16.0]) - norm.eps)
        norm.weight.data.copy_(torch.tensor([1.0, 2.0, 0.5, -1.0]))
        norm.bias.data.copy_(torch.tensor([0.5, 0.25, 0.75, 0.0]))
    x = torch.rand(3, 1, 28, 28, generator=seeded(0))
    with torch.no_grad():
        torch.testing.assert_close(rounded(made)(x), made(x), atol=1e-5, rtol=1e-5)


def test_the_text_is_the_rounded_numbers(network):
    text = as_text(network)
    numbers = np.frombuffer(base64.b64decode(text["bytes"]), "<f2")
    assert text["channels"] == [1, 64, 64, 64, 64]
    assert numbers.tolist() == torch.cat([p.flatten() for p in network.parameters()]).tolist()
    assert len(text["bytes"]) < 300_000


def test_rounding_costs_next_to_nothing(encoder, network):
    """On glyphs, which every machine has; `rounded` says what it is on Omniglot."""
    bank = split(load_bank("glyphs", quiet=True)).evaluation
    spec = EpisodeSpec(5, 1, 5)
    both = [
        evaluate(lambda episodes, of=of: protonet.predict(of, episodes), stream_episodes(bank, spec, 30, seed=1))
        for of in (encoder, network)
    ]
    assert paired_interval(*both).mean == pytest.approx(0, abs=0.002)


@pytest.mark.parametrize("settings", [{"downsample": "stride"}, {"running_stats": False}, {"in_channels": 3}])
def test_another_form_is_refused(settings):
    with pytest.raises(ValueError, match="give such a one"):
        rounded(conv4(width=4, **settings))
