// The shades of the heat map's cells. A cell has its number as well: nothing is told by colour alone.

/** @typedef {[number, number, number]} Rgb */
/** @type {Rgb[]} */
const FEWER_ERRORS = [[247, 251, 255], [107, 174, 214], [8, 48, 107]];
/** @type {Rgb[]} */
const BEHIND_TO_AHEAD = [[127, 59, 8], [247, 247, 247], [5, 48, 97]];
const MOST_HALVINGS = 7; // under 1 % of errors no shade is darker
const MOST_POINTS = 0.3; // nor beyond 30 points

/** The colour at `place`, 0 … 1, of a scale. @param {Rgb[]} scale @param {number} place */
function at(scale, place) {
  const along = Math.min(Math.max(place, 0), 1) * (scale.length - 1);
  const i = Math.min(Math.floor(along), scale.length - 2);
  const mixed = scale[i].map((from, channel) => Math.round(from + (along - i) * (scale[i + 1][channel] - from)));
  return `#${mixed.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}

/** The shade of an accuracy: equal steps halve the errors. @param {number} accuracy */
export const byErrors = (accuracy) => at(FEWER_ERRORS, -Math.log2(Math.max(1 - accuracy, 2 ** -MOST_HALVINGS)) / MOST_HALVINGS);

/** The shade of a difference: brown behind, blue ahead, pale for none. @param {number} difference  of two accuracies */
export const behindOrAhead = (difference) => at(BEHIND_TO_AHEAD, 0.5 + (0.5 * difference) / MOST_POINTS);

/** Black or white, whichever is read on a colour, as kit/colours.py has it. @param {string} colour  #RRGGBB */
export function inkOn(colour) {
  const linear = [1, 3, 5].map((i) => {
    const c = parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.2 ? "#000000" : "#ffffff";
}
