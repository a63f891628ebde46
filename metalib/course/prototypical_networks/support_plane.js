import { badge, button, choice, element, note, slider, status, svg } from "../kit/elements.js";
import { chart, clamp, frame, handle } from "../kit/graph.js";
import { widget } from "../kit/widget.js";
import { borders, probabilities, prototypes, sure } from "./plane_field.js";
import { shade } from "./plane_shade.js";
import "./support_plane.css"; // after the kit's, which it refines

/** @typedef {import("./plane_field.js").Point} Point */
/** @typedef {{ points: Point[], query: Point, distance: string, scale: number }} State */
/**
 * @typedef {object} Data
 * @property {State} first
 * @property {import("../kit/elements.js").Badge[]} labels  of each class
 * @property {number[]} label_of  each support point
 * @property {import("./plane_field.js").Window} window
 * @property {[number, number]} cells  columns and rows in which the plane is counted
 * @property {number} sure  a class is sure above this probability
 * @property {{ key: string, name: string }[]} distances
 * @property {number[]} scales
 */

const UNIT = 64; // of the drawing for one unit of the plane
const STEP = 0.2; // units that an arrow key moves a point by
const INSET = 0.4; // units that points keep from the border, so that their marks are wholly seen

/** @param {Data} data @param {State} state */
export function view({ labels, label_of, window, cells, sure: limit, distances, scales }, { points, query, distance, scale }) {
  const plane = { centres: prototypes(points, label_of, labels.length), distance, scale };
  const likely = probabilities(plane, query);
  const share = sure(plane, window, cells, limit);
  const words = likely.map((p, k) => `${labels[k].text}\u00a0${(100 * p).toFixed(0)}\u00a0%`).join(", ");
  return {
    plane,
    window,
    labels,
    points: points.map((place, i) => ({ label: labels[label_of[i]], place })),
    query,
    likely,
    sure: share,
    borders: borders(plane, window),
    distances: distances.map(({ key, name }) => ({ key, name, chosen: key === distance })),
    scales,
    scale: scales.indexOf(scale),
    status: `At the star: ${words}.`,
    extent: `The likeliest class has over ${(100 * limit).toFixed(0)}\u00a0% in ${(100 * share).toFixed(0)}\u00a0% of the plane.`,
  };
}

/** @typedef {{ name: "move", handle: string, x: number, y: number } | { name: "nudge", handle: string, dx: number, dy: number }} Moving */
/** @typedef {{ name: "choose", distance: string } | { name: "set", key: "scale", value: number } | { name: "reset" }} Setting */

/** @param {Data} data @param {State} state @param {Moving | Setting} action @returns {State} */
export function act({ first, window, scales }, state, action) {
  if (action.name === "reset") return first;
  if (action.name === "choose") return { ...state, distance: action.distance };
  if (action.name === "set") return { ...state, scale: scales[clamp(action.value, 0, scales.length - 1)] };
  const point = action.handle === "query" ? -1 : Number(action.handle);
  const [x, y] = point < 0 ? state.query : state.points[point];
  const wanted = action.name === "move" ? [action.x, action.y] : [x + STEP * action.dx, y + STEP * action.dy];
  const [left, right, bottom, top] = window;
  const within = (/** @type {number} */ value, /** @type {number} */ low, /** @type {number} */ high) =>
    Math.round(100 * clamp(value, low + INSET, high - INSET)) / 100;
  /** @type {Point} */
  const place = [within(wanted[0], left, right), within(wanted[1], bottom, top)];
  if (place[0] === x && place[1] === y) return state;
  if (point < 0) return { ...state, query: place };
  return { ...state, points: state.points.map((other, i) => (i === point ? place : other)) };
}

const STAR = "M0-13 3.2-4.4 12.4-4 5.1 1.7 7.6 10.5 0 5.4-7.6 10.5-5.1 1.7-12.4-4-3.2-4.4Z";
/** @param {Point} place */
const near = ([x, y]) => `(${x.toFixed(1)}, ${y.toFixed(1)})`.replaceAll("-", "−");

/** @param {ReturnType<typeof view>} view */
function picture({ window: [left, right, bottom, top], plane, labels, points, query, borders: lines }) {
  const f = frame(UNIT * (right - left), UNIT * (top - bottom), [left, right], [bottom, top]);
  const at = (/** @type {Point} */ [x, y]) => ({ transform: `translate(${f.px(x).toFixed(1)} ${f.py(y).toFixed(1)})` });
  const mark = (/** @type {import("../kit/elements.js").Children[]} */ ...children) => svg("g", { class: "metalib-mark" }, ...children);
  const letter = (/** @type {string} */ text, fill = "#000") => svg("text", { dy: "0.36em", class: "metalib-letter", style: `fill:${fill}` }, text);
  /** @param {string} name @param {string} label @param {Point} place @param {Element[]} marks */
  const draggable = (name, label, place, ...marks) =>
    svg("g", at(place), handle({ handle: name, label, x: place[0], words: near(place) }, mark(svg("circle", { r: 15, class: "metalib-halo" }), ...marks)));
  const sharpness = Math.min(2, Math.ceil(globalThis.devicePixelRatio || 1));
  return element(
    "div",
    { class: "metalib-plane" },
    element("canvas", { width: f.width * sharpness, height: f.height * sharpness, "aria-hidden": "true" }),
    chart(
      f,
      "The plane of embeddings",
      lines.map(([a, b]) => svg("line", { x1: f.px(a[0]).toFixed(2), y1: f.py(a[1]).toFixed(2), x2: f.px(b[0]).toFixed(2), y2: f.py(b[1]).toFixed(2), class: "metalib-border" })),
      svg("path", { d: "M-8 0H8M0-8V8", ...at([0, 0]), class: "metalib-origin" }),
      plane.centres.map((place, k) =>
        svg("g", at(place), mark(svg("circle", { r: 15, fill: labels[k].colour, class: "metalib-prototype" }), letter(labels[k].text, labels[k].ink))),
      ),
      points.map(({ label, place }, i) =>
        draggable(
          String(i),
          `Support point ${i + 1}, class ${label.text}`,
          place,
          svg("circle", { r: 13, class: "metalib-support", fill: label.colour }),
          svg("circle", { r: 9, fill: "#fff" }),
          letter(label.text),
        ),
      ),
      draggable("query", "Query", query, svg("path", { d: STAR, class: "metalib-star" })),
    ),
  );
}

/** @param {ReturnType<typeof view>} seen */
function draw(seen) {
  const { labels, likely, distances, scales, scale } = seen;
  return [
    element(
      "div",
      { class: "metalib-parts" },
      element(
        "div",
        { class: "metalib-settings" },
        choice("Distance", distances.map(({ key, name, chosen }) => ({ label: name, action: { name: "choose", distance: key }, chosen }))),
        slider({ key: "scale", label: "Scale", min: 0, max: scales.length - 1, step: 1, value: scale, text: `× ${scales[scale]}` }),
        button({ name: "reset" }, {}, "Reset"),
      ),
      picture(seen),
      element(
        "div",
        { class: "metalib-readout" },
        element(
          "div",
          { class: "metalib-likely", "aria-hidden": "true" },
          labels.map((label, k) => [
            badge(label),
            element("div", { class: "metalib-track" }, element("i", { style: `width:${(100 * likely[k]).toFixed(1)}%;background:${label.colour}` })),
          ]),
        ),
        status(seen.status, element("br"), seen.extent),
      ),
    ),
    note(
      "Drag the rings, which are support points, and the star, a query; or go to one with Tab and use the arrow keys, " +
        "with Shift for wide steps. Discs: prototypes, the means of their rings. Cross: the origin. " +
        "The stronger the colour, the surer the class. Scale: what the logits are multiplied by.",
    ),
  ];
}

/** @param {HTMLElement} root @param {ReturnType<typeof view>} view */
function paint(root, { plane, window, labels }) {
  const canvas = root.querySelector("canvas");
  if (canvas) shade(canvas, plane, window, labels.map(({ colour }) => colour));
}

export default widget({
  name: "support-plane",
  view,
  act,
  draw,
  paint,
  shown: ({ sure: share, likely, plane }) => ({ sure: share, likely, prototypes: plane.centres }),
});
