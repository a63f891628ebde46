// From strokes to the picture that the network sees: ink.py in the widget's script, to the last pixel. A stroke is a list of
// numbers x, y, x, y, … on a sheet of 105 × 105 pixels; a drawing is a list of strokes.

/** @typedef {number[]} Stroke */
/** @typedef {Stroke[]} Drawing */

export const SHEET = 105;
export const PEN = 5;
const [LEAST, USUAL, MOST] = [36, 69, 95]; // pixels of a drawing's longer side
const SMALL = 28;
const BITS = 22; // of the fraction in Pillow's whole numbers

/** The strokes in the middle of the sheet; a drawing as small or large as next to none of Omniglot's is of usual size. @param {Drawing} drawing @returns {Drawing} */
export function placed(drawing) {
  const strokes = drawing.filter((stroke) => stroke.length);
  if (!strokes.length) return [];
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const stroke of strokes) {
    stroke.forEach((value, i) => {
      low[i % 2] = Math.min(low[i % 2], value);
      high[i % 2] = Math.max(high[i % 2], value);
    });
  }
  const side = Math.max(high[0] - low[0], high[1] - low[1]);
  const beyond = side > 0 && (side + PEN < LEAST || side + PEN > MOST);
  const scale = beyond ? (USUAL - PEN) / side : 1;
  const middle = low.map((value, i) => (value + high[i]) / 2);
  return strokes.map((stroke) => stroke.map((value, i) => (value - middle[i % 2]) * scale + SHEET / 2));
}

/** The ink of one straight piece, into `ink`. @param {Uint8Array} ink @param {number} ax @param {number} ay @param {number} bx @param {number} by */
function pull(ink, ax, ay, bx, by) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy || 1;
  const reach = PEN / 2 + 1;
  const first = (/** @type {number} */ a, /** @type {number} */ b) => Math.max(0, Math.floor(Math.min(a, b) - reach));
  const last = (/** @type {number} */ a, /** @type {number} */ b) => Math.min(SHEET - 1, Math.ceil(Math.max(a, b) + reach));
  const [left, right] = [first(ax, bx), last(ax, bx)];
  for (let row = first(ay, by); row <= last(ay, by); row++) {
    const y = row + 0.5;
    for (let column = left; column <= right; column++) {
      const x = column + 0.5;
      const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
      const [offX, offY] = [x - ax - along * dx, y - ay - along * dy];
      if (offX * offX + offY * offY <= (PEN * PEN) / 4) ink[row * SHEET + column] = 255;
    }
  }
}

/** Shifted by whole pixels, so that as many rows and columns are free on both sides, or one more at the end. @param {Uint8Array} ink */
function inTheMiddle(ink) {
  const [rows, columns] = [[SHEET, -1], [SHEET, -1]];
  const seen = (/** @type {number[]} */ ends, /** @type {number} */ at) => {
    ends[0] = Math.min(ends[0], at);
    ends[1] = Math.max(ends[1], at);
  };
  ink.forEach((value, i) => {
    if (!value) return;
    seen(rows, Math.floor(i / SHEET));
    seen(columns, i % SHEET);
  });
  const shift = (/** @type {number[]} */ [low, high]) => Math.floor((SHEET - (high - low + 1)) / 2) - low;
  const by = rows[1] < 0 ? 0 : shift(rows) * SHEET + shift(columns);
  const moved = new Uint8Array(ink.length);
  ink.forEach((value, i) => {
    if (value) moved[i + by] = value;
  });
  return moved;
}

/** [105, 105], 255 where the placed strokes have ink: a pixel has ink when its middle is under the pen. @param {Drawing} drawing */
export function bitmap(drawing) {
  const ink = new Uint8Array(SHEET * SHEET);
  for (const stroke of placed(drawing)) {
    for (let i = 0; i < stroke.length; i += 2) {
      const next = Math.min(i + 2, stroke.length - 2);
      pull(ink, stroke[i], stroke[i + 1], stroke[next], stroke[next + 1]);
    }
  }
  return inTheMiddle(ink);
}

/** For each of the 28 places, where its share of the 105 begins, and its weights in whole numbers: Pillow's bilinear filter. */
const TAPS = Array.from({ length: SMALL }, (_, place) => {
  const scale = SHEET / SMALL; // which also widens the filter, so that nothing is aliased
  const middle = (place + 0.5) * scale;
  const from = Math.max(0, Math.trunc(middle - scale + 0.5));
  const to = Math.min(SHEET, Math.trunc(middle + scale + 0.5));
  const shares = Array.from({ length: to - from }, (__, i) => Math.max(0, 1 - Math.abs((i + from - middle + 0.5) * (1 / scale))));
  const sum = shares.reduce((all, share) => all + share, 0);
  return { from, weights: shares.map((share) => Math.trunc(0.5 + (share / sum) * 2 ** BITS)) };
});

/** [28, 28] from [105, 105], to the last bit as Pillow shrinks: the rows first, then the columns, each rounded. @param {Uint8Array} picture */
export function shrunk(picture) {
  /** @param {Uint8Array} pixels @param {number} start @param {number} step @param {(typeof TAPS)[0]} taps */
  const sum = (pixels, start, step, { from, weights }) => {
    let total = 2 ** (BITS - 1);
    for (let i = 0; i < weights.length; i++) total += pixels[start + (from + i) * step] * weights[i];
    return total >> BITS;
  };
  const narrow = new Uint8Array(SHEET * SMALL);
  for (let row = 0; row < SHEET; row++) TAPS.forEach((taps, x) => (narrow[row * SMALL + x] = sum(picture, row * SHEET, 1, taps)));
  const small = new Uint8Array(SMALL * SMALL);
  TAPS.forEach((taps, y) => {
    for (let x = 0; x < SMALL; x++) small[y * SMALL + x] = sum(narrow, x, SMALL, taps);
  });
  return small;
}

/** How far the point at `i` lies from the line through those at `a` and `b`. @param {Stroke} s @param {number} i @param {number} a @param {number} b */
function offLine(s, i, a, b) {
  const [dx, dy] = [s[b] - s[a], s[b + 1] - s[a + 1]];
  const length = dx * dx + dy * dy;
  const along = length ? Math.min(1, Math.max(0, ((s[i] - s[a]) * dx + (s[i + 1] - s[a + 1]) * dy) / length)) : 0;
  return Math.hypot(s[i] - s[a] - along * dx, s[i + 1] - s[a + 1] - along * dy);
}

/** The stroke without the points that lie within `tolerance` pixels of what is left (Douglas and Peucker, 1973). @param {Stroke} stroke @param {number} tolerance @returns {Stroke} */
export function simplified(stroke, tolerance) {
  const end = stroke.length - 2;
  let [worst, at] = [tolerance, 0];
  for (let i = 2; i < end; i += 2) {
    const off = offLine(stroke, i, 0, end);
    if (off > worst) [worst, at] = [off, i];
  }
  if (!at) return end > 0 ? [...stroke.slice(0, 2), ...stroke.slice(end)] : stroke;
  return [...simplified(stroke.slice(0, at + 2), tolerance).slice(0, -2), ...simplified(stroke.slice(at), tolerance)];
}
