import assert from "node:assert/strict";
import { test } from "node:test";
import { act, view } from "../../../metalib/course/showdown/heat_map.js";
import { behindOrAhead, byErrors, inkOn } from "../../../metalib/course/showdown/heat_map_shades.js";

/** @typedef {import("../../../metalib/course/showdown/heat_map.js").Result} Result */
// two ways, two shots, two methods; the second was not measured in the last cell
const badge = (/** @type {string} */ text) => ({ text, colour: "#000", ink: "#fff" });
/** @param {number} mean @param {number} half @returns {Result} */
const result = (mean, half = 0.01) => [mean, mean - half, mean + half, 200];
const data = {
  ways: [2, 3],
  shots: [1, 5],
  methods: [
    { name: "prototypes", colour: "#00f" },
    { name: "pixels", colour: "#fa0" },
  ],
  reference: 0,
  labels: ["A", "B", "C"].map(badge),
  banks: [
    {
      name: "characters",
      accuracy: [[[result(0.9), result(0.95)], [result(0.8), result(0.9)]], [[result(0.7), result(0.94)], [result(0.6), null]]],
      ahead: [[[null, null], [null, null]], [[result(-0.2), result(-0.01, 0.02)], [result(0.1), null]]],
      pictures: { url: "", count: 18 },
      answers: [[["AB", "AB"], ["ABC", "ABC"]], [["BB", "AB"], ["CBA", null]]],
    },
  ],
};
const first = { bank: 0, method: 0, compare: false, way: 0, shot: 0 };
const texts = (/** @type {object} */ changes) => view(data, { ...first, ...changes }).shown.texts;

test("the map has the chosen method's accuracies in %, and a dash where nothing was measured", () => {
  assert.deepEqual(texts({}), [["90.0", "95.0"], ["80.0", "90.0"]]);
  assert.deepEqual(texts({ method: 1 }), [["70.0", "94.0"], ["60.0", "–"]]);
});

test("compared, it has points with their sign, and says where the interval holds 0", () => {
  const seen = view(data, { ...first, method: 1, compare: true });
  assert.deepEqual(seen.shown.texts, [["−20.0", "−1.0"], ["+10.0", "–"]]);
  assert.deepEqual(seen.cells.map((row) => row.map(({ level }) => level)), [[false, true], [false, false]]);
  assert.equal(seen.itself, false);
});

test("the reference is compared with nothing: it keeps its accuracies", () => {
  const seen = view(data, { ...first, compare: true });
  assert.deepEqual(seen.shown.texts, texts({}));
  assert.equal(seen.itself, true);
});

test("the status names the cell, the interval, and how many queries of the episode are right", () => {
  assert.equal(view(data, first).status, "2-way 1-shot, characters: prototypes 90.0 ± 1.0 % (200 tasks). Of this episode: 2 of 2.");
  assert.match(view(data, { ...first, method: 1, way: 1 }).status, /Of this episode: 1 of 3\.$/);
  assert.equal(view(data, { ...first, method: 1, way: 1, shot: 1 }).status, "3-way 5-shot, characters: pixels not measured.");
});

test("the best method of the cell is marked, and each has its own figure there", () => {
  const listed = view(data, { ...first, shot: 1 }).methods;
  assert.deepEqual(listed.map(({ text, best }) => [text, best]), [["95.0 %", true], ["94.0 %", false]]);
});

test("keys move from cell to cell and stay within the map", () => {
  const go = (/** @type {object} */ from, /** @type {number} */ down, /** @type {number} */ right) => act(data, { ...first, ...from }, { name: "go", down, right });
  assert.deepEqual([go({}, 1, 0).way, go({}, 0, 1).shot], [1, 1]);
  const corner = { ...first, way: 1, shot: 1 };
  assert.equal(act(data, corner, { name: "go", down: 1, right: 0 }), corner);
});

test("what is clicked is chosen, and all else stays", () => {
  assert.deepEqual(act(data, first, { name: "cell", way: 1, shot: 0 }), { ...first, way: 1 });
  assert.deepEqual(act(data, first, { name: "method", method: 1 }), { ...first, method: 1 });
  assert.deepEqual(act(data, first, { name: "compare", compare: true }), { ...first, compare: true });
});

test("equal steps of the shade halve the errors, and beyond the end no shade is darker", () => {
  assert.deepEqual([byErrors(0), byErrors(1), byErrors(1 - 2 ** -3.5)], ["#f7fbff", "#08306b", "#6baed6"]);
  assert.deepEqual([behindOrAhead(0), behindOrAhead(-0.9), behindOrAhead(0.3)], ["#f7f7f7", "#7f3b08", "#053061"]);
});

test("the ink can be read on every shade", () => {
  assert.deepEqual(["#f7fbff", "#08306b", "#7f3b08"].map(inkOn), ["#000000", "#ffffff", "#ffffff"]);
});
