import assert from "node:assert/strict";
import { test } from "node:test";
import { read, said } from "../../../metalib/course/kit/number.js";

const READ = [
  ["62.7", "%", 62.7],
  [" 60 % ", "%", 60],
  ["60", "%", 60],
  ["0", "%", 0],
  ["0.6 %", "%", 0.6],
  ["60 %", "", 0.6],
  ["300 updates", "updates", 300],
  ["0,5", "", 0.5],
  ["1,25", "", 1.25],
  ["12,8000", "", 12.8],
  ["0,125", "", 0.125],
  ["1,000,000", "", 1e6],
  ["12,800.5", "", 12800.5],
  ["1.234.567,5", "", 1234567.5],
  ["12 800", "", 12800],
  ["12_800", "", 12800],
  ["−0.52", "", -0.52],
  ["1e-3", "", 0.001],
  [".5", "", 0.5],
  ["2^10", "", 1024],
  ["10**-3", "", 0.001],
  ["1/5", "", 0.2],
  ["about 7", "", 7],
  ["~ 7", "", 7],
];

for (const [typed, unit, number] of /** @type {[string, string, number][]} */ (READ)) {
  test(`“${typed}” is ${number} ${unit}`, () => assert.deepEqual(read(typed, unit), { number, problem: "" }));
}

const REFUSED = [
  ["", "", /Type a number first/],
  ["  ", "%", /Type a number first/],
  ["sixty", "%", /“sixty” cannot be read as a number: write digits/],
  ["1.2.3", "", /cannot be read/],
  ["3 4", "", /cannot be read/],
  ["1/0", "", /cannot be read/],
  ["Infinity", "", /cannot be read/],
  ["0x10", "", /cannot be read/],
  ["1,609", "", /write 1609 or 1.609/],
  ["0.6", "%", /Write 60 if you mean 60 %, and 0.6 % with the sign/],
  ["60 %", "updates", /The answer is in updates, not in %/],
];

for (const [typed, unit, words] of /** @type {[string, string, RegExp][]} */ (REFUSED)) {
  test(`“${typed}” in ${unit || "no unit"} is answered with what to write`, () => {
    const { number, problem } = read(typed, unit);
    assert.ok(Number.isNaN(number));
    assert.match(problem, words);
  });
}

test("numbers are said with six digits at most", () => {
  assert.deepEqual([1111936, 0.1 + 0.2, -0.52].map(said), ["1,111,940", "0.3", "−0.52"]);
});
