// Drives one engine: loads its Wasm, hands it messages, ticks it while it plays. Runs in the worker, or on the
// main thread where workers are blocked; the same file, so both behave alike.
//
// The engine is a class `Engine` exported by engine.js:
//   new Engine(config)  message(text) -> text  tick(real_ms) -> text  [playing() -> boolean]  [eager() -> boolean]
// All texts are JSON; an empty one, or an empty list, means "nothing to say". An engine without playing() is always ticked.

import { restOf, Unfetched } from "./rest.js";

const TICK_MS = 66; // 15 a second: smooth enough for numbers, the page animates in between
const LONGEST_TICK_MS = 250; // a laptop that slept has not simulated the night

let loads = 0;

// post(envelope): {ready: true} once the Wasm is there, {text} for what the engine says, {crash} when it died; with
// `unfetched` where it died because a part of it could not be fetched. `whole`: not ready before all of its parts are there;
// {lacking: reason} while they cannot be fetched.
export function engineLoop(post, query, whole) {
  let wasm = null; // the module's exports once loaded
  let engine = null;
  let dead = false;
  let rest = null; // what is fetched once somebody touches the page
  let timer = 0;
  let ticked_at = 0;
  const waiting = []; // what arrived before the Wasm did

  // A Rust panic ends as a bare "unreachable": its words went to console.error just before.
  let last_words = "";
  const say = console.error;
  console.error = (...words) => {
    last_words = words.map(String).join(" ");
    say.apply(console, words);
  };

  const loaded = load(query, whole && ((lacking) => post({ lacking }))).then((both) => { wasm = both.exports; rest = both.rest; }).catch(crash);

  function crash(reason) {
    if (dead) return;
    stop();
    post({ crash: last_words || String(reason?.message ?? reason), unfetched: reason instanceof Unfetched || (!wasm && reason instanceof TypeError) }); // what fetch and import say
  }

  function stop() {
    dead = true;
    clearTimeout(timer);
    console.error = say;
    engine = null; // not freed: a panicked module must not be entered again
  }

  function guarded(work) {
    if (dead) return;
    try {
      const text = work();
      if (!text || text === "[]") return;
      post({ text });
    } catch (reason) {
      crash(reason);
    }
  }

  function schedule(delay_ms) {
    if (dead || timer || !engine) return;
    if (engine.playing && !engine.playing()) return;
    ticked_at = performance.now();
    timer = setTimeout(tick, delay_ms);
  }

  function tick() {
    timer = 0;
    if (dead) return;
    const begun = performance.now();
    guarded(() => engine.tick(Math.min(begun - ticked_at, LONGEST_TICK_MS)));
    // A slow tick leaves at least a gap for messages: a click must never queue behind the simulation.
    const spent = performance.now() - begun;
    schedule(Math.max(4, engine?.eager?.() ? 0 : TICK_MS - spent));
    ticked_at = begun;
  }

  function take(envelope) {
    if (dead) return;
    if ("touched" in envelope) {
      rest?.soon(() => {});
      rest = null;
    } else if ("start" in envelope) guarded(() => { engine = new wasm.Engine(envelope.start); });
    else if (engine) guarded(() => engine.message(envelope.text));
    schedule(TICK_MS);
  }

  loaded.then(() => {
    if (dead) return;
    post({ ready: true });
    for (const envelope of waiting.splice(0)) take(envelope);
  });

  return {
    send(envelope) {
      if (wasm) take(envelope);
      else if (!dead) waiting.push(envelope);
    },
    stop,
  };
}

// Each load makes a fresh instance: engine.js keeps its memory in module variables, so it must be another module.
async function load(query, tell) {
  loads += 1;
  const fresh = loads === 1 ? query : `${query || "?"}&load=${loads}`;
  const exports = await import(new URL(`./engine.js${fresh}`, import.meta.url).href);
  const wasm = await exports.default({ module_or_path: new URL(`./engine_bg.wasm${query}`, import.meta.url) });
  if (!exports.Engine) throw new Error("engine.js exports no class Engine");
  const rest = restOf(wasm, new URL(`./engine_rest.wasm${query}`, import.meta.url));
  globalThis.kubariumRest = rest.now;
  if (tell) await rest.soon(tell);
  return { exports, rest };
}
