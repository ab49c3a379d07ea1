// Runs every *.flow.mjs of this folder in Chromium and prints a table. `node tests/e2e/run.mjs [part of a name]...`
// A flow exports `title` and a default async function; it fails by throwing.
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const { missing, launch, runFlow } = await import("./harness.mjs");

const reason = missing();
if (reason) {
  // A developer without Chromium can go on; CI must not believe that the page was tried.
  console.log(`browser flows not run: ${reason}`);
  process.exit(process.env.CI ? 1 : 0);
}

const wanted = process.argv.slice(2);
const names = (await readdir(here)).filter((name) => name.endsWith(".flow.mjs")).sort();
const chosen = names.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
if (chosen.length === 0) {
  console.log(`no flow is called like ${wanted.join(", ")}; there are: ${names.join(", ")}`);
  process.exit(1);
}

const stage = await launch();
let failed = 0;
for (const name of chosen) {
  const flow = await import(pathToFileURL(join(here, name)).href);
  const { faults, notes, seconds } = await runFlow(stage, flow.default);
  if (faults.length > 0) failed += 1;
  console.log(`${faults.length > 0 ? "FAIL" : "ok  "} ${name.replace(".flow.mjs", "").padEnd(16)} ${seconds.toFixed(1).padStart(5)} s  ${flow.title}`);
  for (const note of notes) console.log(`       ${note}`);
  for (const fault of faults) console.log(`       - ${fault.replaceAll("\n", "\n         ")}`);
}
await stage.close();
console.log(failed > 0 ? `${failed} of ${chosen.length} flows failed` : `${chosen.length} flows passed`);
process.exit(failed > 0 ? 1 : 0);
