// Intervals as metalib/evaluate.py has them.

/** @typedef {{ mean: number, low: number, high: number, n: number }} Interval  a 95 % interval of a proportion, from n observations */

const Z = 1.959964; // the 97.5 % point of the normal distribution

/** The interval of a proportion from few trials (Wilson, 1927). @param {number} successes @param {number} trials @returns {Interval} */
export function wilson(successes, trials) {
  const mean = successes / trials;
  const z2 = (Z * Z) / trials;
  const centre = (mean + z2 / 2) / (1 + z2);
  const half = (Z * Math.sqrt((mean * (1 - mean)) / trials + z2 / (4 * trials))) / (1 + z2);
  return { mean, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n: trials };
}

/**
 * As Python rounds: of two equally near numbers the one with the even last digit, where `toFixed` takes the larger.
 * @param {number} value  not negative @param {number} digits
 */
export function rounded(value, digits) {
  const exact = value.toFixed(60);
  const end = exact.indexOf(".") + 1 + digits;
  const between = /^50*$/.test(exact.slice(end));
  return between && Number(exact[end - 1]) % 2 === 0 ? exact.slice(0, end) : value.toFixed(digits);
}

/** In words: "50.0 ± 26.3 % (10 questions)", and with both ends where the mean is not in their middle. @param {Interval} interval @param {string} unit */
export function inWords({ mean, low, high, n }, unit) {
  const digits = (high - low) / 2 >= 0.0005 ? 1 : 2;
  const percent = (/** @type {number} */ x) => rounded(100 * x, digits);
  const middle = Math.abs(high - mean - (mean - low)) < 1e-9;
  return middle ? `${percent(mean)} ± ${percent((high - low) / 2)} % (${n} ${unit})` : `${percent(mean)} % (${percent(low)} to ${percent(high)}, ${n} ${unit})`;
}
