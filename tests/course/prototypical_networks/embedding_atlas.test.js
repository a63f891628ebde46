import assert from "node:assert/strict";
import { test } from "node:test";
import { between, eased, glide } from "../../../metalib/course/prototypical_networks/atlas_motion.js";
import { HEIGHT, WIDTH, means, nearest, placed, threads } from "../../../metalib/course/prototypical_networks/atlas_places.js";
import { act, view } from "../../../metalib/course/prototypical_networks/embedding_atlas.js";

/** @typedef {[number, number]} Point */

// two stages of four classes with two drawings each, on two lines; the first two classes are one alphabet
const numbers = Int16Array.from({ length: 2 * 8 * 2 }, (_, i) => i);
const data = {
  stages: [{ title: "untrained", ratio: 1, words: "a" }, { title: "t-SNE", ratio: 0.1, words: "b" }],
  points: { shape: [2, 8, 2], scale: 1, bytes: Buffer.from(numbers.buffer).toString("base64") },
  drawings: { url: "", count: 8 },
  n_drawings: 2,
  names: ["x, a", "x, b", "y, a", "z, a"],
  group_of: [0, 0, 1, 2],
  groups: [{ name: "x", colour: "#111" }, { name: "y", colour: "#222" }, { name: "z", colour: "#333" }],
};
/** @type {import("../../../metalib/course/prototypical_networks/embedding_atlas.js").State} */
const first = { stage: 0, group: null, picked: 0 };
/** @param {typeof first} state @param {string} by @param {number} steps */
const step = (state, by, steps) => act(data, state, /** @type {any} */ ({ name: "step", by, step: steps })).picked;

test("stages are gone through between both ends", () => {
  const at = (/** @type {number} */ value) => act(data, first, { name: "set", key: "stage", value });
  assert.deepEqual([at(1).stage, at(9).stage], [1, 1]);
  assert.equal(at(-3), first);
  assert.equal(view(data, at(1)).title, "t-SNE");
  assert.deepEqual(view(data, first).means[1], [5, 6]);
});

test("arrows go from drawing to drawing and from character to character, round and round", () => {
  assert.deepEqual([1, -1, 5, 9].map((n) => step(first, "drawing", n)), [1, 7, 5, 1]);
  assert.deepEqual([1, -1, 5].map((n) => step(first, "class", n)), [2, 6, 2]);
});

test("arrows stay within the alphabet that is shown", () => {
  const shown = act(data, first, { name: "choose", group: "x" });
  assert.deepEqual([1, 4, -1].map((n) => step(shown, "drawing", n)), [1, 0, 3]);
  assert.deepEqual([1, 2].map((n) => step(shown, "class", n)), [2, 0]);
});

test("Home and End go to the first and the last drawing that is shown", () => {
  const ends = (/** @type {typeof first} */ state) => [false, true].map((last) => act(data, state, { name: "end", last }).picked);
  assert.deepEqual(ends({ ...first, picked: 2 }), [0, 7]);
  assert.deepEqual(ends(act(data, first, { name: "choose", group: "y" })), [4, 5]);
});

test("another alphabet drops a drawing that it does not have, and keeps one that it has", () => {
  const seventh = act(data, first, { name: "pick", drawing: 7 });
  assert.equal(act(data, seventh, { name: "choose", group: "y" }).picked, 4);
  assert.equal(act(data, seventh, { name: "choose", group: "z" }).picked, 7);
  assert.equal(act(data, seventh, { name: "choose", group: null }).picked, 7);
});

test("a faded drawing cannot be picked", () => {
  const shown = act(data, first, { name: "choose", group: "y" });
  assert.equal(act(data, shown, { name: "pick", drawing: 0 }), shown);
  assert.equal(act(data, shown, { name: "pick", drawing: 5 }).picked, 5);
  assert.deepEqual(view(data, shown).classes.map(({ away }) => away), [true, true, false, true]);
});

test("what is said of the picked drawing", () => {
  const { name, which, kin } = view(data, { ...first, picked: 5 });
  assert.deepEqual([name, which, kin], ["y, a", "drawing 2 of 2", [4, 5]]);
});

test("all places are in the picture, and both axes have one unit", () => {
  const places = placed([[0, 0], [10, 0], [0, 1], [10, 1]]);
  assert.ok(places.every(([x, y]) => x >= 20 && x <= WIDTH - 20 && y >= 20 && y <= HEIGHT - 20));
  assert.equal((places[1][0] - places[0][0]) / 10, places[0][1] - places[2][1]);
  assert.ok(placed([[3, 3], [3, 3]]).flat().every(Number.isFinite));
});

test("threads run from the mean of a class to each of its places", () => {
  assert.deepEqual(means([[0, 0], [2, 4], [5, 5], [7, 5]], 2), [[1, 2], [6, 5]]);
  assert.equal(threads([[0, 0], [2, 4]]), "M1.0 2.0L0.0 0.0M1.0 2.0L2.0 4.0");
});

test("the nearest mark is meant, of those that are seen, and none that is far away", () => {
  /** @type {Point[]} */
  const places = [[0, 0], [10, 0], [12, 0]];
  assert.equal(nearest(places, [11.5, 0], 5, () => true), 2);
  assert.equal(nearest(places, [11.5, 0], 5, (i) => i !== 2), 1);
  assert.equal(nearest(places, [30, 0], 5, () => true), null);
});

test("a way begins and ends slowly, and goes from its beginning to its end", () => {
  assert.deepEqual([0, 0.5, 1].map(eased), [0, 0.5, 1]);
  assert.ok(eased(0.1) < 0.05);
  assert.deepEqual([-1, 0, 0.5, 1, 2].map((share) => between([[0, 0]], [[8, 4]], share)[0]), [[0, 0], [0, 0], [4, 2], [8, 4], [8, 4]]);
});

/** A browser whose frames are asked for by hand. @param {boolean} calm */
function browser(calm) {
  /** @type {((now: number) => void) | null} */
  let waiting = null;
  Object.assign(globalThis, {
    matchMedia: () => ({ matches: calm }),
    requestAnimationFrame: (/** @type {(now: number) => void} */ act_) => ((waiting = act_), 1),
    cancelAnimationFrame: () => (waiting = null),
  });
  return {
    frame: (/** @type {number} */ now) => {
      const todo = waiting;
      waiting = null;
      todo?.(now);
    },
    waits: () => waiting !== null,
  };
}

test("marks glide to another stage, and turn around on the way from where they are", () => {
  const { frame, waits } = browser(false);
  /** @type {number[]} */
  const seen = [];
  const marks = glide(([[x]]) => seen.push(x));
  marks.to([[0, 0]]);
  assert.equal(waits(), false); // at first they are there
  marks.to([[100, 0]]);
  assert.deepEqual(seen, [0, 0]); // a new drawing does not make them jump
  frame(1000);
  frame(1160);
  marks.to([[100, 0]]); // drawn anew on the way, as by a hover
  assert.deepEqual(seen, [0, 0, 0, 50, 50]);
  marks.to([[0, 0]]);
  frame(2000);
  frame(2160);
  frame(2400);
  assert.deepEqual(seen.slice(5), [50, 50, 25, 0]);
  assert.equal(waits(), false);
});

test("where reduced motion is asked for, marks arrive at once", () => {
  const { waits } = browser(true);
  /** @type {number[]} */
  const seen = [];
  const marks = glide(([[x]]) => seen.push(x));
  marks.to([[0, 0]]);
  marks.to([[100, 0]]);
  assert.deepEqual(seen, [0, 100]);
  assert.deepEqual(marks.here(), [[100, 0]]);
  assert.equal(waits(), false);
});
