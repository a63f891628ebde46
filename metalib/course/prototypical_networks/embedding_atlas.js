const WIDTH = 620;
const HEIGHT = 460;
const SIDE = 28; // pixels of a drawing in the strip that Python sends
const SHOWN = 112; // pixels of the page for the drawing that is pointed at
const SHAPES = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
  "M-3.2-3.2H3.2V3.2H-3.2Z",
  "M0-4.2 4 3H-4Z",
  "M0-4.6 4.6 0 0 4.6-4.6 0Z",
  "M-1.4-4.2H1.4V-1.4H4.2V1.4H1.4V4.2H-1.4V1.4H-4.2V-1.4H-1.4Z",
];

// from the coordinates of Python to pixels, so that all points are seen and both axes have one unit
function frame(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const unit = Math.min((WIDTH - 40) / (x1 - x0), (HEIGHT - 40) / (y1 - y0));
  return ([x, y]) => [WIDTH / 2 + unit * (x - (x0 + x1) / 2), HEIGHT / 2 - unit * (y - (y0 + y1) / 2)];
}

function render({ model, el }) {
  let picked = 0; // the drawing that is pointed at, here and not in Python: nothing is to be computed for it

  const legend = (view) => {
    const button = (name, colour, shape, chosen) =>
      element(
        "button",
        {
          type: "button",
          class: "metalib-button",
          "data-action": "choose",
          "data-group": name,
          "aria-pressed": String(chosen),
        },
        shape === null
          ? null
          : svg("svg", { viewBox: "-5 -5 10 10", width: 14, height: 14, "aria-hidden": "true" }, svg("path", { d: shape, fill: colour })),
        name || "all alphabets",
      );
    return element(
      "div",
      { class: "metalib-alphabets", role: "group", "aria-label": "alphabet" },
      button("", null, null, view.chosen === null),
      view.groups.map(({ name, colour }, i) => button(name, colour, SHAPES[i % SHAPES.length], view.chosen === i)),
    );
  };

  const cloud = (view) => {
    const place = frame(view.points);
    const means = view.means.map(place);
    const marks = view.points.map((point, i) => {
      const c = view.classes[i];
      const group = view.group_of[c];
      const { colour } = view.groups[group];
      const [x, y] = place(point);
      const away = view.chosen !== null && view.chosen !== group;
      return svg(
        "g",
        { class: `metalib-drawing${away ? " metalib-away" : ""}`, "data-drawing": i, "data-class": c },
        svg("line", { x1: x.toFixed(1), y1: y.toFixed(1), x2: means[c][0].toFixed(1), y2: means[c][1].toFixed(1), stroke: colour }),
        svg("path", { d: SHAPES[group % SHAPES.length], transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})`, fill: colour }),
      );
    });
    return svg(
      "svg",
      {
        viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
        width: WIDTH,
        height: HEIGHT,
        class: "metalib-atlas",
        tabindex: 0,
        role: "application",
        "aria-label": `${view.title}: ${view.points.length} drawings. Left and right arrow: next drawing. Up and down: next character`,
      },
      ...marks,
    );
  };

  const panel = (view) => {
    const c = view.classes[picked];
    const strip = SHOWN * view.points.length;
    const style = `width:${SHOWN}px;height:${SHOWN}px;background-size:${strip}px ${SHOWN}px;background-position:-${SHOWN * picked}px 0`;
    return element(
      "div",
      { class: "metalib-picked" },
      element("span", { class: "metalib-one", style, role: "img", "aria-label": "the drawing" }),
      element("p", { class: "metalib-name", "aria-live": "polite" }, `${view.names[c]}, drawing ${(picked % view.n_drawings) + 1}`),
    );
  };

  const draw = (view) => [
    legend(view),
    element(
      "label",
      { class: "metalib-stage" },
      element("span", {}, "Stage"),
      element("input", { type: "range", min: 0, max: view.n_stages - 1, step: 1, value: view.state.stage, "aria-valuetext": view.title }),
      element("b", {}, view.title),
    ),
    element("div", { class: "metalib-map" }, cloud(view), panel(view)),
    element("p", { class: "metalib-status", role: "status" }, view.status),
  ];

  const message = ({ dataset }) => ({ action: "choose", group: dataset.group || null });

  const paint = () => {
    const view = model.get("view");
    el.querySelector(".metalib-picked").replaceWith(panel(view));
    el.querySelector(".metalib-one").style.backgroundImage = `url(${model.get("drawings")})`;
    const c = String(view.classes[picked]);
    el.querySelectorAll(".metalib-drawing").forEach((mark, i) => {
      mark.classList.toggle("metalib-kin", mark.dataset.class === c);
      mark.classList.toggle("metalib-this", i === picked);
    });
  };

  const pick = (drawing) => {
    picked = drawing;
    paint();
  };

  const key = (event) => {
    if (!event.target.closest(".metalib-atlas")) return;
    const view = model.get("view");
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: view.n_drawings, ArrowUp: -view.n_drawings };
    if (!steps[event.key]) return;
    event.preventDefault();
    pick((picked + steps[event.key] + view.points.length) % view.points.length);
  };

  const stop = mount(model, el, { draw, message, key });
  const over = (event) => {
    const mark = event.target.closest?.("[data-drawing]");
    if (mark) pick(Number(mark.dataset.drawing));
  };
  const slide = (event) => {
    if (event.target.type === "range") model.send({ action: "show", stage: Number(event.target.value) });
  };
  const follow = () => {
    // a range that was moved no longer follows its attribute
    el.querySelector("input").value = model.get("view").state.stage;
    paint();
  };
  el.addEventListener("pointerover", over);
  el.addEventListener("input", slide);
  model.on("change:view", follow);
  follow();
  return () => {
    stop();
    model.off("change:view", follow);
    el.removeEventListener("pointerover", over);
    el.removeEventListener("input", slide);
  };
}

export default { render };
