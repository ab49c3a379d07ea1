// The first lessons from the first step to the last, through the page and the real engine, in both languages.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { answer, begin, current, finished, see, speed, step, type } from "./learner.mjs";

export const title = "the first lessons can be solved through the page, and each leads on to the next";

const COURSE = [["cluster", "en"], ["pods", "ko"], ["deployments", "en"]];
const LAST = readFileSync(new URL("../../lessons/course.yaml", import.meta.url), "utf8").match(/lessons: \[(.*)\]/)[1].split(", ").at(-1);

export default async function ({ open, note }) {
  for (const [lesson, lang] of COURSE) {
    const page = await begin(open, { path: `/?lesson=${lesson}`, lang });
    await page.waitForSelector("article.card .row button");
    const done = [];
    for (let now = await current(page); now; now = await current(page)) {
      assert.ok(!done.includes(now.id), `${lesson}: "${now.id}" is asked again`);
      await DO[now.kind](page, step(page, now.id), now.id);
      await finished(page, now.id);
      done.push(now.id);
    }
    await page.waitForSelector(".finished");
    assert.equal(await page.locator("article.card").count(), done.length, "every step was done");
    const next = page.locator(".lesson > .btn.wide");
    if (lesson === LAST) {
      assert.equal(await next.count(), 0, "the last lesson leads nowhere");
    } else {
      await next.click();
      await page.waitForFunction((before) => !location.search.endsWith(before), lesson);
      await page.waitForSelector("article.card .row button");
    }
    note(`${lesson}, ${lang}: ${done.join(", ")}`);
    await page.context().close();
  }
}

const DO = {
  figure: (page, card) => card.locator(".row .primary").click(),
  read: (page, card) => card.locator(".row .primary").click(),
  explain: (page, card) => card.locator(".row .primary").click(),
  async predict(page, card, id) {
    assert.ok(await card.locator(".row .primary").isDisabled(), "nothing to commit to before a choice");
    await card.locator("input").first().check();
    await card.locator(".row .primary").click();
    await finished(page, id);
    assert.equal(await card.locator(".opt.right").count(), 1, "what came true is marked");
    assert.ok(await card.locator("input").first().isDisabled(), "a prediction is made once");
  },
  async quiz(page, card, id) {
    const options = await card.locator("input").count();
    for (let at = 0; at < options; at += 1) {
      await card.locator("input").nth(at).check();
      await card.locator(".row .primary").click();
      await page.waitForFunction(([id, at]) => document.querySelectorAll(`article[data-step='${id}'] .opt .mark`)[at].textContent !== "", [id, at]);
      if (await card.locator(".opt.right").count() > 0) return;
    }
    assert.fail(`${id}: no option is right`);
  },
  async task(page, card, id) {
    await speed(page, 1);
    await card.locator(".row .primary").click();
    await card.locator(".task .failed").first().waitFor();
    assert.ok(await card.locator(".fail").count() > 0, "a failed check says what is missing");
    const row = card.locator(".row:has(.primary) .btn");
    await row.nth(1).click();
    await card.locator(".hint").waitFor();
    await row.nth(2).click();
    await speed(page, 10);
    await finished(page, id);
    assert.ok(await card.locator(".why").count() > 0, "the explanation is shown once it is earned");
  },
  async break(page, card, id) {
    const faults = card.locator(".btn.fault");
    assert.ok(await faults.count() > 0, `${id}: nothing to break`);
    await faults.first().click();
    await page.waitForSelector(".picture .dead, .picture .off, .ghost, .log .line");
    if (id === "break" && (await page.evaluate(() => location.search)).endsWith("cluster")) {
      await type(page, "kubectl get pods -o wide");
      const words = await answer(page);
      assert.match(words, /was refused/, `without an API server kubectl gets no answer, not: ${words}`);
      // What is broken can be mended by the same button.
      await page.waitForFunction((id) => document.querySelector(`article[data-step='${id}'] .fault`).textContent.startsWith("Start"), id);
      await faults.first().click();
      await page.waitForFunction(() => !document.querySelector(".part.dead"));
    }
    await card.locator(".row .primary").click();
  },
};
