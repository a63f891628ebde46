import { asking, waiting } from "../kit/asking.js";
import { badge, bars, breakable, button, checkbox, element, select, slider, status } from "../kit/elements.js";
import { widget } from "../kit/widget.js";
import { act, view } from "./episode_view.js";
import "./episode_explorer.css"; // after the kit's, which it refines

export { act, view };

/** @typedef {import("./episode_view.js").View} View */
/** @typedef {Extract<View, { kind: "episode" }>} Seen */
/** @typedef {import("../kit/kernel_link.js").KernelState} KernelState */

/** @typedef {"rotation" | "within_group" | "support_in_query" | "repeated_class" | "ascending_labels"} Box */
/** @type {[Box, string][]} */
const LEAKS = [
  ["support_in_query", "support picture is asked again"],
  ["repeated_class", "a class is drawn twice"],
  ["ascending_labels", "labels in ascending class order"],
];

/** @param {[Box, string]} what @param {View["state"]} state */
const box = ([key, label], state) => checkbox(key, label, Boolean(state[key]));

/** @param {View} seen @param {boolean} alone  whether no Python can answer */
function controls({ alphabets, whole, most, state }, alone) {
  const name = (/** @type {string} */ group) => (alone && !whole.includes(group) ? `${group} (needs Python)` : group);
  /** @param {"n_way" | "k_shot" | "n_query"} key @param {string} label @param {number} min */
  const count = (key, label, min) => slider({ key, label, min, max: most[key], step: 1, value: state[key], text: String(state[key]) });
  return [
    element(
      "div",
      { class: "metalib-controls" },
      select({ key: "alphabet", label: "Alphabet", options: ["all alphabets", ...alphabets.map(name)], value: state.alphabet }),
      box(["rotation", "rotations by 90° as new classes"], state),
      state.alphabet ? null : box(["within_group", "all N from one alphabet"], state),
    ),
    element(
      "div",
      { class: "metalib-controls" },
      count("n_way", "N, ways", 2),
      count("k_shot", "K, shots", 1),
      count("n_query", "Queries a class", 1),
    ),
  ];
}

/** Between the episode and the auditor, which both change with them. @param {View} seen */
function leaks({ state }) {
  return element(
    "div",
    { class: "metalib-controls metalib-leaks", role: "group", "aria-label": "Leaks" },
    element("span", { class: "metalib-legend", "aria-hidden": "true" }, "Leaks:"),
    LEAKS.map((leak) => box(leak, state)),
  );
}

/** Pictures of one class side by side; grey where they are not known. @param {Seen["table"]["rows"][0]["pictures"]} pictures @param {number[]} places */
function pictureRow(pictures, places) {
  const turn = pictures?.turn ? `;transform:rotate(${-90 * pictures.turn}deg)` : "";
  return element(
    "span",
    { class: "metalib-strip" },
    places.map((place) =>
      element("i", {
        class: pictures ? "metalib-tile" : "metalib-blank",
        style: pictures ? `--i:${pictures.index[place]}${turn}` : null,
        "data-tile": pictures ? pictures.index[place] : null,
      }),
    ),
  );
}

/** @param {Seen} seen */
function episode({ table, state: { k_shot, n_query }, n_classes }) {
  const support = Array.from({ length: k_shot }, (_, i) => i);
  const query = Array.from({ length: n_query }, (_, i) => k_shot + i);
  /** @param {typeof table.rows[0]} row */
  const row = ({ label, number, name, pictures }) => {
    const cell = (/** @type {number[]} */ places, /** @type {string} */ what) =>
      element("td", { role: "cell", "aria-label": `${places.length} ${what} of ${name}` }, pictureRow(pictures, places));
    const drawings = pictures?.drawings;
    return element(
      "tr",
      { role: "row", style: drawings ? `--url:url(${drawings.url});--count:${drawings.count}` : null },
      element("th", { role: "rowheader", scope: "row" }, badge(label)),
      cell(support, "support pictures"),
      cell(query, "query pictures"),
      element("td", { role: "cell", class: "metalib-class" }, `${number} `, element("small", {}, breakable(name))),
    );
  };
  const head = ["label", "support", "query", `class, of ${n_classes}`];
  const size = k_shot + n_query > 10 ? "metalib-is-many" : k_shot + n_query > 6 ? "" : "metalib-is-few";
  return element(
    "div",
    { class: "metalib-scroll", tabindex: table.rows.length > 5 ? 0 : null, role: "group", "aria-label": "The episode" },
    element(
      "table",
      { role: "table", class: `metalib-episode ${size}`, style: `--k:${k_shot};--q:${n_query}` },
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head.map((text) => element("th", { role: "columnheader", scope: "col" }, text)))),
      element("tbody", { role: "rowgroup" }, table.rows.map(row)),
    ),
  );
}

/** @param {Seen} seen @param {KernelState} kernel */
function scores({ counted, state, caption }, kernel) {
  if (!counted.known) {
    return [element("p", { class: "metalib-wait", role: "status" }, counted.failed || waiting(kernel, "counts this setting"))];
  }
  const { findings, scope } = counted;
  return [
    bars(counted.bars, 1 / state.n_way, caption),
    element("p", { class: "metalib-note" }, "The memoriser knows the class number of each query, and looks at no support picture."),
    element("h4", { class: "metalib-auditor" }, "The auditor"),
    findings.length
      ? element(
          "ul",
          { class: "metalib-findings" },
          findings.map(([kind, message]) => element("li", {}, element("b", {}, kind), element("span", {}, message))),
        )
      : element("p", { class: "metalib-clean" }, `✓ nothing found: ${scope}`),
    findings.length ? element("p", { class: "metalib-note" }, `${scope}.`) : null,
  ];
}

/** What can be had where no Python answers. @param {Seen} seen */
function without({ whole }) {
  const words =
    `Without Python there are all drawings of ${whole.join(" and ")}, and one or two episodes of all alphabets; scores of the ` +
    "settings next to the first one, and of 5-way 5-shot and 20-way 1-shot.";
  return element("div", { class: "metalib-between metalib-without" }, element("p", { class: "metalib-note" }, words), toTheBeginning());
}

const toTheBeginning = () => button({ name: "first" }, {}, "Back to the beginning");

/** @param {View} seen @param {string} _own @param {KernelState} kernel */
function draw(seen, _own, kernel) {
  const alone = kernel === "gone";
  const head = (/** @type {HTMLElement} */ beside) =>
    element("div", { class: "metalib-between metalib-head" }, status(seen.status), beside);
  if (seen.kind === "problem") return [...controls(seen, alone), head(toTheBeginning()), leaks(seen)];
  const next = alone ? seen.nextAtHand() : undefined;
  const another = button({ name: "another", shown: next ?? undefined }, { disabled: next === null }, "Another episode");
  const { missing, failed } = seen.table;
  const hint = missing && (failed || (seen.counted.known && waiting(kernel, "fetches the drawings")));
  return [
    ...controls(seen, alone),
    head(another),
    episode(seen),
    element("p", { class: "metalib-wait metalib-hint", role: "status" }, hint),
    leaks(seen),
    element("div", { class: "metalib-results" }, scores(seen, kernel), alone && (seen.lacks.length || next === null) ? without(seen) : null),
  ];
}

export default widget({ name: "episode-explorer", view, act, draw, begin: asking, shown: ({ shown }) => shown });
