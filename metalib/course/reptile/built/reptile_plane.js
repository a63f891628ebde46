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
function slider({ key, label, min, max, step, value, text, warning }) {
  return element(
    "label",
    { class: warning ? "metalib-slide metalib-is-outside" : "metalib-slide" },
    element("span", {}, label),
    element("input", { type: "range", "data-set": key, min, max, step, value, "aria-valuetext": text }),
    element("output", {}, text)
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

// metalib/course/kit/plane.js
function ellipses({ px, py }, { c, curvatures, angle }, levels, colour) {
  let unit = px(1) - px(0), place = `translate(${px(c[0]).toFixed(2)} ${py(c[1]).toFixed(2)}) rotate(${(-180 * angle / Math.PI).toFixed(2)})`;
  return levels.map((level) => {
    let [rx, ry] = curvatures.map((curvature) => (unit * Math.sqrt(2 * level / curvature)).toFixed(2));
    return svg("ellipse", { rx, ry, transform: place, class: "metalib-ellipse", stroke: colour });
  });
}
function optimum({ px, py }, [x, y], { text, colour, ink }) {
  return [
    svg("circle", { cx: px(x), cy: py(y), r: 9, fill: colour, stroke: "#fff", "stroke-width": 1.5 }),
    svg("text", { x: px(x), y: py(y) + 4.5, "text-anchor": "middle", class: "metalib-letter", style: `fill:${ink}` }, text)
  ];
}
function innerSteps(f, points) {
  let dots = points.slice(1).map(([x, y]) => `M${f.px(x).toFixed(1)} ${f.py(y).toFixed(1)}h0`);
  return [line(f, points, { class: "metalib-way" }), svg("path", { d: dots.join(""), class: "metalib-step" })];
}

// metalib/course/kit/quadratics.js
function matrix({ curvatures, angle }, f, turn = 0) {
  let [along, across] = curvatures.map(f), [cos, sin] = [Math.cos(angle - turn), Math.sin(angle - turn)];
  return [along * cos ** 2 + across * sin ** 2, (along - across) * cos * sin, along * sin ** 2 + across * cos ** 2];
}
var times = ([xx, xy, yy], [x, y]) => [xx * x + xy * y, xy * x + yy * y], turned = ([x, y], angle) => [Math.cos(angle) * x - Math.sin(angle) * y, Math.sin(angle) * x + Math.cos(angle) * y], sum = (matrices) => (
  /** @type {Matrix} */
  [0, 1, 2].map((i) => matrices.reduce((all, m) => all + m[i], 0))
);
var left = ({ lr, steps }) => (curvature) => steps === null ? 0 : (1 - lr * curvature) ** steps, WEIGHTS = {
  MAML: (inner) => (curvature) => curvature * left(inner)(curvature) ** 2,
  "first-order MAML": (inner) => (curvature) => curvature * left(inner)(curvature),
  "joint training": () => (curvature) => curvature,
  Reptile: (inner) => (curvature) => 1 - left(inner)(curvature)
};
function fixedPoint(tasks, weight) {
  let turn = tasks[0].angle, weights = tasks.map((task) => matrix(task, weight, turn)), [xx, xy, yy] = sum(weights), size = sum(weights.map((m) => (
    /** @type {Matrix} */
    m.map(Math.abs)
  ))), determinant = xx * yy - xy ** 2;
  if (!(Math.abs(determinant) > 1e-12 * size[0] * size[2])) return null;
  let pulls = weights.map((m, i) => times(m, turned(tasks[i].c, -turn))), [x, y] = [0, 1].map((i) => pulls.reduce((all, pull) => all + pull[i], 0));
  return turned([(yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant], turn);
}
var start = (method, tasks, inner) => fixedPoint(tasks, WEIGHTS[method](inner));
function innerPath(task, theta, lr, steps) {
  let a = matrix(task, (curvature) => curvature), points = [theta];
  for (let step = 0; step < steps; step++) {
    let [x, y] = points[step], [gx, gy] = times(a, [x - task.c[0], y - task.c[1]]);
    points.push([x - lr * gx, y - lr * gy]);
  }
  return points;
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
    let matrix2 = held?.chart.getScreenCTM();
    if (!held || !matrix2) return;
    let { width, height, x, y } = JSON.parse(held.chart.dataset.frame ?? ""), place = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix2.inverse());
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

// metalib/course/reptile/reptile_plane.js
var inWords = (k) => k === null ? "k → ∞" : `k = ${k}`;
function view({ extent, levels, steps, drawn, tasks, colours }, { stop, inner_lr: lr }) {
  let at = (k2) => (
    /** @type {Point} */
    start("Reptile", tasks, { lr, steps: k2 })
  ), trail = steps.map(at), start2 = trail[stop], joint = (
    /** @type {Point} */
    start("joint training", tasks, { lr, steps: 1 })
  ), mean = at(null), k = steps[stop], distance = ([x, y]) => Math.hypot(x - start2[0], y - start2[1]), [toJoint, toMean] = [distance(joint), distance(mean)];
  return {
    extent,
    levels,
    tasks,
    colours,
    trail,
    start: start2,
    joint,
    mean,
    toJoint,
    toMean,
    paths: tasks.map((task) => innerPath(task, start2, lr, k ?? drawn)),
    sliders: [
      { key: "stop", label: "inner steps k", min: 0, max: steps.length - 1, step: 1, value: stop, text: inWords(k) },
      { key: "inner_lr", label: "step size α", min: 0.02, max: 0.48, step: 0.02, value: lr, text: lr.toFixed(2) }
    ],
    status: `${inWords(k)}: ${toJoint.toFixed(3)} from the joint optimum, ${toMean.toFixed(3)} from the mean of the optima.`
  };
}
var act = (_data, state, { key, value }) => ({ ...state, [key]: value }), SIDE = 400;
function draw({ extent, levels, tasks, colours, trail, start: start2, joint, mean, paths, sliders, status: words2 }) {
  let f = frame(SIDE, SIDE, [-extent, extent], [-extent, extent]), at = ([x, y]) => `translate(${f.px(x).toFixed(1)} ${f.py(y).toFixed(1)})`, ends = paths.map((points) => points[points.length - 1]), diamond = () => svg("path", { d: "M0 -7L7 0L0 7L-7 0Z", fill: colours.joint, class: "metalib-joint" }), square = () => svg("rect", { x: -5, y: -5, width: 10, height: 10, class: "metalib-mean" }), dot = () => svg("circle", { r: 10, fill: colours.reptile, class: "metalib-start" }), put = (point, mark) => svg("g", { transform: at(point) }, mark), sign = (node, text) => element("li", {}, svg("svg", { viewBox: "-12 -12 24 24", width: 24, height: 24, "aria-hidden": "true" }, node), text);
  return [
    element("h4", {}, "Move k. At the start, the ways into the two tasks cancel."),
    element(
      "div",
      { class: "metalib-body" },
      chart(
        f,
        `Two tasks in the plane. Reptile starts at ${start2.map((value) => value.toFixed(2)).join(", ")}`,
        tasks.map((task) => ellipses(f, task, levels, task.badge.colour)),
        line(f, ends, { class: "metalib-between-ends" }),
        paths.map((points) => innerSteps(f, points)),
        tasks.map(({ c, badge }) => optimum(f, c, badge)),
        line(f, trail, { stroke: colours.reptile, class: "metalib-trail" }),
        put(start2, dot()),
        put(joint, diamond()),
        put(mean, square())
      ),
      element(
        "div",
        {},
        element("div", { class: "metalib-slides" }, sliders.map(slider)),
        status(words2),
        element(
          "ul",
          { class: "metalib-signs" },
          sign(dot(), "Reptile's start for this k; the line: for all k"),
          sign(diamond(), "joint optimum: the lowest mean loss"),
          sign(square(), "mean of the optima A and B"),
          sign(svg("path", { d: "M-11 0H11M-11 0h0M0 0h0M11 0h0", class: "metalib-way-sign" }), "k inner steps into each task"),
          sign(svg("path", { d: "M-11 0H11", class: "metalib-between-ends" }), "between the ends of the two ways")
        ),
        note("The start lies half-way between the ends of its two ways: the mean over the tasks of θ − φ is zero there.")
      )
    )
  ];
}
var reptile_plane_default = widget({ name: "reptile-plane", view, act, draw, shown: ({ trail, start: start2, toJoint, toMean }) => ({ trail, start: start2, toJoint, toMean }) });
export {
  act,
  reptile_plane_default as default,
  view
};
