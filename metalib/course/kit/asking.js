// What a script cannot compute, it asks Python. A question is a text, which names one thing for good; so an answer is
// never shown beside another setting than its own, however late it comes.

/** @typedef {{ [question: string]: any }} Answers */

/** @type {WeakMap<object, Map<string, any>>} */
const answers = new WeakMap();
const KEPT = 40; // answers a widget; some hold pictures

/** What Python answered to `question`, or undefined. @param {object} data  the widget's @param {string} question */
export function answered(data, question) {
  return answers.get(data)?.get(question);
}

/** Keep what Python answered. @param {object} data @param {Answers} found */
export function learn(data, found) {
  const known = answers.get(data) ?? new Map();
  answers.set(data, known);
  for (const [question, answer] of Object.entries(found)) {
    known.delete(question);
    known.set(question, answer);
  }
  for (const question of [...known.keys()].slice(0, -KEPT)) known.delete(question);
}

/**
 * A widget's `begin` (see widget.js): ask what the view lacks, `lacks: string[]`, once the reader has set something;
 * not while a slider moves, and not where no kernel is. Python's side is kit/asking.py.
 * @param {HTMLElement} root @param {import("./widget.js").Now<{ lacks: string[] }>} now
 */
export function asking(root, { view, model, update }) {
  let moving = false;
  let asked = "";
  let number = 0;
  const ask = () => {
    const { lacks } = view();
    const question = lacks.join("\n");
    if (moving || root.dataset.kernel === "gone" || question === asked) return;
    asked = question;
    if (lacks.length) model.send({ ask: lacks, number: ++number });
  };
  const hear = () => {
    const { found } = model.get("answer") ?? {};
    if (!found) return;
    learn(model.get("data"), found);
    update();
    ask();
  };
  const move = () => (moving = true);
  const settle = () => {
    moving = false;
    ask();
  };
  const again = new MutationObserver(() => {
    if (root.dataset.kernel === "gone") asked = ""; // what was asked of a kernel that is gone will not be answered
    ask();
  });
  root.addEventListener("input", move, true);
  root.addEventListener("change", settle);
  model.on("change:state", ask);
  model.on("change:answer", hear);
  again.observe(root, { attributes: true, attributeFilter: ["data-kernel"] });
  hear();
  ask();
  return () => {
    again.disconnect();
    root.removeEventListener("input", move, true);
    root.removeEventListener("change", settle);
    model.off("change:state", ask);
    model.off("change:answer", hear);
  };
}

/** What stands where an answer is missing. @param {import("./kernel_link.js").KernelState} kernel @param {string} counts  what Python does */
export function waiting(kernel, counts) {
  if (kernel === "gone") return "This setting needs Python: run the cells above (menu Run), then run the cell again.";
  return kernel === "busy" ? "Python is busy: the answer comes when it is free." : `Python ${counts} …`;
}
