import { badge, button, element, status, tile } from "../kit/elements.js";
import { unpacked } from "../kit/packed.js";
import { widget } from "../kit/widget.js";
import "./five_cards.css"; // after the kit's, which it refines

/**
 * @typedef {object} Table
 * @property {{ url: string, count: number }} drawings  all D drawings of N classes, class by class
 * @property {import("../kit/packed.js").Packed} features  [N, D, F], the embedding of each
 * @property {string[]} names
 * @property {number[]} support  a drawing of each class, to begin with
 * @property {[number, number][]} queries  label and drawing
 */
/** @typedef {{ labels: import("../kit/elements.js").Badge[], tables: Table[] }} Data */
/** @typedef {{ deal: number, support: number[], before: number[] | null }} State */

/**
 * The label of each query: that of the nearest prototype, which is the one support picture of its class.
 * @param {Table} table @param {number[]} support
 */
export function read({ features, queries }, support) {
  const values = unpacked(features);
  const [, drawings, size] = features.shape;
  const place = (/** @type {number} */ label, /** @type {number} */ drawing) => (label * drawings + drawing) * size;
  return queries.map(([label, drawing]) => {
    const query = place(label, drawing);
    const distances = support.map((card, i) => {
      const prototype = place(i, card);
      let sum = 0;
      for (let f = 0; f < size; f++) sum += (values[query + f] - values[prototype + f]) ** 2;
      return sum;
    });
    return distances.indexOf(Math.min(...distances));
  });
}

/** @param {Data} data @param {State} state */
export function view({ labels, tables }, { deal, support, before }) {
  const table = tables[deal];
  const drawings = table.features.shape[1];
  const predicted = read(table, support);
  const earlier = before ? read(table, before) : predicted;
  const queries = table.queries.map(([truth, drawing], i) => ({
    label: labels[predicted[i]],
    index: truth * drawings + drawing,
    truth: labels[truth].text,
    wrong: predicted[i] !== truth,
    flipped: predicted[i] !== earlier[i],
  }));
  const count = (/** @type {"wrong" | "flipped"} */ what) => queries.filter((query) => query[what]).length;
  const right = `${queries.length - count("wrong")} of ${queries.length} right`;
  return {
    drawings: table.drawings,
    cards: support.map((drawing, i) => ({
      label: labels[i],
      index: i * drawings + drawing,
      name: table.names[i],
      note: `drawing ${drawing + 1} of ${drawings}`,
    })),
    queries,
    predicted,
    status: before ? `${count("flipped")} of ${queries.length} answers flipped; ${right}` : right,
  };
}

/**
 * Another drawing of the class on a card, never a query; or other characters.
 * @param {Data} data @param {State} state @param {{ name: "deal" } | { name: "swap", card: number, step: number }} action
 * @returns {State}
 */
export function act({ tables }, state, action) {
  if (action.name === "deal") {
    const deal = (state.deal + 1) % tables.length;
    return { deal, support: tables[deal].support, before: null };
  }
  const { card, step } = action;
  const { features, queries } = tables[state.deal];
  const drawings = features.shape[1];
  const taken = new Set(queries.filter(([label]) => label === card).map(([, drawing]) => drawing));
  let drawing = state.support[card];
  for (let passed = 0; passed < Math.abs(step); passed++) {
    do drawing = (drawing + Math.sign(step) + drawings) % drawings;
    while (taken.has(drawing));
  }
  return { ...state, support: state.support.map((now, i) => (i === card ? drawing : now)), before: state.support };
}

/** @param {ReturnType<typeof view>} view */
function draw({ drawings, cards, queries, status: words }) {
  /** @param {(typeof cards)[0]} card @param {number} i */
  const card = ({ label, index, name, note }, i) =>
    element(
      "button",
      {
        type: "button",
        class: "metalib-card",
        "data-act": JSON.stringify({ name: "swap", card: i, step: 1 }),
        "data-card": i,
        style: `border-color:${label.colour}`,
        title: `${name}: click for another drawing, arrow keys for the next and the previous`,
        "aria-label": `Card ${label.text}, ${name}, ${note}. Another drawing`,
      },
      tile(drawings, index, 84),
      element("span", { class: "metalib-foot" }, badge(label), element("small", {}, note)),
    );
  /** @param {(typeof queries)[0]} query */
  const query = ({ label, index, truth, wrong, flipped }) =>
    element(
      "li",
      {
        class: `metalib-query${wrong ? " metalib-is-wrong" : ""}${flipped ? " metalib-is-flipped" : ""}`,
        style: `--metalib-class:${label.colour}`,
      },
      tile(drawings, index, 56, `Query of class ${truth}, answered ${label.text}${wrong ? ", wrong" : ""}${flipped ? ", flipped" : ""}`),
      element("span", { class: "metalib-answer", "aria-hidden": "true" }, badge(label), wrong ? element("b", {}, `✗ is ${truth}`) : null),
      flipped ? element("span", { class: "metalib-flip", "aria-hidden": "true" }, "flipped") : null,
    );
  const count = ["", "", "Two", "Three", "Four", "Five"][cards.length] ?? cards.length;
  return [
    element("h4", {}, "Support: one drawing of each class. Click a card for another drawing, or use its arrow keys."),
    element("div", { class: "metalib-cards" }, cards.map(card)),
    element("h4", {}, "Queries: frame and letter are the network's answer."),
    element("ul", { class: "metalib-queries" }, queries.map(query)),
    element("div", { class: "metalib-between" }, status(words), button({ name: "deal" }, {}, `${count} other characters`)),
  ];
}

/** @type {Record<string, number>} */
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const WIDE = 5; // drawings that an arrow key with Shift goes at once

/** @param {KeyboardEvent} event @param {(action: import("../kit/widget.js").Action) => void} send */
function key(event, send) {
  const card = /** @type {HTMLElement} */ (event.target).closest("[data-card]");
  const step = STEPS[event.key];
  if (!card || !step) return;
  event.preventDefault();
  send({ name: "swap", card: Number(card.getAttribute("data-card")), step: step * (event.shiftKey ? WIDE : 1) });
}

export default widget({ name: "five-cards", view, act, draw, key, shown: ({ predicted }) => ({ predicted }) });
