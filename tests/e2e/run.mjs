// Runs every *.flow.mjs of this folder in Chromium and prints a table. `node tests/e2e/run.mjs [part of a name]...`
// A flow exports `title` and a default async function; it fails by throwing. One that exports `measures` tells how fast
// something is, which says little where other things run: `--measuring` runs only those, `--but-measuring` all others.
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

const words = process.argv.slice(2);
const wanted = words.filter((word) => !word.startsWith("--"));
const names = (await readdir(here)).filter((name) => name.endsWith(".flow.mjs")).sort();
const named = names.filter((name) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
const flows = new Map();
for (const name of named) flows.set(name, await import(pathToFileURL(join(here, name)).href));
const chosen = named.filter((name) => !words.includes(flows.get(name).measures ? "--but-measuring" : "--measuring"));
if (chosen.length === 0) {
  console.log(`no flow is called like ${words.join(", ")}; there are: ${names.join(", ")}`);
  process.exit(1);
}

let browser = await launch();
const failed = [];
const unsteady = [];
for (const name of chosen) {
  const flow = flows.get(name);
  if (await passes(name, flow)) continue;
  // Once more: a race of flow and page is told apart from what never works, and both are told.
  // In a browser of its own, for what the first time left behind, such as a trace that goes on.
  await browser.close();
  browser = await launch();
  if (await passes(name, flow)) unsteady.push(name.replace(".flow.mjs", ""));
  else failed.push(name.replace(".flow.mjs", ""));
}
await browser.close();
if (unsteady.length > 0) console.log(`UNSTEADY, passed only the second time, find out why: ${unsteady.join(", ")}`);
console.log(failed.length > 0 ? `${failed.length} of ${chosen.length} flows failed: ${failed.join(", ")}` : `${chosen.length} flows passed`);
process.exit(failed.length > 0 ? 1 : 0);

async function passes(name, flow) {
  const { faults, notes, seconds } = await runFlow(browser, flow.default);
  console.log(`${faults.length > 0 ? "FAIL" : "ok  "} ${name.replace(".flow.mjs", "").padEnd(16)} ${seconds.toFixed(1).padStart(5)} s  ${flow.title}`);
  for (const note of notes) console.log(`       ${note}`);
  for (const fault of faults) console.log(`       - ${fault.replaceAll("\n", "\n         ")}`);
  return faults.length === 0;
}
