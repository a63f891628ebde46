import { choice, element, note, slider, status, svg, tile } from "../kit/elements.js";
import { clamp } from "../kit/graph.js";
import { listen, widget } from "../kit/widget.js";
import { glide } from "./atlas_motion.js";
import { HEIGHT, WIDTH, means, nearest, placed, pointsOf, threads } from "./atlas_places.js";
import "./embedding_atlas.css"; // after the kit's, which it refines

/** @typedef {import("./atlas_places.js").Point} Point */
/**
 * @typedef {object} Data
 * @property {{ title: string, ratio: number, words: string }[]} stages
 * @property {import("../kit/packed.js").Packed} points  [stages, drawings, 2], class by class
 * @property {{ url: string, count: number }} drawings
 * @property {number} n_drawings  of each class
 * @property {string[]} names  of the classes
 * @property {number[]} group_of  each class
 * @property {{ name: string, colour: string }[]} groups  alphabets
 */
/** @typedef {{ stage: number, group: string | null, picked: number }} State */

const SHAPES = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
  "M-3.2-3.2H3.2V3.2H-3.2Z",
  "M0-4.2 4 3H-4Z",
  "M0-4.6 4.6 0 0 4.6-4.6 0Z",
  "M-1.4-4.2H1.4V-1.4H4.2V1.4H1.4V4.2H-1.4V1.4H-4.2V-1.4H-1.4Z",
];
const WIDE = 5; // drawings or characters that an arrow key with Shift goes at once

/** The group of a drawing. @param {Data} data @param {number} drawing */
const groupOf = ({ group_of, n_drawings }, drawing) => group_of[Math.floor(drawing / n_drawings)];

/** The drawings that are not faded. @param {Data} data @param {string | null} group */
function visible(data, group) {
  const all = [...Array(data.points.shape[1]).keys()];
  return group === null ? all : all.filter((drawing) => data.groups[groupOf(data, drawing)].name === group);
}

/** @param {Data} data @param {State} state */
export function view(data, { stage, group, picked }) {
  const { stages, n_drawings, names, groups, group_of, drawings } = data;
  const points = pointsOf(data.points, stage);
  const kind = Math.floor(picked / n_drawings);
  return {
    stage,
    stages: stages.length,
    ...stages[stage],
    places: placed(points),
    means: means(points, n_drawings),
    classes: names.map((_, c) => ({ group: group_of[c], away: group !== null && groups[group_of[c]].name !== group })),
    groups: groups.map(({ name, colour }, i) => ({ name, colour, shape: SHAPES[i % SHAPES.length], chosen: name === group })),
    n_drawings,
    drawings,
    picked,
    kin: Array.from({ length: n_drawings }, (_, i) => kind * n_drawings + i),
    name: names[kind],
    which: `drawing ${(picked % n_drawings) + 1} of ${n_drawings}`,
    all: group === null,
  };
}

/** @typedef {{ name: "set", key: "stage", value: number } | { name: "choose", group: string | null }} Setting */
/** @typedef {{ name: "pick", drawing: number } | { name: "step", by: "drawing" | "class", step: number } | { name: "end", last: boolean }} Picking */

/** @param {Data} data @param {State} state @param {Setting | Picking} action @returns {State} */
export function act(data, state, action) {
  if (action.name === "set") {
    const stage = clamp(action.value, 0, data.stages.length - 1);
    return stage === state.stage ? state : { ...state, stage };
  }
  if (action.name === "choose") {
    const seen = visible(data, action.group);
    return { ...state, group: action.group, picked: seen.includes(state.picked) ? state.picked : seen[0] };
  }
  const seen = visible(data, state.group);
  let drawing = state.picked;
  if (action.name === "end") drawing = seen[action.last ? seen.length - 1 : 0];
  else if (action.name === "pick") drawing = seen.includes(action.drawing) ? action.drawing : drawing;
  else {
    const step = action.step * (action.by === "class" ? data.n_drawings : 1);
    const count = seen.length;
    drawing = seen[(((seen.indexOf(drawing) + step) % count) + count) % count];
  }
  return drawing === state.picked ? state : { ...state, picked: drawing };
}

/** @param {Point} place */
const at = ([x, y]) => `translate:${x.toFixed(1)}px ${y.toFixed(1)}px`;

/** The cloud; `motion` puts marks and threads in their places. @param {ReturnType<typeof view>} seen */
function map({ places, classes, groups, n_drawings, kin, picked, title }) {
  const kind = Math.floor(picked / n_drawings);
  /** @param {number} c @param {string} look */
  const lines = (c, look) =>
    svg("path", {
      class: `metalib-threads ${look}`,
      stroke: groups[classes[c].group].colour,
      "data-threads": c,
      "data-painted": true,
    });
  /** @param {number} c @param {string} look @param {number[]} own  the last one lies on top */
  const marks = (c, look, own) => {
    const { colour, shape } = groups[classes[c].group];
    const mark = (/** @type {number} */ i) => svg("path", { d: shape, "data-drawing": i, "data-painted": true });
    return svg("g", { class: `metalib-marks ${look}`, fill: colour }, own.map(mark));
  };
  const looks = classes.map(({ away }) => (away ? "metalib-away" : "metalib-near"));
  return svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: "metalib-chart metalib-atlas",
      tabindex: 0,
      role: "application",
      "aria-label": `${title}: ${places.length} drawings. Left and right arrow: next drawing. Up and down: next character. With Shift: five at once. Home and End: first and last`,
    },
    svg("rect", { width: WIDTH, height: HEIGHT, class: "metalib-paper" }),
    looks.map((look, c) => lines(c, look)),
    looks.map((look, c) => marks(c, look, kin.map((_, i) => c * n_drawings + i))),
    lines(kind, "metalib-kin"),
    marks(kind, "metalib-kin", [...kin.filter((i) => i !== picked), picked]),
  );
}

/** @param {ReturnType<typeof view>} seen */
function draw(seen) {
  const { groups, all, stage, stages, title, drawings, picked, name, which, words } = seen;
  const symbol = (/** @type {(typeof groups)[0]} */ { colour, shape }) =>
    svg("svg", { viewBox: "-6 -6 12 12", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: shape, fill: colour, class: "metalib-key" }));
  return [
    element(
      "div",
      { class: "metalib-controls" },
      choice("Alphabet", [
        { label: "all", name: "all alphabets", action: { name: "choose", group: null }, chosen: all },
        ...groups.map((group) => ({ label: [symbol(group), group.name], action: { name: "choose", group: group.name }, chosen: group.chosen })),
      ]),
      slider({ key: "stage", label: "Stage", min: 0, max: stages - 1, step: 1, value: stage, text: title }),
    ),
    element(
      "div",
      { class: "metalib-map" },
      map(seen),
      element(
        "div",
        { class: "metalib-picked" },
        tile(drawings, picked, 112, "the drawing"),
        element("p", { class: "metalib-name", "aria-live": "polite" }, element("b", {}, name), `, ${which}`),
        note("Point at a mark to see its drawing. All marks of its character are framed."),
      ),
    ),
    status(words),
  ];
}

/** @type {Record<string, { by: string, step: number }>} */
const STEPS = {
  ArrowRight: { by: "drawing", step: 1 },
  ArrowLeft: { by: "drawing", step: -1 },
  ArrowDown: { by: "class", step: 1 },
  ArrowUp: { by: "class", step: -1 },
};

/** @param {KeyboardEvent} event @param {(action: import("../kit/widget.js").Action) => void} send */
function key(event, send) {
  const found = STEPS[event.key];
  const end = ["Home", "End"].indexOf(event.key);
  if ((!found && end < 0) || !(/** @type {Element} */ (event.target).closest(".metalib-atlas"))) return;
  event.preventDefault();
  if (end >= 0) send({ name: "end", last: end === 1 });
  else send({ name: "step", by: found.by, step: found.step * (event.shiftKey ? WIDE : 1) });
}

/** @type {WeakMap<HTMLElement, ReturnType<typeof glide>>} */
const gliding = new WeakMap();

/** What moves the marks of one view: the nodes stay, and their places are written into them. @param {HTMLElement} root */
function motion(root) {
  const found = gliding.get(root);
  if (found) return found;
  const made = glide((places) => {
    const size = root.querySelectorAll(".metalib-kin [data-drawing]").length;
    for (const node of /** @type {NodeListOf<SVGElement>} */ (root.querySelectorAll("[data-drawing]"))) {
      node.setAttribute("style", at(places[Number(node.dataset.drawing)]));
    }
    for (const node of /** @type {NodeListOf<SVGElement>} */ (root.querySelectorAll("[data-threads]"))) {
      const c = Number(node.dataset.threads);
      node.setAttribute("d", threads(places.slice(c * size, (c + 1) * size)));
    }
  });
  gliding.set(root, made);
  return made;
}

const REACH = 14; // pixels of the page between the pointer and the mark that is meant

/** @param {HTMLElement} root @param {import("../kit/widget.js").Now<ReturnType<typeof view>>} now */
function begin(root, now) {
  const point = (/** @type {PointerEvent} */ event) => {
    const target = /** @type {Element} */ (event.target).closest(".metalib-atlas");
    const matrix = target instanceof SVGSVGElement ? target.getScreenCTM() : null;
    if (!matrix) return;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    const { classes, n_drawings, picked } = now.view();
    const seen = (/** @type {number} */ i) => !classes[Math.floor(i / n_drawings)].away;
    const drawing = nearest(motion(root).here(), [x, y], REACH / matrix.a, seen);
    if (drawing !== null && drawing !== picked) now.send({ name: "pick", drawing }, false);
  };
  const stops = [listen(root, "pointermove", point), listen(root, "pointerdown", point), motion(root).stop];
  return () => stops.forEach((stop) => stop());
}

export default widget({
  name: "embedding-atlas",
  view,
  act,
  draw,
  key,
  begin,
  paint: (root, { places }) => motion(root).to(places),
  shown: ({ title, ratio, name, which, classes, n_drawings }) => ({
    title,
    ratio,
    drawing: `${name}, ${which}`,
    seen: n_drawings * classes.filter(({ away }) => !away).length,
  }),
});
