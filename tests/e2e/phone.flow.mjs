// A phone of 360 x 640: the first task by taps alone, nothing scrolls sideways, targets are large enough for a finger.
import assert from "node:assert/strict";
import { answer, begin, finished, see, step } from "./learner.mjs";

export const title = "the first task on a phone, by taps alone";

export default async function ({ open }) {
  const page = await begin(open, { path: "/?lesson=cluster", lang: "ko", viewport: { width: 360, height: 640 }, touch: true });
  const tab = (at) => page.locator(".switch .tab").nth(at).tap();
  const sideways = async (where) => assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${where} scrolls sideways`);

  await sideways("the lesson");
  await step(page, "boot").locator(".row .primary").tap();
  await finished(page, "boot");

  await tab(1);
  await page.waitForSelector(".editor .btn.primary");
  await sideways("the editor");
  await page.locator(".editor .btn.primary").tap();
  await page.waitForSelector("[data-id='pod/default/hello']");

  await tab(2);
  await sideways("the terminal");
  const squeezed = await page.evaluate(() => [...document.querySelectorAll(".chips .chip")].filter((chip) => chip.scrollWidth > chip.clientWidth + 1).map((chip) => chip.textContent));
  assert.deepEqual(squeezed, [], "no word runs out of its button");
  await page.locator(".chips .chip").first().tap();
  await page.waitForFunction(() => document.querySelector(".log").textContent.includes("STATUS"));
  assert.match(await answer(page), /NAME +READY +STATUS/);
  const size = await page.evaluate(() => parseFloat(getComputedStyle(document.querySelector("#terminal-line")).fontSize));
  assert.ok(size >= 16, "a smaller field would zoom the page on a phone");

  await finished(page, "first");
  await page.locator("[data-id='pod/default/hello']").tap();
  await see(page, "kube-scheduler", ".chain");
  await sideways("the chain of causes");

  const small = await page.evaluate(() => [...document.querySelectorAll("button, summary, select, input")]
    .filter((element) => element.offsetParent && !element.closest(".obj") && !["radio", "checkbox"].includes(element.type) && !element.classList.contains("obj"))
    .map((element) => ({ box: element.getBoundingClientRect(), name: element.className || element.id }))
    .filter(({ box }) => box.width > 0 && (box.height < 40 || box.width < 24)).map(({ box, name }) => `${name} ${Math.round(box.width)}x${Math.round(box.height)}`));
  assert.deepEqual(small, [], "too small for a finger");
}
