// A small network of fully connected layers with ReLU between them, one number in and one out, and gradient descent on
// its mean squared error: what `metalib.models.mlp` and `metalib.adapt` do in Python, written out.

/** @typedef {{ weights: Float64Array, biases: Float64Array }} Layer  weights: row by row, one row for each output */
/** @typedef {Layer[]} Network */

/**
 * The network whose numbers are `text`: float32 as base64; for each layer its weights, then its biases.
 * @param {string} text @param {number[]} sizes  such as [1, 40, 40, 1] @returns {Network}
 */
export function network(text, sizes) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let place = 0;
  const take = (/** @type {number} */ count) => Float64Array.from({ length: count }, () => view.getFloat32(4 * place++, true));
  return sizes.slice(1).map((nOut, i) => ({ weights: take(nOut * sizes[i]), biases: take(nOut) }));
}

/** What each layer puts out for the input x; the last has the network's output. @param {Network} phi @param {number} x */
function activations(phi, x) {
  let input = Float64Array.of(x);
  return phi.map(({ weights, biases }, depth) => {
    const output = Float64Array.from(biases);
    for (let o = 0, w = 0; o < output.length; o++) {
      let sum = output[o];
      for (let i = 0; i < input.length; i++, w++) sum += weights[w] * input[i];
      output[o] = depth < phi.length - 1 && sum < 0 ? 0 : sum; // ReLU, but on the network's output
    }
    return (input = output);
  });
}

/** The network's outputs at `xs`. @param {Network} phi @param {number[]} xs */
export const outputs = (phi, xs) => xs.map((x) => activations(phi, x)[phi.length - 1][0]);

/** @param {number[]} found @param {number[]} wanted */
export const meanSquaredError = (found, wanted) => found.reduce((sum, y, i) => sum + (y - wanted[i]) ** 2, 0) / found.length;

/** The gradient of the mean squared error on the points (xs, ys), layer by layer: backpropagation. @param {Network} phi @param {number[]} xs @param {number[]} ys */
export function gradient(phi, xs, ys) {
  const found = phi.map(({ weights, biases }) => ({ weights: new Float64Array(weights.length), biases: new Float64Array(biases.length) }));
  xs.forEach((x, k) => {
    const outs = activations(phi, x);
    let slope = Float64Array.of((2 * (outs[phi.length - 1][0] - ys[k])) / xs.length); // of the error, by a layer's outputs
    for (let depth = phi.length - 1; depth >= 0; depth--) {
      const input = depth > 0 ? outs[depth - 1] : Float64Array.of(x);
      const before = new Float64Array(input.length); // the slope by the outputs of the layer before
      for (let o = 0; o < slope.length; o++) {
        if (slope[o] === 0) continue;
        found[depth].biases[o] += slope[o];
        const row = o * input.length;
        for (let i = 0; i < input.length; i++) {
          found[depth].weights[row + i] += slope[o] * input[i];
          if (input[i] > 0) before[i] += slope[o] * phi[depth].weights[row + i]; // nothing gets through a ReLU that is shut
        }
      }
      slope = before;
    }
  });
  return found;
}

/** φ − α · gradient. @param {Float64Array} values @param {Float64Array} slopes @param {number} lr */
const moved = (values, slopes, lr) => values.map((value, i) => value - lr * slopes[i]);

/** θ and the network after each of `steps` gradient steps on the points (xs, ys). @param {Network} theta @param {number[]} xs @param {number[]} ys @param {number} lr @param {number} steps */
export function descend(theta, xs, ys, lr, steps) {
  const path = [theta];
  for (let step = 0; step < steps; step++) {
    const slopes = gradient(path[step], xs, ys);
    path.push(
      path[step].map(({ weights, biases }, i) => ({
        weights: moved(weights, slopes[i].weights, lr),
        biases: moved(biases, slopes[i].biases, lr),
      })),
    );
  }
  return path;
}
