// What a Pod tells while the pointer rests on it: how the scheduler came to its node, or what keeps it waiting.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
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
  await within(page, "a high picture");
  assert.equal(await page.locator(".inspector").isVisible(), false, "nothing is chosen by pointing");

  await page.locator("[data-id='pod/default/big']").hover();
  await page.waitForFunction(() => document.querySelector(".told").innerText.includes("3 Insufficient cpu"));
  await page.locator(".lesson h1, .lesson h2").first().hover();
  await page.waitForFunction(() => document.querySelector(".told").hidden);

  // Once it is chosen the inspector says it, and the picture is free again.
  await page.locator("[data-id^='pod/default/shop']").first().click();
  await page.waitForFunction(() => document.querySelector(".told").hidden && document.querySelector(".inspector .verdicts"));
  await page.locator(".inspector .bar .btn").click();
  await page.mouse.move(600, 860);

  // Low as the picture may be, the panel stays inside of it, and a mouse may go there to scroll.
  await page.setViewportSize({ width: 1280, height: 560 });
  await page.locator("[data-id^='pod/default/shop']").first().hover();
  await page.waitForSelector(".told .verdicts .chosen");
  await within(page, "a low picture");
  assert.deepEqual(await accessibilityFaults(page), [], "the panel");
  const box = await page.locator(".told").boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 12 });
  await page.waitForTimeout(500);
  assert.ok(await page.locator(".told").isVisible(), "it stays while the pointer is on it");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector(".told").hidden);
  await page.setViewportSize({ width: 1440, height: 900 });

  // By the keyboard: what has the focus tells the same, until Escape.
  await page.focus(".drawing");
  await page.keyboard.press("ArrowRight");
  while (!await page.evaluate(() => document.activeElement.dataset.id.startsWith("pod/default/shop"))) await page.keyboard.press("ArrowRight");
  await page.waitForSelector(".told .verdicts .chosen");
  assert.equal(await page.evaluate(() => document.getElementById(document.activeElement.getAttribute("aria-describedby"))?.getAttribute("role")), "tooltip", "a screen reader reads it with the Pod");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelector(".told").hidden);
  await page.close();

  // A finger that stays on a Pod shows it as well, and it stays when the finger goes.
  const phone = await begin(open, { path: "/?sandbox", lang: "ko", theme: "dark", viewport: { width: 390, height: 844 }, touch: true });
  await phone.locator(".switch .tab").nth(2).click();
  await type(phone, "kubectl run one --image=nginx:1.27");
  await phone.waitForSelector("[data-id='pod/default/one']");
  const pod = await phone.locator("[data-id='pod/default/one']").boundingBox();
  const finger = await phone.context().newCDPSession(phone);
  await finger.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [{ x: pod.x + pod.width / 2, y: pod.y + pod.height / 2 }] });
  await phone.waitForSelector(".told .verdicts .chosen");
  await finger.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  await within(phone, "a phone");
  assert.deepEqual(await accessibilityFaults(phone), [], "the panel on a phone");
}

async function within(page, where) {
  const inside = await page.evaluate(() => {
    const [box, frame] = [".told", ".frame"].map((name) => document.querySelector(name).getBoundingClientRect());
    return box.height > 40 && box.top >= frame.top && box.bottom <= frame.bottom && box.left >= frame.left && box.right <= frame.right;
  });
  assert.ok(inside, `all of it can be seen: ${where}`);
}
