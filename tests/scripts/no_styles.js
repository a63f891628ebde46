// `node --import ./tests/scripts/no_styles.js`: scripts import their style sheets, which mean nothing outside a page.
import { register } from "node:module";

const hooks = `
export async function load(url, context, next) {
  if (url.endsWith(".css")) return { format: "module", source: "", shortCircuit: true };
  return next(url, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
