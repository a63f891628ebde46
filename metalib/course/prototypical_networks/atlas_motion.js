// How the marks of the atlas go from one stage's places to the next one's.

/** @typedef {[number, number]} Point */

const LASTS = 320; // milliseconds

/** Slow at both ends. @param {number} share  0 … 1 */
export const eased = (share) => share * share * (3 - 2 * share);

/** Places on the way. @param {Point[]} from @param {Point[]} to @param {number} share  0 … 1 @returns {Point[]} */
export function between(from, to, share) {
  const part = eased(Math.min(1, Math.max(0, share)));
  return to.map(([x, y], i) => [from[i][0] + part * (x - from[i][0]), from[i][1] + part * (y - from[i][1])]);
}

/**
 * Marks that glide. `put(places)` draws them, in each frame of the browser until they have arrived. Another goal on the
 * way starts from where they are; a reader who asked for reduced motion sees them arrive at once.
 * @param {(places: Point[]) => void} put
 */
export function glide(put) {
  /** @type {Point[]} */
  let here = [];
  /** @type {Point[]} */
  let goal = [];
  let frame = 0;
  const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  /** @param {Point[]} from */
  const start = (from) => {
    /** @type {number | null} */
    let began = null;
    const step = (/** @type {number} */ now) => {
      began ??= now;
      const share = (now - began) / LASTS;
      here = share < 1 ? between(from, goal, share) : goal;
      frame = share < 1 ? requestAnimationFrame(step) : 0;
      put(here);
    };
    frame = requestAnimationFrame(step);
  };
  return {
    /** Where the marks are. */
    here: () => here,
    /** Go there; and draw, since some nodes may be new. @param {Point[]} places */
    to(places) {
      const same = places.length === goal.length && places.every(([x, y], i) => x === goal[i][0] && y === goal[i][1]);
      if (!same) {
        cancelAnimationFrame(frame);
        frame = 0;
        goal = places;
        if (here.length !== places.length || calm()) here = places;
        else start(here);
      }
      put(here);
    },
    stop: () => cancelAnimationFrame(frame),
  };
}
