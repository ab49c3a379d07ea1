// Lesson 1 from its first step to its last with nothing but the keyboard, and the focus to be seen at every stop.
import assert from "node:assert/strict";
import { answer, begin, current, finished, see } from "./learner.mjs";

export const title = "lesson 1 with the keyboard alone, focus visible at every stop";

export default async function ({ open, note }) {
  const page = await begin(open, { path: "/?lesson=cluster" });
  const keys = keyboard(page);
  await page.waitForSelector("article.card .row button");

  await keys.tab((at) => at.text.startsWith("Go on"));
  await page.keyboard.press("Enter");
  await finished(page, "boot");

  await keys.pane("terminal");
  await keys.line("kubectl apply -f hello.yaml");
  await finished(page, "first");

  // The picture with arrows, the chain of causes with Enter.
  await keys.pane("picture");
  for (let tries = 0; await keys.at("id") !== "pod/default/hello"; tries += 1) {
    assert.ok(tries < 60, "the arrows never reached the Pod");
    await page.keyboard.press("ArrowRight");
  }
  await keys.seen();
  await page.keyboard.press("Enter");
  await see(page, "kube-scheduler", ".chain");

  await keys.pane("lesson");
  await keys.tab((at) => at.type === "radio");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await keys.tab((at) => at.text === "Commit");
  await page.keyboard.press("Enter");
  await finished(page, "who");

  await keys.tab((at) => at.type === "radio");
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await keys.tab((at) => at.text === "Commit");
  await page.keyboard.press("Enter");
  await finished(page, "guess");

  await keys.fault("Stop kube-scheduler");
  await page.waitForSelector("[data-id='kube-scheduler'].dead");
  await keys.pane("terminal");
  await keys.line("kubectl run late --image=hello:v1");
  await page.waitForSelector(".waiting");
  await keys.line("kubectl get pods");
  assert.match(await answer(page), /late +0\/1 +Pending/);
  await keys.pane("time");
  for (let at = await now(page), goal = at + 4; at < goal; at = await now(page)) await page.waitForTimeout(200);
  await keys.fault("Start kube-scheduler");
  await finished(page, "late");

  await keys.pane("lesson");
  await keys.tab((at) => at.text.startsWith("Go on"));
  await page.keyboard.press("Enter");
  await finished(page, "break");
  assert.equal(await current(page), null);
  await page.waitForSelector(".finished");

  // In and out of the editor.
  await page.waitForSelector(".host .cm-content");
  await keys.pane("editor");
  await page.waitForFunction(() => document.activeElement.shadowRoot?.querySelector(".cm-focused"));
  if (!await page.evaluate(() => document.activeElement.closest?.(".editor .sheet-of-text"))) await keys.tab((at) => at.editor);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.closest(".sheet-of-text") === null), true, "the editor is no trap");
  note(`${keys.stops()} stops, each with a visible focus`);
}

async function now(page) {
  const [minutes, rest] = (await page.textContent(".reading")).split(":");
  return Number(minutes) * 60 + Number(rest);
}

function keyboard(page) {
  let stops = 0;
  const at = (name) => page.evaluate((name) => document.activeElement.dataset?.[name], name);
  // Something around the focused thing is drawn that would not be there without the focus.
  const seen = async () => {
    stops += 1;
    const shown = await page.evaluate(() => {
      let inner = document.activeElement;
      while (inner.shadowRoot?.activeElement) inner = inner.shadowRoot.activeElement;
      const marked = (element) => {
        const look = getComputedStyle(element);
        return (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) > 0) || look.boxShadow !== "none";
      };
      const shape = inner.closest("[data-id]")?.querySelector("rect, text");
      const drawn = shape && (parseFloat(getComputedStyle(shape).strokeWidth) >= 2.5 || getComputedStyle(shape).textDecorationLine !== "none");
      return { ok: drawn || marked(inner) || Boolean(inner.closest(".ask") && marked(inner.closest(".ask"))) || Boolean(inner.closest(".cm-focused")), what: inner.outerHTML.slice(0, 120) };
    });
    assert.ok(shown.ok, `the focus cannot be seen on ${shown.what}`);
  };
  const tab = async (wanted, most = 90) => {
    for (let tries = 0; tries < most; tries += 1) {
      await page.keyboard.press("Tab");
      const here = await page.evaluate(() => {
        const at = document.activeElement;
        if (at === document.body) return null;
        return { text: at.textContent.trim(), type: at.type ?? "", label: at.getAttribute("aria-label") ?? "", disabled: at.disabled === true, editor: Boolean(at.closest(".sheet-of-text")) };
      });
      if (!here) continue;
      await seen();
      if (wanted(here)) return;
      // The editor keeps Tab for itself until Esc was pressed.
      if (here.editor) await page.keyboard.press("Escape");
    }
    assert.fail(`Tab never reached ${wanted}`);
  };
  const pane = async (name) => {
    for (let tries = 0; tries < 8; tries += 1) {
      await page.keyboard.press("F6");
      if (await page.evaluate((name) => document.activeElement.closest("[data-pane]")?.dataset.pane === name, name)) return name === "editor" ? undefined : seen();
    }
    assert.fail(`F6 never reached the pane ${name}`);
  };
  return {
    at, seen, tab, pane, stops: () => stops,
    async line(text) {
      await page.keyboard.type(text);
      await page.keyboard.press("Enter");
      await page.waitForFunction((text) => [...document.querySelectorAll(".log .said")].at(-1)?.textContent.includes(text) && !document.querySelector(".terminal .bar .btn.small"), text);
    },
    async fault(label) {
      await pane("picture");
      for (let tries = 0; tries < 12 && await page.evaluate(() => document.activeElement.closest("summary")?.textContent !== "Break it"); tries += 1) await page.keyboard.press("Shift+Tab");
      await seen();
      await page.keyboard.press("Enter");
      await tab((at) => at.label === label);
      await page.keyboard.press("Enter");
      await page.keyboard.press("Escape");
    },
  };
}
