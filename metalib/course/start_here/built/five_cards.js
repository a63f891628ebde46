// metalib/course/kit/elements.js
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
function tile({ url, count }, index, side, alt = "") {
  let place = `background-image:url(${url});background-size:${side * count}px ${side}px;background-position:${-side * index}px 0`, words = alt ? { role: "img", "aria-label": alt } : { "aria-hidden": "true" };
  return element("span", { class: "metalib-tile", style: `width:${side}px;height:${side}px;${place}`, "data-tile": index, ...words });
}
function badge({ text, colour, ink }) {
  return element("span", { class: "metalib-badge", style: `background:${colour};color:${ink}` }, text);
}
function button(action, attributes, ...children) {
  let { class: own = "", ...rest } = attributes;
  return element("button", { type: "button", class: `metalib-button ${own}`.trim(), "data-act": JSON.stringify(action), ...rest }, ...children);
}
function status(...children) {
  return element("p", { class: "metalib-status", role: "status" }, ...children);
}

// metalib/course/kit/packed.js
var known = /* @__PURE__ */ new WeakMap();
function unpacked(packed) {
  let found = known.get(packed);
  if (found) return found;
  let text = atob(packed.bytes), bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0)), view2 = new DataView(bytes.buffer), values = Float32Array.from({ length: bytes.length / 2 }, (_, i) => packed.scale * view2.getInt16(2 * i, !0));
  return known.set(packed, values), values;
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

// metalib/course/start_here/five_cards.js
function read({ features, queries }, support) {
  let values = unpacked(features), [, drawings, size] = features.shape, place = (label, drawing) => (label * drawings + drawing) * size;
  return queries.map(([label, drawing]) => {
    let query = place(label, drawing), distances = support.map((card, i) => {
      let prototype = place(i, card), sum = 0;
      for (let f = 0; f < size; f++) sum += (values[query + f] - values[prototype + f]) ** 2;
      return sum;
    });
    return distances.indexOf(Math.min(...distances));
  });
}
function view({ labels, tables }, { deal, support, before }) {
  let table = tables[deal], drawings = table.features.shape[1], predicted = read(table, support), earlier = before ? read(table, before) : predicted, queries = table.queries.map(([truth, drawing], i) => ({
    label: labels[predicted[i]],
    index: truth * drawings + drawing,
    truth: labels[truth].text,
    wrong: predicted[i] !== truth,
    flipped: predicted[i] !== earlier[i]
  })), count = (what) => queries.filter((query) => query[what]).length, right = `${queries.length - count("wrong")} of ${queries.length} right`;
  return {
    drawings: table.drawings,
    cards: support.map((drawing, i) => ({
      label: labels[i],
      index: i * drawings + drawing,
      name: table.names[i],
      note: `drawing ${drawing + 1} of ${drawings}`
    })),
    queries,
    predicted,
    status: before ? `${count("flipped")} of ${queries.length} answers flipped; ${right}` : right
  };
}
function act({ tables }, state, action) {
  if (action.name === "deal") {
    let deal = (state.deal + 1) % tables.length;
    return { deal, support: tables[deal].support, before: null };
  }
  let { card, step } = action, { features, queries } = tables[state.deal], drawings = features.shape[1], taken = new Set(queries.filter(([label]) => label === card).map(([, drawing2]) => drawing2)), drawing = state.support[card];
  for (let passed = 0; passed < Math.abs(step); passed++)
    do
      drawing = (drawing + Math.sign(step) + drawings) % drawings;
    while (taken.has(drawing));
  return { ...state, support: state.support.map((now, i) => i === card ? drawing : now), before: state.support };
}
function draw({ drawings, cards, queries, status: words }) {
  let card = ({ label, index, name, note }, i) => element(
    "button",
    {
      type: "button",
      class: "metalib-card",
      "data-act": JSON.stringify({ name: "swap", card: i, step: 1 }),
      "data-card": i,
      style: `border-color:${label.colour}`,
      title: `${name}: click for another drawing, arrow keys for the next and the previous`,
      "aria-label": `Card ${label.text}, ${name}, ${note}. Another drawing`
    },
    tile(drawings, index, 84),
    element("span", { class: "metalib-foot" }, badge(label), element("small", {}, note))
  ), query = ({ label, index, truth, wrong, flipped }) => element(
    "li",
    {
      class: `metalib-query${wrong ? " metalib-is-wrong" : ""}${flipped ? " metalib-is-flipped" : ""}`,
      style: `--metalib-class:${label.colour}`
    },
    tile(drawings, index, 56, `Query of class ${truth}, answered ${label.text}${wrong ? ", wrong" : ""}${flipped ? ", flipped" : ""}`),
    element("span", { class: "metalib-answer", "aria-hidden": "true" }, badge(label), wrong ? element("b", {}, `✗ is ${truth}`) : null),
    flipped ? element("span", { class: "metalib-flip", "aria-hidden": "true" }, "flipped") : null
  ), count = ["", "", "Two", "Three", "Four", "Five"][cards.length] ?? cards.length;
  return [
    element("h4", {}, "Support: one drawing of each class. Click a card for another drawing, or use its arrow keys."),
    element("div", { class: "metalib-cards" }, cards.map(card)),
    element("h4", {}, "Queries: frame and letter are the network's answer."),
    element("ul", { class: "metalib-queries" }, queries.map(query)),
    element("div", { class: "metalib-between" }, status(words), button({ name: "deal" }, {}, `${count} other characters`))
  ];
}
var STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }, WIDE2 = 5;
function key(event, send) {
  let card = (
    /** @type {HTMLElement} */
    event.target.closest("[data-card]")
  ), step = STEPS[event.key];
  !card || !step || (event.preventDefault(), send({ name: "swap", card: Number(card.getAttribute("data-card")), step: step * (event.shiftKey ? WIDE2 : 1) }));
}
var five_cards_default = widget({ name: "five-cards", view, act, draw, key, shown: ({ predicted }) => ({ predicted }) });
export {
  act,
  five_cards_default as default,
  read,
  view
};
