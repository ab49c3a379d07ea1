// "Why?" in the reader's language: no node is fit, and a Pod that had to make room for a more important one.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { begin, type, write } from "./learner.mjs";

export const title = "a Pod that waits says why: each node's reason against it, and whom it made room for, in either language";

// Four Pods fill worker-1; the fifth is worth more.
const FULL = `apiVersion: apps/v1
kind: Deployment
metadata: {name: filler}
spec:
  replicas: 4
  selector: {matchLabels: {app: filler}}
  template:
    metadata: {labels: {app: filler}}
    spec:
      nodeSelector: {kubernetes.io/hostname: worker-1}
      containers: [{name: a, image: "hello:v1", resources: {requests: {cpu: 900m}}}]
`;
const VIP = `apiVersion: v1
kind: Pod
metadata: {name: vip}
spec:
  priorityClassName: vip
  nodeSelector: {kubernetes.io/hostname: worker-1}
  containers: [{name: a, image: "hello:v1", resources: {requests: {cpu: 900m}}}]
`;
const WORDS = {
  ko: [/자리를 받을 파드\s*default\/vip/, /그 파드의 우선순위\s*1000/, /이 파드의 우선순위\s*0/, /모자란 파드\s*1/],
  en: [/makes room for\s*default\/vip/, /priority of that Pod\s*1000/, /priority of this Pod\s*0/, /missing Pods\s*1/],
};

export default async function ({ open }) {
  for (const lang of ["ko", "en"]) {
    const page = await begin(open, { path: "/?sandbox", lang });
    await apply(page, FULL);
    await page.waitForFunction(() => document.querySelectorAll("[data-id^='pod/default/filler'].ready").length === 4);
    await type(page, "kubectl create priorityclass vip --value=1000");
    await apply(page, VIP);
    await page.waitForSelector("[data-id='pod/default/vip'].ready");
    await page.locator(".waiting [data-id^='pod/default/filler'], [data-id^='pod/default/filler'].waiting").first().click();
    await page.waitForFunction(() => document.querySelectorAll(".inspector .verdicts .out").length >= 4);

    const told = await page.locator(".inspector").innerText();
    assert.match(told, /worker-1[^]*NodeResourcesFit: Insufficient cpu/, "the reason of each node");
    for (const words of WORDS[lang]) assert.match(told, words);
    const heads = await page.locator(".inspector :is(.facts dt, th)").allInnerTexts();
    assert.equal(heads.some((head) => /preemptor|victim|plugin|filter|lostOwners/.test(head)), false, `no key of the engine's is left: ${heads}`);
    assert.deepEqual(await accessibilityFaults(page), [], "the chain");
    await page.close();
  }
}

async function apply(page, text) {
  await write(page, text);
  await page.locator(".editor .btn.primary").click();
}
