import assert from "node:assert/strict";
import { test } from "node:test";
import { act, view } from "../../../metalib/course/maml_sinusoids/sinusoid_laboratory.js";

/** @typedef {import("../../../metalib/course/maml_sinusoids/sinusoid_laboratory.js").Data} Data */
/** @typedef {import("../../../metalib/course/maml_sinusoids/sinusoid_laboratory.js").State} State */

const zero = Buffer.from(new Float32Array(7).buffer).toString("base64");
const start = (/** @type {string} */ name) => ({ name, colour: "#000", inner_lr: 0.1, weights: zero });
/** @type {Data} */
const DATA = {
  reach: 7,
  ranges: { amplitude: [0.1, 5], phase: [0, Math.PI], x: [-5, 5] },
  grid: [-6, -5, 0, 5, 6],
  sizes: [1, 2, 1],
  starts: ["MAML", "joint training", "yours"].map(start),
  deals: { 5: [[1], [2]], 10: [[3], [4]] },
  most: 10,
};
/** @type {State} */
const FIRST = { amplitude: 3.5, phase: 1, points: [-2, 0, 2], steps: 2, drawn: ["MAML"], dealt: 0 };

test("points lie on the wave and move along it, within the picture", () => {
  const moved = act(DATA, FIRST, { name: "move", handle: "2", x: 1.2345 });
  assert.deepEqual(moved.points, [-2, 0, 1.23]);
  const [x, y] = view(DATA, moved).points[2];
  assert.equal(x, 1.23);
  assert.ok(Math.abs(y - 3.5 * Math.sin(0.23)) < 1e-12);
  assert.deepEqual(act(DATA, moved, { name: "nudge", handle: "2", dx: -5 }).points, [-2, 0, 0.23]);
  assert.equal(act(DATA, FIRST, { name: "move", handle: "0", x: -50 }).points[0], -7);
});

test("sliders shape the wave and take the steps", () => {
  const state = act(DATA, act(DATA, FIRST, { name: "set", key: "amplitude", value: 2 }), { name: "set", key: "steps", value: 6 });
  assert.deepEqual(state, { ...FIRST, amplitude: 2, steps: 6 });
  assert.equal(view(DATA, state).truth[2], 2 * Math.sin(-1));
  assert.equal(view(DATA, state).rows[0].curves.length, 7);
});

test("a ticked start is drawn too, in the order of the table; unticked it goes", () => {
  const two = act(DATA, act(DATA, FIRST, { name: "set", key: "draw.yours", value: 1 }), { name: "set", key: "draw.joint training", value: 1 });
  assert.deepEqual(two.drawn, ["MAML", "joint training", "yours"]);
  assert.deepEqual(act(DATA, two, { name: "set", key: "draw.MAML", value: 0 }).drawn, ["joint training", "yours"]);
  const none = act(DATA, FIRST, { name: "set", key: "draw.MAML", value: 0 });
  assert.deepEqual(view(DATA, none).rows.map(({ curves }) => curves.length), [0, 0, 0]);
});

test("one start is drawn with all its steps, two with the first and the last, more with the last alone", () => {
  const lengths = (/** @type {string[]} */ drawn) => view(DATA, { ...FIRST, drawn }).rows.map(({ curves }) => curves.length);
  assert.deepEqual(lengths(["MAML"]), [3, 0, 0]);
  assert.deepEqual(lengths(["MAML", "yours"]), [2, 0, 2]);
  assert.deepEqual(lengths(["MAML", "joint training", "yours"]), [1, 1, 1]);
});

test("new points come from sets that go round", () => {
  let state = FIRST;
  const seen = ["5", "10", "5"].map((count) => (state = act(DATA, state, { name: "deal", count })).points);
  assert.deepEqual(seen, [[1], [4], [1]]);
});

test("the error of a network that says 0 is the mean square of the wave on the shaded part", () => {
  const wave = [-5, 0, 5].map((x) => (3.5 * Math.sin(x - 1)) ** 2);
  const { before } = view(DATA, FIRST).rows[0];
  assert.ok(Math.abs((before ?? NaN) - (wave[0] + wave[1] + wave[2]) / 3) < 1e-12);
});
