import { asking } from "../kit/asking.js";
import { element } from "../kit/elements.js";
import { listen, widget } from "../kit/widget.js";
import { act } from "./draw_act.js";
import { classes, desk, files as aboutFiles, steps } from "./draw_nodes.js";
import { view } from "./draw_view.js";
import { parsed, text } from "./drawings_file.js";
import { keys, strokes } from "./pen.js";
import "./draw_your_own.css"; // after the kit's, which it refines

export { act, view };

/** @typedef {import("./draw_view.js").View} View */
/** @typedef {import("../kit/kernel_link.js").KernelState} KernelState */

/** @type {WeakMap<HTMLCanvasElement, Uint8Array>} */
const painted = new WeakMap();

/** Ink dark on white. @param {HTMLElement} root @param {View} seen */
function paint(root, { canvases }) {
  for (const canvas of /** @type {NodeListOf<HTMLCanvasElement>} */ (root.querySelectorAll("[data-picture]"))) {
    const ink = /** @type {Record<string, Uint8Array>} */ (canvases)[canvas.dataset.picture ?? ""];
    if (!ink || painted.get(canvas) === ink) continue;
    const picture = new ImageData(canvas.width, canvas.height);
    ink.forEach((value, i) => picture.data.set([255 - value, 255 - value, 255 - value, 255], 4 * i));
    canvas.getContext("2d")?.putImageData(picture, 0, 0);
    painted.set(canvas, ink);
  }
}

/** @param {View} seen @param {string} _own @param {KernelState} kernel */
function draw(seen, _own, kernel) {
  const column = (/** @type {Node[]} */ ...parts) => element("div", { class: "metalib-column" }, parts);
  return [element("div", { class: "metalib-parts" }, column(desk(seen, kernel), aboutFiles(seen, kernel)), column(classes(seen, kernel), steps(seen)))];
}

/** The one file: written by the browser, and read again. @param {HTMLElement} root @param {import("../kit/widget.js").Now<View>} now */
function files(root, { view: seen, send }) {
  const letters = () => seen().labels.map((label) => label.text);
  const download = () => {
    const url = URL.createObjectURL(new Blob([text(letters(), seen().state.classes)], { type: "application/json" }));
    element("a", { href: url, download: "my-drawings.json" }).click();
    URL.revokeObjectURL(url);
  };
  const open = () => {
    const input = /** @type {HTMLInputElement} */ (element("input", { type: "file", accept: ".json,application/json" }));
    input.addEventListener("change", async () => {
      const [file] = input.files ?? [];
      if (!file) return;
      const found = parsed(await file.text(), letters(), seen().state.classes[0].length);
      if ("problem" in found) send({ name: "say", said: `${file.name} was not opened: ${found.problem}.` });
      else send({ name: "load", classes: found.classes, said: `Opened ${file.name}.` });
    });
    input.click();
  };
  return listen(root, "click", (event) => {
    const { file } = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest("[data-file]"))?.dataset ?? {};
    if (file === "download") download();
    if (file === "open") open();
  });
}

/** @param {HTMLElement} root @param {import("../kit/widget.js").Now<View>} now */
function begin(root, now) {
  const stops = [asking(root, now), strokes(root, now.send), files(root, now)];
  return () => stops.forEach((stop) => stop());
}

export default widget({ name: "draw-your-own", view, act, draw, paint, begin, key: keys, shown: ({ shown }) => shown });
