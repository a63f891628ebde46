// What the reader does with pen, places and buttons, as a new state.
import { clamp } from "../kit/graph.js";
import { SHEET, simplified } from "./ink.js";

/** @typedef {import("./ink.js").Drawing} Drawing */
/** @typedef {import("./draw_view.js").Data} Data */
/** @typedef {import("./draw_view.js").Drawn} Drawn */
/** @typedef {import("./draw_view.js").State} State */
/**
 * @typedef {{ name: "draw", points: number[] } | { name: "drawn", points: number[] } | { name: "pen" } | { name: "go", dx: number, dy: number }} Penning
 *   by pointer a whole stroke each time, while it is drawn and at its end; by key the pen is turned, and goes
 * @typedef {{ name: "at", label: number, slot: number } | { name: "next" }} Choosing
 * @typedef {{ name: "undo" } | { name: "clear" } | { name: "empty" } | { name: "first" } | { name: "load", classes: Drawing[][], said: string }
 *   | { name: "say", said: string } | { name: "save" } | { name: "set", key: string, value: number }} Doing
 */

const KEY_STEP = 3; // pixels of the sheet; five times as many with Shift
const TOLERANCE = 0.4; // pixels that a stroke may be off after its end, for a tenth of its points
const [MOST_STROKES, MOST_NUMBERS] = [100, 4000];
const [UP, BY_KEY, BY_POINTER] = [0, 1, 2]; // where the pen is, and what holds it down

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

/** The drawing with `stroke` for its last one, which the pen holds, or as a further one. @param {State} state @param {number[]} stroke @param {number} held @returns {State} */
function stroked(state, stroke, held) {
  const drawing = state.pen[2] ? current(state).slice(0, -1) : current(state);
  if (drawing.length >= MOST_STROKES) return state;
  const kept = stroke.slice(0, MOST_NUMBERS);
  const [x, y] = kept.slice(-2);
  return redrawn({ ...state, pen: [x, y, held], before: null, said: "" }, [...drawing, kept]);
}

/** The pen is lifted; its stroke keeps the points that it needs. @param {State} state @returns {State} */
function up(state) {
  if (!state.pen[2]) return state;
  const drawing = current(state);
  const stroke = drawing[drawing.length - 1] ?? [];
  const [x, y] = state.pen;
  return redrawn({ ...state, pen: [x, y, UP] }, [...drawing.slice(0, -1), simplified(stroke, TOLERANCE)]);
}

/** @param {State} state @param {Penning} action @returns {State} */
function pen(state, action) {
  const [x, y, held] = state.pen;
  if (action.name === "draw" || action.name === "drawn") {
    // a stroke that is not there any more comes back whole: an older state may have arrived from Python meanwhile
    const longer = stroked(held === BY_KEY ? up(state) : state, action.points.map(onSheet), BY_POINTER);
    return action.name === "drawn" ? up(longer) : longer;
  }
  if (action.name === "pen") return held ? up(state) : stroked(state, [x, y], BY_KEY);
  const [toX, toY] = [onSheet(x + KEY_STEP * action.dx), onSheet(y + KEY_STEP * action.dy)];
  if (toX === x && toY === y) return state;
  const drawing = current(state);
  return held ? stroked(state, [...drawing[drawing.length - 1], toX, toY], held) : { ...state, pen: [toX, toY, UP] };
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
      return redrawn({ ...state, pen: [state.pen[0], state.pen[1], UP] }, current(state).slice(0, -1));
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
