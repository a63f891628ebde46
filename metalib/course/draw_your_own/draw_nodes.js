// The view of the widget as nodes.
import { waiting } from "../kit/asking.js";
import { badge, button, checkbox, element, status, svg } from "../kit/elements.js";
import { percent } from "./draw_view.js";
import { PEN, SHEET } from "./ink.js";

/** @typedef {import("./draw_view.js").View} View */
/** @typedef {import("./ink.js").Drawing} Drawing */
/** @typedef {import("../kit/kernel_link.js").KernelState} KernelState */

/** Strokes as lines. @param {Drawing} drawing */
const lines = (drawing) =>
  drawing.map((stroke) => {
    const points = stroke.length > 2 ? stroke : [...stroke, ...stroke]; // of a dot: a line without length, with round ends
    return svg("polyline", { points: points.map((value) => value.toFixed(1)).join(" "), "stroke-width": PEN });
  });

/** A picture that `paint` fills. @param {string} key @param {number} side  in pixels @param {string} words */
const canvas = (key, side, words) =>
  element("canvas", { width: side, height: side, class: `metalib-pixels metalib-of-${key}`, "data-picture": key, role: "img", "aria-label": words });

/** The sheet to draw on. @param {View} seen */
function sheet({ drawing, target, state }) {
  const [x, y, isDown] = state.pen;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${SHEET} ${SHEET}`,
      class: "metalib-sheet",
      "data-sheet": true,
      tabindex: 0,
      role: "application",
      "aria-label":
        `Sheet for ${target}. Arrow keys move the pen, with Shift five steps at once; Home, Page up, End and Page down move it ` +
        "aslant. Space puts it down and lifts it. Backspace takes the last stroke back",
    },
    svg("rect", { width: SHEET, height: SHEET, class: "metalib-paper" }),
    svg("g", { class: "metalib-ink" }, lines(drawing)),
    svg("path", { class: isDown ? "metalib-pen metalib-is-down" : "metalib-pen", d: `M${x - 5} ${y}h10M${x} ${y - 5}v10` }),
  );
}

/** A place for a drawing; the one that is drawn in is pressed. @param {View} seen @param {number} label @param {number} slot @param {Drawing} drawing */
function place({ state, labels }, label, slot, drawing) {
  const chosen = state.label === label && (label < 0 || state.slot === slot);
  const name = label < 0 ? "The query" : `Drawing ${slot + 1} of class ${labels[label].text}`;
  return element(
    "button",
    {
      type: "button",
      class: "metalib-place",
      "data-act": JSON.stringify({ name: "at", label, slot }),
      "aria-pressed": String(chosen),
      "aria-label": drawing.length ? name : `${name}, free`,
    },
    svg("svg", { viewBox: `0 0 ${SHEET} ${SHEET}`, "aria-hidden": "true" }, svg("g", { class: "metalib-ink" }, lines(drawing))),
  );
}

/** A row for each class: its places, and how near the query is. @param {View} seen */
function table(seen) {
  const { state, labels, found } = seen;
  const of = new Map(found?.rows.map((row) => [row.label, row]) ?? []);
  const head = ["class", "drawings", "distance²", "probability"];
  return element(
    "table",
    { class: "metalib-shares" },
    element("thead", {}, element("tr", {}, head.map((text) => element("th", { scope: "col" }, text)))),
    element(
      "tbody",
      {},
      state.classes.map((drawings, label) => {
        const row = of.get(label);
        const bar = element("i", { style: `width:${(100 * (row?.share ?? 0)).toFixed(1)}%;background:${labels[label].colour}` });
        return element(
          "tr",
          { class: found?.best.label === label && "metalib-is-best" },
          element("th", { scope: "row" }, badge(labels[label])),
          element("td", {}, element("span", { class: "metalib-places" }, drawings.map((drawing, slot) => place(seen, label, slot, drawing)))),
          element("td", {}, row ? row.distance.toFixed(1) : "–"),
          element("td", {}, element("span", { class: "metalib-share" }, element("span", { class: "metalib-track", "aria-hidden": "true" }, bar), row ? percent(row.share) : "–")),
        );
      }),
    ),
  );
}

/** What each method says to the query; beside it the nearest drawing of the class that it names. @param {View} seen @param {KernelState} kernel */
function methods({ found, labels, methods: all, maml, state }, kernel) {
  const method = (/** @type {number} */ i, /** @type {import("../kit/elements.js").Children[]} */ ...said) =>
    element("li", {}, element("i", { class: "metalib-swatch", style: `background:${all[i].colour}` }), element("span", {}, all[i].name), ...said);
  const nearest = (/** @type {string} */ key, /** @type {{ label: number, slot: number } | undefined} */ one) =>
    one && [badge(labels[one.label]), canvas(key, 28, `The nearest drawing: ${one.slot + 1} of class ${labels[one.label].text}`)];
  const lacking = maml && maml.best === null ? maml.failed || waiting(kernel, "adapts; the first time takes longer") : "";
  const second = maml && maml.best !== null ? [badge(labels[maml.best]), percent(maml.share)] : element("small", { role: "status" }, lacking);
  return element(
    "ul",
    { class: "metalib-methods" },
    method(0, nearest("kin", found?.kin)),
    method(1, nearest("pixels", found?.pixels)),
    method(2, checkbox("maml", "ask Python", Boolean(state.maml)), second),
  );
}

/** The classes with their drawings, the query, and what is said to it. @param {View} seen @param {KernelState} kernel */
export function classes(seen, kernel) {
  const asked = badge({ text: "?", colour: "var(--metalib-raised)", ink: "var(--metalib-text)" });
  return element(
    "div",
    { class: "metalib-classes" },
    element("h4", {}, "Five classes, and a query: choose a place to draw in."),
    table(seen),
    element("div", { class: "metalib-asked" }, asked, place(seen, -1, 0, seen.state.query), methods(seen, kernel)),
    status(seen.status),
  );
}

/** The sheet, its tools and what is said of the pen. @param {View} seen @param {KernelState} kernel */
export function desk(seen, kernel) {
  const { state, target, folder } = seen;
  const said = state.pen[2] ? "down" : "up";
  return element(
    "div",
    { class: "metalib-drawing" },
    element("h4", {}, `Draw ${target}.`),
    element(
      "div",
      { class: "metalib-desk" },
      sheet(seen),
      element(
        "div",
        { class: "metalib-options metalib-tools", role: "group", "aria-label": "Drawing" },
        button({ name: "undo" }, { disabled: !state.before && !seen.drawing.length }, "Undo"),
        button({ name: "clear" }, { disabled: !seen.drawing.length }, "Clear"),
        button({ name: "next" }, {}, "Next"),
        button({ name: "empty" }, {}, "Empty all"),
        button({ name: "first" }, {}, "Start again"),
        folder === null ? null : button({ name: "save" }, { disabled: kernel === "gone" }, "Save"),
        element("button", { type: "button", class: "metalib-button", "data-file": "download" }, "Download"),
        element("button", { type: "button", class: "metalib-button", "data-file": "open" }, "Open"),
      ),
    ),
    element("p", { class: "metalib-note metalib-where", "aria-live": "polite" }, `Pen ${said}, at ${state.pen[0].toFixed(0)}, ${state.pen[1].toFixed(0)}.`),
  );
}

/** What is to be said of files. @param {View} seen @param {KernelState} kernel */
function aboutFiles({ state, saved, folder }, kernel) {
  if (state.said) return state.said;
  if (saved?.known) return saved.words;
  if (kernel === "gone") return "Saving a folder and MAML need Python. A download holds the same, and opens here again.";
  if (saved) return kernel === "busy" ? "Python is busy: it saves when it is free." : "Python saves …";
  return folder === null ? "" : `Save writes a picture a drawing into the folder ${folder}; Download, all in one file.`;
}

/** @param {View} seen @param {KernelState} kernel */
export const files = (seen, kernel) => element("p", { class: "metalib-note metalib-files", role: "status" }, aboutFiles(seen, kernel));

/** The way of what is drawn into the network. @param {View} seen */
export function steps({ drawing: strokes, canvases }) {
  const step = (/** @type {Node} */ picture, /** @type {string} */ words) => element("li", {}, picture, element("small", {}, words));
  const empty = () => element("span", { class: "metalib-pixels metalib-free" });
  return element(
    "ul",
    { class: "metalib-steps" },
    step(svg("svg", { viewBox: `0 0 ${SHEET} ${SHEET}`, class: "metalib-pixels", "aria-hidden": "true" }, svg("g", { class: "metalib-ink" }, lines(strokes))), "your strokes"),
    step(canvases.sheet ? canvas("sheet", SHEET, "The drawing in the middle, 105 × 105 pixels") : empty(), "in the middle, 105 × 105"),
    step(canvases.seen ? canvas("seen", 28, "The drawing as the network sees it, 28 × 28 pixels") : empty(), "as the network sees it, 28 × 28"),
  );
}
