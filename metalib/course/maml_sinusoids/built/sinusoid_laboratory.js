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
function checkbox(key, label, on) {
  return element("label", { class: "metalib-check" }, element("input", { type: "checkbox", "data-set": key, checked: on }), label);
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
var clamp = (value, low, high) => Math.min(high, Math.max(low, value));
function words({ px, py }, points) {
  return points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`).join(" ");
}
function line(f, points, attributes) {
  return svg("polyline", { points: words(f, points), fill: "none", ...attributes });
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
function handle({ handle: name, label, x, words: said2, focusable = !0 }, ...children) {
  let keys = { tabindex: 0, role: "slider", "aria-label": label, "aria-valuenow": x.toFixed(2), "aria-valuetext": said2 };
  return svg("g", { class: "metalib-handle", "data-handle": name, ...focusable ? keys : { "aria-hidden": "true" } }, ...children);
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
    let moved2 = held?.moved;
    held = null, moved2 && send(moved2);
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

// metalib/course/maml_sinusoids/laboratory_picture.js
var said = (error) => error === null ? "diverged" : error.toFixed(3), signed = (value) => String(value).replace("-", "−");
function picture({ reach, inputs, grid, truth, points, rows, steps }) {
  let f = frame(560, 350, [-reach - 0.9, reach + 0.3], [-reach - 1.3, reach + 0.3]), [left, right, top, bottom] = [f.px(-reach), f.px(reach), f.py(reach), f.py(-reach)], along = (ys) => grid.map((x, i) => (
    /** @type {Point} */
    [x, Number.isNaN(ys[i]) ? 0 : clamp(ys[i], -3 * reach, 3 * reach)]
  )), curves = ({ colour, curves: all, name }) => all.map((ys, i) => {
    let last = i === all.length - 1;
    return line(f, along(ys), {
      stroke: colour,
      "stroke-width": last ? 3 : 1.3,
      "stroke-opacity": last ? 1 : 0.3 + 0.35 * i / all.length,
      class: last ? "metalib-last" : null,
      "data-start": name
    });
  }), ticks = [-5, 0, 5].flatMap((value) => [
    svg("line", { x1: left - 5, x2: left, y1: f.py(value), y2: f.py(value), class: "metalib-tick" }),
    svg("text", { x: left - 8, y: f.py(value), "text-anchor": "end", "dominant-baseline": "central" }, signed(value)),
    svg("line", { x1: f.px(value), x2: f.px(value), y1: bottom, y2: bottom + 5, class: "metalib-tick" }),
    svg("text", { x: f.px(value), y: bottom + 8, "text-anchor": "middle", "dominant-baseline": "hanging" }, signed(value))
  ]), names = [
    svg("text", { x: left - 8, y: top, "text-anchor": "end", "dominant-baseline": "hanging", class: "metalib-axis-name" }, "y"),
    svg("text", { x: right, y: bottom + 8, "text-anchor": "end", "dominant-baseline": "hanging", class: "metalib-axis-name" }, "x")
  ], point = ([x, y], i) => handle(
    { handle: String(i), label: `Point ${i + 1}: left and right arrow move it along the wave`, x, words: `x ${x.toFixed(1)}, y ${y.toFixed(1)}` },
    svg("circle", { cx: f.px(x), cy: f.py(y), r: 16, class: "metalib-halo" }),
    svg("circle", { cx: f.px(x), cy: f.py(y), r: 6.5, class: "metalib-point" })
  ), shown = rows.filter((row) => row.shown).map((row) => `${row.name}, error ${said(row.after)}`), box = { x: left, y: top, width: right - left, height: bottom - top };
  return chart(
    f,
    `The task, dashed, its points, and after ${steps} step${steps === 1 ? "" : "s"}: ${shown.join("; ") || "no start"}.`,
    svg("rect", { x: f.px(inputs[0]), width: f.px(inputs[1]) - f.px(inputs[0]), y: top, height: bottom - top, class: "metalib-seen" }),
    svg("line", { x1: left, x2: right, y1: f.py(0), y2: f.py(0), class: "metalib-axis" }),
    ticks,
    names,
    svg(
      "svg",
      // cuts off what leaves the picture
      { ...box, viewBox: `${box.x} ${box.y} ${box.width} ${box.height}` },
      line(f, along(truth), { class: "metalib-truth" }),
      rows.filter((row) => row.shown).map(curves)
    ),
    svg("rect", { ...box, class: "metalib-box" }),
    points.map(point)
  );
}

// metalib/course/maml_sinusoids/mlp.js
function network(text, sizes) {
  let bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)), view2 = new DataView(bytes.buffer), place = 0, take = (count) => Float64Array.from({ length: count }, () => view2.getFloat32(4 * place++, !0));
  return sizes.slice(1).map((nOut, i) => ({ weights: take(nOut * sizes[i]), biases: take(nOut) }));
}
function activate(phi, x, outs) {
  let input = Float64Array.of(x);
  for (let depth = 0; depth < phi.length; depth++) {
    let { weights, biases } = phi[depth], output = outs[depth], size = input.length;
    for (let o = 0, w = 0; o < output.length; o++) {
      let sum = biases[o];
      for (let i = 0; i < size; i++, w++) sum += weights[w] * input[i];
      output[o] = depth < phi.length - 1 && sum < 0 ? 0 : sum;
    }
    input = output;
  }
  return input[0];
}
var room = (phi) => phi.map(({ biases }) => new Float64Array(biases.length));
function outputs(phi, xs) {
  let outs = room(phi);
  return xs.map((x) => activate(phi, x, outs));
}
var meanSquaredError = (found, wanted) => found.reduce((sum, y, i) => sum + (y - wanted[i]) ** 2, 0) / found.length;
function gradient(phi, xs, ys) {
  let found = phi.map(({ weights, biases }) => ({ weights: new Float64Array(weights.length), biases: new Float64Array(biases.length) })), outs = room(phi);
  return xs.forEach((x, k) => {
    let slope = Float64Array.of(2 * (activate(phi, x, outs) - ys[k]) / xs.length);
    for (let depth = phi.length - 1; depth >= 0; depth--) {
      let input = depth > 0 ? outs[depth - 1] : Float64Array.of(x), before = new Float64Array(input.length), { weights, biases } = found[depth], size = input.length;
      for (let o = 0; o < slope.length; o++) {
        let by = slope[o];
        if (by !== 0) {
          biases[o] += by;
          for (let i = 0, w = o * size; i < size; i++, w++)
            weights[w] += by * input[i], before[i] += by * phi[depth].weights[w];
        }
      }
      for (let i = 0; i < size; i++) input[i] <= 0 && (before[i] = 0);
      slope = before;
    }
  }), found;
}
var moved = (values, slopes, lr) => values.map((value, i) => value - lr * slopes[i]);
function descend(theta, xs, ys, lr, steps) {
  let path = [theta];
  for (let step = 0; step < steps; step++) {
    let slopes = gradient(path[step], xs, ys);
    path.push(
      path[step].map(({ weights, biases }, i) => ({
        weights: moved(weights, slopes[i].weights, lr),
        biases: moved(biases, slopes[i].biases, lr)
      }))
    );
  }
  return path;
}

// metalib/course/maml_sinusoids/sinusoid_laboratory.js
var DIVERGED = 1e4, known = /* @__PURE__ */ new WeakMap();
function unpacked(start, { sizes, grid }) {
  let found = known.get(start);
  if (found) return found;
  let theta = network(start.weights, sizes), fresh = { theta, before: outputs(theta, grid) };
  return known.set(start, fresh), fresh;
}
var turns = (angle) => `${(angle / Math.PI).toFixed(2).replace("-", "−")} π`;
function outside(ranges, { amplitude, phase, points }) {
  let within = ([low, high], value) => low <= value && value <= high;
  return [
    within(ranges.amplitude, amplitude) ? "" : `the amplitude ${amplitude.toFixed(1)} (training had ${ranges.amplitude.join(" to ")})`,
    within(ranges.phase, phase) ? "" : `the phase ${turns(phase)} (training had 0 to π)`,
    points.every((x) => within(ranges.x, x)) ? "" : `a point's x (training had ${ranges.x.join(" to ").replace("-", "−")})`
  ].filter(Boolean);
}
function view(data, state) {
  let { reach, ranges, grid, starts, deals, most } = data, { amplitude, phase, points, steps, drawn } = state, wave = (x) => amplitude * Math.sin(x - phase), [ys, truth] = [points.map(wave), grid.map(wave)], within = grid.map((x) => x >= ranges.x[0] && x <= ranges.x[1]), inside = (values) => values.filter((_, i) => within[i]), [shaded, wanted] = [inside(grid), inside(truth)], error = (found) => {
    let size = meanSquaredError(found, wanted);
    return size < DIVERGED ? size : null;
  }, chosen = (phis) => drawn.length === 1 ? phis : [...new Set(drawn.length === 2 ? [phis[0], phis[steps]] : [phis[steps]])], rows = starts.map((start) => {
    let { theta, before } = unpacked(start, data), phis = descend(theta, points, ys, start.inner_lr, steps), shown = drawn.includes(start.name), curves = (shown ? chosen(phis) : []).map((phi) => phi === theta ? before : outputs(phi, grid)), last = curves.length ? inside(curves[curves.length - 1]) : outputs(phis[steps], shaded);
    return { name: start.name, colour: start.colour, shown, before: error(inside(before)), after: error(last), curves };
  }), ways = outside(ranges, state);
  return {
    reach,
    inputs: ranges.x,
    grid,
    truth,
    points: points.map((x, i) => (
      /** @type {import("../kit/graph.js").Point} */
      [x, ys[i]]
    )),
    rows,
    steps,
    deals: Object.keys(deals),
    warning: ways.length ? `Outside what training saw: ${ways.join(", and ")}.` : "",
    sliders: [
      { key: "amplitude", label: "amplitude A", min: 0.1, max: 6.5, step: 0.1, value: amplitude, text: amplitude.toFixed(1), warning: amplitude > ranges.amplitude[1] },
      {
        key: "phase",
        label: "phase b",
        min: -1.56,
        max: 4.72,
        step: 0.02,
        value: phase,
        text: turns(phase),
        warning: phase < ranges.phase[0] || phase > ranges.phase[1]
      },
      { key: "steps", label: "inner steps", min: 0, max: most, step: 1, value: steps, text: String(steps) }
    ]
  };
}
function act({ reach, deals, starts }, state, action) {
  if (action.name === "deal") {
    let sets = deals[action.count];
    return { ...state, points: sets[state.dealt % sets.length], dealt: state.dealt + 1 };
  }
  if (action.name === "set") {
    let { key, value } = action;
    if (!key.startsWith("draw.")) return { ...state, [key]: value };
    let name = key.slice(5);
    return { ...state, drawn: starts.map((start) => start.name).filter((one) => one === name ? value : state.drawn.includes(one)) };
  }
  let i = Number(action.handle), x = action.name === "move" ? action.x : state.points[i] + 0.2 * action.dx, place = Math.round(100 * clamp(x, -reach, reach)) / 100;
  return { ...state, points: state.points.map((now, j) => i === j ? place : now) };
}
function draw(seen) {
  let { rows, steps, sliders, warning, deals } = seen, row = ({ name, colour, shown, before, after: error }) => {
    let tick = checkbox(`draw.${name}`, name, shown);
    return tick.insertBefore(element("i", { class: "metalib-swatch", style: `background:${colour}` }), tick.lastChild), element("tr", {}, element("th", { scope: "row" }, tick), element("td", {}, said(before)), element("td", {}, said(error)));
  }, count = rows.filter((one) => one.shown).length, after = `after ${steps} step${steps === 1 ? "" : "s"}`, lines = [
    "Tick a start to see its curve.",
    "Lines: the network after each step, the last one thick.",
    `Thin: the networks before the steps; thick: ${after}.`,
    `Lines: the networks ${after}.`
  ][Math.min(count, 3)];
  return [
    element("h4", {}, "Shape the task, drag its points along the wave, and step."),
    element(
      "div",
      { class: "metalib-body" },
      element("div", { class: "metalib-graph" }, picture(seen), note(`Shaded: where training had its points. Dashed: the task. ${lines}`)),
      element(
        "div",
        { class: "metalib-side" },
        element("fieldset", { class: "metalib-slides" }, element("legend", {}, "Task and steps"), sliders.map(slider)),
        element("div", { class: "metalib-controls" }, deals.map((number) => button({ name: "deal", count: number }, {}, `${number} new points`))),
        element(
          "table",
          {},
          element("caption", {}, "Tick what to draw. Mean squared error on the shaded part, before and after the steps:"),
          element("thead", {}, element("tr", {}, ["start", "before", `after ${steps}`].map((words2) => element("th", { scope: "col" }, words2)))),
          element("tbody", {}, rows.map(row))
        )
      )
    ),
    element("p", { class: "metalib-warning", role: "status" }, warning)
  ];
}
var sinusoid_laboratory_default = widget({
  name: "sinusoid-laboratory",
  view,
  act,
  draw,
  shown: ({ rows }) => ({ errors: Object.fromEntries(rows.map(({ name, before, after }) => [name, [before, after]])) })
});
export {
  act,
  sinusoid_laboratory_default as default,
  view
};
