import { button, element, note, slider, status } from "../kit/elements.js";
import { clamp } from "../kit/graph.js";
import { firstOrderAttracts, innerPath, metaLoss, start } from "../kit/quadratics.js";
import { widget } from "../kit/widget.js";
import { drawPanel } from "./plane_panel.js";
import "./maml_plane.css"; // after the kit's, which it refines

/** @typedef {import("../kit/graph.js").Point} Point */
/** @typedef {import("../kit/quadratics.js").Task} Task */
/** @typedef {{ c: Point, along: number, across: number, angle: number }} Bowl  a task as the sliders have it: the angle in degrees */
/** @typedef {{ a: Bowl, b: Bowl, inner_lr: number, inner_steps: number }} State */
/** @typedef {{ name: string, letter: string, up: boolean, colour: string }} Method */
/**
 * @typedef {object} Data
 * @property {number} extent  the picture shows −extent … extent
 * @property {number[]} levels  of the loss, at which ellipses are drawn
 * @property {import("../kit/elements.js").Badge[]} tasks  letter and colours of the two
 * @property {Method[]} methods
 * @property {State} first
 */

const NAMES = /** @type {const} */ (["a", "b"]);
const BEST = 5e-4; // within so much of the lowest loss is as low: three decimals are shown
const REPELS = "First-order MAML's point repels: the inner step jumps across an optimum. Lower α, or take an even k.";

/** @param {Bowl} bowl @returns {Task} */
const task = ({ c, along, across, angle }) => ({ c, curvatures: [along, across], angle: (angle * Math.PI) / 180 });

/** @param {Data} data @param {State} state */
export function view({ extent, levels, tasks: badges, methods, first }, state) {
  const tasks = NAMES.map((name) => task(state[name]));
  const [lr, steps] = [state.inner_lr, state.inner_steps];
  const found = methods.map((method) => {
    const theta = start(method.name, tasks, { lr, steps });
    return {
      ...method,
      start: theta,
      before: theta && metaLoss(tasks, theta, lr, 0),
      after: theta && metaLoss(tasks, theta, lr, steps),
      paths: theta ? tasks.map((one) => innerPath(one, theta, lr, steps)) : [],
    };
  });
  const lowest = Math.min(...found.map(({ after }) => after ?? Infinity));
  const known = /** @type {Point[]} */ (found.map((panel) => panel.start).filter(Boolean));
  const distance = Math.max(...known.flatMap((p) => known.map((q) => Math.hypot(p[0] - q[0], p[1] - q[1]))));
  const count = ["", "One start", "The two starts", "The three starts", "All four starts"][known.length];
  const beyond = found.filter(({ start: theta }) => theta?.some((value) => Math.abs(value) > extent)).map(({ letter }) => letter);
  const outside = beyond.length ? ` Outside the picture, where an arrow points: ${beyond.join(", ")}.` : "";
  const attracts = firstOrderAttracts(tasks, { lr, steps });
  const firstOrder = found.find(({ name }) => name === "first-order MAML");
  return {
    extent,
    levels,
    bowls: tasks.map((one, i) => ({ ...one, handle: NAMES[i], badge: badges[i] })),
    panels: found.map((panel) => ({ ...panel, best: panel.after !== null && panel.after < lowest + BEST })),
    equal: ["along", "across", "angle"].every((part) => state.a[/** @type {"angle"} */ (part)] === state.b[/** @type {"angle"} */ (part)]),
    begun: JSON.stringify(state) === JSON.stringify(first),
    status: distance < 1e-3 ? `${count} coincide.` : `The starts lie up to ${distance.toFixed(2)} apart.${outside}`,
    warning: firstOrder?.start && !attracts ? REPELS : "",
    state,
  };
}

/**
 * @typedef {{ name: "set", key: string, value: number } | { name: "move", handle: "a" | "b", x: number, y: number }
 *   | { name: "nudge", handle: "a" | "b", dx: number, dy: number } | { name: "equal" } | { name: "reset" }} Did
 */

/** @param {Data} data @param {State} state @param {Did} action @returns {State} */
export function act(data, state, action) {
  if (action.name === "reset") return data.first;
  if (action.name === "equal") return { ...state, b: { ...state.a, c: state.b.c } };
  if (action.name === "set") {
    const { key, value } = action;
    const [bowl, part] = key.split(".");
    return part ? { ...state, [bowl]: { ...state[/** @type {"a" | "b"} */ (bowl)], [part]: value } } : { ...state, [key]: value };
  }
  const now = state[action.handle];
  if (action.name === "nudge") {
    const [x, y] = [now.c[0] + 0.1 * action.dx, now.c[1] + 0.1 * action.dy];
    return act(data, state, { name: "move", handle: action.handle, x, y });
  }
  const limit = data.extent - 0.3; // all of its dot stays in the picture
  const c = /** @type {Point} */ ([action.x, action.y].map((value) => Math.round(1000 * clamp(value, -limit, limit)) / 1000));
  return { ...state, [action.handle]: { ...now, c } };
}

/** @param {ReturnType<typeof view>} seen */
function draw(seen) {
  const { panels, equal, begun, status: words, warning, state } = seen;
  /** @param {string} legend @param {import("../kit/elements.js").Children[]} children */
  const group = (legend, ...children) => element("fieldset", {}, element("legend", {}, legend), ...children);
  const bowl = (/** @type {"a" | "b"} */ name) => {
    const { along, across, angle } = state[name];
    const curvature = { min: 0.25, max: 4, step: 0.05 }; // α stays below 2 / 4
    return group(
      `Task ${name.toUpperCase()}`,
      slider({ key: `${name}.along`, label: "curvature", ...curvature, value: along, text: along.toFixed(2) }),
      slider({ key: `${name}.across`, label: "across", ...curvature, value: across, text: across.toFixed(2) }),
      slider({ key: `${name}.angle`, label: "turned by", min: 0, max: 180, step: 5, value: angle, text: `${angle.toFixed(0)}°` }),
    );
  };
  const { inner_lr: lr, inner_steps: k } = state;
  return [
    element("h4", {}, "Drag an optimum, A or B, or use its arrow keys. Move the sliders."),
    note("Large dot: the start of the panel's method. Small dots: the other methods' starts. Black: the inner steps. Below: the mean loss before → after them."),
    element(
      "div",
      { class: "metalib-body" },
      element("div", { class: "metalib-panels" }, panels.map((one) => drawPanel(seen, one))),
      element(
        "div",
        {},
        status(words),
        element(
          "div",
          { class: "metalib-groups" },
          bowl("a"),
          bowl("b"),
          group(
            "Inner loop",
            slider({ key: "inner_lr", label: "step size α", min: 0.02, max: 0.48, step: 0.02, value: lr, text: lr.toFixed(2) }),
            slider({ key: "inner_steps", label: "steps k", min: 1, max: 20, step: 1, value: k, text: String(k) }),
          ),
        ),
        element("p", { class: "metalib-warning", role: "status" }, warning),
        element(
          "div",
          { class: "metalib-controls" },
          button({ name: "equal" }, { "aria-disabled": String(equal) }, "Give B the curvature of A"),
          button({ name: "reset" }, { "aria-disabled": String(begun) }, "As in the beginning"),
        ),
      ),
    ),
  ];
}

export default widget({
  name: "maml-plane",
  view,
  act,
  draw,
  shown: ({ panels }) => Object.fromEntries(panels.map(({ name, start: theta, before, after }) => [name, { start: theta, before, after }])),
});
