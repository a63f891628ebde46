// The stored episode of the heat map's cell: a row a class, its support pictures, its query, and the answer to that.
import { badge, element, note, tile } from "../kit/elements.js";

/**
 * @typedef {object} Episode
 * @property {{ url: string, count: number } | null} pictures
 * @property {import("../kit/elements.js").Badge[]} labels  of its N classes
 * @property {number} k_shot
 * @property {number} most  support pictures that the strip has of each class
 * @property {string | null} answers  a letter for each class's query
 */

/** @param {Episode} episode */
export function answered({ pictures, labels, k_shot, most, answers }) {
  if (pictures === null) {
    return note("These pictures are not at hand: `metalib data fetch` in a terminal brings Omniglot, then run the cell again.");
  }
  const side = labels.length > 10 || k_shot > 5 ? 20 : 28;
  /** @param {import("../kit/elements.js").Badge} label @param {number} i */
  const row = (label, i) => {
    const first = i * (most + 1);
    const given = answers?.[i];
    const right = given === label.text;
    const support = Array.from({ length: k_shot }, (_, k) => tile(pictures, first + 1 + k, side));
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, badge(label)),
      element("td", {}, element("span", { class: "metalib-supports", role: "img", "aria-label": `${k_shot} support picture${k_shot > 1 ? "s" : ""}` }, support)),
      element("td", {}, element("span", { class: "metalib-asked" }, tile(pictures, first, side, "the query"))),
      element("td", { class: given && !right ? "metalib-is-missed" : "" }, given ? (right ? "✓ right" : `✗ ${given}`) : "–"),
    );
  };
  const heads = ["class", "support", "query", "answer"].map((head) => element("th", { scope: "col" }, head));
  return element(
    "div",
    { class: "metalib-scroll", tabindex: labels.length > 5 ? 0 : null, role: "group", "aria-label": "The episode" },
    element(
      "table",
      { class: "metalib-episode" },
      element("caption", {}, "A stored episode, the same for every method"),
      element("thead", {}, element("tr", {}, heads)),
      element("tbody", {}, labels.map(row)),
    ),
  );
}
