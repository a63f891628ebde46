// Shared by all widgets: put before each widget's own script when it is loaded.

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  // JupyterLab would take arrows and Enter for its own: to the next cell, into the editor. It looks for this attribute
  // from the focused element outwards, and stops at the first element that a shortcut is meant for.
  if (["button", "input"].includes(tag) || node.hasAttribute("tabindex")) node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// the name of SVG's namespace, asked of the browser
const SVG = Object.assign(document.createElement("template"), { innerHTML: "<svg></svg>" }).content.firstChild.namespaceURI;

function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  if (node.hasAttribute("tabindex")) node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

function picture(url, width, alt = "") {
  return element("img", { src: url, alt, width, decoding: "sync", draggable: "false", class: "metalib-picture" });
}

function badge({ text, colour, ink }) {
  return element("span", { class: "metalib-badge", style: `background:${colour};color:${ink}` }, text);
}

// A table of results: name, a dot with its interval on a line from 0 to 100 %, and the same in words.
function bars(rows, chance, caption) {
  const percent = (x) => `${(100 * x).toFixed(2)}%`;
  const line = (row) =>
    element(
      "div",
      { class: "metalib-track", "aria-hidden": "true" },
      chance === null ? null : element("i", { class: "metalib-chance", style: `left:${percent(chance)}` }),
      element("i", {
        class: "metalib-interval",
        style: `left:${percent(row.low)};width:${percent(row.high - row.low)};background:${row.colour}`,
      }),
      element("i", { class: "metalib-dot", style: `left:${percent(row.mean)};background:${row.colour}` }),
    );
  return element(
    "table",
    { class: "metalib-bars" },
    element("caption", {}, caption),
    element(
      "tbody",
      {},
      rows.map((row) =>
        element(
          "tr",
          {},
          element("th", { scope: "row" }, row.name),
          element("td", { class: "metalib-line" }, line(row)),
          element("td", {}, row.text),
        ),
      ),
    ),
  );
}

// Make `old` equal to `fresh` and keep every node that can be kept, so that the focus stays where it is.
function patch(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const after = [...fresh.childNodes];
  [...old.childNodes].forEach((child, i) => {
    const next = after[i];
    if (next === undefined) child.remove();
    else if (child.nodeName !== next.nodeName) child.replaceWith(next);
    else if (child.nodeType === Node.TEXT_NODE) {
      if (child.data !== next.data) child.data = next.data;
    } else patch(child, next);
  });
  old.append(...after.slice(old.childNodes.length));
}

// Draw `draw(view)` now and at every change. `message(target, event)` makes what is sent to Python for a click on a
// [data-action]; `key(event, send)` handles keys. The state is written to data-state, where a test can read it.
function mount(model, el, { draw, message, key }) {
  const root = element("div", { class: "metalib", "data-lm-suppress-shortcuts": "true" });
  const send = (content) => model.send(content);
  const update = () => {
    const view = model.get("view");
    const fresh = root.cloneNode(false);
    fresh.dataset.state = JSON.stringify(view.state);
    fresh.append(...draw(view));
    patch(root, fresh);
  };
  root.addEventListener("click", (event) => {
    const target = event.target.closest("[data-action]");
    const content = target && root.contains(target) && message(target, event);
    if (content) send(content);
  });
  if (key) root.addEventListener("keydown", (event) => key(event, send));
  model.on("change:view", update);
  update();
  el.append(root);
  return () => model.off("change:view", update);
}
