import assert from "node:assert/strict";
import { test } from "node:test";
import { act, said, view } from "../../../metalib/course/maml_omniglot/inner_step_scrubber.js";
import { drawn } from "../../../metalib/course/maml_omniglot/losses.js";

/** Numbers as `kit/widget.py` packs them. @param {number[]} shape @param {number[]} values */
function packed(shape, values) {
  const bytes = Buffer.from(Int16Array.from(values).buffer).toString("base64");
  return { shape, scale: 0.1, bytes };
}

// one network, one step size, one step, two queries of two classes
const task = {
  pictures: { url: "", count: 4 },
  support: [0, 1],
  truth: [0, 1],
  probabilities: packed([1, 1, 2, 2, 2], [5, 5, 6, 4, 9, 1, 2, 8]),
  answers: packed([1, 1, 2, 2], [0, 0, 0, 10]),
  support_losses: [[[0.7, null]]],
  query_losses: [[[0.7, 0.25]]],
};
const badge = (/** @type {string} */ text) => ({ text, colour: "#000", ink: "#fff" });
/** @type {[number, number]} */
const RANGE = [1e-4, 100];
const data = { labels: [badge("A"), badge("B")], models: ["one"], step_sizes: [0.4], range: RANGE, tasks: [task, task] };
const first = { task: 0, model: 0, step_size: 0, step: 0 };

test("each step has its answers, probabilities and losses", () => {
  const [start, after] = [0, 1].map((step) => view(data, { ...first, step }));
  assert.deepEqual(start.shown.predictions, [0, 0]);
  assert.deepEqual(after.shown.predictions, [0, 1]);
  assert.deepEqual(start.columns.map(([query]) => query.wrong), [false, true]);
  assert.deepEqual(after.columns.map(([query]) => query.shares.map((share) => share.toFixed(1))), [["0.9", "0.1"], ["0.2", "0.8"]]);
  assert.equal(start.status, "After 0 steps: 1 of 2 queries right, support loss 0.700, query loss 0.700.");
  assert.equal(after.status, "After 1 step: 2 of 2 queries right, support loss diverged, query loss 0.250.");
});

test("another task is seen from the same step, and after the last comes the first", () => {
  const next = act(data, { ...first, step: 1 }, { name: "deal" });
  assert.deepEqual(next, { ...first, task: 1, step: 1 });
  assert.equal(act(data, next, { name: "deal" }).task, 0);
  assert.equal(act(data, next, { name: "set", key: "step", value: 1 }), next);
});

test("large losses are said in powers of ten", () => {
  const spaces = /\u00a0/g;
  assert.deepEqual(
    [0, 99.9, 100.4, 9999, 10000, 96000, 41614436347150336, null].map((loss) => said(loss).replace(spaces, " ")),
    ["0.000", "99.900", "100", "9999", "1 · 10⁴", "1 · 10⁵", "4 · 10¹⁶", "diverged"],
  );
});

test("what lies outside of the graph is drawn at its edge", () => {
  assert.deepEqual([0, 1e-9, 1, 1e17, null].map((loss) => drawn(loss, RANGE)), [-4, -4, 0, 2, 2]);
});
