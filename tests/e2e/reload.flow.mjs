// What was done is still there after a reload: cluster, progress, unsaved text, language, theme.
import assert from "node:assert/strict";
import { answer, begin, finished, picture, see, seconds, step, type, write, written } from "./learner.mjs";

export const title = "a reload keeps cluster, progress, unsaved text, language and theme";

export default async function ({ open }) {
  const page = await begin(open, { path: "/?lesson=cluster", lang: "en", theme: "light" });
  await step(page, "boot").locator(".row .primary").click();
  await finished(page, "boot");
  await type(page, "kubectl apply -f hello.yaml");
  await finished(page, "first");
  await type(page, "kubectl create configmap kept --from-literal=a=1");
  await write(page, "# not saved yet\n");
  await page.waitForFunction(() => Object.keys(localStorage).some((key) => localStorage[key].includes("not saved yet")));
  await page.locator(".top .chip[lang='ko']").click();
  await see(page, "클러스터란", ".lesson");
  await page.locator(".top .chip[title]").click(); // light
  await page.locator(".top .chip[title]").click(); // dark
  await page.locator(".controls .play").click();
  const [before, time] = [await picture(page), await seconds(page)];
  await page.reload();

  await page.waitForSelector("[data-id='pod/default/hello'].ready");
  assert.equal(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme].join()), "ko,dark");
  await see(page, "클러스터란", ".lesson");
  await finished(page, "first");
  assert.ok(await seconds(page) >= time - 0.2, "time goes on from where it was");
  assert.equal(await picture(page), before, "the same cluster");
  assert.match(await written(page), /# not saved yet/);
  await see(page, "kubectl apply -f hello.yaml");
  await type(page, "kubectl get configmap kept -o name");
  assert.equal(await answer(page), "configmap/kept");

  // Another lesson is another cluster; this one waits.
  await page.locator(".lessons-menu summary").click();
  await page.locator(".lessons-menu .item").nth(1).click();
  await page.waitForFunction(() => !document.querySelector("[data-id='pod/default/hello']") && document.querySelector("[data-id='node/worker-3']"));
  await page.goBack();
  await page.waitForSelector("[data-id='pod/default/hello'].ready");

  // And from the start, when that is wanted.
  await page.locator(".settings summary").click();
  await page.locator(".settings .btn").click();
  await page.waitForFunction(() => !document.querySelector("[data-id='pod/default/hello']") && document.querySelectorAll(".finished-step").length === 0);
}
