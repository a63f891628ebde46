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

/**
 * What each layer puts out for the input x, written to `outs`; the last has the network's output.
 * @param {Network} phi @param {number} x @param {Float64Array[]} outs
 */
function activate(phi, x, outs) {
  /** @type {Float64Array} */
  let input = Float64Array.of(x);
  for (let depth = 0; depth < phi.length; depth++) {
    const { weights, biases } = phi[depth];
    const output = outs[depth];
    const size = input.length;
    for (let o = 0, w = 0; o < output.length; o++) {
      let sum = biases[o];
      for (let i = 0; i < size; i++, w++) sum += weights[w] * input[i];
      output[o] = depth < phi.length - 1 && sum < 0 ? 0 : sum; // ReLU, but on the network's output
    }
    input = output;
  }
  return input[0];
}

/** Room for what each layer puts out. @param {Network} phi */
const room = (phi) => phi.map(({ biases }) => new Float64Array(biases.length));

/** The network's outputs at `xs`. @param {Network} phi @param {number[]} xs */
export function outputs(phi, xs) {
  const outs = room(phi);
  return xs.map((x) => activate(phi, x, outs));
}

/** @param {number[]} found @param {number[]} wanted */
export const meanSquaredError = (found, wanted) => found.reduce((sum, y, i) => sum + (y - wanted[i]) ** 2, 0) / found.length;

/** The gradient of the mean squared error on the points (xs, ys), layer by layer: backpropagation. @param {Network} phi @param {number[]} xs @param {number[]} ys */
export function gradient(phi, xs, ys) {
  const found = phi.map(({ weights, biases }) => ({ weights: new Float64Array(weights.length), biases: new Float64Array(biases.length) }));
  const outs = room(phi);
  xs.forEach((x, k) => {
    let slope = Float64Array.of((2 * (activate(phi, x, outs) - ys[k])) / xs.length); // of the error, by a layer's outputs
    for (let depth = phi.length - 1; depth >= 0; depth--) {
      const input = depth > 0 ? outs[depth - 1] : Float64Array.of(x);
      const before = new Float64Array(input.length); // the slope by the outputs of the layer before
      const { weights, biases } = found[depth];
      const size = input.length;
      for (let o = 0; o < slope.length; o++) {
        const by = slope[o];
        if (by === 0) continue; // half of all, behind a ReLU that is shut
        biases[o] += by;
        for (let i = 0, w = o * size; i < size; i++, w++) {
          weights[w] += by * input[i];
          before[i] += by * phi[depth].weights[w];
        }
      }
      for (let i = 0; i < size; i++) if (input[i] <= 0) before[i] = 0; // nothing gets through a ReLU that is shut
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
