// Bundles src/ into the folder named by the first argument: hashed names, a manifest, and each file also compressed.
import { build } from "esbuild";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "..", "static", "dist");

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });

// What every page loads, and the scripts and styles of single pages.
const own = existsSync(join(here, "src", "pages")) ? readdirSync(join(here, "src", "pages")).map((it) => `src/pages/${it}`) : [];
const result = await build({
  absWorkingDir: here,
  entryPoints: ["src/app.ts", "src/app.css", "src/favicon.svg", ...own],
  outdir: target,
  entryNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".svg": "copy" },
  bundle: true,
  format: "iife",
  minify: true,
  target: ["chrome80"],
  charset: "utf8",
  legalComments: "none", // the licences lie beside the files, whole
  metafile: true,
  logLevel: "warning",
});

const manifest = {};
const packages = new Set();
for (const [file, about] of Object.entries(result.metafile.outputs)) {
  const name = basename(file);
  manifest[basename(about.entryPoint ?? name).replace(/\.ts$/, ".js")] = name;
  for (const input of Object.keys(about.inputs)) {
    const found = /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(input);
    if (found) packages.add(found[1]);
  }
}

const licences = [...packages].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (!file) throw new Error(`${name} brings no licence`);
  return `${name} ${about.version} (${about.license})\n\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
});
writeFileSync(join(target, "THIRD_PARTY.txt"), licences.join(`\n${"-".repeat(72)}\n\n`));

for (const name of Object.values(manifest)) {
  const bytes = readFileSync(join(target, name));
  writeFileSync(join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  writeFileSync(join(target, `${name}.br`), brotliCompressSync(bytes));
}
// Last: where there is a manifest, all that it names is there too.
writeFileSync(join(target, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
