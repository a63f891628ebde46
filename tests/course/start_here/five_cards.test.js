import assert from "node:assert/strict";
import { test } from "node:test";
import { act, read, view } from "../../../metalib/course/start_here/five_cards.js";

/** Numbers as `kit/widget.py` packs them. @param {number[]} shape @param {number[]} values */
function packed(shape, values) {
  const bytes = Buffer.from(Int16Array.from(values).buffer).toString("base64");
  return { shape, scale: 1, bytes };
}

// two classes on a line, three drawings each
const line = packed([2, 3, 1], [0, 1, 2, 10, 4, 3]);
const badge = (/** @type {string} */ text) => ({ text, colour: "#000", ink: "#fff" });
/** @param {number[]} support @param {[number, number][]} queries */
const table = (support, queries, features = line) => ({
  drawings: { url: "", count: 6 },
  features,
  names: ["a", "b"],
  support,
  queries,
});
/** @type {[number, number][]} */
const QUERIES = [[0, 2], [1, 2]];

test("a query gets the label of the nearest support picture", () => {
  assert.deepEqual(read(table([0, 0], QUERIES), [0, 0]), [0, 0]);
  assert.deepEqual(read(table([0, 0], QUERIES), [0, 1]), [0, 1]);
});

test("a swap never shows a query and comes round", () => {
  const data = { labels: [badge("A")], tables: [table([0], [[0, 1], [0, 4]], packed([1, 6, 1], [0, 1, 2, 3, 4, 5]))] };
  let state = { deal: 0, support: [0], before: /** @type {number[] | null} */ (null) };
  const seen = [];
  for (let i = 0; i < 4; i++) {
    state = act(data, state, { name: "swap", card: 0, step: 1 });
    seen.push(state.support[0]);
  }
  assert.deepEqual(seen, [2, 3, 5, 0]);
  const forth = act(data, state, { name: "swap", card: 0, step: 1 });
  assert.deepEqual(act(data, forth, { name: "swap", card: 0, step: -1 }).support, state.support);
});

test("wide steps pass over queries too, as many steps at once", () => {
  const data = { labels: [badge("A")], tables: [table([0], [[0, 1], [0, 4]], packed([1, 6, 1], [0, 1, 2, 3, 4, 5]))] };
  const from = (/** @type {number} */ drawing, /** @type {number} */ step) =>
    act(data, { deal: 0, support: [drawing], before: null }, { name: "swap", card: 0, step }).support[0];
  assert.deepEqual([from(0, 5), from(0, -5), from(3, 3)], [2, 5, 2]);
});

test("what flipped is said of the last swap only, and another deal forgets it", () => {
  const data = { labels: [badge("A"), badge("B")], tables: [table([0, 0], QUERIES), table([1, 0], QUERIES)] };
  const first = { deal: 0, support: [0, 0], before: null };
  assert.equal(view(data, first).status, "1 of 2 right");
  const swapped = act(data, first, { name: "swap", card: 1, step: 1 });
  assert.deepEqual(swapped, { deal: 0, support: [0, 1], before: [0, 0] });
  assert.equal(view(data, swapped).status, "1 of 2 answers flipped; 2 of 2 right");
  assert.deepEqual(act(data, swapped, { name: "deal" }), { deal: 1, support: [1, 0], before: null });
});
