import assert from "node:assert/strict";
import { test } from "node:test";
import { act, view } from "../../../metalib/course/rapid_fine_tuning/adaptation_curves.js";

/** Curves of heights that tell where they stand: start, layers and step size. @param {number} place */
const curves = (place) => {
  const curve = { mean: [0.2, place / 10], low: [0.2, 0], high: [0.2, 1] };
  const loss = { mean: [1.6, 4], low: [1.6, 0], high: [1.6, 4] };
  return { accuracy: { support: curve, query: curve }, loss: { support: loss, query: loss } };
};
const data = {
  starts: ["a", "b"],
  layers: ["head"],
  step_sizes: [0.1, 1],
  steps: [0, 1],
  chance: 0.2,
  tasks: 9,
  tops: { accuracy: 1, loss: 4 },
  colours: { support: "#000", query: "#fff" },
  best: [[/** @type {[number, number]} */ ([1, 1])], [/** @type {[number, number]} */ ([0, 1])]],
  curves: [[[curves(1), curves(2)]], [[curves(3), curves(4)]]],
};
const first = { start: 0, layers: 0, step_size: 1, steps: 1, measure: 0 };

test("what is chosen is shown", () => {
  assert.equal(view(data, first).status, "After 1 step: support 20.0 %, query 20.0 %");
  assert.equal(view(data, { ...first, start: 1, step_size: 0 }).shown.query, 0.3);
  assert.equal(view(data, { ...first, steps: 0 }).status, "After 0 steps: support 20.0 %, query 20.0 %");
  assert.equal(view(data, { ...first, measure: 1 }).status, "After 1 step: support above 4, query above 4");
});

test("the button moves the sliders and leaves start and layers", () => {
  assert.deepEqual(act(data, { ...first, start: 1, steps: 0, measure: 1 }, { name: "best" }), {
    start: 1,
    layers: 0,
    step_size: 0,
    steps: 1,
    measure: 1,
  });
});

test("a choice that was made already is no new state", () => {
  assert.equal(act(data, first, { name: "set", key: "start", value: 0 }), first);
  assert.deepEqual(act(data, first, { name: "set", key: "start", value: 1 }), { ...first, start: 1 });
});
