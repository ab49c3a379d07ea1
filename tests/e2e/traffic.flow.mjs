// A learner sends traffic, sees it in the picture and in numerals, follows a request, and opens the Service in a browser.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { begin, type, write } from "./learner.mjs";

export const title = "traffic moves through the picture, is counted, can be followed; Service rules, browser, names and policies answer";
export const measures = true;

export default async function ({ open, note }) {
  const page = await begin(open, { path: "/?sandbox" });
  await page.locator(".editor .btn.primary").click();
  await page.waitForFunction(() => document.querySelectorAll(".picture .pod.ready").length >= 3);
  await type(page, "kubectl expose deployment web --port=80 --target-port=8080 --type=NodePort");
  await lens(page, "Traffic");
  await page.getByRole("button", { name: "Add a traffic source" }).click();
  await page.locator(".form-of > label input[type=number]").fill("20");
  // How its users behave: ten of them are told apart.
  await page.locator(".form-of summary").click();
  await page.locator(".form-of details input[type=number]").first().fill("10");
  await page.locator(".form-of button[type=submit]").click();
  // Exact numerals, and dots on the move.
  await page.waitForFunction(() => Number(document.querySelector(".sums b")?.textContent) > 40);
  // How long answers took, also for who cannot see it.
  await page.waitForFunction(() => /ms: \d+/.test(document.querySelector(".spans svg")?.getAttribute("aria-label")));
  const moving = await page.evaluate(() => new Set(document.getAnimations().filter((each) => each.playState === "running").map((each) => each.effect.target).filter((dot) => dot.matches(".req"))).size);
  assert.ok(moving > 0 && moving <= 50, `${moving} requests move`);
  note(`${moving} dots move; ${await frames(page)} frames per second here`);
  // One request, hop by hop.
  await page.locator(".requests .item").first().click();
  await page.waitForFunction(() => document.querySelectorAll(".way .link").length >= 3);
  assert.match(await page.textContent(".way"), /kube-proxy\/worker-\d/);
  assert.match(await page.textContent(".way"), /answers 200/);
  // A source is changed, and ends.
  await page.locator(".source").getByRole("button", { name: "Change" }).click();
  assert.equal(await page.locator(".form-of details input[type=number]").first().inputValue(), "10");
  await page.locator(".form-of .tick input").check();
  await page.locator(".form-of > label input[type=number]").fill("5");
  await page.locator(".form-of button[type=submit]").click();
  await page.waitForFunction(() => document.querySelector(".source .muted").textContent.includes("5 per second"));
  await page.locator(".source").getByRole("button", { name: "Change" }).click();
  assert.equal(await page.locator(".form-of .tick input").isChecked(), true);
  await page.locator(".form-of button[type=submit]").click();
  await asYaml(page);
  await page.locator(".source").getByRole("button", { name: "End" }).first().click();
  await page.waitForFunction(() => !document.querySelector(".source"));

  await lens(page, "Service rules");
  await page.waitForFunction(() => document.querySelectorAll(".held li").length >= 3);
  await page.getByRole("button", { name: "Rules on worker-1" }).click();
  await page.waitForFunction(() => document.querySelector(".rules-text")?.textContent.includes("default/web"));

  await lens(page, "Browser");
  await page.locator(".doors .chip").first().click();
  await page.waitForFunction(() => document.querySelector(".page .done")?.textContent === "200");
  await page.locator(".form-of input").first().fill("http://web.default/");
  await page.locator(".form-of button[type=submit]").click();
  await page.waitForSelector(".page.error");
  assert.match(await page.textContent(".page.error"), /can't be found/);

  await lens(page, "DNS");
  await page.locator(".form-of input").fill("web");
  await page.locator(".form-of button[type=submit]").click();
  await page.waitForFunction(() => document.querySelector(".lens .chain")?.textContent.includes("web.default.svc.cluster.local"));

  await lens(page, "Policies");
  await page.waitForFunction(() => document.querySelectorAll(".matrix .yes").length === 6);
  // With a policy, a cell tells which one decided.
  await write(page, "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: shut}\nspec: {podSelector: {}, policyTypes: [Ingress]}\n");
  await page.locator(".editor .btn.primary").click();
  await page.locator(".matrix .no button").first().click();
  await page.waitForFunction(() => /^Denied: NetworkPolicy default\/shut selects default\/web-/.test(document.querySelector(".verdict")?.textContent));
}

// The same sources as YAML: what the form did stands in it, what is written comes back, and mistakes are told beside their line.
async function asYaml(page) {
  const text = page.locator(".sources-text textarea");
  await page.locator(".sources-text summary").click();
  await page.waitForFunction(() => /id: users-1\n {2}to: svc\/web:80\n {2}rps: 5\n {2}users: 10\n {2}keep_alive: true/.test(document.querySelector(".sources-text textarea").value));
  const was = await text.inputValue();
  await text.fill(was.replace("rps: 5", "rsp: 5"));
  await page.waitForFunction(() => /line 4.*unknown field "traffic\[0\].rsp"/i.test(document.querySelector(".sources-text .problems").textContent));
  assert.deepEqual(await accessibilityFaults(page), [], "a mistake in the sources");
  await text.fill(`${was.replace("rps: 5", "rps: 7")}- {id: pods, to: "http://web/", from: app=web, rps: 3}\n`);
  await text.press("Control+Enter");
  await page.waitForFunction(() => document.querySelectorAll(".source").length === 2 && document.querySelector(".source .muted").textContent.includes("7 per second"));
  // A reload keeps them: they are in the session's log.
  await page.waitForTimeout(300);
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll(".source").length === 2 && document.querySelector(".sources-text textarea").value.includes("rps: 7"));
  await text.evaluate((field) => field.closest("details").open = true);
  await text.fill("traffic:\n- {id: users-1, to: 'svc/web:80', rps: 5}\n");
  await page.locator(".sources-text button[type=submit]").click();
  await page.waitForFunction(() => document.querySelectorAll(".source").length === 1);
}

async function lens(page, name) {
  await page.locator(".lens-choice").selectOption({ label: name });
}

function frames(page) {
  return page.evaluate(() => new Promise((told) => {
    let count = 0;
    const begun = performance.now();
    const frame = () => { count += 1; if (performance.now() - begun < 1000) requestAnimationFrame(frame); else told(count); };
    requestAnimationFrame(frame);
  }));
}
