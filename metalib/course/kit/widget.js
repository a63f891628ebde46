// A widget in three parts: `data`, made once in Python; `state`, what the reader set; and what is seen, computed here from
// these two alone. So a widget answers within a frame, also while the kernel trains, and lives where there is none.
import "./widget.css";
import { element } from "./elements.js";
import { drags, wideSliders } from "./drags.js";
import { kernelLink } from "./kernel_link.js";
import { leaving } from "./leaving.js";
import { patch } from "./patch.js";

/** @typedef {{ name: string, [key: string]: any }} Action  what the reader did */

/**
 * The part of anywidget's model that is used here.
 * @typedef {object} Model
 * @property {(name: string) => any} get
 * @property {(name: string, value: any) => void} set
 * @property {() => void} save_changes
 * @property {(content: object) => void} send
 * @property {(event: string, act: (...given: any[]) => void) => void} on
 * @property {(event: string, act: (...given: any[]) => void) => void} off
 * @property {any} [widget_manager]
 */

/**
 * @template Data, State, View
 * @typedef {object} Parts
 * @property {string} name  the root's class is `metalib-<name>`: what the widget's own sheet says stands within it
 * @property {(data: Data, state: State) => View} view  what is seen, as numbers and words: arithmetic alone, tested without a page
 * @property {(data: Data, state: State, action: any) => State} act  the state after `action`; the same one where nothing changes
 * @property {(view: View, own: string, kernel: import("./kernel_link.js").KernelState) => import("./elements.js").Child[]} draw
 *   the view as nodes; `own` is a name that no other view on the page has, for radio buttons; `kernel` says whether
 *   Python can answer, for the few things that need it
 * @property {(view: View) => object} [shown]  numbers on which the script and the static picture must agree
 * @property {(root: HTMLElement, view: View) => void} [paint]  what nodes cannot hold, after each drawing: a canvas
 * @property {(event: KeyboardEvent, send: (action: Action) => void) => void} [key]  keys beside those of buttons, sliders, handles
 * @property {(root: HTMLElement, now: Now<View>) => () => void} [begin]  what else listens; gives back what ends it
 */

/**
 * @template View
 * @typedef {object} Now  what is so while the widget is shown
 * @property {() => View} view
 * @property {(action: Action, lasting?: boolean) => void} send
 * @property {Model} model
 * @property {() => void} update  draw again
 */

/**
 * anywidget's definition of a widget with these parts.
 *
 * A click on [data-act] is that action; a slider, radio button, box or text with [data-set=key] is { name: "set", key, value };
 * something to drag is { name: "move", handle, x, y }, and by key { name: "nudge", handle, dx, dy } (see drags.js).
 * Python hears of a new state when a drag has ended, not before. The state is written to data-state and the numbers
 * that are shown to data-shown, where a test can read them.
 * @template Data, State, View
 * @param {Parts<Data, State, View>} parts
 */
export function widget(parts) {
  return { render: (/** @type {{ model: Model, el: HTMLElement }} */ { model, el }) => show(parts, model, el) };
}

/** @template Data, State, View @param {Parts<Data, State, View>} parts @param {Model} model @param {HTMLElement} el */
function show(parts, model, el) {
  const own = `metalib-${Math.random().toString(36).slice(2)}`;
  const root = element("div", { class: `metalib metalib-${parts.name}`, "data-lm-suppress-shortcuts": "true" });
  /** @type {View} */
  let view;
  const link = kernelLink(model, () => update());
  const update = () => {
    const state = model.get("state");
    view = parts.view(model.get("data"), state);
    const fresh = /** @type {HTMLElement} */ (root.cloneNode(false));
    fresh.dataset.state = JSON.stringify(state);
    fresh.dataset.kernel = link.state();
    if (parts.shown) fresh.dataset.shown = JSON.stringify(parts.shown(view));
    fresh.append(...parts.draw(view, own, link.state()).filter((child) => child !== null && child !== undefined && child !== false));
    patch(root, fresh);
    parts.paint?.(root, view);
  };
  /** @param {Action} action @param {boolean} [lasting]  false while a drag goes on */
  const send = (action, lasting = true) => {
    const before = model.get("state");
    const state = parts.act(model.get("data"), before, action);
    if (state !== before) model.set("state", state); // all views of the widget draw it
    if (lasting) link.save();
  };
  const stops = [
    listen(root, "click", (event) => {
      const target = /** @type {Element} */ (event.target).closest("[data-act]");
      // the second click of a double click was meant for what stood here before
      if (target && !(target.hasAttribute("data-once") && event.detail > 1)) send(JSON.parse(target.getAttribute("data-act") ?? ""));
    }),
    listen(root, "input", (event) => send(setting(event), false)),
    listen(root, "change", (event) => send(setting(event))),
    drags(root, send),
    wideSliders(root),
    leaving(root),
    parts.key ? listen(root, "keydown", (event) => parts.key?.(event, send)) : () => {},
  ];
  model.on("change:state", update);
  model.on("change:data", update);
  update();
  el.append(root);
  stops.push(parts.begin?.(root, { view: () => view, send, model, update }) ?? (() => {}));
  return () => {
    model.off("change:state", update);
    model.off("change:data", update);
    link.stop();
    stops.forEach((stop) => stop());
  };
}

/** The action of a slider, a choice, a box or a field of text. @param {Event} event @returns {Action} */
function setting({ target }) {
  const { dataset, type, value, checked } = /** @type {HTMLInputElement} */ (target);
  return { name: "set", key: dataset.set ?? "", value: type === "text" ? value : Number(type === "checkbox" ? checked : value) };
}

/**
 * Listen on `node` until what is given back is called.
 * @template {keyof HTMLElementEventMap} Kind
 * @param {HTMLElement} node @param {Kind} kind @param {(event: HTMLElementEventMap[Kind]) => void} act
 */
export function listen(node, kind, act) {
  node.addEventListener(kind, act);
  return () => node.removeEventListener(kind, act);
}
