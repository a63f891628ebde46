function render({ model, el }) {
  // the radio buttons of one view share names that no other view on the page has
  const own = `metalib-curves-${Math.random().toString(36).slice(2)}`;
  const draw = ({ marks, place, top, chance, measure, percent, curves, choices, sliders, status, note }) => {
    const f = frame(860, 310, [-0.7, marks.length - 0.4], [-0.17 * top, 1.06 * top]);
    const said = (value) => (percent ? `${Math.round(100 * value)} %` : value.toFixed(0));
    const along = (values) => values.map((value, i) => [i, value]);
    const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => [
      svg("line", { x1: f.px(0), x2: f.width, y1: f.py(share * top), y2: f.py(share * top), class: "metalib-axis" }),
      svg("text", { x: f.px(0) - 6, y: f.py(share * top) + 4, "text-anchor": "end" }, said(share * top)),
    ]);
    const steps = marks.map((step, i) =>
      svg("text", { x: f.px(i), y: f.py(0) + 18, "text-anchor": "middle", class: i === place ? "metalib-here" : null }, `${step}`),
    );
    const band = ({ low, high, colour }) => {
      const edge = [...along(high), ...along(low).reverse()];
      return svg("polygon", {
        points: edge.map(([x, y]) => `${f.px(x).toFixed(1)},${f.py(y).toFixed(1)}`).join(" "),
        fill: colour,
        "fill-opacity": 0.16,
      });
    };
    const curve = ({ name, mean, colour }) => [
      line(f, along(mean), {
        stroke: colour,
        "stroke-width": 3,
        "stroke-dasharray": name === "support" ? "7 5" : null,
        class: `metalib-curve-${name}`,
      }),
      svg("circle", { cx: f.px(place), cy: f.py(mean[place]), r: 6, fill: colour, stroke: "#fff", "stroke-width": 1.5 }),
    ];
    const plot = chart(
      f,
      `${measure} of support and query set over the gradient steps. ${status}.`,
      ticks,
      chance === null ? null : line(f, [[0, chance], [marks.length - 1, chance]], { stroke: "#5f5f5f", "stroke-dasharray": "2 4" }),
      chance === null ? null : svg("text", { x: f.px(marks.length - 1) + 4, y: f.py(chance) + 4 }, "chance"),
      svg("line", { x1: f.px(place), x2: f.px(place), y1: f.py(top), y2: f.py(0), class: "metalib-marker" }),
      curves.map(band),
      curves.map(curve),
      steps,
      svg("text", { x: f.width / 2, y: f.height - 4, "text-anchor": "middle" }, `gradient steps; upwards: ${measure}`),
    );
    const group = ({ name, legend, options, chosen }) =>
      element(
        "fieldset",
        { class: "metalib-choices" },
        element("legend", {}, legend),
        options.map((option, i) =>
          element(
            "label",
            {},
            element("input", { type: "radio", name: `${own}-${name}`, "data-set": name, value: i, checked: i === chosen }),
            option,
          ),
        ),
      );
    const key = ({ name, colour }) =>
      element("span", { class: "metalib-key" }, element("i", { class: `metalib-line-${name}`, style: `border-color:${colour}` }), `${name} set`);
    return [
      element("h4", {}, "Choose a start and the layers, move the step size, and walk along the steps."),
      ...choices.map(group),
      element("fieldset", { class: "metalib-slides" }, sliders.map(slider)),
      element("p", { class: "metalib-keys" }, curves.map(key)),
      element("p", { class: "metalib-status", role: "status" }, status),
      plot,
      element("p", { class: "metalib-note" }, note),
      element(
        "button",
        { type: "button", class: "metalib-button", "data-action": "press", "data-name": "best" },
        "Step size and steps that validated best",
      ),
    ];
  };
  return mountGraph(model, el, draw);
}

export default { render };
