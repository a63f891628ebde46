// What is drawn, and what is said to it: arithmetic alone, tested without a page.
import { answered } from "../kit/asking.js";
import { features } from "./conv4.js";
import { bitmap, shrunk } from "./ink.js";

/** @typedef {import("./ink.js").Drawing} Drawing */
/** @typedef {{ classes: Drawing[][], query: Drawing }} Drawn  of each class as many places as there may be drawings; an empty one is free */
/**
 * @typedef {object} Data
 * @property {import("../kit/elements.js").Badge[]} labels
 * @property {import("./conv4.js").Numbers} network
 * @property {Drawn} first  what was there to begin with
 * @property {{ name: string, colour: string }[]} methods  prototypical network, pixels, MAML
 * @property {string | null} folder  where Python saves
 */
/**
 * @typedef {Drawn & { label: number, slot: number, pen: [number, number, number], before: Drawn | null, maml: number,
 *   saves: number, said: string }} State  label −1 is the query; pen: its place, and whether it is down
 */
/** @typedef {{ label: number, slot: number, picture: Uint8Array, z: number[] }} Embedded */
/** @typedef {{ sheet: Uint8Array, picture: Uint8Array, z: number[] }} Prepared */

/** @type {WeakMap<object, Map<string, Prepared>>} */
const known = new WeakMap();
const KEPT = 60; // drawings; while one is drawn, each move makes another

/** A drawing in its two sizes, and its features; computed once. @param {Data} data @param {Drawing} drawing @returns {Prepared} */
function prepared({ network }, drawing) {
  const all = known.get(network) ?? new Map();
  known.set(network, all);
  const name = JSON.stringify(drawing);
  let found = all.get(name);
  if (!found) {
    const sheet = bitmap(drawing);
    const picture = shrunk(sheet);
    found = { sheet, picture, z: features(network, picture) };
  }
  all.delete(name);
  all.set(name, found); // the last one looked at is the last to go
  for (const old of [...all.keys()].slice(0, -KEPT)) all.delete(old);
  return found;
}

/** @param {ArrayLike<number>} a @param {ArrayLike<number>} b */
function squaredDistance(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}

/** @template T @param {T[]} all @param {(one: T) => number} far */
const nearest = (all, far) => all.reduce((best, one) => (far(one) < far(best) ? one : best));

/** The mean of some features: a prototype. @param {number[][]} zs */
const mean = (zs) => zs[0].map((_, i) => zs.reduce((sum, z) => sum + z[i], 0) / zs.length);

/** What the network says to a query, and why. @param {Embedded[]} support @param {Prepared} query */
function answer(support, query) {
  const labels = [...new Set(support.map(({ label }) => label))];
  const far = labels.map((label) => {
    const own = support.filter((one) => one.label === label);
    return { label, count: own.length, distance: squaredDistance(query.z, mean(own.map(({ z }) => z))) };
  });
  const least = Math.min(...far.map(({ distance }) => distance));
  const parts = far.map(({ distance }) => Math.exp(least - distance));
  const sum = parts.reduce((all, part) => all + part, 0);
  const best = nearest(far, ({ distance }) => distance);
  const own = support.filter(({ label }) => label === best.label);
  return {
    rows: far.map((row, i) => ({ ...row, share: parts[i] / sum })),
    best,
    kin: nearest(own, ({ z }) => squaredDistance(query.z, z)),
    pixels: nearest(support, ({ picture }) => squaredDistance(query.picture, picture)),
  };
}

/** The question that Python answers with MAML. @param {Drawn} drawn */
export function question({ classes, query }) {
  return `maml ${JSON.stringify({ classes: classes.map((drawings) => drawings.filter((drawing) => drawing.length)), query })}`;
}

/** MAML's answer, where it is known: its shares by label. @param {Data} data @param {string} asked */
function second(data, asked) {
  const found = answered(data, asked);
  if (!found || found.error) return { failed: /** @type {string} */ (found?.error ?? ""), best: null, share: 0 };
  const [label, share] = Object.entries(found).reduce((best, one) => (one[1] > best[1] ? one : best));
  return { failed: "", best: Number(label), share: Number(share) };
}

/** @param {number} share */
export const percent = (share) => `${(100 * share).toFixed(0)}\u00a0%`;

/** The status: what the query is taken for. @param {Data} data @param {State} state @param {ReturnType<typeof answer> | null} found @param {number} classes  that have drawings */
function words({ labels }, state, found, classes) {
  if (state.pen[2]) return "The pen is down.";
  if (classes < 2) return "Draw a picture of at least two classes: choose a place, and draw.";
  if (!found) return "Choose the place beside the question mark, and draw what is to be told.";
  const { rows, best } = found;
  const others = rows.filter(({ label }) => label !== best.label);
  const next = nearest(others, ({ distance }) => distance);
  const share = rows.find(({ label }) => label === best.label)?.share ?? 0;
  const of = best.count > 1 ? `the mean of ${best.count} drawings` : "its one drawing";
  return (
    `Taken for ${labels[best.label].text}, ${percent(share)}: its prototype, ${of}, is nearest, at ${best.distance.toFixed(1)}; ` +
    `the next is ${labels[next.label].text}'s, at ${next.distance.toFixed(1)}.`
  );
}

/** @param {Data} data @param {State} state */
export function view(data, state) {
  const { labels, methods, folder } = data;
  const { classes, query, label, slot, pen, saves } = state;
  const support = classes.flatMap((drawings, of) =>
    drawings.flatMap((drawing, i) => (drawing.length ? [{ label: of, slot: i, ...prepared(data, drawing) }] : [])),
  );
  const present = new Set(support.map((one) => one.label)).size;
  const asked = query.length ? prepared(data, query) : null;
  const found = asked && present > 1 ? answer(support, asked) : null;
  const drawing = label < 0 ? query : classes[label][slot];
  const wanted = found && state.maml && !pen[2] ? [question(state)] : [];
  const saved = saves ? answered(data, `saved ${saves}`) : null;
  return {
    state,
    labels,
    methods,
    folder,
    drawing,
    target: label < 0 ? "the query" : `drawing ${slot + 1} of class ${labels[label].text}`,
    canvases: {
      ...(drawing.length ? { sheet: prepared(data, drawing).sheet, seen: prepared(data, drawing).picture } : {}),
      ...(found ? { kin: found.kin.picture, pixels: found.pixels.picture } : {}),
    },
    found,
    maml: wanted.length ? second(data, wanted[0]) : null,
    lacks: wanted.filter((one) => !answered(data, one)),
    status: words(data, state, found, present),
    saved: saves ? { known: Boolean(saved), words: /** @type {string} */ (saved?.error ?? saved ?? "") } : null,
    shown: {
      answer: found?.best.label ?? null,
      shares: found?.rows.map((row) => row.share) ?? [],
      distances: found?.rows.map((row) => row.distance) ?? [],
      pixels: found?.pixels.label ?? null,
    },
  };
}

/** @typedef {ReturnType<typeof view>} View */
