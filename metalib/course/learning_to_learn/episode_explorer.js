const SIDE = 40; // pixels of the page for one picture of a strip

function draw(view) {
  const button = element("button", { type: "button", class: "metalib-button", "data-action": "another" }, "Another episode");
  const head = (...rest) =>
    element(
      "div",
      { class: "metalib-head" },
      element("p", { class: "metalib-status", role: "status" }, view.problem || view.status),
      ...rest,
    );
  if (view.problem) return [head()];
  const side = Math.min(SIDE, Math.floor(620 / (view.k_shot + view.n_query)));
  const strip = (url, count, words) =>
    element("td", {}, element("span", { class: "metalib-strip" }, picture(url, side * count, words)));
  const row = ({ badge: label, name, number, support, query }) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, badge(label)),
      strip(support, view.k_shot, `${view.k_shot} support pictures of ${name}`),
      strip(query, view.n_query, `${view.n_query} query pictures of ${name}`),
      element("td", { class: "metalib-class" }, `${number} `, element("small", {}, name)),
    );
  const finding = ({ kind, message }) => element("li", {}, element("b", {}, kind), element("span", {}, message));
  return [
    head(button),
    element(
      "div",
      { class: "metalib-scroll", tabindex: view.rows.length > 8 ? 0 : null },
      element(
        "table",
        { class: "metalib-episode" },
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ["label", "support", "query", `class, of ${view.n_classes}`].map((text) => element("th", { scope: "col" }, text)),
          ),
        ),
        element("tbody", {}, view.rows.map(row)),
      ),
    ),
    bars(view.bars, view.chance, view.caption),
    element("p", { class: "metalib-note" }, view.note),
    element("h4", { class: "metalib-auditor" }, "The auditor"),
    view.findings.length
      ? element("ul", { class: "metalib-findings" }, view.findings.map(finding))
      : element("p", { class: "metalib-clean" }, `✓ nothing found: ${view.scope}`),
  ];
}

function render({ model, el }) {
  return mount(model, el, { draw, message: () => ({ action: "another" }) });
}

export default { render };
