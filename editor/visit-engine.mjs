// A first visit, played in Node by the build to learn which functions of the engine it needs until its picture moves: the
// cluster of lesson 1 boots and runs. All else comes with the rest, at the first touch of the page.
// Usage: node editor/visit-engine.mjs DIR/engine_probed.wasm; prints the numbers of the functions that ran.
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = dirname(process.argv[2]);
globalThis.kubariumRest = () => {}; // there is no rest yet
const { default: init, Engine } = await import(pathToFileURL(join(folder, "engine.js")).href);
const wasm = await init({ module_or_path: await readFile(process.argv[2]) });

const index = JSON.parse(await readFile(join(folder, "lessons", "index.json"), "utf8"));
const lesson = await readFile(join(folder, "lessons", index[0].id, "lesson.json"), "utf8");

// Both languages, and both rhythms: a page that keeps up, and one that is held up and gets much at once.
for (const [lang, tick_ms] of [["ko", 66], ["en", 250], ["en", 17], ["ko", 34], ["en", 100]]) visit(lang, tick_ms);

function visit(lang, tick_ms) {
  const engine = new Engine("{}");
  let files = [];
  const hear = (text) => {
    engine.playing();
    engine.eager();
    for (const answer of JSON.parse(text || "[]")) {
      if (answer.says === "trouble") throw new Error(`${answer.what}: ${answer.detail}`);
      if (answer.says === "files") files = answer.files;
    }
  };
  const say = (to, rest = {}) => hear(engine.message(JSON.stringify({ to, ...rest })));
  const pass = (seconds) => { for (let at = 0; at < seconds * 1000; at += tick_ms) hear(engine.tick(tick_ms)); };
  const lint = (serial) => { for (const [name, text] of files) say("lint", { serial, name, text }); };
  say("open", { lesson, saved: null, lang });
  pass(1);
  lint(1); // the editor is open, and then its better one
  pass(1);
  lint(2);
  pass(18);
}

const ran = Object.entries(wasm).filter(([name, global]) => name.startsWith("ran:") && global.value === 1);
console.log(ran.map(([name]) => name.slice(4)).join(" "));
