import assert from "node:assert/strict";
import { test } from "node:test";
import { answered, learn, waiting } from "../../../metalib/course/kit/asking.js";

test("an answer is found by its question, in its widget alone, whenever it comes", () => {
  const [one, other] = [{}, {}];
  learn(one, { a: 1 });
  learn(one, { b: 2 });
  assert.deepEqual([answered(one, "a"), answered(one, "b"), answered(other, "a")], [1, 2, undefined]);
});

test("the oldest answers are forgotten", () => {
  const data = {};
  for (let i = 0; i < 50; i++) learn(data, { [i]: i });
  assert.deepEqual([answered(data, "9"), answered(data, "10"), answered(data, "49")], [undefined, 10, 49]);
});

test("what is said of a kernel that is gone is not said of one that is busy", () => {
  assert.match(waiting("gone", "counts"), /run the cell again/);
  assert.match(waiting("busy", "counts"), /busy/);
  assert.equal(waiting("live", "counts"), "Python counts …");
});
