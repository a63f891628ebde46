// metalib/course/kit/elements.js
var namespace = "";
function keepKeys(node) {
  (["button", "input", "select"].includes(node.localName) || node.hasAttribute("tabindex")) && node.setAttribute("data-lm-suppress-shortcuts", "true");
}
function fill(node, attributes, children) {
  for (let [name, value] of Object.entries(attributes))
    value === !0 ? node.setAttribute(name, "") : value !== !1 && value !== null && value !== void 0 && node.setAttribute(name, String(value));
  keepKeys(node);
  for (
    let child of
    /** @type {Child[]} */
    children.flat(1 / 0)
  )
    child != null && child !== !1 && node.append(child);
}
function element(tag, attributes = {}, ...children) {
  let node = document.createElement(tag);
  return fill(node, attributes, children), node;
}
function svg(tag, attributes = {}, ...children) {
  namespace ||= Object.assign(document.createElement("template"), { innerHTML: "<svg></svg>" }).content.firstElementChild?.namespaceURI ?? "";
  let node = document.createElementNS(namespace, tag);
  return fill(node, attributes, children), node;
}
function button(action, attributes, ...children) {
  let { class: own = "", ...rest } = attributes;
  return element("button", { type: "button", class: `metalib-button ${own}`.trim(), "data-act": JSON.stringify(action), ...rest }, ...children);
}
function slider({ key, label, min, max, step, value, text, warning }) {
  return element(
    "label",
    { class: warning ? "metalib-slide metalib-is-outside" : "metalib-slide" },
    element("span", {}, label),
    element("input", { type: "range", "data-set": key, min, max, step, value, "aria-valuetext": text }),
    element("output", {}, text)
  );
}
function radios(own, { key, legend, options, chosen }) {
  let input = (i) => element("input", { type: "radio", name: `${own}-${key}`, "data-set": key, value: i, checked: i === chosen });
  return element(
    "fieldset",
    { class: "metalib-radios" },
    element("legend", {}, legend),
    options.map((option, i) => element("label", { class: "metalib-radio" }, input(i), option))
  );
}
function status(...children) {
  return element("p", { class: "metalib-status", role: "status" }, ...children);
}
function note(...children) {
  return element("p", { class: "metalib-note" }, ...children);
}

// metalib/course/kit/graph.js
function frame(width, height, x, y) {
  return {
    width,
    height,
    x,
    y,
    px: (value) => width * (value - x[0]) / (x[1] - x[0]),
    py: (value) => height * (y[1] - value) / (y[1] - y[0])
  };
}
function words({ px, py }, points) {
  return points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
}
function line(f, points, attributes) {
  return svg("polyline", { points: words(f, points), fill: "none", ...attributes });
}
function apart(heights, gap, low, high) {
  let order = heights.map((_, i) => i).sort((a, b) => heights[a] - heights[b]), placed = [...heights], least = low;
  for (let i of order) least = (placed[i] = Math.max(placed[i], least)) + gap;
  let most = high;
  for (let i of order.reverse()) most = (placed[i] = Math.min(placed[i], most)) - gap;
  return placed;
}
function chart({ width, height, x, y }, label, ...children) {
  return svg(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      class: "metalib-chart",
      role: "group",
      "aria-label": label,
      "data-frame": JSON.stringify({ width, height, x, y })
    },
    svg("rect", { width, height, class: "metalib-paper" }),
    ...children
  );
}

// metalib/course/kit/drags.js
var ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }, WIDE = 5;
function drags(root, send) {
  let held = null, down = (event) => {
    let target = (
      /** @type {Element} */
      event.target.closest("[data-handle]")
    ), chart2 = target?.closest("svg");
    !(target instanceof SVGElement) || !chart2 || event.button !== 0 || (held = { handle: target.dataset.handle ?? "", chart: chart2, moved: null }, root.setPointerCapture(event.pointerId), event.preventDefault(), target.focus());
  }, move = (event) => {
    let matrix = held?.chart.getScreenCTM();
    if (!held || !matrix) return;
    let { width, height, x, y } = JSON.parse(held.chart.dataset.frame ?? ""), place = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    held.moved = {
      name: "move",
      handle: held.handle,
      x: x[0] + (x[1] - x[0]) * place.x / width,
      y: y[1] - (y[1] - y[0]) * place.y / height
    }, send(held.moved, !1);
  }, release = () => {
    let moved = held?.moved;
    held = null, moved && send(moved);
  }, listeners = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", release],
    ["pointercancel", release],
    ["keydown", (event) => {
      let target = (
        /** @type {HTMLElement} */
        event.target.closest("[data-handle]")
      ), arrow = ARROWS[event.key];
      if (!target || !arrow) return;
      event.preventDefault();
      let [dx, dy] = arrow.map((way) => way * (event.shiftKey ? WIDE : 1));
      send({ name: "nudge", handle: target.getAttribute("data-handle"), dx, dy });
    }]
  ];
  for (let [kind, act2] of listeners) root.addEventListener(kind, act2);
  return () => listeners.forEach(([kind, act2]) => root.removeEventListener(kind, act2));
}
function wideSliders(root) {
  let key = (event) => {
    let { target, shiftKey } = event, arrow = ARROWS[event.key];
    if (!(!(target instanceof HTMLInputElement) || target.type !== "range" || !shiftKey || !arrow)) {
      event.preventDefault(), target.stepUp(WIDE * (arrow[0] + arrow[1]));
      for (let kind of ["input", "change"]) target.dispatchEvent(new Event(kind, { bubbles: !0 }));
    }
  };
  return root.addEventListener("keydown", key), () => root.removeEventListener("keydown", key);
}

// metalib/course/kit/kernel_link.js
function modelBehind(model) {
  return [...model.widget_manager?._modelsSync?.values() ?? []].find((other) => other.get("data") === model.get("data"));
}
function kernelLink(model, changed) {
  let manager = model.widget_manager, real = modelBehind(model), now = () => {
    let kernel = manager?.kernel, comm = real?.comm?.jsServicesComm;
    return !kernel || !comm || comm.isDisposed || !real.comm_live || kernel.status === "dead" || kernel.connectionStatus === "disconnected" ? "gone" : kernel.status === "idle" && kernel.connectionStatus === "connected" ? "live" : "busy";
  }, last = now(), timer, look = () => {
    let state = now();
    state !== last && changed(last = state);
  }, later = () => {
    clearTimeout(timer), timer = setTimeout(look, now() === "busy" ? 300 : 0);
  }, source = manager?.context?.sessionContext ?? manager?.kernel, signals = ["statusChanged", "connectionStatusChanged", "kernelChanged"].map((name) => source?.[name]).filter(Boolean);
  for (let signal of signals) signal.connect(later);
  return model.on("comm_live_update", later), {
    state: now,
    /** Let Python know the state, where it can hear; other hosts than JupyterLab are asked without knowing. */
    save() {
      if (!(real && now() === "gone"))
        try {
          model.save_changes();
        } catch (error) {
          console.warn("metalib: the widget's state could not be sent to Python", error);
        }
    },
    stop() {
      clearTimeout(timer);
      for (let signal of signals) signal.disconnect(later);
      model.off("comm_live_update", later);
    }
  };
}

// metalib/course/kit/leaving.js
function leaving(root) {
  let key = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    let around = (
      /** @type {HTMLElement | null | undefined} */
      root.parentElement?.closest("[tabindex]")
    );
    around ? around.focus({ preventScroll: !0 }) : event.target.blur();
  };
  return root.addEventListener("keydown", key), () => root.removeEventListener("keydown", key);
}

// metalib/course/kit/patch.js
function patch(old, fresh) {
  for (let name of fresh.getAttributeNames()) {
    let value = (
      /** @type {string} */
      fresh.getAttribute(name)
    );
    old.getAttribute(name) !== value && old.setAttribute(name, value);
  }
  if (old.attributes.length > fresh.attributes.length && !fresh.hasAttribute("data-painted"))
    for (let name of old.getAttributeNames()) fresh.hasAttribute(name) || old.removeAttribute(name);
  let child = old.firstChild, next = fresh.firstChild;
  for (; next; ) {
    let [here, there] = [child, next];
    child = child && child.nextSibling, next = next.nextSibling, here ? here.nodeName !== there.nodeName ? here.replaceWith(there) : here instanceof Element && there instanceof Element ? patch(here, there) : here.nodeValue !== there.nodeValue && (here.nodeValue = there.nodeValue) : old.append(there);
  }
  for (; child; ) {
    let here = child;
    child = child.nextSibling, here.remove();
  }
  old instanceof HTMLInputElement && follow(old), old instanceof HTMLSelectElement && (old.value = old.querySelector("option[selected]")?.getAttribute("value") ?? old.value);
}
function follow(input) {
  input.type === "radio" || input.type === "checkbox" ? input.checked = input.hasAttribute("checked") : input.value !== input.getAttribute("value") && (input.value = input.getAttribute("value") ?? "");
}

// metalib/course/kit/widget.js
function widget(parts) {
  return { render: ({ model, el }) => show(parts, model, el) };
}
function show(parts, model, el) {
  let own = `metalib-${Math.random().toString(36).slice(2)}`, root = element("div", { class: `metalib metalib-${parts.name}`, "data-lm-suppress-shortcuts": "true" }), view2, link = kernelLink(model, () => update()), update = () => {
    let state = model.get("state");
    view2 = parts.view(model.get("data"), state);
    let fresh = (
      /** @type {HTMLElement} */
      root.cloneNode(!1)
    );
    fresh.dataset.state = JSON.stringify(state), fresh.dataset.kernel = link.state(), parts.shown && (fresh.dataset.shown = JSON.stringify(parts.shown(view2))), fresh.append(...parts.draw(view2, own, link.state()).filter((child) => child != null && child !== !1)), patch(root, fresh), parts.paint?.(root, view2);
  }, send = (action, lasting = !0) => {
    let before = model.get("state"), state = parts.act(model.get("data"), before, action);
    state !== before && model.set("state", state), lasting && link.save();
  }, stops = [
    listen(root, "click", (event) => {
      let target = (
        /** @type {Element} */
        event.target.closest("[data-act]")
      );
      target && !(target.hasAttribute("data-once") && event.detail > 1) && send(JSON.parse(target.getAttribute("data-act") ?? ""));
    }),
    listen(root, "input", (event) => send(setting(event), !1)),
    listen(root, "change", (event) => send(setting(event))),
    drags(root, send),
    wideSliders(root),
    leaving(root),
    parts.key ? listen(root, "keydown", (event) => parts.key?.(event, send)) : () => {
    }
  ];
  return model.on("change:state", update), model.on("change:data", update), update(), el.append(root), stops.push(parts.begin?.(root, { view: () => view2, send, model, update }) ?? (() => {
  })), () => {
    model.off("change:state", update), model.off("change:data", update), link.stop(), stops.forEach((stop) => stop());
  };
}
function setting({ target }) {
  let { dataset, type, value, checked } = (
    /** @type {HTMLInputElement} */
    target
  );
  return { name: "set", key: dataset.set ?? "", value: type === "text" ? value : Number(type === "checkbox" ? checked : value) };
}
function listen(node, kind, act2) {
  return node.addEventListener(kind, act2), () => node.removeEventListener(kind, act2);
}

// metalib/course/rapid_fine_tuning/adaptation_curves.js
var MEASURES = ["accuracy", "loss"], NAMES = { accuracy: "accuracy", loss: "loss (nats a picture)" }, PARTS = ["support", "query"];
function said(measure, value, top) {
  return measure === "accuracy" ? `${(100 * value).toFixed(1)} %` : value < top ? value.toFixed(3) : `above ${top}`;
}
function view(data, state) {
  let { starts, layers, step_sizes: sizes, steps: marks, tops, colours } = data, measure = MEASURES[state.measure], top = tops[measure], found = data.curves[state.start][state.layers][state.step_size][measure], [size, steps] = [sizes[state.step_size], marks[state.steps]], here = { support: found.support.mean[state.steps], query: found.query.mean[state.steps] }, at = PARTS.map((part) => `${part} ${said(measure, here[part], top)}`).join(", ");
  return {
    measure,
    top,
    marks,
    place: state.steps,
    chance: measure === "accuracy" ? data.chance : null,
    curves: PARTS.map((part) => ({ name: part, colour: colours[part], ...found[part] })),
    groups: [
      { key: "start", legend: "Start", options: starts, chosen: state.start },
      { key: "layers", legend: "Trained layers", options: layers, chosen: state.layers },
      { key: "measure", legend: "Shown", options: MEASURES, chosen: state.measure }
    ],
    sliders: [
      { key: "step_size", label: "step size α", min: 0, max: sizes.length - 1, step: 1, value: state.step_size, text: `${size}` },
      { key: "steps", label: "steps", min: 0, max: marks.length - 1, step: 1, value: state.steps, text: `${steps}` }
    ],
    status: `After ${steps} step${steps === 1 ? "" : "s"}: ${at}`,
    note: `Line: mean of ${data.tasks} validation tasks. Band: the middle 80 % of the tasks.`,
    shown: { start: starts[state.start], layers: layers[state.layers], step_size: size, steps, measure, ...here }
  };
}
function act(data, state, action) {
  if (action.name === "set") return state[action.key] === action.value ? state : { ...state, [action.key]: action.value };
  let [step_size, steps] = data.best[state.start][state.layers];
  return { ...state, step_size, steps };
}
var [WIDTH, HEIGHT] = [560, 320], [LEFT, RIGHT, ABOVE, BELOW] = [70, 94, 14, 58], GAP = 22;
function graph({ measure, top, marks, place, chance, curves, status: sentence }) {
  let last = marks.length - 1, one = (WIDTH - LEFT - RIGHT) / last, high = (HEIGHT - ABOVE - BELOW) / top, f = frame(WIDTH, HEIGHT, [-LEFT / one, last + RIGHT / one], [-BELOW / high, top + ABOVE / high]), along = (values) => values.map((value, i) => [i, value]), number = (value) => measure === "accuracy" ? `${Math.round(100 * value)} %` : `${value}`, ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => [
    svg("line", { x1: f.px(0), x2: f.px(last), y1: f.py(share * top), y2: f.py(share * top), class: "metalib-axis" }),
    svg("text", { x: f.px(0) - 10, y: f.py(share * top), dy: "0.35em", "text-anchor": "end" }, number(share * top))
  ]), steps = marks.map(
    (step, i) => svg("text", { x: f.px(i), y: f.py(0) + 22, "text-anchor": "middle", class: i === place ? "metalib-here" : null }, `${step}`)
  ), ends = curves.map(({ name, mean, colour }) => ({ name, value: mean[last], colour }));
  chance !== null && ends.push({ name: "chance", value: chance, colour: "#5f5f5f" });
  let heights = apart(ends.map(({ value }) => f.py(value)), GAP, ABOVE, f.py(0));
  return chart(
    f,
    `${NAMES[measure]} of support and query set over the gradient steps. ${sentence}.`,
    ticks,
    chance === null ? null : line(f, [[0, chance], [last, chance]], { stroke: "#5f5f5f", "stroke-width": 1.5, "stroke-dasharray": "2 4" }),
    svg("line", { x1: f.px(place), x2: f.px(place), y1: f.py(top), y2: f.py(0), class: "metalib-marker" }),
    curves.map(
      ({ low, high: upper, colour }) => svg("polygon", { points: words(f, [...along(upper), ...along(low).reverse()]), fill: colour, "fill-opacity": 0.16 })
    ),
    curves.map(({ name, mean, colour }) => [
      line(f, along(mean), {
        stroke: colour,
        "stroke-width": 3,
        "stroke-dasharray": name === "support" ? "7 5" : null,
        class: `metalib-curve-${name}`
      }),
      svg("circle", { cx: f.px(place), cy: f.py(mean[place]), r: 6, fill: colour, stroke: "#fff", "stroke-width": 1.5 })
    ]),
    ends.map(
      ({ name, colour }, i) => svg("text", { x: f.px(last) + 12, y: heights[i], dy: "0.35em", class: "metalib-name", style: `fill:${colour}` }, name)
    ),
    steps,
    svg("text", { x: (f.px(0) + f.px(last)) / 2, y: HEIGHT - 8, "text-anchor": "middle" }, `gradient steps; upwards: ${NAMES[measure]}`)
  );
}
function draw(seen, own) {
  return [
    element("h4", {}, "Choose a start and the layers, move the step size, and walk along the steps."),
    element(
      "div",
      { class: "metalib-explorer" },
      element(
        "div",
        { class: "metalib-groups" },
        seen.groups.map((group) => radios(own, group)),
        button({ name: "best" }, {}, "Step size and steps that validated best")
      ),
      element(
        "div",
        { class: "metalib-curves" },
        element("div", { class: "metalib-controls" }, seen.sliders.map(slider)),
        status(seen.status),
        graph(seen),
        note(seen.note)
      )
    )
  ];
}
var adaptation_curves_default = widget({ name: "adaptation-curves", view, act, draw, shown: ({ shown }) => shown });
export {
  act,
  adaptation_curves_default as default,
  view
};
