// The lessons about the control plane's parts, each from its first step to its last: predictions are made, tasks are done by the
// lines of their own solution, typed, and by the buttons that the step offers; nothing is asked to be judged.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { accessibilityFaults } from "./axe.mjs";
import { DIST } from "./harness.mjs";
import { current, finished, seconds, speed, step, type } from "./learner.mjs";

export const title = "the lessons about operations, by hand: every step by its own solution, nothing asked to be judged";

// What comes true, in the order of the questions: the words after each are written for it.
const TRUE = {
  parts: ["none", "serve", "timeout"],
  write: ["shared", "conflict", "kubelet"],
  etcd: ["same", "nothing", "one"],
  election: ["one", "moment", "seconds"],
  "dead-plane": ["none", "all", "stays"],
  kubeadm: ["notready", "worker"],
  k3s: ["ready", "zero", "refuses", "none"],
  "k3s-or-kubeadm": ["many", "many", "more", "sqlite", "half", "kubeadm", "both"],
  "three-planes": ["nothing", "done", "before"],
  certificates: ["users", "kubelet"],
  upgrade: ["old", "old", "board"],
  managed: ["healed", "both"],
};
// Half of the lessons in each language and each theme.
const LOOKS = [["ko", "light", 1280, 800], ["en", "dark", 1440, 900]];
// How fast the cluster's time goes while something is done, and while a solution only waits. A slow machine must not make a
// minute of a line that is typed.
const [DEEDS, WAITS] = [5, 30];

export default async function ({ open, note }) {
  const begun = performance.now();
  const names = Object.keys(TRUE);
  // Three at a time: a page waits for its engine most of the time.
  const lanes = [0, 1, 2].map(async (lane) => {
    for (let at = lane; at < names.length; at += 3) await lesson(open, names[at], LOOKS[at % 2]);
  });
  await Promise.all(lanes);
  note(`${names.length} lessons to their ends in ${Math.round((performance.now() - begun) / 1000)} s`);
}

async function lesson(open, name, [lang, theme, width, height]) {
  const told = JSON.parse(readFileSync(`${DIST}/lessons/${name}/lesson.json`, "utf8"));
  const page = await open({ path: `/?lesson=${name}`, lang, theme, viewport: { width, height } });
  page.setDefaultTimeout(60_000);
  await page.waitForSelector("article.card .row button");
  await page.waitForFunction(() => document.querySelector(".track")?.getAttribute("aria-valuemax") !== "0");
  await speed(page, DEEDS);
  const answers = [...TRUE[name]];
  for (let now = await current(page); now; now = await current(page)) {
    const data = told.steps.find((one) => one.id === now.id), card = step(page, now.id), where = `${name}, ${now.id}`;
    if (data.lens) await page.waitForFunction((lens) => document.querySelector(".work").classList.contains("lensed") === (lens !== "cluster"), data.lens);
    await fits(page, where);
    await DO[now.kind](page, card, data, answers, where);
    await finished(page, now.id);
  }
  await page.waitForSelector(".finished");
  assert.deepEqual(answers, [], `${name}: every question was asked`);
  assert.deepEqual(await accessibilityFaults(page), [], name);
  await page.close();
}

const DO = {
  figure: (page, card) => card.locator(".row .primary").last().click(),
  read: (page, card) => card.locator(".row .primary").last().click(),
  explain: (page, card) => card.locator(".row .primary").last().click(),
  predict: choose,
  quiz: choose,
  async task(page, card, data, answers, where) {
    for (const deed of data.solution) {
      if (deed.run) await type(page, deed.run);
      else if (deed.fault) await press(card, data, deed.fault, where);
      else if (deed.pass) await pass(page, span(deed.pass));
      // What the next line waits for cannot be asked from here: a while is as good, unless the step is done before.
      else await pass(page, Math.min(45, span(deed.within)), () => card.evaluate((card) => card.classList.contains("finished-step")));
    }
  },
  async break(page, card) {
    const faults = card.locator(".btn.fault");
    for (let at = 0; at < await faults.count(); at += 1) await faults.nth(at).click();
    await card.locator(".row .primary").last().click();
  },
};

async function choose(page, card, data, answers, where) {
  const options = data.choice?.options ?? data.options, answer = answers.shift();
  await card.locator("input").nth(options.indexOf(answer)).check();
  await card.locator(".row .primary").click();
  const right = card.locator(".opt.right input");
  await right.waitFor();
  assert.equal(await right.getAttribute("value"), answer, `${where}: another answer comes true than the words say`);
}

async function press(card, data, fault, where) {
  const at = buttons(data.faults ?? []).findIndex((button) => button.some((one) => same(one, fault)));
  assert.ok(at >= 0, `${where}: there is no button for ${JSON.stringify(fault)}`);
  await card.locator(".btn.fault").nth(at).click();
}

// Two faults that undo each other share a button.
function buttons(faults) {
  const left = [...faults], all = [];
  while (left.length > 0) {
    const fault = left.shift();
    const at = left.findIndex((other) => undoes(fault, other) || undoes(other, fault));
    all.push(at < 0 ? [fault] : [fault, ...left.splice(at, 1)]);
  }
  return all;
}

function undoes(back, { fault, ...what }) {
  const word = { "stop-component": "start-component", "stop-node": "start-node", "cut-node": "mend-node", "slow-disk": "slow-disk", "slow-component": "slow-component" }[fault];
  const of = ({ fsync_ms, delay_ms, ...place }) => place;
  const slow = ({ fsync_ms = 0, delay_ms = 0 }) => fsync_ms + delay_ms > 0;
  return word !== undefined && same({ fault: word, ...of(what) }, of(back)) && (word !== fault || (slow(what) && !slow(back)));
}

// Lets so much of the cluster's time pass.
async function pass(page, most, enough = () => false) {
  const end = await seconds(page) + most;
  await speed(page, most > 8 ? WAITS : DEEDS);
  while (await seconds(page) < end && !await enough()) await page.waitForTimeout(50);
  await speed(page, DEEDS);
}

// Nothing of the lens or of the picture sticks out of its box.
async function fits(page, where) {
  const out = await page.evaluate(() => {
    const seen = (element) => { const box = element.getBoundingClientRect(); return box.width > 0 && box.height > 0; };
    const beyond = (text) => {
      const rect = [...text.parentElement.children].find((one) => one.tagName === "rect");
      if (!rect || !seen(rect) || !seen(text)) return false;
      const [a, b] = [text.getBoundingClientRect(), rect.getBoundingClientRect()];
      return a.bottom > b.top && a.top < b.bottom && (a.left < b.left - 3 || a.right > b.right + 3);
    };
    const texts = [...document.querySelectorAll(".picture g > text, .members g > text")].filter(beyond).map((text) => text.textContent);
    const wide = [...document.querySelectorAll(".lens .scroll, .lens .body, .code.line pre")].filter((box) => seen(box) && box.scrollWidth > box.clientWidth + 1).map((box) => box.className);
    return [...texts, ...wide];
  });
  assert.deepEqual(out, [], where);
}

function same(one, other) {
  const flat = (fault) => JSON.stringify(Object.entries(fault).sort());
  return flat(one) === flat(other);
}

// `2m5s` in seconds.
function span(text) {
  return [...text.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce((sum, [, count, unit]) => sum + count * { ms: 0.001, s: 1, m: 60, h: 3600 }[unit], 0);
}
