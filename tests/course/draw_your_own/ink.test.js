import assert from "node:assert/strict";
import { test } from "node:test";
import { PEN, SHEET, bitmap, placed, shrunk, simplified } from "../../../metalib/course/draw_your_own/ink.js";

/** First and last row, first and last column with ink. @param {Uint8Array} ink */
function box(ink) {
  const places = [...ink].flatMap((value, i) => (value ? [[Math.floor(i / SHEET), i % SHEET]] : []));
  const [rows, columns] = [places.map(([row]) => row), places.map(([, column]) => column)];
  return [Math.min(...rows), Math.max(...rows), Math.min(...columns), Math.max(...columns)];
}

test("a drawing is moved to the middle, wherever it was drawn", () => {
  const there = bitmap([[0, 0, 0, 50, 40, 50]]);
  assert.deepEqual(there, bitmap([[60, 50, 60, 100, 100, 100]]));
  const [top, bottom, left, right] = box(there);
  assert.ok(Math.abs(top - (SHEET - 1 - bottom)) <= 1 && Math.abs(left - (SHEET - 1 - right)) <= 1);
});

test("what is tiny or huge is made of usual size, with a pen of the same width; others keep their size", () => {
  const size = (/** @type {number} */ side) => {
    const [top, bottom, left, right] = box(bitmap([[0, 0, 0, side, side, side]]));
    return [bottom - top + 1, right - left + 1];
  };
  assert.deepEqual([size(8), size(104)], [[69, 69], [69, 69]]);
  assert.deepEqual([size(40), size(60)], [[40 + PEN, 40 + PEN], [60 + PEN, 60 + PEN]]);
});

test("a dot stays a dot, and nothing drawn is an empty sheet", () => {
  const dot = bitmap([[20, 20]]);
  assert.deepEqual(box(dot), [50, 54, 50, 54]);
  assert.deepEqual(placed([[], []]), []);
  assert.ok(bitmap([]).every((value) => value === 0) && shrunk(bitmap([])).every((value) => value === 0));
});

test("a sheet full of ink stays full when it is shrunk", () => {
  assert.deepEqual(shrunk(new Uint8Array(SHEET * SHEET).fill(255)), new Uint8Array(28 * 28).fill(255));
});

test("a stroke loses the points that a line goes through, and keeps its corners and ends", () => {
  const stroke = [0, 0, 5, 0.1, 10, 0, 10, 5, 10.2, 10];
  assert.deepEqual(simplified(stroke, 0.4), [0, 0, 10, 0, 10.2, 10]);
  assert.deepEqual(simplified(stroke, 0.05), stroke);
  assert.deepEqual(simplified([3, 4], 0.4), [3, 4]);
});

test("a stroke that comes back to its beginning keeps its way", () => {
  assert.deepEqual(simplified([0, 0, 20, 0, 20, 20, 0, 0], 0.4), [0, 0, 20, 0, 20, 20, 0, 0]);
});
