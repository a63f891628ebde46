/**
 * Make `old` equal to `fresh` and keep every node that can be kept, so that the focus stays where it is. Plain loops, since
 * it runs over some thousand nodes within a frame. What a node with [data-painted] has beside what `fresh` says stays: a
 * widget's `paint` wrote it.
 * @param {Element} old @param {Element} fresh
 */
export function patch(old, fresh) {
  for (const name of fresh.getAttributeNames()) {
    const value = /** @type {string} */ (fresh.getAttribute(name));
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  if (old.attributes.length > fresh.attributes.length && !fresh.hasAttribute("data-painted")) {
    for (const name of old.getAttributeNames()) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  }
  let child = old.firstChild;
  let next = fresh.firstChild;
  while (next) {
    const [here, there] = [child, next];
    child = child && child.nextSibling;
    next = next.nextSibling; // before `there` moves into the page
    if (!here) old.append(there);
    else if (here.nodeName !== there.nodeName) here.replaceWith(there);
    else if (here instanceof Element && there instanceof Element) patch(here, there);
    else if (here.nodeValue !== there.nodeValue) here.nodeValue = there.nodeValue;
  }
  while (child) {
    const here = child;
    child = child.nextSibling;
    here.remove();
  }
  if (old instanceof HTMLInputElement) follow(old);
  if (old instanceof HTMLSelectElement) old.value = old.querySelector("option[selected]")?.getAttribute("value") ?? old.value;
}

/**
 * What was changed by hand no longer follows its attribute: a button, or another view of the widget, may have set it.
 * @param {HTMLInputElement} input
 */
function follow(input) {
  if (input.type === "radio" || input.type === "checkbox") input.checked = input.hasAttribute("checked");
  else if (input.value !== input.getAttribute("value")) input.value = input.getAttribute("value") ?? "";
}
