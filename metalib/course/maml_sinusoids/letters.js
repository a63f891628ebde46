// Letters beside dots, none over another: dots that lie together share one label.

/** @typedef {{ x: number, y: number, r: number }} Disc */
/** @typedef {Disc & { letter: string, up: boolean, own: boolean }} Dot  `up`: its letter goes above it where there is room; `own` needs none where it is alone */
/** @typedef {{ letters: string[], x: number, y: number, width: number }} Label  x, y: its middle */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Box */

const NEAR = 15; // dots that are not further apart share a label
const [WIDE, HIGH, GAP] = [11, 13, 2]; // of a letter, and between a label and its dots

/** @param {Disc} disc @returns {Box} */
const around = ({ x, y, r }) => ({ left: x - r, right: x + r, top: y - r, bottom: y + r });
/** @param {Label} label @returns {Box} */
const box = ({ x, y, width }) => ({ left: x - width / 2, right: x + width / 2, top: y - HIGH / 2, bottom: y + HIGH / 2 });
/** @param {Box} a @param {Box} b */
const overlap = (a, b) =>
  Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));

/** Dots that hang together, each within NEAR of another. @param {Dot[]} dots */
function groups(dots) {
  /** @type {Dot[][]} */
  let found = [];
  for (const dot of dots) {
    const near = found.filter((group) => group.some(({ x, y }) => Math.hypot(x - dot.x, y - dot.y) < NEAR));
    found = [...found.filter((group) => !near.includes(group)), [...near.flat(), dot]];
  }
  return found;
}

/**
 * A label for each group of dots, beside it where least is covered: of other dots, of `discs`, and of other labels.
 * @param {Dot[]} dots @param {Disc[]} discs @param {number} side  of the square picture
 */
export function labels(dots, discs, side) {
  const edge = 1000; // covering anything is better than to lie outside
  const outside = [
    { left: -edge, right: 0, top: -edge, bottom: edge },
    { left: side, right: edge, top: -edge, bottom: edge },
    { left: -edge, right: edge, top: -edge, bottom: 0 },
    { left: -edge, right: edge, top: side, bottom: edge },
  ];
  /** @type {Label[]} */
  const placed = [];
  for (const group of groups(dots)) {
    const letters = dots.filter((dot) => group.includes(dot)).map(({ letter }) => letter);
    if (group.length === 1 && group[0].own) continue;
    const all = group.map(around);
    const [left, right] = [Math.min(...all.map((a) => a.left)), Math.max(...all.map((a) => a.right))];
    const [top, bottom] = [Math.min(...all.map((a) => a.top)), Math.max(...all.map((a) => a.bottom))];
    const width = WIDE * letters.length + 1;
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    const [above, below] = [top - GAP - HIGH / 2, bottom + GAP + HIGH / 2];
    const [before, after] = [left - GAP - width / 2, right + GAP + width / 2];
    const upright = group[0].up ? [above, below] : [below, above];
    const places = [
      ...upright.map((level) => [x, level]),
      [after, y],
      [before, y],
      ...upright.flatMap((level) => [[after, level], [before, level]]),
    ];
    const covered = [...discs.map(around), ...dots.filter((dot) => !group.includes(dot)).map(around), ...placed.map(box)];
    const costs = places.map(([px, py]) => {
      const own = box({ letters, x: px, y: py, width });
      const hidden = covered.reduce((area, other) => area + overlap(own, other), 0);
      return hidden + 9 * outside.reduce((area, other) => area + overlap(own, other), 0);
    });
    const [bestX, bestY] = places[costs.indexOf(Math.min(...costs))];
    placed.push({ letters, x: bestX, y: bestY, width });
  }
  return placed;
}
