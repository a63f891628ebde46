import assert from "node:assert/strict";
import { test } from "node:test";
import { eigenvalues, firstOrderAttracts, fixedPoint, innerPath, left, matrix, metaLoss, start, times, WEIGHTS } from "../../../metalib/course/kit/quadratics.js";

/** @typedef {import("../../../metalib/course/kit/quadratics.js").Task} Task */

/** @param {number} found @param {number} wanted */
const near = (found, wanted, off = 1e-12) => assert.ok(Math.abs(found - wanted) <= off, `${found} is not ${wanted}`);

/** @type {Task[]} */
const TASKS = [
  { c: [-1.4, -0.6], curvatures: [3.2, 0.5], angle: 0.35 },
  { c: [1.2, 0.9], curvatures: [0.5, 1.6], angle: 1.05 },
];
const INNER = { lr: 0.2, steps: 2 };

test("a matrix has its curvatures along its axes", () => {
  const a = matrix(TASKS[0], (curvature) => curvature);
  const axis = /** @type {[number, number]} */ ([Math.cos(0.35), Math.sin(0.35)]);
  times(a, axis).forEach((value, i) => near(value, 3.2 * axis[i]));
  eigenvalues(a).forEach((value, i) => near(value, [0.5, 3.2][i]));
});

test("eigenvalues of both signs, of one sign, and of zero", () => {
  assert.deepEqual(eigenvalues([3, 0, -2]), [-2, 3]);
  assert.deepEqual(eigenvalues([1, 0, -1]), [-1, 1]);
  assert.deepEqual(eigenvalues([0, 2, 0]), [-2, 2]);
  assert.deepEqual(eigenvalues([-1, 0, -4]), [-4, -1]);
  assert.equal(eigenvalues([1, 0, 1e-20])[0], 1e-20);
});

test("a start of each method is where its mean gradient is zero", () => {
  for (const method of Object.keys(WEIGHTS)) {
    const theta = /** @type {[number, number]} */ (start(method, TASKS, INNER));
    const sums = [0, 0];
    for (const task of TASKS) {
      const [x, y] = times(matrix(task, WEIGHTS[method](INNER)), [theta[0] - task.c[0], theta[1] - task.c[1]]);
      [sums[0], sums[1]] = [sums[0] + x, sums[1] + y];
    }
    sums.forEach((value) => near(value, 0));
  }
});

test("MAML's start is the minimum of the loss after the steps, and joint training's of that before them", () => {
  for (const [method, steps] of /** @type {[string, number][]} */ ([["MAML", 2], ["joint training", 0]])) {
    const [x, y] = /** @type {[number, number]} */ (start(method, TASKS, INNER));
    const lowest = metaLoss(TASKS, [x, y], 0.2, steps);
    for (const [dx, dy] of [[0.01, 0], [-0.01, 0], [0, 0.01], [0, -0.01]]) assert.ok(metaLoss(TASKS, [x + dx, y + dy], 0.2, steps) > lowest);
  }
});

test("a path contracts to the optimum as the power of each curvature says", () => {
  const task = { ...TASKS[0], angle: 0 };
  const end = innerPath(task, [1, 1], 0.2, 5)[5];
  near(end[0] - task.c[0], 2.4 * (1 - 0.2 * 3.2) ** 5);
  near(end[1] - task.c[1], 1.6 * (1 - 0.2 * 0.5) ** 5);
  assert.equal(left({ lr: 0.2, steps: null })(1), 0);
});

test("Reptile goes from joint training's start to the mean of the optima", () => {
  const joint = start("joint training", TASKS, INNER);
  start("Reptile", TASKS, { lr: 0.2, steps: 1 })?.forEach((value, i) => near(value, joint?.[i] ?? NaN));
  start("Reptile", TASKS, { lr: 0.2, steps: null })?.forEach((value, i) => near(value, [-0.1, 0.15][i]));
});

test("where the weights vanish or cancel there is no single start", () => {
  const round = TASKS.map((task) => ({ ...task, curvatures: /** @type {[number, number]} */ ([2.5, 2.5]) }));
  assert.equal(start("MAML", round, { lr: 0.4, steps: 1 }), null);
  assert.equal(fixedPoint(TASKS, () => 0), null);
  const sign = (/** @type {number} */ curvature) => (curvature === 1 ? 1 : -1);
  const opposite = /** @type {Task[]} */ ([{ c: [0, 0], curvatures: [1, 1], angle: 0 }, { c: [1, 1], curvatures: [2, 2], angle: 0.3 }]);
  assert.equal(fixedPoint(opposite, sign), null);
});

test("tasks of equal curvature start in the middle, however small a weight gets", () => {
  const equal = TASKS.map((task) => ({ ...task, curvatures: TASKS[0].curvatures, angle: TASKS[0].angle }));
  for (const steps of [1, 2, 20, 60]) {
    for (const method of Object.keys(WEIGHTS)) start(method, equal, { lr: 0.2, steps })?.forEach((value, i) => near(value, [-0.1, 0.15][i], 1e-9));
    assert.ok(start("MAML", equal, { lr: 0.2, steps }));
  }
});

test("a first-order point repels where an inner step jumps across, and attracts for an even number of steps", () => {
  const steep = TASKS.map((task) => ({ ...task, curvatures: /** @type {[number, number]} */ ([4, 3]) }));
  assert.equal(firstOrderAttracts(steep, { lr: 0.4, steps: 1 }), false);
  assert.equal(firstOrderAttracts(steep, { lr: 0.4, steps: 2 }), true);
  assert.equal(firstOrderAttracts(steep, { lr: 0.2, steps: 1 }), true);
});
