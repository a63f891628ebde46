import { asked, feedback, opened } from "./answering.js";
import { button, element, note } from "./elements.js";
import { read, said } from "./number.js";
import { widget } from "./widget.js";
import "./estimate.css"; // after the kit's, which it refines

/** @typedef {{ kind: "within" | "share" | "factor", size: number }} Scale */
/** @typedef {{ text: string, unit: string, scale: Scale, between: [number, number] | null, key: string }} Data */
/** @typedef {{ answer: number, text: string, feedback: Record<string, string>, mistakes: [number, string][] }} Key  encoded in `data.key` */
/** @typedef {{ estimate: number | null, typed: string, checked: boolean }} State */

// how far an estimate is off, in what counts as near: the steps in which that is said
const STEPS = { within: [1, 2, 4], share: [1, 2, 4], factor: [1, 2, 3] };

/** Off by how much, where 1 is the most that counts as near. @param {number} number @param {number} from @param {Scale} scale @param {number} answer */
function distance(number, from, { kind, size }, answer) {
  if (kind === "factor") return Math.abs(Math.log(number / from)) / Math.log(size);
  return Math.abs(number - from) / (kind === "share" ? size * Math.abs(answer) : size);
}

/** A distance of so many steps, in words. @param {Scale} scale @param {number} steps @param {string} unit */
function far({ kind, size }, steps, unit) {
  if (kind === "factor") return `a factor of ${said(size ** steps)}`;
  if (kind === "share") return `${said(100 * size * steps)} %`;
  return `${said(size * steps)} ${unit === "%" ? "points" : unit}`.trim();
}

/** A number with its unit. @param {string} number @param {string} unit */
const measured = (number, unit) => `${number} ${unit}`.trim();

/** What is wrong with a number before it is judged, in words. @param {number} number @param {Data} data */
function outside(number, { unit, scale, between }) {
  const [least, most] = between ?? [-Infinity, Infinity];
  if (number < least || number > most) return `${measured(said(number), unit)} is out of range: type a number from ${said(least)} to ${said(most)}.`;
  return scale.kind === "factor" && number <= 0 ? `${said(number)} is out of range: type a number above 0.` : "";
}

/** The verdict on a number. @param {Data} data @param {number} number */
function judged({ unit, scale, key }, number) {
  /** @type {Key} */
  const { answer, text, feedback: words, mistakes } = opened(key);
  const off = distance(number, answer, scale, answer) - 1e-9; // 0.3 is within 0.1 of 0.2, also in floating point
  const steps = STEPS[scale.kind];
  const level = steps.filter((step) => off > step).length; // 0: near, 3: beyond the last step
  const own = measured(said(number), unit);
  if (level === 0) {
    const exact = off <= 0;
    const how = exact ? `The answer is ${measured(text, unit)}.` : `${own} is within ${far(scale, 1, unit)} of the answer, ${measured(text, unit)}.`;
    return { verdict: /** @type {const} */ ("right"), zone: 3, mark: exact ? "✓ Exactly." : "✓ Near.", feedback: `${how} ${words.near}` };
  }
  const low = number < answer;
  const near = mistakes
    .map(([wrong, why]) => ({ why, off: distance(number, wrong, scale, answer) }))
    .filter((mistake) => mistake.off <= 1)
    .sort((a, b) => a.off - b.off);
  const how = level < steps.length ? `by at most ${far(scale, steps[level], unit)}` : `by more than ${far(scale, steps[level - 1], unit)}`;
  return {
    verdict: /** @type {const} */ ("wrong"),
    zone: low ? 3 - level : 3 + level,
    mark: low ? "✗ Too low." : "✗ Too high.",
    feedback: `${own} is off ${how}. ${near[0]?.why ?? words[low ? "too low" : "too high"]}`,
  };
}

/** @param {Data} data @param {State} state */
export function view(data, { estimate, typed, checked }) {
  const { text, unit, scale } = data;
  const shown = { text, unit, typed, counts: `Within ${far(scale, 1, unit)} counts as near.` };
  if (!checked) return { ...shown, verdict: /** @type {const} */ (""), zone: null, mark: "", feedback: "" };
  if (estimate !== null) return { ...shown, ...judged(data, estimate) };
  const found = read(typed, unit);
  return { ...shown, verdict: /** @type {const} */ ("unread"), zone: null, mark: "", feedback: found.problem || outside(found.number, data) };
}

/** @param {Data} data @param {State} state @param {{ name: "set", value: string } | { name: "check" }} action @returns {State} */
export function act(data, state, action) {
  if (action.name === "set") return action.value === state.typed ? state : { estimate: null, typed: action.value, checked: false };
  const { number, problem } = read(state.typed, data.unit);
  return { ...state, estimate: problem || outside(number, data) ? null : number, checked: true };
}

/** Where the estimate lies, without a number. @param {number} zone  0: far too low, 3: near, 6: far too high */
function meter(zone) {
  const cells = [..."0123456"].map((_, i) => element("i", { class: i === zone ? "metalib-here" : "", "data-zone": i }));
  const ends = ["too low", "near", "too high"].map((words) => element("span", {}, words));
  return element("div", { class: "metalib-meter", "aria-hidden": "true" }, element("div", {}, cells), element("div", {}, ends));
}

/** @param {ReturnType<typeof view>} view @param {string} own */
function draw({ text, unit, typed, counts, verdict, zone, mark, feedback: words }, own) {
  return [
    element("label", { class: "metalib-ask", for: own }, asked("Estimate", text)),
    element(
      "div",
      { class: "metalib-entry" },
      element("input", {
        id: own,
        type: "text",
        "data-set": "typed",
        value: typed,
        maxlength: 40,
        autocomplete: "off",
        spellcheck: "false",
        "aria-invalid": verdict === "unread" && "true",
        "aria-describedby": `${own}-unit ${own}-said`,
      }),
      element("span", { id: `${own}-unit` }, unit),
      button({ name: "check" }, { class: "metalib-main" }, "Check"),
      note(counts),
    ),
    zone === null ? element("div", { class: "metalib-meter", hidden: true }) : meter(zone),
    feedback(verdict, mark, words, { id: `${own}-said` }),
  ];
}

/** Enter in the field is a click on the button. @param {KeyboardEvent} event @param {(action: { name: string }) => void} send */
function enter({ key, target }, send) {
  if (key === "Enter" && target instanceof HTMLInputElement) send({ name: "check" });
}

export default widget({ name: "estimate", view, act, draw, key: enter });
