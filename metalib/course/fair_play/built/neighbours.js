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
  let place2 = `background-image:url(${url});background-size:${side * count}px ${side}px;background-position:${-side * index}px 0`, words = alt ? { role: "img", "aria-label": alt } : { "aria-hidden": "true" };
  return element("span", { class: "metalib-tile", style: `width:${side}px;height:${side}px;${place2}`, "data-tile": index, ...words });
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
function note(...children) {
  return element("p", { class: "metalib-note" }, ...children);
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

// metalib/course/fair_play/neighbours.js
function choose(n, k) {
  let sets = 1;
  for (let i = 0; i < k; i++) sets = sets * (n - i) / (i + 1);
  return sets;
}
function place(neighbours, size) {
  let smaller = neighbours.reduce((sum, _, k) => sum + choose(size, k), 0);
  return [...neighbours].sort((a, b) => a - b).reduce((sum, picture, i) => sum + choose(picture, i + 1), smaller);
}
var same = (a, b) => a.length === b.length && a.every((one) => b.includes(one)), percent = (share) => `${(100 * share).toFixed(0)} %`;
function view(data, { neighbours, draw: drawn }) {
  let { labels, pictures, truth, pool: pool_y, alone, chosen } = data, n_way = labels.length, at = place(neighbours, pool_y.length), shares = [...unpacked(data.probabilities).subarray(at * n_way, (at + 1) * n_way)], answer = Math.round(unpacked(data.answers)[at]), first = n_way + 1, flipped = answer !== alone.answer, letter = (label) => labels[label].text, verdict = answer === truth ? "right" : `wrong: it is ${letter(truth)}`, company = neighbours.length ? `${neighbours.length} neighbour${neighbours.length > 1 ? "s" : ""}` : "no neighbours", random = drawn > 0 && same(neighbours, data.draws[(drawn - 1) % data.draws.length]);
  return {
    labels,
    pictures,
    truth,
    query: n_way,
    seats: Array.from({ length: data.most }, (_, i) => i < neighbours.length ? { index: first + neighbours[i], label: pool_y[neighbours[i]] } : null),
    classes: labels.map((_, label) => ({
      label,
      choices: pool_y.flatMap((of, i) => of === label ? [{ place: i, index: first + i, chosen: neighbours.includes(i) }] : [])
    })),
    columns: [
      { name: "In this batch", shares, answer, wrong: answer !== truth, flipped },
      { name: "With the support set", shares: alone.shares, answer: alone.answer, wrong: alone.answer !== truth, flipped: !1 }
    ],
    presets: data.presets.map((preset) => ({ ...preset, chosen: same(preset.neighbours, neighbours) })),
    random,
    status: `${flipped ? "Flipped by" : "With"} ${company}: answered ${letter(answer)}, ${verdict}. Class ${letter(truth)} has ${percent(shares[truth])}, with the support set ${percent(alone.shares[truth])}. The query's own picture did not change.`,
    chosen,
    shown: { neighbours: [...neighbours].sort((a, b) => a - b), shares, answer, alone: alone.shares }
  };
}
function act({ most, draws }, state, action) {
  if (action.name === "random") return { neighbours: draws[state.draw % draws.length], draw: state.draw + 1 };
  if (action.name === "take") return same(state.neighbours, action.neighbours) ? state : { ...state, neighbours: action.neighbours };
  let others = state.neighbours.filter((one) => one !== action.place);
  return others.length < state.neighbours.length ? { ...state, neighbours: others } : { ...state, neighbours: [...others.slice(others.length < most ? 0 : 1), action.place] };
}
function table({ labels, truth, columns }) {
  let answer = ({ answer: given, wrong, flipped }) => element(
    "td",
    { class: wrong && "metalib-is-missed" },
    element(
      "span",
      { class: "metalib-given" },
      badge(labels[given]),
      element("b", {}, wrong ? `✗ is ${labels[truth].text}` : "✓ right"),
      flipped ? element("span", { class: "metalib-flip" }, "flipped") : null
    )
  ), bar = (share, label) => element(
    "td",
    {},
    element(
      "span",
      { class: "metalib-share" },
      element(
        "span",
        { class: "metalib-track", "aria-hidden": "true" },
        element("i", { style: `width:${(100 * share).toFixed(1)}%;background:${labels[label].colour}` })
      ),
      percent(share)
    )
  );
  return element(
    "table",
    { class: "metalib-answers" },
    element("thead", {}, element("tr", {}, element("td"), columns.map(({ name }) => element("th", { scope: "col" }, name)))),
    element(
      "tbody",
      {},
      element("tr", {}, element("th", { scope: "row" }, "answer"), columns.map(answer)),
      labels.map(
        (label, i) => element("tr", {}, element("th", { scope: "row" }, badge(label)), columns.map(({ shares }) => bar(shares[i], i)))
      )
    )
  );
}
function batch({ labels, pictures, truth, query, seats }) {
  let seat = (index, label, who, words) => element(
    "span",
    { class: "metalib-seat", style: `--metalib-class:${labels[label].colour}` },
    tile(pictures, index, 56, `${who}, of class ${labels[label].text}`),
    element("span", { class: "metalib-foot", "aria-hidden": "true" }, badge(labels[label]), words && element("small", {}, words))
  );
  return element(
    "ul",
    { class: "metalib-batch" },
    element("li", { class: "metalib-stays" }, seat(query, truth, "The query, which stays", "stays")),
    seats.map(
      (taken, i) => element("li", {}, taken ? seat(taken.index, taken.label, `Neighbour ${i + 1}`) : element("span", { class: "metalib-free", role: "img", "aria-label": "A free seat" }))
    )
  );
}
function pool({ labels, pictures, classes }) {
  let choice = (label, { place: at, index, chosen }, i, all) => element(
    "button",
    {
      type: "button",
      class: "metalib-neighbour",
      "data-act": JSON.stringify({ name: "turn", place: at }),
      "aria-pressed": String(chosen),
      "aria-label": `Query ${i + 1} of ${all.length} of class ${labels[label].text} as a neighbour`
    },
    tile(pictures, index, 44),
    chosen ? element("span", { class: "metalib-in", "aria-hidden": "true" }, "✓") : null
  ), group = ({ label, choices }) => element(
    "li",
    { style: `--metalib-class:${labels[label].colour}` },
    element(
      "span",
      { class: "metalib-support" },
      tile(pictures, label, 32, `Support picture of class ${labels[label].text}`),
      badge(labels[label])
    ),
    element("span", { class: "metalib-own", role: "group", "aria-label": `Class ${labels[label].text}` }, choices.map((picture, i) => choice(label, picture, i, choices)))
  );
  return element("ul", { class: "metalib-pool" }, classes.map(group));
}
function draw(seen) {
  return [
    element(
      "div",
      { class: "metalib-parts" },
      element(
        "div",
        { class: "metalib-choosing" },
        element("h4", {}, "Neighbours: tap to put one in, or take one out."),
        pool(seen),
        element(
          "div",
          { class: "metalib-options", role: "group", "aria-label": "Neighbours" },
          seen.presets.map(({ name, neighbours, chosen }) => button({ name: "take", neighbours }, { "aria-pressed": String(chosen) }, name)),
          button({ name: "random" }, { "aria-pressed": String(seen.random) }, "At random")
        ),
        status(seen.status)
      ),
      element(
        "div",
        { class: "metalib-seen" },
        element("h4", {}, "The batch: the query and its neighbours."),
        batch(seen),
        table(seen)
      )
    ),
    note(seen.chosen)
  ];
}
var neighbours_default = widget({ name: "neighbours", view, act, draw, shown: ({ shown }) => shown });
export {
  act,
  neighbours_default as default,
  place,
  view
};
