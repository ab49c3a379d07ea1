// A managed cluster: a learner sees that the control plane is the provider's, finds out what is theirs, and upgrades both halves.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { seconds, see, speed, type } from "./learner.mjs";

export const title = "a managed cluster: whose part is whose, what cannot be touched, both halves of an upgrade";

// Takes a picture of the page where somebody wants to look at it.
const shot = (page, name) => process.env.KUBARIUM_SHOTS ? page.screenshot({ path: `${process.env.KUBARIUM_SHOTS}/${name}.png` }) : null;

export default async function ({ open }) {
  const page = await managed(open, { path: "/?sandbox=aks", viewport: { width: 1280, height: 800 } });
  await page.waitForFunction(() => document.querySelectorAll(".picture .part.theirs:not(.coming):not(.dead)").length === 4);
  assert.ok((await page.locator(".picture .part").allTextContents()).every((text) => text.includes("AKS")), "each part says whose it is");
  assert.equal(await page.locator(".breaks li", { hasText: "kube-scheduler" }).locator("button").count(), 0, "nothing of theirs can be stopped");
  await type(page, "ssh control-plane");
  await see(page, "AKS runs it");
  await shot(page, "managed");

  await page.locator(".lens-choice").selectOption({ label: "Who does what" });
  await page.waitForFunction(() => document.querySelectorAll(".duties tbody tr").length === 13);
  assert.match(await page.locator(".duties thead").textContent(), /AKS \(this cluster\)/);
  assert.equal(await page.locator("[data-row='etcd'] .here").textContent(), "provider");
  assert.deepEqual(await accessibilityFaults(page), [], "the table");
  await shot(page, "managed-duties");

  // The provider upgrades the control plane; the nodes stay behind until somebody makes them anew.
  await speed(page, 60);
  await page.locator(".breaks summary").click();
  await page.locator(".breaks li", { hasText: "kube-apiserver" }).locator("button", { hasText: "Upgrade" }).click();
  await page.locator(".breaks summary").click();
  const begun = await seconds(page);
  await page.waitForFunction((end) => { const [minutes, rest] = document.querySelector(".reading").textContent.split(":"); return Number(minutes) * 60 + Number(rest) > end; }, begun + 130);
  await type(page, "kubectl version");
  await see(page, "Server Version: v1.37.2");
  await type(page, "kubectl get nodes");
  await see(page, "v1.36.5");
  await page.close();

  // A phone, in Korean and dark.
  const phone = await managed(open, { path: "/?sandbox=managed", lang: "ko", theme: "dark", viewport: { width: 390, height: 844 }, touch: true });
  await phone.waitForFunction(() => document.querySelectorAll(".picture .part.theirs").length === 4);
  await phone.locator(".lens-choice").selectOption({ label: "책임 분담" });
  await phone.waitForFunction(() => document.querySelectorAll(".duties tbody tr").length === 13);
  assert.deepEqual(await accessibilityFaults(phone), [], "the table on a phone");
  assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways");
  await shot(phone, "managed-phone");
  await phone.close();
}

// Opened, and its three nodes are ready.
async function managed(open, how) {
  const page = await open(how);
  await page.waitForFunction(() => document.querySelectorAll(".picture .node:not(.booting):not(.notready)").length === 3 && !document.querySelector(".picture .agent.dead"));
  return page;
}
