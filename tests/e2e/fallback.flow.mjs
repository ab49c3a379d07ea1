// Where workers are blocked (a sandboxed frame, an old browser), the same engine runs on the main thread.
import assert from "node:assert/strict";
import { until } from "./measure.mjs";

export const title = "runs without workers, and says so when Wasm cannot be had";

export default async function ({ open, server }) {
  server.requests.length = 0;
  const page = await open({ prepare: (page) => page.addInitScript(() => {
    window.Worker = class { constructor() { throw new DOMException("blocked here", "SecurityError"); } };
  }) });
  await page.waitForFunction(() => window.kubariumEngine?.mode() === "main");
  await until(() => server.requests.some((asked) => asked.endsWith("/engine_bg.wasm")));

  const broken = await open({ lang: "ko", expectErrors: [/404/, /wasm/i], prepare: (page) => page.route("**/page_bg.wasm*", (route) => route.fulfill({ status: 404, body: "" })) });
  await broken.waitForFunction(() => !document.getElementById("shell-reason").hidden);
  const words = await broken.locator("#shell").innerText();
  assert.ok(words.includes("페이지를 시작하지 못했습니다"), words);
  assert.ok(words.includes("쿠버네티스 클러스터는"), "the text stays readable");

  const unfetched = await open({ lang: "ko", expectErrors: [/404/], prepare: (page) => page.route("**/boot.js*", (route) => route.fulfill({ status: 404, body: "" })) });
  await unfetched.waitForFunction(() => !document.getElementById("shell-reason").hidden);
  assert.equal(await unfetched.locator("#shell main[lang=ko] .wait").isVisible(), false, "it does not wait for what cannot come");
}
