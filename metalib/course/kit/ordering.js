import { asked, feedback, inline, opened } from "./answering.js";
import { button, element, note } from "./elements.js";
import { listen, widget } from "./widget.js";
import "./ordering.css"; // after the kit's, which it refines

/** @typedef {{ text: string, lines: string[], code: boolean, key: string }} Data */
/** @typedef {{ orders: number[][], why: (string | null)[], feedback: string }} Key  encoded in `data.key` */
/** @typedef {{ order: number[], moved: number | null, checked: boolean }} State  `order`: the lines from top to bottom */
/** @typedef {{ name: "check" } | { name: "nudge", handle: string | number, dy: number } | { name: "place", line: number, to: number }} Action */

/**
 * The lines that stand right from the top, and those in their place: by the right order that it has most in common with.
 * @param {string[]} lines @param {number[]} order @param {number[][]} orders
 */
function compared(lines, order, orders) {
  const found = orders.map((right) => {
    const same = order.map((line, i) => lines[line] === lines[right[i]]); // lines that are equal may change places
    const first = same.indexOf(false);
    return { right: first < 0 ? order.length : first, inPlace: same.filter(Boolean).length };
  });
  return found.sort((a, b) => b.right - a.right || b.inPlace - a.inPlace)[0];
}

/** @param {Data} data @param {number[]} order */
function judged({ lines, key }, order) {
  /** @type {Key} */
  const { orders, why, feedback: words } = opened(key);
  const { right, inPlace } = compared(lines, order, orders);
  const n = order.length;
  if (right === n) return { right, verdict: /** @type {const} */ ("right"), mark: "✓ Right.", feedback: words };
  const count = inPlace === 0 ? "No line is in its place yet." : inPlace === 1 ? `1 of ${n} lines is in its place.` : `${inPlace} of ${n} lines are in their place.`;
  const early = `Line ${right + 1} comes too early. ${why[order[right]] ?? ""}`;
  return { right, verdict: /** @type {const} */ ("wrong"), mark: "✗ Not yet.", feedback: `${count} ${early}`.trim() };
}

/** @param {Data} data @param {State} state */
export function view(data, { order, moved, checked }) {
  const { text, lines, code } = data;
  const said = checked ? judged(data, order) : { right: 0, verdict: /** @type {const} */ (""), mark: "", feedback: "" };
  const rows = order.map((line, i) => ({
    line,
    text: lines[line],
    mark: !checked || i > said.right ? "" : i < said.right ? "right" : "wrong",
    moved: line === moved && !checked,
  }));
  const heard = moved === null || checked ? "" : `Line ${order.indexOf(moved) + 1} of ${order.length}: ${lines[moved].trim()}`;
  return { text, code, rows, moved, heard, ...said };
}

/** @param {Data} _data @param {State} state @param {Action} action @returns {State} */
export function act(_data, state, action) {
  if (action.name === "check") return { ...state, checked: true };
  if (action.name !== "nudge" && action.name !== "place") return state;
  const line = Number(action.name === "nudge" ? action.handle : action.line);
  const at = state.order.indexOf(line);
  if (at < 0) return state;
  const to = Math.min(Math.max(action.name === "nudge" ? at - action.dy : action.to, 0), state.order.length - 1);
  if (to === at) return state.moved === line ? state : { ...state, moved: line };
  const order = state.order.filter((other) => other !== line);
  order.splice(to, 0, line);
  return { order, moved: line, checked: false };
}

/** @type {Record<string, string>} */
const MARKS = { right: "✓", wrong: "✗", "": "" };

/** A line of code with its indentation; what does not fit goes on two letters further in. @param {string} text */
function codeLine(text) {
  const line = text.trimStart();
  return element("code", { style: `padding-left:${text.length - line.length + 2}ch;text-indent:-2ch` }, line);
}

/** @param {ReturnType<typeof view>} view @param {string} own */
function draw({ text, code, rows, heard, verdict, mark, feedback: words }, own) {
  /** @param {"up" | "down"} way @param {(typeof rows)[0]} row @param {boolean} end */
  const move = (way, row, end) =>
    button(
      { name: "nudge", handle: row.line, dy: way === "up" ? 1 : -1 },
      { class: "metalib-way", "data-way": way, "aria-label": `${way}: ${row.text.trim()}`, "aria-disabled": end && "true" },
      way === "up" ? "↑" : "↓",
    );
  return [
    element("p", { class: "metalib-ask", id: own }, asked("Put in order", text)),
    element(
      "ol",
      { class: "metalib-lines", role: "list", "aria-labelledby": own },
      rows.map((row, i) =>
        element(
          "li",
          { class: `metalib-row metalib-${row.mark || (row.moved ? "moved" : "plain")}`, "data-handle": row.line },
          element("span", { class: "metalib-grip", "aria-hidden": "true" }, `${i + 1} ${MARKS[row.mark]}`.trim()),
          code ? codeLine(row.text) : element("span", { class: "metalib-sentence" }, inline(row.text)),
          move("up", row, i === 0),
          move("down", row, i === rows.length - 1),
        ),
      ),
    ),
    element("div", { class: "metalib-controls" }, button({ name: "check" }, { class: "metalib-main" }, "Check"), note("Drag a line, press its arrows, or use the arrow keys.")),
    element("p", { class: "metalib-heard", role: "status" }, heard),
    feedback(verdict, mark, words),
  ];
}

/** Dragging, and the focus that goes with the line. @param {HTMLElement} root @param {import("./widget.js").Now<ReturnType<typeof view>>} now */
function begin(root, now) {
  /** @type {string | null} */
  let held = null;
  const rows = () => /** @type {HTMLElement[]} */ ([...root.querySelectorAll("[data-handle]")]);
  /** @param {PointerEvent} event */
  const down = (event) => {
    const target = /** @type {Element} */ (event.target);
    const row = target.closest("[data-handle]");
    // a finger on a line's words scrolls the page; on its number it drags
    if (!row || event.button !== 0 || target.closest("button") || (event.pointerType === "touch" && !target.closest(".metalib-grip"))) return;
    held = row.getAttribute("data-handle");
    root.setPointerCapture(event.pointerId);
    event.preventDefault(); // no text is selected
  };
  /** @param {PointerEvent} event */
  const move = ({ clientY }) => {
    if (held === null) return;
    // of the other lines' middles, so that lines of unequal height do not jump to and fro
    const above = rows().filter((row) => row.dataset.handle !== held && middle(row) < clientY).length;
    now.send({ name: "place", line: Number(held), to: above }, false);
  };
  const release = () => {
    if (held !== null) now.send({ name: "place", line: Number(held), to: now.view().rows.findIndex(({ line }) => line === Number(held)) });
    held = null;
  };
  /** After the widget has drawn: its nodes stay in their place, and the line went to another. @param {Event} event */
  const follow = (event) => {
    const way = /** @type {Element} */ (event.target).closest("[data-way]")?.getAttribute("data-way");
    if (way) /** @type {HTMLElement | null} */ (root.querySelector(`[data-handle="${now.view().moved}"] [data-way=${way}]`))?.focus();
  };
  const stops = [
    listen(root, "pointerdown", down),
    listen(root, "pointermove", move),
    listen(root, "pointerup", release),
    listen(root, "pointercancel", release),
    listen(root, "click", follow),
    listen(root, "keydown", (event) => event.key.startsWith("Arrow") && follow(event)),
  ];
  return () => stops.forEach((stop) => stop());
}

/** @param {Element} node */
function middle(node) {
  const { top, height } = node.getBoundingClientRect();
  return top + height / 2;
}

export default widget({ name: "ordering", view, act, draw, begin });
