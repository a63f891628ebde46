import { asked, feedback, inline, opened } from "./answering.js";
import { element } from "./elements.js";
import { widget } from "./widget.js";
import "./question.css"; // after the kit's, which it refines

/** @typedef {{ text: string, options: string[], key: string }} Data  key: { correct: number, feedback: string[] }, encoded */
/** @typedef {{ chosen: number | null }} State */

/** @type {Record<string, string>} */
const MARKS = { right: "✓ Right.", wrong: "✗ Not quite.", "": "" };

/** @param {Data} data @param {State} state */
export function view({ text, options, key }, { chosen }) {
  const answered = { text, answers: options, chosen };
  if (chosen === null) return { ...answered, verdict: /** @type {const} */ (""), feedback: "" };
  const { correct, feedback: words } = opened(key);
  return { ...answered, verdict: /** @type {"right" | "wrong"} */ (chosen === correct ? "right" : "wrong"), feedback: words[chosen] };
}

/** @param {Data} _data @param {State} _state @param {{ value: number }} action @returns {State} */
export function act(_data, _state, { value }) {
  return { chosen: value };
}

/** @param {ReturnType<typeof view>} view @param {string} own */
function draw({ text, answers, chosen, verdict, feedback: words }, own) {
  return [
    element(
      "fieldset",
      {},
      element("legend", { class: "metalib-ask" }, asked("Predict", text)),
      answers.map((answer, i) =>
        element(
          "label",
          { class: i === chosen ? `metalib-option metalib-${verdict}` : "metalib-option" },
          element("input", { type: "radio", name: own, "data-set": "chosen", value: i, checked: i === chosen }),
          element("span", {}, inline(answer)),
        ),
      ),
    ),
    feedback(verdict, MARKS[verdict], words),
  ];
}

export default widget({ name: "question", view, act, draw });
