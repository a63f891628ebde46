function draw({ cards, queries, status }) {
  const card = ({ badge: label, picture: url, name, note }, i) =>
    element(
      "button",
      {
        type: "button",
        class: "metalib-card",
        "data-action": "swap",
        "data-card": i,
        style: `border-color:${label.colour}`,
        title: `${name}: click for another drawing, arrow keys for the next and the previous`,
        "aria-label": `Card ${label.text}, ${name}, ${note}. Another drawing`,
      },
      picture(url, 84),
      element("span", { class: "metalib-foot" }, badge(label), element("small", {}, note)),
    );
  const query = ({ badge: label, picture: url, truth, wrong, flipped }) => {
    const words = `Query of class ${truth}, answered ${label.text}${wrong ? ", wrong" : ""}${flipped ? ", flipped" : ""}`;
    return element(
      "li",
      {
        class: `metalib-query${wrong ? " metalib-is-wrong" : ""}${flipped ? " metalib-is-flipped" : ""}`,
        style: `--metalib-class:${label.colour}`,
      },
      picture(url, 56, words),
      element(
        "span",
        { class: "metalib-answer", "aria-hidden": "true" },
        badge(label),
        wrong ? element("b", {}, `✗ is ${truth}`) : null,
      ),
      flipped ? element("span", { class: "metalib-flip", "aria-hidden": "true" }, "flipped") : null,
    );
  };
  return [
    element("h4", {}, "Support: one drawing of each class. Click a card for another drawing, or use its arrow keys."),
    element("div", { class: "metalib-row" }, cards.map(card)),
    element("h4", {}, "Queries: frame and letter are the network's answer."),
    element("ul", { class: "metalib-queries" }, queries.map(query)),
    element(
      "div",
      { class: "metalib-line-of-words" },
      element("p", { class: "metalib-status", role: "status" }, status),
      element(
        "button",
        { type: "button", class: "metalib-button", "data-action": "deal" },
        `${["", "", "Two", "Three", "Four", "Five"][cards.length] ?? cards.length} other characters`,
      ),
    ),
  ];
}

const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };

function render({ model, el }) {
  return mount(model, el, {
    draw,
    message: ({ dataset }) =>
      dataset.action === "deal" ? { action: "deal" } : { action: "swap", card: Number(dataset.card), step: 1 },
    key: (event, send) => {
      const card = event.target.closest(".metalib-card");
      const step = STEPS[event.key];
      if (!card || !step) return;
      event.preventDefault();
      send({ action: "swap", card: Number(card.dataset.card), step });
    },
  });
}

export default { render };
