// What the episode explorer shows of its data and state: the episode dealt, its pictures and results where they are known.
import { answered } from "../kit/asking.js";
import { deal, drawnFrom, problem } from "./dealing.js";

/** @typedef {import("./dealing.js").State} State */
/** @typedef {import("../kit/elements.js").Badge} Badge */
/** @typedef {{ url: string, count: number }} Strip */
/** @typedef {{ name: string, drawings: Strip }} Drawn  a class of which all drawings are at hand, or those of an episode in its order */
/** @typedef {{ mean: number, low: number, high: number, text: string }} Score */
/** @typedef {{ scores: Score[], findings: [string, string][], scope: string }} Results */
/**
 * @typedef {import("./dealing.js").Bank & {
 *   most: { n_way: number, k_shot: number, n_query: number }, first: State, whole: string[], classes: Record<string, Drawn>,
 *   labels: Badge[], methods: { name: string, colour: string }[], results: Record<string, Results>
 * }} Data  results: by setting; whole: the alphabets of which all drawings are in `classes`
 */
/** @typedef {{ drawings: Strip, index: number[], turn: number }} Pictures  places in a strip, and quarter turns to the left */

/** @type {(keyof State)[]} */
const KEYS = ["alphabet", "n_way", "k_shot", "n_query", "rotation", "within_group", "support_in_query", "repeated_class", "ascending_labels"];
/** The setting's name in the list of results. @param {State} state */
const setting = (state) => KEYS.map((key) => state[key]).join(" ");

/** A question for Python: "results" of a setting, whichever episode is shown, or the "pictures" of one. @param {string} what @param {State} state */
const question = (what, state) => {
  const values = KEYS.map((key) => [key, state[key]]);
  return `${what} ${JSON.stringify({ ...Object.fromEntries(values), shown: what === "results" ? 0 : state.shown })}`;
};

/**
 * The episode, with the number in the whole bank of each class, its quarter turns, and whether all drawings are at hand.
 * @param {Data} data @param {State} state
 */
function dealt(data, state) {
  const { members } = drawnFrom(data, state);
  const episode = deal(data, state);
  const bases = episode.classes.map((c) => members[c % members.length]);
  const turns = episode.classes.map((c) => Math.floor(c / members.length));
  return { ...episode, bases, turns, here: bases.every((base) => base in data.classes) };
}

/** The next episode whose drawings are at hand, or null. @param {Data} data @param {State} state */
export function nextAtHand(data, state) {
  for (let step = 1; step < data.n_episodes; step++) {
    const shown = (state.shown + step) % data.n_episodes;
    if (dealt(data, { ...state, shown }).here) return shown;
  }
  return null;
}

/** A row for each label: its class, and the pictures of it where they are known. @param {Data} data @param {State} state */
function rows(data, state) {
  const { classes, drawings, bases, turns, here } = dealt(data, state);
  const asked = question("pictures", state);
  const found = here ? null : answered(data, asked);
  const given = /** @type {Drawn[] | null} */ (Array.isArray(found) ? found : null);
  return {
    lacks: here || found ? [] : [asked],
    failed: found?.error ?? "",
    missing: !here && !given,
    episode: { classes, drawings },
    rows: classes.map((c, label) => {
      const [base, turn] = [bases[label], turns[label]];
      const own = here ? data.classes[base] : null;
      const name = own ? own.name + (turn ? `, turned ${90 * turn}°` : "") : (given?.[label].name ?? data.alphabets[data.groups[base]]);
      /** @type {Pictures | null} */
      let pictures = own ? { drawings: own.drawings, index: drawings[label], turn } : null;
      if (given) pictures = { drawings: given[label].drawings, index: drawings[label].map((_, i) => i), turn: 0 };
      return { label: data.labels[label], number: c, name, pictures };
    }),
  };
}

/** The two scores and the auditor's words, where they are known. @param {Data} data @param {State} state */
function results(data, state) {
  const listed = setting({ ...state, within_group: state.alphabet ? 0 : state.within_group });
  const asked = question("results", state);
  /** @type {any} */
  const found = data.results[listed] ?? answered(data, asked);
  const known = /** @type {Results | null} */ (found?.scores ? found : null);
  return {
    lacks: found ? [] : [asked],
    failed: /** @type {string} */ (found?.error ?? ""),
    known: known !== null,
    bars: known?.scores.map((score, i) => ({ ...data.methods[i], ...score })) ?? [],
    findings: known?.findings ?? [],
    scope: known?.scope ?? "",
  };
}

/** @param {Data} data @param {State} state */
export function view(data, state) {
  const { alphabets, whole, most, n_episodes } = data;
  const always = { state, alphabets, whole, most };
  const why = problem(data, state);
  /** @type {string[]} */
  const nothing = [];
  if (why) return { ...always, kind: /** @type {const} */ ("problem"), status: why, lacks: nothing, shown: { problem: why } };
  const table = rows(data, state);
  const counted = results(data, state);
  const means = counted.bars.map(({ mean }) => mean);
  const chance = (100 / state.n_way).toFixed(0);
  return {
    ...always,
    kind: /** @type {const} */ ("episode"),
    status: `Episode ${state.shown + 1} of ${n_episodes}`,
    n_classes: drawnFrom(data, state).n_classes,
    table,
    counted,
    lacks: [...table.lacks, ...counted.lacks],
    caption: `Accuracy over ${n_episodes} such episodes with its 95 % interval; dashed: chance, ${chance} %`,
    nextAtHand: () => nextAtHand(data, state), // looked for only where no Python is
    shown: { ...table.episode, means, findings: counted.findings.map(([kind]) => kind) },
  };
}

/**
 * @param {Data} data @param {State} state
 * @param {{ name: "set", key: string, value: number } | { name: "another", shown?: number } | { name: "first" }} action
 * @returns {State}
 */
export function act(data, state, action) {
  if (action.name === "first") return data.first;
  if (action.name === "another") return { ...state, shown: action.shown ?? (state.shown + 1) % data.n_episodes };
  return { ...state, [action.key]: action.value, shown: 0 };
}

/** @typedef {ReturnType<typeof view>} View */
