// The page is readable at once, in the reader's language, and both Wasm files arrive, wherever the site stands.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { SUB_FOLDER } from "./harness.mjs";
import { firstPaint, layoutShift, until } from "./measure.mjs";

export const title = "opens readable in both languages, with no violation, from any folder";

export default async function ({ open, note }) {
  for (const { lang, theme, path, words } of [
    { lang: "ko", theme: "light", path: "/", words: "쿠버네티스 클러스터는" },
    { lang: "en", theme: "dark", path: SUB_FOLDER, words: "A Kubernetes cluster is" },
  ]) {
    const { page, asked, release } = await openHeld(open, { lang, theme, path });
    assert.equal(await page.evaluate(() => document.documentElement.lang), lang);
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), theme);
    assert.ok((await page.locator("#shell").innerText()).includes(words), "lesson 1 can be read before any Wasm is there");
    assert.deepEqual(await accessibilityFaults(page), []);
    const paint = await firstPaint(page);
    release();

    await page.waitForFunction(() => !document.getElementById("shell"));
    await until(() => asked.some((address) => address.endsWith("/engine_bg.wasm")));
    assert.ok(asked.every((address) => address.startsWith(path)), `every address is relative: ${asked}`);
    assert.equal(await page.evaluate(() => window.kubariumEngine.mode()), "worker");
    assert.equal(await layoutShift(page), 0, "nothing moved while the page took over");
    note(`${lang}, ${theme}, ${path}: first text after ${Math.round(paint)} ms`);
  }
}

// Opens the page and keeps its Wasm back until release() is called. `asked` grows by each address that this visit
// asks for, its worker's too: the server's own list would mix in what an earlier visit still fetches.
async function openHeld(open, how) {
  let release;
  const asked = [];
  const held = new Promise((go) => { release = go; });
  const hold = async (route) => { await held; await route.continue(); };
  const prepare = (page) => {
    page.on("request", (request) => asked.push(new URL(request.url()).pathname));
    return page.route("**/page_bg.wasm*", hold);
  };
  const page = await open({ ...how, prepare });
  return { page, asked, release };
}
