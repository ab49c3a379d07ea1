// The page is readable at once, in the reader's language, and both Wasm files arrive, wherever the site stands.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { SUB_FOLDER } from "./harness.mjs";
import { firstPaint, layoutShift, until } from "./measure.mjs";

export const title = "opens readable in both languages, with no violation, from any folder";

export default async function ({ open, note, server }) {
  for (const { lang, theme, path, words } of [
    { lang: "ko", theme: "light", path: "/", words: "쿠버네티스 클러스터는" },
    { lang: "en", theme: "dark", path: SUB_FOLDER, words: "A Kubernetes cluster is" },
  ]) {
    server.requests.length = 0;
    const { page, release } = await openHeld(open, { lang, theme, path });
    assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
    assert.ok((await page.locator("#shell").innerText()).includes(words), "lesson 1 can be read before any Wasm is there");
    assert.deepEqual(await accessibilityFaults(page), []);
    const paint = await firstPaint(page);
    release();

    await page.waitForFunction(() => !document.getElementById("shell"));
    await until(() => server.requests.some((asked) => asked.endsWith("/engine_bg.wasm")));
    assert.ok(server.requests.every((asked) => asked.startsWith(path)), `every address is relative: ${server.requests}`);
    assert.equal(await page.evaluate(() => window.kubariumEngine.mode()), "worker");
    assert.equal(await layoutShift(page), 0, "nothing moved while the page took over");
    note(`${lang}, ${theme}, ${path}: first text after ${Math.round(paint)} ms`);
    // What this visit still fetches (lesson, editor) must not count as the next one's.
    await page.close();
  }
}

// Opens the page and keeps its Wasm back until release() is called.
async function openHeld(open, how) {
  let release;
  const held = new Promise((go) => { release = go; });
  const hold = async (route) => { await held; await route.continue(); };
  const page = await open({ ...how, prepare: (page) => page.route("**/page_bg.wasm*", hold) });
  return { page, release };
}
