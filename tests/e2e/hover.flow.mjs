// What a Pod tells while the pointer rests on it: how the scheduler came to its node, or what keeps it waiting.
import assert from "node:assert/strict";
import { begin, speed, type } from "./learner.mjs";

export const title = "the pointer on a Pod shows the scheduler's reasons";

export default async function ({ open }) {
  const page = await begin(open, { path: "/?sandbox" });
  await speed(page, 10);
  await type(page, "kubectl create deployment shop --image=nginx:1.27 --replicas=2");
  await type(page, "kubectl rollout status deploy/shop");
  await type(page, `kubectl run big --image=nginx:1.27 --overrides='{"spec":{"containers":[{"name":"big","image":"nginx:1.27","resources":{"requests":{"cpu":"64"}}}]}}'`);

  await page.locator("[data-id^='pod/default/shop']").first().hover();
  await page.waitForSelector(".told .verdicts .chosen");
  const told = await page.evaluate(() => document.querySelector(".told").innerText);
  assert.match(told, /control-plane[^]*TaintToleration[^]*points/, "every node with what spoke for or against it");
  const inside = await page.evaluate(() => {
    const [box, frame] = [".told", ".frame"].map((name) => document.querySelector(name).getBoundingClientRect());
    return box.top >= frame.top && box.bottom <= frame.bottom && box.left >= frame.left && box.right <= frame.right;
  });
  assert.ok(inside, "all of it can be seen");
  assert.equal(await page.locator(".inspector").isVisible(), false, "nothing is chosen by pointing");

  await page.locator("[data-id='pod/default/big']").hover();
  await page.waitForFunction(() => document.querySelector(".told").innerText.includes("3 Insufficient cpu"));
  await page.locator(".lesson h1, .lesson h2").first().hover();
  await page.waitForFunction(() => document.querySelector(".told").hidden);

  // By the keyboard: what has the focus tells the same, until Escape.
  await page.focus(".drawing");
  await page.keyboard.press("ArrowRight");
  while (!await page.evaluate(() => document.activeElement.dataset.id.startsWith("pod/default/shop"))) await page.keyboard.press("ArrowRight");
  await page.waitForSelector(".told .verdicts .chosen");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector(".told").hidden);
}
