// Nodes of the page: the few builders that all widgets draw with.

/** @typedef {Node | string | null | undefined | false} Child  what is not there is left out */
/** @typedef {Child | Child[] | Child[][] | Child[][][]} Children */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */
/** @typedef {{ text: string, colour: string, ink: string }} Badge  a label as `kit/widget.py` has it */

// The name of SVG's namespace, asked of the browser when the first drawing needs it: there is no page in a unit test.
let namespace = "";

/**
 * JupyterLab would take arrows and Enter for its own: to the next cell, into the editor. It looks for this attribute
 * from the focused element outwards, and stops at the first element that a shortcut is meant for.
 * @param {Element} node
 */
function keepKeys(node) {
  if (["button", "input", "select"].includes(node.localName) || node.hasAttribute("tabindex")) {
    node.setAttribute("data-lm-suppress-shortcuts", "true");
  }
}

/** @param {Element} node @param {Attributes} attributes @param {Children[]} children */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, String(value));
  }
  keepKeys(node);
  for (const child of /** @type {Child[]} */ (children.flat(Infinity))) {
    if (child !== null && child !== undefined && child !== false) node.append(child);
  }
}

/** @param {string} tag @param {Attributes} [attributes] @param {Children[]} children */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  fill(node, attributes, children);
  return node;
}

/** @param {string} tag @param {Attributes} [attributes] @param {Children[]} children */
export function svg(tag, attributes = {}, ...children) {
  namespace ||= Object.assign(document.createElement("template"), { innerHTML: "<svg></svg>" }).content.firstElementChild
    ?.namespaceURI ?? "";
  const node = document.createElementNS(namespace, tag);
  fill(node, attributes, children);
  return node;
}

/** One picture. @param {string} url @param {number} width  in pixels of the page @param {string} [alt] */
export function picture(url, width, alt = "") {
  return element("img", { src: url, alt, width, decoding: "sync", draggable: "false", class: "metalib-picture" });
}

/**
 * One picture of a strip of square pictures that lie side by side in one file.
 * @param {{ url: string, count: number }} strip @param {number} index @param {number} side  in pixels of the page
 * @param {string} [alt]  without it a screen reader passes over the picture
 */
export function tile({ url, count }, index, side, alt = "") {
  const place = `background-image:url(${url});background-size:${side * count}px ${side}px;background-position:${-side * index}px 0`;
  const words = alt ? { role: "img", "aria-label": alt } : { "aria-hidden": "true" };
  return element("span", { class: "metalib-tile", style: `width:${side}px;height:${side}px;${place}`, "data-tile": index, ...words });
}

/** @param {Badge} label */
export function badge({ text, colour, ink }) {
  return element("span", { class: "metalib-badge", style: `background:${colour};color:${ink}` }, text);
}

/** A button that does `action`. @param {object} action @param {Attributes} attributes @param {Children[]} children */
export function button(action, attributes, ...children) {
  const { class: own = "", ...rest } = attributes;
  return element("button", { type: "button", class: `metalib-button ${own}`.trim(), "data-act": JSON.stringify(action), ...rest }, ...children);
}

/**
 * Buttons of which one is pressed: a choice among a few.
 * @param {string} legend
 * @param {{ label: Children, action: object, chosen: boolean, name?: string }[]} options  `name`: for a screen reader
 */
export function choice(legend, options) {
  return element(
    "div",
    { class: "metalib-choice", role: "group", "aria-label": legend },
    element("span", { class: "metalib-legend", "aria-hidden": "true" }, legend),
    element(
      "span",
      { class: "metalib-options" },
      options.map(({ label, action, chosen, name }) => button(action, { "aria-pressed": String(chosen), "aria-label": name }, label)),
    ),
  );
}

/**
 * A slider. Its new value is the action { name: "set", key, value }.
 * @param {{ key: string, label: string, min: number, max: number, step: number, value: number, text: string, warning?: boolean }} slider
 */
export function slider({ key, label, min, max, step, value, text, warning }) {
  return element(
    "label",
    { class: warning ? "metalib-slide metalib-is-outside" : "metalib-slide" },
    element("span", {}, label),
    element("input", { type: "range", "data-set": key, min, max, step, value, "aria-valuetext": text }),
    element("output", {}, text),
  );
}

/**
 * A choice among a few, as radio buttons. The number of what is chosen is the action { name: "set", key, value }.
 * @param {string} own  a name that no other view on the page has
 * @param {{ key: string, legend: string, options: string[], chosen: number }} group
 */
export function radios(own, { key, legend, options, chosen }) {
  const input = (/** @type {number} */ i) =>
    element("input", { type: "radio", name: `${own}-${key}`, "data-set": key, value: i, checked: i === chosen });
  return element(
    "fieldset",
    { class: "metalib-radios" },
    element("legend", {}, legend),
    options.map((option, i) => element("label", { class: "metalib-radio" }, input(i), option)),
  );
}

/**
 * A menu. Its new value, the place of the option, is the action { name: "set", key, value }.
 * @param {{ key: string, label: string, options: string[], value: number }} menu
 */
export function select({ key, label, options, value }) {
  return element(
    "label",
    { class: "metalib-select" },
    element("span", {}, label),
    element(
      "select",
      { "data-set": key },
      options.map((text, i) => element("option", { value: i, selected: i === value }, text)),
    ),
  );
}

/** A box to tick. Its new value, 0 or 1, is the action { name: "set", key, value }. @param {string} key @param {string} label @param {boolean} on */
export function checkbox(key, label, on) {
  return element("label", { class: "metalib-check" }, element("input", { type: "checkbox", "data-set": key, checked: on }), label);
}

/** A name with slashes: the line may break after each. @param {string} name @returns {Child[]} */
export const breakable = (name) => name.split("/").flatMap((part, i) => (i ? ["/", element("wbr"), part] : [part]));

/** A sentence that a screen reader says when it changes. @param {Children[]} children */
export function status(...children) {
  return element("p", { class: "metalib-status", role: "status" }, ...children);
}

/** @param {Children[]} children */
export function note(...children) {
  return element("p", { class: "metalib-note" }, ...children);
}

/**
 * A table of results: name, a dot with its interval on a line from 0 to 100 %, and the same in words. It says its roles,
 * which a narrow cell's layout would take away.
 * @param {{ name: string, colour: string, text: string, mean: number, low: number, high: number }[]} rows
 * @param {number | null} chance @param {string} caption
 */
export function bars(rows, chance, caption) {
  const percent = (/** @type {number} */ x) => `${(100 * x).toFixed(2)}%`;
  /** @param {(typeof rows)[0]} row */
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
    { class: "metalib-bars", role: "table" },
    element("caption", {}, caption),
    element(
      "tbody",
      { role: "rowgroup" },
      rows.map((row) =>
        element(
          "tr",
          { role: "row" },
          element("th", { scope: "row", role: "rowheader" }, row.name),
          element("td", { class: "metalib-line", role: "cell" }, line(row)),
          element("td", { role: "cell" }, row.text),
        ),
      ),
    ),
  );
}
