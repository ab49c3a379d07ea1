// A lesson chooses the panels and where the keyboard is; a learner opens the others with one press.
import assert from "node:assert/strict";
import { begin } from "./learner.mjs";

export const title = "a lesson leaves panels out and sets the focus; the learner opens them again";

export default async function ({ open }) {
  const rewrite = (change) => async (page) => {
    await page.route("**/lessons/pods/lesson.json*", async (route) => {
      const lesson = await (await route.fetch()).json();
      change(lesson);
      await route.fulfill({ json: lesson });
    });
  };
  const shown = (page) => page.evaluate(() => ["lesson", "picture", "editor", "terminal"].filter((pane) => document.getElementById(`pane-${pane}`).getClientRects().length > 0));
  const focused = (page, pane) => page.waitForFunction((pane) => document.activeElement.closest("[data-pane]")?.dataset.pane === pane, pane);

  let page = await begin(open, { path: "/?lesson=pods", prepare: rewrite((lesson) => { lesson.layout = { show: ["text", "cluster", "terminal"], focus: "terminal" }; }) });
  await page.waitForSelector(".closed-pane");
  assert.deepEqual(await shown(page), ["lesson", "picture", "terminal"]);
  await focused(page, "terminal");
  const wide = await page.evaluate(() => document.getElementById("pane-terminal").offsetWidth / document.getElementById("pane-picture").offsetWidth);
  assert.ok(wide > 0.95, "the terminal takes the room");

  await page.locator(".closed-pane").focus();
  await page.keyboard.press("Enter");
  await focused(page, "editor");
  assert.deepEqual(await shown(page), ["lesson", "picture", "editor", "terminal"]);
  await page.close();

  page = await begin(open, { path: "/?lesson=pods", prepare: rewrite((lesson) => { lesson.layout = { show: ["text", "cluster"], focus: "cluster" }; lesson.steps[0].layout = { show: ["text", "cluster", "editor"], focus: "editor" }; }) });
  await page.waitForFunction(() => document.querySelectorAll(".closed-pane").length === 1);
  assert.deepEqual(await shown(page), ["lesson", "picture", "editor"], "the step's own layout goes before the lesson's");
  await page.close();

  // A phone has tabs for all, and begins with the words.
  page = await begin(open, { path: "/?lesson=pods", viewport: { width: 390, height: 844 }, prepare: rewrite((lesson) => { lesson.layout = { show: ["text"], focus: "terminal" }; }) });
  await page.waitForSelector("article.card");
  assert.deepEqual(await shown(page), ["lesson", "picture"]);
  await page.locator(".switch .tab").nth(2).click();
  assert.deepEqual(await shown(page), ["picture", "terminal"]);
}
