// A first visit, played in Node by the build to learn which code of the engine it needs while somebody looks: the cluster of
// lesson 1 boots and runs. All else comes with the rest, at the first touch of the page.
// Usage: node editor/visit-engine.mjs DIR/engine_probed.wasm; prints the numbers of the places that it came to.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { placesOf } from "./places.mjs";

const folder = dirname(process.argv[2]);
globalThis.kubariumRest = () => {}; // there is no rest yet
const { default: init, Engine } = await import(pathToFileURL(join(folder, "engine.js")).href);
const wasm = await init({ module_or_path: await readFile(process.argv[2]) });

const index = JSON.parse(await readFile(join(folder, "lessons", "index.json"), "utf8"));
const lesson = await readFile(join(folder, "lessons", index[0].id, "lesson.json"), "utf8");

// Both languages, and all rhythms: a page that keeps up, and one that is held up and gets much at once. One looks long, and
// one so often that it sees the boot between any two events.
for (const [lang, tick_ms] of [["ko", 66], ["en", 250], ["en", 17], ["ko", 33.4], ["en", 101.7]]) visit(lang, tick_ms, 20);
visit("ko", 70, 900);
visit("en", 1, 5);

function visit(lang, tick_ms, seconds) {
  const engine = new Engine("{}");
  let files = [];
  // What the loop asks, in its order, also of an engine that has nothing to play yet.
  const asks = () => engine.playing() && engine.eager();
  const hear = (text) => {
    asks();
    for (const answer of JSON.parse(text || "[]")) {
      if (answer.says === "trouble") throw new Error(`${answer.what}: ${answer.detail}`);
      if (answer.says === "files") files = answer.files;
    }
  };
  const say = (to, rest = {}) => hear(engine.message(JSON.stringify({ to, ...rest })));
  const pass = (seconds) => { for (let at = 0; at < seconds * 1000; at += tick_ms) hear(engine.tick(tick_ms)); };
  const lint = (serial) => { for (const [name, text] of files) say("lint", { serial, name, text }); };
  asks();
  say("open", { lesson, saved: null, lang });
  pass(1);
  lint(1); // the editor is open, and then its better one
  pass(1);
  lint(2);
  pass(seconds);
}

console.log(placesOf(wasm).join(" "));
