import { element, note, slider, status, svg } from "../kit/elements.js";
import { chart, frame, line } from "../kit/graph.js";
import { ellipses, innerSteps, optimum } from "../kit/plane.js";
import { innerPath, start as startOf } from "../kit/quadratics.js";
import { widget } from "../kit/widget.js";
import "./reptile_plane.css"; // after the kit's, which it refines

/** @typedef {import("../kit/graph.js").Point} Point */
/** @typedef {{ stop: number, inner_lr: number }} State */
/**
 * @typedef {object} Data
 * @property {number} extent  the picture shows −extent … extent
 * @property {number[]} levels  of the loss, at which ellipses are drawn
 * @property {(number | null)[]} steps  k at each stop of the slider; null: k → ∞
 * @property {number} drawn  steps of a path that are drawn for k → ∞
 * @property {(import("../kit/quadratics.js").Task & { badge: import("../kit/elements.js").Badge })[]} tasks
 * @property {{ reptile: string, joint: string }} colours
 */

/** @param {number | null} k */
const inWords = (k) => (k === null ? "k → ∞" : `k = ${k}`);

/** @param {Data} data @param {State} state */
export function view({ extent, levels, steps, drawn, tasks, colours }, { stop, inner_lr: lr }) {
  const at = (/** @type {number | null} */ k) => /** @type {Point} */ (startOf("Reptile", tasks, { lr, steps: k }));
  const trail = steps.map(at);
  const start = trail[stop];
  const joint = /** @type {Point} */ (startOf("joint training", tasks, { lr, steps: 1 }));
  const mean = at(null);
  const k = steps[stop];
  const distance = (/** @type {Point} */ [x, y]) => Math.hypot(x - start[0], y - start[1]);
  const [toJoint, toMean] = [distance(joint), distance(mean)];
  return {
    extent,
    levels,
    tasks,
    colours,
    trail,
    start,
    joint,
    mean,
    toJoint,
    toMean,
    paths: tasks.map((task) => innerPath(task, start, lr, k ?? drawn)),
    sliders: [
      { key: "stop", label: "inner steps k", min: 0, max: steps.length - 1, step: 1, value: stop, text: inWords(k) },
      { key: "inner_lr", label: "step size α", min: 0.02, max: 0.48, step: 0.02, value: lr, text: lr.toFixed(2) },
    ],
    status: `${inWords(k)}: ${toJoint.toFixed(3)} from the joint optimum, ${toMean.toFixed(3)} from the mean of the optima.`,
  };
}

/** @param {Data} _data @param {State} state @param {{ name: "set", key: string, value: number }} action @returns {State} */
export const act = (_data, state, { key, value }) => ({ ...state, [key]: value });

const SIDE = 400;

/** @param {ReturnType<typeof view>} view */
function draw({ extent, levels, tasks, colours, trail, start, joint, mean, paths, sliders, status: words }) {
  const f = frame(SIDE, SIDE, [-extent, extent], [-extent, extent]);
  const at = (/** @type {Point} */ [x, y]) => `translate(${f.px(x).toFixed(1)} ${f.py(y).toFixed(1)})`;
  const ends = paths.map((points) => points[points.length - 1]);
  const diamond = () => svg("path", { d: "M0 -7L7 0L0 7L-7 0Z", fill: colours.joint, class: "metalib-joint" });
  const square = () => svg("rect", { x: -5, y: -5, width: 10, height: 10, class: "metalib-mean" });
  const dot = () => svg("circle", { r: 10, fill: colours.reptile, class: "metalib-start" });
  const put = (/** @type {Point} */ point, /** @type {Element} */ mark) => svg("g", { transform: at(point) }, mark);
  /** @param {Element} node @param {string} text */
  const sign = (node, text) => element("li", {}, svg("svg", { viewBox: "-12 -12 24 24", width: 24, height: 24, "aria-hidden": "true" }, node), text);
  return [
    element("h4", {}, "Move k. At the start, the ways into the two tasks cancel."),
    element(
      "div",
      { class: "metalib-body" },
      chart(
        f,
        `Two tasks in the plane. Reptile starts at ${start.map((value) => value.toFixed(2)).join(", ")}`,
        tasks.map((task) => ellipses(f, task, levels, task.badge.colour)),
        line(f, ends, { class: "metalib-between-ends" }),
        paths.map((points) => innerSteps(f, points)),
        tasks.map(({ c, badge }) => optimum(f, c, badge)),
        line(f, trail, { stroke: colours.reptile, class: "metalib-trail" }),
        put(start, dot()),
        put(joint, diamond()),
        put(mean, square()),
      ),
      element(
        "div",
        {},
        element("div", { class: "metalib-slides" }, sliders.map(slider)),
        status(words),
        element(
          "ul",
          { class: "metalib-signs" },
          sign(dot(), "Reptile's start for this k; the line: for all k"),
          sign(diamond(), "joint optimum: the lowest mean loss"),
          sign(square(), "mean of the optima A and B"),
          sign(svg("path", { d: "M-11 0H11M-11 0h0M0 0h0M11 0h0", class: "metalib-way-sign" }), "k inner steps into each task"),
          sign(svg("path", { d: "M-11 0H11", class: "metalib-between-ends" }), "between the ends of the two ways"),
        ),
        note("The start lies half-way between the ends of its two ways: the mean over the tasks of θ − φ is zero there."),
      ),
    ),
  ];
}

export default widget({ name: "reptile-plane", view, act, draw, shown: ({ trail, start, toJoint, toMean }) => ({ trail, start, toJoint, toMean }) });
