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
function tile({ url, count }, index, side, alt = "") {
  let place = `background-image:url(${url});background-size:${side * count}px ${side}px;background-position:${-side * index}px 0`, words = alt ? { role: "img", "aria-label": alt } : { "aria-hidden": "true" };
  return element("span", { class: "metalib-tile", style: `width:${side}px;height:${side}px;${place}`, "data-tile": index, ...words });
}
function button(action, attributes, ...children) {
  let { class: own = "", ...rest } = attributes;
  return element("button", { type: "button", class: `metalib-button ${own}`.trim(), "data-act": JSON.stringify(action), ...rest }, ...children);
}
function choice(legend, options) {
  return element(
    "div",
    { class: "metalib-choice", role: "group", "aria-label": legend },
    element("span", { class: "metalib-legend", "aria-hidden": "true" }, legend),
    element(
      "span",
      { class: "metalib-options" },
      options.map(({ label, action, chosen, name }) => button(action, { "aria-pressed": String(chosen), "aria-label": name }, label))
    )
  );
}
function slider({ key: key2, label, min, max, step, value, text, warning }) {
  return element(
    "label",
    { class: warning ? "metalib-slide metalib-is-outside" : "metalib-slide" },
    element("span", {}, label),
    element("input", { type: "range", "data-set": key2, min, max, step, value, "aria-valuetext": text }),
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
var clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// metalib/course/kit/drags.js
var ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }, WIDE = 5;
function drags(root, send) {
  let held = null, down = (event) => {
    let target = (
      /** @type {Element} */
      event.target.closest("[data-handle]")
    ), chart = target?.closest("svg");
    !(target instanceof SVGElement) || !chart || event.button !== 0 || (held = { handle: target.dataset.handle ?? "", chart, moved: null }, root.setPointerCapture(event.pointerId), event.preventDefault(), target.focus());
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
  let key2 = (event) => {
    let { target, shiftKey } = event, arrow = ARROWS[event.key];
    if (!(!(target instanceof HTMLInputElement) || target.type !== "range" || !shiftKey || !arrow)) {
      event.preventDefault(), target.stepUp(WIDE * (arrow[0] + arrow[1]));
      for (let kind of ["input", "change"]) target.dispatchEvent(new Event(kind, { bubbles: !0 }));
    }
  };
  return root.addEventListener("keydown", key2), () => root.removeEventListener("keydown", key2);
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
  let key2 = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    let around = (
      /** @type {HTMLElement | null | undefined} */
      root.parentElement?.closest("[tabindex]")
    );
    around ? around.focus({ preventScroll: !0 }) : event.target.blur();
  };
  return root.addEventListener("keydown", key2), () => root.removeEventListener("keydown", key2);
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

// metalib/course/prototypical_networks/atlas_motion.js
var eased = (share) => share * share * (3 - 2 * share);
function between(from, to, share) {
  let part = eased(Math.min(1, Math.max(0, share)));
  return to.map(([x, y], i) => [from[i][0] + part * (x - from[i][0]), from[i][1] + part * (y - from[i][1])]);
}
function glide(put) {
  let here = [], goal = [], frame = 0, calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches, start = (from) => {
    let began = null, step = (now) => {
      began ??= now;
      let share = (now - began) / 320;
      here = share < 1 ? between(from, goal, share) : goal, frame = share < 1 ? requestAnimationFrame(step) : 0, put(here);
    };
    frame = requestAnimationFrame(step);
  };
  return {
    /** Where the marks are. */
    here: () => here,
    /** Go there; and draw, since some nodes may be new. @param {Point[]} places */
    to(places) {
      places.length === goal.length && places.every(([x, y], i) => x === goal[i][0] && y === goal[i][1]) || (cancelAnimationFrame(frame), frame = 0, goal = places, here.length !== places.length || calm() ? here = places : start(here)), put(here);
    },
    stop: () => cancelAnimationFrame(frame)
  };
}

// metalib/course/kit/packed.js
var known = /* @__PURE__ */ new WeakMap();
function unpacked(packed) {
  let found = known.get(packed);
  if (found) return found;
  let text = atob(packed.bytes), bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0)), view2 = new DataView(bytes.buffer), values = Float32Array.from({ length: bytes.length / 2 }, (_, i) => packed.scale * view2.getInt16(2 * i, !0));
  return known.set(packed, values), values;
}

// metalib/course/prototypical_networks/atlas_places.js
var WIDTH = 620, HEIGHT = 440, MARGIN = 20;
function pointsOf(points, stage) {
  let values = unpacked(points), count = points.shape[1];
  return Array.from({ length: count }, (_, i) => {
    let at2 = 2 * (stage * count + i);
    return [values[at2], values[at2 + 1]];
  });
}
function placed(points) {
  let [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)], [x0, x1, y0, y1] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)], unit = Math.min((WIDTH - 2 * MARGIN) / (x1 - x0 || 1), (HEIGHT - 2 * MARGIN) / (y1 - y0 || 1));
  return points.map(([x, y]) => [WIDTH / 2 + unit * (x - (x0 + x1) / 2), HEIGHT / 2 - unit * (y - (y0 + y1) / 2)]);
}
function means(points, size) {
  return Array.from({ length: points.length / size }, (_, c) => {
    let own = points.slice(c * size, (c + 1) * size);
    return [own.reduce((sum, [x]) => sum + x, 0) / size, own.reduce((sum, [, y]) => sum + y, 0) / size];
  });
}
function threads(own) {
  let [[x, y]] = means(own, own.length), mean = `${x.toFixed(1)} ${y.toFixed(1)}`;
  return own.map(([u, v]) => `M${mean}L${u.toFixed(1)} ${v.toFixed(1)}`).join("");
}
function nearest(places, [x, y], reach, seen) {
  let found = null, least = reach * reach;
  return places.forEach(([u, v], i) => {
    let square = (u - x) ** 2 + (v - y) ** 2;
    square > least || !seen(i) || (found = i, least = square);
  }), /** @type {number | null} */
  found;
}

// metalib/course/prototypical_networks/embedding_atlas.js
var SHAPES = [
  "M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
  "M-3.2-3.2H3.2V3.2H-3.2Z",
  "M0-4.2 4 3H-4Z",
  "M0-4.6 4.6 0 0 4.6-4.6 0Z",
  "M-1.4-4.2H1.4V-1.4H4.2V1.4H1.4V4.2H-1.4V1.4H-4.2V-1.4H-1.4Z"
], WIDE2 = 5, groupOf = ({ group_of, n_drawings }, drawing) => group_of[Math.floor(drawing / n_drawings)];
function visible(data, group) {
  let all = [...Array(data.points.shape[1]).keys()];
  return group === null ? all : all.filter((drawing) => data.groups[groupOf(data, drawing)].name === group);
}
function view(data, { stage, group, picked }) {
  let { stages, n_drawings, names, groups, group_of, drawings } = data, points = pointsOf(data.points, stage), kind = Math.floor(picked / n_drawings);
  return {
    stage,
    stages: stages.length,
    ...stages[stage],
    places: placed(points),
    means: means(points, n_drawings),
    classes: names.map((_, c) => ({ group: group_of[c], away: group !== null && groups[group_of[c]].name !== group })),
    groups: groups.map(({ name, colour }, i) => ({ name, colour, shape: SHAPES[i % SHAPES.length], chosen: name === group })),
    n_drawings,
    drawings,
    picked,
    kin: Array.from({ length: n_drawings }, (_, i) => kind * n_drawings + i),
    name: names[kind],
    which: `drawing ${picked % n_drawings + 1} of ${n_drawings}`,
    all: group === null
  };
}
function act(data, state, action) {
  if (action.name === "set") {
    let stage = clamp(action.value, 0, data.stages.length - 1);
    return stage === state.stage ? state : { ...state, stage };
  }
  if (action.name === "choose") {
    let seen2 = visible(data, action.group);
    return { ...state, group: action.group, picked: seen2.includes(state.picked) ? state.picked : seen2[0] };
  }
  let seen = visible(data, state.group), drawing = state.picked;
  if (action.name === "end") drawing = seen[action.last ? seen.length - 1 : 0];
  else if (action.name === "pick") drawing = seen.includes(action.drawing) ? action.drawing : drawing;
  else {
    let step = action.step * (action.by === "class" ? data.n_drawings : 1), count = seen.length;
    drawing = seen[((seen.indexOf(drawing) + step) % count + count) % count];
  }
  return drawing === state.picked ? state : { ...state, picked: drawing };
}
var at = ([x, y]) => `translate:${x.toFixed(1)}px ${y.toFixed(1)}px`;
function map({ places, classes, groups, n_drawings, kin, picked, title }) {
  let kind = Math.floor(picked / n_drawings), lines = (c, look) => svg("path", {
    class: `metalib-threads ${look}`,
    stroke: groups[classes[c].group].colour,
    "data-threads": c,
    "data-painted": !0
  }), marks = (c, look, own) => {
    let { colour, shape } = groups[classes[c].group], mark = (i) => svg("path", { d: shape, "data-drawing": i, "data-painted": !0 });
    return svg("g", { class: `metalib-marks ${look}`, fill: colour }, own.map(mark));
  }, looks = classes.map(({ away }) => away ? "metalib-away" : "metalib-near");
  return svg(
    "svg",
    {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      class: "metalib-chart metalib-atlas",
      tabindex: 0,
      role: "application",
      "aria-label": `${title}: ${places.length} drawings. Left and right arrow: next drawing. Up and down: next character. With Shift: five at once. Home and End: first and last`
    },
    svg("rect", { width: WIDTH, height: HEIGHT, class: "metalib-paper" }),
    looks.map((look, c) => lines(c, look)),
    looks.map((look, c) => marks(c, look, kin.map((_, i) => c * n_drawings + i))),
    lines(kind, "metalib-kin"),
    marks(kind, "metalib-kin", [...kin.filter((i) => i !== picked), picked])
  );
}
function draw(seen) {
  let { groups, all, stage, stages, title, drawings, picked, name, which, words } = seen, symbol = ({ colour, shape }) => svg("svg", { viewBox: "-6 -6 12 12", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: shape, fill: colour, class: "metalib-key" }));
  return [
    element(
      "div",
      { class: "metalib-controls" },
      choice("Alphabet", [
        { label: "all", name: "all alphabets", action: { name: "choose", group: null }, chosen: all },
        ...groups.map((group) => ({ label: [symbol(group), group.name], action: { name: "choose", group: group.name }, chosen: group.chosen }))
      ]),
      slider({ key: "stage", label: "Stage", min: 0, max: stages - 1, step: 1, value: stage, text: title })
    ),
    element(
      "div",
      { class: "metalib-map" },
      map(seen),
      element(
        "div",
        { class: "metalib-picked" },
        tile(drawings, picked, 112, "the drawing"),
        element("p", { class: "metalib-name", "aria-live": "polite" }, element("b", {}, name), `, ${which}`),
        note("Point at a mark to see its drawing. All marks of its character are framed.")
      )
    ),
    status(words)
  ];
}
var STEPS = {
  ArrowRight: { by: "drawing", step: 1 },
  ArrowLeft: { by: "drawing", step: -1 },
  ArrowDown: { by: "class", step: 1 },
  ArrowUp: { by: "class", step: -1 }
};
function key(event, send) {
  let found = STEPS[event.key], end = ["Home", "End"].indexOf(event.key);
  !found && end < 0 || !/** @type {Element} */
  event.target.closest(".metalib-atlas") || (event.preventDefault(), end >= 0 ? send({ name: "end", last: end === 1 }) : send({ name: "step", by: found.by, step: found.step * (event.shiftKey ? WIDE2 : 1) }));
}
var gliding = /* @__PURE__ */ new WeakMap();
function motion(root) {
  let found = gliding.get(root);
  if (found) return found;
  let made = glide((places) => {
    let size = root.querySelectorAll(".metalib-kin [data-drawing]").length;
    for (
      let node of
      /** @type {NodeListOf<SVGElement>} */
      root.querySelectorAll("[data-drawing]")
    )
      node.setAttribute("style", at(places[Number(node.dataset.drawing)]));
    for (
      let node of
      /** @type {NodeListOf<SVGElement>} */
      root.querySelectorAll("[data-threads]")
    ) {
      let c = Number(node.dataset.threads);
      node.setAttribute("d", threads(places.slice(c * size, (c + 1) * size)));
    }
  });
  return gliding.set(root, made), made;
}
var REACH = 14;
function begin(root, now) {
  let point = (event) => {
    let target = (
      /** @type {Element} */
      event.target.closest(".metalib-atlas")
    ), matrix = target instanceof SVGSVGElement ? target.getScreenCTM() : null;
    if (!matrix) return;
    let { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse()), { classes, n_drawings, picked } = now.view(), seen = (i) => !classes[Math.floor(i / n_drawings)].away, drawing = nearest(motion(root).here(), [x, y], REACH / matrix.a, seen);
    drawing !== null && drawing !== picked && now.send({ name: "pick", drawing }, !1);
  }, stops = [listen(root, "pointermove", point), listen(root, "pointerdown", point), motion(root).stop];
  return () => stops.forEach((stop) => stop());
}
var embedding_atlas_default = widget({
  name: "embedding-atlas",
  view,
  act,
  draw,
  key,
  begin,
  paint: (root, { places }) => motion(root).to(places),
  shown: ({ title, ratio, name, which, classes, n_drawings }) => ({
    title,
    ratio,
    drawing: `${name}, ${which}`,
    seen: n_drawings * classes.filter(({ away }) => !away).length
  })
});
export {
  act,
  embedding_atlas_default as default,
  view
};
