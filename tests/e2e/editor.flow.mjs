// The lazy editor by itself: no policy violation, Hangul whole, keyboard in and out, problems and completion as given.
import assert from "node:assert/strict";
import { composeHangul } from "./harness.mjs";

export const title = "the editor keeps every syllable, completes, marks problems, and lets Tab out after Esc";

const START = "apiVersion: apps/v1\nkind: Deployment\nspec:\n  replicas: 3\n";

export default async function ({ open }) {
  const page = await open();
  await page.waitForFunction(() => window.kubariumEditor);
  await page.evaluate(mountAlone, START);
  const doc = () => page.evaluate(() => window.editor.getDoc());
  const inside = (selector) => page.locator("#alone").locator(selector);

  await page.keyboard.press("Control+End");
  await composeHangul(page, [["ㅎ", "하", "한"], ["ㄱ", "그", "글"]]);
  assert.equal(await doc(), `${START}한글`);

  // The engine's answer to the last letter arrives in the middle of the next syllable.
  const ime = await page.context().newCDPSession(page);
  await ime.send("Input.imeSetComposition", { text: "하", selectionStart: 1, selectionEnd: 1 });
  await page.evaluate(() => window.editor.setProblems([{ line: 4, column: 3, endColumn: 11, severity: "error", message: "no such field" }, { line: 99, severity: "warning", message: "past the end" }]));
  await ime.send("Input.imeSetComposition", { text: "한", selectionStart: 1, selectionEnd: 1 });
  await ime.send("Input.insertText", { text: "한" });
  assert.equal(await doc(), `${START}한글한`);
  await inside(".cm-lintRange-error").waitFor();

  await page.keyboard.press("Control+Enter");
  assert.equal(await page.evaluate(() => window.applied), 1);

  await page.keyboard.press("Enter");
  await page.keyboard.type("met");
  await inside(".cm-tooltip-autocomplete li").first().click();
  assert.equal(await doc(), `${START}한글한\nmetadata`);

  assert.equal(await page.evaluate(() => window.asked), `${START}한글한\nmet`.length, "asked about the place of the cursor");

  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "alone", "Tab alone indents");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.id), "after", "Esc, then Tab leaves");

  const heard = await page.evaluate(() => window.changes.length);
  await page.evaluate(() => { window.editor.setTheme(true); window.editor.setDoc("a: 1\n"); });
  assert.equal(await doc(), "a: 1\n");
  assert.equal(await page.evaluate(() => window.changes.length), heard, "what the page sets itself is not reported back");
}

// Runs in the page: an editor in a box of its own, with answers made up here.
async function mountAlone(text) {
  const host = Object.assign(document.createElement("div"), { id: "alone" });
  const after = Object.assign(document.createElement("button"), { id: "after", textContent: "after" });
  document.body.prepend(host, after);
  window.changes = [];
  window.applied = 0;
  const { mount } = await window.kubariumEditor.load();
  window.editor = mount(host, {
    doc: text, dark: false, label: "shop.yaml",
    onChange: (text) => window.changes.push(text),
    onApply: () => { window.applied += 1; },
    onComplete: async (text, at) => {
      window.asked = at;
      const from = at - 3;
      return [{ label: "metadata", detail: "object", info: "Standard object metadata.", apply: "metadata", from }, { label: "metrics", detail: "", info: "", apply: "metrics: []", from }];
    },
    onHover: async (text, pos) => ({ text: "how many", from: pos, to: pos + 1 }),
  });
  window.editor.focus();
}
