import assert from "node:assert/strict";
import { test } from "node:test";
import { deal, drawnFrom, problem } from "../../../metalib/course/learning_to_learn/dealing.js";

// three alphabets of 6, 8 and 10 classes
const groups = [6, 8, 10].flatMap((size, group) => Array.from({ length: size }, () => group));
const bank = { seed: 5, n_episodes: 100, n_drawings: 20, alphabets: ["x", "y", "z"], groups };
const first = {
  ...{ alphabet: 0, n_way: 5, k_shot: 2, n_query: 4, rotation: 0, within_group: 0 },
  ...{ support_in_query: 0, repeated_class: 0, ascending_labels: 0, shown: 0 },
};
const episodes = (/** @type {object} */ changes) => Array.from({ length: 100 }, (_, shown) => deal(bank, { ...first, ...changes, shown }));

test("classes and drawings come without replacement, in random order", () => {
  for (const { classes, drawings } of episodes({})) {
    assert.equal(new Set(classes).size, 5);
    for (const of of drawings) assert.equal(new Set(of).size, 6);
  }
  const ascending = episodes({}).filter(({ classes }) => classes.every((c, i) => i === 0 || c > classes[i - 1]));
  assert.ok(ascending.length < 10);
  const seen = new Set(episodes({}).flatMap(({ classes }) => classes));
  assert.equal(seen.size, groups.length);
});

test("one alphabet gives its classes, and each turn of them with rotations", () => {
  assert.deepEqual(drawnFrom(bank, { ...first, alphabet: 2 }).members, [6, 7, 8, 9, 10, 11, 12, 13]);
  for (const { classes } of episodes({ alphabet: 2 })) assert.ok(classes.every((c) => c < 8));
  const turned = new Set(episodes({ alphabet: 2, rotation: 1 }).flatMap(({ classes }) => classes));
  assert.equal(turned.size, 32);
});

test("all N within one alphabet takes alphabets that are large enough", () => {
  const chosen = episodes({ within_group: 1, n_way: 7 }).map(({ classes }) => new Set(classes.map((c) => groups[c])));
  assert.ok(chosen.every((alphabets) => alphabets.size === 1));
  assert.deepEqual(new Set(chosen.flatMap((alphabets) => [...alphabets])), new Set([1, 2]));
});

test("each leak is what it says", () => {
  const clean = episodes({});
  episodes({ support_in_query: 1 }).forEach(({ classes, drawings }, t) => {
    assert.deepEqual(classes, clean[t].classes);
    for (const of of drawings) assert.equal(of[2], of[0]);
  });
  for (const { classes, drawings } of episodes({ repeated_class: 1 })) {
    assert.equal(classes[4], classes[0]);
    assert.equal(new Set([...drawings[0], ...drawings[4]]).size, 12);
  }
  episodes({ ascending_labels: 1 }).forEach(({ classes }, t) =>
    assert.deepEqual(classes, [...clean[t].classes].sort((a, b) => a - b)),
  );
});

test("an impossible episode is said in words", () => {
  assert.equal(problem(bank, first), "");
  assert.match(problem(bank, { ...first, k_shot: 10, n_query: 15 }), /make 25, and there are 20 drawings/);
  assert.match(problem(bank, { ...first, alphabet: 1, n_way: 7 }), /7-way needs 7 characters, and x has 6: .* or all alphabets/);
  assert.match(problem(bank, { ...first, within_group: 1, n_way: 11 }), /the largest alphabet has 10/);
  assert.equal(problem(bank, { ...first, alphabet: 1, n_way: 7, rotation: 1 }), "");
});
