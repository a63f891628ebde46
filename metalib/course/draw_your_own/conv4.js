// The course's conv4 in its max-pool form: four blocks of 3×3 convolution with bias, ReLU and max-pool, written out. Batch
// norm's running statistics were folded into the convolutions in Python (rounded.py), which also rounded the numbers to 16 bits.

/** @typedef {{ channels: number[], bytes: string }} Numbers  float16 as base64; for each layer its weights, then its biases */
/** @typedef {{ weights: Float64Array, biases: Float64Array }} Layer  weights: [out, in, 3, 3] */

/** @type {WeakMap<Numbers, Layer[]>} */
const known = new WeakMap();

/** A number of 16 bits: sign, five bits of exponent, ten of mantissa. @param {number} bits */
export function half(bits) {
  const [exponent, mantissa] = [(bits >> 10) & 31, bits & 1023];
  const size = exponent === 0 ? mantissa * 2 ** -24 : exponent === 31 ? (mantissa ? NaN : Infinity) : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

/** The layers of a network; unpacked once. @param {Numbers} numbers @returns {Layer[]} */
function layers(numbers) {
  const found = known.get(numbers);
  if (found) return found;
  const bytes = Uint8Array.from(atob(numbers.bytes), (letter) => letter.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let place = 0;
  const take = (/** @type {number} */ count) => Float64Array.from({ length: count }, () => half(view.getUint16(2 * place++, true)));
  const { channels } = numbers;
  const made = channels.slice(1).map((nOut, i) => ({ weights: take(9 * channels[i] * nOut), biases: take(nOut) }));
  known.set(numbers, made);
  return made;
}

/**
 * The convolution of one input channel, added to the sums [side, side] of two outputs: what is read serves both, which takes
 * a third less time than one after the other.
 * @param {Float64Array} one @param {Float64Array} two @param {number} side
 * @param {Float64Array} input  with a border of zeros @param {number} from  where the channel begins in it
 * @param {Float64Array} weights @param {number} w  where the first output's nine begin @param {number} v  the second's
 */
function addChannel(one, two, side, input, from, weights, w, v) {
  const [a, b, c, d, e] = [weights[w], weights[w + 1], weights[w + 2], weights[w + 3], weights[w + 4]];
  const [f, g, h, k] = [weights[w + 5], weights[w + 6], weights[w + 7], weights[w + 8]];
  const [A, B, C, D, E] = [weights[v], weights[v + 1], weights[v + 2], weights[v + 3], weights[v + 4]];
  const [F, G, H, K] = [weights[v + 5], weights[v + 6], weights[v + 7], weights[v + 8]];
  for (let y = 0, out = 0; y < side; y++) {
    let p = from + y * (side + 2); // the pixel's upper left neighbour
    let q = p + side + 2;
    let r = q + side + 2;
    for (let x = 0; x < side; x++, out++, p++, q++, r++) {
      const i0 = input[p]; // nine names: as an array they would take as long as the sums
      const i1 = input[p + 1];
      const i2 = input[p + 2];
      const i3 = input[q];
      const i4 = input[q + 1];
      const i5 = input[q + 2];
      const i6 = input[r];
      const i7 = input[r + 1];
      const i8 = input[r + 2];
      one[out] += a * i0 + b * i1 + c * i2 + d * i3 + e * i4 + f * i5 + g * i6 + h * i7 + k * i8;
      two[out] += A * i0 + B * i1 + C * i2 + D * i3 + E * i4 + F * i5 + G * i6 + H * i7 + K * i8;
    }
  }
}

/** The largest of each 2×2 of `sums` [side, side], at least 0, into `output` with a border, from `to` on. @param {Float64Array} sums @param {number} side @param {Float64Array} output @param {number} to */
function pool(sums, side, output, to) {
  const smallSide = side >> 1; // an odd side's last row and column fall away
  for (let y = 0; y < smallSide; y++) {
    for (let x = 0; x < smallSide; x++) {
      const place = 2 * (y * side + x);
      output[to + (y + 1) * (smallSide + 2) + x + 1] = Math.max(0, sums[place], sums[place + 1], sums[place + side], sums[place + side + 1]);
    }
  }
}

/**
 * The features of one picture. @param {Numbers} numbers @param {ArrayLike<number>} picture  [28, 28], 0 … 255, ink bright
 * @returns {number[]}
 */
export function features(numbers, picture) {
  let side = Math.round(Math.sqrt(picture.length));
  let input = new Float64Array((side + 2) ** 2);
  for (let i = 0; i < picture.length; i++) input[(Math.floor(i / side) + 1) * (side + 2) + (i % side) + 1] = picture[i] / 255;
  layers(numbers).forEach(({ weights, biases }, depth) => {
    const nIn = numbers.channels[depth];
    const [each, smaller] = [(side + 2) ** 2, ((side >> 1) + 2) ** 2];
    const output = new Float64Array(biases.length * smaller);
    const [one, two] = [new Float64Array(side * side), new Float64Array(side * side)];
    for (let o = 0; o < biases.length; o += 2) {
      const next = Math.min(o + 1, biases.length - 1);
      one.fill(biases[o]);
      two.fill(biases[next]);
      for (let i = 0; i < nIn; i++) addChannel(one, two, side, input, i * each, weights, 9 * (o * nIn + i), 9 * (next * nIn + i));
      pool(one, side, output, o * smaller);
      pool(two, side, output, next * smaller);
    }
    [input, side] = [output, side >> 1];
  });
  const wide = side + 2;
  return Array.from({ length: numbers.channels[numbers.channels.length - 1] * side * side }, (_, i) => {
    const [o, place] = [Math.floor(i / (side * side)), i % (side * side)];
    return input[o * wide * wide + (Math.floor(place / side) + 1) * wide + (place % side) + 1];
  });
}
