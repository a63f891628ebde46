// Numbers as people type them, and as they are said to them.

/** A number in words of digits, with at most six that count. @param {number} number */
export function said(number) {
  return number.toLocaleString("en-US", { maximumSignificantDigits: 6 }).replace("-", "−");
}

const ABOUT = /^(?:about|around|approx(?:imately|\.)?|circa|ca\.?|roughly|[~≈=])\s*/i;
const PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const FRACTION = /^([+-]?\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)$/;
const POWER = /^(\d+(?:\.\d+)?)\s*(?:\^|\*\*)\s*([+-]?\d+)$/;

/** @param {string} problem */
const wrong = (problem) => ({ number: NaN, problem });

/**
 * The number in a text: "62.7", "0,5", "12 800", "1e-3", "2^10", "1/5", "about 60 %"; or a problem, in words.
 * @param {string} typed @param {string} unit  of the number that is asked for: it may be typed too
 */
export function read(typed, unit) {
  let text = typed.trim().replace(/[−–]/g, "-").replace(ABOUT, "");
  if (!text) return wrong("Type a number first: a rough guess will do.");
  const percent = text.endsWith("%");
  if (percent) text = text.slice(0, -1).trim();
  else if (unit && text.toLowerCase().endsWith(unit.toLowerCase())) text = text.slice(0, -unit.length).trim();
  if (percent && unit && unit !== "%") return wrong(`The answer is in ${unit}, not in %.`);
  text = text.replace(/(\d)[\s_'’](?=\d{3}(?!\d))/g, "$1");
  if (/^[+-]?[1-9]\d{0,2},\d{3}$/.test(text)) {
    return wrong(`“${text}” can be read in two ways: write ${text.replace(",", "")} or ${text.replace(",", ".")}.`);
  }
  const number = value(withPoint(text));
  if (!Number.isFinite(number)) return wrong(`“${typed.trim()}” cannot be read as a number: write digits, such as 12 or 0.5.`);
  if (percent && unit !== "%") return { number: number / 100, problem: "" };
  if (unit === "%" && !percent && number > 0 && number < 1) {
    return wrong(`Write ${said(100 * number)} if you mean ${said(100 * number)} %, and ${said(number)} % with the sign if you mean less than 1 %.`);
  }
  return { number, problem: "" };
}

/** Commas that part thousands left out, one that stands for the point made a point. @param {string} text */
function withPoint(text) {
  if (/^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/.test(text) && !/^[+-]?0/.test(text)) return text.replaceAll(",", "");
  if (/^[+-]?\d{1,3}(?:\.\d{3})+,\d*$/.test(text)) return text.replaceAll(".", "").replace(",", ".");
  return text.replace(/^([+-]?\d*),(\d+)/, "$1.$2");
}

/** @param {string} text */
function value(text) {
  const [fraction, power] = [FRACTION.exec(text), POWER.exec(text)];
  if (fraction) return Number(fraction[1]) / Number(fraction[2]);
  if (power) return Number(power[1]) ** Number(power[2]);
  return PLAIN.test(text) ? Number(text) : NaN;
}
