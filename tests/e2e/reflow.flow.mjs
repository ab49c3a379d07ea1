// Nothing is lost at 320 px, at 200 % and at 400 %; nothing moves where the reader wants it still; high contrast keeps its lines.
import assert from "node:assert/strict";
import { begin, step } from "./learner.mjs";

export const title = "320 px, 200 % and 400 % lose nothing; reduced motion runs no animation; high contrast can be read";

// A page of 1280 x 800 at 200 % and 400 % has these sizes.
const SIZES = [["320 px", 320, 640, 1], ["200 %", 640, 400, 2], ["400 %", 320, 256, 4]];

export default async function ({ open, note }) {
  for (const lang of ["ko", "en"]) {
    for (const [name, width, height] of SIZES) {
      const page = await begin(open, { path: "/?lesson=cluster", lang, viewport: { width, height }, reducedMotion: "reduce" });
      await page.waitForSelector("article.card");
      for (const tab of [0, 1, 2, 3]) {
        await page.locator(".switch .tab").nth(tab).click();
        const lost = await page.evaluate(outside);
        assert.deepEqual(lost, [], `${lang}, ${name}, tab ${tab}`);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${lang}, ${name}, tab ${tab}: scrolls sideways`);
      }
      await page.locator(".switch .tab").nth(0).click();
      const reach = await step(page, "boot").evaluate((card) => { card.scrollIntoView(); return Math.min(innerHeight, card.getBoundingClientRect().bottom) - Math.max(0, card.getBoundingClientRect().top); });
      assert.ok(reach > 60, `${lang}, ${name}: ${Math.round(reach)} px of the first card can be seen`);
      await page.close();
    }
  }
  await heading(open);
  await still(open, note);
  await contrast(open);
}

// A page of 1440 x 900 at 200 %: wide enough for the name, which stays in one line.
async function heading(open) {
  const page = await begin(open, { path: "/?lesson=deployments", lang: "ko", viewport: { width: 720, height: 450 } });
  const name = await page.locator(".brand").boundingBox();
  assert.ok(name.height < 32, `the name is broken in two: ${name.height} px high`);
  await page.close();
}

// Controls that stand outside the window and cannot be scrolled to. Runs in the page.
function outside() {
  const scrolls = (element) => {
    for (let at = element.parentElement; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (/auto|scroll/.test(style.overflowX + style.overflowY)) return true;
    }
    return document.documentElement.scrollHeight > innerHeight + 1;
  };
  return [...document.querySelectorAll("button, summary, select, input, textarea, h1")]
    .filter((element) => element.offsetParent && !element.closest(".sheet, dialog, .skips, .sr"))
    .map((element) => [element, element.getBoundingClientRect()])
    .filter(([, box]) => box.width > 0 && (box.left < -1 || box.right > innerWidth + 1 || box.top < -1 || box.bottom > innerHeight + 1))
    .filter(([element]) => !scrolls(element))
    .map(([element, box]) => `${element.className || element.id || element.textContent} ${Math.round(box.left)},${Math.round(box.top)} ${Math.round(box.width)}x${Math.round(box.height)}`);
}

async function still(open, note) {
  const running = (page) => page.evaluate(() => document.getAnimations().filter((each) => each.playState === "running" && each.effect.target.checkVisibility()).map((each) => each.animationName ?? each.transitionProperty));
  for (const [how, reducedMotion] of [["the system asks for it", "reduce"], ["the setting asks for it", "no-preference"]]) {
    const page = await begin(open, { path: "/?sandbox", reducedMotion });
    if (reducedMotion === "no-preference") {
      await page.locator(".settings summary").click();
      await page.locator(".settings input").first().uncheck();
      // A bar that was on its way may arrive (0.4 s); nothing sets out after that.
      await page.waitForFunction(() => document.getAnimations().every((each) => each.playState !== "running" || !each.effect.target.checkVisibility()));
    }
    await page.locator(".editor .btn.primary").click();
    await page.waitForSelector(".picture .pod");
    for (let look = 0; look < 10; look += 1) {
      assert.deepEqual(await running(page), [], `moves although ${how}`);
      await page.waitForTimeout(150);
    }
    await page.close();
  }
  note("0 animations run in either way of asking");
}

// Every line and mark of the picture stands out from what is behind it.
async function contrast(open) {
  const page = await begin(open, { path: "/?sandbox", forcedColors: "active", theme: "dark" });
  await page.locator(".editor .btn.primary").click();
  await page.waitForSelector(".picture .pod.ready");
  const faint = await page.evaluate(() => {
    const ground = getComputedStyle(document.body).backgroundColor;
    const drawn = [[".picture .glass", "stroke"], [".pod .body", "stroke"], [".part:not(.coming):not(.dead) rect", "stroke"], [".picture .name", "fill"], [".picture .m", "fill"], [".pod.ready .disc", "fill"], [".beat", "fill"], [".lane", "stroke"]];
    return drawn.filter(([selector, what]) => [...document.querySelectorAll(selector)].some((shape) => [ground, "none", "rgba(0, 0, 0, 0)"].includes(getComputedStyle(shape)[what]))).map(([selector]) => selector);
  });
  assert.deepEqual(faint, [], "cannot be seen in high contrast");
}
