// Time: pause, step, 60 times as fast, back to an earlier instant with picture and terminal as they were, and on from there.
import assert from "node:assert/strict";
import { answer, begin, picture, printed, see, seconds, speed, type } from "./learner.mjs";

export const title = "pause, step, 60x, seek back, go on from there";

export default async function ({ open, note }) {
  const page = await begin(open, { path: "/?lesson=deployments" });
  const play = page.locator(".controls .play");
  await atOnce(page);
  const shown = async (time) => page.waitForFunction((time) => document.querySelector(".reading").textContent === time, time);

  await play.click();
  await page.waitForFunction(() => document.querySelector(".play").getAttribute("aria-label") === "Play");
  const still = await seconds(page);
  await type(page, "kubectl get deploy web -o name");
  assert.equal(await answer(page), "deployment.apps/web", "a command is answered while time stands still");
  assert.ok(await seconds(page) - still < 0.2, "and time goes on by no more than its answer takes");

  const stood = await seconds(page);
  await page.locator("select[data-size]").selectOption("second");
  await page.getByRole("button", { name: "One step", exact: true }).click();
  await page.waitForFunction((stood) => Math.abs(Number(document.querySelector(".reading").textContent.slice(3)) - (stood + 1) % 60) < 0.15, stood);
  const revision = () => page.evaluate(() => Number(document.querySelector("[data-id='kube-apiserver'] .m").textContent.slice(3)));
  const rv = await revision();
  await page.locator("select[data-size]").selectOption("write");
  await page.getByRole("button", { name: "One step", exact: true }).click();
  await page.waitForFunction((rv) => Number(document.querySelector("[data-id='kube-apiserver'] .m").textContent.slice(3)) === rv + 1, rv);

  // An instant to come back to: so many seconds after the start.
  const instant = Math.floor(await seconds(page));
  await comeBack(page, instant);
  const [then, said] = [await picture(page), await printed(page)];
  assert.equal(await page.locator(".past-note").count(), 1, "it says that this is the past");

  await page.keyboard.press("End");
  await page.waitForSelector(".live");
  await play.click();
  await page.waitForFunction(() => document.querySelector(".play").getAttribute("aria-label") === "Pause");
  await speed(page, 60);
  const begun = Date.now();
  await type(page, "kubectl delete pod lonely --wait=false");
  await type(page, "kubectl set image deploy/web hello=hello:v2");
  const goal = await seconds(page) + 60;
  while (await seconds(page) < goal) await page.waitForTimeout(50);
  note(`60 virtual seconds in ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  await page.waitForFunction(() => !document.querySelector("[data-id='pod/default/lonely']"));
  assert.notEqual(await picture(page), then);

  await comeBack(page, instant);
  await page.waitForSelector("[data-id='pod/default/lonely']");
  await page.waitForFunction(() => document.querySelectorAll(".ghost").length === 0);
  assert.equal(await picture(page), then, "the picture is as it was");
  assert.equal(await printed(page), said, "and so is the terminal");

  await type(page, "kubectl get pod lonely -o name");
  assert.equal(await answer(page), "pod/lonely", "lonely lives again");
  await page.waitForSelector(".live");
  await speed(page, 10);
  await play.click();
  const later = await seconds(page) + 40;
  while (await seconds(page) < later) await page.waitForTimeout(50);
  await type(page, "kubectl get deploy web -o jsonpath={.spec.template.spec.containers[0].image}");
  assert.match(await answer(page), /hello:v1/, "the future that was is cut off: nobody changed the image");
  assert.ok(!(await printed(page)).includes("delete pod lonely"));
}

// A speed that is chosen in the same instant as Play, or as Pause, is what time runs at, or goes on to stand still with.
async function atOnce(page) {
  const both = (speed) => page.evaluate((speed) => {
    document.querySelector(".controls .play").click();
    const choice = document.querySelectorAll(".controls select")[1];
    choice.value = speed;
    choice.dispatchEvent(new Event("change", { bubbles: true }));
  }, speed);
  await both("60000");
  await page.waitForFunction(() => document.querySelector(".play").getAttribute("aria-label") === "Play");
  const stood = await page.textContent(".reading");
  await page.waitForTimeout(300);
  assert.equal(await page.textContent(".reading"), stood, "who pauses and chooses a speed has paused");
  await both("30000");
  const [begun, from] = [Date.now(), await seconds(page)];
  while (await seconds(page) < from + 20) await page.waitForTimeout(20);
  const ratio = 20_000 / (Date.now() - begun);
  assert.ok(ratio > 3, `thirty times as fast was chosen, and time ran ${ratio.toFixed(1)} times as fast`);
  assert.equal(await page.locator(".controls select").nth(1).inputValue(), "30000");
  await speed(page, 1);
}

// To so many whole seconds after the start, with the keys of the scrubber.
async function comeBack(page, seconds) {
  await page.focus(".track");
  await page.keyboard.press("Home");
  for (let at = 0; at < seconds; at += 1) {
    await page.keyboard.press("ArrowRight");
    const want = `${String(Math.floor((at + 1) / 60)).padStart(2, "0")}:${String((at + 1) % 60).padStart(2, "0")}.0`;
    await page.waitForFunction((want) => document.querySelector(".reading").textContent === want, want);
  }
  await page.waitForSelector(".past");
  await page.waitForSelector(".drawing[aria-busy='false']");
}
