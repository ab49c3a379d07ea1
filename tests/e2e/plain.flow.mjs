// The plain text field: chosen with the keyboard, remembered, whole syllables, applied; and a text of 10 MB is refused at once in both fields.
import assert from "node:assert/strict";
import { composeHangul } from "./harness.mjs";
import { begin, see } from "./learner.mjs";
import { watchLongTasks } from "./measure.mjs";

export const title = "the plain editor: chosen by keyboard, remembered, Hangul whole; 10 MB are not pasted";

export default async function ({ open, note }) {
  const page = await begin(open, { path: "/?sandbox", lang: "ko" });
  await page.waitForSelector(".host .cm-content");
  note(`10 MB into CodeMirror: longest main-thread task ${await refused(page, true)} ms`);

  await page.focus(".settings summary");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Space");
  await page.waitForSelector("#editor-plain:visible");
  assert.equal(await page.locator(".host .cm-content").count(), 0, "CodeMirror is gone");

  await page.reload();
  await page.waitForSelector("#editor-plain:visible");
  await page.waitForFunction(() => document.querySelector("#editor-plain").value.includes("apiVersion"));
  await page.focus("#editor-plain");
  await page.keyboard.press("Control+End");
  await page.keyboard.type("# ");
  await composeHangul(page, [["ㅎ", "하", "한"], ["ㄱ", "그", "글"], ["ㅇ", "이", "있"], ["ㄷ", "다"]]);
  assert.ok((await page.inputValue("#editor-plain")).endsWith("# 한글있다"), "every syllable is whole");
  await page.waitForTimeout(2000);
  assert.equal(await page.locator(".host .cm-content").count(), 0, "it stays plain after the reload");
  await page.keyboard.press("Control+Enter");
  await see(page, "deployment.apps/web created");
  note(`10 MB into the plain field: longest main-thread task ${await refused(page, false)} ms`);

  // And back.
  await page.focus(".settings summary");
  await page.keyboard.press("Enter");
  await page.locator(".settings input").nth(1).uncheck();
  await page.waitForSelector(".host .cm-content");
}

// Pastes a very long text and expects to be told; the text that was there stays.
async function refused(page, rich) {
  const target = () => (rich ? document.querySelector(".host").shadowRoot.querySelector(".cm-content") : document.querySelector("#editor-plain"));
  const text = () => page.evaluate(`(${target})().${rich ? "textContent" : "value"}`.replace("rich ?", `${rich} ?`));
  const before = await text();
  const longest = await watchLongTasks(page);
  await page.evaluate(`{
    const rich = ${rich};
    const data = new DataTransfer();
    data.setData("text/plain", "a line of a very long text that nobody should paste here\\n".repeat(180000));
    (${target})().dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  }`);
  await page.waitForSelector(".banner");
  assert.match(await page.textContent(".banner"), /10MB/);
  assert.equal(await text(), before);
  await page.locator(".banner .btn").click();
  return longest();
}
