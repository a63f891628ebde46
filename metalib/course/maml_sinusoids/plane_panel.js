// One panel of the plane: the two tasks, the start of a method with its inner paths, and the starts of the others.
import { element, svg } from "../kit/elements.js";
import { chart, clamp, frame, handle } from "../kit/graph.js";
import { ellipses, innerSteps, optimum } from "../kit/plane.js";
import { labels } from "./letters.js";

/** @typedef {import("../kit/graph.js").Point} Point */
/** @typedef {import("../kit/quadratics.js").Task & { handle: string, badge: import("../kit/elements.js").Badge }} Bowl */
/**
 * @typedef {object} Panel  a method: where it starts, and the mean loss before and after the inner steps from there
 * @property {string} name
 * @property {string} letter
 * @property {boolean} up  its letter goes above its dot where there is room
 * @property {string} colour
 * @property {Point | null} start
 * @property {number | null} before
 * @property {number | null} after
 * @property {Point[][]} paths
 * @property {boolean} best
 */
/** @typedef {{ extent: number, levels: number[], bowls: Bowl[], panels: Panel[] }} View */

const SIDE = 220;

/** @param {import("../kit/graph.js").Frame} f @param {Bowl} bowl @param {boolean} focusable */
function grip(f, { handle: name, badge, c }, focusable) {
  const label = `Optimum of task ${badge.text}: arrow keys move it`;
  return handle(
    { handle: name, label, x: c[0], words: c.map((value) => value.toFixed(1)).join(", "), focusable },
    optimum(f, c, badge),
    svg("circle", { cx: f.px(c[0]), cy: f.py(c[1]), r: 17, class: "metalib-halo" }),
  );
}

/** Where a start is drawn: within the picture, or at its edge as an arrow that points to it. @param {import("../kit/graph.js").Frame} f @param {Panel} panel @param {boolean} own */
function place(f, { start, letter, up, colour }, own) {
  if (!start) return [];
  const [far, r] = [[f.px(start[0]), f.py(start[1])], own ? 7.5 : 4.5];
  const [x, y] = far.map((value) => clamp(value, r + 1, SIDE - r - 1));
  const turn = Math.hypot(far[0] - x, far[1] - y) > r ? Math.atan2(far[1] - y, far[0] - x) : null;
  return [{ x, y, r, letter, up, colour, own, turn }];
}

/** @param {ReturnType<typeof place>[0]} dot */
function mark({ x, y, r, colour, own, turn }) {
  const look = { fill: colour, class: own ? "metalib-own" : "metalib-other" };
  if (turn === null) return svg("circle", { cx: x, cy: y, r, ...look });
  const there = `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${((180 * turn) / Math.PI).toFixed(1)})`;
  return svg("path", { d: `M${r} 0L${-r} ${r}L${-r / 2} 0L${-r} ${-r}Z`, transform: there, ...look });
}

/** The starts as dots, the panel's own on top; a letter for each of the others. @param {import("../kit/graph.js").Frame} f @param {View} view @param {Panel} own */
function starts(f, { bowls, panels }, own) {
  const all = panels.flatMap((panel) => place(f, panel, panel === own));
  const large = all.find((dot) => dot.own);
  const optima = bowls.map(({ c, badge }) => ({ x: f.px(c[0]), y: f.py(c[1]), r: 10, letter: badge.text, up: true, own: false }));
  const hidden = optima.filter(({ x, y }) => large && Math.hypot(x - large.x, y - large.y) < 9); // their letters go beside the dot
  const covered = optima.filter((dot) => !hidden.includes(dot));
  const steps = own.paths.flat().map(([x, y]) => ({ x: f.px(x), y: f.py(y), r: 2.5 }));
  return svg(
    "g",
    { class: "metalib-starts" },
    [...all.filter((dot) => !dot.own), ...all.filter((dot) => dot.own)].map(mark),
    labels([...hidden, ...all], [...covered, ...steps], SIDE).map(({ letters, x, y }) =>
      svg("text", { x, y: y + 4.5, "text-anchor": "middle", class: "metalib-initial" }, letters.join(" ")),
    ),
  );
}

const number = (/** @type {number | null} */ value) => (value === null ? "–" : value.toFixed(3));

/** @param {View} view @param {Panel} own */
export function drawPanel(view, own) {
  const { extent, levels, bowls, panels } = view;
  const f = frame(SIDE, SIDE, [-extent, extent], [-extent, extent]);
  const where = own.start ? `start at ${own.start.map((value) => value.toFixed(2)).join(", ")}` : "no single start";
  return element(
    "figure",
    { class: own.best ? "metalib-panel metalib-is-lowest" : "metalib-panel", "data-method": own.name },
    element("figcaption", {}, element("i", { class: "metalib-swatch", style: `background:${own.colour}` }), `${own.name} (${own.letter})`),
    chart(
      f,
      `${own.name}: ${where}`,
      bowls.map((bowl) => ellipses(f, bowl, levels, bowl.badge.colour)),
      own.paths.map((points) => innerSteps(f, points)),
      bowls.map((bowl) => grip(f, bowl, own === panels[0])), // once by key
      starts(f, view, own),
      own.start ? null : svg("text", { x: SIDE / 2, y: SIDE - 10, "text-anchor": "middle" }, "no single start: change α a little"),
    ),
    element("p", {}, element("span", {}, "loss "), `${number(own.before)} → `, element("b", {}, number(own.after)), own.best ? " lowest" : ""),
  );
}
