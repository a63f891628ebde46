// How the game ends: the bars, what you missed, and what the machine misses.
import { bars, breakable, button, element, tile } from "../kit/elements.js";

/** @param {Extract<import("./beat_the_machine.js").View, { stage: "done" }>} view */
export function done({ status: words, bars: rows, all, rival, missed, total, n_way, round, rounds }) {
  /** @param {(typeof missed)[0]["pictures"]} pictures @param {number} index @param {string} said */
  const side = (pictures, index, said) => element("figure", {}, tile(pictures, index, 56, said), element("figcaption", {}, said));
  /** @param {(typeof missed)[0]["pictures"]} pictures @param {number} index @param {string} said */
  const small = (pictures, index, said) => element("figure", {}, tile(pictures, index, 42, said));
  /** @param {(typeof missed)[0]} mistake */
  const mistake = ({ number, pictures, yours, truth, name, machines }) =>
    element(
      "li",
      {},
      element("b", {}, `Question ${number}`),
      element(
        "div",
        { class: "metalib-trio" },
        side(pictures, 0, "asked"),
        side(pictures, yours + 1, "you chose"),
        side(pictures, truth + 1, "right"),
      ),
      element("small", {}, breakable(name)),
      element("small", {}, `Right here: ${machines.join(", ") || "no machine"}`),
    );
  /** @param {NonNullable<typeof rival>["missed"][0]} miss */
  const theirs = ({ pictures, name, you }) =>
    element(
      "li",
      {},
      element("div", { class: "metalib-trio" }, small(pictures, 0, "asked"), small(pictures, 1, "it chose"), small(pictures, 2, "right")),
      element("small", {}, name),
      you ? element("small", {}, you) : null,
    );
  /** @param {string} title @param {string} kind @param {HTMLElement[]} items */
  const column = (title, kind, items) => element("section", {}, element("h4", { class: "metalib-after" }, title), element("ul", { class: kind }, items));
  const more = round + 1 < rounds;
  return [
    element(
      "div",
      { class: "metalib-between metalib-progress" },
      element("p", { class: "metalib-status metalib-result", role: "status", tabindex: -1 }, words),
      button({ name: "again" }, { class: "metalib-main", "data-once": true }, more ? "Again, with new questions" : "Again, from the first question"),
    ),
    more ? null : element("p", { class: "metalib-note" }, "These were all questions. Those that come again do not count any more: you know them."),
    bars(rows, 1 / n_way, `Right answers of ${total}, with the 95 % interval (Wilson); dashed: chance`),
    bars(all.bars, 1 / n_way, `Right answers of all ${all.total}, with the 95 % interval over the twenty runs`),
    element("p", { class: "metalib-note" }, all.note),
    element(
      "div",
      { class: "metalib-both" },
      column(missed.length ? "What you missed" : "You missed nothing.", "metalib-missed", missed.map(mistake)),
      rival && column(misses(rival, all.total), "metalib-theirs", rival.missed.map(theirs)),
    ),
  ];
}

/** @param {import("./beat_the_machine.js").Rival} rival @param {number} total */
function misses({ name, wrong, missed }, total) {
  const some = missed.length < wrong ? `, ${missed.length} of them here` : "";
  return `What the ${name} misses: ${wrong} of all ${total}${some} (asked, its choice, right)`;
}
