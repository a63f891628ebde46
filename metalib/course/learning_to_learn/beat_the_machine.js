import { done } from "./beat_the_machine_end.js";
import { button, element, note, status, tile } from "../kit/elements.js";
import { inWords, wilson } from "../kit/intervals.js";
import { widget } from "../kit/widget.js";
import "./beat_the_machine.css"; // after the kit's, which it refines

/**
 * @typedef {object} Question
 * @property {{ url: string, count: number }} pictures  the drawing to place, then the N to choose from
 * @property {number} truth  the label of the right one
 * @property {string} name  where it is from
 * @property {number[]} machines  the label that each machine says
 */
/** @typedef {{ name: string, colour: string, mean: number, low: number, high: number, text: string }} Bar */
/**
 * @typedef {object} Rival  the machine that misses fewest of the whole test
 * @property {string} name
 * @property {number} wrong
 * @property {{ pictures: { url: string, count: number }, name: string }[]} missed  the first of them: asked, chosen, right
 */
/**
 * @typedef {object} Data
 * @property {number} n_way
 * @property {{ name: string, colour: string }[]} players  you, then the machines
 * @property {Question[][]} rounds
 * @property {{ total: number, bars: Bar[], note: string }} all  what people and machines reach in the whole test
 * @property {Rival | null} rival
 * @property {boolean} kept  Python keeps your score
 */
/** @typedef {{ round: number, started: boolean, answers: number[] }} State */

/**
 * Right answers of you and each machine with Wilson's intervals, best first; of equals the first stays first.
 * @param {Data} data @param {State} state
 */
function scores({ players, rounds }, { round, answers }) {
  const questions = rounds[round];
  return players
    .map(({ name, colour }, player) => {
      const said = (/** @type {Question} */ { machines }, /** @type {number} */ i) => (player === 0 ? answers[i] : machines[player - 1]);
      const right = questions.filter((question, i) => said(question, i) === question.truth).length;
      const interval = wilson(right, questions.length);
      return { name, colour, right, ...interval, text: inWords(interval, "questions") };
    })
    .sort((a, b) => b.right - a.right);
}

/**
 * What the rival misses, but for questions that you may still be asked; and what became of those that you were asked.
 * @param {Rival} rival @param {Question[][]} rounds @param {number} round @param {{ name: string }[]} missed
 */
function told(rival, rounds, round, missed) {
  const among = (/** @type {{ name: string }[]} */ list, /** @type {string} */ name) => list.some((question) => question.name === name);
  const known = rival.missed.filter(({ name }) => !among(rounds.slice(round + 1).flat(), name));
  return known.map((miss) => {
    const asked = among(missed, miss.name) ? "You missed it, too" : "You were right";
    return { ...miss, you: among(rounds[round], miss.name) ? asked : "" };
  });
}

/** @param {Data} data @param {State} state */
export function view(data, state) {
  const questions = data.rounds[state.round];
  const number = state.answers.length;
  const total = questions.length;
  const machines = data.players.slice(1).map(({ name }) => name);
  const whole = { round: state.round, rounds: data.rounds.length, total, n_way: data.n_way, machines, kept: data.kept };
  if (!state.started) return { ...whole, stage: /** @type {const} */ ("ready") };
  if (number < total) return { ...whole, stage: /** @type {const} */ ("asking"), number, pictures: questions[number].pictures };
  const missed = questions
    .map(({ pictures, truth, name, machines: said }, i) => {
      const helped = machines.filter((_, machine) => said[machine] === truth);
      return { number: i + 1, pictures, yours: state.answers[i], truth, name, machines: helped };
    })
    .filter(({ yours, truth }) => yours !== truth);
  const right = total - missed.length;
  const rival = data.rival && { ...data.rival, missed: told(data.rival, data.rounds, state.round, missed) };
  const { all } = data;
  return { ...whole, stage: /** @type {const} */ ("done"), bars: scores(data, state), all, rival, missed, right, status: `You: ${right} of ${total} right.` };
}

/**
 * An answer counts for the question that it was given to, so that one that comes too late is none.
 * @param {Data} data @param {State} state
 * @param {{ name: "start" } | { name: "again" } | { name: "answer", question: number, label: number }} action @returns {State}
 */
export function act({ rounds }, state, action) {
  const total = rounds[state.round].length;
  if (action.name === "start") return state.started ? state : { ...state, started: true };
  if (action.name === "again") {
    return state.answers.length < total ? state : { round: (state.round + 1) % rounds.length, started: true, answers: [] };
  }
  if (!state.started || state.answers.length === total || action.question !== state.answers.length) return state;
  return { ...state, answers: [...state.answers, action.label] };
}

/** @typedef {ReturnType<typeof view>} View */

/** @param {View} view */
function ready({ total, n_way, machines }) {
  const opponents = machines.length ? ` Your opponents answer the same ${total}: ${machines.join(", ")}.` : "";
  return [
    element(
      "div",
      { class: "metalib-ready" },
      element("strong", {}, `${total} questions of a test that people sat in 2015, ${n_way} characters each.`),
      element(
        "p",
        {},
        "You see one drawing. Pick the character that it shows, drawn by another hand. All are of one alphabet. " +
          `You learn the result at the end.${opponents}`,
      ),
      element("p", { class: "metalib-note" }, "Mouse: click. Keyboard: arrow keys, then Enter."),
      button({ name: "start" }, { class: "metalib-main", "data-once": true }, "Start"),
    ),
  ];
}

/** @param {Extract<View, { stage: "asking" }>} view */
function asking({ number, total, pictures }) {
  const card = (/** @type {unknown} */ _, /** @type {number} */ label) =>
    element(
      "button",
      {
        type: "button",
        class: "metalib-pick",
        "data-act": JSON.stringify({ name: "answer", question: number, label }),
        "data-once": true,
        tabindex: label === 0 ? 0 : -1,
        "aria-label": `Character ${label + 1} of ${pictures.count - 1}`,
      },
      tile(pictures, label + 1, 56),
    );
  return [
    element(
      "div",
      { class: "metalib-between metalib-progress" },
      status(`Question ${number + 1} of ${total}`),
      element("progress", { max: total, value: number, "aria-label": "questions answered" }),
    ),
    element(
      "div",
      { class: "metalib-question" },
      element("figure", {}, tile(pictures, 0, 126, "the drawing to place"), element("figcaption", {}, "Which one is this?")),
      element(
        "div",
        { class: "metalib-grid", role: "group", "aria-label": "Characters to choose from" },
        Array.from({ length: pictures.count - 1 }, card),
      ),
    ),
  ];
}

const LOST = "Python is not there to keep your score: run the cells above and this one again before you play, if it is to count.";
const KEPT = "Your score board keeps the round that you finished last; to see it there, run its cell.";

/** @param {View} seen @param {string} _own @param {import("../kit/kernel_link.js").KernelState} kernel */
function draw(seen, _own, kernel) {
  if (seen.stage === "asking") return asking(seen);
  const lost = kernel === "gone" ? LOST : seen.stage === "done" ? KEPT : "";
  return [...(seen.stage === "ready" ? ready(seen) : done(seen)), seen.kept && lost ? note(lost) : null];
}

/** Arrow keys move among the cards, as they lie on the page. @param {KeyboardEvent} event */
function key(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  // a key held down answers one question, not all
  if (event.repeat && event.key === "Enter" && target.closest("[data-once]")) event.preventDefault();
  const cards = /** @type {HTMLElement[]} */ ([...(target.closest(".metalib-grid")?.querySelectorAll(".metalib-pick") ?? [])]);
  const at = cards.indexOf(target);
  if (at < 0) return;
  const columns = cards.filter((card) => card.offsetTop === cards[0].offsetTop).length;
  /** @type {Record<string, number>} */
  const places = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: cards.length - 1,
  };
  if (!(event.key in places)) return;
  event.preventDefault();
  cards[places[event.key]]?.focus();
}

/**
 * The button that was pressed is gone: the keyboard goes on at the first card; at the end, at the result, where one
 * Enter too many does nothing. Only in the view where it was pressed.
 * @param {HTMLElement} root @param {import("../kit/widget.js").Now<View>} now
 */
function begin(root, { model }) {
  let pressed = false;
  const press = () => (pressed = true);
  const release = () => (pressed = false); // after the widget's own listener, which changes the state
  const follow = () => {
    const target = /** @type {HTMLElement | null} */ (root.querySelector(".metalib-pick, .metalib-result"));
    if (pressed) target?.focus({ preventScroll: true });
  };
  root.addEventListener("click", press, true);
  root.addEventListener("click", release);
  model.on("change:state", follow);
  return () => {
    root.removeEventListener("click", press, true);
    root.removeEventListener("click", release);
    model.off("change:state", follow);
  };
}

export default widget({
  name: "beat-the-machine",
  view,
  act,
  draw,
  key,
  begin,
  shown: (seen) => (seen.stage === "done" ? { stage: seen.stage, right: seen.right } : { stage: seen.stage }),
});
