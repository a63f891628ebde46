function render({ model, el }) {
  // the radio buttons of one view share a name that no other view on the page has
  const group = `metalib-start-${Math.random().toString(36).slice(2)}`;
  const draw = ({ reach, inputs, grid, truth, curves, points, chosen, rows, steps, sliders, status, warning }) => {
    const f = frame(860, 340, [-reach, reach], [-reach, reach]);
    const colour = rows[chosen].colour;
    const along = (ys) => grid.map((x, i) => [x, ys[i]]);
    const ticks = [-5, 0, 5].map((x) => svg("text", { x: f.px(x) + 4, y: f.py(0) - 5 }, `x = ${String(x).replace("-", "−")}`));
    const point = ([x, y], i) =>
      handle(
        i,
        `Point ${i + 1}: left and right arrow move it along the wave`,
        [x, y],
        `x ${x.toFixed(1)}, y ${y.toFixed(1)}`,
        true,
        svg("circle", { cx: f.px(x), cy: f.py(y), r: 14, class: "metalib-halo" }),
        svg("circle", { cx: f.px(x), cy: f.py(y), r: 6.5, fill: "#000", stroke: "#fff", "stroke-width": 1.5 }),
      );
    const plot = chart(
      f,
      `${status}. Dashed: the task. Lines: the network after each step, the last one thick.`,
      svg("rect", {
        x: f.px(inputs[0]),
        width: f.px(inputs[1]) - f.px(inputs[0]),
        y: 0,
        height: f.height,
        class: "metalib-seen",
      }),
      svg("line", { x1: 0, x2: f.width, y1: f.py(0), y2: f.py(0), class: "metalib-axis" }),
      ticks,
      svg("text", { x: f.px(inputs[0]) + 6, y: f.height - 8 }, "training had its points in here"),
      line(f, along(truth), { stroke: "#000", "stroke-width": 1.5, "stroke-dasharray": "6 4" }),
      curves.map((ys, i) =>
        line(f, along(ys), {
          stroke: colour,
          "stroke-width": i === steps ? 3 : 1.2,
          "stroke-opacity": i === steps ? 1 : 0.25 + (0.35 * i) / Math.max(1, steps),
          class: i === steps ? "metalib-last" : null,
        }),
      ),
      points.map(point),
    );
    const row = ({ name, colour: own, before, after }, i) =>
      element(
        "tr",
        {},
        element(
          "th",
          { scope: "row" },
          element(
            "label",
            {},
            element("input", { type: "radio", name: group, "data-set": "start", value: i, checked: i === chosen }),
            element("i", { class: "metalib-swatch", style: `background:${own}` }),
            name,
          ),
        ),
        element("td", {}, before),
        element("td", {}, after),
      );
    const button = (count) =>
      element("button", { type: "button", class: "metalib-button", "data-action": "press", "data-name": count }, `${count} new points`);
    return [
      element("h4", {}, "Shape the task, drag its points along the wave, and step."),
      element("fieldset", { class: "metalib-slides" }, sliders.map(slider)),
      plot,
      element("p", { class: "metalib-warning", role: "status" }, warning),
      element(
        "table",
        { class: "metalib-table metalib-starts" },
        element("caption", {}, "Mean squared error on the shaded part. The curves above are those of the chosen start."),
        element(
          "thead",
          {},
          element("tr", {}, ["start", "before", `after ${steps} step${steps === 1 ? "" : "s"}`].map((words) => element("th", { scope: "col" }, words))),
        ),
        element("tbody", {}, rows.map(row)),
      ),
      element("div", { class: "metalib-row" }, button(5), button(10)),
    ];
  };
  return mountGraph(model, el, draw);
}

export default { render };
