// What the kit's questions share: their key, their words and their feedback.
import { element } from "./elements.js";
import "./answering.css";

/** What is right, and the feedback, of `kit/answering.py`. @param {string} key  JSON in UTF-8 in base64 @returns {any} */
export function opened(key) {
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0))));
}

/** `code` and *emphasis* in words. @param {string} text */
export function inline(text) {
  return text.split(/(`[^`]+`|\*[^\s*](?:[^*]*[^\s*])?\*)/).map((part, i) => {
    if (i % 2 === 0) return part;
    return element(part[0] === "`" ? "code" : "em", {}, part.slice(1, -1));
  });
}

/** What is asked, and how. @param {string} tag @param {string} text */
export function asked(tag, text) {
  return [element("span", { class: "metalib-tag" }, tag), ...inline(text)];
}

/**
 * What is said of an answer; a screen reader says it when it comes.
 * @param {"" | "right" | "wrong" | "unread"} verdict @param {string} mark @param {string} text @param {import("./elements.js").Attributes} [attributes]
 */
export function feedback(verdict, mark, text, attributes = {}) {
  return element(
    "p",
    { class: `metalib-feedback metalib-${verdict || "empty"}`, role: "status", ...attributes },
    element("b", {}, mark && `${mark} `),
    inline(text),
  );
}
