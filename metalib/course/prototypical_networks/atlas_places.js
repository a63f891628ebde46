// Where the atlas puts its marks, and which of them is meant.
import { unpacked } from "../kit/packed.js";

/** @typedef {[number, number]} Point */

export const WIDTH = 620;
export const HEIGHT = 440;
const MARGIN = 20;

/** The points of a stage, in units of the embedding. @param {import("../kit/packed.js").Packed} points  [S, M, 2] @param {number} stage @returns {Point[]} */
export function pointsOf(points, stage) {
  const values = unpacked(points);
  const count = points.shape[1];
  return Array.from({ length: count }, (_, i) => {
    const at = 2 * (stage * count + i);
    return [values[at], values[at + 1]];
  });
}

/** The places of points in the picture: all are seen, and both axes have one unit. @param {Point[]} points @returns {Point[]} */
export function placed(points) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const unit = Math.min((WIDTH - 2 * MARGIN) / (x1 - x0 || 1), (HEIGHT - 2 * MARGIN) / (y1 - y0 || 1));
  return points.map(([x, y]) => [WIDTH / 2 + unit * (x - (x0 + x1) / 2), HEIGHT / 2 - unit * (y - (y0 + y1) / 2)]);
}

/** The mean of each class, whose points follow one another, `size` each. @param {Point[]} points @param {number} size @returns {Point[]} */
export function means(points, size) {
  return Array.from({ length: points.length / size }, (_, c) => {
    const own = points.slice(c * size, (c + 1) * size);
    return [own.reduce((sum, [x]) => sum + x, 0) / size, own.reduce((sum, [, y]) => sum + y, 0) / size];
  });
}

/** The threads of a class, from each place to the mean. @param {Point[]} own */
export function threads(own) {
  const [[x, y]] = means(own, own.length);
  const mean = `${x.toFixed(1)} ${y.toFixed(1)}`;
  return own.map(([u, v]) => `M${mean}L${u.toFixed(1)} ${v.toFixed(1)}`).join("");
}

/** The nearest of those places that `seen` says are there, no further away than `reach`; null where none is. @param {Point[]} places @param {Point} at @param {number} reach @param {(i: number) => boolean} seen */
export function nearest(places, [x, y], reach, seen) {
  let found = null;
  let least = reach * reach;
  places.forEach(([u, v], i) => {
    const square = (u - x) ** 2 + (v - y) ** 2;
    if (square > least || !seen(i)) return;
    found = i;
    least = square;
  });
  return /** @type {number | null} */ (found);
}
