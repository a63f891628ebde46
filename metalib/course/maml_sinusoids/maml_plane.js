function draw({ extent, bowls, panels, sliders, status, warning }) {
  const f = frame(300, 300, [-extent, extent], [-extent, extent]);
  const optimum = (bowl, first) => {
    const [x, y] = [f.px(bowl.c[0]), f.py(bowl.c[1])];
    const words = `${bowl.c[0].toFixed(1)}, ${bowl.c[1].toFixed(1)}`;
    return handle(
      bowl.name,
      `Optimum of task ${bowl.letter}: arrow keys move it`,
      bowl.c,
      words,
      first,
      svg("circle", { cx: x, cy: y, r: 16, class: "metalib-halo" }),
      svg("circle", { cx: x, cy: y, r: 9, fill: bowl.colour, stroke: "#fff", "stroke-width": 1.5 }),
      svg("text", { x, y: y + 4, "text-anchor": "middle", class: "metalib-letter" }, bowl.letter),
    );
  };
  const dot = ({ start, colour, letter, side }, own) =>
    start && [
      svg("circle", {
        cx: f.px(start[0]),
        cy: f.py(start[1]),
        r: own ? 7 : 4,
        fill: colour,
        "fill-opacity": own ? 1 : 0.5,
        stroke: own ? "#000" : "none",
        "stroke-width": 1.5,
      }),
      own
        ? null
        : svg(
            "text",
            {
              x: f.px(start[0]),
              y: f.py(start[1]) + (side > 0 ? -7 : 15),
              "text-anchor": "middle",
              class: "metalib-initial",
            },
            letter,
          ),
    ];
  const path = (points) => [
    line(f, points, { stroke: "#212121", "stroke-width": 1.6 }),
    points.slice(1).map(([x, y]) => svg("circle", { cx: f.px(x), cy: f.py(y), r: 2.4, fill: "#212121" })),
  ];
  const number = (value) => (value === null ? "–" : value.toFixed(3));
  const panel = (own, i) =>
    element(
      "figure",
      { class: "metalib-panel" },
      element(
        "figcaption",
        {},
        element("i", { class: "metalib-swatch", style: `background:${own.colour}` }),
        `${own.method} (${own.letter})`,
      ),
      chart(
        f,
        own.start ? `${own.method}: start at ${own.start.map((v) => v.toFixed(2)).join(", ")}` : `${own.method}: no start`,
        bowls.map((bowl) => ellipses(f, bowl)),
        own.paths.map(path),
        panels.filter((other) => other !== own).map((other) => dot(other, false)),
        dot(own, true),
        bowls.map((bowl) => optimum(bowl, i === 0)),
      ),
      element(
        "p",
        {},
        `mean loss ${number(own.before)} → `,
        element("b", {}, number(own.after)),
        own.best ? " lowest" : "",
      ),
    );
  const group = ({ legend, sliders: all }) =>
    element("fieldset", { class: "metalib-slides" }, element("legend", {}, legend), all.map(slider));
  const button = (name, words) =>
    element("button", { type: "button", class: "metalib-button", "data-action": "press", "data-name": name }, words);
  return [
    element("h4", {}, "Drag an optimum (or focus it and use the arrow keys). Dots with a letter: the other methods' starts. Black: the inner paths."),
    element("div", { class: "metalib-panels" }, panels.map(panel)),
    element("p", { class: "metalib-status", role: "status" }, status),
    element("p", { class: "metalib-warning" }, warning),
    ...sliders.map(group),
    element("div", { class: "metalib-buttons" }, button("equal", "Give B the curvature of A"), button("reset", "As in the beginning")),
  ];
}

export default { render: ({ model, el }) => mountGraph(model, el, draw) };
