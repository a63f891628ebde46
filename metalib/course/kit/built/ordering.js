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
function button(action, attributes, ...children) {
  let { class: own = "", ...rest } = attributes;
  return element("button", { type: "button", class: `metalib-button ${own}`.trim(), "data-act": JSON.stringify(action), ...rest }, ...children);
}
function note(...children) {
  return element("p", { class: "metalib-note" }, ...children);
}

// metalib/course/kit/answering.js
function opened(key) {
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(key), (letter) => letter.charCodeAt(0))));
}
function inline(text) {
  return text.split(/(`[^`]+`|\*[^\s*](?:[^*]*[^\s*])?\*)/).map((part, i) => i % 2 === 0 ? part : element(part[0] === "`" ? "code" : "em", {}, part.slice(1, -1)));
}
function asked(tag, text) {
  return [element("span", { class: "metalib-tag" }, tag), ...inline(text)];
}
function feedback(verdict, mark, text, attributes = {}) {
  return element(
    "p",
    { class: `metalib-feedback metalib-${verdict || "empty"}`, role: "status", ...attributes },
    element("b", {}, mark && `${mark} `),
    inline(text)
  );
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

// metalib/course/kit/ordering.js
function compared(lines, order, orders) {
  return orders.map((right) => {
    let same = order.map((line, i) => lines[line] === lines[right[i]]), first = same.indexOf(!1);
    return { right: first < 0 ? order.length : first, inPlace: same.filter(Boolean).length };
  }).sort((a, b) => b.right - a.right || b.inPlace - a.inPlace)[0];
}
function judged({ lines, key }, order) {
  let { orders, why, feedback: words } = opened(key), { right, inPlace } = compared(lines, order, orders), n = order.length;
  if (right === n) return { right, verdict: (
    /** @type {const} */
    "right"
  ), mark: "✓ Right.", feedback: words };
  let count = inPlace === 0 ? "No line is in its place yet." : inPlace === 1 ? `1 of ${n} lines is in its place.` : `${inPlace} of ${n} lines are in their place.`, early = `Line ${right + 1} comes too early. ${why[order[right]] ?? ""}`;
  return { right, verdict: (
    /** @type {const} */
    "wrong"
  ), mark: "✗ Not yet.", feedback: `${count} ${early}`.trim() };
}
function view(data, { order, moved, checked }) {
  let { text, lines, code } = data, said = checked ? judged(data, order) : { right: 0, verdict: (
    /** @type {const} */
    ""
  ), mark: "", feedback: "" }, rows = order.map((line, i) => ({
    line,
    text: lines[line],
    mark: !checked || i > said.right ? "" : i < said.right ? "right" : "wrong",
    moved: line === moved && !checked
  })), heard = moved === null || checked ? "" : `Line ${order.indexOf(moved) + 1} of ${order.length}: ${lines[moved].trim()}`;
  return { text, code, rows, moved, heard, ...said };
}
function act(_data, state, action) {
  if (action.name === "check") return { ...state, checked: !0 };
  if (action.name !== "nudge" && action.name !== "place") return state;
  let line = Number(action.name === "nudge" ? action.handle : action.line), at = state.order.indexOf(line);
  if (at < 0) return state;
  let to = Math.min(Math.max(action.name === "nudge" ? at - action.dy : action.to, 0), state.order.length - 1);
  if (to === at) return state.moved === line ? state : { ...state, moved: line };
  let order = state.order.filter((other) => other !== line);
  return order.splice(to, 0, line), { order, moved: line, checked: !1 };
}
var MARKS = { right: "✓", wrong: "✗", "": "" };
function codeLine(text) {
  let line = text.trimStart();
  return element("code", { style: `padding-left:${text.length - line.length + 2}ch;text-indent:-2ch` }, line);
}
function draw({ text, code, rows, heard, verdict, mark, feedback: words }, own) {
  let move = (way, row, end) => button(
    { name: "nudge", handle: row.line, dy: way === "up" ? 1 : -1 },
    { class: "metalib-way", "data-way": way, "aria-label": `${way}: ${row.text.trim()}`, "aria-disabled": end && "true" },
    way === "up" ? "↑" : "↓"
  );
  return [
    element("p", { class: "metalib-ask", id: own }, asked("Put in order", text)),
    element(
      "ol",
      { class: "metalib-lines", role: "list", "aria-labelledby": own },
      rows.map(
        (row, i) => element(
          "li",
          { class: `metalib-row metalib-${row.mark || (row.moved ? "moved" : "plain")}`, "data-handle": row.line },
          element("span", { class: "metalib-grip", "aria-hidden": "true" }, `${i + 1} ${MARKS[row.mark]}`.trim()),
          code ? codeLine(row.text) : element("span", { class: "metalib-sentence" }, inline(row.text)),
          move("up", row, i === 0),
          move("down", row, i === rows.length - 1)
        )
      )
    ),
    element("div", { class: "metalib-controls" }, button({ name: "check" }, { class: "metalib-main" }, "Check"), note("Drag a line, press its arrows, or use the arrow keys.")),
    element("p", { class: "metalib-heard", role: "status" }, heard),
    feedback(verdict, mark, words)
  ];
}
function begin(root, now) {
  let held = null, rows = () => (
    /** @type {HTMLElement[]} */
    [...root.querySelectorAll("[data-handle]")]
  ), down = (event) => {
    let target = (
      /** @type {Element} */
      event.target
    ), row = target.closest("[data-handle]");
    !row || event.button !== 0 || target.closest("button") || event.pointerType === "touch" && !target.closest(".metalib-grip") || (held = row.getAttribute("data-handle"), root.setPointerCapture(event.pointerId), event.preventDefault());
  }, move = ({ clientY }) => {
    if (held === null) return;
    let above = rows().filter((row) => row.dataset.handle !== held && middle(row) < clientY).length;
    now.send({ name: "place", line: Number(held), to: above }, !1);
  }, release = () => {
    held !== null && now.send({ name: "place", line: Number(held), to: now.view().rows.findIndex(({ line }) => line === Number(held)) }), held = null;
  }, follow2 = (event) => {
    let way = (
      /** @type {Element} */
      event.target.closest("[data-way]")?.getAttribute("data-way")
    );
    way && root.querySelector(`[data-handle="${now.view().moved}"] [data-way=${way}]`)?.focus();
  }, stops = [
    listen(root, "pointerdown", down),
    listen(root, "pointermove", move),
    listen(root, "pointerup", release),
    listen(root, "pointercancel", release),
    listen(root, "click", follow2),
    listen(root, "keydown", (event) => event.key.startsWith("Arrow") && follow2(event))
  ];
  return () => stops.forEach((stop) => stop());
}
function middle(node) {
  let { top, height } = node.getBoundingClientRect();
  return top + height / 2;
}
var ordering_default = widget({ name: "ordering", view, act, draw, begin });
export {
  act,
  ordering_default as default,
  view
};
