function draw({ extent, bowls, trail, start, paths, colours, sliders, status }) {
  const f = frame(420, 420, [-extent, extent], [-extent, extent]);
  const at = ([x, y]) => ({ cx: f.px(x), cy: f.py(y) });
  const optimum = ({ letter, colour, c }) => [
    svg("circle", { ...at(c), r: 9, fill: colour, stroke: "#fff", "stroke-width": 1.5 }),
    svg("text", { x: f.px(c[0]), y: f.py(c[1]) + 4, "text-anchor": "middle", class: "metalib-letter" }, letter),
  ];
  const path = (points) => [
    line(f, points, { stroke: "#212121", "stroke-width": 1.6 }),
    points.slice(1).map((point) => svg("circle", { ...at(point), r: 2, fill: "#212121" })),
  ];
  const square = ([x, y], attributes) => svg("rect", { x: f.px(x) - 6, y: f.py(y) - 6, width: 12, height: 12, ...attributes });
  const ends = paths.map((points) => points.at(-1));
  const joint = trail[0];
  const words = `Two tasks in the plane. Reptile starts at ${start.map((value) => value.toFixed(2)).join(", ")}`;
  const sign = (node, text) => element("li", {}, svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, node), text);
  return [
    element("h4", {}, "Move k. At the start, the ways into the two tasks cancel."),
    element(
      "div",
      { class: "metalib-slide-plane" },
      chart(
        f,
        words,
        bowls.map((bowl) => ellipses(f, bowl)),
        line(f, ends, { stroke: "#5f5f5f", "stroke-dasharray": "3 4" }),
        paths.map(path),
        bowls.map(optimum),
        line(f, trail, { stroke: colours.reptile, "stroke-width": 4, "stroke-opacity": 0.6 }),
        square(joint, { fill: colours.joint, transform: `rotate(45 ${f.px(joint[0])} ${f.py(joint[1])})` }),
        square(trail.at(-1), { fill: "#fff", stroke: "#000", "stroke-width": 1.5 }),
        svg("circle", { ...at(start), r: 8, fill: colours.reptile, stroke: "#000", "stroke-width": 1.5 }),
      ),
      element(
        "div",
        {},
        element("div", { class: "metalib-slides" }, sliders.map(slider)),
        element("p", { class: "metalib-status", role: "status" }, status),
        element(
          "ul",
          { class: "metalib-signs" },
          sign(svg("circle", { cx: 8, cy: 8, r: 6, fill: colours.reptile, stroke: "#000" }), "Reptile's start for this k; the line: for all k"),
          sign(svg("rect", { x: 3, y: 3, width: 10, height: 10, fill: colours.joint, transform: "rotate(45 8 8)" }), "joint optimum: the lowest mean loss"),
          sign(svg("rect", { x: 3, y: 3, width: 10, height: 10, fill: "#fff", stroke: "#000" }), "mean of the optima A and B"),
          sign(svg("rect", { x: 0, y: 6, width: 16, height: 4, fill: "#212121", stroke: "#fff" }), "k inner steps into each task; dotted: between their ends"),
        ),
      ),
    ),
  ];
}

export default { render: ({ model, el }) => mountGraph(model, el, draw) };
