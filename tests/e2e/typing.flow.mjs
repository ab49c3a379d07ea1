// Hangul typed into the terminal and the editor arrives whole; the shell's keys do what they do in a shell.
import assert from "node:assert/strict";
import { composeHangul } from "./harness.mjs";
import { installMock } from "./mock-engine.mjs";

export const title = "Hangul arrives whole in terminal and editor; history, completion, leaving";

const HANGUL = [["ㅎ", "하", "한"], ["ㄱ", "그", "글"]];

export default async function ({ open }) {
  const page = await open({ lang: "ko", prepare: installMock });
  await page.waitForSelector("[data-id='node/worker-1']");
  const lines = () => page.evaluate(() => window.mock.sent.filter((each) => each.to === "do" && each.input.do === "line").map((each) => each.input.text));

  await page.focus("#terminal-line");
  await page.keyboard.type("echo ");
  await composeHangul(page, HANGUL);
  await page.keyboard.press("Enter");
  assert.deepEqual(await lines(), ["echo 한글"], "what was composed is sent once, whole");
  assert.equal(await page.inputValue("#terminal-line"), "");

  await page.keyboard.press("ArrowUp");
  assert.equal(await page.inputValue("#terminal-line"), "echo 한글", "the line before comes back");
  await page.keyboard.press("Control+c");
  assert.equal(await page.inputValue("#terminal-line"), "");
  assert.ok(await page.evaluate(() => window.mock.sent.some((each) => each.input?.do === "interrupt")));

  await page.keyboard.type("kubectl g");
  await page.keyboard.press("Tab");
  await page.waitForFunction(() => document.getElementById("terminal-line").value === "kubectl get");
  assert.equal(await page.evaluate(() => document.activeElement.id), "terminal-line", "Tab completed and stayed");
  await page.keyboard.press("Control+c");
  await page.keyboard.press("Tab");
  assert.notEqual(await page.evaluate(() => document.activeElement.id), "terminal-line", "with nothing typed, Tab goes on");

  // The plain field first, then CodeMirror over it.
  const editor = page.locator(".host .cm-content");
  await editor.waitFor();
  await editor.click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# ");
  await composeHangul(page, HANGUL);
  await page.keyboard.press("Control+Enter");
  const applied = await page.evaluate(() => window.mock.sent.findLast((each) => each.input?.do === "apply")?.input);
  assert.equal(applied?.name, "shop.yaml");
  assert.ok(applied.text.endsWith("# 한글"), "the editor's text was applied with the whole word");
  // The first Escape closes a list of completions that may be on its way.
  await page.keyboard.press("Escape");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.closest(".host") === null), true, "Esc, then Tab leaves the editor");
}
