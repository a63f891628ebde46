// The sinusoid laboratory's graph: the task, its points, and the curves of the starts that are drawn.
import { svg } from "../kit/elements.js";
import { chart, clamp, frame, handle, line } from "../kit/graph.js";

/** @typedef {import("../kit/graph.js").Point} Point */
/** @typedef {{ name: string, colour: string, shown: boolean, after: number | null, curves: number[][] }} Row  a start, and its curves: y on the grid */

/** An error in words. */
export const said = (/** @type {number | null} */ error) => (error === null ? "diverged" : error.toFixed(3));
const signed = (/** @type {number} */ value) => String(value).replace("-", "−");

/** @param {{ reach: number, inputs: Point, grid: number[], truth: number[], points: Point[], rows: Row[], steps: number }} view */
export function picture({ reach, inputs, grid, truth, points, rows, steps }) {
  const f = frame(560, 350, [-reach - 0.9, reach + 0.3], [-reach - 1.3, reach + 0.3]); // room for the axes' numbers
  const [left, right, top, bottom] = [f.px(-reach), f.px(reach), f.py(reach), f.py(-reach)];
  const along = (/** @type {number[]} */ ys) =>
    grid.map((x, i) => /** @type {Point} */ ([x, Number.isNaN(ys[i]) ? 0 : clamp(ys[i], -3 * reach, 3 * reach)]));
  /** @param {Row} row */
  const curves = ({ colour, curves: all, name }) =>
    all.map((ys, i) => {
      const last = i === all.length - 1;
      return line(f, along(ys), {
        stroke: colour,
        "stroke-width": last ? 3 : 1.3,
        "stroke-opacity": last ? 1 : 0.3 + (0.35 * i) / all.length,
        class: last ? "metalib-last" : null,
        "data-start": name,
      });
    });
  const ticks = [-5, 0, 5].flatMap((value) => [
    svg("line", { x1: left - 5, x2: left, y1: f.py(value), y2: f.py(value), class: "metalib-tick" }),
    svg("text", { x: left - 8, y: f.py(value), "text-anchor": "end", "dominant-baseline": "central" }, signed(value)),
    svg("line", { x1: f.px(value), x2: f.px(value), y1: bottom, y2: bottom + 5, class: "metalib-tick" }),
    svg("text", { x: f.px(value), y: bottom + 8, "text-anchor": "middle", "dominant-baseline": "hanging" }, signed(value)),
  ]);
  const names = [
    svg("text", { x: left - 8, y: top, "text-anchor": "end", "dominant-baseline": "hanging", class: "metalib-axis-name" }, "y"),
    svg("text", { x: right, y: bottom + 8, "text-anchor": "end", "dominant-baseline": "hanging", class: "metalib-axis-name" }, "x"),
  ];
  /** @param {Point} point @param {number} i */
  const point = ([x, y], i) =>
    handle(
      { handle: String(i), label: `Point ${i + 1}: left and right arrow move it along the wave`, x, words: `x ${x.toFixed(1)}, y ${y.toFixed(1)}` },
      svg("circle", { cx: f.px(x), cy: f.py(y), r: 16, class: "metalib-halo" }),
      svg("circle", { cx: f.px(x), cy: f.py(y), r: 6.5, class: "metalib-point" }),
    );
  const shown = rows.filter((row) => row.shown).map((row) => `${row.name}, error ${said(row.after)}`);
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  return chart(
    f,
    `The task, dashed, its points, and after ${steps} step${steps === 1 ? "" : "s"}: ${shown.join("; ") || "no start"}.`,
    svg("rect", { x: f.px(inputs[0]), width: f.px(inputs[1]) - f.px(inputs[0]), y: top, height: bottom - top, class: "metalib-seen" }),
    svg("line", { x1: left, x2: right, y1: f.py(0), y2: f.py(0), class: "metalib-axis" }),
    ticks,
    names,
    svg(
      "svg", // cuts off what leaves the picture
      { ...box, viewBox: `${box.x} ${box.y} ${box.width} ${box.height}` },
      line(f, along(truth), { class: "metalib-truth" }),
      rows.filter((row) => row.shown).map(curves),
    ),
    svg("rect", { ...box, class: "metalib-box" }),
    points.map(point),
  );
}
