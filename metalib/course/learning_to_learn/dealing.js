// Episodes, dealt as metalib/episodes.py and leaks.py deal them: the same numbers from the same seed, so that the
// episode that is seen is one of those that were scored.

/** @typedef {{ seed: number, n_episodes: number, n_drawings: number, alphabets: string[], groups: number[] }} Bank  groups: the alphabet of each class */
/**
 * @typedef {{ alphabet: number, n_way: number, k_shot: number, n_query: number, rotation: number, within_group: number,
 *   support_in_query: number, repeated_class: number, ascending_labels: number, shown: number }} State
 */
/** @typedef {{ classes: number[], drawings: number[][] }} Deal  N class numbers of the bank that is drawn from, and K + Q drawings of each */

const TURNS = 4;
/** @type {Map<number, (i: number) => number>} */
const streams = new Map();

/** The i-th number of torch's generator on the CPU, the Mersenne twister (Matsumoto and Nishimura, 1998): 32 bits. @param {number} seed */
function stream(seed) {
  const known = streams.get(seed);
  if (known) return known;
  const words = new Uint32Array(624);
  words[0] = seed;
  for (let i = 1; i < 624; i++) words[i] = Math.imul(1812433253, words[i - 1] ^ (words[i - 1] >>> 30)) + i;
  let made = new Uint32Array(0);
  const twist = () => {
    for (let i = 0; i < 624; i++) {
      const both = (words[i] & 0x80000000) | (words[(i + 1) % 624] & 0x7fffffff);
      words[i] = words[(i + 397) % 624] ^ (both >>> 1) ^ (both & 1 ? 0x9908b0df : 0);
    }
  };
  /** @param {number} end */
  const make = (end) => {
    const from = made.length;
    const longer = new Uint32Array(624 * Math.ceil((2 * end) / 624));
    longer.set(made);
    for (let i = from; i < longer.length; i++) {
      if (i % 624 === 0) twist();
      let y = words[i % 624];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      longer[i] = y ^ (y >>> 18);
    }
    made = longer;
  };
  const at = (/** @type {number} */ i) => {
    if (i >= made.length) make(i + 1);
    return made[i];
  };
  streams.set(seed, at);
  return at;
}

/** Where the largest of `keys` stand, the largest first. @param {number[] | Float64Array} keys @param {number} count */
function largest(keys, count) {
  /** @type {number[]} */
  const top = [];
  for (let i = 0; i < keys.length; i++) {
    if (top.length === count && keys[i] <= keys[top[count - 1]]) continue;
    let place = top.length;
    while (place > 0 && keys[top[place - 1]] < keys[i]) place--;
    top.splice(place, 0, i);
    if (top.length > count) top.pop();
  }
  return top;
}

/**
 * The classes that episodes are drawn from: those of one alphabet or of all, each with its alphabet; with `turns`
 * each class four times, turn after turn.
 * @param {Bank} bank @param {State} state
 */
export function drawnFrom({ groups, alphabets }, { alphabet, rotation, within_group }) {
  const members = groups.flatMap((group, c) => (alphabet === 0 || group === alphabet - 1 ? [c] : []));
  const turns = rotation ? TURNS : 1;
  const within = Boolean(within_group) && alphabet === 0;
  const sizes = alphabets.map(() => 0);
  for (const group of groups) sizes[group] += 1;
  return { members, turns, n_classes: members.length * turns, within, sizes };
}

/** Why there is no such episode, in words, or "". @param {Bank} bank @param {State} state */
export function problem(bank, state) {
  const { alphabet, n_way: n, k_shot: k, n_query: q } = state;
  if (k + q > bank.n_drawings) {
    return (
      `${k} support and ${q} query pictures make ${k + q}, and there are ${bank.n_drawings} drawings of each character: ` +
      "take fewer shots or fewer queries."
    );
  }
  const { n_classes, within, sizes } = drawnFrom(bank, state);
  const most = within ? Math.max(...sizes) : n_classes;
  if (n <= most) return "";
  const where = alphabet ? bank.alphabets[alphabet - 1] : within ? "the largest alphabet" : "this bank";
  const other = alphabet ? "all alphabets" : "characters of several alphabets";
  return `${n}-way needs ${n} characters, and ${where} has ${most}: take fewer ways, or ${other}.`;
}

/** The episode that a state without a problem shows. @param {Bank} bank @param {State} state @returns {Deal} */
export function deal(bank, state) {
  const { n_episodes: tasks, n_drawings, groups } = bank;
  const { n_way, k_shot, shown } = state;
  const { members, n_classes, within, sizes } = drawnFrom(bank, state);
  const number = stream(bank.seed);
  const key = (/** @type {number} */ i) => number(i) & 0xffffff; // torch.rand keeps 24 bits of 32
  const keys = (/** @type {number} */ from, /** @type {number} */ count) => Array.from({ length: count }, (_, i) => key(from + i));
  const needed = k_shot + state.n_query;
  let start = tasks * n_classes; // of the random numbers of the next draw
  const ofClasses = keys(shown * n_classes, n_classes);
  if (within) {
    const turned = sizes.length; // alphabets before those of the next turn
    const large = Array.from({ length: turned * (n_classes / members.length) }, (_, g) => g).filter((g) => sizes[g % turned] >= n_way);
    const chosen = large[number(start + shown) % large.length];
    start += tasks;
    const group = (/** @type {number} */ c) => groups[c % members.length] + turned * Math.floor(c / members.length);
    ofClasses.forEach((_, c) => group(c) === chosen || (ofClasses[c] = -1));
  }
  let classes = largest(ofClasses, n_way);
  let drawings = classes.map((_, label) => largest(keys(start + (shown * n_way + label) * n_drawings, n_drawings), needed));
  start += tasks * n_way * n_drawings;
  if (state.repeated_class) {
    const others = keys(start + shown * n_drawings, n_drawings); // of the same class, those that are not taken first
    for (const taken of drawings[0]) others[taken] -= 0x1000000;
    classes = [...classes.slice(0, -1), classes[0]];
    drawings = [...drawings.slice(0, -1), largest(others, needed)];
  }
  if (state.ascending_labels) {
    const order = classes.map((_, label) => label).sort((a, b) => classes[a] - classes[b]);
    [classes, drawings] = [order.map((label) => classes[label]), order.map((label) => drawings[label])];
  }
  if (state.support_in_query) drawings = drawings.map((of) => of.map((drawing, i) => (i === k_shot ? of[0] : drawing)));
  return { classes, drawings };
}
