// Tasks in the plane with quadratic losses L(θ) = ½ (θ − c)ᵀ A (θ − c), and where each method starts on them: what
// metalib/quadratics.py is in Python, for two dimensions. All that is done with A keeps its axes and changes its curvatures
// alone, so that a matrix is here a function of each curvature.

/** @typedef {import("./graph.js").Point} Point */
/** @typedef {{ c: Point, curvatures: Point, angle: number }} Task  its optimum, and its curvatures along `angle` (radians) and across */
/** @typedef {[number, number, number]} Matrix  symmetric, 2 × 2: the entries at 1,1, at 1,2 and at 2,2 */
/** @typedef {{ lr: number, steps: number | null }} Inner  step size α and number of steps k; null: k → ∞ */
/** @typedef {(curvature: number) => number} Weight */

const SINGULAR = 1e-12; // what is left of a sum, as a share of its summands, when they cancel

/** f(A). @param {Task} task @param {Weight} f  of each curvature @param {number} [turn]  of the axes that the matrix is for @returns {Matrix} */
export function matrix({ curvatures, angle }, f, turn = 0) {
  const [along, across] = curvatures.map(f);
  const [cos, sin] = [Math.cos(angle - turn), Math.sin(angle - turn)];
  return [along * cos ** 2 + across * sin ** 2, (along - across) * cos * sin, along * sin ** 2 + across * cos ** 2];
}

/** @param {Matrix} matrix @param {Point} point @returns {Point} */
export const times = ([xx, xy, yy], [x, y]) => [xx * x + xy * y, xy * x + yy * y];

/** @param {Point} point @param {number} angle @returns {Point} */
const turned = ([x, y], angle) => [Math.cos(angle) * x - Math.sin(angle) * y, Math.sin(angle) * x + Math.cos(angle) * y];

/** @param {Matrix[]} matrices @returns {Matrix} */
const sum = (matrices) => /** @type {Matrix} */ ([0, 1, 2].map((i) => matrices.reduce((all, m) => all + m[i], 0)));

/** The smaller and the larger eigenvalue. @param {Matrix} matrix @returns {Point} */
export function eigenvalues([xx, xy, yy]) {
  const [middle, reach] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  if (middle === 0) return [-reach, reach];
  const large = middle + Math.sign(middle) * reach;
  const other = (xx * yy - xy ** 2) / large; // and not middle ∓ reach, which may cancel
  return middle > 0 ? [other, large] : [large, other];
}

/** How far a curvature's share of θ − c is still there after k steps: (1 − α λ)ᵏ. @param {Inner} inner @returns {Weight} */
export const left = ({ lr, steps }) => (curvature) => (steps === null ? 0 : (1 - lr * curvature) ** steps);

/** The weight Wᵢ of each method as a function of Aᵢ. @type {Record<string, (inner: Inner) => Weight>} */
export const WEIGHTS = {
  MAML: (inner) => (curvature) => curvature * left(inner)(curvature) ** 2,
  "first-order MAML": (inner) => (curvature) => curvature * left(inner)(curvature),
  "joint training": () => (curvature) => curvature,
  Reptile: (inner) => (curvature) => 1 - left(inner)(curvature),
};

/**
 * The θ with Σ Wᵢ (θ − cᵢ) = 0; null where that is none, or a whole line.
 * @param {Task[]} tasks @param {Weight} weight @returns {Point | null}
 */
export function fixedPoint(tasks, weight) {
  // in the axes of the first task: where the others share them, a small number is never added to a large one
  const turn = tasks[0].angle;
  const weights = tasks.map((task) => matrix(task, weight, turn));
  const [xx, xy, yy] = sum(weights);
  const size = sum(weights.map((m) => /** @type {Matrix} */ (m.map(Math.abs))));
  const determinant = xx * yy - xy ** 2;
  if (!(Math.abs(determinant) > SINGULAR * size[0] * size[2])) return null;
  const pulls = weights.map((m, i) => times(m, turned(tasks[i].c, -turn)));
  const [x, y] = [0, 1].map((i) => pulls.reduce((all, pull) => all + pull[i], 0));
  return turned([(yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant], turn);
}

/** The start that a method finds. @param {string} method  one of WEIGHTS @param {Task[]} tasks @param {Inner} inner */
export const start = (method, tasks, inner) => fixedPoint(tasks, WEIGHTS[method](inner));

/**
 * Whether small first-order MAML steps lead to its fixed point. With α > 1/λ and odd k the inner step jumps across an
 * optimum, ∇L(φ) points back, and the weight is negative.
 * @param {Task[]} tasks @param {Inner} inner
 */
export function firstOrderAttracts(tasks, inner) {
  const weight = WEIGHTS["first-order MAML"](inner);
  return eigenvalues(sum(tasks.map((task) => matrix(task, weight, tasks[0].angle))))[0] > 0;
}

/** θ and the point after each of k gradient steps on the task. @param {Task} task @param {Point} theta @param {number} lr @param {number} steps */
export function innerPath(task, theta, lr, steps) {
  const a = matrix(task, (curvature) => curvature);
  const points = [theta];
  for (let step = 0; step < steps; step++) {
    const [x, y] = points[step];
    const [gx, gy] = times(a, [x - task.c[0], y - task.c[1]]);
    points.push([x - lr * gx, y - lr * gy]);
  }
  return points;
}

/** ½ (θ − c)ᵀ A (θ − c). @param {Task} task @param {Point} theta */
export function loss(task, [x, y]) {
  const away = /** @type {Point} */ ([x - task.c[0], y - task.c[1]]);
  const [gx, gy] = times(matrix(task, (curvature) => curvature), away);
  return (away[0] * gx + away[1] * gy) / 2;
}

/** The mean over tasks of the loss after k steps from θ: MAML's objective. @param {Task[]} tasks @param {Point} theta @param {number} lr @param {number} steps */
export function metaLoss(tasks, theta, lr, steps) {
  const losses = tasks.map((task) => loss(task, innerPath(task, theta, lr, steps)[steps]));
  return losses.reduce((all, one) => all + one, 0) / tasks.length;
}
