import assert from "node:assert/strict";
import { test } from "node:test";
import { learn } from "../../../metalib/course/kit/asking.js";
import { act as step, view } from "../../../metalib/course/draw_your_own/draw_your_own.js";

const LETTERS = ["A", "B", "C", "D", "E"];
const labels = LETTERS.map((text) => ({ text, colour: "#000", ink: "#fff" }));
const methods = ["prototypical network", "pixel neighbours", "MAML"].map((name) => ({ name, colour: "#000" }));
// each of the 25 features after four blocks is the brightness somewhere: one channel, whose middle weight is 1
const middle = [0, 0, 0, 0, 0x3c00, 0, 0, 0, 0, 0];
const network = { channels: [1, 1, 1, 1, 1], bytes: Buffer.from(Uint16Array.from(Array(4).fill(middle).flat()).buffer).toString("base64") };
const free = () => LETTERS.map(() => Array.from({ length: 5 }, () => /** @type {number[][]} */ ([])));
const BAR = [[52, 20, 52, 80]];
const first = { classes: free(), query: [] };
const data = { labels, network, methods, first, folder: "my-drawings" };
/** @type {any} */
const BEGIN = { ...first, label: -1, slot: 0, pen: [52, 52, 0], before: null, maml: 0, saves: 0, said: "" };

/** The state after some actions. @param {any} state @param {any[]} actions */
const after = (state, ...actions) => actions.reduce((now, action) => step(data, now, action), state);
const stroke = (/** @type {number[]} */ ...points) => [{ name: "draw", points: points.slice(0, 2) }, { name: "draw", points }, { name: "drawn", points }];
/** A state in which some classes have drawings. @param {number[][][][]} classes @param {number[][]} query */
const drawn = (classes, query = []) => ({ ...BEGIN, query, classes: LETTERS.map((_, i) => Array.from({ length: 5 }, (__, slot) => classes[i]?.[slot] ?? [])) });

test("a stroke by pointer is drawn in the place that is chosen, on the sheet, without the points it can spare", () => {
  const state = after(BEGIN, { name: "at", label: 1, slot: 2 }, ...stroke(-4, 10.04, 20, 10, 200, 10));
  assert.deepEqual(state.classes[1][2], [[0, 10, 105, 10]]);
  assert.deepEqual(state.pen, [105, 10, 0]);
  assert.equal(after(BEGIN, ...stroke(1, 1, 9, 9), ...stroke(5, 5)).query.length, 2);
});

test("a touch without a move is a dot", () => assert.deepEqual(after(BEGIN, ...stroke(30, 40)).query, [[30, 40]]));

test("a stroke is whole though an older state came from Python while it was drawn", () => {
  const [begun, on, end] = stroke(10, 10, 40, 10, 40, 60);
  const old = after(BEGIN, ...stroke(1, 1, 9, 9));
  assert.equal(after(old, begun).query.length, 2);
  for (const steps of [[on, end], [end]]) assert.deepEqual(after(old, ...steps).query, [[1, 1, 9, 9], [10, 10, 40, 10, 40, 60]]);
});

test("who draws with the pen down by key lifts it first", () => {
  const state = after(BEGIN, { name: "pen" }, { name: "go", dx: 3, dy: 0 }, ...stroke(5, 5, 20, 20));
  assert.deepEqual([state.query, state.pen], [[[52, 52, 61, 52], [5, 5, 20, 20]], [20, 20, 0]]);
});

test("by key the pen goes three pixels, is put down and lifted, and stops at the border", () => {
  const gone = after(BEGIN, { name: "go", dx: 1, dy: 0 }, { name: "go", dx: 0, dy: -5 });
  assert.deepEqual([gone.pen, gone.query], [[55, 37, 0], []]);
  const line = after(gone, { name: "pen" }, { name: "go", dx: 5, dy: 0 }, { name: "go", dx: 1, dy: 1 }, { name: "pen" });
  assert.deepEqual([line.pen, line.query], [[73, 40, 0], [[55, 37, 70, 37, 73, 40]]]);
  const border = after(line, { name: "go", dx: 50, dy: 0 });
  assert.deepEqual(border.pen, [105, 40, 0]);
  assert.equal(after(border, { name: "go", dx: 1, dy: 0 }), border);
});

test("who goes to another place with the pen down lifts it", () => {
  const state = after(BEGIN, { name: "pen" }, { name: "go", dx: 3, dy: 0 }, { name: "at", label: 0, slot: 0 });
  assert.deepEqual([state.pen[2], state.query, state.classes[0][0]], [0, [[52, 52, 61, 52]], []]);
});

test("undo takes strokes back one by one, and what was cleared or emptied as a whole", () => {
  const two = after(BEGIN, ...stroke(1, 1, 9, 9), ...stroke(5, 5, 8, 20));
  assert.deepEqual(after(two, { name: "undo" }).query, [[1, 1, 9, 9]]);
  assert.deepEqual(after(two, { name: "undo" }, { name: "undo" }, { name: "undo" }).query, []);
  assert.deepEqual(after(two, { name: "clear" }).query, []);
  for (const name of ["clear", "empty", "first"]) assert.deepEqual(after(two, { name }, { name: "undo" }).query, two.query, name);
  assert.deepEqual(after(two, { name: "clear" }, ...stroke(3, 3), { name: "undo" }).query, []); // a stroke later it is gone
});

test("empty all begins with class A, next goes on to the same place of each class, and ends at the query", () => {
  let state = after(drawn([[BAR], [BAR]]), { name: "empty" });
  assert.ok(state.classes.flat().every((/** @type {number[][]} */ drawing) => drawing.length === 0));
  const seen = [];
  for (let i = 0; i < 6; i++) {
    seen.push([state.label, state.slot]);
    state = after(state, ...stroke(9, 9, 60, 60), { name: "next" });
  }
  assert.deepEqual(seen, [[0, 0], [1, 0], [2, 0], [3, 0], [4, 0], [-1, 0]]);
  assert.deepEqual(state.classes.map((/** @type {any[]} */ drawings) => drawings.filter((drawing) => drawing.length).length), [1, 1, 1, 1, 1]);
});

test("next of the query is the first class without a drawing", () => {
  const { label, slot } = after(drawn([[BAR], [], [BAR]]), { name: "next" });
  assert.deepEqual([label, slot], [1, 0]);
});

test("a file's drawings take the place of all classes, the query stays, and an undo brings them back", () => {
  const before = drawn([[BAR]], BAR);
  const state = after(before, { name: "load", classes: free(), said: "Opened x.json." });
  assert.deepEqual([state.classes, state.query, state.said], [free(), BAR, "Opened x.json."]);
  assert.deepEqual(after(state, { name: "undo" }).classes, before.classes);
});

test("what is no setting of the widget's changes nothing", () => {
  assert.equal(after(BEGIN, { name: "set", key: "", value: NaN }), BEGIN);
  assert.equal(after(BEGIN, { name: "set", key: "maml", value: 1 }).maml, 1);
});

test("a stroke has an end, and a drawing", () => {
  const many = after(BEGIN, ...Array.from({ length: 120 }, (_, i) => stroke(i / 2, 3)).flat());
  assert.equal(many.query.length, 100);
  const long = Array.from({ length: 2100 }, (_, i) => [i % 100, (7 * i) % 100]).flat();
  assert.equal(after(BEGIN, { name: "draw", points: long }).query[0].length, 4000);
});

test("it says what is missing: classes, then a query", () => {
  assert.match(view(data, BEGIN).status, /at least two classes/);
  assert.match(view(data, drawn([[BAR], []], BAR)).status, /at least two classes/);
  assert.match(view(data, drawn([[BAR], [BAR]])).status, /question mark/);
  assert.equal(view(data, drawn([[BAR], [BAR]])).shown.answer, null);
});

const RING = [[30, 30, 75, 30, 75, 75, 30, 75, 30, 30]];
const CROSS = [[30, 52, 75, 52], [52, 30, 52, 75]];

test("the nearest prototype answers, by squared distances and their softmax, and classes without a drawing are left out", () => {
  const { found, shown, canvases } = view(data, drawn([[RING], [], [CROSS, CROSS]], CROSS));
  assert.deepEqual(found?.rows.map(({ label, count }) => [label, count]), [[0, 1], [2, 2]]);
  assert.deepEqual([shown.answer, shown.distances[1], found?.kin.slot, shown.pixels], [2, 0, 0, 2]);
  const share = 1 / (1 + Math.exp(-shown.distances[0]));
  assert.ok(Math.abs(shown.shares[1] - share) < 1e-12);
  assert.deepEqual([canvases.kin, canvases.pixels], [canvases.seen, canvases.seen]);
});

test("among drawings of a class the nearest one is shown, not the first", () => {
  assert.equal(view(data, drawn([[CROSS], [CROSS, RING]], RING)).found?.kin.slot, 1);
});

test("MAML is asked for what is drawn, once the pen is lifted, and its answer stands where it is known", () => {
  const state = { ...drawn([[RING], [], [CROSS]], CROSS), maml: 1 };
  const [asked] = view(data, state).lacks;
  assert.deepEqual(JSON.parse(asked.replace("maml ", "")), { classes: [[RING], [], [CROSS], [], []], query: CROSS });
  assert.deepEqual(view(data, { ...state, pen: [1, 1, 1] }).lacks, []);
  assert.deepEqual(view(data, { ...state, maml: 0 }).lacks, []);
  learn(data, { [asked]: { 0: 0.25, 2: 0.75 } });
  const { maml, lacks } = view(data, state);
  assert.deepEqual([maml?.best, maml?.share, lacks], [2, 0.75, []]);
  learn(data, { [asked]: { error: "CheckpointError: gone" } });
  assert.deepEqual([view(data, state).maml?.best, view(data, state).maml?.failed], [null, "CheckpointError: gone"]);
});

test("a folder that was asked for is said when Python has written it", () => {
  const state = after(drawn([[RING], [CROSS]]), { name: "save" });
  assert.equal(state.saves, 1);
  assert.deepEqual(view(data, state).saved, { known: false, words: "" });
  learn(data, { "saved 1": "Saved as the folder my-drawings." });
  assert.deepEqual(view(data, state).saved, { known: true, words: "Saved as the folder my-drawings." });
});
