// Two clusters beside each other: the learner installs K3s on the left and kubeadm on the right, by typing, in one time; the
// table under them fills from what they made.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";

export const title = "the lab: K3s and kubeadm installed side by side in one time, a request served, and measured";

const shot = (page, name) => process.env.KUBARIUM_SHOTS ? page.screenshot({ path: `${process.env.KUBARIUM_SHOTS}/lab-${name}.png`, fullPage: true }) : null;

export default async function ({ open, note }) {
  for (const [lang, theme] of [["ko", "light"], ["en", "dark"]]) {
    const begun = performance.now();
    const page = await open({ path: "/?lab=k3s-kubeadm", lang, theme, viewport: { width: 1280, height: 800 } });
    const [k3s, kubeadm] = await Promise.all(["k3s", "kubeadm"].map((way) => pane(page, way)));
    // Nothing is there to be measured yet, and the table says so.
    await cell(page, "datastore", 0, lang === "ko" ? "아직 클러스터 없음" : "no cluster yet");
    await clean(page, `${lang}, before`);
    await shot(page, `${lang}-before`);
    if (lang === "en") await keyboard(page);
    await page.locator(".drive select").selectOption("30000");

    // One after the other: a page has one keyboard.
    await installed(k3s);
    await installed(kubeadm);
    for (const at of [0, 1]) await page.waitForFunction((where) => /\d/.test(document.querySelector(where).textContent), place("minutes", at));
    for (const [frame, workers] of [[k3s, 1], [kubeadm, 1]]) {
      await type(frame, "kubectl get nodes --no-headers");
      assert.equal((await answer(frame)).match(/ Ready /g)?.length, workers + 1, await answer(frame));
    }
    // A request is served on both sides.
    for (const frame of [k3s, kubeadm]) {
      await type(frame, "kubectl create deployment web --image=hello:v1 --replicas=2");
      await type(frame, "kubectl expose deployment web --type=NodePort --port 80 --target-port 8080");
      await type(frame, "kubectl rollout status deployment web");
      await type(frame, "kubectl get service web -o jsonpath='{.spec.ports[0].nodePort}{\"\\n\"}'");
      const port = (await answer(frame)).match(/3\d{4}/)[0];
      await type(frame, `ssh node-1 curl -s http://192.168.100.12:${port}/`);
      assert.match(await answer(frame), /Hello from v1/);
    }
    await cell(page, "datastore", 0, "SQLite");
    await cell(page, "datastore", 1, "etcd");
    const steps = await Promise.all([0, 1].map((at) => number(page, "steps", at)));
    assert.ok(steps[0] < 8 && steps[1] > 30, `${steps} lines`);
    const processes = await Promise.all([0, 1].map((at) => number(page, "processes", at)));
    assert.ok(processes[0] < processes[1], `${processes} processes`);
    assert.match(await text(page, "bundled", 0), /traefik/);
    assert.match(await text(page, "architectures", 1), /arm64/);
    await attempts(page);
    assert.ok(await number(page, "memory-100", 0) > await number(page, "memory-rest", 0));
    assert.match(await text(page, "server-stops", 1), lang === "ko" ? /서비스/ : /Service traffic/);
    const sources = await page.locator(".compared tbody tr td:last-child").allTextContents();
    assert.ok(sources.length === 11 && sources.every((text) => text.length > 5), "each row says its source");

    // One time: both stand at the same instant, also when one of them answered a command while the clock stood still.
    await page.locator(".drive .primary").click();
    await type(k3s, "kubectl get pods");
    await together(page);
    await page.getByRole("button", { name: lang === "ko" ? "1초 앞으로" : "Step 1 s" }).click();
    await together(page);
    await clean(page, `${lang}, after`);
    for (const frame of [k3s, kubeadm]) assert.deepEqual(await accessibilityFaults(frame), [], `${lang}, a pane`);
    await shot(page, `${lang}-after`);
    note(`${lang}: both installed, served and measured after ${((performance.now() - begun) / 1000).toFixed(1)} s; lines ${steps.join(" and ")}, minutes ${await text(page, "minutes", 0)} and ${await text(page, "minutes", 1)}`);
    if (lang === "en") await again(page);
    await page.close();
  }
  await phone(open);
}

async function pane(page, way) {
  const frame = await (await page.waitForSelector(`#lab-${way}`)).contentFrame();
  await frame.waitForSelector(".picture .server");
  await frame.waitForSelector(".ahead");
  return frame;
}

// Presses the lines of the quick start until there is none left; what a press types stands in the log like any other line.
async function installed(frame) {
  for (let lines = 0; lines < 60 && await frame.locator(".ahead").count() > 0; lines += 1) {
    const line = await frame.locator(".ahead code").textContent();
    await type(frame, line);
  }
  assert.equal(await frame.locator(".ahead").count(), 0);
}

async function type(frame, line) {
  const before = await frame.locator(".log .said").count();
  await frame.fill("#terminal-line", line);
  await frame.press("#terminal-line", "Enter");
  await frame.waitForFunction((before) => document.querySelectorAll(".log .said").length > before && !document.querySelector(".terminal .bar .btn.small"), before);
}

function answer(frame) {
  return frame.evaluate(() => {
    const lines = [...document.querySelectorAll(".log .line")];
    return lines.slice(lines.findLastIndex((line) => line.classList.contains("said")) + 1).map((line) => line.textContent).join("\n");
  });
}

const place = (row, at) => `.compared tr[data-row='${row}'] td:nth-of-type(${at + 1})`;
const text = (page, row, at) => page.locator(place(row, at)).textContent();
const number = async (page, row, at) => Number.parseInt(await text(page, row, at), 10);
const cell = (page, row, at, words) => page.waitForFunction(([where, words]) => document.querySelector(where)?.textContent === words, [place(row, at), words]);

async function attempts(page) {
  for (const [at, row] of ["memory-100", "server-stops"].entries()) {
    await page.locator(".compared .row .btn").nth(at).click();
    await page.waitForFunction((wheres) => wheres.every((where) => document.querySelector(`${where} small`)), [0, 1].map((way) => place(row, way)));
  }
}

// The shared clock and where each world stands.
async function together(page) {
  await page.waitForFunction(() => {
    const all = [...document.querySelectorAll(".reading")].map((reading) => reading.textContent);
    return all.length === 3 && all[0] !== "" && all.every((one) => one === all[0]);
  });
}

// F6 goes through the clock, both panes and the table, and back.
async function keyboard(page) {
  const focused = () => page.evaluate(() => document.activeElement.closest("[data-pane]")?.dataset.pane);
  const inside = (way) => page.evaluate((way) => document.querySelector(`#lab-${way}`).contentDocument.activeElement?.closest("[data-pane]")?.dataset.pane, way);
  await page.locator(".drive .primary").focus();
  await page.keyboard.press("F6");
  await page.waitForFunction(() => document.activeElement.id === "lab-k3s");
  await page.waitForFunction(() => document.querySelector("#lab-k3s").contentDocument.activeElement?.closest("[data-pane='picture']"));
  await page.keyboard.press("F6");
  assert.equal(await inside("k3s"), "terminal");
  await page.keyboard.press("F6");
  await page.waitForFunction(() => document.activeElement.id === "lab-kubeadm");
  await page.waitForFunction(() => document.querySelector("#lab-kubeadm").contentDocument.activeElement?.closest("[data-pane='picture']"));
  await page.keyboard.press("F6");
  await page.keyboard.press("F6");
  await page.waitForFunction(() => document.activeElement.closest("[data-pane]")?.dataset.pane === "compared");
  await page.keyboard.press("Shift+F6");
  await page.waitForFunction(() => document.querySelector("#lab-kubeadm").contentDocument.activeElement?.closest("[data-pane='terminal']"));
  assert.equal(await focused(), "right");
}

// A reload keeps both clusters; from the start, both are bare.
async function again(page) {
  await page.reload();
  const k3s = await (await page.waitForSelector("#lab-k3s")).contentFrame();
  await k3s.waitForSelector(".picture .node:not(.booting):not(.notready)");
  await cell(page, "datastore", 0, "SQLite");
  await page.locator(".drive > .btn").last().click();
  await cell(page, "datastore", 0, "no cluster yet");
  await k3s.waitForSelector(".ahead");
  assert.match(await k3s.locator(".ahead code").textContent(), /^ssh node-1$/);
}

async function clean(page, where) {
  assert.deepEqual(await accessibilityFaults(page), [], where);
}

async function phone(open) {
  const page = await open({ path: "/?lab=k3s-kubeadm", lang: "ko", theme: "dark", viewport: { width: 390, height: 844 }, touch: true });
  const frame = await pane(page, "kubeadm");
  const boxes = await page.locator("iframe").evaluateAll((all) => all.map((frame) => frame.getBoundingClientRect()).map(({ top, bottom, width }) => [top, bottom, width]));
  assert.ok(boxes[0][1] <= boxes[1][0] && boxes[0][2] > 350, `stacked: ${boxes}`);
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways");
  assert.ok(await frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways in a pane");
  assert.ok(await frame.locator(".ahead").evaluate((line) => line.scrollWidth <= line.clientWidth + 1), "the next line can be read");
  assert.ok(await page.evaluate(() => document.querySelectorAll(".compared thead th")[2].getBoundingClientRect().right <= innerWidth), "what is compared stands side by side");
  await frame.locator(".ahead").click();
  await frame.waitForFunction(() => document.querySelector(".log .said"));
  await clean(page, "phone");
  assert.deepEqual(await accessibilityFaults(frame), [], "a pane on a phone");
  await shot(page, "phone");
}
