/**
 * Make `old` equal to `fresh` and keep every node that can be kept, so that the focus stays where it is.
 * @param {Element} old @param {Element} fresh
 */
export function patch(old, fresh) {
  for (const { name } of [...old.attributes]) if (!fresh.hasAttribute(name)) old.removeAttribute(name);
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  }
  const after = [...fresh.childNodes];
  [...old.childNodes].forEach((child, i) => {
    const next = after[i];
    if (next === undefined) child.remove();
    else if (child.nodeName !== next.nodeName) child.replaceWith(next);
    else if (child instanceof Element && next instanceof Element) patch(child, next);
    else if (child.nodeValue !== next.nodeValue) child.nodeValue = next.nodeValue;
  });
  old.append(...after.slice(old.childNodes.length));
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
