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
function status(...children) {
  return element("p", { class: "metalib-status", role: "status" }, ...children);
}
function note(...children) {
  return element("p", { class: "metalib-note" }, ...children);
}

// metalib/course/showdown/heat_map_episode.js
function answered({ pictures, labels, k_shot, most, answers }) {
  if (pictures === null)
    return note("These pictures are not at hand: `metalib data fetch` in a terminal brings Omniglot, then run the cell again.");
  let side = labels.length > 10 || k_shot > 5 ? 20 : 28, row = (label, i) => {
    let first = i * (most + 1), given = answers?.[i], right = given === label.text, support = Array.from({ length: k_shot }, (_, k) => tile(pictures, first + 1 + k, side));
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, badge(label)),
      element("td", {}, element("span", { class: "metalib-supports", role: "img", "aria-label": `${k_shot} support picture${k_shot > 1 ? "s" : ""}` }, support)),
      element("td", {}, element("span", { class: "metalib-asked" }, tile(pictures, first, side, "the query"))),
      element("td", { class: given && !right ? "metalib-is-missed" : "" }, given ? right ? "✓ right" : `✗ ${given}` : "–")
    );
  }, heads = ["class", "support", "query", "answer"].map((head) => element("th", { scope: "col" }, head));
  return element(
    "div",
    { class: "metalib-scroll", tabindex: labels.length > 5 ? 0 : null, role: "group", "aria-label": "The episode" },
    element(
      "table",
      { class: "metalib-episode" },
      element("caption", {}, "A stored episode, the same for every method"),
      element("thead", {}, element("tr", {}, heads)),
      element("tbody", {}, labels.map(row))
    )
  );
}

// metalib/course/showdown/heat_map_shades.js
var FEWER_ERRORS = [[247, 251, 255], [107, 174, 214], [8, 48, 107]], BEHIND_TO_AHEAD = [[127, 59, 8], [247, 247, 247], [5, 48, 97]], MOST_HALVINGS = 7, MOST_POINTS = 0.3;
function at(scale, place) {
  let along = Math.min(Math.max(place, 0), 1) * (scale.length - 1), i = Math.min(Math.floor(along), scale.length - 2);
  return `#${scale[i].map((from, channel) => Math.round(from + (along - i) * (scale[i + 1][channel] - from))).map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
var byErrors = (accuracy) => at(FEWER_ERRORS, -Math.log2(Math.max(1 - accuracy, 2 ** -MOST_HALVINGS)) / MOST_HALVINGS), behindOrAhead = (difference) => at(BEHIND_TO_AHEAD, 0.5 + 0.5 * difference / MOST_POINTS);
function inkOn(colour) {
  let linear = [1, 3, 5].map((i) => {
    let c = parseInt(colour.slice(i, i + 2), 16) / 255;
    return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] > 0.2 ? "#000000" : "#ffffff";
}

// metalib/course/kit/intervals.js
function rounded(value, digits) {
  let exact = value.toFixed(60), end = exact.indexOf(".") + 1 + digits;
  return /^50*$/.test(exact.slice(end)) && Number(exact[end - 1]) % 2 === 0 ? exact.slice(0, end) : value.toFixed(digits);
}
function inWords({ mean, low, high, n }, unit) {
  let digits = (high - low) / 2 >= 5e-4 ? 1 : 2, percent = (x) => rounded(100 * x, digits);
  return Math.abs(high - mean - (mean - low)) < 1e-9 ? `${percent(mean)} ± ${percent((high - low) / 2)} % (${n} ${unit})` : `${percent(mean)} % (${percent(low)} to ${percent(high)}, ${n} ${unit})`;
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

// metalib/course/showdown/heat_map.js
var signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}`;
function view(data, state) {
  let { ways, shots, methods, reference } = data, bank = data.banks[state.bank], name = (method) => methods[method].name, compare = state.compare && state.method !== reference, values = (compare ? bank.ahead : bank.accuracy)[state.method], cells = ways.map(
    (n, way) => shots.map((k, shot) => {
      let value = values[way][shot], colour = value && (compare ? behindOrAhead(value[0]) : byErrors(value[0])), level = compare && value !== null && value[1] <= 0 && value[2] >= 0, text = value === null ? "–" : compare ? signed(100 * value[0]) : (100 * value[0]).toFixed(1);
      return { n, k, way, shot, text, level, colour, ink: colour && inkOn(colour), chosen: way === state.way && shot === state.shot };
    })
  ), [n_way, k_shot] = [ways[state.way], shots[state.shot]], of = (method) => bank.accuracy[method][state.way][state.shot], best = Math.max(...methods.map((_, method) => of(method)?.[0] ?? 0)), episode = { pictures: bank.pictures, labels: data.labels.slice(0, n_way), k_shot, most: shots[shots.length - 1] }, answers = bank.answers[state.method][state.way][state.shot], right = answers && [...answers].filter((letter, label) => letter === data.labels[label].text).length, accuracy = of(state.method), cell = `${n_way}-way ${k_shot}-shot, ${bank.name}`, measured = accuracy ? inWords({ mean: accuracy[0], low: accuracy[1], high: accuracy[2], n: accuracy[3] }, "tasks") : "not measured";
  return {
    banks: data.banks.map((one, i) => ({ label: one.name, action: { name: "bank", bank: i }, chosen: i === state.bank })),
    kinds: [!1, !0].map((kind) => ({
      label: kind ? `ahead of ${name(reference)}` : "accuracy",
      action: { name: "compare", compare: kind },
      chosen: kind === state.compare
    })),
    shots,
    cells,
    compare,
    itself: state.compare && !compare,
    methods: methods.map((method, i) => {
      let value = of(i);
      return { ...method, place: i, text: value ? `${(100 * value[0]).toFixed(1)} %` : "–", best: value?.[0] === best, chosen: i === state.method };
    }),
    title: `${name(state.method)}, ${bank.name}`,
    cell,
    episode: { ...episode, answers },
    status: `${cell}: ${name(state.method)} ${measured}.` + (right === null ? "" : ` Of this episode: ${right} of ${n_way}.`),
    shown: { bank: bank.name, method: name(state.method), n_way, k_shot, accuracy, answers, texts: cells.map((row) => row.map(({ text }) => text)) }
  };
}
function act({ ways, shots }, state, action) {
  if (action.name === "bank") return { ...state, bank: action.bank };
  if (action.name === "compare") return { ...state, compare: action.compare };
  if (action.name === "method") return { ...state, method: action.method };
  if (action.name === "cell") return { ...state, way: action.way, shot: action.shot };
  let within = (place, list) => Math.min(Math.max(place, 0), list.length - 1), [way, shot] = [within(state.way + action.down, ways), within(state.shot + action.right, shots)];
  return way === state.way && shot === state.shot ? state : { ...state, way, shot };
}
function map({ cells, shots, title, compare }) {
  let one = ({ n, k, way, shot, text, level, colour, ink, chosen }) => element(
    "td",
    {},
    element(
      "button",
      {
        type: "button",
        class: "metalib-cell",
        style: colour ? `background:${colour};color:${ink}` : null,
        "data-act": JSON.stringify({ name: "cell", way, shot }),
        "aria-pressed": String(chosen),
        tabindex: chosen ? 0 : -1,
        "aria-label": `${n} ways, ${k} shot${k > 1 ? "s" : ""}: ${text === "–" ? "not measured" : text}${compare ? " points" : " %"}${level ? ", level" : ""}`
      },
      text,
      level ? element("small", {}, "level") : null
    )
  );
  return element(
    "table",
    { class: "metalib-map" },
    element("caption", {}, `${title}: ${compare ? "points ahead" : "% right"}`),
    element(
      "thead",
      {},
      element("tr", {}, element("th", { scope: "col" }, "ways"), shots.map((k) => element("th", { scope: "col" }, `${k} shot${k > 1 ? "s" : ""}`)))
    ),
    element("tbody", {}, cells.map((row) => element("tr", {}, element("th", { scope: "row" }, String(row[0].n)), row.map(one))))
  );
}
function listed({ methods: all, cell }) {
  let one = ({ name, colour, place, text, best, chosen }) => element(
    "li",
    {},
    element(
      "button",
      { type: "button", class: "metalib-method", "data-act": JSON.stringify({ name: "method", method: place }), "aria-pressed": String(chosen) },
      element("span", { class: "metalib-swatch", style: `background:${colour}`, "aria-hidden": "true" }),
      element("span", { class: "metalib-name" }, name),
      element("span", { class: best ? "metalib-is-best" : "" }, text)
    )
  );
  return [element("h4", {}, `All methods: ${cell}`), element("ul", { class: "metalib-methods" }, all.map(one))];
}
function draw(seen) {
  return [
    element("div", { class: "metalib-controls" }, choice("Pictures", seen.banks), choice("Shown", seen.kinds)),
    element(
      "div",
      { class: "metalib-parts" },
      element("div", { class: "metalib-left" }, map(seen), element("div", { class: "metalib-of-cell" }, listed(seen))),
      element("div", { class: "metalib-right" }, status(seen.status), answered(seen.episode))
    ),
    seen.itself ? note("This method is the one that the others are compared with: its accuracies are shown.") : note(
      seen.compare ? "Blue: ahead, brown: behind, on the same tasks. “Level”: the 95 % interval of the difference holds 0." : "The darker, the fewer errors: equal steps of the shade halve them."
    )
  ];
}
var MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
function key(event, send) {
  let grid = (
    /** @type {HTMLElement} */
    event.target.closest(".metalib-map")
  ), move = MOVES[event.key];
  !grid || !move || (event.preventDefault(), send({ name: "go", down: move[0], right: move[1] }), grid.querySelector("[aria-pressed=true]")?.focus());
}
var heat_map_default = widget({ name: "heat-map", view, act, draw, key, shown: ({ shown }) => shown });
export {
  act,
  heat_map_default as default,
  view
};
