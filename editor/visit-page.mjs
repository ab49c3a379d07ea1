// A first visit, played in Chromium by the build to learn which code of the page it needs: lesson 1 is opened in both languages,
// on a desk and on a phone, and somebody looks until the cluster runs, scrolls, makes the window wider. Then they do what most people do first, so
// that the page never waits for code at their first touch. For one of them the cluster's time goes by in single milliseconds: where a part of
// the cluster stands between two events is drawn for everybody sooner or later, by the chance of when a tick ends. Before them many only
// arrive: what of page, lesson and engine comes first is chance, too, and each order draws something else.
// Usage: node editor/visit-page.mjs DIR/page_probed.wasm; prints the numbers of the places that it came to.
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { chromium } from "playwright-core";
import { serve } from "../tests/e2e/server.mjs";
import { placesOf } from "./places.mjs";

const probed = await readFile(process.argv[2]);
const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const VISITS = [
  { ...DESK, locale: "ko-KR", colorScheme: "light", until: "01:05" },
  { ...PHONE, locale: "en-US", colorScheme: "dark" },
  { ...DESK, locale: "en-US", colorScheme: "light", reducedMotion: "reduce" },
  { ...PHONE, locale: "ko-KR", colorScheme: "light", slowdown: 6 },
  { ...DESK, locale: "en-US", colorScheme: "dark", until: "00:06", finely: true },
];

const ARRIVALS = [1, 2, 4, 8].flatMap((slowdown) => [null, "**/lessons/**", "**/engine_bg.wasm*"].flatMap((late) =>
  ["ko-KR", "en-US"].map((locale) => ({ ...DESK, locale, slowdown, late }))));
// So many at once jostle each other enough to come in different orders.
const AT_ONCE = 6;
const LATE_MS = 300;

const loop = await readFile(new URL("../public/engine-loop.js", import.meta.url), "utf8");
const fine = loop.replace("LONGEST_TICK_MS = 250", "LONGEST_TICK_MS = 1").replace("TICK_MS = 66", "TICK_MS = 4");
if (!fine.includes("LONGEST_TICK_MS = 1;") || !fine.includes("const TICK_MS = 4;")) throw new Error("engine-loop.js names its rhythm otherwise now");

const server = await serve(dirname(process.argv[2]));
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--headless", "--no-sandbox", "--disable-gpu"] });
const ran = new Set();
const remember = (parts) => parts.forEach((part) => part.forEach((number) => ran.add(number)));
for (let at = 0; at < ARRIVALS.length; at += AT_ONCE) remember(await Promise.all(ARRIVALS.slice(at, at + AT_ONCE).map(arrival)));
remember(await Promise.all(VISITS.map(visit)));
await browser.close();
server.close();
console.log([...ran].join(" "));

async function arrival(how) {
  const page = await arrives(how);
  await runs(page, "00:01");
  const came = await places(page);
  await page.context().close();
  return came;
}

async function visit({ until = "00:20", ...how }) {
  const page = await arrives(how);
  await runs(page, "00:05");
  await look(page, how.viewport);
  await runs(page, until);
  await touch(page, how.hasTouch);
  return places(page);
}

function runs(page, until) {
  return page.waitForFunction((until) => document.querySelector(".reading")?.textContent > until, until, { timeout: 180_000 });
}

function places(page) {
  return page.evaluate(`(${placesOf})(window.probed)`);
}

async function arrives({ slowdown, finely, late, ...how }) {
  const context = await browser.newContext(how);
  await context.route("**/page_bg.wasm*", (route) => route.fulfill({ body: probed, contentType: "application/wasm" }));
  if (late) await context.route(late, (route) => setTimeout(() => route.continue(), LATE_MS));
  if (finely) await context.route("**/engine-loop.js*", (route) => route.fulfill({ body: fine, contentType: "text/javascript" }));
  await context.addInitScript(() => {
    const real = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...given) => {
      const made = await real.apply(WebAssembly, given);
      window.probed = made.instance.exports;
      return made;
    };
  });
  const page = await context.newPage();
  if (slowdown) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: slowdown });
  await page.goto(server.origin);
  return page;
}

// Nothing of this is a touch: it fetches nothing.
async function look(page, { width, height }) {
  for (const size of [{ width: 720, height: 480 }, { width: 1024, height: 1366 }, { width: 320, height: 640 }, { width: 1920, height: 1080 }, { width, height }]) {
    await page.setViewportSize(size);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 300))));
  }
  await page.evaluate(() => {
    for (const each of [document.scrollingElement, ...document.querySelectorAll("article, section, aside, div")]) if (each.scrollHeight > each.clientHeight) each.scrollBy(0, 200);
    for (const kind of ["blur", "focus"]) window.dispatchEvent(new Event(kind));
    document.dispatchEvent(new Event("visibilitychange"));
  });
}

async function touch(page, phone) {
  const press = (selector) => (phone ? page.locator(selector).first().tap() : page.locator(selector).first().click());
  const tab = async (at) => { if (phone) await page.locator(".switch .tab").nth(at).tap(); };
  await press("article[data-step] .row .primary");
  await page.waitForSelector(".finished-step");
  await tab(2);
  await page.locator("#terminal-line").pressSequentially("kubectl get nodes");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.querySelector(".log").textContent.includes("STATUS"));
  await tab(1);
  await press(".editor .btn.primary");
  await page.waitForSelector("[data-id='pod/default/hello']");
  await press("[data-id='node/worker-1']");
  await page.waitForSelector("[data-pane='why'] h2");
}
