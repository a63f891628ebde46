import assert from "node:assert/strict";
import { test } from "node:test";
import { inWords, rounded, wilson } from "../../../metalib/course/kit/intervals.js";

test("an interval stays within 0 and 1 and has a width at both", () => {
  const none = wilson(0, 10);
  const all = wilson(10, 10);
  assert.ok(none.low === 0 && none.high > 0.2);
  assert.ok(all.high > 0.999999 && all.high <= 1 && all.low < 0.8);
});

test("a mean in the middle is said with ±, another with both ends", () => {
  assert.equal(inWords(wilson(5, 10), "questions"), "50.0 ± 26.3 % (10 questions)");
  assert.equal(inWords(wilson(3, 10), "questions"), "30.0 % (10.8 to 60.3, 10 questions)");
});

test("of two equally near numbers the even one is said", () => {
  assert.deepEqual([0.25, 0.35, 0.75, 12.5].map((x) => rounded(x, 1)), ["0.2", "0.3", "0.8", "12.5"]);
});
