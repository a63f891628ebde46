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
  let place = `background-image:url(${url});background-size:${side * count}px ${side}px;background-position:${-side * index}px 0`, words2 = alt ? { role: "img", "aria-label": alt } : { "aria-hidden": "true" };
  return element("span", { class: "metalib-tile", style: `width:${side}px;height:${side}px;${place}`, "data-tile": index, ...words2 });
}
function badge({ text, colour, ink }) {
  return element("span", { class: "metalib-badge", style: `background:${colour};color:${ink}` }, text);
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

// metalib/course/maml_omniglot/losses.js
var [WIDTH, HEIGHT] = [420, 250], [LEFT, RIGHT, ABOVE, BELOW] = [64, 84, 12, 30], GAP = 20, SUPPORT = { name: "support", colour: "#595959", ink: "#595959" }, QUERY = { name: "query", colour: "#d55e00", ink: "#b04a00" };
function drawn(loss, [least, most]) {
  return Math.log10(loss === null ? most : clamp(loss, least, most));
}
function losses({ support, query, step, range, guessing }) {
  let last = support.length - 1, [low, high] = range.map(Math.log10), [one, power] = [(WIDTH - LEFT - RIGHT) / last, (HEIGHT - ABOVE - BELOW) / (high - low)], f = frame(WIDTH, HEIGHT, [-LEFT / one, last + RIGHT / one], [low - BELOW / power, high + ABOVE / power]), curves = [QUERY, SUPPORT].map((of) => {
    let heights = (of === QUERY ? query : support).map((loss) => drawn(loss, range));
    return { ...of, heights };
  }), powers = Array.from({ length: Math.round(high - low) + 1 }, (_, i) => Math.round(low) + i), number = (tick) => tick === powers[0] ? "≈ 0" : tick === powers.at(-1) ? `≥ ${10 ** tick}` : `${10 ** tick}`, names = apart(curves.map(({ heights }) => f.py(heights[last])), GAP, ABOVE, f.py(low)), upright = { y1: f.py(high), y2: f.py(low) }, across = (y) => ({ x1: f.px(0), x2: f.px(last), y1: f.py(y), y2: f.py(y) });
  return chart(
    f,
    "Support loss and query loss after each inner step, on a logarithmic scale",
    powers.map((tick) => [
      svg("line", { ...across(tick), class: "metalib-axis" }),
      svg("text", { x: f.px(0) - 8, y: f.py(tick), dy: "0.35em", "text-anchor": "end" }, number(tick))
    ]),
    support.map(
      (_, i) => svg("text", { x: f.px(i), y: HEIGHT - 8, "text-anchor": "middle", class: i === step ? "metalib-here" : null }, `${i}`)
    ),
    svg("line", { ...across(Math.log10(guessing)), class: "metalib-guessing" }),
    svg("line", { x1: f.px(step), x2: f.px(step), ...upright, class: "metalib-now" }),
    curves.map(({ name, colour, ink, heights }, i) => [
      line(f, heights.map((y, x) => [x, y]), {
        stroke: colour,
        "stroke-width": 2.5,
        "stroke-dasharray": name === "support" ? "6 4" : null,
        class: `metalib-${name}-loss`
      }),
      svg("circle", { cx: f.px(step), cy: f.py(heights[step]), r: 5, fill: colour, stroke: "#fff", "stroke-width": 1.5 }),
      svg("text", { x: f.px(last) + 10, y: names[i], dy: "0.35em", class: "metalib-name", style: `fill:${ink}` }, name)
    ])
  );
}

// metalib/course/maml_omniglot/inner_step_scrubber.js
function said(loss) {
  if (loss === null) return "diverged";
  if (loss < 100) return loss.toFixed(3);
  if (loss < 1e4) return loss.toFixed(0);
  let [digit, power] = loss.toExponential(0).split("e+");
  return `${digit} · 10${[...power].map((figure) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(figure)]).join("")}`;
}
function view({ labels, models, step_sizes: sizes, range, tasks }, { task: number, model, step_size: size, step }) {
  let task = tasks[number], [, , steps, queries, n_way] = task.probabilities.shape, first = ((model * sizes.length + size) * steps + step) * queries, shares = unpacked(task.probabilities), predictions = [...unpacked(task.answers).subarray(first, first + queries)].map(Math.round), asked = task.truth.map((truth, i) => ({
    truth,
    index: task.support.length + i,
    badge: labels[predictions[i]],
    wrong: predictions[i] !== truth,
    shares: [...shares.subarray((first + i) * n_way, (first + i + 1) * n_way)]
  })), right = asked.filter(({ wrong }) => !wrong).length, [support, query] = [task.support_losses[model][size], task.query_losses[model][size]], words2 = `support loss ${said(support[step])}, query loss ${said(query[step])}`;
  return {
    pictures: task.pictures,
    labels,
    support: task.support.map((label, index) => ({ badge: labels[label], index })),
    columns: labels.map((_, label) => asked.filter(({ truth }) => truth === label)),
    chart: { support, query, step, range, guessing: Math.log(n_way) },
    sliders: [
      { key: "step", label: "inner step", min: 0, max: steps - 1, step: 1, value: step, text: `${step}` },
      { key: "step_size", label: "step size α", min: 0, max: sizes.length - 1, step: 1, value: size, text: `${sizes[size]}` }
    ],
    networks: { key: "model", legend: "Network", options: models, chosen: model },
    count: `task ${number + 1} of ${tasks.length}`,
    status: `After ${step} step${step === 1 ? "" : "s"}: ${right} of ${queries} queries right, ${words2}.`,
    shown: {
      model: models[model],
      step_size: sizes[size],
      step,
      right,
      predictions,
      support_loss: support[step],
      query_loss: query[step]
    }
  };
}
function act({ tasks }, state, action) {
  return action.name === "deal" ? { ...state, task: (state.task + 1) % tasks.length } : state[action.key] === action.value ? state : { ...state, [action.key]: action.value };
}
function draw({ pictures, labels, support, columns, chart: chart2, sliders, networks, count, status: sentence }, own) {
  let card = ({ badge: label, index }) => element(
    "li",
    { class: "metalib-card", style: `--metalib-class:${label.colour}` },
    tile(pictures, index, 56, `Support picture of class ${label.text}`),
    element("span", { class: "metalib-given", "aria-hidden": "true" }, badge(label))
  ), query = ({ truth, index, badge: label, wrong, shares }) => {
    let words2 = shares.map((share, i) => `${labels[i].text} ${(100 * share).toFixed(0)} %`).join(", "), is = labels[truth].text;
    return element(
      "li",
      { class: `metalib-card${wrong ? " metalib-is-missed" : ""}`, style: `--metalib-class:${label.colour}` },
      tile(pictures, index, 56, `Query of class ${is}, answered ${label.text}${wrong ? ", wrong" : ""}. ${words2}`),
      element(
        "span",
        { class: "metalib-shares", "aria-hidden": "true", title: words2 },
        shares.map((share, i) => element("i", { style: `background:${labels[i].colour};height:${Math.max(2, 100 * share).toFixed(1)}%` }))
      ),
      element("span", { class: "metalib-given", "aria-hidden": "true" }, badge(label), wrong ? element("b", {}, "✗", element("span", {}, ` is ${is}`)) : null)
    );
  };
  return [
    element("h4", {}, "Move through the inner steps, then change the step size."),
    element(
      "div",
      { class: "metalib-scrub" },
      element(
        "div",
        { class: "metalib-controls" },
        sliders.map(slider),
        networks.options.length > 1 ? radios(own, networks) : null,
        element("span", { class: "metalib-deal" }, button({ name: "deal" }, {}, "Another task"), element("small", {}, count)),
        status(sentence)
      ),
      element(
        "div",
        { class: "metalib-queries" },
        element("h4", {}, "Support: one drawing of each class."),
        element("ul", { class: "metalib-classes" }, support.map(card)),
        element("h4", {}, "Queries, by class. Bars: probabilities."),
        element(
          "div",
          { class: "metalib-classes" },
          columns.map((column, i) => element("ul", { "aria-label": `Queries of class ${labels[i].text}` }, column.map(query)))
        )
      ),
      element(
        "div",
        { class: "metalib-losses" },
        element("h4", {}, "Loss after each inner step, in nats. Dotted: guessing."),
        losses(chart2)
      )
    )
  ];
}
var inner_step_scrubber_default = widget({ name: "inner-step-scrubber", view, act, draw, shown: ({ shown }) => shown });
export {
  act,
  inner_step_scrubber_default as default,
  said,
  view
};
