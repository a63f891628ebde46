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
function button(action, attributes, ...children) {
  let { class: own = "", ...rest } = attributes;
  return element("button", { type: "button", class: `metalib-button ${own}`.trim(), "data-act": JSON.stringify(action), ...rest }, ...children);
}
var breakable = (name) => name.split("/").flatMap((part, i) => i ? ["/", element("wbr"), part] : [part]);
function status(...children) {
  return element("p", { class: "metalib-status", role: "status" }, ...children);
}
function note(...children) {
  return element("p", { class: "metalib-note" }, ...children);
}
function bars(rows, chance, caption) {
  let percent = (x) => `${(100 * x).toFixed(2)}%`, line = (row) => element(
    "div",
    { class: "metalib-track", "aria-hidden": "true" },
    chance === null ? null : element("i", { class: "metalib-chance", style: `left:${percent(chance)}` }),
    element("i", {
      class: "metalib-interval",
      style: `left:${percent(row.low)};width:${percent(row.high - row.low)};background:${row.colour}`
    }),
    element("i", { class: "metalib-dot", style: `left:${percent(row.mean)};background:${row.colour}` })
  );
  return element(
    "table",
    { class: "metalib-bars", role: "table" },
    element("caption", {}, caption),
    element(
      "tbody",
      { role: "rowgroup" },
      rows.map(
        (row) => element(
          "tr",
          { role: "row" },
          element("th", { scope: "row", role: "rowheader" }, row.name),
          element("td", { class: "metalib-line", role: "cell" }, line(row)),
          element("td", { role: "cell" }, row.text)
        )
      )
    )
  );
}

// metalib/course/learning_to_learn/beat_the_machine_end.js
function done({ status: words, bars: rows, all, rival, missed, total, n_way, round, rounds }) {
  let side = (pictures, index, said) => element("figure", {}, tile(pictures, index, 56, said), element("figcaption", {}, said)), small = (pictures, index, said) => element("figure", {}, tile(pictures, index, 42, said)), mistake = ({ number, pictures, yours, truth, name, machines }) => element(
    "li",
    {},
    element("b", {}, `Question ${number}`),
    element(
      "div",
      { class: "metalib-trio" },
      side(pictures, 0, "asked"),
      side(pictures, yours + 1, "you chose"),
      side(pictures, truth + 1, "right")
    ),
    element("small", {}, breakable(name)),
    element("small", {}, `Right here: ${machines.join(", ") || "no machine"}`)
  ), theirs = ({ pictures, name, you }) => element(
    "li",
    {},
    element("div", { class: "metalib-trio" }, small(pictures, 0, "asked"), small(pictures, 1, "it chose"), small(pictures, 2, "right")),
    element("small", {}, name),
    you ? element("small", {}, you) : null
  ), column = (title, kind, items) => element("section", {}, element("h4", { class: "metalib-after" }, title), element("ul", { class: kind }, items)), more = round + 1 < rounds;
  return [
    element(
      "div",
      { class: "metalib-between metalib-progress" },
      element("p", { class: "metalib-status metalib-result", role: "status", tabindex: -1 }, words),
      button({ name: "again" }, { class: "metalib-main", "data-once": !0 }, more ? "Again, with new questions" : "Again, from the first question")
    ),
    more ? null : element("p", { class: "metalib-note" }, "These were all questions. Those that come again do not count any more: you know them."),
    bars(rows, 1 / n_way, `Right answers of ${total}, with the 95 % interval (Wilson); dashed: chance`),
    bars(all.bars, 1 / n_way, `Right answers of all ${all.total}, with the 95 % interval over the twenty runs`),
    element("p", { class: "metalib-note" }, all.note),
    element(
      "div",
      { class: "metalib-both" },
      column(missed.length ? "What you missed" : "You missed nothing.", "metalib-missed", missed.map(mistake)),
      rival && column(misses(rival, all.total), "metalib-theirs", rival.missed.map(theirs))
    )
  ];
}
function misses({ name, wrong, missed }, total) {
  let some = missed.length < wrong ? `, ${missed.length} of them here` : "";
  return `What the ${name} misses: ${wrong} of all ${total}${some} (asked, its choice, right)`;
}

// metalib/course/kit/intervals.js
function wilson(successes, trials) {
  let mean = successes / trials, z2 = 1.959964 * 1.959964 / trials, centre = (mean + z2 / 2) / (1 + z2), half = 1.959964 * Math.sqrt(mean * (1 - mean) / trials + z2 / (4 * trials)) / (1 + z2);
  return { mean, low: Math.max(0, centre - half), high: Math.min(1, centre + half), n: trials };
}
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

// metalib/course/learning_to_learn/beat_the_machine.js
function scores({ players, rounds }, { round, answers }) {
  let questions = rounds[round];
  return players.map(({ name, colour }, player) => {
    let said = ({ machines }, i) => player === 0 ? answers[i] : machines[player - 1], right = questions.filter((question, i) => said(question, i) === question.truth).length, interval = wilson(right, questions.length);
    return { name, colour, right, ...interval, text: inWords(interval, "questions") };
  }).sort((a, b) => b.right - a.right);
}
function told(rival, rounds, round, missed) {
  let among = (list, name) => list.some((question) => question.name === name);
  return rival.missed.filter(({ name }) => !among(rounds.slice(round + 1).flat(), name)).map((miss) => {
    let asked = among(missed, miss.name) ? "You missed it, too" : "You were right";
    return { ...miss, you: among(rounds[round], miss.name) ? asked : "" };
  });
}
function view(data, state) {
  let questions = data.rounds[state.round], number = state.answers.length, total = questions.length, machines = data.players.slice(1).map(({ name }) => name), whole = { round: state.round, rounds: data.rounds.length, total, n_way: data.n_way, machines, kept: data.kept };
  if (!state.started) return { ...whole, stage: (
    /** @type {const} */
    "ready"
  ) };
  if (number < total) return { ...whole, stage: (
    /** @type {const} */
    "asking"
  ), number, pictures: questions[number].pictures };
  let missed = questions.map(({ pictures, truth, name, machines: said }, i) => {
    let helped = machines.filter((_, machine) => said[machine] === truth);
    return { number: i + 1, pictures, yours: state.answers[i], truth, name, machines: helped };
  }).filter(({ yours, truth }) => yours !== truth), right = total - missed.length, rival = data.rival && { ...data.rival, missed: told(data.rival, data.rounds, state.round, missed) }, { all } = data;
  return { ...whole, stage: (
    /** @type {const} */
    "done"
  ), bars: scores(data, state), all, rival, missed, right, status: `You: ${right} of ${total} right.` };
}
function act({ rounds }, state, action) {
  let total = rounds[state.round].length;
  return action.name === "start" ? state.started ? state : { ...state, started: !0 } : action.name === "again" ? state.answers.length < total ? state : { round: (state.round + 1) % rounds.length, started: !0, answers: [] } : !state.started || state.answers.length === total || action.question !== state.answers.length ? state : { ...state, answers: [...state.answers, action.label] };
}
function ready({ total, n_way, machines }) {
  let opponents = machines.length ? ` Your opponents answer the same ${total}: ${machines.join(", ")}.` : "";
  return [
    element(
      "div",
      { class: "metalib-ready" },
      element("strong", {}, `${total} questions of a test that people sat in 2015, ${n_way} characters each.`),
      element(
        "p",
        {},
        `You see one drawing. Pick the character that it shows, drawn by another hand. All are of one alphabet. You learn the result at the end.${opponents}`
      ),
      element("p", { class: "metalib-note" }, "Mouse: click. Keyboard: arrow keys, then Enter."),
      button({ name: "start" }, { class: "metalib-main", "data-once": !0 }, "Start")
    )
  ];
}
function asking({ number, total, pictures }) {
  let card = (_, label) => element(
    "button",
    {
      type: "button",
      class: "metalib-pick",
      "data-act": JSON.stringify({ name: "answer", question: number, label }),
      "data-once": !0,
      tabindex: label === 0 ? 0 : -1,
      "aria-label": `Character ${label + 1} of ${pictures.count - 1}`
    },
    tile(pictures, label + 1, 56)
  );
  return [
    element(
      "div",
      { class: "metalib-between metalib-progress" },
      status(`Question ${number + 1} of ${total}`),
      element("progress", { max: total, value: number, "aria-label": "questions answered" })
    ),
    element(
      "div",
      { class: "metalib-question" },
      element("figure", {}, tile(pictures, 0, 126, "the drawing to place"), element("figcaption", {}, "Which one is this?")),
      element(
        "div",
        { class: "metalib-grid", role: "group", "aria-label": "Characters to choose from" },
        Array.from({ length: pictures.count - 1 }, card)
      )
    )
  ];
}
var LOST = "Python is not there to keep your score: run the cells above and this one again before you play, if it is to count.", KEPT = "Your score board keeps the round that you finished last; to see it there, run its cell.";
function draw(seen, _own, kernel) {
  if (seen.stage === "asking") return asking(seen);
  let lost = kernel === "gone" ? LOST : seen.stage === "done" ? KEPT : "";
  return [...seen.stage === "ready" ? ready(seen) : done(seen), seen.kept && lost ? note(lost) : null];
}
function key(event) {
  let target = (
    /** @type {HTMLElement} */
    event.target
  );
  event.repeat && event.key === "Enter" && target.closest("[data-once]") && event.preventDefault();
  let cards = (
    /** @type {HTMLElement[]} */
    [...target.closest(".metalib-grid")?.querySelectorAll(".metalib-pick") ?? []]
  ), at = cards.indexOf(target);
  if (at < 0) return;
  let columns = cards.filter((card) => card.offsetTop === cards[0].offsetTop).length, places = {
    ArrowRight: at + 1,
    ArrowLeft: at - 1,
    ArrowDown: at + columns,
    ArrowUp: at - columns,
    Home: 0,
    End: cards.length - 1
  };
  event.key in places && (event.preventDefault(), cards[places[event.key]]?.focus());
}
function begin(root, { model }) {
  let pressed = !1, press = () => pressed = !0, release = () => pressed = !1, follow2 = () => {
    let target = (
      /** @type {HTMLElement | null} */
      root.querySelector(".metalib-pick, .metalib-result")
    );
    pressed && target?.focus({ preventScroll: !0 });
  };
  return root.addEventListener("click", press, !0), root.addEventListener("click", release), model.on("change:state", follow2), () => {
    root.removeEventListener("click", press, !0), root.removeEventListener("click", release), model.off("change:state", follow2);
  };
}
var beat_the_machine_default = widget({
  name: "beat-the-machine",
  view,
  act,
  draw,
  key,
  begin,
  shown: (seen) => seen.stage === "done" ? { stage: seen.stage, right: seen.right } : { stage: seen.stage }
});
export {
  act,
  beat_the_machine_default as default,
  view
};
