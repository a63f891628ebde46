function render({ model, el }) {
  // the radio buttons of one view share a name that no other view on the page has
  const group = `metalib-network-${Math.random().toString(36).slice(2)}`;
  const choice = (name, i, chosen) =>
    element(
      "label",
      {},
      element("input", { type: "radio", name: group, "data-set": "model", value: i, checked: i === chosen }),
      name,
    );
  const plot = ({ support, query, range, step, chance }) => {
    const f = frame(420, 190, [-0.6, support.length - 0.4], range);
    const along = (ys) => ys.map((y, x) => [x, y]);
    const decades = [-3, -2, -1, 0, 1].map((power) => [
      svg("line", { x1: 0, x2: f.width, y1: f.py(power), y2: f.py(power), class: "metalib-axis" }),
      svg("text", { x: 4, y: f.py(power) - 3 }, `${10 ** power}`),
    ]);
    const dot = (ys, colour) => svg("circle", { cx: f.px(step), cy: f.py(ys[step]), r: 5, fill: colour });
    const inside = (y) => Math.min(f.height - 6, Math.max(14, y));
    const name = (ys, words, colour, dy) =>
      svg("text", { x: f.width - 6, y: inside(f.py(ys.at(-1)) + dy), "text-anchor": "end", style: `fill:${colour};font-weight:700` }, words);
    const above = support.at(-1) > query.at(-1);
    return chart(
      f,
      "Support loss and query loss after each inner step, on a logarithmic scale",
      decades,
      svg("line", { x1: 0, x2: f.width, y1: f.py(chance), y2: f.py(chance), class: "metalib-guessing" }),
      svg("line", { x1: f.px(step), x2: f.px(step), y1: 0, y2: f.height, class: "metalib-now" }),
      line(f, along(support), { stroke: "#595959", "stroke-width": 2, "stroke-dasharray": "6 3", class: "metalib-support-loss" }),
      line(f, along(query), { stroke: "#d55e00", "stroke-width": 2.5, class: "metalib-query-loss" }),
      dot(support, "#595959"),
      dot(query, "#d55e00"),
      name(support, "support loss (dashed)", "#595959", above ? -8 : 16),
      name(query, "query loss", "#b04a00", above ? 16 : -8),
    );
  };
  const tiles = (rows, ...items) => element("ul", { class: "metalib-tiles", style: `--metalib-rows:${rows}` }, ...items);
  const card = ({ badge: label, picture: url }) =>
    element(
      "li",
      { class: "metalib-tile", style: `--metalib-class:${label.colour}` },
      picture(url, 56, `Support picture of class ${label.text}`),
      element("span", { class: "metalib-given", "aria-hidden": "true" }, badge(label)),
    );
  const query = ({ badge: label, picture: url, truth, wrong, bars: shares, words }) =>
    element(
      "li",
      { class: `metalib-tile${wrong ? " metalib-is-missed" : ""}`, style: `--metalib-class:${label.colour}` },
      picture(url, 56, `Query of class ${truth}, answered ${label.text}${wrong ? ", wrong" : ""}. ${words}`),
      element(
        "span",
        { class: "metalib-shares", "aria-hidden": "true", title: words },
        shares.map(({ colour, share }) => element("i", { style: `background:${colour};height:${Math.max(2, 100 * share)}%` })),
      ),
      element(
        "span",
        { class: "metalib-given", "aria-hidden": "true" },
        badge(label),
        wrong ? element("b", {}, `✗ is ${truth}`) : null,
      ),
    );
  const draw = ({ sliders, models, chosen, support, queries, chart: losses, status }) => [
    element("h4", {}, "Move through the inner steps, then change the step size."),
    element("fieldset", { class: "metalib-slides" }, sliders.map(slider)),
    models.length > 1
      ? element("fieldset", { class: "metalib-choices", "aria-label": "network" }, models.map((name, i) => choice(name, i, chosen)))
      : null,
    element("p", { class: "metalib-status", role: "status" }, status),
    element(
      "div",
      { class: "metalib-scrub" },
      element(
        "div",
        {},
        element("h4", {}, "Support: one drawing of each class."),
        tiles(1, support.map(card)),
        element("h4", {}, "Loss after each step, in nats. Dotted: guessing."),
        plot(losses),
      ),
      element(
        "div",
        {},
        element("h4", {}, "Queries, a column for each class. Bars: probabilities."),
        tiles(queries.length / support.length, queries.map(query)),
      ),
    ),
    element("button", { type: "button", class: "metalib-button", "data-action": "press", "data-name": "deal" }, "Another task"),
  ];
  return mountGraph(model, el, draw);
}

export default { render };
