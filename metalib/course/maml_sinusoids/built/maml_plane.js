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
function handle({ handle: name, label, x, words: said, focusable = !0 }, ...children) {
  let keys = { tabindex: 0, role: "slider", "aria-label": label, "aria-valuenow": x.toFixed(2), "aria-valuetext": said };
  return svg("g", { class: "metalib-handle", "data-handle": name, ...focusable ? keys : { "aria-hidden": "true" } }, ...children);
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
function eigenvalues([xx, xy, yy]) {
  let [middle, reach] = [(xx + yy) / 2, Math.hypot((xx - yy) / 2, xy)];
  if (middle === 0) return [-reach, reach];
  let large = middle + Math.sign(middle) * reach, other = (xx * yy - xy ** 2) / large;
  return middle > 0 ? [other, large] : [large, other];
}
var left = ({ lr, steps }) => (curvature) => steps === null ? 0 : (1 - lr * curvature) ** steps, WEIGHTS = {
  MAML: (inner) => (curvature) => curvature * left(inner)(curvature) ** 2,
  "first-order MAML": (inner) => (curvature) => curvature * left(inner)(curvature),
  "joint training": () => (curvature) => curvature,
  Reptile: (inner) => (curvature) => 1 - left(inner)(curvature)
};
function fixedPoint(tasks, weight) {
  let turn = tasks[0].angle, weights = tasks.map((task2) => matrix(task2, weight, turn)), [xx, xy, yy] = sum(weights), size = sum(weights.map((m) => (
    /** @type {Matrix} */
    m.map(Math.abs)
  ))), determinant = xx * yy - xy ** 2;
  if (!(Math.abs(determinant) > 1e-12 * size[0] * size[2])) return null;
  let pulls = weights.map((m, i) => times(m, turned(tasks[i].c, -turn))), [x, y] = [0, 1].map((i) => pulls.reduce((all, pull) => all + pull[i], 0));
  return turned([(yy * x - xy * y) / determinant, (xx * y - xy * x) / determinant], turn);
}
var start = (method, tasks, inner) => fixedPoint(tasks, WEIGHTS[method](inner));
function firstOrderAttracts(tasks, inner) {
  let weight = WEIGHTS["first-order MAML"](inner);
  return eigenvalues(sum(tasks.map((task2) => matrix(task2, weight, tasks[0].angle))))[0] > 0;
}
function innerPath(task2, theta, lr, steps) {
  let a = matrix(task2, (curvature) => curvature), points = [theta];
  for (let step = 0; step < steps; step++) {
    let [x, y] = points[step], [gx, gy] = times(a, [x - task2.c[0], y - task2.c[1]]);
    points.push([x - lr * gx, y - lr * gy]);
  }
  return points;
}
function loss(task2, [x, y]) {
  let away = (
    /** @type {Point} */
    [x - task2.c[0], y - task2.c[1]]
  ), [gx, gy] = times(matrix(task2, (curvature) => curvature), away);
  return (away[0] * gx + away[1] * gy) / 2;
}
function metaLoss(tasks, theta, lr, steps) {
  return tasks.map((task2) => loss(task2, innerPath(task2, theta, lr, steps)[steps])).reduce((all, one) => all + one, 0) / tasks.length;
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
    let { width, height, x, y } = JSON.parse(held.chart.dataset.frame ?? ""), place2 = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix2.inverse());
    held.moved = {
      name: "move",
      handle: held.handle,
      x: x[0] + (x[1] - x[0]) * place2.x / width,
      y: y[1] - (y[1] - y[0]) * place2.y / height
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
    let around2 = (
      /** @type {HTMLElement | null | undefined} */
      root.parentElement?.closest("[tabindex]")
    );
    around2 ? around2.focus({ preventScroll: !0 }) : event.target.blur();
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

// metalib/course/kit/plane.js
function ellipses({ px, py }, { c, curvatures, angle }, levels, colour) {
  let unit = px(1) - px(0), place2 = `translate(${px(c[0]).toFixed(2)} ${py(c[1]).toFixed(2)}) rotate(${(-180 * angle / Math.PI).toFixed(2)})`;
  return levels.map((level) => {
    let [rx, ry] = curvatures.map((curvature) => (unit * Math.sqrt(2 * level / curvature)).toFixed(2));
    return svg("ellipse", { rx, ry, transform: place2, class: "metalib-ellipse", stroke: colour });
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

// metalib/course/maml_sinusoids/letters.js
var [WIDE2, HIGH, GAP] = [11, 13, 2], around = ({ x, y, r }) => ({ left: x - r, right: x + r, top: y - r, bottom: y + r }), box = ({ x, y, width }) => ({ left: x - width / 2, right: x + width / 2, top: y - HIGH / 2, bottom: y + HIGH / 2 }), overlap = (a, b) => Math.max(0, Math.min(a.right, b.right) - Math.max(a.left, b.left)) * Math.max(0, Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top));
function groups(dots) {
  let found = [];
  for (let dot of dots) {
    let near = found.filter((group) => group.some(({ x, y }) => Math.hypot(x - dot.x, y - dot.y) < 15));
    found = [...found.filter((group) => !near.includes(group)), [...near.flat(), dot]];
  }
  return found;
}
function labels(dots, discs, side) {
  let outside = [
    { left: -1e3, right: 0, top: -1e3, bottom: 1e3 },
    { left: side, right: 1e3, top: -1e3, bottom: 1e3 },
    { left: -1e3, right: 1e3, top: -1e3, bottom: 0 },
    { left: -1e3, right: 1e3, top: side, bottom: 1e3 }
  ], placed = [];
  for (let group of groups(dots)) {
    let letters = dots.filter((dot) => group.includes(dot)).map(({ letter }) => letter);
    if (group.length === 1 && group[0].own) continue;
    let all = group.map(around), [left2, right] = [Math.min(...all.map((a) => a.left)), Math.max(...all.map((a) => a.right))], [top, bottom] = [Math.min(...all.map((a) => a.top)), Math.max(...all.map((a) => a.bottom))], width = WIDE2 * letters.length + 1, [x, y] = [(left2 + right) / 2, (top + bottom) / 2], [above, below] = [top - GAP - HIGH / 2, bottom + GAP + HIGH / 2], [before, after] = [left2 - GAP - width / 2, right + GAP + width / 2], upright = group[0].up ? [above, below] : [below, above], places = [
      ...upright.map((level) => [x, level]),
      [after, y],
      [before, y],
      ...upright.flatMap((level) => [[after, level], [before, level]])
    ], covered = [...discs.map(around), ...dots.filter((dot) => !group.includes(dot)).map(around), ...placed.map(box)], costs = places.map(([px, py]) => {
      let own = box({ letters, x: px, y: py, width });
      return covered.reduce((area, other) => area + overlap(own, other), 0) + 9 * outside.reduce((area, other) => area + overlap(own, other), 0);
    }), [bestX, bestY] = places[costs.indexOf(Math.min(...costs))];
    placed.push({ letters, x: bestX, y: bestY, width });
  }
  return placed;
}

// metalib/course/maml_sinusoids/plane_panel.js
var SIDE = 220;
function grip(f, { handle: name, badge, c }, focusable) {
  let label = `Optimum of task ${badge.text}: arrow keys move it`;
  return handle(
    { handle: name, label, x: c[0], words: c.map((value) => value.toFixed(1)).join(", "), focusable },
    optimum(f, c, badge),
    svg("circle", { cx: f.px(c[0]), cy: f.py(c[1]), r: 17, class: "metalib-halo" })
  );
}
function place(f, { start: start2, letter, up, colour }, own) {
  if (!start2) return [];
  let [far, r] = [[f.px(start2[0]), f.py(start2[1])], own ? 7.5 : 4.5], [x, y] = far.map((value) => clamp(value, r + 1, SIDE - r - 1)), turn = Math.hypot(far[0] - x, far[1] - y) > r ? Math.atan2(far[1] - y, far[0] - x) : null;
  return [{ x, y, r, letter, up, colour, own, turn }];
}
function mark({ x, y, r, colour, own, turn }) {
  let look = { fill: colour, class: own ? "metalib-own" : "metalib-other" };
  if (turn === null) return svg("circle", { cx: x, cy: y, r, ...look });
  let there = `translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${(180 * turn / Math.PI).toFixed(1)})`;
  return svg("path", { d: `M${r} 0L${-r} ${r}L${-r / 2} 0L${-r} ${-r}Z`, transform: there, ...look });
}
function starts(f, { bowls, panels }, own) {
  let all = panels.flatMap((panel) => place(f, panel, panel === own)), large = all.find((dot) => dot.own), optima = bowls.map(({ c, badge }) => ({ x: f.px(c[0]), y: f.py(c[1]), r: 10, letter: badge.text, up: !0, own: !1 })), hidden = optima.filter(({ x, y }) => large && Math.hypot(x - large.x, y - large.y) < 9), covered = optima.filter((dot) => !hidden.includes(dot)), steps = own.paths.flat().map(([x, y]) => ({ x: f.px(x), y: f.py(y), r: 2.5 }));
  return svg(
    "g",
    { class: "metalib-starts" },
    [...all.filter((dot) => !dot.own), ...all.filter((dot) => dot.own)].map(mark),
    labels([...hidden, ...all], [...covered, ...steps], SIDE).map(
      ({ letters, x, y }) => svg("text", { x, y: y + 4.5, "text-anchor": "middle", class: "metalib-initial" }, letters.join(" "))
    )
  );
}
var number = (value) => value === null ? "–" : value.toFixed(3);
function drawPanel(view2, own) {
  let { extent, levels, bowls, panels } = view2, f = frame(SIDE, SIDE, [-extent, extent], [-extent, extent]), where = own.start ? `start at ${own.start.map((value) => value.toFixed(2)).join(", ")}` : "no single start";
  return element(
    "figure",
    { class: own.best ? "metalib-panel metalib-is-lowest" : "metalib-panel", "data-method": own.name },
    element("figcaption", {}, element("i", { class: "metalib-swatch", style: `background:${own.colour}` }), `${own.name} (${own.letter})`),
    chart(
      f,
      `${own.name}: ${where}`,
      bowls.map((bowl) => ellipses(f, bowl, levels, bowl.badge.colour)),
      own.paths.map((points) => innerSteps(f, points)),
      bowls.map((bowl) => grip(f, bowl, own === panels[0])),
      // once by key
      starts(f, view2, own),
      own.start ? null : svg("text", { x: SIDE / 2, y: SIDE - 10, "text-anchor": "middle" }, "no single start: change α a little")
    ),
    element("p", {}, element("span", {}, "loss "), `${number(own.before)} → `, element("b", {}, number(own.after)), own.best ? " lowest" : "")
  );
}

// metalib/course/maml_sinusoids/maml_plane.js
var NAMES = (
  /** @type {const} */
  ["a", "b"]
), BEST = 5e-4, REPELS = "First-order MAML's point repels: the inner step jumps across an optimum. Lower α, or take an even k.", task = ({ c, along, across, angle }) => ({ c, curvatures: [along, across], angle: angle * Math.PI / 180 });
function view({ extent, levels, tasks: badges, methods, first }, state) {
  let tasks = NAMES.map((name) => task(state[name])), [lr, steps] = [state.inner_lr, state.inner_steps], found = methods.map((method) => {
    let theta = start(method.name, tasks, { lr, steps });
    return {
      ...method,
      start: theta,
      before: theta && metaLoss(tasks, theta, lr, 0),
      after: theta && metaLoss(tasks, theta, lr, steps),
      paths: theta ? tasks.map((one) => innerPath(one, theta, lr, steps)) : []
    };
  }), lowest = Math.min(...found.map(({ after }) => after ?? 1 / 0)), known = (
    /** @type {Point[]} */
    found.map((panel) => panel.start).filter(Boolean)
  ), distance = Math.max(...known.flatMap((p) => known.map((q) => Math.hypot(p[0] - q[0], p[1] - q[1])))), count = ["", "One start", "The two starts", "The three starts", "All four starts"][known.length], beyond = found.filter(({ start: theta }) => theta?.some((value) => Math.abs(value) > extent)).map(({ letter }) => letter), outside = beyond.length ? ` Outside the picture, where an arrow points: ${beyond.join(", ")}.` : "", attracts = firstOrderAttracts(tasks, { lr, steps }), firstOrder = found.find(({ name }) => name === "first-order MAML");
  return {
    extent,
    levels,
    bowls: tasks.map((one, i) => ({ ...one, handle: NAMES[i], badge: badges[i] })),
    panels: found.map((panel) => ({ ...panel, best: panel.after !== null && panel.after < lowest + BEST })),
    equal: ["along", "across", "angle"].every((part) => state.a[
      /** @type {"angle"} */
      part
    ] === state.b[
      /** @type {"angle"} */
      part
    ]),
    begun: JSON.stringify(state) === JSON.stringify(first),
    status: distance < 1e-3 ? `${count} coincide.` : `The starts lie up to ${distance.toFixed(2)} apart.${outside}`,
    warning: firstOrder?.start && !attracts ? REPELS : "",
    state
  };
}
function act(data, state, action) {
  if (action.name === "reset") return data.first;
  if (action.name === "equal") return { ...state, b: { ...state.a, c: state.b.c } };
  if (action.name === "set") {
    let { key, value } = action, [bowl, part] = key.split(".");
    return part ? { ...state, [bowl]: { ...state[
      /** @type {"a" | "b"} */
      bowl
    ], [part]: value } } : { ...state, [key]: value };
  }
  let now = state[action.handle];
  if (action.name === "nudge") {
    let [x, y] = [now.c[0] + 0.1 * action.dx, now.c[1] + 0.1 * action.dy];
    return act(data, state, { name: "move", handle: action.handle, x, y });
  }
  let limit = data.extent - 0.3, c = (
    /** @type {Point} */
    [action.x, action.y].map((value) => Math.round(1e3 * clamp(value, -limit, limit)) / 1e3)
  );
  return { ...state, [action.handle]: { ...now, c } };
}
function draw(seen) {
  let { panels, equal, begun, status: words2, warning, state } = seen, group = (legend, ...children) => element("fieldset", {}, element("legend", {}, legend), ...children), bowl = (name) => {
    let { along, across, angle } = state[name], curvature = { min: 0.25, max: 4, step: 0.05 };
    return group(
      `Task ${name.toUpperCase()}`,
      slider({ key: `${name}.along`, label: "curvature", ...curvature, value: along, text: along.toFixed(2) }),
      slider({ key: `${name}.across`, label: "across", ...curvature, value: across, text: across.toFixed(2) }),
      slider({ key: `${name}.angle`, label: "turned by", min: 0, max: 180, step: 5, value: angle, text: `${angle.toFixed(0)}°` })
    );
  }, { inner_lr: lr, inner_steps: k } = state;
  return [
    element("h4", {}, "Drag an optimum, A or B, or use its arrow keys. Move the sliders."),
    note("Large dot: the start of the panel's method. Small dots: the other methods' starts. Black: the inner steps. Below: the mean loss before → after them."),
    element(
      "div",
      { class: "metalib-body" },
      element("div", { class: "metalib-panels" }, panels.map((one) => drawPanel(seen, one))),
      element(
        "div",
        {},
        status(words2),
        element(
          "div",
          { class: "metalib-groups" },
          bowl("a"),
          bowl("b"),
          group(
            "Inner loop",
            slider({ key: "inner_lr", label: "step size α", min: 0.02, max: 0.48, step: 0.02, value: lr, text: lr.toFixed(2) }),
            slider({ key: "inner_steps", label: "steps k", min: 1, max: 20, step: 1, value: k, text: String(k) })
          )
        ),
        element("p", { class: "metalib-warning", role: "status" }, warning),
        element(
          "div",
          { class: "metalib-controls" },
          button({ name: "equal" }, { "aria-disabled": String(equal) }, "Give B the curvature of A"),
          button({ name: "reset" }, { "aria-disabled": String(begun) }, "As in the beginning")
        )
      )
    )
  ];
}
var maml_plane_default = widget({
  name: "maml-plane",
  view,
  act,
  draw,
  shown: ({ panels }) => Object.fromEntries(panels.map(({ name, start: theta, before, after }) => [name, { start: theta, before, after }]))
});
export {
  act,
  maml_plane_default as default,
  view
};
