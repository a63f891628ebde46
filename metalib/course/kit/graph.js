// Graphs: a rectangle of the plane on a rectangle of the page, what is drawn in it, and what can be dragged there.
import { svg } from "./elements.js";

/** @typedef {[number, number]} Point */
/** @typedef {{ width: number, height: number, x: Point, y: Point, px: (value: number) => number, py: (value: number) => number }} Frame */

/** @param {number} width @param {number} height @param {Point} x  [low, high] @param {Point} y @returns {Frame} */
export function frame(width, height, x, y) {
  return {
    width,
    height,
    x,
    y,
    px: (value) => (width * (value - x[0])) / (x[1] - x[0]),
    py: (value) => (height * (y[1] - value)) / (y[1] - y[0]),
  };
}

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

/** Points as the attribute of a polyline or polygon has them. @param {Frame} frame @param {Point[]} points */
export function words({ px, py }, points) {
  return points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
}

/** @param {Frame} f @param {Point[]} points @param {import("./elements.js").Attributes} attributes */
export function line(f, points, attributes) {
  return svg("polyline", { points: words(f, points), fill: "none", ...attributes });
}

/**
 * Heights for labels that would like to stand at `heights`: in the same order, at least `gap` apart, between low and high.
 * @param {number[]} heights @param {number} gap @param {number} low @param {number} high
 */
export function apart(heights, gap, low, high) {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]);
  const placed = [...heights];
  let least = low;
  for (const i of order) least = (placed[i] = Math.max(placed[i], least)) + gap;
  let most = high;
  for (const i of order.reverse()) most = (placed[i] = Math.min(placed[i], most)) - gap;
  return placed;
}

/** @param {Frame} frame @param {string} label @param {import("./elements.js").Children[]} children */
export function chart({ width, height, x, y }, label, ...children) {
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      class: "metalib-chart",
      role: "group",
      "aria-label": label,
      "data-frame": JSON.stringify({ width, height, x, y }),
    },
    svg("rect", { width, height, class: "metalib-paper" }),
    ...children,
  );
}

/**
 * Something to drag, or to move by the arrow keys. `handle` says which in the actions. Draw in `children` a
 * `metalib-halo`, a circle that takes the pointer and shows the focus.
 * @param {{ handle: string, label: string, x: number, words: string, focusable?: boolean }} what
 * @param {import("./elements.js").Children[]} children
 */
export function handle({ handle: name, label, x, words: said, focusable = true }, ...children) {
  const keys = { tabindex: 0, role: "slider", "aria-label": label, "aria-valuenow": x.toFixed(2), "aria-valuetext": said };
  return svg("g", { class: "metalib-handle", "data-handle": name, ...(focusable ? keys : { "aria-hidden": "true" }) }, ...children);
}
