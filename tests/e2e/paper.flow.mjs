// A lesson on paper: a teacher prints it, from a dark page, too.
import assert from "node:assert/strict";
import { begin, step } from "./learner.mjs";

export const title = "a printed lesson is whole, in ink, and alone on its paper";

export default async function ({ open }) {
  const page = await begin(open, { path: "/?lesson=cluster", theme: "dark", viewport: { width: 1280, height: 720 } });
  await step(page, "boot").locator(".row .primary").click();
  await step(page, "first").waitFor();
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  const paper = await page.evaluate(() => {
    const lesson = document.querySelector(".lesson");
    const light = (color) => Math.max(...color.match(/[\d.]+/g).slice(0, 3).map(Number));
    const shown = [".stage", ".editor", ".terminal", "footer", ".top", ".card .btn"].filter((name) => document.querySelector(name)?.checkVisibility());
    return { hidden: lesson.scrollHeight - lesson.clientHeight, ink: light(getComputedStyle(lesson).color), shown };
  });
  assert.ok(paper.hidden <= 1, `${paper.hidden} px of the lesson are cut off`);
  assert.ok(paper.ink < 60, `the text is too pale for paper: ${paper.ink}`);
  assert.deepEqual(paper.shown, [], "nothing that has to be pressed is printed");
}
