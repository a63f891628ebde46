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
function badge({ text, colour, ink }) {
  return element("span", { class: "metalib-badge", style: `background:${colour};color:${ink}` }, text);
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

// metalib/course/prototypical_networks/plane_field.js
function prototypes(points, labels, n) {
  return Array.from({ length: n }, (_, k) => {
    let own = points.filter((_point, i) => labels[i] === k), mean = (axis) => own.reduce((sum, point) => sum + point[axis], 0) / own.length;
    return [mean(0), mean(1)];
  });
}
function unit([x, y]) {
  let length = Math.max(Math.sqrt(x * x + y * y), 1e-8);
  return [x / length, y / length];
}
function logit({ distance, scale }, centre, place) {
  if (distance === "cosine") {
    let [u, v] = [unit(centre), unit(place)];
    return scale * (u[0] * v[0] + u[1] * v[1]);
  }
  let squared = (place[0] - centre[0]) ** 2 + (place[1] - centre[1]) ** 2;
  return -scale * (distance === "euclidean" ? Math.sqrt(squared) : squared);
}
function probabilities(plane, place) {
  let logits = plane.centres.map((centre) => logit(plane, centre, place)), top = Math.max(...logits), weights = logits.map((value) => Math.exp(value - top)), sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}
var middle = (low, high, i, count) => low + (high - low) * (i + 0.5) / count;
function rows({ centres, distance, scale }, [left, right, bottom, top], [columns, count], each) {
  let x = Float64Array.from({ length: columns }, (_, i) => middle(left, right, i, columns)), logits = centres.map(() => new Float64Array(columns)), ways = centres.map(unit);
  for (let row = 0; row < count; row++) {
    let y = middle(top, bottom, row, count);
    logits.forEach((line, k) => {
      let [cx, cy] = centres[k], [ux, uy] = ways[k], dy = (y - cy) ** 2;
      if (distance === "cosine")
        for (let i = 0; i < columns; i++) line[i] = scale * (ux * x[i] + uy * y) / Math.max(Math.sqrt(x[i] * x[i] + y * y), 1e-8);
      else if (distance === "euclidean")
        for (let i = 0; i < columns; i++) line[i] = -scale * Math.sqrt((x[i] - cx) ** 2 + dy);
      else
        for (let i = 0; i < columns; i++) line[i] = -scale * ((x[i] - cx) ** 2 + dy);
    }), each(logits, row);
  }
}
function likeliest(logits, i) {
  let best = logits[0][i];
  for (let k = 1; k < logits.length; k++) logits[k][i] > best && (best = logits[k][i]);
  let sum = 0;
  for (let k = 0; k < logits.length; k++) {
    let behind = best - logits[k][i];
    behind < 40 && (sum += behind === 0 ? 1 : Math.exp(-behind));
  }
  return 1 / sum;
}
function sure(plane, window, cells2, limit) {
  let count = 0;
  return rows(plane, window, cells2, (logits) => {
    for (let i = 0; i < cells2[0]; i++) likeliest(logits, i) > limit && count++;
  }), count / (cells2[0] * cells2[1]);
}
function ahead({ centres, distance }) {
  let heads = centres.map((centre) => distance === "cosine" ? [...unit(centre), 0] : [2 * centre[0], 2 * centre[1], -(centre[0] ** 2 + centre[1] ** 2)]);
  return heads.map((own) => heads.map((other) => (
    /** @type {Line} */
    own.map((value, i) => value - other[i])
  )));
}
function cut(polygon, [a, b, c]) {
  let side = polygon.map(([x, y]) => a * x + b * y + c);
  return polygon.flatMap((here, i) => {
    let j = (i + 1) % polygon.length, kept = side[i] >= 0 ? [here] : [];
    if (side[i] >= 0 == side[j] >= 0) return kept;
    let share = side[i] / (side[i] - side[j]), there = polygon[j];
    return [
      ...kept,
      /** @type {Point} */
      [here[0] + share * (there[0] - here[0]), here[1] + share * (there[1] - here[1])]
    ];
  });
}
function regions(plane, [left, right, bottom, upper]) {
  let all = [[left, bottom], [right, bottom], [right, upper], [left, upper]];
  return ahead(plane).map((lines) => lines.reduce(cut, all));
}
function borders(plane, [left, right, bottom, upper]) {
  let frame2 = [[1, 0, -left], [-1, 0, right], [0, 1, -bottom], [0, -1, upper]];
  return ahead(plane).flatMap(
    (own, k) => own.flatMap(([a, b, c], j) => {
      let square = a * a + b * b;
      if (j <= k || square === 0) return [];
      let [x, y] = [-a * c / square, -b * c / square], within = [...frame2, ...own.filter((_, other) => other !== k && other !== j)], [from, to] = within.reduce(
        ([low, high], [p, q, r]) => {
          let [here, slope] = [p * x + q * y + r, q * a - p * b];
          return slope === 0 ? here < 0 ? [1, 0] : [low, high] : slope > 0 ? [Math.max(low, -here / slope), high] : [low, Math.min(high, -here / slope)];
        },
        [-1 / 0, 1 / 0]
      );
      return from >= to ? [] : [
        /** @type {[Point, Point]} */
        [[x - from * b, y + from * a], [x - to * b, y + to * a]]
      ];
    })
  );
}

// metalib/course/prototypical_networks/plane_shade.js
var CELLS = [320, 224], STRONGEST = 0.85, FINE = 256, FAR = 12, POWERS = Float32Array.from({ length: FINE * FAR + 1 }, (_, i) => Math.exp(-i / FINE)), whiteness = (p, n) => 255 * (1 - STRONGEST * (p - 1 / n) / (1 - 1 / n));
function veil(plane, window, [columns, count], colours) {
  let n = plane.centres.length, [certain, slope] = [whiteness(0, n), whiteness(0, n) - whiteness(1, n)], best = new Float64Array(columns), sum = new Float32Array(columns);
  rows(plane, window, [columns, count], (logits, row) => {
    best.set(logits[0]);
    for (let line of logits) for (let i = 0; i < columns; i++) line[i] > best[i] && (best[i] = line[i]);
    sum.fill(0);
    for (let line of logits)
      for (let i = 0; i < columns; i++) {
        let behind = best[i] - line[i];
        behind < FAR && (sum[i] += POWERS[behind * FINE | 0]);
      }
    let start = 4 * columns * row + 3;
    for (let i = 0; i < columns; i++) colours[start + 4 * i] = certain - slope / sum[i];
  });
}
var made;
function cells() {
  if (made) return made;
  let [width, height] = CELLS, picture2 = new ImageData(width, height);
  return picture2.data.fill(255), made = { canvas: Object.assign(document.createElement("canvas"), { width, height }), picture: picture2 };
}
function shade(target, plane, window, colours) {
  let { canvas, picture: picture2 } = cells();
  veil(plane, window, CELLS, picture2.data), canvas.getContext("2d")?.putImageData(picture2, 0, 0);
  let context = target.getContext("2d");
  if (!context) return;
  let [left, right, bottom, top] = window, [across, up] = [target.width / (right - left), target.height / (top - bottom)];
  context.clearRect(0, 0, target.width, target.height), regions(plane, window).reverse().forEach((polygon, i) => {
    context.beginPath();
    for (let [x, y] of polygon) context.lineTo((x - left) * across, (top - y) * up);
    context.fillStyle = colours[colours.length - 1 - i], context.fill();
  }), context.imageSmoothingEnabled = !0, context.drawImage(canvas, 0, 0, target.width, target.height);
}

// metalib/course/prototypical_networks/support_plane.js
var UNIT = 64, STEP = 0.2, INSET = 0.4;
function view({ labels, label_of, window, cells: cells2, sure: limit, distances, scales }, { points, query, distance, scale }) {
  let plane = { centres: prototypes(points, label_of, labels.length), distance, scale }, likely = probabilities(plane, query), share = sure(plane, window, cells2, limit), words = likely.map((p, k) => `${labels[k].text} ${(100 * p).toFixed(0)} %`).join(", ");
  return {
    plane,
    window,
    labels,
    points: points.map((place, i) => ({ label: labels[label_of[i]], place })),
    query,
    likely,
    sure: share,
    borders: borders(plane, window),
    distances: distances.map(({ key, name }) => ({ key, name, chosen: key === distance })),
    scales,
    scale: scales.indexOf(scale),
    status: `At the star: ${words}.`,
    extent: `The likeliest class has over ${(100 * limit).toFixed(0)} % in ${(100 * share).toFixed(0)} % of the plane.`
  };
}
function act({ first, window, scales }, state, action) {
  if (action.name === "reset") return first;
  if (action.name === "choose") return { ...state, distance: action.distance };
  if (action.name === "set") return { ...state, scale: scales[clamp(action.value, 0, scales.length - 1)] };
  let point = action.handle === "query" ? -1 : Number(action.handle), [x, y] = point < 0 ? state.query : state.points[point], wanted = action.name === "move" ? [action.x, action.y] : [x + STEP * action.dx, y + STEP * action.dy], [left, right, bottom, top] = window, within = (value, low, high) => Math.round(100 * clamp(value, low + INSET, high - INSET)) / 100, place = [within(wanted[0], left, right), within(wanted[1], bottom, top)];
  return place[0] === x && place[1] === y ? state : point < 0 ? { ...state, query: place } : { ...state, points: state.points.map((other, i) => i === point ? place : other) };
}
var STAR = "M0-13 3.2-4.4 12.4-4 5.1 1.7 7.6 10.5 0 5.4-7.6 10.5-5.1 1.7-12.4-4-3.2-4.4Z", near = ([x, y]) => `(${x.toFixed(1)}, ${y.toFixed(1)})`.replaceAll("-", "−");
function picture({ window: [left, right, bottom, top], plane, labels, points, query, borders: lines }) {
  let f = frame(UNIT * (right - left), UNIT * (top - bottom), [left, right], [bottom, top]), at = ([x, y]) => ({ transform: `translate(${f.px(x).toFixed(1)} ${f.py(y).toFixed(1)})` }), mark = (...children) => svg("g", { class: "metalib-mark" }, ...children), letter = (text, fill2 = "#000") => svg("text", { dy: "0.36em", class: "metalib-letter", style: `fill:${fill2}` }, text), draggable = (name, label, place, ...marks) => svg("g", at(place), handle({ handle: name, label, x: place[0], words: near(place) }, mark(svg("circle", { r: 15, class: "metalib-halo" }), ...marks))), sharpness = Math.min(2, Math.ceil(globalThis.devicePixelRatio || 1));
  return element(
    "div",
    { class: "metalib-plane" },
    element("canvas", { width: f.width * sharpness, height: f.height * sharpness, "aria-hidden": "true" }),
    chart(
      f,
      "The plane of embeddings",
      lines.map(([a, b]) => svg("line", { x1: f.px(a[0]).toFixed(2), y1: f.py(a[1]).toFixed(2), x2: f.px(b[0]).toFixed(2), y2: f.py(b[1]).toFixed(2), class: "metalib-border" })),
      svg("path", { d: "M-8 0H8M0-8V8", ...at([0, 0]), class: "metalib-origin" }),
      plane.centres.map(
        (place, k) => svg("g", at(place), mark(svg("circle", { r: 15, fill: labels[k].colour, class: "metalib-prototype" }), letter(labels[k].text, labels[k].ink)))
      ),
      points.map(
        ({ label, place }, i) => draggable(
          String(i),
          `Support point ${i + 1}, class ${label.text}`,
          place,
          svg("circle", { r: 13, class: "metalib-support", fill: label.colour }),
          svg("circle", { r: 9, fill: "#fff" }),
          letter(label.text)
        )
      ),
      draggable("query", "Query", query, svg("path", { d: STAR, class: "metalib-star" }))
    )
  );
}
function draw(seen) {
  let { labels, likely, distances, scales, scale } = seen;
  return [
    element(
      "div",
      { class: "metalib-parts" },
      element(
        "div",
        { class: "metalib-settings" },
        choice("Distance", distances.map(({ key, name, chosen }) => ({ label: name, action: { name: "choose", distance: key }, chosen }))),
        slider({ key: "scale", label: "Scale", min: 0, max: scales.length - 1, step: 1, value: scale, text: `× ${scales[scale]}` }),
        button({ name: "reset" }, {}, "Reset")
      ),
      picture(seen),
      element(
        "div",
        { class: "metalib-readout" },
        element(
          "div",
          { class: "metalib-likely", "aria-hidden": "true" },
          labels.map((label, k) => [
            badge(label),
            element("div", { class: "metalib-track" }, element("i", { style: `width:${(100 * likely[k]).toFixed(1)}%;background:${label.colour}` }))
          ])
        ),
        status(seen.status, element("br"), seen.extent)
      )
    ),
    note(
      "Drag the rings, which are support points, and the star, a query; or go to one with Tab and use the arrow keys, with Shift for wide steps. Discs: prototypes, the means of their rings. Cross: the origin. The stronger the colour, the surer the class. Scale: what the logits are multiplied by."
    )
  ];
}
function paint(root, { plane, window, labels }) {
  let canvas = root.querySelector("canvas");
  canvas && shade(canvas, plane, window, labels.map(({ colour }) => colour));
}
var support_plane_default = widget({
  name: "support-plane",
  view,
  act,
  draw,
  paint,
  shown: ({ sure: share, likely, plane }) => ({ sure: share, likely, prototypes: plane.centres })
});
export {
  act,
  support_plane_default as default,
  view
};
