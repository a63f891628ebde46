import { element } from "./elements.js";
import { widget } from "./widget.js";
import "./question.css"; // after the kit's, which it refines

/** @typedef {{ text: string, options: { answer: string, feedback: string }[], correct: number }} Data */
/** @typedef {{ chosen: number | null }} State */

/** @type {Record<string, string>} */
const MARKS = { right: "✓ Right. ", wrong: "✗ Not quite. ", "": "" };

/** @param {Data} data @param {State} state */
export function view({ text, options, correct }, { chosen }) {
  const verdict = chosen === null ? "" : chosen === correct ? "right" : "wrong";
  return { text, answers: options.map(({ answer }) => answer), chosen, verdict, feedback: chosen === null ? "" : options[chosen].feedback };
}

/** @param {Data} _data @param {State} _state @param {{ value: number }} action @returns {State} */
export function act(_data, _state, { value }) {
  return { chosen: value };
}

/** @param {ReturnType<typeof view>} view @param {string} own */
function draw({ text, answers, chosen, verdict, feedback }, own) {
  return [
    element(
      "fieldset",
      { class: "metalib-ask" },
      element("legend", {}, element("span", { class: "metalib-tag" }, "Predict"), text),
      answers.map((answer, i) =>
        element(
          "label",
          { class: i === chosen ? `metalib-option metalib-${verdict}` : "metalib-option" },
          element("input", { type: "radio", name: own, "data-set": "chosen", value: i, checked: i === chosen }),
          element("span", {}, answer),
        ),
      ),
    ),
    element(
      "p",
      { class: `metalib-feedback metalib-${verdict || "empty"}`, role: "status" },
      element("b", {}, MARKS[verdict]),
      feedback,
    ),
  ];
}

export default widget({ name: "question", view, act, draw });
