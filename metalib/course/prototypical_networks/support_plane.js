const UNIT = 60; // pixels of the page for one unit of the plane
const STEP = 0.2; // units that an arrow key moves a point by
const ARROWS = { ArrowRight: [STEP, 0], ArrowLeft: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] };

function draw(view) {
  const [left, right, bottom, top] = view.window;
  const [width, height] = [(right - left) * UNIT, (top - bottom) * UNIT];
  const at = (x, y) => `translate(${((x - left) * UNIT).toFixed(1)} ${((top - y) * UNIT).toFixed(1)})`;
  const place = (x, y) => `(${x.toFixed(1)}, ${y.toFixed(1)})`;
  const handle = (point, x, y, words, ...marks) =>
    svg(
      "g",
      { class: "metalib-handle", transform: at(x, y), tabindex: 0, role: "button", "data-point": point, "aria-label": words },
      svg("circle", { r: 15, class: "metalib-grip" }),
      ...marks,
    );
  const support = ({ badge: label, x, y }, i) =>
    handle(
      i,
      x,
      y,
      `Support point ${i + 1}, class ${label.text}, at ${place(x, y)}. Arrow keys move it`,
      svg("circle", { r: 11, class: "metalib-support", stroke: label.colour }),
      svg("text", { dy: "0.36em", class: "metalib-letter" }, label.text),
    );
  const prototype = ({ badge: label, x, y }) =>
    svg(
      "g",
      { transform: at(x, y), class: "metalib-prototype" },
      svg("circle", { r: 15, fill: label.colour }),
      svg("text", { dy: "0.36em", class: "metalib-letter", fill: label.ink }, label.text),
    );
  const star = "M0-13 3.2-4.4 12.4-4 5.1 1.7 7.6 10.5 0 5.4-7.6 10.5-5.1 1.7-12.4-4-3.2-4.4Z";
  const [x, y] = view.query;
  const button = (attributes, text) => element("button", { type: "button", class: "metalib-button", ...attributes }, text);
  return [
    element(
      "div",
      { class: "metalib-controls" },
      element(
        "div",
        { class: "metalib-choice", role: "group", "aria-label": "distance" },
        view.distances.map(({ key, name, chosen }) =>
          button({ "data-action": "choose", "data-key": key, "aria-pressed": String(chosen) }, name),
        ),
      ),
      element(
        "div",
        { class: "metalib-choice", role: "group", "aria-label": "scale of the logits" },
        button({ "data-action": "sharpen", "data-step": -1, "aria-label": "smaller scale" }, "−"),
        element("span", { class: "metalib-scale" }, view.scale),
        button({ "data-action": "sharpen", "data-step": 1, "aria-label": "larger scale" }, "+"),
      ),
      button({ "data-action": "reset" }, "Reset"),
    ),
    svg(
      "svg",
      { viewBox: `0 0 ${width} ${height}`, width, height, class: "metalib-plane", role: "group", "aria-label": "the plane" },
      svg("image", { href: view.picture, width, height, preserveAspectRatio: "none", class: "metalib-shade" }),
      svg("path", { d: "M-8 0H8M0-8V8", transform: at(0, 0), class: "metalib-origin" }),
      ...view.prototypes.map(prototype),
      ...view.points.map(support),
      handle(
        -1,
        x,
        y,
        `Query, at ${place(x, y)}. Arrow keys move it`,
        svg("path", { d: star, class: "metalib-star" }),
      ),
    ),
    element("p", { class: "metalib-status", role: "status" }, view.status),
    element(
      "p",
      { class: "metalib-note" },
      "Rings: support points, to be dragged. Discs: prototypes, their means. Star: a query, to be dragged. Cross: the origin. " +
        "The stronger the colour, the surer the class.",
    ),
  ];
}

function message({ dataset }) {
  if (dataset.action === "choose") return { action: "choose", distance: dataset.key };
  if (dataset.action === "sharpen") return { action: "sharpen", step: Number(dataset.step) };
  return { action: "reset" };
}

function render({ model, el }) {
  const move = (point, x, y) => model.send({ action: "move", point, x, y });
  const key = (event) => {
    const handle = event.target.closest("[data-point]");
    const step = ARROWS[event.key];
    if (!handle || !step) return;
    event.preventDefault();
    const point = Number(handle.dataset.point);
    const { state } = model.get("view");
    const [x, y] = point < 0 ? state.query : state.points[point].slice(1);
    move(point, x + step[0], y + step[1]);
  };
  const stop = mount(model, el, { draw, message, key });

  // one question at a time: while Python answers, only the newest place of the pointer is kept
  let dragged = null;
  let newest = null;
  let asked = 0;
  const send = () => {
    if (newest === null || performance.now() - asked < 200) return;
    asked = performance.now();
    move(dragged, ...newest);
    newest = null;
  };
  const answered = () => {
    asked = 0;
    send();
  };
  const place = (event) => {
    const [left, right, bottom, top] = model.get("view").window;
    const box = el.querySelector(".metalib-plane").getBoundingClientRect();
    return [
      left + ((right - left) * (event.clientX - box.left)) / box.width,
      top - ((top - bottom) * (event.clientY - box.top)) / box.height,
    ];
  };
  const down = (event) => {
    const handle = event.target.closest("[data-point]");
    if (!handle) return;
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    dragged = Number(handle.dataset.point);
  };
  const drag = (event) => {
    if (dragged === null) return;
    newest = place(event);
    send();
  };
  const up = () => {
    if (newest !== null) {
      asked = 0;
      send();
    }
    dragged = null;
  };
  const listeners = { pointerdown: down, pointermove: drag, pointerup: up, pointercancel: up };
  for (const [name, listener] of Object.entries(listeners)) el.addEventListener(name, listener);
  model.on("change:view", answered);
  return () => {
    stop();
    model.off("change:view", answered);
    for (const [name, listener] of Object.entries(listeners)) el.removeEventListener(name, listener);
  };
}

export default { render };
