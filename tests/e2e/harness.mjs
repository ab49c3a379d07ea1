// Opens the built page in the system's Chromium and watches it: a flow fails by itself on any policy violation,
// console error, uncaught error or request to another site, whatever else it asserts.
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve, SUB_FOLDER } from "./server.mjs";

export { SUB_FOLDER };
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
export const DIST = process.env.KUBARIUM_DIST ?? join(root, "dist");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
// How long a flow waits for what it wants to see, in milliseconds: for a machine that is slow and has much else to do. A limit only
// ends what will never come.
const PATIENCE = 120_000;
const ARGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

// Why no flow can run here, in words, or null.
export function missing() {
  if (!existsSync(join(DIST, "index.html"))) return "there is no built page: run `cargo xtask build` first";
  if (!existsSync(CHROMIUM)) return `there is no Chromium at ${CHROMIUM}: run \`cargo xtask setup --browser\`, or set CHROMIUM`;
  return null;
}

export async function launch() {
  return chromium.launch({ executablePath: CHROMIUM, args: ARGS });
}

// Runs one flow in profiles of its own, on a server of its own: what an earlier flow's page still fetches is not this
// one's. `flow` gets {open, note, server}:
//   open({path = "/", lang = "en", theme = "light", viewport, reducedMotion, forcedColors, slowdown, touch, prepare, expectErrors}) -> Playwright page
//     slowdown: CPU times slower; prepare(page): routes and init scripts to set before it loads;
//     expectErrors: patterns of console errors that the flow provokes on purpose
//   note(text): a line for the report, e.g. a measured number
export async function runFlow(browser, flow) {
  const server = await serve(DIST);
  const faults = [];
  const notes = [];
  const contexts = [];
  const allowed = [];
  const open = async ({ path = "/", lang = "en", theme = "light", viewport = { width: 1440, height: 900 }, reducedMotion = "no-preference", forcedColors = "none", slowdown = 1, touch = false, prepare, expectErrors = [] } = {}) => {
    allowed.push(...expectErrors);
    const context = await browser.newContext({ viewport, locale: lang === "ko" ? "ko-KR" : "en-US", colorScheme: theme, reducedMotion, forcedColors, hasTouch: touch, isMobile: touch });
    contexts.push(context);
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    watch(page, server.origin, faults, allowed);
    if (prepare) await prepare(page);
    if (slowdown > 1) await (await context.newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    await page.goto(server.origin + path, { waitUntil: "domcontentloaded" });
    return page;
  };
  const begun = performance.now();
  try {
    await flow({ open, note: (text) => notes.push(text), server });
  } catch (error) {
    faults.unshift(String(error?.stack ?? error));
  }
  for (const context of contexts) await context.close();
  server.close();
  return { faults, notes, seconds: (performance.now() - begun) / 1000 };
}

function watch(page, origin, faults, allowed) {
  const fault = (text) => { if (!allowed.some((pattern) => pattern.test(text))) faults.push(text); };
  page.on("console", (message) => { if (message.type() === "error") fault(`console error: ${message.text()} (${message.location().url})`); });
  page.on("pageerror", (error) => fault(`uncaught: ${error.stack ?? error}`));
  page.on("crash", () => fault("the page crashed"));
  page.on("requestfailed", (request) => { if (request.failure()?.errorText !== "net::ERR_ABORTED") fault(`request failed: ${request.url()} ${request.failure()?.errorText}`); });
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(origin) && !url.startsWith("data:") && !url.startsWith(`blob:${origin}`)) fault(`request to another site: ${url}`);
  });
  page.addInitScript(() => {
    addEventListener("securitypolicyviolation", (event) => {
      console.error(`policy violation: ${event.effectiveDirective} blocked ${event.blockedURI || event.sourceFile} ${event.sample}`);
    });
  });
}

// What a Korean keyboard does for a text: one composition per syllable, built up jamo by jamo, then committed.
// `steps` per syllable, e.g. [["ㅎ", "하", "한"], ["ㄱ", "그", "글"]].
export async function composeHangul(page, syllables) {
  const session = await page.context().newCDPSession(page);
  for (const steps of syllables) {
    for (const text of steps) await session.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
    await session.send("Input.insertText", { text: steps.at(-1) });
  }
  await session.detach();
}
