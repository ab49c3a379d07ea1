// The page's side of the engine. Texts are JSON, made and read by Rust on both ends; nothing is parsed here.
//
//   start(onMessage, onCrash, config = "{}")  begins; onMessage(text), onCrash(reason, unfetched), also
//                                            where it is not gone but waits for a part of itself that cannot be fetched
//   send(text)                                to the engine, in order, also before it is there
//   stop()                                    ends it; nothing more is heard
//   restart(config)                           a fresh engine with the same callbacks, e.g. after a crash
//   mode()                                    "worker" | "main" | "stopped"
//   warm(query)                               begins loading early; called once by boot.js

let query = "";
let door = null; // {send(envelope), stop(), mode}
let sent = []; // what was sent before the engine said that it is ready; replayed where the worker fails to start
let ready = false;
let whole = false; // after a crash: an engine that repeats the session has all of its code first
let heard = { message() {}, crash() {} };

// The first touch of the page: whoever only looks loads no more than the picture needs.
for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => post({ touched: true }), { once: true, capture: true });

export function warm(build) {
  query = build;
  if (!door) open();
}

export function start(onMessage, onCrash, config = "{}") {
  heard = { message: onMessage, crash: onCrash };
  if (!door) open();
  post({ start: config });
}

export function send(text) {
  post({ text });
}

export function stop() {
  door?.stop();
  door = null;
  sent = [];
  ready = false;
}

export function restart(config = "{}") {
  stop();
  whole = true;
  open();
  post({ start: config });
}

export function mode() {
  return door ? door.mode : "stopped";
}

function post(envelope) {
  if (!door) return;
  if (!ready) sent.push(envelope);
  door.send(envelope);
}

function open() {
  try {
    openWorker();
  } catch {
    openHere(); // a sandboxed frame: the constructor itself throws
  }
}

function openWorker() {
  const worker = new Worker(new URL(`./engine-worker.js${query}${whole ? "#whole" : ""}`, import.meta.url), { type: "module", name: "engine" });
  const mine = { mode: "worker", send: (envelope) => worker.postMessage(envelope), stop: () => worker.terminate() };
  door = mine;
  worker.onmessage = (event) => { if (door === mine) hear(event.data); };
  worker.onerror = (event) => {
    event.preventDefault();
    if (door !== mine) return;
    worker.terminate();
    // Before it ever spoke: workers are blocked or too old here. Later: it died without a word.
    if (ready) hear({ crash: event.message || "the engine's worker stopped" });
    else openHere();
  };
}

function openHere() {
  const mine = { mode: "main", loop: null, waiting: [...sent], gone: false,
    send(envelope) { if (mine.loop) mine.loop.send(envelope); else mine.waiting.push(envelope); },
    stop() { mine.gone = true; mine.loop?.stop(); } };
  door = mine;
  import(new URL(`./engine-loop.js${query}`, import.meta.url).href).then(({ engineLoop }) => {
    if (mine.gone) return;
    // Answers come in a task of their own, as from a worker: a callback is never entered from inside send().
    mine.loop = engineLoop((envelope) => queueMicrotask(() => { if (door === mine) hear(envelope); }), query, true); // here nothing can be fetched while a call waits
    for (const envelope of mine.waiting.splice(0)) mine.loop.send(envelope);
  }, (reason) => hear({ crash: String(reason?.message ?? reason), unfetched: true }));
}

function hear(envelope) {
  if (envelope.ready) {
    ready = true;
    sent = [];
  } else if ("lacking" in envelope) {
    heard.crash(envelope.lacking, true);
  } else if ("crash" in envelope) {
    stop();
    heard.crash(envelope.crash, envelope.unfetched === true);
  } else {
    heard.message(envelope.text);
  }
}
