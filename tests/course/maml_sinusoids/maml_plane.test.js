import assert from "node:assert/strict";
import { test } from "node:test";
import { act, view } from "../../../metalib/course/maml_sinusoids/maml_plane.js";

/** @typedef {import("../../../metalib/course/maml_sinusoids/maml_plane.js").State} State */

/** @type {State} */
const FIRST = {
  a: { c: [-1.4, -0.6], along: 3.2, across: 0.5, angle: 20 },
  b: { c: [1.2, 0.9], along: 0.5, across: 1.6, angle: 60 },
  inner_lr: 0.2,
  inner_steps: 2,
};
const badge = (/** @type {string} */ text) => ({ text, colour: "#000", ink: "#fff" });
const METHODS = ["MAML", "first-order MAML", "joint training", "Reptile"].map((name) => ({ name, letter: name[0], up: true, colour: "#000" }));
const DATA = { extent: 3, levels: [1], tasks: [badge("A"), badge("B")], methods: METHODS, first: FIRST };

test("an optimum goes where it is dragged, and stays in the picture with all of its dot", () => {
  assert.deepEqual(act(DATA, FIRST, { name: "move", handle: "a", x: 0.5, y: -2 }).a, { ...FIRST.a, c: [0.5, -2] });
  assert.deepEqual(act(DATA, FIRST, { name: "move", handle: "b", x: 99, y: -99 }).b.c, [2.7, -2.7]);
});

test("an arrow key moves an optimum by a tenth, and with Shift by five", () => {
  const state = act(DATA, act(DATA, FIRST, { name: "nudge", handle: "a", dx: 1, dy: 0 }), { name: "nudge", handle: "a", dx: 0, dy: -5 });
  assert.deepEqual(state.a.c, [-1.3, -1.1]);
});

test("each slider sets its part alone, and the picture follows", () => {
  const changes = { "a.along": 1.5, "b.across": 0.3, "b.angle": 90, inner_lr: 0.1, inner_steps: 7 };
  for (const [key, value] of Object.entries(changes)) {
    const state = /** @type {any} */ (act(DATA, FIRST, { name: "set", key, value }));
    const [whole, part] = key.split(".");
    assert.equal(part ? state[whole][part] : state[whole], value);
    assert.deepEqual({ ...state, [whole]: 0 }, { ...FIRST, [whole]: 0 });
    assert.notDeepEqual(view(DATA, state).panels, view(DATA, FIRST).panels);
  }
});

test("B gets A's curvature and keeps its place; reset takes all back", () => {
  const state = act(DATA, FIRST, { name: "equal" });
  assert.deepEqual(state.b, { ...FIRST.a, c: FIRST.b.c });
  assert.deepEqual([view(DATA, FIRST).equal, view(DATA, state).equal], [false, true]);
  assert.deepEqual(act(DATA, state, { name: "reset" }), FIRST);
});

test("each path begins at its start and has a point a step", () => {
  for (const { start, paths } of view(DATA, FIRST).panels) {
    assert.deepEqual(paths.map((path) => path[0]), [start, start]);
    assert.deepEqual(paths.map((path) => path.length), [3, 3]);
  }
});
