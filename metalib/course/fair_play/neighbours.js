import { badge, button, element, note, status, tile } from "../kit/elements.js";
import { unpacked } from "../kit/packed.js";
import { widget } from "../kit/widget.js";
import "./neighbours.css"; // after the kit's, which it refines

/** @typedef {import("../kit/elements.js").Badge} Badge */
/** @typedef {import("../kit/packed.js").Packed} Packed */
/**
 * @typedef {object} Data
 * @property {Badge[]} labels
 * @property {{ url: string, count: number }} pictures  one support picture of each class, the query, the pool
 * @property {number} truth  the query's class
 * @property {number[]} pool  the class of each of its P pictures
 * @property {number} most  neighbours at most
 * @property {Packed} probabilities  [M, N]: the query's, for each set of up to `most` of the P, in the order of `place`
 * @property {Packed} answers  [M]
 * @property {{ shares: number[], answer: number }} alone  with the support set, without neighbours
 * @property {{ name: string, neighbours: number[] }[]} presets
 * @property {number[][]} draws  neighbours at random
 * @property {string} chosen  how the query was chosen
 */
/** @typedef {{ neighbours: number[], draw: number }} State  `draw`: how often neighbours came at random */

/** How many sets of `k` there are among `n`. @param {number} n @param {number} k */
function choose(n, k) {
  let sets = 1;
  for (let i = 0; i < k; i++) sets = (sets * (n - i)) / (i + 1);
  return sets;
}

/**
 * The place of a set among all of them: the small ones come first, and those of one size are in order of their last
 * picture, then the last but one, … @param {number[]} neighbours @param {number} size  of the pool
 */
export function place(neighbours, size) {
  const smaller = neighbours.reduce((sum, _, k) => sum + choose(size, k), 0);
  return [...neighbours].sort((a, b) => a - b).reduce((sum, picture, i) => sum + choose(picture, i + 1), smaller);
}

/** @param {number[]} a @param {number[]} b */
const same = (a, b) => a.length === b.length && a.every((one) => b.includes(one));
/** @param {number} share */
const percent = (share) => `${(100 * share).toFixed(0)}\u00a0%`;

/** @param {Data} data @param {State} state */
export function view(data, { neighbours, draw: drawn }) {
  const { labels, pictures, truth, pool: pool_y, alone, chosen } = data;
  const n_way = labels.length;
  const at = place(neighbours, pool_y.length);
  const shares = [...unpacked(data.probabilities).subarray(at * n_way, (at + 1) * n_way)];
  const answer = Math.round(unpacked(data.answers)[at]);
  const first = n_way + 1; // of the pool's pictures
  const flipped = answer !== alone.answer;
  const letter = (/** @type {number} */ label) => labels[label].text;
  const verdict = answer === truth ? "right" : `wrong: it is ${letter(truth)}`;
  const company = neighbours.length ? `${neighbours.length} neighbour${neighbours.length > 1 ? "s" : ""}` : "no neighbours";
  const random = drawn > 0 && same(neighbours, data.draws[(drawn - 1) % data.draws.length]);
  return {
    labels,
    pictures,
    truth,
    query: n_way,
    seats: Array.from({ length: data.most }, (_, i) => (i < neighbours.length ? { index: first + neighbours[i], label: pool_y[neighbours[i]] } : null)),
    classes: labels.map((_, label) => ({
      label,
      choices: pool_y.flatMap((of, i) => (of === label ? [{ place: i, index: first + i, chosen: neighbours.includes(i) }] : [])),
    })),
    columns: [
      { name: "In this batch", shares, answer, wrong: answer !== truth, flipped },
      { name: "With the support set", shares: alone.shares, answer: alone.answer, wrong: alone.answer !== truth, flipped: false },
    ],
    presets: data.presets.map((preset) => ({ ...preset, chosen: same(preset.neighbours, neighbours) })),
    random,
    status:
      `${flipped ? "Flipped by" : "With"} ${company}: answered ${letter(answer)}, ${verdict}. ` +
      `Class ${letter(truth)} has ${percent(shares[truth])}, with the support set ${percent(alone.shares[truth])}. ` +
      "The query's own picture did not change.",
    chosen,
    shown: { neighbours: [...neighbours].sort((a, b) => a - b), shares, answer, alone: alone.shares },
  };
}

/** @typedef {ReturnType<typeof view>} View */

/**
 * A click on a picture puts it in or takes it out; where all seats are taken, who came first leaves.
 * @param {Data} data @param {State} state
 * @param {{ name: "turn", place: number } | { name: "take", neighbours: number[] } | { name: "random" }} action
 * @returns {State}
 */
export function act({ most, draws }, state, action) {
  if (action.name === "random") return { neighbours: draws[state.draw % draws.length], draw: state.draw + 1 };
  if (action.name === "take") return same(state.neighbours, action.neighbours) ? state : { ...state, neighbours: action.neighbours };
  const others = state.neighbours.filter((one) => one !== action.place);
  if (others.length < state.neighbours.length) return { ...state, neighbours: others };
  return { ...state, neighbours: [...others.slice(others.length < most ? 0 : 1), action.place] };
}

/** @param {View} view */
function table({ labels, truth, columns }) {
  /** @param {View["columns"][0]} column */
  const answer = ({ answer: given, wrong, flipped }) =>
    element(
      "td",
      { class: wrong && "metalib-is-missed" },
      element(
        "span",
        { class: "metalib-given" },
        badge(labels[given]),
        element("b", {}, wrong ? `✗ is ${labels[truth].text}` : "✓ right"),
        flipped ? element("span", { class: "metalib-flip" }, "flipped") : null,
      ),
    );
  /** @param {number} share @param {number} label */
  const bar = (share, label) =>
    element(
      "td",
      {},
      element(
        "span",
        { class: "metalib-share" },
        element(
          "span",
          { class: "metalib-track", "aria-hidden": "true" },
          element("i", { style: `width:${(100 * share).toFixed(1)}%;background:${labels[label].colour}` }),
        ),
        percent(share),
      ),
    );
  return element(
    "table",
    { class: "metalib-answers" },
    element("thead", {}, element("tr", {}, element("td"), columns.map(({ name }) => element("th", { scope: "col" }, name)))),
    element(
      "tbody",
      {},
      element("tr", {}, element("th", { scope: "row" }, "answer"), columns.map(answer)),
      labels.map((label, i) =>
        element("tr", {}, element("th", { scope: "row" }, badge(label)), columns.map(({ shares }) => bar(shares[i], i))),
      ),
    ),
  );
}

/** @param {View} view */
function batch({ labels, pictures, truth, query, seats }) {
  /** @param {number} index @param {number} label @param {string} who @param {string} [words] */
  const seat = (index, label, who, words) =>
    element(
      "span",
      { class: "metalib-seat", style: `--metalib-class:${labels[label].colour}` },
      tile(pictures, index, 56, `${who}, of class ${labels[label].text}`),
      element("span", { class: "metalib-foot", "aria-hidden": "true" }, badge(labels[label]), words && element("small", {}, words)),
    );
  return element(
    "ul",
    { class: "metalib-batch" },
    element("li", { class: "metalib-stays" }, seat(query, truth, "The query, which stays", "stays")),
    seats.map((taken, i) =>
      element("li", {}, taken ? seat(taken.index, taken.label, `Neighbour ${i + 1}`) : element("span", { class: "metalib-free", role: "img", "aria-label": "A free seat" })),
    ),
  );
}

/** @param {View} view */
function pool({ labels, pictures, classes }) {
  /** @param {number} label @param {View["classes"][0]["choices"][0]} picture @param {number} i @param {unknown[]} all */
  const choice = (label, { place: at, index, chosen }, i, all) =>
    element(
      "button",
      {
        type: "button",
        class: "metalib-neighbour",
        "data-act": JSON.stringify({ name: "turn", place: at }),
        "aria-pressed": String(chosen),
        "aria-label": `Query ${i + 1} of ${all.length} of class ${labels[label].text} as a neighbour`,
      },
      tile(pictures, index, 44),
      chosen ? element("span", { class: "metalib-in", "aria-hidden": "true" }, "✓") : null,
    );
  /** @param {View["classes"][0]} of */
  const group = ({ label, choices }) =>
    element(
      "li",
      { style: `--metalib-class:${labels[label].colour}` },
      element(
        "span",
        { class: "metalib-support" },
        tile(pictures, label, 32, `Support picture of class ${labels[label].text}`),
        badge(labels[label]),
      ),
      element("span", { class: "metalib-own", role: "group", "aria-label": `Class ${labels[label].text}` }, choices.map((picture, i) => choice(label, picture, i, choices))),
    );
  return element("ul", { class: "metalib-pool" }, classes.map(group));
}

/** @param {View} seen */
function draw(seen) {
  return [
    element(
      "div",
      { class: "metalib-parts" },
      element(
        "div",
        { class: "metalib-choosing" },
        element("h4", {}, "Neighbours: tap to put one in, or take one out."),
        pool(seen),
        element(
          "div",
          { class: "metalib-options", role: "group", "aria-label": "Neighbours" },
          seen.presets.map(({ name, neighbours, chosen }) => button({ name: "take", neighbours }, { "aria-pressed": String(chosen) }, name)),
          button({ name: "random" }, { "aria-pressed": String(seen.random) }, "At random"),
        ),
        status(seen.status),
      ),
      element(
        "div",
        { class: "metalib-seen" },
        element("h4", {}, "The batch: the query and its neighbours."),
        batch(seen),
        table(seen),
      ),
    ),
    note(seen.chosen),
  ];
}

export default widget({ name: "neighbours", view, act, draw, shown: ({ shown }) => shown });
