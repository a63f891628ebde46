// The shading of the support plane, on a canvas: each region in its class's colour, whiter where the class is less sure.
import { regions, rows } from "./plane_field.js";

/** @typedef {import("./plane_field.js").Plane} Plane */
/** @typedef {import("./plane_field.js").Window} Window */

/** @type {[number, number]} */
const CELLS = [320, 224]; // columns and rows
const STRONGEST = 0.85; // of the colour, where the class is certain; as in `plots.shade`
const FINE = 256;
const FAR = 12; // a logit further behind the best adds nothing that is seen
// e to the power of −d, for d from 0 to FAR: to ask Math.exp at each cell takes too long for a drag
const POWERS = Float32Array.from({ length: FINE * FAR + 1 }, (_, i) => Math.exp(-i / FINE));

/** How opaque the white is, of 255, where the likeliest of `n` classes has the probability `p`. @param {number} p @param {number} n */
export const whiteness = (p, n) => 255 * (1 - (STRONGEST * (p - 1 / n)) / (1 - 1 / n));

/**
 * White, the more opaque the less sure the class is: a colour for each cell, in the order of an ImageData.
 * @param {Plane} plane @param {Window} window @param {[number, number]} cells @param {Uint8ClampedArray} colours
 */
export function veil(plane, window, [columns, count], colours) {
  const n = plane.centres.length;
  const [certain, slope] = [whiteness(0, n), whiteness(0, n) - whiteness(1, n)];
  const best = new Float64Array(columns);
  const sum = new Float32Array(columns);
  rows(plane, window, [columns, count], (logits, row) => {
    best.set(logits[0]);
    for (const line of logits) for (let i = 0; i < columns; i++) if (line[i] > best[i]) best[i] = line[i];
    sum.fill(0);
    for (const line of logits) {
      for (let i = 0; i < columns; i++) {
        const behind = best[i] - line[i];
        if (behind < FAR) sum[i] += POWERS[(behind * FINE) | 0];
      }
    }
    const start = 4 * columns * row + 3;
    for (let i = 0; i < columns; i++) colours[start + 4 * i] = certain - slope / sum[i]; // 1 / sum is the probability
  });
}

/** @type {{ canvas: HTMLCanvasElement, picture: ImageData } | undefined} */
let made;

/** A white picture of the cells, and a canvas for it: one for all widgets on the page. */
function cells() {
  if (made) return made;
  const [width, height] = CELLS;
  const picture = new ImageData(width, height);
  picture.data.fill(255);
  return (made = { canvas: Object.assign(document.createElement("canvas"), { width, height }), picture });
}

/**
 * Regions are drawn as polygons, so that borders are sharp at any size; only how sure the class is comes from cells,
 * and that is the same on both sides of a border.
 * @param {HTMLCanvasElement} target @param {Plane} plane @param {Window} window @param {string[]} colours
 */
export function shade(target, plane, window, colours) {
  const { canvas, picture } = cells();
  veil(plane, window, CELLS, picture.data);
  canvas.getContext("2d")?.putImageData(picture, 0, 0);
  const context = target.getContext("2d");
  if (!context) return;
  const [left, right, bottom, top] = window;
  const [across, up] = [target.width / (right - left), target.height / (top - bottom)];
  context.clearRect(0, 0, target.width, target.height);
  regions(plane, window).reverse().forEach((polygon, i) => { // of classes in one place the first is seen, as in argmax
    context.beginPath();
    for (const [x, y] of polygon) context.lineTo((x - left) * across, (top - y) * up);
    context.fillStyle = colours[colours.length - 1 - i];
    context.fill();
  });
  context.imageSmoothingEnabled = true;
  context.drawImage(canvas, 0, 0, target.width, target.height);
}
