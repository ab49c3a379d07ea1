// Much of the engine's code and of the page's own is fetched when somebody first touches the page: what needs it works at once, also where the fetch fails first.
import assert from "node:assert/strict";
import { begin, see, type } from "./learner.mjs";
import { until } from "./measure.mjs";

export const title = "the second parts of engine and page come when they are needed, and again where they could not be fetched";

const RARE = "kubectl explain pod.spec.containers.livenessProbe";
const ANSWER = "FIELD: livenessProbe";

export default async function ({ open, note, server }) {
  await quietly(open, server, note);
  await failedOnce(open);
  await failedWhenNeeded(open);
  await withoutWorkers(open);
  await pageQuietly(open);
  await pageAgain(open);
  await pageLost(open);
}

// Who only looks does not load it; the first touch fetches it.
async function quietly(open, server, note) {
  server.requests.length = 0;
  const how = [];
  const page = await begin(open, { prepare: (page) => page.context().route("**/engine_rest.wasm*", async (route) => {
    how.push(route.request().resourceType());
    if (how.length > 1) await route.continue();
  }) });
  await page.waitForFunction(() => document.querySelector(".reading").textContent > "00:12");
  assert.deepEqual(how, [], "nothing of a first visit calls for the rest");
  await page.keyboard.press("Shift");
  await until(() => how.length === 1);
  assert.deepEqual(how, ["fetch"]);
  await type(page, RARE);
  await see(page, ANSWER);
  assert.deepEqual(how, ["fetch", "xhr"], "and a command does not wait for a fetch that hangs");
  const order = server.requests.map((path) => path.split("/").pop()).filter((name) => name.endsWith(".wasm"));
  note(`fetched: ${order.join(", ")}`);
  await page.close();
}

async function failedOnce(open) {
  let asked = 0;
  const page = await begin(open, { expectErrors: [/503/], prepare: (page) => page.context().route("**/engine_rest.wasm*", async (route) => {
    asked += 1;
    if (asked === 1) await route.fulfill({ status: 503, body: "" });
    else await route.continue();
  }) });
  await page.keyboard.press("Shift");
  await until(() => asked === 2);
  await type(page, RARE);
  await see(page, ANSWER);
  assert.equal(await page.locator(".banner .btn").count(), 0, "a quiet failure is nobody's concern");
  await page.close();
}

// The command needs it and it cannot be had: the page says what is missing, and goes on by itself once it is there.
async function failedWhenNeeded(open) {
  let lost = true;
  const page = await begin(open, { expectErrors: [/503/], prepare: (page) => page.context().route("**/engine_rest.wasm*", async (route) => {
    if (lost) await route.fulfill({ status: 503, body: "" });
    else await route.continue();
  }) });
  await page.fill("#terminal-line", RARE);
  await page.press("#terminal-line", "Enter");
  await see(page, "A part of the engine could not be fetched", ".banner");
  await see(page, "engine_rest.wasm: 503", ".banner");
  const stood = await page.textContent(".reading");
  lost = false;
  await page.waitForFunction((stood) => document.querySelector(".reading").textContent > stood, stood);
  await type(page, RARE);
  await see(page, ANSWER);
  await page.close();
}

// On the main thread nothing can wait, so the engine begins when it is whole.
async function withoutWorkers(open) {
  let lost = true;
  const page = await open({ expectErrors: [/503/], prepare: async (page) => {
    await page.addInitScript(() => { window.Worker = class { constructor() { throw new DOMException("blocked here", "SecurityError"); } }; });
    await page.route("**/engine_rest.wasm*", async (route) => {
      if (lost) await route.fulfill({ status: 503, body: "" });
      else await route.continue();
    });
  } });
  await see(page, "engine_rest.wasm: 503", ".banner");
  lost = false;
  await page.waitForSelector(".node:not(.booting):not(.notready) > [data-id='node/worker-3']");
  await type(page, RARE);
  await see(page, ANSWER);
}

// Who only looks, and does what most people do first, needs nothing more of the page; a rare deed works while the fetch hangs.
async function pageQuietly(open) {
  const how = [];
  const page = await begin(open, { prepare: (page) => page.route("**/page_rest.wasm*", async (route) => {
    how.push(route.request().resourceType());
    if (how.length > 1) await route.continue();
  }) });
  for (const width of [800, 1100, 400, 1280]) {
    await page.setViewportSize({ width, height: 760 });
    await page.evaluate(() => scrollBy(0, 120));
  }
  await page.waitForFunction(() => document.querySelector(".reading").textContent > "00:30");
  assert.deepEqual(how, [], "nothing of a first visit calls for the page's rest, also in another window");
  await page.hover(".stage .tabs .tab");
  await until(() => how.length === 1);
  await type(page, "kubectl get nodes");
  assert.deepEqual(how, ["fetch"], "a first command runs without the page's rest");
  await page.keyboard.press("Control+k");
  await page.waitForSelector(".palette[open] .item");
  assert.deepEqual(how, ["fetch", "xhr"], "and the palette does not wait for a fetch that hangs");
  await page.close();
}

// Who has been here before gets the whole page, which waits for nothing later.
async function pageAgain(open) {
  const how = [];
  const watch = (page) => page.route("**/page_rest.wasm*", async (route) => {
    how.push(route.request().resourceType());
    await route.continue();
  });
  const page = await begin(open, { prepare: watch });
  assert.deepEqual(how, []);
  await page.reload();
  await page.waitForSelector(".node:not(.booting):not(.notready) > [data-id='node/worker-3']");
  assert.deepEqual(how, ["fetch"]);
  await page.keyboard.press("Control+k");
  await page.waitForSelector(".palette[open] .item");
  assert.deepEqual(how, ["fetch"], "all of it was there");
  await page.close();
}

// Needed and not to be had: the page says so instead of answering to nothing.
async function pageLost(open) {
  const page = await begin(open, { expectErrors: [/503/, /page_rest/], prepare: (page) => page.route("**/page_rest.wasm*", (route) => route.fulfill({ status: 503, body: "" })) });
  await page.keyboard.press("Control+k");
  await see(page, "The page could not start", "#shell");
  await see(page, "page_rest.wasm: 503", "#shell-reason");
  await page.close();
}
