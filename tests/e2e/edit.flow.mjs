// kubectl edit opens the editor: saving changes the object, cancelling says so, and the learner's own file is untouched.
import assert from "node:assert/strict";
import { answer, begin, see, type, write, written } from "./learner.mjs";

export const title = "kubectl edit: saved, cancelled, refused";

export default async function ({ open }) {
  const page = await begin(open, { path: "/?lesson=deployments" });
  await page.waitForSelector(".host .cm-content");
  const own = await written(page);
  const start = async () => {
    await page.fill("#terminal-line", "kubectl edit deploy web");
    await page.press("#terminal-line", "Enter");
    await page.waitForFunction(() => document.querySelectorAll(".editor .bar .btn").length === 2);
    await page.waitForFunction(() => [...document.querySelector(".host").shadowRoot.querySelectorAll(".cm-line")].some((line) => line.textContent.includes("Please edit the object below")));
  };
  const button = (name) => page.locator(".editor .bar .btn", { hasText: name });

  await start();
  await button("Cancel").click();
  await see(page, "Edit cancelled, no changes made.");
  assert.equal(await written(page), own, "the editor shows the learner's file again");

  await start();
  const text = await whole(page);
  assert.match(text, /replicas: 3/);
  await write(page, text.replace("replicas: 3", "replicas: 5"));
  await button("Save").click();
  await see(page, "deployment.apps/web edited");
  await page.waitForFunction(() => document.querySelectorAll(".pod.ready").length >= 6);
  await type(page, "kubectl get deploy web -o jsonpath={.spec.replicas}");
  assert.match(await answer(page), /^5/);
  assert.equal(await written(page), own);

  // What the API server refuses comes back into the editor with the reason on top, as the real kubectl does it.
  await start();
  await write(page, (await whole(page)).replace("replicas: 5", "replicas: -1"));
  await button("Save").click();
  await page.waitForFunction(() => [...document.querySelector(".host").shadowRoot.querySelectorAll(".cm-line")].some((line) => line.textContent.includes("must be greater than or equal to 0")));
  await button("Cancel").click();
  await page.waitForFunction(() => !document.querySelector(".terminal .bar .btn.small"));
  assert.equal(await written(page), own);
}

// The whole text: CodeMirror itself draws only the lines in sight.
async function whole(page) {
  await page.locator(".host .cm-content").click();
  await page.keyboard.press("Control+Home");
  const lines = [];
  for (let last = ""; ;) {
    const seen = await page.evaluate(() => [...document.querySelector(".host").shadowRoot.querySelectorAll(".cm-line")].map((line) => line.textContent));
    for (const line of seen.slice(lines.length === 0 ? 0 : overlap(lines, seen))) lines.push(line);
    const key = seen.join("\n");
    if (key === last) return lines.join("\n");
    last = key;
    await page.keyboard.press("PageDown");
    await page.waitForTimeout(60);
  }
}

// How many lines of `next` are the end of `lines` already.
function overlap(lines, next) {
  for (let count = Math.min(lines.length, next.length); count > 0; count -= 1) {
    if (lines.slice(-count).every((line, at) => line === next[at])) return count;
  }
  return 0;
}
