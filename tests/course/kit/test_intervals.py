"""Wilson's interval in script, against metalib.evaluate."""

import json

import node
import pytest

from metalib.evaluate import wilson_interval

SCRIPT = """
import {{ inWords, wilson }} from "./metalib/course/kit/intervals.js";
const found = {pairs}.map(([right, of]) => ({{ ...wilson(right, of), text: inWords(wilson(right, of), "questions") }}));
process.stdout.write(JSON.stringify(found));
"""


def test_the_script_has_the_interval_and_the_words_of_python():
    if node.shutil.which("node") is None:
        node.missing(node.HOW_TO_GET_NODE)
    pairs = [(right, of) for of in (1, 2, 7, 10, 16, 20, 400) for right in range(of + 1)]
    done = node.run("node", "--input-type=module", "--eval", SCRIPT.format(pairs=json.dumps(pairs)))
    assert done.returncode == 0, done.stderr
    for (right, of), found in zip(pairs, json.loads(done.stdout), strict=True):
        expected = wilson_interval(right, of)
        assert [found[key] for key in ("mean", "low", "high")] == pytest.approx(expected[:3], abs=1e-12)
        assert (found["n"], found["text"]) == (of, str(expected))
