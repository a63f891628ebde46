// Things to drag in a chart, by mouse, finger or arrow keys; and sliders by arrow keys with Shift.

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const WIDE = 5; // arrow keys with Shift go as many steps at once

/**
 * Listen for drags of [data-handle] within a chart (see graph.js), and for arrow keys on one.
 * @param {HTMLElement} root
 * @param {(action: import("./widget.js").Action, lasting?: boolean) => void} send
 */
export function drags(root, send) {
  /** @type {{ handle: string, chart: SVGSVGElement, moved: import("./widget.js").Action | null } | null} */
  let held = null;
  /** @param {PointerEvent} event */
  const down = (event) => {
    const target = /** @type {Element} */ (event.target).closest("[data-handle]");
    const chart = target?.closest("svg");
    if (!(target instanceof SVGElement) || !chart || event.button !== 0) return;
    held = { handle: target.dataset.handle ?? "", chart, moved: null };
    root.setPointerCapture(event.pointerId);
    event.preventDefault();
    target.focus();
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    const matrix = held?.chart.getScreenCTM();
    if (!held || !matrix) return;
    const { width, height, x, y } = JSON.parse(held.chart.dataset.frame ?? "");
    const place = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    held.moved = {
      name: "move",
      handle: held.handle,
      x: x[0] + ((x[1] - x[0]) * place.x) / width,
      y: y[1] - ((y[1] - y[0]) * place.y) / height,
    };
    send(held.moved, false);
  };
  const release = () => {
    const moved = held?.moved;
    held = null;
    if (moved) send(moved);
  };
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const target = /** @type {HTMLElement} */ (event.target).closest("[data-handle]");
    const arrow = ARROWS[event.key];
    if (!target || !arrow) return;
    event.preventDefault();
    const [dx, dy] = arrow.map((way) => way * (event.shiftKey ? WIDE : 1));
    send({ name: "nudge", handle: target.getAttribute("data-handle"), dx, dy });
  };
  /** @type {[string, any][]} */
  const listeners = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", release],
    ["pointercancel", release],
    ["keydown", key],
  ];
  for (const [kind, act] of listeners) root.addEventListener(kind, act);
  return () => listeners.forEach(([kind, act]) => root.removeEventListener(kind, act));
}

/** Arrow keys with Shift move a slider as many steps; the browser's own go one. @param {HTMLElement} root */
export function wideSliders(root) {
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const { target, shiftKey } = event;
    const arrow = ARROWS[event.key];
    if (!(target instanceof HTMLInputElement) || target.type !== "range" || !shiftKey || !arrow) return;
    event.preventDefault();
    target.stepUp(WIDE * (arrow[0] + arrow[1])); // stops at the ends
    for (const kind of ["input", "change"]) target.dispatchEvent(new Event(kind, { bubbles: true }));
  };
  root.addEventListener("keydown", key);
  return () => root.removeEventListener("keydown", key);
}
