// metalib/course/kit/elements.js
function keepKeys(node) {
  (["button", "input", "select"].includes(node.localName) || node.hasAttribute("tabindex")) && node.setAttribute("data-lm-suppress-shortcuts", "true");
}
function fill(node, attributes, children) {
  for (let [name, value2] of Object.entries(attributes))
    value2 === !0 ? node.setAttribute(name, "") : value2 !== !1 && value2 !== null && value2 !== void 0 && node.setAttribute(name, String(value2));
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

// metalib/course/kit/number.js
function said(number) {
  return number.toLocaleString("en-US", { maximumSignificantDigits: 6 }).replace("-", "−");
}
var ABOUT = /^(?:about|around|approx(?:imately|\.)?|circa|ca\.?|roughly|[~≈=])\s*/i, PLAIN = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i, FRACTION = /^([+-]?\d+(?:\.\d+)?)\s*\/\s*(\d+(?:\.\d+)?)$/, POWER = /^(\d+(?:\.\d+)?)\s*(?:\^|\*\*)\s*([+-]?\d+)$/, wrong = (problem) => ({ number: NaN, problem });
function read(typed, unit) {
  let text = typed.trim().replace(/[−–]/g, "-").replace(ABOUT, "");
  if (!text) return wrong("Type a number first: a rough guess will do.");
  let percent = text.endsWith("%");
  if (percent ? text = text.slice(0, -1).trim() : unit && text.toLowerCase().endsWith(unit.toLowerCase()) && (text = text.slice(0, -unit.length).trim()), percent && unit && unit !== "%") return wrong(`The answer is in ${unit}, not in %.`);
  if (text = text.replace(/(\d)[\s_'’](?=\d{3}(?!\d))/g, "$1"), /^[+-]?[1-9]\d{0,2},\d{3}$/.test(text))
    return wrong(`“${text}” can be read in two ways: write ${text.replace(",", "")} or ${text.replace(",", ".")}.`);
  let number = value(withPoint(text));
  return Number.isFinite(number) ? percent && unit !== "%" ? { number: number / 100, problem: "" } : unit === "%" && !percent && number > 0 && number < 1 ? wrong(`Write ${said(100 * number)} if you mean ${said(100 * number)} %, and ${said(number)} % with the sign if you mean less than 1 %.`) : { number, problem: "" } : wrong(`“${typed.trim()}” cannot be read as a number: write digits, such as 12 or 0.5.`);
}
function withPoint(text) {
  return /^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$/.test(text) && !/^[+-]?0/.test(text) ? text.replaceAll(",", "") : /^[+-]?\d{1,3}(?:\.\d{3})+,\d*$/.test(text) ? text.replaceAll(".", "").replace(",", ".") : text.replace(/^([+-]?\d*),(\d+)/, "$1.$2");
}
function value(text) {
  let [fraction, power] = [FRACTION.exec(text), POWER.exec(text)];
  return fraction ? Number(fraction[1]) / Number(fraction[2]) : power ? Number(power[1]) ** Number(power[2]) : PLAIN.test(text) ? Number(text) : NaN;
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
    let value2 = (
      /** @type {string} */
      fresh.getAttribute(name)
    );
    old.getAttribute(name) !== value2 && old.setAttribute(name, value2);
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
  let { dataset, type, value: value2, checked } = (
    /** @type {HTMLInputElement} */
    target
  );
  return { name: "set", key: dataset.set ?? "", value: type === "text" ? value2 : Number(type === "checkbox" ? checked : value2) };
}
function listen(node, kind, act2) {
  return node.addEventListener(kind, act2), () => node.removeEventListener(kind, act2);
}

// metalib/course/kit/estimate.js
var STEPS = { within: [1, 2, 4], share: [1, 2, 4], factor: [1, 2, 3] };
function distance(number, from, { kind, size }, answer) {
  return kind === "factor" ? Math.abs(Math.log(number / from)) / Math.log(size) : Math.abs(number - from) / (kind === "share" ? size * Math.abs(answer) : size);
}
function far({ kind, size }, steps, unit) {
  return kind === "factor" ? `a factor of ${said(size ** steps)}` : kind === "share" ? `${said(100 * size * steps)} %` : `${said(size * steps)} ${unit === "%" ? "points" : unit}`.trim();
}
var measured = (number, unit) => `${number} ${unit}`.trim();
function outside(number, { unit, scale, between }) {
  let [least, most] = between ?? [-1 / 0, 1 / 0];
  return number < least || number > most ? `${measured(said(number), unit)} is out of range: type a number from ${said(least)} to ${said(most)}.` : scale.kind === "factor" && number <= 0 ? `${said(number)} is out of range: type a number above 0.` : "";
}
function judged({ unit, scale, key }, number) {
  let { answer, text, feedback: words, mistakes } = opened(key), off = distance(number, answer, scale, answer) - 1e-9, steps = STEPS[scale.kind], level = steps.filter((step) => off > step).length, own = measured(said(number), unit);
  if (level === 0) {
    let exact = off <= 0, how2 = exact ? `The answer is ${measured(text, unit)}.` : `${own} is within ${far(scale, 1, unit)} of the answer, ${measured(text, unit)}.`;
    return { verdict: (
      /** @type {const} */
      "right"
    ), zone: 3, mark: exact ? "✓ Exactly." : "✓ Near.", feedback: `${how2} ${words.near}` };
  }
  let low = number < answer, near = mistakes.map(([wrong2, why]) => ({ why, off: distance(number, wrong2, scale, answer) })).filter((mistake) => mistake.off <= 1).sort((a, b) => a.off - b.off), how = level < steps.length ? `by at most ${far(scale, steps[level], unit)}` : `by more than ${far(scale, steps[level - 1], unit)}`;
  return {
    verdict: (
      /** @type {const} */
      "wrong"
    ),
    zone: low ? 3 - level : 3 + level,
    mark: low ? "✗ Too low." : "✗ Too high.",
    feedback: `${own} is off ${how}. ${near[0]?.why ?? words[low ? "too low" : "too high"]}`
  };
}
function view(data, { estimate, typed, checked }) {
  let { text, unit, scale } = data, shown = { text, unit, typed, counts: `Within ${far(scale, 1, unit)} counts as near.` };
  if (!checked) return { ...shown, verdict: (
    /** @type {const} */
    ""
  ), zone: null, mark: "", feedback: "" };
  if (estimate !== null) return { ...shown, ...judged(data, estimate) };
  let found = read(typed, unit);
  return { ...shown, verdict: (
    /** @type {const} */
    "unread"
  ), zone: null, mark: "", feedback: found.problem || outside(found.number, data) };
}
function act(data, state, action) {
  if (action.name === "set") return action.value === state.typed ? state : { estimate: null, typed: action.value, checked: !1 };
  let { number, problem } = read(state.typed, data.unit);
  return { ...state, estimate: problem || outside(number, data) ? null : number, checked: !0 };
}
function meter(zone) {
  let cells = [..."0123456"].map((_, i) => element("i", { class: i === zone ? "metalib-here" : "", "data-zone": i })), ends = ["too low", "near", "too high"].map((words) => element("span", {}, words));
  return element("div", { class: "metalib-meter", "aria-hidden": "true" }, element("div", {}, cells), element("div", {}, ends));
}
function draw({ text, unit, typed, counts, verdict, zone, mark, feedback: words }, own) {
  return [
    element("label", { class: "metalib-ask", for: own }, asked("Estimate", text)),
    element(
      "div",
      { class: "metalib-entry" },
      element("input", {
        id: own,
        type: "text",
        "data-set": "typed",
        value: typed,
        maxlength: 40,
        autocomplete: "off",
        spellcheck: "false",
        "aria-invalid": verdict === "unread" && "true",
        "aria-describedby": `${own}-unit ${own}-said`
      }),
      element("span", { id: `${own}-unit` }, unit),
      button({ name: "check" }, { class: "metalib-main" }, "Check"),
      note(counts)
    ),
    zone === null ? element("div", { class: "metalib-meter", hidden: !0 }) : meter(zone),
    feedback(verdict, mark, words, { id: `${own}-said` })
  ];
}
function enter({ key, target }, send) {
  key === "Enter" && target instanceof HTMLInputElement && send({ name: "check" });
}
var estimate_default = widget({ name: "estimate", view, act, draw, key: enter });
export {
  act,
  estimate_default as default,
  view
};
