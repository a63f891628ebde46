import assert from "node:assert/strict";
import { test } from "node:test";
import { apart } from "../../../metalib/course/kit/graph.js";

test("labels that have room stay where they are", () => assert.deepEqual(apart([50, 10], 16, 0, 100), [50, 10]));

test("labels at one height are put apart, inside, in their order", () => {
  assert.deepEqual(apart([20, 20], 16, 0, 100), [20, 36]);
  assert.deepEqual(apart([99, 98, 100], 16, 0, 100), [84, 68, 100]);
  assert.deepEqual(apart([-5, -5], 16, 4, 100), [4, 20]);
});
