// The last step of a page build, run by Trunk's post_build hook: takes the compiled lessons in, bundles the editor into one
// lazy module (editor.js), minifies every script and style, has page and engine cut in two each, and stamps one build number
// on every address (?v=...), so that no browser cache ever mixes the files of two builds.
import { build, transform } from "esbuild";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { cp, readFile, readdir, writeFile } from "node:fs/promises";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const staging = process.env.TRUNK_STAGING_DIR ?? join(here, "..", "dist");
const target = ["es2022"];

// Put there by `cargo xtask build`.
const lessons = join(here, "..", "target", "lessons");
if (existsSync(lessons)) await cp(lessons, join(staging, "lessons"), { recursive: true });

for (const name of await readdir(staging)) {
  const loader = { ".js": "js", ".css": "css" }[extname(name)];
  if (!loader || name === "editor.js") continue;
  const path = join(staging, name);
  const { code } = await transform(await readFile(path, "utf8"), { loader, target, minify: true, legalComments: "none" });
  await writeFile(path, code);
}

await build({
  entryPoints: [join(here, "editor.js")],
  outfile: join(staging, "editor.js"),
  bundle: true,
  format: "esm",
  target,
  minify: true,
  legalComments: "none",
  logLevel: "warning",
});

// First visits are played in what stands there by now. The command that runs this build says where it is; without it
// (`trunk serve`) both stay in one piece.
if (process.env.KUBARIUM_XTASK) execFileSync(process.env.KUBARIUM_XTASK, ["split", staging], { stdio: "inherit" });

// The scripts pass the number on: boot.js, engine-worker.js and engine-loop.js read it from their own address.
const files = (await readdir(staging, { withFileTypes: true })).filter((entry) => entry.isFile()).map((entry) => entry.name).sort();
const digest = createHash("sha256");
for (const name of files) digest.update(name).update(await readFile(join(staging, name)));
const version = `?v=${digest.digest("hex").slice(0, 10)}`;

for (const name of ["boot.js", "engine-worker.js", "engine-loop.js"]) {
  const path = join(staging, name);
  await writeFile(path, (await readFile(path, "utf8")).replace(/(from\s*"\.\/[\w-]+\.js)"/g, `$1${version}"`));
}

const page = join(staging, "index.html");
const html = (await readFile(page, "utf8"))
  .replace(/<link [^>]*\brel="rust"[^>]*>\n?/g, "") // with inject_scripts = false Trunk leaves this marker of its own
  .replace(/\b(href|src)="(?:\.\/)?([\w.-]+)"/g, (whole, attribute, name) => (files.includes(name) ? `${attribute}="./${name}${version}"` : whole));
await writeFile(page, html);
