import assert from "node:assert/strict";
import { test } from "node:test";
import { act, view } from "../../../metalib/course/reptile/reptile_plane.js";

const badge = { text: "A", colour: "#000", ink: "#fff" };
/** @type {import("../../../metalib/course/reptile/reptile_plane.js").Data} */
const DATA = {
  extent: 3,
  levels: [1],
  steps: [1, 10, null],
  drawn: 200,
  tasks: [
    { c: [-1, 0], curvatures: [3, 1], angle: 0, badge },
    { c: [1, 0], curvatures: [1, 1], angle: 0, badge },
  ],
  colours: { reptile: "#000", joint: "#000" },
};

test("the start slides from the joint optimum to the mean of the optima", () => {
  const [one, ten, many] = [0, 1, 2].map((stop) => view(DATA, { stop, inner_lr: 0.2 }));
  assert.ok(Math.hypot(one.start[0] + 0.5, one.start[1]) < 1e-12); // (3 · −1 + 1 · 1) / 4
  assert.ok(one.toJoint < 1e-12);
  assert.ok(ten.start[0] > one.start[0] && ten.start[0] < many.start[0]);
  assert.deepEqual(many.start, [0, 0]);
  assert.deepEqual(ten.trail, [one.start, ten.start, many.start]);
});

test("for k → ∞ so many steps are drawn that both paths have arrived", () => {
  const { paths } = view(DATA, { stop: 2, inner_lr: 0.2 });
  assert.deepEqual(paths.map((points) => points.length), [201, 201]);
  paths.forEach((points, i) => assert.ok(Math.abs(points[200][0] - DATA.tasks[i].c[0]) < 1e-9));
});

test("a slider sets its part alone", () => {
  assert.deepEqual(act(DATA, { stop: 0, inner_lr: 0.2 }, { name: "set", key: "stop", value: 2 }), { stop: 2, inner_lr: 0.2 });
});
