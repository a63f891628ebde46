import { button, checkbox, element, note, slider } from "../kit/elements.js";
import { clamp } from "../kit/graph.js";
import { widget } from "../kit/widget.js";
import { picture, said } from "./laboratory_picture.js";
import { descend, meanSquaredError, network, outputs } from "./mlp.js";
import "./sinusoid_laboratory.css"; // after the kit's, which it refines

/** @typedef {import("../kit/graph.js").Point} Range  [low, high] */
/** @typedef {{ name: string, colour: string, inner_lr: number, weights: string }} Start */
/**
 * @typedef {object} Data
 * @property {number} reach  x and y run from −reach to reach
 * @property {{ amplitude: Range, phase: Range, x: Range }} ranges  what training had
 * @property {number[]} grid  the x at which curves are drawn
 * @property {number[]} sizes  of the network's layers
 * @property {Start[]} starts
 * @property {Record<string, number[][]>} deals  new points by their number: the x of each
 * @property {number} most  inner steps
 */
/**
 * @typedef {object} State
 * @property {number} amplitude
 * @property {number} phase
 * @property {number[]} points  the x of each
 * @property {number} steps
 * @property {string[]} drawn  the names of the starts whose curves are drawn
 * @property {number} dealt  how often new points were asked for
 */

const DIVERGED = 1e4;

/** @typedef {{ theta: import("./mlp.js").Network, before: number[] }} Known  a start's network, and its outputs on the grid before any step */
/** @type {WeakMap<Start, Known>} */
const known = new WeakMap();

/** @param {Start} start @param {Data} data @returns {Known} */
function unpacked(start, { sizes, grid }) {
  const found = known.get(start);
  if (found) return found;
  const theta = network(start.weights, sizes);
  const fresh = { theta, before: outputs(theta, grid) };
  known.set(start, fresh);
  return fresh;
}

/** An angle in words. @param {number} angle */
const turns = (angle) => `${(angle / Math.PI).toFixed(2).replace("-", "−")} π`;

/** In which ways the task is none that training could draw, in words. @param {Data["ranges"]} ranges @param {State} state */
function outside(ranges, { amplitude, phase, points }) {
  const within = (/** @type {Range} */ [low, high], /** @type {number} */ value) => low <= value && value <= high;
  return [
    within(ranges.amplitude, amplitude) ? "" : `the amplitude ${amplitude.toFixed(1)} (training had ${ranges.amplitude.join(" to ")})`,
    within(ranges.phase, phase) ? "" : `the phase ${turns(phase)} (training had 0 to π)`,
    points.every((x) => within(ranges.x, x)) ? "" : `a point's x (training had ${ranges.x.join(" to ").replace("-", "−")})`,
  ].filter(Boolean);
}

/** @param {Data} data @param {State} state */
export function view(data, state) {
  const { reach, ranges, grid, starts, deals, most } = data;
  const { amplitude, phase, points, steps, drawn } = state;
  const wave = (/** @type {number} */ x) => amplitude * Math.sin(x - phase);
  const [ys, truth] = [points.map(wave), grid.map(wave)];
  const within = grid.map((x) => x >= ranges.x[0] && x <= ranges.x[1]);
  const inside = (/** @type {number[]} */ values) => values.filter((_, i) => within[i]);
  const [shaded, wanted] = [inside(grid), inside(truth)];
  const error = (/** @type {number[]} */ found) => {
    const size = meanSquaredError(found, wanted);
    return size < DIVERGED ? size : null;
  };
  // of one start every step, of two the first curve and the last, and of more the last: what can still be told apart
  const chosen = (/** @type {import("./mlp.js").Network[]} */ phis) =>
    drawn.length === 1 ? phis : [...new Set(drawn.length === 2 ? [phis[0], phis[steps]] : [phis[steps]])];
  const rows = starts.map((start) => {
    const { theta, before } = unpacked(start, data);
    const phis = descend(theta, points, ys, start.inner_lr, steps);
    const shown = drawn.includes(start.name);
    const curves = (shown ? chosen(phis) : []).map((phi) => (phi === theta ? before : outputs(phi, grid)));
    const last = curves.length ? inside(curves[curves.length - 1]) : outputs(phis[steps], shaded);
    return { name: start.name, colour: start.colour, shown, before: error(inside(before)), after: error(last), curves };
  });
  const ways = outside(ranges, state);
  return {
    reach,
    inputs: ranges.x,
    grid,
    truth,
    points: points.map((x, i) => /** @type {import("../kit/graph.js").Point} */ ([x, ys[i]])),
    rows,
    steps,
    deals: Object.keys(deals),
    warning: ways.length ? `Outside what training saw: ${ways.join(", and ")}.` : "",
    sliders: [
      { key: "amplitude", label: "amplitude A", min: 0.1, max: 6.5, step: 0.1, value: amplitude, text: amplitude.toFixed(1), warning: amplitude > ranges.amplitude[1] },
      {
        key: "phase",
        label: "phase b",
        min: -1.56,
        max: 4.72,
        step: 0.02,
        value: phase,
        text: turns(phase),
        warning: phase < ranges.phase[0] || phase > ranges.phase[1],
      },
      { key: "steps", label: "inner steps", min: 0, max: most, step: 1, value: steps, text: String(steps) },
    ],
  };
}

/**
 * @typedef {{ name: "set", key: string, value: number } | { name: "move", handle: string, x: number }
 *   | { name: "nudge", handle: string, dx: number } | { name: "deal", count: string }} Did
 */

/** @param {Data} data @param {State} state @param {Did} action @returns {State} */
export function act({ reach, deals, starts }, state, action) {
  if (action.name === "deal") {
    const sets = deals[action.count];
    return { ...state, points: sets[state.dealt % sets.length], dealt: state.dealt + 1 };
  }
  if (action.name === "set") {
    const { key, value } = action;
    if (!key.startsWith("draw.")) return { ...state, [key]: value };
    const name = key.slice("draw.".length);
    return { ...state, drawn: starts.map((start) => start.name).filter((one) => (one === name ? value : state.drawn.includes(one))) };
  }
  const i = Number(action.handle);
  const x = action.name === "move" ? action.x : state.points[i] + 0.2 * action.dx;
  const place = Math.round(100 * clamp(x, -reach, reach)) / 100;
  return { ...state, points: state.points.map((now, j) => (i === j ? place : now)) };
}

/** @param {ReturnType<typeof view>} seen */
function draw(seen) {
  const { rows, steps, sliders, warning, deals } = seen;
  /** @param {(typeof rows)[0]} row */
  const row = ({ name, colour, shown, before, after: error }) => {
    const tick = checkbox(`draw.${name}`, name, shown);
    tick.insertBefore(element("i", { class: "metalib-swatch", style: `background:${colour}` }), tick.lastChild);
    return element("tr", {}, element("th", { scope: "row" }, tick), element("td", {}, said(before)), element("td", {}, said(error)));
  };
  const count = rows.filter((one) => one.shown).length;
  const after = `after ${steps} step${steps === 1 ? "" : "s"}`;
  const lines = [
    "Tick a start to see its curve.",
    "Lines: the network after each step, the last one thick.",
    `Thin: the networks before the steps; thick: ${after}.`,
    `Lines: the networks ${after}.`,
  ][Math.min(count, 3)];
  return [
    element("h4", {}, "Shape the task, drag its points along the wave, and step."),
    element(
      "div",
      { class: "metalib-body" },
      element("div", { class: "metalib-graph" }, picture(seen), note(`Shaded: where training had its points. Dashed: the task. ${lines}`)),
      element(
        "div",
        { class: "metalib-side" },
        element("fieldset", { class: "metalib-slides" }, element("legend", {}, "Task and steps"), sliders.map(slider)),
        element("div", { class: "metalib-controls" }, deals.map((number) => button({ name: "deal", count: number }, {}, `${number} new points`))),
        element(
          "table",
          {},
          element("caption", {}, "Tick what to draw. Mean squared error on the shaded part, before and after the steps:"),
          element("thead", {}, element("tr", {}, ["start", "before", `after ${steps}`].map((words) => element("th", { scope: "col" }, words)))),
          element("tbody", {}, rows.map(row)),
        ),
      ),
    ),
    element("p", { class: "metalib-warning", role: "status" }, warning),
  ];
}

export default widget({
  name: "sinusoid-laboratory",
  view,
  act,
  draw,
  shown: ({ rows }) => ({ errors: Object.fromEntries(rows.map(({ name, before, after }) => [name, [before, after]])) }),
});
