/* Builds static/dist/ from frontend/src and static/css:  node frontend/build.mjs [--watch]
 *
 * Nothing here reaches the network, and the same sources give the same bytes. */
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const FRONTEND = dirname(fileURLToPath(import.meta.url));
const MODULES = join(FRONTEND, "node_modules");
const CSS = join(FRONTEND, "..", "static", "css");
const DIST = join(FRONTEND, "..", "static", "dist");

// light-dark(), nesting and cascade layers are native here, so esbuild leaves them as written.
const BROWSERS = ["chrome123", "firefox120", "safari17.5"];
const ISLANDS = [
  "app",
  "buy",
  "claim",
  "consent",
  "demo-wallet",
  "earnings",
  "hashing",
  "passkeys",
  "signin",
  "upload",
  "verify",
  "viewer",
  "zoom",
];
const SUBSETS = ["latin", "latin-ext"];
const FONTS = [
  { package: "newsreader", family: "Newsreader Variable", axis: "opsz", style: "normal", weights: "200 800" },
  { package: "instrument-sans", family: "Instrument Sans Variable", axis: "wght", style: "normal", weights: "400 700" },
  { package: "geist-mono", family: "Geist Mono Variable", axis: "wght", style: "normal", weights: "100 900" },
];

const scripts = {
  absWorkingDir: FRONTEND,
  entryPoints: Object.fromEntries(ISLANDS.map((name) => [name, `src/${name}.ts`])),
  outdir: DIST,
  bundle: true,
  minify: true,
  format: "esm",
  splitting: true,
  chunkNames: "chunks/[name]-[hash]",
  target: BROWSERS,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};
// model-viewer loads its meshopt decoder with a <script> element that must define a global.
const decoder = {
  absWorkingDir: FRONTEND,
  entryPoints: { meshopt: "src/meshopt.ts" },
  outdir: DIST,
  bundle: true,
  minify: true,
  format: "iife",
  target: BROWSERS,
  legalComments: "none",
  metafile: true,
  logLevel: "warning",
};
const styles = {
  absWorkingDir: FRONTEND,
  entryPoints: { app: join(CSS, "app.css") },
  outdir: DIST,
  bundle: true,
  minify: true,
  target: BROWSERS,
  external: ["*.svg", "*.woff2"],
  metafile: true,
  logLevel: "warning",
};

/** Copies the subsets; the @font-face rules, with the unicode ranges that Fontsource publishes, go atop the styles. */
async function buildFonts() {
  const written = [];
  const rules = [];
  await mkdir(join(DIST, "fonts"), { recursive: true });
  for (const font of FONTS) {
    const folder = join(MODULES, "@fontsource-variable", font.package);
    const ranges = JSON.parse(await readFile(join(folder, "unicode.json"), "utf8"));
    for (const subset of SUBSETS) {
      const file = `${font.package}-${subset}-${font.axis}-${font.style}.woff2`;
      await copyFile(join(folder, "files", file), join(DIST, "fonts", file));
      written.push(`fonts/${file}`);
      rules.push(
        `@font-face{font-family:"${font.family}";font-style:${font.style};font-display:swap;` +
          `font-weight:${font.weights};src:url("fonts/${file}") format("woff2");unicode-range:${ranges[subset]}}`,
      );
    }
  }
  styles.banner = { css: rules.join("\n") };
  return written;
}

/** Hashes the one <style> that model-viewer puts into its shadow root, for the style-src of the page policy. */
async function buildPolicy() {
  const template = await readFile(join(MODULES, "@google/model-viewer/lib/template.js"), "utf8");
  const found = [...template.matchAll(/<style>([\s\S]*?)<\/style>/g)];
  if (found.length !== 1 || /\$\{|\\/.test(found[0][1])) {
    throw new Error("model-viewer's shadow root changed: it no longer holds exactly one constant <style>.");
  }
  const hash = `sha256-${createHash("sha256").update(found[0][1]).digest("base64")}`;
  await writeFile(join(DIST, "csp.json"), JSON.stringify({ style_hashes: [hash] }) + "\n");
  return ["csp.json"];
}

async function buildHtmx() {
  await copyFile(join(MODULES, "htmx.org/dist/htmx.min.js"), join(DIST, "htmx.js"));
  return ["htmx.js"];
}

const outputs = (result) => Object.keys(result.metafile.outputs).map((path) => relative(DIST, join(FRONTEND, path)));

async function removeStale(kept) {
  const known = new Set(kept);
  for (const name of await readdir(DIST, { recursive: true })) {
    const path = join(DIST, name);
    if (!known.has(name) && (await stat(path)).isFile()) await rm(path);
  }
}

const started = performance.now();
await mkdir(DIST, { recursive: true });
const built = await Promise.all([
  esbuild.build(scripts).then(outputs),
  esbuild.build(decoder).then(outputs),
  buildFonts().then(async (fonts) => [...fonts, ...outputs(await esbuild.build(styles))]),
  buildPolicy(),
  buildHtmx(),
]);
await removeStale(built.flat());
console.log(`front end: ${built.flat().length} files in ${((performance.now() - started) / 1000).toFixed(1)} s`);

if (process.argv.includes("--watch")) {
  for (const options of [scripts, decoder, styles]) {
    const context = await esbuild.context({ ...options, logLevel: "info" });
    await context.watch();
  }
}
