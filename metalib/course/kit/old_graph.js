// Shared by the widgets that draw graphs with things to drag: put between what all share and the widget's own script.

// A rectangle of the plane on a rectangle of the page: x and y are [low, high].
function frame(width, height, x, y) {
  return {
    width,
    height,
    x,
    y,
    px: (value) => (width * (value - x[0])) / (x[1] - x[0]),
    py: (value) => (height * (y[1] - value)) / (y[1] - y[0]),
  };
}

function line({ px, py }, points, attributes) {
  const words = points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
  return svg("polyline", { points: words, fill: "none", ...attributes });
}

// The ellipses of equal loss of a task in the plane, around its optimum c.
function ellipses({ px, py }, { colour, c, angle, rings }) {
  const unit = px(1) - px(0);
  return rings.map(([rx, ry]) =>
    svg("ellipse", {
      rx: unit * rx,
      ry: unit * ry,
      transform: `translate(${px(c[0])} ${py(c[1])}) rotate(${-angle})`,
      fill: "none",
      stroke: colour,
      "stroke-width": 1.2,
    }),
  );
}

function chart({ width, height, x, y }, label, ...children) {
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      class: "metalib-chart",
      role: "group",
      "aria-label": label,
      "data-frame": JSON.stringify({ width, height, x, y }),
    },
    svg("rect", { width, height, class: "metalib-paper" }),
    children,
  );
}

// Something to drag, or to move by the arrow keys: `name` says which.
function handle(name, label, [x, y], words, focusable, ...children) {
  const keys = { tabindex: 0, role: "slider", "aria-label": label, "aria-valuenow": x, "aria-valuetext": words };
  return svg("g", { class: "metalib-handle", "data-handle": name, ...(focusable ? keys : { "aria-hidden": "true" }) }, children);
}

function slider({ name, label, min, max, step, value, text, warning }) {
  return element(
    "label",
    { class: warning ? "metalib-slide metalib-is-outside" : "metalib-slide" },
    element("span", {}, label),
    element("input", { type: "range", "data-set": name, min, max, step, value, "aria-valuetext": text }),
    element("output", {}, text),
  );
}

// Messages of a drag that come faster than they are answered: of those for one thing only the last is sent.
function oneAtATime(model) {
  const queue = [];
  let waiting = false;
  const next = () => {
    waiting = queue.length > 0;
    if (waiting) model.send(queue.shift());
  };
  const replaces = (a, b) => a && a.action === b.action && a.action !== "nudge" && a.name === b.name;
  model.on("change:view", next);
  return {
    get: (name) => model.get(name),
    on: (event, act) => model.on(event, act),
    off: (event, act) => {
      model.off(event, act);
      model.off("change:view", next);
    },
    send: (content) => {
      if (replaces(queue.at(-1), content)) queue.pop();
      queue.push(content);
      if (!waiting) next();
    },
  };
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

// As `mount`, with sliders (action "set"), handles (action "move" while dragged, "nudge" by key), radio buttons and buttons.
function mountGraph(model, el, draw) {
  const queued = oneAtATime(model);
  const stop = mount(queued, el, {
    draw,
    message: ({ dataset }) => (dataset.action === "press" ? { action: "press", name: dataset.name } : null),
    key: (event, send) => {
      const target = event.target.closest("[data-handle]");
      const arrow = ARROWS[event.key];
      if (!target || !arrow) return;
      event.preventDefault();
      const [dx, dy] = arrow.map((way) => way * (event.shiftKey ? 5 : 1));
      send({ action: "nudge", name: target.dataset.handle, dx, dy });
    },
  });
  const root = el.querySelector(".metalib");
  root.addEventListener("input", ({ target }) => {
    if (target.dataset.set) queued.send({ action: "set", name: target.dataset.set, value: Number(target.value) });
  });
  let held = null;
  root.addEventListener("pointerdown", (event) => {
    const target = event.target.closest("[data-handle]");
    if (!target || event.button !== 0) return;
    held = { name: target.dataset.handle, chart: target.closest("svg") };
    root.setPointerCapture(event.pointerId);
    event.preventDefault();
    target.focus();
  });
  root.addEventListener("pointermove", (event) => {
    if (!held) return;
    const { width, height, x, y } = JSON.parse(held.chart.dataset.frame);
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(held.chart.getScreenCTM().inverse());
    queued.send({
      action: "move",
      name: held.name,
      x: x[0] + ((x[1] - x[0]) * place.x) / width,
      y: y[1] - ((y[1] - y[0]) * place.y) / height,
    });
  });
  const release = () => (held = null);
  root.addEventListener("pointerup", release);
  root.addEventListener("pointercancel", release);
  const follow = () => {
    // a slider that was moved by hand no longer follows its attribute: a button may have set it
    for (const input of root.querySelectorAll("input")) {
      if (input.type === "radio") input.checked = input.hasAttribute("checked");
      else if (input !== document.activeElement) input.value = input.getAttribute("value");
    }
  };
  model.on("change:view", follow);
  return () => {
    stop();
    model.off("change:view", follow);
  };
}
