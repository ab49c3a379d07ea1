// Starts the page: wakes the engine, loads the page's Wasm, takes the shell away once the page stands.
import * as engine from "./engine-client.js";

// One build number travels in the address (boot.js?v=...): everything else is asked for with the same one.
const query = new URL(import.meta.url).search;
const at = (name) => new URL(name + query, import.meta.url);

// The page's two doors to JavaScript of ours.
window.kubariumEngine = engine;
window.kubariumEditor = { load: () => import(at("./editor.js").href) };

engine.warm(query);
try {
  const page = await import(at("./page.js").href);
  await page.default({ module_or_path: at("./page_bg.wasm") });
  if (document.getElementById("app").childElementCount > 0) document.getElementById("shell")?.remove();
} catch (reason) {
  showFailure(reason);
}

function showFailure(reason) {
  const shell = document.getElementById("shell");
  if (!shell) throw reason;
  for (const wait of shell.querySelectorAll(".wait")) wait.hidden = true;
  for (const line of shell.querySelectorAll(".failed")) line.hidden = false;
  document.getElementById("shell-reason").textContent = String(reason?.message ?? reason);
  console.error(reason);
}
