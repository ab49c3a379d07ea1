// The page is readable at once, in the reader's language, and both Wasm files arrive, wherever the site stands.
import assert from "node:assert/strict";
import { SUB_FOLDER } from "./harness.mjs";

export const title = "opens readable in both languages, with no violation, from any folder";

export default async function ({ open, note, server }) {
  for (const { lang, theme, path, words } of [
    { lang: "ko", theme: "light", path: "/", words: "클러스터" },
    { lang: "en", theme: "dark", path: SUB_FOLDER, words: "luster" },
  ]) {
    server.requests.length = 0;
    let release;
    const held = new Promise((go) => { release = go; });
    const page = await open({ lang, theme, path, prepare: (page) => page.route("**/page_bg.wasm*", async (route) => { await held; await route.continue(); }) });
    assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
    assert.ok((await page.locator("body").innerText()).includes(words), "lesson 1 can be read before any Wasm is there");
    const paint = await firstPaint(page);
    release();

    await page.waitForFunction(() => !document.getElementById("shell"));
    await until(() => server.requests.some((asked) => asked.endsWith("/engine_bg.wasm")));
    assert.ok(server.requests.some((asked) => asked.endsWith("/page_bg.wasm")), "the page's Wasm was fetched");
    assert.ok(server.requests.every((asked) => path === "/" || asked.startsWith(SUB_FOLDER) || asked === "/favicon.ico"), "every address is relative");
    assert.equal(await page.evaluate(() => window.kubariumEngine.mode()), "worker");

    const shift = await layoutShift(page);
    assert.equal(shift, 0, "nothing moved while the page took over");
    note(`${lang}, ${theme}, ${path}: first text after ${Math.round(paint)} ms`);
  }
}

function firstPaint(page) {
  return page.evaluate(() => new Promise((found) => {
    new PerformanceObserver((list) => { for (const entry of list.getEntriesByName("first-contentful-paint")) found(entry.startTime); }).observe({ type: "paint", buffered: true });
  }));
}

function layoutShift(page) {
  return page.evaluate(() => new Promise((found) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; }).observe({ type: "layout-shift", buffered: true });
    requestAnimationFrame(() => requestAnimationFrame(() => found(Math.round(sum * 1000) / 1000)));
  }));
}

async function until(holds) {
  for (let tries = 0; tries < 200 && !holds(); tries += 1) await new Promise((later) => setTimeout(later, 25));
  assert.ok(holds(), `waited in vain for: ${holds}`);
}
