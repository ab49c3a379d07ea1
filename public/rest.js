// The page's and the engine's Wasm come in two files each: what a first visit runs, and the rest. A function of the first
// file that needs one of the rest calls kubariumRest() (the page: kubariumPageRest()) before, which must have put the rest
// in place when it returns.
//
//   place(wasm, module)      joins the rest's module to the first's exports
//   ask(url)                 the request that soon() makes, for who wants to begin it earlier
//   restOf(wasm, url)        {soon(tell, asked), now()}: fetch it quietly, again and again until it is there, tell(reason) when
//                            that fails first; have it at once, while everything waits
//   canWait()                whether now() works here: old browsers compile nothing large while a page waits
//   Unfetched                thrown by now() where it cannot be had

const TRIES = 3;
const LONGEST_PAUSE_MS = 30_000;

export class Unfetched extends Error {}

// What the rest imports: "x" by the names of the first's exports, "f" by their place in the table where both meet.
const given = (wasm) => ({ x: wasm, f: new Proxy({}, { get: (_, slot) => wasm.rest.get(Number(slot)) }) });

export function place(wasm, module) {
  new WebAssembly.Instance(module, given(wasm));
}

export const ask = (url) => fetch(url, { priority: "low" });

export function restOf(wasm, url) {
  // A build that was not cut is whole by itself.
  let there = !wasm.rest;

  async function soon(tell, asked) {
    for (let pause = 1000; !there; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        const answer = await (asked ?? ask(url));
        asked = null;
        if (!answer.ok) throw new Unfetched(`${answer.status} ${answer.statusText}`.trim());
        const module = await WebAssembly.compile(await answer.arrayBuffer());
        if (!there) await WebAssembly.instantiate(module, given(wasm));
        there = true;
      } catch (reason) {
        asked = null;
        if (pause === 1000) tell(`${name(url)}: ${reason?.message ?? reason}`);
        await new Promise((go) => setTimeout(go, pause));
      }
    }
  }

  function now() {
    if (there) return;
    place(wasm, new WebAssembly.Module(fetchNow(url)));
    there = true;
  }

  return { soon, now };
}

// A module of 5,000 bytes that say nothing.
export function canWait() {
  const bytes = new Uint8Array(5000);
  bytes.set([0, 97, 115, 109, 1, 0, 0, 0, 0, 0xfd, 0x26]);
  try {
    return new WebAssembly.Module(bytes) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}

// Wasm cannot wait for a promise, so this request is one of the old, blocking kind. A page's thread may make it only for texts:
// each byte comes as one sign.
function fetchNow(url) {
  let reason = "";
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      const request = new XMLHttpRequest();
      request.open("GET", url, false);
      request.overrideMimeType("text/plain; charset=x-user-defined");
      request.send();
      if (request.status === 200) return bytesOf(request.response);
      reason = `${request.status} ${request.statusText}`;
    } catch (error) {
      reason = String(error?.message ?? error);
    }
  }
  throw new Unfetched(`${name(url)}: ${reason.trim()}`);
}

// Sign by sign in a plain loop: an iterator over half a million of them leaves 26 MB behind, and whoever collects them holds
// the page up seconds later. A byte takes over the low eight bits of a sign, which are what was sent.
function bytesOf(text) {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

const name = (url) => url.pathname.split("/").pop();
