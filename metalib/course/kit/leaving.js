// Out of a widget by one key: who works it by keyboard need not pass all of its controls.

/**
 * Escape gives the focus to what the widget stands in. In JupyterLab that is the notebook, where arrow keys lead from cell
 * to cell; on a page that has nothing of the kind, nothing has the focus then.
 * @param {HTMLElement} root
 */
export function leaving(root) {
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const around = /** @type {HTMLElement | null | undefined} */ (root.parentElement?.closest("[tabindex]"));
    if (around) around.focus({ preventScroll: true });
    else /** @type {HTMLElement} */ (event.target).blur();
  };
  root.addEventListener("keydown", key);
  return () => root.removeEventListener("keydown", key);
}
