// The engine dies in the middle of a message, as a panic does: the page says so, starts another and plays the session's log again.
import assert from "node:assert/strict";
import { begin, finished, see, step, type } from "./learner.mjs";

export const title = "an engine that dies is replaced, and the session goes on";

// The engine's glue with one sentence added: a line that holds these words ends like a Rust panic in Wasm.
const FATAL = `
{ const message = Engine.prototype.message;
  Engine.prototype.message = function (text) {
    if (text.includes("echo this is the end")) { console.error("panicked at src/world.rs:1: this is the end"); throw new WebAssembly.RuntimeError("unreachable"); }
    return message.call(this, text);
  }; }`;

export default async function ({ open }) {
  const mortal = (page) => page.route("**/engine.js*", async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: await answer.text() + FATAL });
  });
  for (const [where, workers] of [["worker", true], ["main", false]]) {
    const page = await begin(open, { path: "/?lesson=cluster", expectErrors: [/this is the end/], prepare: async (page) => {
      await mortal(page.context());
      if (!workers) await page.addInitScript(() => { window.Worker = class { constructor() { throw new DOMException("blocked here", "SecurityError"); } }; });
    } });
    assert.equal(await page.evaluate(() => window.kubariumEngine.mode()), where);
    await step(page, "boot").locator(".row .primary").click();
    await finished(page, "boot");
    await type(page, "kubectl apply -f hello.yaml");
    await finished(page, "first");
    await page.fill("#terminal-line", "echo this is the end");
    await page.press("#terminal-line", "Enter");

    await see(page, "this is the end", ".banner");
    await see(page, "The engine stopped and was started again", ".banner");
    await page.locator(".banner .btn").click();
    await page.waitForSelector("[data-id='pod/default/hello'].ready");
    await finished(page, "first");
    await see(page, "kubectl apply -f hello.yaml");
    // The restored session may still be about the command before: what is typed then waits its turn.
    await page.fill("#terminal-line", "kubectl get pod hello -o name");
    await page.press("#terminal-line", "Enter");
    await page.waitForFunction(() => [...document.querySelectorAll(".log .line")].some((line) => line.textContent.trim() === "pod/hello"));
  }
}
