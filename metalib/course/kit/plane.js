// The plane of notebooks 03 and 05: what both draw of their tasks.
import { svg } from "./elements.js";
import { line } from "./graph.js";

/** @typedef {import("./graph.js").Frame} Frame */
/** @typedef {import("./graph.js").Point} Point */

/**
 * The ellipses of equal loss of a task.
 * @param {Frame} f @param {import("./quadratics.js").Task} task @param {number[]} levels  of the loss @param {string} colour
 */
export function ellipses({ px, py }, { c, curvatures, angle }, levels, colour) {
  const unit = px(1) - px(0);
  const place = `translate(${px(c[0]).toFixed(2)} ${py(c[1]).toFixed(2)}) rotate(${((-180 * angle) / Math.PI).toFixed(2)})`;
  return levels.map((level) => {
    const [rx, ry] = curvatures.map((curvature) => (unit * Math.sqrt((2 * level) / curvature)).toFixed(2)); // ½ λ r² = level
    return svg("ellipse", { rx, ry, transform: place, class: "metalib-ellipse", stroke: colour });
  });
}

/** The optimum of a task, with its letter. @param {Frame} f @param {Point} c @param {import("./elements.js").Badge} badge */
export function optimum({ px, py }, [x, y], { text, colour, ink }) {
  return [
    svg("circle", { cx: px(x), cy: py(y), r: 9, fill: colour, stroke: "#fff", "stroke-width": 1.5 }),
    svg("text", { x: px(x), y: py(y) + 4.5, "text-anchor": "middle", class: "metalib-letter", style: `fill:${ink}` }, text),
  ];
}

/** An inner path: a line, with a dot after each step. @param {Frame} f @param {Point[]} points */
export function innerSteps(f, points) {
  const dots = points.slice(1).map(([x, y]) => `M${f.px(x).toFixed(1)} ${f.py(y).toFixed(1)}h0`);
  return [line(f, points, { class: "metalib-way" }), svg("path", { d: dots.join(""), class: "metalib-step" })]; // one node for all dots
}
