// metalib/course/kit/asking.js
var answers = /* @__PURE__ */ new WeakMap(), KEPT = 40;
function answered(data, question2) {
  return answers.get(data)?.get(question2);
}
function learn(data, found) {
  let known = answers.get(data) ?? /* @__PURE__ */ new Map();
  answers.set(data, known);
  for (let [question2, answer] of Object.entries(found))
    known.delete(question2), known.set(question2, answer);
  for (let question2 of [...known.keys()].slice(0, -KEPT)) known.delete(question2);
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
function select({ key, label, options, value }) {
  return element(
    "label",
    { class: "metalib-select" },
    element("span", {}, label),
    element(
      "select",
      { "data-set": key },
      options.map((text, i) => element("option", { value: i, selected: i === value }, text))
    )
  );
}
function checkbox(key, label, on) {
  return element("label", { class: "metalib-check" }, element("input", { type: "checkbox", "data-set": key, checked: on }), label);
}
var breakable = (name) => name.split("/").flatMap((part, i) => i ? ["/", element("wbr"), part] : [part]);
function status(...children) {
  return element("p", { class: "metalib-status", role: "status" }, ...children);
}
function bars(rows2, chance, caption) {
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
      rows2.map(
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

// metalib/course/learning_to_learn/dealing.js
var streams = /* @__PURE__ */ new Map();
function stream(seed) {
  let known = streams.get(seed);
  if (known) return known;
  let words = new Uint32Array(624);
  words[0] = seed;
  for (let i = 1; i < 624; i++) words[i] = Math.imul(1812433253, words[i - 1] ^ words[i - 1] >>> 30) + i;
  let made = new Uint32Array(0), twist = () => {
    for (let i = 0; i < 624; i++) {
      let both = words[i] & 2147483648 | words[(i + 1) % 624] & 2147483647;
      words[i] = words[(i + 397) % 624] ^ both >>> 1 ^ (both & 1 ? 2567483615 : 0);
    }
  }, make = (end) => {
    let from = made.length, longer = new Uint32Array(624 * Math.ceil(2 * end / 624));
    longer.set(made);
    for (let i = from; i < longer.length; i++) {
      i % 624 === 0 && twist();
      let y = words[i % 624];
      y ^= y >>> 11, y ^= y << 7 & 2636928640, y ^= y << 15 & 4022730752, longer[i] = y ^ y >>> 18;
    }
    made = longer;
  }, at = (i) => (i >= made.length && make(i + 1), made[i]);
  return streams.set(seed, at), at;
}
function largest(keys, count) {
  let top = [];
  for (let i = 0; i < keys.length; i++) {
    if (top.length === count && keys[i] <= keys[top[count - 1]]) continue;
    let place = top.length;
    for (; place > 0 && keys[top[place - 1]] < keys[i]; ) place--;
    top.splice(place, 0, i), top.length > count && top.pop();
  }
  return top;
}
function drawnFrom({ groups, alphabets }, { alphabet, rotation, within_group }) {
  let members = groups.flatMap((group, c) => alphabet === 0 || group === alphabet - 1 ? [c] : []), turns = rotation ? 4 : 1, within = !!within_group && alphabet === 0, sizes = alphabets.map(() => 0);
  for (let group of groups) sizes[group] += 1;
  return { members, turns, n_classes: members.length * turns, within, sizes };
}
function problem(bank, state) {
  let { alphabet, n_way: n, k_shot: k, n_query: q } = state;
  if (k + q > bank.n_drawings)
    return `${k} support and ${q} query pictures make ${k + q}, and there are ${bank.n_drawings} drawings of each character: take fewer shots or fewer queries.`;
  let { n_classes, within, sizes } = drawnFrom(bank, state), most = within ? Math.max(...sizes) : n_classes;
  if (n <= most) return "";
  let where = alphabet ? bank.alphabets[alphabet - 1] : within ? "the largest alphabet" : "this bank";
  return `${n}-way needs ${n} characters, and ${where} has ${most}: take fewer ways, or ${alphabet ? "all alphabets" : "characters of several alphabets"}.`;
}
function deal(bank, state) {
  let { n_episodes: tasks, n_drawings, groups } = bank, { n_way, k_shot, shown } = state, { members, n_classes, within, sizes } = drawnFrom(bank, state), number = stream(bank.seed), key = (i) => number(i) & 16777215, keys = (from, count) => Array.from({ length: count }, (_, i) => key(from + i)), needed = k_shot + state.n_query, start = tasks * n_classes, ofClasses = keys(shown * n_classes, n_classes);
  if (within) {
    let turned = sizes.length, large = Array.from({ length: turned * (n_classes / members.length) }, (_, g) => g).filter((g) => sizes[g % turned] >= n_way), chosen = large[number(start + shown) % large.length];
    start += tasks;
    let group = (c) => groups[c % members.length] + turned * Math.floor(c / members.length);
    ofClasses.forEach((_, c) => group(c) === chosen || (ofClasses[c] = -1));
  }
  let classes = largest(ofClasses, n_way), drawings = classes.map((_, label) => largest(keys(start + (shown * n_way + label) * n_drawings, n_drawings), needed));
  if (start += tasks * n_way * n_drawings, state.repeated_class) {
    let others = keys(start + shown * n_drawings, n_drawings);
    for (let taken of drawings[0]) others[taken] -= 16777216;
    classes = [...classes.slice(0, -1), classes[0]], drawings = [...drawings.slice(0, -1), largest(others, needed)];
  }
  if (state.ascending_labels) {
    let order = classes.map((_, label) => label).sort((a, b) => classes[a] - classes[b]);
    [classes, drawings] = [order.map((label) => classes[label]), order.map((label) => drawings[label])];
  }
  return state.support_in_query && (drawings = drawings.map((of) => of.map((drawing, i) => i === k_shot ? of[0] : drawing))), { classes, drawings };
}

// metalib/course/learning_to_learn/episode_view.js
var KEYS = ["alphabet", "n_way", "k_shot", "n_query", "rotation", "within_group", "support_in_query", "repeated_class", "ascending_labels"], setting2 = (state) => KEYS.map((key) => state[key]).join(" "), question = (what, state) => {
  let values = KEYS.map((key) => [key, state[key]]);
  return `${what} ${JSON.stringify({ ...Object.fromEntries(values), shown: what === "results" ? 0 : state.shown })}`;
};
function dealt(data, state) {
  let { members } = drawnFrom(data, state), episode2 = deal(data, state), bases = episode2.classes.map((c) => members[c % members.length]), turns = episode2.classes.map((c) => Math.floor(c / members.length));
  return { ...episode2, bases, turns, here: bases.every((base) => base in data.classes) };
}
function nextAtHand(data, state) {
  for (let step = 1; step < data.n_episodes; step++) {
    let shown = (state.shown + step) % data.n_episodes;
    if (dealt(data, { ...state, shown }).here) return shown;
  }
  return null;
}
function rows(data, state) {
  let { classes, drawings, bases, turns, here } = dealt(data, state), asked = question("pictures", state), found = here ? null : answered(data, asked), given = (
    /** @type {Drawn[] | null} */
    Array.isArray(found) ? found : null
  );
  return {
    lacks: here || found ? [] : [asked],
    failed: found?.error ?? "",
    missing: !here && !given,
    episode: { classes, drawings },
    rows: classes.map((c, label) => {
      let [base, turn] = [bases[label], turns[label]], own = here ? data.classes[base] : null, name = own ? own.name + (turn ? `, turned ${90 * turn}°` : "") : given?.[label].name ?? data.alphabets[data.groups[base]], pictures = own ? { drawings: own.drawings, index: drawings[label], turn } : null;
      return given && (pictures = { drawings: given[label].drawings, index: drawings[label].map((_, i) => i), turn: 0 }), { label: data.labels[label], number: c, name, pictures };
    })
  };
}
function results(data, state) {
  let listed = setting2({ ...state, within_group: state.alphabet ? 0 : state.within_group }), asked = question("results", state), found = data.results[listed] ?? answered(data, asked), known = (
    /** @type {Results | null} */
    found?.scores ? found : null
  );
  return {
    lacks: found ? [] : [asked],
    failed: (
      /** @type {string} */
      found?.error ?? ""
    ),
    known: known !== null,
    bars: known?.scores.map((score, i) => ({ ...data.methods[i], ...score })) ?? [],
    findings: known?.findings ?? [],
    scope: known?.scope ?? ""
  };
}
function view(data, state) {
  let { alphabets, whole, most, n_episodes } = data, always = { state, alphabets, whole, most }, why = problem(data, state), nothing = [];
  if (why) return { ...always, kind: (
    /** @type {const} */
    "problem"
  ), status: why, lacks: nothing, shown: { problem: why } };
  let table = rows(data, state), counted = results(data, state), means = counted.bars.map(({ mean }) => mean), chance = (100 / state.n_way).toFixed(0);
  return {
    ...always,
    kind: (
      /** @type {const} */
      "episode"
    ),
    status: `Episode ${state.shown + 1} of ${n_episodes}`,
    n_classes: drawnFrom(data, state).n_classes,
    table,
    counted,
    lacks: [...table.lacks, ...counted.lacks],
    caption: `Accuracy over ${n_episodes} such episodes with its 95 % interval; dashed: chance, ${chance} %`,
    nextAtHand: () => nextAtHand(data, state),
    // looked for only where no Python is
    shown: { ...table.episode, means, findings: counted.findings.map(([kind]) => kind) }
  };
}
function act(data, state, action) {
  return action.name === "first" ? data.first : action.name === "another" ? { ...state, shown: action.shown ?? (state.shown + 1) % data.n_episodes } : { ...state, [action.key]: action.value, shown: 0 };
}

// metalib/course/learning_to_learn/episode_explorer.js
var LEAKS = [
  ["support_in_query", "support picture is asked again"],
  ["repeated_class", "a class is drawn twice"],
  ["ascending_labels", "labels in ascending class order"]
], box = ([key, label], state) => checkbox(key, label, !!state[key]);
function controls({ alphabets, whole, most, state }, alone) {
  let name = (group) => alone && !whole.includes(group) ? `${group} (needs Python)` : group, count = (key, label, min) => slider({ key, label, min, max: most[key], step: 1, value: state[key], text: String(state[key]) });
  return [
    element(
      "div",
      { class: "metalib-controls" },
      select({ key: "alphabet", label: "Alphabet", options: ["all alphabets", ...alphabets.map(name)], value: state.alphabet }),
      box(["rotation", "rotations by 90° as new classes"], state),
      state.alphabet ? null : box(["within_group", "all N from one alphabet"], state)
    ),
    element(
      "div",
      { class: "metalib-controls" },
      count("n_way", "N, ways", 2),
      count("k_shot", "K, shots", 1),
      count("n_query", "Queries a class", 1)
    )
  ];
}
function leaks({ state }) {
  return element(
    "div",
    { class: "metalib-controls metalib-leaks", role: "group", "aria-label": "Leaks" },
    element("span", { class: "metalib-legend", "aria-hidden": "true" }, "Leaks:"),
    LEAKS.map((leak) => box(leak, state))
  );
}
function pictureRow(pictures, places) {
  let turn = pictures?.turn ? `;transform:rotate(${-90 * pictures.turn}deg)` : "";
  return element(
    "span",
    { class: "metalib-strip" },
    places.map(
      (place) => element("i", {
        class: pictures ? "metalib-tile" : "metalib-blank",
        style: pictures ? `--i:${pictures.index[place]}${turn}` : null,
        "data-tile": pictures ? pictures.index[place] : null
      })
    )
  );
}
function episode({ table, state: { k_shot, n_query }, n_classes }) {
  let support = Array.from({ length: k_shot }, (_, i) => i), query = Array.from({ length: n_query }, (_, i) => k_shot + i), row = ({ label, number, name, pictures }) => {
    let cell = (places, what) => element("td", { role: "cell", "aria-label": `${places.length} ${what} of ${name}` }, pictureRow(pictures, places)), drawings = pictures?.drawings;
    return element(
      "tr",
      { role: "row", style: drawings ? `--url:url(${drawings.url});--count:${drawings.count}` : null },
      element("th", { role: "rowheader", scope: "row" }, badge(label)),
      cell(support, "support pictures"),
      cell(query, "query pictures"),
      element("td", { role: "cell", class: "metalib-class" }, `${number} `, element("small", {}, breakable(name)))
    );
  }, head = ["label", "support", "query", `class, of ${n_classes}`], size = k_shot + n_query > 10 ? "metalib-is-many" : k_shot + n_query > 6 ? "" : "metalib-is-few";
  return element(
    "div",
    { class: "metalib-scroll", tabindex: table.rows.length > 5 ? 0 : null, role: "group", "aria-label": "The episode" },
    element(
      "table",
      { role: "table", class: `metalib-episode ${size}`, style: `--k:${k_shot};--q:${n_query}` },
      element("thead", { role: "rowgroup" }, element("tr", { role: "row" }, head.map((text) => element("th", { role: "columnheader", scope: "col" }, text)))),
      element("tbody", { role: "rowgroup" }, table.rows.map(row))
    )
  );
}
function scores({ counted, state, caption }, kernel) {
  if (!counted.known)
    return [element("p", { class: "metalib-wait", role: "status" }, counted.failed || waiting(kernel, "counts this setting"))];
  let { findings, scope } = counted;
  return [
    bars(counted.bars, 1 / state.n_way, caption),
    element("p", { class: "metalib-note" }, "The memoriser knows the class number of each query, and looks at no support picture."),
    element("h4", { class: "metalib-auditor" }, "The auditor"),
    findings.length ? element(
      "ul",
      { class: "metalib-findings" },
      findings.map(([kind, message]) => element("li", {}, element("b", {}, kind), element("span", {}, message)))
    ) : element("p", { class: "metalib-clean" }, `✓ nothing found: ${scope}`),
    findings.length ? element("p", { class: "metalib-note" }, `${scope}.`) : null
  ];
}
function without({ whole }) {
  let words = `Without Python there are all drawings of ${whole.join(" and ")}, and one or two episodes of all alphabets; scores of the settings next to the first one, and of 5-way 5-shot and 20-way 1-shot.`;
  return element("div", { class: "metalib-between metalib-without" }, element("p", { class: "metalib-note" }, words), toTheBeginning());
}
var toTheBeginning = () => button({ name: "first" }, {}, "Back to the beginning");
function draw(seen, _own, kernel) {
  let alone = kernel === "gone", head = (beside) => element("div", { class: "metalib-between metalib-head" }, status(seen.status), beside);
  if (seen.kind === "problem") return [...controls(seen, alone), head(toTheBeginning()), leaks(seen)];
  let next = alone ? seen.nextAtHand() : void 0, another = button({ name: "another", shown: next ?? void 0 }, { disabled: next === null }, "Another episode"), { missing, failed } = seen.table, hint = missing && (failed || seen.counted.known && waiting(kernel, "fetches the drawings"));
  return [
    ...controls(seen, alone),
    head(another),
    episode(seen),
    element("p", { class: "metalib-wait metalib-hint", role: "status" }, hint),
    leaks(seen),
    element("div", { class: "metalib-results" }, scores(seen, kernel), alone && (seen.lacks.length || next === null) ? without(seen) : null)
  ];
}
var episode_explorer_default = widget({ name: "episode-explorer", view, act, draw, begin: asking, shown: ({ shown }) => shown });
export {
  act,
  episode_explorer_default as default,
  view
};
