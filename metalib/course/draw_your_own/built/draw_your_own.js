// metalib/course/kit/asking.js
var answers = /* @__PURE__ */ new WeakMap(), KEPT = 40;
function answered(data, question2) {
  return answers.get(data)?.get(question2);
}
function learn(data, found) {
  let known3 = answers.get(data) ?? /* @__PURE__ */ new Map();
  answers.set(data, known3);
  for (let [question2, answer2] of Object.entries(found))
    known3.delete(question2), known3.set(question2, answer2);
  for (let question2 of [...known3.keys()].slice(0, -KEPT)) known3.delete(question2);
}
function asking(root, { view: view2, model, update }) {
  let moving = !1, asked = "", number = 0, ask = () => {
    let { lacks } = view2(), question2 = lacks.join(`
`);
    moving || root.dataset.kernel === "gone" || question2 === asked || (asked = question2, lacks.length && model.send({ ask: lacks, number: ++number }));
  }, hear = () => {
    let { found } = model.get("answer") ?? {};
    found && (learn(model.get("data"), found), update(), ask());
  }, move = () => moving = !0, settle = () => {
    moving = !1, ask();
  }, again = new MutationObserver(() => {
    root.dataset.kernel === "gone" && (asked = ""), ask();
  });
  return root.addEventListener("input", move, !0), root.addEventListener("change", settle), model.on("change:state", ask), model.on("change:answer", hear), again.observe(root, { attributes: !0, attributeFilter: ["data-kernel"] }), hear(), ask(), () => {
    again.disconnect(), root.removeEventListener("input", move, !0), root.removeEventListener("change", settle), model.off("change:state", ask), model.off("change:answer", hear);
  };
}
function waiting(kernel, counts) {
  return kernel === "gone" ? "This setting needs Python: run the cells above (menu Run), then run the cell again." : kernel === "busy" ? "Python is busy: the answer comes when it is free." : `Python ${counts} …`;
}

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
function badge({ text: text2, colour, ink }) {
  return element("span", { class: "metalib-badge", style: `background:${colour};color:${ink}` }, text2);
}
function button(action, attributes, ...children) {
  let { class: own = "", ...rest } = attributes;
  return element("button", { type: "button", class: `metalib-button ${own}`.trim(), "data-act": JSON.stringify(action), ...rest }, ...children);
}
function checkbox(key, label, on) {
  return element("label", { class: "metalib-check" }, element("input", { type: "checkbox", "data-set": key, checked: on }), label);
}
function status(...children) {
  return element("p", { class: "metalib-status", role: "status" }, ...children);
}

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
    let { width, height, x, y } = JSON.parse(held.chart.dataset.frame ?? ""), place2 = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
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
  let child = old.firstChild, next2 = fresh.firstChild;
  for (; next2; ) {
    let [here, there] = [child, next2];
    child = child && child.nextSibling, next2 = next2.nextSibling, here ? here.nodeName !== there.nodeName ? here.replaceWith(there) : here instanceof Element && there instanceof Element ? patch(here, there) : here.nodeValue !== there.nodeValue && (here.nodeValue = there.nodeValue) : old.append(there);
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

// metalib/course/kit/graph.js
var clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// metalib/course/draw_your_own/ink.js
var [LEAST, USUAL, MOST] = [36, 69, 95], SMALL = 28, BITS = 22;
function placed(drawing) {
  let strokes2 = drawing.filter((stroke) => stroke.length);
  if (!strokes2.length) return [];
  let low = [1 / 0, 1 / 0], high = [-1 / 0, -1 / 0];
  for (let stroke of strokes2)
    stroke.forEach((value, i) => {
      low[i % 2] = Math.min(low[i % 2], value), high[i % 2] = Math.max(high[i % 2], value);
    });
  let side = Math.max(high[0] - low[0], high[1] - low[1]), scale = side > 0 && (side + 5 < LEAST || side + 5 > MOST) ? (USUAL - 5) / side : 1, middle = low.map((value, i) => (value + high[i]) / 2);
  return strokes2.map((stroke) => stroke.map((value, i) => (value - middle[i % 2]) * scale + 105 / 2));
}
function pull(ink, ax, ay, bx, by) {
  let [dx, dy] = [bx - ax, by - ay], length = dx * dx + dy * dy || 1, reach = 5 / 2 + 1, first = (a, b) => Math.max(0, Math.floor(Math.min(a, b) - reach)), last = (a, b) => Math.min(104, Math.ceil(Math.max(a, b) + reach)), [left, right] = [first(ax, bx), last(ax, bx)];
  for (let row = first(ay, by); row <= last(ay, by); row++) {
    let y = row + 0.5;
    for (let column = left; column <= right; column++) {
      let x = column + 0.5, along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)), [offX, offY] = [x - ax - along * dx, y - ay - along * dy];
      offX * offX + offY * offY <= 25 / 4 && (ink[row * 105 + column] = 255);
    }
  }
}
function inTheMiddle(ink) {
  let [rows, columns] = [[105, -1], [105, -1]], seen = (ends, at) => {
    ends[0] = Math.min(ends[0], at), ends[1] = Math.max(ends[1], at);
  };
  ink.forEach((value, i) => {
    value && (seen(rows, Math.floor(i / 105)), seen(columns, i % 105));
  });
  let shift = ([low, high]) => Math.floor((105 - (high - low + 1)) / 2) - low, by = rows[1] < 0 ? 0 : shift(rows) * 105 + shift(columns), moved = new Uint8Array(ink.length);
  return ink.forEach((value, i) => {
    value && (moved[i + by] = value);
  }), moved;
}
function bitmap(drawing) {
  let ink = new Uint8Array(11025);
  for (let stroke of placed(drawing))
    for (let i = 0; i < stroke.length; i += 2) {
      let next2 = Math.min(i + 2, stroke.length - 2);
      pull(ink, stroke[i], stroke[i + 1], stroke[next2], stroke[next2 + 1]);
    }
  return inTheMiddle(ink);
}
var TAPS = Array.from({ length: SMALL }, (_, place2) => {
  let scale = 105 / SMALL, middle = (place2 + 0.5) * scale, from = Math.max(0, Math.trunc(middle - scale + 0.5)), to = Math.min(105, Math.trunc(middle + scale + 0.5)), shares = Array.from({ length: to - from }, (__, i) => Math.max(0, 1 - Math.abs((i + from - middle + 0.5) * (1 / scale)))), sum = shares.reduce((all, share) => all + share, 0);
  return { from, weights: shares.map((share) => Math.trunc(0.5 + share / sum * 2 ** BITS)) };
});
function shrunk(picture) {
  let sum = (pixels, start, step, { from, weights }) => {
    let total = 2 ** (BITS - 1);
    for (let i = 0; i < weights.length; i++) total += pixels[start + (from + i) * step] * weights[i];
    return total >> BITS;
  }, narrow = new Uint8Array(105 * SMALL);
  for (let row = 0; row < 105; row++) TAPS.forEach((taps, x) => narrow[row * SMALL + x] = sum(picture, row * 105, 1, taps));
  let small = new Uint8Array(SMALL * SMALL);
  return TAPS.forEach((taps, y) => {
    for (let x = 0; x < SMALL; x++) small[y * SMALL + x] = sum(narrow, x, SMALL, taps);
  }), small;
}
function offLine(s, i, a, b) {
  let [dx, dy] = [s[b] - s[a], s[b + 1] - s[a + 1]], length = dx * dx + dy * dy, along = length ? Math.min(1, Math.max(0, ((s[i] - s[a]) * dx + (s[i + 1] - s[a + 1]) * dy) / length)) : 0;
  return Math.hypot(s[i] - s[a] - along * dx, s[i + 1] - s[a + 1] - along * dy);
}
function simplified(stroke, tolerance) {
  let end = stroke.length - 2, [worst, at] = [tolerance, 0];
  for (let i = 2; i < end; i += 2) {
    let off = offLine(stroke, i, 0, end);
    off > worst && ([worst, at] = [off, i]);
  }
  return at ? [...simplified(stroke.slice(0, at + 2), tolerance).slice(0, -2), ...simplified(stroke.slice(at), tolerance)] : end > 0 ? [...stroke.slice(0, 2), ...stroke.slice(end)] : stroke;
}

// metalib/course/draw_your_own/draw_act.js
var KEY_STEP = 3, TOLERANCE = 0.4, [MOST_STROKES, MOST_NUMBERS] = [100, 4e3], [UP, BY_KEY, BY_POINTER] = [0, 1, 2], onSheet = (value) => Math.round(10 * clamp(value, 0, 105)) / 10, current = ({ classes: classes2, query, label, slot }) => label < 0 ? query : classes2[label][slot];
function redrawn(state, drawing) {
  if (state.label < 0) return { ...state, query: drawing };
  let classes2 = state.classes.map(
    (drawings, label) => label === state.label ? drawings.map((old, slot) => slot === state.slot ? drawing : old) : drawings
  );
  return { ...state, classes: classes2 };
}
function stroked(state, stroke, held) {
  let drawing = state.pen[2] ? current(state).slice(0, -1) : current(state);
  if (drawing.length >= MOST_STROKES) return state;
  let kept = stroke.slice(0, MOST_NUMBERS), [x, y] = kept.slice(-2);
  return redrawn({ ...state, pen: [x, y, held], before: null, said: "" }, [...drawing, kept]);
}
function up(state) {
  if (!state.pen[2]) return state;
  let drawing = current(state), stroke = drawing[drawing.length - 1] ?? [], [x, y] = state.pen;
  return redrawn({ ...state, pen: [x, y, UP] }, [...drawing.slice(0, -1), simplified(stroke, TOLERANCE)]);
}
function pen(state, action) {
  let [x, y, held] = state.pen;
  if (action.name === "draw" || action.name === "drawn") {
    let longer = stroked(held === BY_KEY ? up(state) : state, action.points.map(onSheet), BY_POINTER);
    return action.name === "drawn" ? up(longer) : longer;
  }
  if (action.name === "pen") return held ? up(state) : stroked(state, [x, y], BY_KEY);
  let [toX, toY] = [onSheet(x + KEY_STEP * action.dx), onSheet(y + KEY_STEP * action.dy)];
  if (toX === x && toY === y) return state;
  let drawing = current(state);
  return held ? stroked(state, [...drawing[drawing.length - 1], toX, toY], held) : { ...state, pen: [toX, toY, UP] };
}
function next({ classes: classes2, label, slot }) {
  if (label >= 0) return label + 1 < classes2.length ? { label: label + 1, slot } : { label: -1, slot: 0 };
  let free = classes2.findIndex((drawings) => drawings.every((drawing) => !drawing.length));
  return { label: Math.max(0, free), slot: 0 };
}
function replaced(state, { classes: classes2, query }, said) {
  return { ...state, classes: classes2, query, before: { classes: state.classes, query: state.query }, said };
}
function act({ first }, state, action) {
  let { classes: classes2, query } = state;
  switch (action.name) {
    case "at":
      return { ...up(state), label: action.label, slot: action.slot };
    case "next":
      return { ...up(state), ...next(state) };
    case "undo":
      return state.before ? { ...state, ...state.before, before: null, said: "" } : redrawn({ ...state, pen: [state.pen[0], state.pen[1], UP] }, current(state).slice(0, -1));
    case "clear":
      return current(state).length ? replaced(up(state), redrawn(up(state), []), "") : state;
    case "empty": {
      let none = classes2.map((drawings) => drawings.map(() => []));
      return { ...replaced(up(state), { classes: none, query: [] }, "All places are free. Draw class A."), label: 0, slot: 0 };
    }
    case "first":
      return { ...replaced(up(state), first, ""), label: -1, slot: 0 };
    case "load":
      return { ...replaced(up(state), { classes: action.classes, query }, action.said), label: -1, slot: 0 };
    case "say":
      return { ...state, said: action.said };
    case "save":
      return { ...up(state), saves: state.saves + 1, said: "" };
    case "set":
      return action.key === "maml" ? { ...state, maml: action.value } : state;
    default:
      return pen(state, action);
  }
}

// metalib/course/draw_your_own/conv4.js
var known = /* @__PURE__ */ new WeakMap();
function half(bits) {
  let [exponent, mantissa] = [bits >> 10 & 31, bits & 1023], size = exponent === 0 ? mantissa * 2 ** -24 : exponent === 31 ? mantissa ? NaN : 1 / 0 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
  return bits & 32768 ? -size : size;
}
function layers(numbers) {
  let found = known.get(numbers);
  if (found) return found;
  let bytes = Uint8Array.from(atob(numbers.bytes), (letter) => letter.charCodeAt(0)), view2 = new DataView(bytes.buffer), place2 = 0, take = (count) => Float64Array.from({ length: count }, () => half(view2.getUint16(2 * place2++, !0))), { channels } = numbers, made = channels.slice(1).map((nOut, i) => ({ weights: take(9 * channels[i] * nOut), biases: take(nOut) }));
  return known.set(numbers, made), made;
}
function addChannel(one, two, side, input, from, weights, w, v) {
  let [a, b, c, d, e] = [weights[w], weights[w + 1], weights[w + 2], weights[w + 3], weights[w + 4]], [f, g, h, k] = [weights[w + 5], weights[w + 6], weights[w + 7], weights[w + 8]], [A, B, C, D, E] = [weights[v], weights[v + 1], weights[v + 2], weights[v + 3], weights[v + 4]], [F, G, H, K] = [weights[v + 5], weights[v + 6], weights[v + 7], weights[v + 8]];
  for (let y = 0, out = 0; y < side; y++) {
    let p = from + y * (side + 2), q = p + side + 2, r = q + side + 2;
    for (let x = 0; x < side; x++, out++, p++, q++, r++) {
      let i0 = input[p], i1 = input[p + 1], i2 = input[p + 2], i3 = input[q], i4 = input[q + 1], i5 = input[q + 2], i6 = input[r], i7 = input[r + 1], i8 = input[r + 2];
      one[out] += a * i0 + b * i1 + c * i2 + d * i3 + e * i4 + f * i5 + g * i6 + h * i7 + k * i8, two[out] += A * i0 + B * i1 + C * i2 + D * i3 + E * i4 + F * i5 + G * i6 + H * i7 + K * i8;
    }
  }
}
function pool(sums, side, output, to) {
  let smallSide = side >> 1;
  for (let y = 0; y < smallSide; y++)
    for (let x = 0; x < smallSide; x++) {
      let place2 = 2 * (y * side + x);
      output[to + (y + 1) * (smallSide + 2) + x + 1] = Math.max(0, sums[place2], sums[place2 + 1], sums[place2 + side], sums[place2 + side + 1]);
    }
}
function features(numbers, picture) {
  let side = Math.round(Math.sqrt(picture.length)), input = new Float64Array((side + 2) ** 2);
  for (let i = 0; i < picture.length; i++) input[(Math.floor(i / side) + 1) * (side + 2) + i % side + 1] = picture[i] / 255;
  layers(numbers).forEach(({ weights, biases }, depth) => {
    let nIn = numbers.channels[depth], [each, smaller] = [(side + 2) ** 2, ((side >> 1) + 2) ** 2], output = new Float64Array(biases.length * smaller), [one, two] = [new Float64Array(side * side), new Float64Array(side * side)];
    for (let o = 0; o < biases.length; o += 2) {
      let next2 = Math.min(o + 1, biases.length - 1);
      one.fill(biases[o]), two.fill(biases[next2]);
      for (let i = 0; i < nIn; i++) addChannel(one, two, side, input, i * each, weights, 9 * (o * nIn + i), 9 * (next2 * nIn + i));
      pool(one, side, output, o * smaller), pool(two, side, output, next2 * smaller);
    }
    [input, side] = [output, side >> 1];
  });
  let wide = side + 2;
  return Array.from({ length: numbers.channels[numbers.channels.length - 1] * side * side }, (_, i) => {
    let [o, place2] = [Math.floor(i / (side * side)), i % (side * side)];
    return input[o * wide * wide + (Math.floor(place2 / side) + 1) * wide + place2 % side + 1];
  });
}

// metalib/course/draw_your_own/draw_view.js
var known2 = /* @__PURE__ */ new WeakMap(), KEPT2 = 60;
function prepared({ network }, drawing) {
  let all = known2.get(network) ?? /* @__PURE__ */ new Map();
  known2.set(network, all);
  let name = JSON.stringify(drawing), found = all.get(name);
  if (!found) {
    let sheet2 = bitmap(drawing), picture = shrunk(sheet2);
    found = { sheet: sheet2, picture, z: features(network, picture) };
  }
  all.delete(name), all.set(name, found);
  for (let old of [...all.keys()].slice(0, -KEPT2)) all.delete(old);
  return found;
}
function squaredDistance(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[i]) ** 2;
  return sum;
}
var nearest = (all, far) => all.reduce((best, one) => far(one) < far(best) ? one : best), mean = (zs) => zs[0].map((_, i) => zs.reduce((sum, z) => sum + z[i], 0) / zs.length);
function answer(support, query) {
  let far = [...new Set(support.map(({ label }) => label))].map((label) => {
    let own2 = support.filter((one) => one.label === label);
    return { label, count: own2.length, distance: squaredDistance(query.z, mean(own2.map(({ z }) => z))) };
  }), least = Math.min(...far.map(({ distance }) => distance)), parts = far.map(({ distance }) => Math.exp(least - distance)), sum = parts.reduce((all, part) => all + part, 0), best = nearest(far, ({ distance }) => distance), own = support.filter(({ label }) => label === best.label);
  return {
    rows: far.map((row, i) => ({ ...row, share: parts[i] / sum })),
    best,
    kin: nearest(own, ({ z }) => squaredDistance(query.z, z)),
    pixels: nearest(support, ({ picture }) => squaredDistance(query.picture, picture))
  };
}
function question({ classes: classes2, query }) {
  return `maml ${JSON.stringify({ classes: classes2.map((drawings) => drawings.filter((drawing) => drawing.length)), query })}`;
}
function second(data, asked) {
  let found = answered(data, asked);
  if (!found || found.error) return { failed: (
    /** @type {string} */
    found?.error ?? ""
  ), best: null, share: 0 };
  let [label, share] = Object.entries(found).reduce((best, one) => one[1] > best[1] ? one : best);
  return { failed: "", best: Number(label), share: Number(share) };
}
var percent = (share) => `${(100 * share).toFixed(0)} %`;
function words({ labels }, state, found, classes2) {
  if (state.pen[2]) return "The pen is down.";
  if (classes2 < 2) return "Draw a picture of at least two classes: choose a place, and draw.";
  if (!found) return "Choose the place beside the question mark, and draw what is to be told.";
  let { rows, best } = found, others = rows.filter(({ label }) => label !== best.label), next2 = nearest(others, ({ distance }) => distance), share = rows.find(({ label }) => label === best.label)?.share ?? 0, of = best.count > 1 ? `the mean of ${best.count} drawings` : "its one drawing";
  return `Taken for ${labels[best.label].text}, ${percent(share)}: its prototype, ${of}, is nearest, at ${best.distance.toFixed(1)}; the next is ${labels[next2.label].text}'s, at ${next2.distance.toFixed(1)}.`;
}
function view(data, state) {
  let { labels, methods: methods2, folder } = data, { classes: classes2, query, label, slot, pen: pen2, saves } = state, support = classes2.flatMap(
    (drawings, of) => drawings.flatMap((drawing2, i) => drawing2.length ? [{ label: of, slot: i, ...prepared(data, drawing2) }] : [])
  ), present = new Set(support.map((one) => one.label)).size, asked = query.length ? prepared(data, query) : null, found = asked && present > 1 ? answer(support, asked) : null, drawing = label < 0 ? query : classes2[label][slot], wanted = found && state.maml && !pen2[2] ? [question(state)] : [], saved = saves ? answered(data, `saved ${saves}`) : null;
  return {
    state,
    labels,
    methods: methods2,
    folder,
    drawing,
    target: label < 0 ? "the query" : `drawing ${slot + 1} of class ${labels[label].text}`,
    canvases: {
      ...drawing.length ? { sheet: prepared(data, drawing).sheet, seen: prepared(data, drawing).picture } : {},
      ...found ? { kin: found.kin.picture, pixels: found.pixels.picture } : {}
    },
    found,
    maml: wanted.length ? second(data, wanted[0]) : null,
    lacks: wanted.filter((one) => !answered(data, one)),
    status: words(data, state, found, present),
    saved: saves ? { known: !!saved, words: (
      /** @type {string} */
      saved?.error ?? saved ?? ""
    ) } : null,
    shown: {
      answer: found?.best.label ?? null,
      shares: found?.rows.map((row) => row.share) ?? [],
      distances: found?.rows.map((row) => row.distance) ?? [],
      pixels: found?.pixels.label ?? null
    }
  };
}

// metalib/course/draw_your_own/draw_nodes.js
var lines = (drawing) => drawing.map((stroke) => {
  let points = stroke.length > 2 ? stroke : [...stroke, ...stroke];
  return svg("polyline", { points: points.map((value) => value.toFixed(1)).join(" "), "stroke-width": 5 });
}), canvas = (key, side, words2) => element("canvas", { width: side, height: side, class: `metalib-pixels metalib-of-${key}`, "data-picture": key, role: "img", "aria-label": words2 });
function sheet({ drawing, target, state }) {
  let [x, y, isDown] = state.pen;
  return svg(
    "svg",
    {
      viewBox: `0 0 ${105} ${105}`,
      class: "metalib-sheet",
      "data-sheet": !0,
      tabindex: 0,
      role: "application",
      "aria-label": `Sheet for ${target}. Arrow keys move the pen, with Shift five steps at once; Home, Page up, End and Page down move it aslant. Space puts it down and lifts it. Backspace takes the last stroke back`
    },
    svg("rect", { width: 105, height: 105, class: "metalib-paper" }),
    svg("g", { class: "metalib-ink" }, lines(drawing)),
    svg("path", { class: isDown ? "metalib-pen metalib-is-down" : "metalib-pen", d: `M${x - 5} ${y}h10M${x} ${y - 5}v10` })
  );
}
function place({ state, labels }, label, slot, drawing) {
  let chosen = state.label === label && (label < 0 || state.slot === slot), name = label < 0 ? "The query" : `Drawing ${slot + 1} of class ${labels[label].text}`;
  return element(
    "button",
    {
      type: "button",
      class: "metalib-place",
      "data-act": JSON.stringify({ name: "at", label, slot }),
      "aria-pressed": String(chosen),
      "aria-label": drawing.length ? name : `${name}, free`
    },
    svg("svg", { viewBox: `0 0 ${105} ${105}`, "aria-hidden": "true" }, svg("g", { class: "metalib-ink" }, lines(drawing)))
  );
}
function table(seen) {
  let { state, labels, found } = seen, of = new Map(found?.rows.map((row) => [row.label, row]) ?? []);
  return element(
    "table",
    { class: "metalib-shares" },
    element("thead", {}, element("tr", {}, ["class", "drawings", "distance²", "probability"].map((text2) => element("th", { scope: "col" }, text2)))),
    element(
      "tbody",
      {},
      state.classes.map((drawings, label) => {
        let row = of.get(label), bar = element("i", { style: `width:${(100 * (row?.share ?? 0)).toFixed(1)}%;background:${labels[label].colour}` });
        return element(
          "tr",
          { class: found?.best.label === label && "metalib-is-best" },
          element("th", { scope: "row" }, badge(labels[label])),
          element("td", {}, element("span", { class: "metalib-places" }, drawings.map((drawing, slot) => place(seen, label, slot, drawing)))),
          element("td", {}, row ? row.distance.toFixed(1) : "–"),
          element("td", {}, element("span", { class: "metalib-share" }, element("span", { class: "metalib-track", "aria-hidden": "true" }, bar), row ? percent(row.share) : "–"))
        );
      })
    )
  );
}
function methods({ found, labels, methods: all, maml, state }, kernel) {
  let method = (i, ...said) => element("li", {}, element("i", { class: "metalib-swatch", style: `background:${all[i].colour}` }), element("span", {}, all[i].name), ...said), nearest2 = (key, one) => one && [badge(labels[one.label]), canvas(key, 28, `The nearest drawing: ${one.slot + 1} of class ${labels[one.label].text}`)], lacking = maml && maml.best === null ? maml.failed || waiting(kernel, "adapts; the first time takes longer") : "", second2 = maml && maml.best !== null ? [badge(labels[maml.best]), percent(maml.share)] : element("small", { role: "status" }, lacking);
  return element(
    "ul",
    { class: "metalib-methods" },
    method(0, nearest2("kin", found?.kin)),
    method(1, nearest2("pixels", found?.pixels)),
    method(2, checkbox("maml", "ask Python", !!state.maml), second2)
  );
}
function classes(seen, kernel) {
  let asked = badge({ text: "?", colour: "var(--metalib-raised)", ink: "var(--metalib-text)" });
  return element(
    "div",
    { class: "metalib-classes" },
    element("h4", {}, "Five classes, and a query: choose a place to draw in."),
    table(seen),
    element("div", { class: "metalib-asked" }, asked, place(seen, -1, 0, seen.state.query), methods(seen, kernel)),
    status(seen.status)
  );
}
function desk(seen, kernel) {
  let { state, target, folder } = seen, said = state.pen[2] ? "down" : "up";
  return element(
    "div",
    { class: "metalib-drawing" },
    element("h4", {}, `Draw ${target}.`),
    element(
      "div",
      { class: "metalib-desk" },
      sheet(seen),
      element(
        "div",
        { class: "metalib-options metalib-tools", role: "group", "aria-label": "Drawing" },
        button({ name: "undo" }, { disabled: !state.before && !seen.drawing.length }, "Undo"),
        button({ name: "clear" }, { disabled: !seen.drawing.length }, "Clear"),
        button({ name: "next" }, {}, "Next"),
        button({ name: "empty" }, {}, "Empty all"),
        button({ name: "first" }, {}, "Start again"),
        folder === null ? null : button({ name: "save" }, { disabled: kernel === "gone" }, "Save"),
        element("button", { type: "button", class: "metalib-button", "data-file": "download" }, "Download"),
        element("button", { type: "button", class: "metalib-button", "data-file": "open" }, "Open")
      )
    ),
    element("p", { class: "metalib-note metalib-where", "aria-live": "polite" }, `Pen ${said}, at ${state.pen[0].toFixed(0)}, ${state.pen[1].toFixed(0)}.`)
  );
}
function aboutFiles({ state, saved, folder }, kernel) {
  return state.said ? state.said : saved?.known ? saved.words : kernel === "gone" ? "Saving a folder and MAML need Python. A download holds the same, and opens here again." : saved ? kernel === "busy" ? "Python is busy: it saves when it is free." : "Python saves …" : folder === null ? "" : `Save writes a picture a drawing into the folder ${folder}; Download, all in one file.`;
}
var files = (seen, kernel) => element("p", { class: "metalib-note metalib-files", role: "status" }, aboutFiles(seen, kernel));
function steps({ drawing: strokes2, canvases }) {
  let step = (picture, words2) => element("li", {}, picture, element("small", {}, words2)), empty = () => element("span", { class: "metalib-pixels metalib-free" });
  return element(
    "ul",
    { class: "metalib-steps" },
    step(svg("svg", { viewBox: `0 0 ${105} ${105}`, class: "metalib-pixels", "aria-hidden": "true" }, svg("g", { class: "metalib-ink" }, lines(strokes2))), "your strokes"),
    step(canvases.sheet ? canvas("sheet", 105, "The drawing in the middle, 105 × 105 pixels") : empty(), "in the middle, 105 × 105"),
    step(canvases.seen ? canvas("seen", 28, "The drawing as the network sees it, 28 × 28 pixels") : empty(), "as the network sees it, 28 × 28")
  );
}

// metalib/course/draw_your_own/drawings_file.js
var KIND = "drawings of metalib", [MOST_STROKES2, MOST_NUMBERS2] = [100, 4e3];
function text(letters, classes2) {
  let drawn = letters.map((letter, label) => [letter, classes2[label].filter((drawing) => drawing.length)]);
  return JSON.stringify({ kind: KIND, classes: Object.fromEntries(drawn) });
}
var isStroke = (stroke) => Array.isArray(stroke) && stroke.length <= MOST_NUMBERS2 && stroke.length % 2 === 0 && stroke.every((number) => typeof number == "number" && number >= 0 && number <= 105), isDrawing = (drawing) => Array.isArray(drawing) && drawing.length <= MOST_STROKES2 && drawing.every(isStroke);
function parsed(content, letters, most) {
  let found;
  try {
    found = JSON.parse(content);
  } catch {
    return { problem: "it is no JSON" };
  }
  let given = found?.kind === KIND ? found.classes : null;
  if (!given || typeof given != "object") return { problem: "it is no file that Download wrote" };
  let unknown = Object.keys(given).filter((letter) => !letters.includes(letter));
  if (unknown.length) return { problem: `it has a class ${unknown[0]}, and there are ${letters.join(", ")}` };
  let classes2 = letters.map((letter) => given[letter] ?? []), wrong = classes2.findIndex((drawings) => !Array.isArray(drawings) || drawings.length > most || !drawings.every(isDrawing));
  return wrong >= 0 ? { problem: `class ${letters[wrong]} has more than ${most} drawings, or a stroke that leaves the sheet` } : classes2.flat().some((drawing) => drawing.length) ? { classes: classes2.map((drawings) => [...drawings, ...Array.from({ length: most - drawings.length }, () => [])]) } : { problem: "it has no drawing" };
}

// metalib/course/draw_your_own/pen.js
var WAYS = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
  Home: [-1, -1],
  PageUp: [1, -1],
  End: [-1, 1],
  PageDown: [1, 1]
  // as they lie on a number pad
}, WIDE2 = 5;
function keys(event, send) {
  if (!/** @type {Element} */
  event.target.closest("[data-sheet]")) return;
  let way = WAYS[event.key];
  if (way) {
    let [dx, dy] = way.map((step) => step * (event.shiftKey ? WIDE2 : 1));
    send({ name: "go", dx, dy });
  } else if (event.key === " " && !event.repeat) send({ name: "pen" });
  else if (event.key === "Backspace") send({ name: "undo" });
  else if (event.key !== " ") return;
  event.preventDefault();
}
function strokes(root, send) {
  let held = null, place2 = (sheet2, event) => {
    let matrix = sheet2.getScreenCTM(), { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix?.inverse());
    return [x, y];
  }, down = (event) => {
    let sheet2 = (
      /** @type {Element} */
      event.target.closest("[data-sheet]")
    );
    !(sheet2 instanceof SVGSVGElement) || event.button !== 0 || held || (held = { sheet: sheet2, pointer: event.pointerId, points: place2(sheet2, event) }, root.setPointerCapture(event.pointerId), event.preventDefault(), sheet2.focus({ preventScroll: !0 }), send({ name: "draw", points: held.points }, !1));
  }, move = (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    let passed = event.getCoalescedEvents?.() ?? [];
    for (let one of passed.length ? passed : [event]) held.points.push(...place2(held.sheet, one));
    send({ name: "draw", points: held.points }, !1);
  }, up2 = (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    let { points } = held;
    held = null, send({ name: "drawn", points });
  }, listeners = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", up2],
    ["pointercancel", up2]
  ];
  for (let [kind, act2] of listeners) root.addEventListener(kind, act2);
  return () => listeners.forEach(([kind, act2]) => root.removeEventListener(kind, act2));
}

// metalib/course/draw_your_own/draw_your_own.js
var painted = /* @__PURE__ */ new WeakMap();
function paint(root, { canvases }) {
  for (
    let canvas2 of
    /** @type {NodeListOf<HTMLCanvasElement>} */
    root.querySelectorAll("[data-picture]")
  ) {
    let ink = (
      /** @type {Record<string, Uint8Array>} */
      canvases[canvas2.dataset.picture ?? ""]
    );
    if (!ink || painted.get(canvas2) === ink) continue;
    let picture = new ImageData(canvas2.width, canvas2.height);
    ink.forEach((value, i) => picture.data.set([255 - value, 255 - value, 255 - value, 255], 4 * i)), canvas2.getContext("2d")?.putImageData(picture, 0, 0), painted.set(canvas2, ink);
  }
}
function draw(seen, _own, kernel) {
  let column = (...parts) => element("div", { class: "metalib-column" }, parts);
  return [element("div", { class: "metalib-parts" }, column(desk(seen, kernel), files(seen, kernel)), column(classes(seen, kernel), steps(seen)))];
}
function files2(root, { view: seen, send }) {
  let letters = () => seen().labels.map((label) => label.text), download = () => {
    let url = URL.createObjectURL(new Blob([text(letters(), seen().state.classes)], { type: "application/json" }));
    element("a", { href: url, download: "my-drawings.json" }).click(), URL.revokeObjectURL(url);
  }, open = () => {
    let input = (
      /** @type {HTMLInputElement} */
      element("input", { type: "file", accept: ".json,application/json" })
    );
    input.addEventListener("change", async () => {
      let [file] = input.files ?? [];
      if (!file) return;
      let found = parsed(await file.text(), letters(), seen().state.classes[0].length);
      "problem" in found ? send({ name: "say", said: `${file.name} was not opened: ${found.problem}.` }) : send({ name: "load", classes: found.classes, said: `Opened ${file.name}.` });
    }), input.click();
  };
  return listen(root, "click", (event) => {
    let { file } = (
      /** @type {HTMLElement | null} */
      /** @type {Element} */
      event.target.closest("[data-file]")?.dataset ?? {}
    );
    file === "download" && download(), file === "open" && open();
  });
}
function begin(root, now) {
  let stops = [asking(root, now), strokes(root, now.send), files2(root, now)];
  return () => stops.forEach((stop) => stop());
}
var draw_your_own_default = widget({ name: "draw-your-own", view, act, draw, paint, begin, key: keys, shown: ({ shown }) => shown });
export {
  act,
  draw_your_own_default as default,
  view
};
