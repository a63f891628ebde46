// What the reader does with pen, places and buttons, as a new state.
import { clamp } from "../kit/graph.js";
import { SHEET, simplified } from "./ink.js";

/** @typedef {import("./ink.js").Drawing} Drawing */
/** @typedef {import("./draw_view.js").Data} Data */
/** @typedef {import("./draw_view.js").Drawn} Drawn */
/** @typedef {import("./draw_view.js").State} State */
/**
 * @typedef {{ name: "start", points: number[] } | { name: "to", points: number[] } | { name: "end" } | { name: "pen" } | { name: "go", dx: number, dy: number }} Penning
 *   by pointer a stroke starts, goes to some points and ends; by key the pen is turned, and goes
 * @typedef {{ name: "at", label: number, slot: number } | { name: "next" }} Choosing
 * @typedef {{ name: "undo" } | { name: "clear" } | { name: "empty" } | { name: "first" } | { name: "load", classes: Drawing[][], said: string }
 *   | { name: "say", said: string } | { name: "save" } | { name: "set", key: string, value: number }} Doing
 */

const KEY_STEP = 3; // pixels of the sheet; five times as many with Shift
const TOLERANCE = 0.4; // pixels that a stroke may be off after its end, for a tenth of its points
const [MOST_STROKES, MOST_NUMBERS] = [100, 4000];

/** @param {number} value */
const onSheet = (value) => Math.round(10 * clamp(value, 0, SHEET)) / 10;
/** @param {State} state @returns {Drawing} */
const current = ({ classes, query, label, slot }) => (label < 0 ? query : classes[label][slot]);

/** The state with another drawing in the place that is drawn in. @param {State} state @param {Drawing} drawing @returns {State} */
function redrawn(state, drawing) {
  if (state.label < 0) return { ...state, query: drawing };
  const classes = state.classes.map((drawings, label) =>
    label === state.label ? drawings.map((old, slot) => (slot === state.slot ? drawing : old)) : drawings,
  );
  return { ...state, classes };
}

/** The pen goes down, to a point. @param {State} state @param {number[]} point @returns {State} */
function down(state, [x, y]) {
  const drawing = current(state);
  if (drawing.length >= MOST_STROKES) return state;
  return redrawn({ ...state, pen: [x, y, 1], before: null, said: "" }, [...drawing, [x, y]]);
}

/** The stroke under the pen goes on through points. @param {State} state @param {number[]} points @returns {State} */
function drawn(state, points) {
  const drawing = current(state);
  const stroke = drawing[drawing.length - 1];
  const [x, y] = points.slice(-2);
  if (!stroke || !points.length) return state;
  const longer = stroke.length + points.length > MOST_NUMBERS ? stroke : [...stroke, ...points];
  return redrawn({ ...state, pen: [x, y, 1] }, [...drawing.slice(0, -1), longer]);
}

/** The pen is lifted; its stroke keeps the points that it needs. @param {State} state @returns {State} */
function up(state) {
  if (!state.pen[2]) return state;
  const drawing = current(state);
  const stroke = drawing[drawing.length - 1] ?? [];
  const [x, y] = state.pen;
  return redrawn({ ...state, pen: [x, y, 0] }, [...drawing.slice(0, -1), simplified(stroke, TOLERANCE)]);
}

/** @param {State} state @param {Penning} action @returns {State} */
function pen(state, action) {
  const [x, y, isDown] = state.pen;
  if (action.name === "start") return down(up(state), action.points.map(onSheet));
  if (action.name === "to") return isDown ? drawn(state, action.points.map(onSheet)) : state;
  if (action.name === "end") return up(state);
  if (action.name === "pen") return isDown ? up(state) : down(state, [x, y]);
  const [toX, toY] = [onSheet(x + KEY_STEP * action.dx), onSheet(y + KEY_STEP * action.dy)];
  if (toX === x && toY === y) return state;
  return isDown ? drawn(state, [toX, toY]) : { ...state, pen: [toX, toY, 0] };
}

/** The place after this one: the same in the next class, then the query; after it the first class without a drawing. @param {State} state */
function next({ classes, label, slot }) {
  if (label >= 0) return label + 1 < classes.length ? { label: label + 1, slot } : { label: -1, slot: 0 };
  const free = classes.findIndex((drawings) => drawings.every((drawing) => !drawing.length));
  return { label: Math.max(0, free), slot: 0 };
}

/** What an undo would bring back, and drawings in its place. @param {State} state @param {Drawn} after @param {string} said @returns {State} */
function replaced(state, { classes, query }, said) {
  return { ...state, classes, query, before: { classes: state.classes, query: state.query }, said };
}

/** @param {Data} data @param {State} state @param {Penning | Choosing | Doing} action @returns {State} */
export function act({ first }, state, action) {
  const { classes, query } = state;
  switch (action.name) {
    case "at":
      return { ...up(state), label: action.label, slot: action.slot };
    case "next":
      return { ...up(state), ...next(state) };
    case "undo":
      if (state.before) return { ...state, ...state.before, before: null, said: "" };
      return redrawn({ ...state, pen: [state.pen[0], state.pen[1], 0] }, current(state).slice(0, -1));
    case "clear":
      return current(state).length ? replaced(up(state), redrawn(up(state), []), "") : state;
    case "empty": {
      const none = classes.map((drawings) => drawings.map(() => []));
      return { ...replaced(up(state), { classes: none, query: [] }, "All places are free. Draw class A."), label: 0, slot: 0 };
    }
    case "first":
      return { ...replaced(up(state), first, ""), label: -1, slot: 0 };
    case "load":
      return { ...replaced(up(state), { classes: action.classes, query }, action.said), label: -1, slot: 0 };
    case "say":
      return { ...state, said: action.said };
    case "save":
      return { ...up(state), saves: state.saves + 1, said: "" };
    case "set":
      return action.key === "maml" ? { ...state, maml: action.value } : state;
    default:
      return pen(state, action);
  }
}
