// The one file to hand on: the drawings of all classes as JSON, as drawings_file.py writes and reads it.
import { SHEET } from "./ink.js";

/** @typedef {import("./ink.js").Drawing} Drawing */

const KIND = "drawings of metalib";
const [MOST_STROKES, MOST_NUMBERS] = [100, 4000]; // of a drawing, and of a stroke

/** @param {string[]} letters @param {Drawing[][]} classes */
export function text(letters, classes) {
  const drawn = letters.map((letter, label) => [letter, classes[label].filter((drawing) => drawing.length)]);
  return JSON.stringify({ kind: KIND, classes: Object.fromEntries(drawn) });
}

/** @param {unknown} stroke */
const isStroke = (stroke) =>
  Array.isArray(stroke) && stroke.length <= MOST_NUMBERS && stroke.length % 2 === 0 &&
  stroke.every((number) => typeof number === "number" && number >= 0 && number <= SHEET);
/** @param {unknown} drawing */
const isDrawing = (drawing) => Array.isArray(drawing) && drawing.length <= MOST_STROKES && drawing.every(isStroke);

/**
 * The drawings of such a file, `most` places a class, or words that say what is wrong. @param {string} content
 * @param {string[]} letters @param {number} most @returns {{ classes: Drawing[][] } | { problem: string }}
 */
export function parsed(content, letters, most) {
  let found;
  try {
    found = JSON.parse(content);
  } catch {
    return { problem: "it is no JSON" };
  }
  const given = found?.kind === KIND ? found.classes : null;
  if (!given || typeof given !== "object") return { problem: "it is no file that Download wrote" };
  const unknown = Object.keys(given).filter((letter) => !letters.includes(letter));
  if (unknown.length) return { problem: `it has a class ${unknown[0]}, and there are ${letters.join(", ")}` };
  const classes = letters.map((letter) => given[letter] ?? []);
  const wrong = classes.findIndex((drawings) => !Array.isArray(drawings) || drawings.length > most || !drawings.every(isDrawing));
  if (wrong >= 0) return { problem: `class ${letters[wrong]} has more than ${most} drawings, or a stroke that leaves the sheet` };
  if (!classes.flat().some((drawing) => drawing.length)) return { problem: "it has no drawing" };
  return { classes: classes.map((drawings) => [...drawings, ...Array.from({ length: most - drawings.length }, () => [])]) };
}
