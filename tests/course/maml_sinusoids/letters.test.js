import assert from "node:assert/strict";
import { test } from "node:test";
import { labels } from "../../../metalib/course/maml_sinusoids/letters.js";

const SIDE = 220;
const dot = (/** @type {string} */ letter, /** @type {number} */ x, /** @type {number} */ y, own = false) => ({ letter, x, y, r: own ? 7.5 : 4.5, up: letter === "M" || letter === "R", own });

/** @param {{ x: number, y: number, width: number }} a @param {{ x: number, y: number, width: number }} b */
const apart = (a, b) => Math.abs(a.x - b.x) >= (a.width + b.width) / 2 || Math.abs(a.y - b.y) >= 13;

test("far dots have a letter each, above or below as they prefer; the panel's own needs none", () => {
  const found = labels([dot("M", 50, 50, true), dot("F", 100, 100), dot("J", 150, 50), dot("R", 50, 150)], [], SIDE);
  assert.deepEqual(found.map(({ letters }) => letters.join("")), ["F", "J", "R"]);
  assert.deepEqual(found.map(({ y }, i) => y > [100, 50, 150][i]), [true, true, false]);
});

test("dots in one place share a label, with the panel's own letter", () => {
  const found = labels(["M", "F", "J", "R"].map((letter) => dot(letter, 110, 110, letter === "F")), [], SIDE);
  assert.deepEqual(found.map(({ letters }) => letters), [["M", "F", "J", "R"]]);
});

test("a chain of near dots is one group, also when the dot that joins it comes last", () => {
  const found = labels([dot("M", 100, 100), dot("F", 124, 100), dot("J", 112, 100)], [], SIDE);
  assert.deepEqual(found.map(({ letters }) => letters), [["M", "F", "J"]]);
});

test("a letter goes elsewhere where a dot is in its way", () => {
  const [free] = labels([dot("R", 110, 110)], [], SIDE);
  const [other] = labels([dot("R", 110, 110)], [{ x: free.x, y: free.y, r: 10 }], SIDE);
  assert.notDeepEqual([other.x, other.y], [free.x, free.y]);
});

test("labels lie in the picture and not over each other, wherever the dots are", () => {
  let seed = 1;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  let crowded = 0;
  for (let i = 0; i < 500; i++) {
    const spread = 10 + 200 * random();
    const [x, y] = [random() * (SIDE - spread), random() * (SIDE - spread)];
    const dots = ["M", "F", "J", "R"].map((letter) => dot(letter, x + spread * random(), y + spread * random(), letter === "M"));
    const found = labels(dots, [], SIDE);
    for (const one of found) {
      assert.ok(one.x - one.width / 2 >= -0.5 && one.x + one.width / 2 <= SIDE + 0.5 && one.y >= 6 && one.y <= SIDE - 6, JSON.stringify({ dots, found }));
    }
    if (found.some((a, j) => found.slice(j + 1).some((b) => !apart(a, b)))) crowded++;
  }
  assert.ok(crowded <= 2, `${crowded} of 500 overprint`);
});
