import { badge, button, element, radios, slider, status, tile } from "../kit/elements.js";
import { unpacked } from "../kit/packed.js";
import { widget } from "../kit/widget.js";
import { losses } from "./losses.js";
import "./inner_step_scrubber.css"; // after the kit's, which it refines

/** @typedef {import("../kit/elements.js").Badge} Badge */
/** @typedef {import("../kit/packed.js").Packed} Packed */
/** @typedef {import("./losses.js").Loss} Loss */
/**
 * @typedef {object} Task  a task with its ways, by network and step size
 * @property {{ url: string, count: number }} pictures  the support set's, then the queries'
 * @property {number[]} support  labels
 * @property {number[]} truth  labels of the Q queries
 * @property {Packed} probabilities  [models, step sizes, k + 1, Q, N]
 * @property {Packed} answers  [models, step sizes, k + 1, Q]
 * @property {Loss[][][]} support_losses  [models][step sizes][k + 1]
 * @property {Loss[][][]} query_losses
 */
/** @typedef {{ labels: Badge[], models: string[], step_sizes: number[], range: [number, number], tasks: Task[] }} Data */
/** @typedef {{ task: number, model: number, step_size: number, step: number }} State */

/** A loss in words. @param {Loss} loss */
export function said(loss) {
  if (loss === null) return "diverged";
  if (loss < 100) return loss.toFixed(3);
  if (loss < 10000) return loss.toFixed(0);
  const [digit, power] = loss.toExponential(0).split("e+");
  return `${digit}\u00a0·\u00a010${[...power].map((figure) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(figure)]).join("")}`;
}

/** @param {Data} data @param {State} state */
export function view({ labels, models, step_sizes: sizes, range, tasks }, { task: number, model, step_size: size, step }) {
  const task = tasks[number];
  const [, , steps, queries, n_way] = task.probabilities.shape;
  const first = ((model * sizes.length + size) * steps + step) * queries;
  const shares = unpacked(task.probabilities);
  const predictions = [...unpacked(task.answers).subarray(first, first + queries)].map(Math.round);
  const asked = task.truth.map((truth, i) => ({
    truth,
    index: task.support.length + i,
    badge: labels[predictions[i]],
    wrong: predictions[i] !== truth,
    shares: [...shares.subarray((first + i) * n_way, (first + i + 1) * n_way)],
  }));
  const right = asked.filter(({ wrong }) => !wrong).length;
  const [support, query] = [task.support_losses[model][size], task.query_losses[model][size]];
  const words = `support loss ${said(support[step])}, query loss ${said(query[step])}`;
  return {
    pictures: task.pictures,
    labels,
    support: task.support.map((label, index) => ({ badge: labels[label], index })),
    columns: labels.map((_, label) => asked.filter(({ truth }) => truth === label)),
    chart: { support, query, step, range, guessing: Math.log(n_way) },
    sliders: [
      { key: "step", label: "inner step", min: 0, max: steps - 1, step: 1, value: step, text: `${step}` },
      { key: "step_size", label: "step size α", min: 0, max: sizes.length - 1, step: 1, value: size, text: `${sizes[size]}` },
    ],
    networks: { key: "model", legend: "Network", options: models, chosen: model },
    count: `task ${number + 1} of ${tasks.length}`,
    status: `After ${step} step${step === 1 ? "" : "s"}: ${right} of ${queries} queries right, ${words}.`,
    shown: {
      model: models[model],
      step_size: sizes[size],
      step,
      right,
      predictions,
      support_loss: support[step],
      query_loss: query[step],
    },
  };
}

/** @typedef {ReturnType<typeof view>} View */

/**
 * @param {Data} data @param {State} state
 * @param {{ name: "deal" } | { name: "set", key: keyof State, value: number }} action
 * @returns {State}
 */
export function act({ tasks }, state, action) {
  if (action.name === "deal") return { ...state, task: (state.task + 1) % tasks.length };
  return state[action.key] === action.value ? state : { ...state, [action.key]: action.value };
}

/** @param {View} seen @param {string} own */
function draw({ pictures, labels, support, columns, chart, sliders, networks, count, status: sentence }, own) {
  /** @param {View["support"][0]} card */
  const card = ({ badge: label, index }) =>
    element(
      "li",
      { class: "metalib-card", style: `--metalib-class:${label.colour}` },
      tile(pictures, index, 56, `Support picture of class ${label.text}`),
      element("span", { class: "metalib-given", "aria-hidden": "true" }, badge(label)),
    );
  /** @param {View["columns"][0][0]} query */
  const query = ({ truth, index, badge: label, wrong, shares }) => {
    const words = shares.map((share, i) => `${labels[i].text} ${(100 * share).toFixed(0)} %`).join(", ");
    const is = labels[truth].text;
    return element(
      "li",
      { class: `metalib-card${wrong ? " metalib-is-missed" : ""}`, style: `--metalib-class:${label.colour}` },
      tile(pictures, index, 56, `Query of class ${is}, answered ${label.text}${wrong ? ", wrong" : ""}. ${words}`),
      element(
        "span",
        { class: "metalib-shares", "aria-hidden": "true", title: words },
        shares.map((share, i) => element("i", { style: `background:${labels[i].colour};height:${Math.max(2, 100 * share).toFixed(1)}%` })),
      ),
      element("span", { class: "metalib-given", "aria-hidden": "true" }, badge(label), wrong ? element("b", {}, "✗", element("span", {}, ` is ${is}`)) : null),
    );
  };
  return [
    element("h4", {}, "Move through the inner steps, then change the step size."),
    element(
      "div",
      { class: "metalib-scrub" },
      element(
        "div",
        { class: "metalib-controls" },
        sliders.map(slider),
        networks.options.length > 1 ? radios(own, networks) : null,
        element("span", { class: "metalib-deal" }, button({ name: "deal" }, {}, "Another task"), element("small", {}, count)),
        status(sentence),
      ),
      element(
        "div",
        { class: "metalib-queries" },
        element("h4", {}, "Support: one drawing of each class."),
        element("ul", { class: "metalib-classes" }, support.map(card)),
        element("h4", {}, "Queries, by class. Bars: probabilities."),
        element(
          "div",
          { class: "metalib-classes" },
          columns.map((column, i) => element("ul", { "aria-label": `Queries of class ${labels[i].text}` }, column.map(query))),
        ),
      ),
      element(
        "div",
        { class: "metalib-losses" },
        element("h4", {}, "Loss after each inner step, in nats. Dotted: guessing."),
        losses(chart),
      ),
    ),
  ];
}

export default widget({ name: "inner-step-scrubber", view, act, draw, shown: ({ shown }) => shown });
