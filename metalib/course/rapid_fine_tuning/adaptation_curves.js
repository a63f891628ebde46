import { button, element, note, radios, slider, status, svg } from "../kit/elements.js";
import { apart, chart, frame, line, words } from "../kit/graph.js";
import { widget } from "../kit/widget.js";
import "./adaptation_curves.css"; // after the kit's, which it refines

/** @typedef {{ mean: number[], low: number[], high: number[] }} Curve  at each number of steps */
/** @typedef {"support" | "query"} Part */
/** @typedef {"accuracy" | "loss"} Measure */
/**
 * @typedef {object} Data
 * @property {string[]} starts @property {string[]} layers @property {number[]} step_sizes @property {number[]} steps
 * @property {number} chance @property {number} tasks
 * @property {Record<Measure, number>} tops  where the picture of each measure ends; losses were cut there
 * @property {Record<Part, string>} colours
 * @property {[number, number][][]} best  of start and layers: the numbers of the step size and the steps that validated best
 * @property {Record<Measure, Record<Part, Curve>>[][][]} curves  of start, layers and step size
 */
/** @typedef {{ start: number, layers: number, step_size: number, steps: number, measure: number }} State  numbers of options */

/** @type {Measure[]} */
const MEASURES = ["accuracy", "loss"];
const NAMES = { accuracy: "accuracy", loss: "loss (nats a picture)" };
/** @type {Part[]} */
const PARTS = ["support", "query"];

/** A value in words. @param {Measure} measure @param {number} value @param {number} top */
function said(measure, value, top) {
  if (measure === "accuracy") return `${(100 * value).toFixed(1)} %`;
  return value < top ? value.toFixed(3) : `above ${top}`;
}

/** @param {Data} data @param {State} state */
export function view(data, state) {
  const { starts, layers, step_sizes: sizes, steps: marks, tops, colours } = data;
  const measure = MEASURES[state.measure];
  const top = tops[measure];
  const found = data.curves[state.start][state.layers][state.step_size][measure];
  const [size, steps] = [sizes[state.step_size], marks[state.steps]];
  const here = { support: found.support.mean[state.steps], query: found.query.mean[state.steps] };
  const at = PARTS.map((part) => `${part} ${said(measure, here[part], top)}`).join(", ");
  return {
    measure,
    top,
    marks,
    place: state.steps,
    chance: measure === "accuracy" ? data.chance : null,
    curves: PARTS.map((part) => ({ name: part, colour: colours[part], ...found[part] })),
    groups: [
      { key: "start", legend: "Start", options: starts, chosen: state.start },
      { key: "layers", legend: "Trained layers", options: layers, chosen: state.layers },
      { key: "measure", legend: "Shown", options: MEASURES, chosen: state.measure },
    ],
    sliders: [
      { key: "step_size", label: "step size α", min: 0, max: sizes.length - 1, step: 1, value: state.step_size, text: `${size}` },
      { key: "steps", label: "steps", min: 0, max: marks.length - 1, step: 1, value: state.steps, text: `${steps}` },
    ],
    status: `After ${steps} step${steps === 1 ? "" : "s"}: ${at}`,
    note: `Line: mean of ${data.tasks} validation tasks. Band: the middle 80 % of the tasks.`,
    shown: { start: starts[state.start], layers: layers[state.layers], step_size: size, steps, measure, ...here },
  };
}

/** @typedef {ReturnType<typeof view>} View */

/**
 * @param {Data} data @param {State} state
 * @param {{ name: "best" } | { name: "set", key: keyof State, value: number }} action
 * @returns {State}
 */
export function act(data, state, action) {
  if (action.name === "set") return state[action.key] === action.value ? state : { ...state, [action.key]: action.value };
  const [step_size, steps] = data.best[state.start][state.layers];
  return { ...state, step_size, steps };
}

const [WIDTH, HEIGHT] = [560, 320];
const [LEFT, RIGHT, ABOVE, BELOW] = [70, 94, 14, 58]; // what the axes' numbers and the curves' names take
const GAP = 22; // between two names

/** @param {View} seen */
function graph({ measure, top, marks, place, chance, curves, status: sentence }) {
  const last = marks.length - 1;
  const one = (WIDTH - LEFT - RIGHT) / last; // step to the next
  const high = (HEIGHT - ABOVE - BELOW) / top;
  const f = frame(WIDTH, HEIGHT, [-LEFT / one, last + RIGHT / one], [-BELOW / high, top + ABOVE / high]);
  /** @returns {import("../kit/graph.js").Point[]} */
  const along = (/** @type {number[]} */ values) => values.map((value, i) => [i, value]);
  const number = (/** @type {number} */ value) => (measure === "accuracy" ? `${Math.round(100 * value)} %` : `${value}`);
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => [
    svg("line", { x1: f.px(0), x2: f.px(last), y1: f.py(share * top), y2: f.py(share * top), class: "metalib-axis" }),
    svg("text", { x: f.px(0) - 10, y: f.py(share * top), dy: "0.35em", "text-anchor": "end" }, number(share * top)),
  ]);
  const steps = marks.map((step, i) =>
    svg("text", { x: f.px(i), y: f.py(0) + 22, "text-anchor": "middle", class: i === place ? "metalib-here" : null }, `${step}`),
  );
  /** @type {{ name: string, value: number, colour: string }[]} */
  const ends = curves.map(({ name, mean, colour }) => ({ name, value: mean[last], colour }));
  if (chance !== null) ends.push({ name: "chance", value: chance, colour: "#5f5f5f" });
  const heights = apart(ends.map(({ value }) => f.py(value)), GAP, ABOVE, f.py(0));
  return chart(
    f,
    `${NAMES[measure]} of support and query set over the gradient steps. ${sentence}.`,
    ticks,
    chance === null ? null : line(f, [[0, chance], [last, chance]], { stroke: "#5f5f5f", "stroke-width": 1.5, "stroke-dasharray": "2 4" }),
    svg("line", { x1: f.px(place), x2: f.px(place), y1: f.py(top), y2: f.py(0), class: "metalib-marker" }),
    curves.map(({ low, high: upper, colour }) =>
      svg("polygon", { points: words(f, [...along(upper), ...along(low).reverse()]), fill: colour, "fill-opacity": 0.16 }),
    ),
    curves.map(({ name, mean, colour }) => [
      line(f, along(mean), {
        stroke: colour,
        "stroke-width": 3,
        "stroke-dasharray": name === "support" ? "7 5" : null,
        class: `metalib-curve-${name}`,
      }),
      svg("circle", { cx: f.px(place), cy: f.py(mean[place]), r: 6, fill: colour, stroke: "#fff", "stroke-width": 1.5 }),
    ]),
    ends.map(({ name, colour }, i) =>
      svg("text", { x: f.px(last) + 12, y: heights[i], dy: "0.35em", class: "metalib-name", style: `fill:${colour}` }, name),
    ),
    steps,
    svg("text", { x: (f.px(0) + f.px(last)) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, `gradient steps; upwards: ${NAMES[measure]}`),
  );
}

/** @param {View} seen @param {string} own */
function draw(seen, own) {
  return [
    element("h4", {}, "Choose a start and the layers, move the step size, and walk along the steps."),
    element(
      "div",
      { class: "metalib-explorer" },
      element(
        "div",
        { class: "metalib-groups" },
        seen.groups.map((group) => radios(own, group)),
        button({ name: "best" }, {}, "Step size and steps that validated best"),
      ),
      element(
        "div",
        { class: "metalib-curves" },
        element("div", { class: "metalib-controls" }, seen.sliders.map(slider)),
        status(seen.status),
        graph(seen),
        note(seen.note),
      ),
    ),
  ];
}

export default widget({ name: "adaptation-curves", view, act, draw, shown: ({ shown }) => shown });
