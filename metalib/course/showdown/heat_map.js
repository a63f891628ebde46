import { answered } from "./heat_map_episode.js";
import { behindOrAhead, byErrors, inkOn } from "./heat_map_shades.js";
import { choice, element, note, status } from "../kit/elements.js";
import { inWords } from "../kit/intervals.js";
import { widget } from "../kit/widget.js";
import "./heat_map.css"; // after the kit's, which it refines

/** @typedef {import("../kit/elements.js").Badge} Badge */
/** @typedef {[number, number, number, number]} Result  mean, low, high, and over how many tasks */
/**
 * @typedef {object} Bank
 * @property {string} name
 * @property {(Result | null)[][][]} accuracy  of each method, by ways and shots; null: not measured
 * @property {(Result | null)[][][]} ahead  the same minus the reference, on the same tasks
 * @property {{ url: string, count: number } | null} pictures  of each class its query, then its support pictures; null:
 *   the bank is not at hand
 * @property {(string | null)[][][]} answers  of each method to the stored episode, by ways and shots: a letter a query
 */
/**
 * @typedef {object} Data
 * @property {number[]} ways
 * @property {number[]} shots
 * @property {{ name: string, colour: string }[]} methods
 * @property {number} reference  the method that others are compared with
 * @property {Badge[]} labels
 * @property {Bank[]} banks
 */
/** @typedef {{ bank: number, method: number, compare: boolean, way: number, shot: number }} State  places in the lists */

/** @param {number} value  in points, with its sign */
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;

/** @param {Data} data @param {State} state */
export function view(data, state) {
  const { ways, shots, methods, reference } = data;
  const bank = data.banks[state.bank];
  const name = (/** @type {number} */ method) => methods[method].name;
  const compare = state.compare && state.method !== reference;
  const values = (compare ? bank.ahead : bank.accuracy)[state.method];
  const cells = ways.map((n, way) =>
    shots.map((k, shot) => {
      const value = values[way][shot];
      const colour = value && (compare ? behindOrAhead(value[0]) : byErrors(value[0]));
      const level = compare && value !== null && value[1] <= 0 && value[2] >= 0;
      const text = value === null ? "–" : compare ? signed(100 * value[0]) : (100 * value[0]).toFixed(1);
      return { n, k, way, shot, text, level, colour, ink: colour && inkOn(colour), chosen: way === state.way && shot === state.shot };
    }),
  );
  const [n_way, k_shot] = [ways[state.way], shots[state.shot]];
  const of = (/** @type {number} */ method) => bank.accuracy[method][state.way][state.shot];
  const best = Math.max(...methods.map((_, method) => of(method)?.[0] ?? 0));
  const episode = { pictures: bank.pictures, labels: data.labels.slice(0, n_way), k_shot, most: shots[shots.length - 1] };
  const answers = bank.answers[state.method][state.way][state.shot];
  const right = answers && [...answers].filter((letter, label) => letter === data.labels[label].text).length;
  const accuracy = of(state.method);
  const cell = `${n_way}-way ${k_shot}-shot, ${bank.name}`;
  const measured = accuracy ? inWords({ mean: accuracy[0], low: accuracy[1], high: accuracy[2], n: accuracy[3] }, "tasks") : "not measured";
  return {
    banks: data.banks.map((one, i) => ({ label: one.name, action: { name: "bank", bank: i }, chosen: i === state.bank })),
    kinds: [false, true].map((kind) => ({
      label: kind ? `ahead of ${name(reference)}` : "accuracy",
      action: { name: "compare", compare: kind },
      chosen: kind === state.compare,
    })),
    shots,
    cells,
    compare,
    itself: state.compare && !compare,
    methods: methods.map((method, i) => {
      const value = of(i);
      return { ...method, place: i, text: value ? `${(100 * value[0]).toFixed(1)} %` : "–", best: value?.[0] === best, chosen: i === state.method };
    }),
    title: `${name(state.method)}, ${bank.name}`,
    cell,
    episode: { ...episode, answers },
    status: `${cell}: ${name(state.method)} ${measured}.` + (right === null ? "" : ` Of this episode: ${right} of ${n_way}.`),
    shown: { bank: bank.name, method: name(state.method), n_way, k_shot, accuracy, answers, texts: cells.map((row) => row.map(({ text }) => text)) },
  };
}

/** @typedef {ReturnType<typeof view>} View */

/**
 * @param {Data} data @param {State} state
 * @param {{ name: "bank", bank: number } | { name: "compare", compare: boolean } | { name: "method", method: number }
 *   | { name: "cell", way: number, shot: number } | { name: "go", down: number, right: number }} action
 * @returns {State}
 */
export function act({ ways, shots }, state, action) {
  if (action.name === "bank") return { ...state, bank: action.bank };
  if (action.name === "compare") return { ...state, compare: action.compare };
  if (action.name === "method") return { ...state, method: action.method };
  if (action.name === "cell") return { ...state, way: action.way, shot: action.shot };
  const within = (/** @type {number} */ place, /** @type {unknown[]} */ list) => Math.min(Math.max(place, 0), list.length - 1);
  const [way, shot] = [within(state.way + action.down, ways), within(state.shot + action.right, shots)];
  return way === state.way && shot === state.shot ? state : { ...state, way, shot };
}

/** @param {View} seen */
function map({ cells, shots, title, compare }) {
  /** @param {View["cells"][0][0]} cell */
  const one = ({ n, k, way, shot, text, level, colour, ink, chosen }) =>
    element(
      "td",
      {},
      element(
        "button",
        {
          type: "button",
          class: "metalib-cell",
          style: colour ? `background:${colour};color:${ink}` : null,
          "data-act": JSON.stringify({ name: "cell", way, shot }),
          "aria-pressed": String(chosen),
          tabindex: chosen ? 0 : -1,
          "aria-label": `${n} ways, ${k} shot${k > 1 ? "s" : ""}: ${text === "–" ? "not measured" : text}${compare ? " points" : " %"}${level ? ", level" : ""}`,
        },
        text,
        level ? element("small", {}, "level") : null,
      ),
    );
  return element(
    "table",
    { class: "metalib-map" },
    element("caption", {}, `${title}: ${compare ? "points ahead" : "% right"}`),
    element(
      "thead",
      {},
      element("tr", {}, element("th", { scope: "col" }, "ways"), shots.map((k) => element("th", { scope: "col" }, `${k} shot${k > 1 ? "s" : ""}`))),
    ),
    element("tbody", {}, cells.map((row) => element("tr", {}, element("th", { scope: "row" }, String(row[0].n)), row.map(one)))),
  );
}

/** @param {View} seen */
function listed({ methods: all, cell }) {
  /** @param {View["methods"][0]} method */
  const one = ({ name, colour, place, text, best, chosen }) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "metalib-method", "data-act": JSON.stringify({ name: "method", method: place }), "aria-pressed": String(chosen) },
        element("span", { class: "metalib-swatch", style: `background:${colour}`, "aria-hidden": "true" }),
        element("span", { class: "metalib-name" }, name),
        element("span", { class: best ? "metalib-is-best" : "" }, text),
      ),
    );
  return [element("h4", {}, `All methods: ${cell}`), element("ul", { class: "metalib-methods" }, all.map(one))];
}

/** @param {View} seen */
function draw(seen) {
  return [
    element("div", { class: "metalib-controls" }, choice("Pictures", seen.banks), choice("Shown", seen.kinds)),
    element(
      "div",
      { class: "metalib-parts" },
      element("div", { class: "metalib-left" }, map(seen), element("div", { class: "metalib-of-cell" }, listed(seen))),
      element("div", { class: "metalib-right" }, status(seen.status), answered(seen.episode)),
    ),
    seen.itself
      ? note("This method is the one that the others are compared with: its accuracies are shown.")
      : note(
          seen.compare
            ? "Blue: ahead, brown: behind, on the same tasks. “Level”: the 95 % interval of the difference holds 0."
            : "The darker, the fewer errors: equal steps of the shade halve them.",
        ),
  ];
}

/** @type {Record<string, [number, number]>} */
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/** Arrow keys move from cell to cell. @param {KeyboardEvent} event @param {(action: import("../kit/widget.js").Action) => void} send */
function key(event, send) {
  const grid = /** @type {HTMLElement} */ (event.target).closest(".metalib-map");
  const move = MOVES[event.key];
  if (!grid || !move) return;
  event.preventDefault();
  send({ name: "go", down: move[0], right: move[1] });
  /** @type {HTMLElement | null} */ (grid.querySelector("[aria-pressed=true]"))?.focus();
}

export default widget({ name: "heat-map", view, act, draw, key, shown: ({ shown }) => shown });
