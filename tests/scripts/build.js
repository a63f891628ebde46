// Makes each widget's bundle: `npm run build`; `npm run build -- --outdir=FOLDER` writes elsewhere, for the test that
// compares. A widget is a script under metalib/course whose default export is a `widget(…)`; its bundle, script and style sheet, goes to
// the folder built/ beside it. anywidget's `_esm` can import nothing, hence the bundles; they are
// committed, so that who runs the course needs no node.
import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";

const course = resolve(dirname(fileURLToPath(import.meta.url)), "../../metalib/course");
const { values } = parseArgs({ options: { outdir: { type: "string", default: course } } });

/** The scripts that are widgets. */
function widgets() {
  return readdirSync(course, { recursive: true })
    .map((name) => join(course, String(name)))
    .filter((path) => path.endsWith(".js") && !path.includes("/built/"))
    .filter((path) => /^export default widget\(/m.test(readFileSync(path, "utf8")))
    .sort();
}

for (const source of widgets()) {
  const place = relative(course, source);
  await build({
    entryPoints: [source],
    outfile: join(values.outdir, dirname(place), "built", place.split("/").at(-1) ?? ""),
    bundle: true,
    format: "esm",
    target: ["es2022", "chrome100", "firefox100", "safari15"], // style sheets nest: not all browsers know how
    charset: "utf8",
    minifySyntax: true, // readable in a diff, without what a page never looks at
    legalComments: "none",
    logLevel: "warning",
  });
}
