const button = (action, words) =>
  element("button", { type: "button", class: "metalib-button metalib-main", "data-action": action }, words);

function ready({ total, n_way, machines }) {
  const opponents = machines.length ? ` Your opponents answer the same ${total}: ${machines.join(", ")}.` : "";
  return [
    element(
      "div",
      { class: "metalib-ready" },
      element("strong", {}, `${total} questions, ${n_way} characters each, all of one alphabet.`),
      element(
        "p",
        {},
        "You see one drawing. Pick the character that it shows, drawn by another hand. " +
          `You learn the result at the end.${opponents}`,
      ),
      element("p", { class: "metalib-quiet" }, "Mouse: click. Keyboard: arrow keys, then Enter."),
      button("start", "Start"),
    ),
  ];
}

function asking({ question, total, query, support }) {
  const card = (url, i) =>
    element(
      "button",
      {
        type: "button",
        class: "metalib-pick",
        "data-action": "answer",
        "data-label": i,
        "data-question": question,
        tabindex: i === 0 ? 0 : -1,
        "aria-label": `Character ${i + 1} of ${support.length}`,
      },
      picture(url, 56),
    );
  return [
    element(
      "div",
      { class: "metalib-progress" },
      element("p", { class: "metalib-status", role: "status" }, `Question ${question + 1} of ${total}`),
      element("progress", { max: total, value: question, "aria-label": "questions answered" }),
    ),
    element(
      "div",
      { class: "metalib-question" },
      element("figure", {}, picture(query, 126, "the drawing to place"), element("figcaption", {}, "Which one is this?")),
      element("div", { class: "metalib-grid", role: "group", "aria-label": "Characters to choose from" }, support.map(card)),
    ),
  ];
}

function done({ status, bars: rows, chance, missed, total }) {
  const side = (url, words) => element("figure", {}, picture(url, 56, words), element("figcaption", {}, words));
  const mistake = ({ number, query, yours, truth, name, machines }) =>
    element(
      "li",
      {},
      element("b", {}, `Question ${number}`),
      element("div", { class: "metalib-trio" }, side(query, "asked"), side(yours, "you chose"), side(truth, "right")),
      element("small", {}, name),
      element("small", {}, `Right here: ${machines.join(", ") || "no machine"}`),
    );
  return [
    element(
      "div",
      { class: "metalib-progress" },
      element("p", { class: "metalib-status metalib-result", role: "status", tabindex: -1 }, status),
      button("again", "Again, with new questions"),
    ),
    bars(rows, chance, `Right answers of ${total}, with the 95 % interval (Wilson); dashed: chance`),
    element("h4", { class: "metalib-after" }, missed.length ? "What you missed" : "You missed nothing."),
    element("ul", { class: "metalib-missed" }, missed.map(mistake)),
  ];
}

function draw(view) {
  return { ready, asking, done }[view.stage](view);
}

function message({ dataset }, event) {
  if (dataset.action !== "answer") return { action: dataset.action };
  // the second click of a double click would answer the next question unseen
  if (event.detail > 1) return null;
  return { action: "answer", label: Number(dataset.label), question: Number(dataset.question) };
}

// Arrow keys move among the cards, as they lie on the page.
function key(event) {
  const cards = [...(event.target.closest(".metalib-grid")?.querySelectorAll(".metalib-pick") ?? [])];
  const at = cards.indexOf(event.target);
  if (at < 0) return;
  if (event.repeat && event.key === "Enter") event.preventDefault(); // a key held down answers one question, not all
  const columns = cards.filter((card) => card.offsetTop === cards[0].offsetTop).length;
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
  const next = { Home: 0, End: cards.length - 1 }[event.key] ?? (step && at + step);
  if (next === undefined) return;
  event.preventDefault();
  cards[next]?.focus();
}

function render({ model, el }) {
  const stop = mount(model, el, { draw, message, key });
  let stage = model.get("view").stage;
  const follow = () => {
    const now = model.get("view").stage;
    // the button that was pressed is gone: the keyboard goes on at the first card; at the end, one Enter too many does nothing
    const target = el.querySelector(now === "asking" ? ".metalib-pick" : ".metalib-result");
    if (now !== stage) target?.focus({ preventScroll: true });
    stage = now;
  };
  model.on("change:view", follow);
  return () => {
    stop();
    model.off("change:view", follow);
  };
}

export default { render };
