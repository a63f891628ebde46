// A plane with prototypes in it: which class is likely where, by three distances, and where one region ends.

/** @typedef {[number, number]} Point */
/** @typedef {{ centres: Point[], distance: string, scale: number }} Plane  `distance` as in `metalib.protonet.logits` */
/** @typedef {[number, number, number, number]} Window  left, right, bottom, top */
/** @typedef {[number, number, number]} Line  a, b, c: the points where a x + b y + c is 0, or above on one side */

const NO_LENGTH = 1e-8; // a shorter vector counts as this long, as in torch's cosine similarity

/** The mean of each class's points. @param {Point[]} points @param {number[]} labels @param {number} n @returns {Point[]} */
export function prototypes(points, labels, n) {
  return Array.from({ length: n }, (_, k) => {
    const own = points.filter((_point, i) => labels[i] === k);
    const mean = (/** @type {0 | 1} */ axis) => own.reduce((sum, point) => sum + point[axis], 0) / own.length;
    return [mean(0), mean(1)];
  });
}

/** The point, made as long as 1. @param {Point} point @returns {Point} */
export function unit([x, y]) {
  const length = Math.max(Math.sqrt(x * x + y * y), NO_LENGTH);
  return [x / length, y / length];
}

/** Minus the distance from (x, y) to `centre`, or the cosine; times the scale. @param {Plane} plane @param {Point} centre @param {Point} place */
function logit({ distance, scale }, centre, place) {
  if (distance === "cosine") {
    const [u, v] = [unit(centre), unit(place)];
    return scale * (u[0] * v[0] + u[1] * v[1]);
  }
  const squared = (place[0] - centre[0]) ** 2 + (place[1] - centre[1]) ** 2;
  return -scale * (distance === "euclidean" ? Math.sqrt(squared) : squared);
}

/** The class probabilities at a place: a softmax. @param {Plane} plane @param {Point} place */
export function probabilities(plane, place) {
  const logits = plane.centres.map((centre) => logit(plane, centre, place));
  const top = Math.max(...logits);
  const weights = logits.map((value) => Math.exp(value - top));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** The middle of cell `i` of `count` from `low` to `high`. @param {number} low @param {number} high @param {number} i @param {number} count */
const middle = (low, high, i, count) => low + ((high - low) * (i + 0.5)) / count;

/**
 * The logits in so many cells, row by row from the top: `each` is given those of one row, [class][column], and its number.
 * The arrays are the same for all rows, since a drag has no time to make others.
 * @param {Plane} plane @param {Window} window @param {[number, number]} cells  columns and rows
 * @param {(logits: Float64Array[], row: number) => void} each
 */
export function rows({ centres, distance, scale }, [left, right, bottom, top], [columns, count], each) {
  const x = Float64Array.from({ length: columns }, (_, i) => middle(left, right, i, columns));
  const logits = centres.map(() => new Float64Array(columns));
  const ways = centres.map(unit);
  for (let row = 0; row < count; row++) {
    const y = middle(top, bottom, row, count);
    logits.forEach((line, k) => {
      const [cx, cy] = centres[k];
      const [ux, uy] = ways[k];
      const dy = (y - cy) ** 2;
      if (distance === "cosine") {
        for (let i = 0; i < columns; i++) line[i] = (scale * (ux * x[i] + uy * y)) / Math.max(Math.sqrt(x[i] * x[i] + y * y), NO_LENGTH);
      } else if (distance === "euclidean") {
        for (let i = 0; i < columns; i++) line[i] = -scale * Math.sqrt((x[i] - cx) ** 2 + dy);
      } else {
        for (let i = 0; i < columns; i++) line[i] = -scale * ((x[i] - cx) ** 2 + dy);
      }
    });
    each(logits, row);
  }
}

/** The probability of the likeliest class in column `i`. @param {Float64Array[]} logits @param {number} i */
export function likeliest(logits, i) {
  let best = logits[0][i];
  for (let k = 1; k < logits.length; k++) if (logits[k][i] > best) best = logits[k][i];
  let sum = 0;
  for (let k = 0; k < logits.length; k++) {
    const behind = best - logits[k][i];
    if (behind < 40) sum += behind === 0 ? 1 : Math.exp(-behind); // further behind it adds nothing to a 1
  }
  return 1 / sum;
}

/** The share of the cells in which the likeliest class is above `limit`. @param {Plane} plane @param {Window} window @param {[number, number]} cells @param {number} limit */
export function sure(plane, window, cells, limit) {
  let count = 0;
  rows(plane, window, cells, (logits) => {
    for (let i = 0; i < cells[0]; i++) if (likeliest(logits, i) > limit) count++;
  });
  return count / (cells[0] * cells[1]);
}

/**
 * Where each class is ahead of each other: the nearest prototype is told from the next by a straight line, whether
 * distances are squared or not; and so is the one in whose direction a place lies.
 * @param {Plane} plane @returns {Line[][]}  [k][j], positive where k is ahead of j
 */
function ahead({ centres, distance }) {
  const heads = centres.map((centre) => {
    if (distance === "cosine") return [...unit(centre), 0];
    return [2 * centre[0], 2 * centre[1], -(centre[0] ** 2 + centre[1] ** 2)]; // as in `protonet.linear_head`
  });
  return heads.map((own) => heads.map((other) => /** @type {Line} */ (own.map((value, i) => value - other[i]))));
}

/** The part of a convex polygon on the positive side of a line. @param {Point[]} polygon @param {Line} line @returns {Point[]} */
function cut(polygon, [a, b, c]) {
  const side = polygon.map(([x, y]) => a * x + b * y + c);
  return polygon.flatMap((here, i) => {
    const j = (i + 1) % polygon.length;
    const kept = side[i] >= 0 ? [here] : [];
    if (side[i] >= 0 === side[j] >= 0) return kept;
    const share = side[i] / (side[i] - side[j]);
    const there = polygon[j];
    return [...kept, /** @type {Point} */ ([here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])])];
  });
}

/** The region of each class, a polygon; empty where it is nowhere the likeliest. @param {Plane} plane @param {Window} window @returns {Point[][]} */
export function regions(plane, [left, right, bottom, upper]) {
  /** @type {Point[]} */
  const all = [[left, bottom], [right, bottom], [right, upper], [left, upper]];
  return ahead(plane).map((lines) => lines.reduce(cut, all));
}

/** The lines between regions: [from, to] for each two classes that meet. @param {Plane} plane @param {Window} window @returns {[Point, Point][]} */
export function borders(plane, [left, right, bottom, upper]) {
  /** @type {Line[]} */
  const frame = [[1, 0, -left], [-1, 0, right], [0, 1, -bottom], [0, -1, upper]];
  const lines = ahead(plane);
  return lines.flatMap((own, k) =>
    own.flatMap(([a, b, c], j) => {
      const square = a * a + b * b;
      if (j <= k || square === 0) return [];
      const [x, y] = [(-a * c) / square, (-b * c) / square]; // the line's point that is nearest to the origin
      const within = [...frame, ...own.filter((_, other) => other !== k && other !== j)];
      const [from, to] = within.reduce(
        ([low, high], [p, q, r]) => {
          const [here, slope] = [p * x + q * y + r, q * a - p * b];
          if (slope === 0) return here < 0 ? [1, 0] : [low, high];
          return slope > 0 ? [Math.max(low, -here / slope), high] : [low, Math.min(high, -here / slope)];
        },
        [-Infinity, Infinity],
      );
      if (from >= to) return [];
      return [/** @type {[Point, Point]} */ ([[x - from * b, y + from * a], [x - to * b, y + to * a]])];
    }),
  );
}
