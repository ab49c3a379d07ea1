// Starts the page: wakes the engine, loads the page's Wasm, takes the shell away once the page stands.
import * as engine from "./engine-client.js";
import { ask, canWait, restOf } from "./rest.js";

// One build number travels in the address (boot.js?v=...): everything else is asked for with the same one.
const query = new URL(import.meta.url).search;
const at = (name) => new URL(name + query, import.meta.url);
const shell = document.getElementById("shell");

// The page's two doors to JavaScript of ours.
window.kubariumEngine = engine;
window.kubariumEditor = { load: () => import(at("./editor.js").href) };

// The lab has no cluster of its own: its panes are frames of this page.
if (!new URLSearchParams(location.search).has("lab")) engine.warm(query);
try {
  // Only a first visit is known to need no more than the first part: everybody else waits for both before the page begins.
  const rest_at = at("./page_rest.wasm");
  const asked = isFirstVisit() && canWait() ? null : ask(rest_at);
  asked?.catch(() => {}); // heard of below
  const page = await import(at("./page.js").href);
  const wasm = await page.default({ module_or_path: at("./page_bg.wasm") });
  const rest = restOf(wasm, rest_at);
  let lost = null;
  window.kubariumPageRest = () => {
    try {
      if (!lost) return rest.now();
    } catch (reason) {
      lost = reason;
      engine.stop(); // nobody is there to hear it
      showFailure(reason);
    }
    throw lost;
  };
  if (asked) await rest.soon(showFailure, asked);
  else atFirstTouch(() => rest.soon(() => {}));
  page.mount();
  if (document.getElementById("app").childElementCount > 0) shell?.remove();
} catch (reason) {
  showFailure(reason);
}

function isFirstVisit() {
  try {
    return location.search === "" && localStorage.getItem("kubarium.last") === null;
  } catch {
    return location.search === ""; // a sandboxed frame remembers nothing
  }
}

// A key, a press, or a pointer above something that can be pressed: by the time of the click the code for it is there.
function atFirstTouch(begin) {
  const kinds = ["pointerover", "pointerdown", "keydown"];
  const touched = (event) => {
    if (event.type === "pointerover" && !event.target.closest?.("a, button, input, select, summary, textarea, [role=button]")) return;
    for (const kind of kinds) removeEventListener(kind, touched, true);
    begin();
  };
  for (const kind of kinds) addEventListener(kind, touched, true);
}

function showFailure(reason) {
  if (!shell) throw reason;
  if (!shell.isConnected) document.getElementById("app").replaceWith(shell); // the page died: nothing on it answers any more
  for (const wait of shell.querySelectorAll(".wait")) wait.hidden = true;
  for (const line of shell.querySelectorAll(".failed")) line.hidden = false;
  document.getElementById("shell-reason").textContent = String(reason?.message ?? reason);
  console.error(reason);
}
