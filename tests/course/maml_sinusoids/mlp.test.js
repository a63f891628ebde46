import assert from "node:assert/strict";
import { test } from "node:test";
import { descend, gradient, meanSquaredError, network, outputs } from "../../../metalib/course/maml_sinusoids/mlp.js";

/** float32 as base64. @param {number[]} values */
const packed = (values) => Buffer.from(Float32Array.from(values).buffer).toString("base64");

// y = relu(x − 1) · 2 − relu(−x) + 0.5
const HINGES = network(packed([1, -1, -1, 0, 2, -1, 0.5]), [1, 2, 1]);

test("weights and biases are read layer by layer, and the hidden units have a ReLU", () => {
  assert.deepEqual([...HINGES[0].weights], [1, -1]);
  assert.deepEqual([...HINGES[0].biases], [-1, 0]);
  assert.deepEqual(outputs(HINGES, [3, 0.5, -2]), [4.5, 0.5, -1.5]);
});

test("the error is the mean of the squares", () => assert.equal(meanSquaredError([1, 2], [1, 5]), 4.5));

test("the gradient is that of finite differences", () => {
  let seed = 3;
  const random = () => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 2 - 1;
  const phi = network(packed(Array.from({ length: 4 + 4 + 12 + 3 + 3 + 1 }, random)), [1, 4, 3, 1]);
  const [xs, ys] = [[-2, 0.3, 1.7], [1, -1, 2]];
  const error = () => meanSquaredError(outputs(phi, xs), ys);
  const slopes = gradient(phi, xs, ys);
  phi.forEach((layer, depth) => {
    for (const part of /** @type {const} */ (["weights", "biases"])) {
      layer[part].forEach((value, i) => {
        layer[part][i] = value + 1e-6;
        const above = error();
        layer[part][i] = value - 1e-6;
        const below = error();
        layer[part][i] = value;
        assert.ok(Math.abs((above - below) / 2e-6 - slopes[depth][part][i]) < 1e-7, `${depth} ${part} ${i}`);
      });
    }
  });
});

test("a step goes against the gradient, from where the last one ended, and leaves θ as it is", () => {
  const before = structuredClone(HINGES);
  const path = descend(HINGES, [3], [0], 0.01, 2);
  assert.deepEqual(HINGES, before);
  assert.equal(path.length, 3);
  const errors = path.map((phi) => meanSquaredError(outputs(phi, [3]), [0]));
  assert.ok(errors[0] > errors[1] && errors[1] > errors[2]);
  assert.equal(path[1][1].biases[0], 0.5 - 0.01 * 2 * 4.5);
});
