import assert from "node:assert/strict";
import { test } from "node:test";
import { features, half } from "../../../metalib/course/draw_your_own/conv4.js";

/** 16 bits each as base64. @param {number[]} bits */
const packed = (bits) => Buffer.from(Uint16Array.from(bits).buffer).toString("base64");
const [ZERO, ONE, TWO, MINUS_ONE] = [0x0000, 0x3c00, 0x4000, 0xbc00];

test("16 bits are read as numbers: whole, broken, small, negative, and none", () => {
  assert.deepEqual([ONE, TWO, MINUS_ONE, 0x3555, 0x0001, 0x8000].map(half), [1, 2, -1, 0.333251953125, 2 ** -24, -0]);
  assert.deepEqual([0x7bff, 0x7c00, 0xfc00].map(half), [65504, Infinity, -Infinity]);
  assert.ok(Number.isNaN(half(0x7e00)));
});

/** A network of one block: each output has nine weights for each input, and a bias. @param {number[][]} weights  [out, 9] @param {number[]} biases */
const block = (weights, biases) => ({ channels: [1, weights.length], bytes: packed([...weights.flat(), ...biases]) });
const nine = (/** @type {Record<number, number>} */ some) => Array.from({ length: 9 }, (_, i) => some[i] ?? ZERO);

test("a convolution sees the pixels around, and nothing beyond the border", () => {
  const picture = [255, 0, 0, 0]; // 2×2, so that one number is left of each output
  // the pixel itself, that to the left, that below, all of them
  const numbers = block([nine({ 4: ONE }), nine({ 3: TWO }), nine({ 7: ONE }), Array(9).fill(ONE)], [ZERO, ZERO, ZERO, ZERO]);
  assert.deepEqual(features(numbers, picture), [1, 2, 0, 1]);
  assert.deepEqual(features(numbers, [0, 0, 0, 255]), [1, 0, 1, 1]);
});

test("a bias is added, what is below zero is cut off, and the largest of four is kept", () => {
  const numbers = block([nine({ 4: MINUS_ONE }), nine({ 4: MINUS_ONE }), nine({ 4: TWO })], [ZERO, ONE, MINUS_ONE]);
  assert.deepEqual(features(numbers, [255, 255, 255, 255]), [0, 0, 1]);
  assert.deepEqual(features(numbers, [255, 0, 0, 0]), [0, 1, 1]);
});

test("an odd number of outputs is computed too, and of an odd side the last row and column fall away", () => {
  const numbers = block([nine({ 4: ONE })], [ZERO]);
  assert.deepEqual(features(numbers, [0, 0, 255, 0, 0, 255, 255, 255, 255]), [0]);
  assert.deepEqual(features(numbers, [0, 0, 0, 0, 255, 0, 0, 0, 0]), [1]);
});

test("blocks follow one another, each with all channels of the one before", () => {
  const first = [...nine({ 4: ONE }), ...nine({ 4: TWO }), ZERO, ZERO]; // z and 2z
  const second = [...nine({ 4: ONE }), ...nine({ 4: ONE }), MINUS_ONE]; // z + 2z − 1
  const numbers = { channels: [1, 2, 1], bytes: packed([...first, ...second]) };
  assert.deepEqual(features(numbers, Array(16).fill(255)), [2]);
});
