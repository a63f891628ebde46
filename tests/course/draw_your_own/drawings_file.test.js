import assert from "node:assert/strict";
import { test } from "node:test";
import { parsed, text } from "../../../metalib/course/draw_your_own/drawings_file.js";

const LETTERS = ["A", "B"];
const DRAWING = [[1, 2, 3.5, 4]];

test("what is written is read again, with as many places as a class has", () => {
  const written = text(LETTERS, [[DRAWING, [], DRAWING], [[], [], []]]);
  assert.deepEqual(parsed(written, LETTERS, 3), { classes: [[DRAWING, DRAWING, []], [[], [], []]] });
});

/** @type {[string, any, RegExp][]} */
const WRONG = [
  ["no JSON", "{", /no JSON/],
  ["another file", { cells: [] }, /no file that Download wrote/],
  ["nothing", null, /no file that Download wrote/],
  ["another kind", { kind: "x", classes: {} }, /no file that Download wrote/],
  ["no classes", { kind: "drawings of metalib" }, /no file that Download wrote/],
  ["an unknown class", { kind: "drawings of metalib", classes: { C: [] } }, /a class C, and there are A, B/],
  ["too many drawings", { kind: "drawings of metalib", classes: { B: [DRAWING, DRAWING, DRAWING, DRAWING] } }, /class B has more than 3/],
  ["no list", { kind: "drawings of metalib", classes: { A: "x" } }, /class A/],
  ["words for numbers", { kind: "drawings of metalib", classes: { A: [[["1", 2]]] } }, /class A/],
  ["half a point", { kind: "drawings of metalib", classes: { A: [[[1, 2, 3]]] } }, /class A/],
  ["a point off the sheet", { kind: "drawings of metalib", classes: { A: [[[1, 105.5]]] } }, /leaves the sheet/],
  ["a stroke without end", { kind: "drawings of metalib", classes: { A: [[Array(4002).fill(1)]] } }, /class A/],
  ["strokes without end", { kind: "drawings of metalib", classes: { A: [Array(101).fill([1, 2])] } }, /class A/],
  ["no drawing", { kind: "drawings of metalib", classes: { A: [[]], B: [] } }, /no drawing/],
];
for (const [name, content, words] of WRONG) {
  test(`a file with ${name} is refused in words`, () => {
    const found = parsed(typeof content === "string" ? content : JSON.stringify(content), LETTERS, 3);
    assert.match("problem" in found ? found.problem : "none", words);
  });
}
