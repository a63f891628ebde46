// The pen by mouse, finger, stylus and keyboard.

/** @typedef {(action: import("../kit/widget.js").Action, lasting?: boolean) => void} Send */

/** @type {Record<string, [number, number]>} */
const WAYS = {
  ...{ ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] },
  ...{ Home: [-1, -1], PageUp: [1, -1], End: [-1, 1], PageDown: [1, 1] }, // as they lie on a number pad
};
const WIDE = 5; // with Shift

/** Keys on the sheet: the pen goes, is put down or lifted, or the last stroke is taken back. @param {KeyboardEvent} event @param {Send} send */
export function keys(event, send) {
  if (!(/** @type {Element} */ (event.target).closest("[data-sheet]"))) return;
  const way = WAYS[event.key];
  if (way) {
    const [dx, dy] = way.map((step) => step * (event.shiftKey ? WIDE : 1));
    send({ name: "go", dx, dy });
  } else if (event.key === " " && !event.repeat) send({ name: "pen" });
  else if (event.key === "Backspace") send({ name: "undo" });
  else if (event.key !== " ") return;
  event.preventDefault();
}

/** Listen for strokes on [data-sheet]. Python hears of one at its end. @param {HTMLElement} root @param {Send} send */
export function strokes(root, send) {
  /** @type {{ sheet: SVGSVGElement, pointer: number, points: number[] } | null} */
  let held = null;
  /** @param {SVGSVGElement} sheet @param {PointerEvent} event */
  const place = (sheet, event) => {
    const matrix = sheet.getScreenCTM();
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix?.inverse());
    return [x, y];
  };
  /** @param {PointerEvent} event */
  const down = (event) => {
    const sheet = /** @type {Element} */ (event.target).closest("[data-sheet]");
    if (!(sheet instanceof SVGSVGElement) || event.button !== 0 || held) return;
    held = { sheet, pointer: event.pointerId, points: place(sheet, event) };
    root.setPointerCapture(event.pointerId);
    event.preventDefault();
    sheet.focus({ preventScroll: true });
    send({ name: "draw", points: held.points }, false);
  };
  /** @param {PointerEvent} event */
  const move = (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    const passed = event.getCoalescedEvents?.() ?? []; // a pen gives several places a frame
    for (const one of passed.length ? passed : [event]) held.points.push(...place(held.sheet, one));
    send({ name: "draw", points: held.points }, false);
  };
  /** @param {PointerEvent} event */
  const up = (event) => {
    if (!held || event.pointerId !== held.pointer) return;
    const { points } = held;
    held = null;
    send({ name: "drawn", points });
  };
  /** @type {[string, any][]} */
  const listeners = [
    ["pointerdown", down],
    ["pointermove", move],
    ["pointerup", up],
    ["pointercancel", up],
  ];
  for (const [kind, act] of listeners) root.addEventListener(kind, act);
  return () => listeners.forEach(([kind, act]) => root.removeEventListener(kind, act));
}
