import assert from "node:assert/strict";
import { test } from "node:test";
import { act, view } from "../../../metalib/course/learning_to_learn/beat_the_machine.js";

/** @param {number} truth @param {number[]} machines */
const question = (truth, machines, name = "run 7, item 7") => ({ pictures: { url: "", count: 4 }, truth, name, machines });
const player = (/** @type {string} */ name) => ({ name, colour: "#000" });
const all = { total: 400, bars: [], note: "People missed few." };
const data = {
  kept: true,
  all,
  rival: null,
  n_way: 3,
  players: [player("you"), player("a"), player("b")],
  rounds: [
    [question(0, [0, 1], "run 1, item 1"), question(2, [2, 2], "run 2, item 1")],
    [question(1, [0, 0]), question(1, [0, 1])],
  ],
};
const miss = (/** @type {string} */ name) => ({ name, pictures: { url: "", count: 3 } });
const rival = { name: "b", wrong: 5, missed: [miss("run 1, item 1"), miss("run 2, item 1"), miss("run 9, item 9")] };
const ready = { round: 0, started: false, answers: [] };
/** @param {number} asked @param {number} label */
const answer = (asked, label) => ({ name: /** @type {const} */ ("answer"), question: asked, label });

test("nothing is asked before the start", () => {
  assert.equal(act(data, ready, answer(0, 1)), ready);
  assert.equal(view(data, ready).stage, "ready");
  const started = act(data, ready, { name: "start" });
  assert.equal(view(data, started).stage, "asking");
  assert.equal(act(data, started, { name: "start" }), started);
});

test("an answer counts for the question that it was given to", () => {
  const started = act(data, ready, { name: "start" });
  const one = act(data, started, answer(0, 2));
  assert.deepEqual(one.answers, [2]);
  assert.equal(act(data, one, answer(0, 2)), one);
  assert.equal(act(data, one, answer(2, 2)), one);
});

test("before the end the view has no word on right or wrong", () => {
  const asking = view(data, { round: 0, started: true, answers: [1] });
  assert.deepEqual(Object.keys(asking).sort(), ["kept", "machines", "n_way", "number", "pictures", "round", "rounds", "stage", "total"]);
});

test("the end has all scores, best first, and what was missed", () => {
  const done = view(data, { round: 0, started: true, answers: [0, 1] });
  assert.ok(done.stage === "done");
  assert.equal(done.status, "You: 1 of 2 right.");
  assert.deepEqual(done.bars.map(({ name, right }) => [name, right]), [["a", 2], ["you", 1], ["b", 1]]);
  assert.deepEqual(done.missed.map(({ number, yours, truth, machines }) => ({ number, yours, truth, machines })), [
    { number: 2, yours: 1, truth: 2, machines: ["a", "b"] },
  ]);
});

test("again takes the next round, at last the first, and not before the end", () => {
  const half = { round: 0, started: true, answers: [0] };
  assert.equal(act(data, half, { name: "again" }), half);
  const next = act(data, { ...half, answers: [0, 1] }, { name: "again" });
  assert.deepEqual(next, { round: 1, started: true, answers: [] });
  assert.equal(act(data, { ...next, answers: [1, 1] }, { name: "again" }).round, 0);
});

test("beside what you missed stands what the best machine misses, and whether you knew it", () => {
  const state = { round: 0, started: true, answers: [0, 1] };
  const done = view({ ...data, rival }, state);
  assert.ok(done.stage === "done");
  /** @param {ReturnType<typeof view>} seen */
  const told = (seen) => (seen.stage === "done" ? seen.rival?.missed.map(({ name, you }) => [name, you]) : null);
  assert.deepEqual(told(done), [
    ["run 1, item 1", "You were right"],
    ["run 2, item 1", "You missed it, too"],
    ["run 9, item 9", ""],
  ]);
  assert.deepEqual(done.all, all);
  const later = { ...data, rival, rounds: [data.rounds[0], [question(0, [0, 1], "run 9, item 9")]] };
  assert.deepEqual(told(view(later, state))?.length, 2); // a question that you may still be asked
  assert.deepEqual(told(view(later, { ...state, round: 1, answers: [0] }))?.at(-1), ["run 9, item 9", "You were right"]);
  const alone = view(data, state);
  assert.ok(alone.stage === "done" && alone.rival === null);
});
