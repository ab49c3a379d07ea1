// The engine's Wasm comes in two files: what a first visit runs, and the rest. A function of the first file that needs
// one of the rest calls kubariumRest() before, which must have put the rest in place when it returns.
//
//   place(wasm, module)      joins the rest's module to the first's exports
//   restOf(wasm, url)        {soon(tell), now()}: fetch it quietly, again and again until it is there, tell(reason) when that
//                            fails first; have it at once (workers only)
//   Unfetched                thrown by now() where it cannot be had

const TRIES = 3;
const LONGEST_PAUSE_MS = 30_000;

export class Unfetched extends Error {}

// What the rest imports: "x" by the names of the first's exports, "f" by their place in the table where both meet.
const given = (wasm) => ({ x: wasm, f: new Proxy({}, { get: (_, slot) => wasm.rest.get(Number(slot)) }) });

export function place(wasm, module) {
  new WebAssembly.Instance(module, given(wasm));
}

export function restOf(wasm, url) {
  // A build that was not cut is whole by itself.
  let there = !wasm.rest;

  async function soon(tell) {
    for (let pause = 1000; !there; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        const answer = await fetch(url, { priority: "low" });
        if (!answer.ok) throw new Unfetched(`${answer.status} ${answer.statusText}`.trim());
        const module = await WebAssembly.compile(await answer.arrayBuffer());
        if (!there) await WebAssembly.instantiate(module, given(wasm));
        there = true;
      } catch (reason) {
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

// Wasm cannot wait for a promise, so this request is one of the old, blocking kind. Workers may do that.
function fetchNow(url) {
  let reason = "";
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      const request = new XMLHttpRequest();
      request.open("GET", url, false);
      request.responseType = "arraybuffer";
      request.send();
      if (request.status === 200) return request.response;
      reason = `${request.status} ${request.statusText}`;
    } catch (error) {
      reason = String(error?.message ?? error);
    }
  }
  throw new Unfetched(`${name(url)}: ${reason.trim()}`);
}

const name = (url) => url.pathname.split("/").pop();
