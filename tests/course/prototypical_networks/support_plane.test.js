import assert from "node:assert/strict";
import { test } from "node:test";
import { borders, likeliest, probabilities, prototypes, regions, rows, sure } from "../../../metalib/course/prototypical_networks/plane_field.js";
import { veil, whiteness } from "../../../metalib/course/prototypical_networks/plane_shade.js";
import { act, view } from "../../../metalib/course/prototypical_networks/support_plane.js";

/** @typedef {import("../../../metalib/course/prototypical_networks/plane_field.js").Plane} Plane */
/** @typedef {import("../../../metalib/course/prototypical_networks/plane_field.js").Point} Point */

/** @type {[number, number, number, number]} */
const WINDOW = [-5, 5, -3.5, 3.5];
const badge = (/** @type {string} */ text) => ({ text, colour: "#000", ink: "#fff" });
/** @type {import("../../../metalib/course/prototypical_networks/support_plane.js").State} */
const first = { points: [[-1, 0], [1, 0], [3, 0]], query: [0, 1], distance: "squared_euclidean", scale: 1 };
const data = {
  first,
  labels: [badge("A"), badge("B")],
  label_of: [0, 1, 1],
  window: WINDOW,
  cells: /** @type {[number, number]} */ ([10, 7]),
  sure: 0.9,
  distances: [{ key: "squared_euclidean", name: "squared" }, { key: "euclidean", name: "plain" }, { key: "cosine", name: "cosine" }],
  scales: [0.5, 1, 2],
};
/** @param {Point[]} centres @param {string} [distance] @param {number} [scale] @returns {Plane} */
const plane = (centres, distance = "squared_euclidean", scale = 1) => ({ centres, distance, scale });
/** @param {Point[]} polygon */
const area = (polygon) => Math.abs(polygon.reduce((sum, [x, y], i) => {
  const [u, v] = polygon[(i + 1) % polygon.length];
  return sum + (x * v - u * y) / 2;
}, 0));

test("a prototype is the mean of its class's points", () => {
  assert.deepEqual(prototypes([[0, 0], [2, 4], [5, 5]], [0, 0, 1], 2), [[1, 2], [5, 5]]);
});

test("the three distances differ in how sure the nearest class is", () => {
  const at = (/** @type {string} */ distance) => probabilities(plane([[1, 0], [-2, 0]], distance), [1, 0])[0];
  assert.equal(at("squared_euclidean"), 1 / (1 + Math.exp(-9)));
  assert.equal(at("euclidean"), 1 / (1 + Math.exp(-3)));
  assert.equal(at("cosine"), 1 / (1 + Math.exp(-2)));
});

test("the cosine of a point at the origin is 0, and no number is lost", () => {
  assert.deepEqual(probabilities(plane([[0, 0], [1, 1]], "cosine"), [0, 0]), [0.5, 0.5]);
});

test("at a large scale nothing overflows", () => {
  assert.deepEqual(probabilities(plane([[4, 3], [-4, -3]], "squared_euclidean", 20), [4, 3]), [1, 0]);
});

test("regions fill the plane, and a class whose prototype is another's shares its region", () => {
  for (const distance of ["squared_euclidean", "euclidean", "cosine"]) {
    const three = regions(plane([[-2, 1], [3, 1], [0.5, -2]], distance), WINDOW);
    assert.ok(Math.abs(three.map(area).reduce((a, b) => a + b) - 70) < 1e-9);
  }
  const [one, same, other] = regions(plane([[-1, 0], [-1, 0], [1, 0]]), WINDOW);
  assert.deepEqual([one, same, other].map(area), [35, 35, 35]);
});

test("a class between two others whose regions meet elsewhere has two borders, and one that is nowhere nearest has none", () => {
  assert.equal(borders(plane([[-3, 0], [0, 0], [3, 0]]), WINDOW).length, 2);
  assert.deepEqual(borders(plane([[-1, 0], [1, 0]]), WINDOW).map((line) => line.toSorted((a, b) => a[1] - b[1])), [[[0, -3.5], [0, 3.5]]]);
  assert.deepEqual(borders(plane([[1, 1], [1, 1]]), WINDOW), []);
  assert.equal(borders(plane([[20, 0], [22, 0]]), WINDOW).length, 0); // they meet outside of what is seen
});

test("cells are counted from the middle of each, the top row first", () => {
  /** @type {number[]} */
  const seen = [];
  rows(plane([[0, 1]]), [0, 1, 0, 2], [1, 2], ([logits], row) => seen.push(row, logits[0]));
  assert.deepEqual(seen, [0, -0.5, 1, -0.5]);
  assert.equal(likeliest([Float64Array.of(0), Float64Array.of(0), Float64Array.of(-1000)], 0), 0.5);
  assert.equal(sure(plane([[-5, 0], [5, 0]]), WINDOW, [10, 7], 0.9), 1);
  assert.equal(sure(plane([[-5, 0], [5, 0]], "cosine"), WINDOW, [10, 7], 0.9), 0);
});

test("the white over the colours is as strong as `plots.shade` makes it, to half a level", () => {
  for (const distance of ["squared_euclidean", "euclidean", "cosine"]) {
    const colours = new Uint8ClampedArray(4 * 40 * 28);
    const shown = plane([[-2, 1], [3, 1], [0.5, -2]], distance, 0.5);
    veil(shown, WINDOW, [40, 28], colours);
    rows(shown, WINDOW, [40, 28], (logits, row) => {
      for (let i = 0; i < 40; i++) {
        assert.ok(Math.abs(colours[4 * (40 * row + i) + 3] - whiteness(likeliest(logits, i), 3)) < 1.2);
      }
    });
  }
  assert.deepEqual([whiteness(1 / 3, 3), Math.round(whiteness(1, 3))], [255, 38]);
});

test("a dragged point stays so far within the plane that its mark is seen wholly", () => {
  const moved = act(data, first, { name: "move", handle: "2", x: 99, y: -99 });
  assert.deepEqual(moved.points, [[-1, 0], [1, 0], [4.6, -3.1]]);
  assert.deepEqual(act(data, moved, { name: "move", handle: "query", x: 1.006, y: 2 }).query, [1.01, 2]);
  assert.deepEqual(act(data, first, { name: "nudge", handle: "0", dx: 5, dy: -1 }).points[0], [0, -0.2]);
});

test("what changes nothing gives the same state, and the scale ends at both ends", () => {
  const corner = act(data, first, { name: "move", handle: "query", x: -9, y: -9 });
  assert.equal(act(data, corner, { name: "nudge", handle: "query", dx: -1, dy: -1 }), corner);
  const at = (/** @type {number} */ value) => act(data, first, { name: "set", key: "scale", value });
  assert.deepEqual([at(-1).scale, at(2).scale, at(9).scale], [0.5, 2, 2]);
  assert.equal(view(data, at(9)).scale, 2); // the last of three
});

test("a reset brings everything back", () => {
  const other = act(data, act(data, first, { name: "choose", distance: "cosine" }), { name: "move", handle: "0", x: 2, y: 2 });
  assert.deepEqual(view(data, other).distances.map(({ chosen }) => chosen), [false, false, true]);
  assert.equal(act(data, other, { name: "reset" }), first);
});
