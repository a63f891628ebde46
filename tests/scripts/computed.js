// What a widget's script computes, for the tests in Python: node --import ./tests/scripts/no_styles.js computed.js SCRIPT
// reads {data, steps} from its input, where a step is a state or an action, and writes the list of {state, view}.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { act, view } = await import(pathToFileURL(process.argv[2]).href);
const { data, steps } = JSON.parse(readFileSync(0, "utf8"));
let state = null;
const found = steps.map((/** @type {any} */ step) => {
  state = "state" in step ? step.state : act(data, state, step.action);
  return { state, view: view(data, state) };
});
// infinities and not-a-numbers are told apart, which plain JSON does not do
process.stdout.write(JSON.stringify(found, (_, value) => (typeof value === "number" && !Number.isFinite(value) ? String(value) : value)));
