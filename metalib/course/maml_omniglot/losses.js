// The graph of the inner-step scrubber: support and query loss after each step, on a logarithmic scale.
import { svg } from "../kit/elements.js";
import { apart, chart, clamp, frame, line } from "../kit/graph.js";

/** @typedef {number | null} Loss  in nats; null: infinite, diverged */

const [WIDTH, HEIGHT] = [420, 250];
const [LEFT, RIGHT, ABOVE, BELOW] = [64, 84, 12, 30]; // what the axes' numbers and the curves' names take
const GAP = 20; // between two names
const SUPPORT = { name: "support", colour: "#595959", ink: "#595959" };
const QUERY = { name: "query", colour: "#d55e00", ink: "#b04a00" };

/**
 * Where a loss is drawn: log₁₀, and at the edge where it lies outside.
 * @param {Loss} loss @param {[number, number]} range
 */
export function drawn(loss, [least, most]) {
  return Math.log10(loss === null ? most : clamp(loss, least, most));
}

/** @param {{ support: Loss[], query: Loss[], step: number, range: [number, number], guessing: number }} losses */
export function losses({ support, query, step, range, guessing }) {
  const last = support.length - 1;
  const [low, high] = range.map(Math.log10);
  const [one, power] = [(WIDTH - LEFT - RIGHT) / last, (HEIGHT - ABOVE - BELOW) / (high - low)]; // of a step, of a power of 10
  const f = frame(WIDTH, HEIGHT, [-LEFT / one, last + RIGHT / one], [low - BELOW / power, high + ABOVE / power]);
  const curves = [QUERY, SUPPORT].map((of) => {
    const heights = (of === QUERY ? query : support).map((loss) => drawn(loss, range));
    return { ...of, heights };
  });
  const powers = Array.from({ length: Math.round(high - low) + 1 }, (_, i) => Math.round(low) + i);
  const number = (/** @type {number} */ tick) => (tick === powers[0] ? "≈ 0" : tick === powers.at(-1) ? `≥ ${10 ** tick}` : `${10 ** tick}`);
  const names = apart(curves.map(({ heights }) => f.py(heights[last])), GAP, ABOVE, f.py(low));
  const upright = { y1: f.py(high), y2: f.py(low) };
  const across = (/** @type {number} */ y) => ({ x1: f.px(0), x2: f.px(last), y1: f.py(y), y2: f.py(y) });
  return chart(
    f,
    "Support loss and query loss after each inner step, on a logarithmic scale",
    powers.map((tick) => [
      svg("line", { ...across(tick), class: "metalib-axis" }),
      svg("text", { x: f.px(0) - 8, y: f.py(tick), dy: "0.35em", "text-anchor": "end" }, number(tick)),
    ]),
    support.map((_, i) =>
      svg("text", { x: f.px(i), y: HEIGHT - 8, "text-anchor": "middle", class: i === step ? "metalib-here" : null }, `${i}`),
    ),
    svg("line", { ...across(Math.log10(guessing)), class: "metalib-guessing" }),
    svg("line", { x1: f.px(step), x2: f.px(step), ...upright, class: "metalib-now" }),
    curves.map(({ name, colour, ink, heights }, i) => [
      line(f, heights.map((y, x) => [x, y]), {
        stroke: colour,
        "stroke-width": 2.5,
        "stroke-dasharray": name === "support" ? "6 4" : null,
        class: `metalib-${name}-loss`,
      }),
      svg("circle", { cx: f.px(step), cy: f.py(heights[step]), r: 5, fill: colour, stroke: "#fff", "stroke-width": 1.5 }),
      svg("text", { x: f.px(last) + 10, y: names[i], dy: "0.35em", class: "metalib-name", style: `fill:${ink}` }, name),
    ]),
  );
}
