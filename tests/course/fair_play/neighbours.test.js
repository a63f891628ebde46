import assert from "node:assert/strict";
import { test } from "node:test";
import { act, place, view } from "../../../metalib/course/fair_play/neighbours.js";

/** Numbers as `kit/widget.py` packs them. @param {number[]} shape @param {number[]} values */
function packed(shape, values) {
  const bytes = Buffer.from(Int16Array.from(values).buffer).toString("base64");
  return { shape, scale: 0.1, bytes };
}

// two classes, a pool of two pictures of the query's class and one of the other, two neighbours at most: 1 + 3 + 3 sets
const badge = (/** @type {string} */ text) => ({ text, colour: "#000", ink: "#fff" });
const data = {
  labels: [badge("A"), badge("B")],
  pictures: { url: "", count: 6 },
  truth: 0,
  pool: [0, 0, 1],
  most: 2,
  probabilities: packed([7, 2], [9, 1, 8, 2, 7, 3, 6, 4, 1, 9, 10, 0, 5, 5]),
  answers: packed([7], [0, 0, 0, 0, 10, 0, 10]),
  alone: { shares: [0.9, 0.1], answer: 0 },
  presets: [
    { name: "One of each class", neighbours: [2] },
    { name: "Nobody", neighbours: [] },
  ],
  draws: [
    [2, 0],
    [1, 0],
  ],
  chosen: "",
};
const first = { neighbours: [2], draw: 0 };
const of = (/** @type {number[]} */ neighbours) => view(data, { neighbours, draw: 0 });

test("a set has one place, whatever the order, and each place one set", () => {
  const sets = [[], [0], [1], [2], [0, 1], [0, 2], [1, 2]];
  assert.deepEqual(sets.map((set) => place(set, 3)), [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(place([2, 0], 3), place([0, 2], 3));
});

test("a set has its own probabilities and answer; those with the support set stay", () => {
  assert.deepEqual(of([2]).shown.shares.map((share) => share.toFixed(1)), ["0.6", "0.4"]);
  assert.deepEqual([of([1, 0]).shown.answer, of([2, 1]).shown.answer, of([0, 2]).shown.answer], [1, 1, 0]);
  for (const set of [[], [1], [1, 0]]) assert.deepEqual(of(set).columns[1].shares, [0.9, 0.1]);
});

test("another answer than with the support set is a flip", () => {
  const words = (/** @type {number[]} */ set) => of(set).status.replaceAll("\u00a0", " ");
  assert.equal(
    words([1, 0]),
    "Flipped by 2 neighbours: answered B, wrong: it is A. Class A has 10 %, with the support set 90 %. " +
      "The query's own picture did not change.",
  );
  assert.match(words([2]), /^With 1 neighbour: answered A, right\. /);
  assert.match(words([]), /^With no neighbours: answered A, right\. /);
  assert.deepEqual([of([1, 0]), of([2])].map(({ columns }) => columns.map(({ flipped, wrong }) => [flipped, wrong])), [
    [[true, true], [false, false]],
    [[false, false], [false, false]],
  ]);
});

test("right is a flip where the support set's statistics are wrong", () => {
  const wrong = { ...data, alone: { shares: [0.4, 0.6], answer: 1 } };
  assert.match(view(wrong, first).status, /^Flipped by 1 neighbour: answered A, right\. /);
  assert.match(view(wrong, { neighbours: [1, 0], draw: 0 }).status, /^With 2 neighbours: answered B, wrong: it is A\. /);
});

test("neighbours sit in the order in which they came, free seats behind them", () => {
  assert.deepEqual(of([2, 0]).seats, [{ index: 5, label: 1 }, { index: 3, label: 0 }]);
  assert.deepEqual(of([1]).seats, [{ index: 4, label: 0 }, null]);
  assert.deepEqual(of([1]).classes.map(({ choices }) => choices.map(({ index, chosen }) => [index, chosen])), [[[3, false], [4, true]], [[5, false]]]);
});

test("a click puts in, a second takes out, and who came first leaves a full batch", () => {
  const turn = (/** @type {number[]} */ neighbours, /** @type {number} */ at) => act(data, { neighbours, draw: 0 }, { name: "turn", place: at }).neighbours;
  assert.deepEqual(turn([], 1), [1]);
  assert.deepEqual(turn([2, 1], 2), [1]);
  assert.deepEqual(turn([2, 1], 0), [1, 0]);
});

test("a preset is taken whole, and is pressed however it came about", () => {
  assert.deepEqual(act(data, first, { name: "take", neighbours: [] }), { neighbours: [], draw: 0 });
  assert.equal(act(data, first, { name: "take", neighbours: [2] }), first);
  assert.deepEqual(of([2]).presets.map(({ chosen }) => chosen), [true, false]);
});

test("at random goes through the draws, and begins again", () => {
  let state = first;
  const seen = [0, 1, 2].map(() => (state = act(data, state, { name: "random" })).neighbours);
  assert.deepEqual(seen, [[2, 0], [1, 0], [2, 0]]);
  assert.equal(view(data, state).random, true);
  assert.equal(view(data, act(data, state, { name: "turn", place: 0 })).random, false);
  assert.equal(view(data, first).random, false);
});
