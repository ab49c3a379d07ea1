// One lesson in two tabs: the one that was opened last keeps the work, the other says so in words, and nothing goes unsaid.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { answer, begin, see, type } from "./learner.mjs";

export const title = "one lesson in two tabs: one of them keeps the work, the other says that it does not, and can take it back";

export default async function ({ open }) {
  const old = await begin(open, { path: "/?sandbox", lang: "en", viewport: { width: 1280, height: 800 } });
  await type(old, "kubectl create configmap one");
  const other = await another(old);
  // The newer tab begins with what was done; the older one says that it is not kept any more.
  await has(other, "one", true);
  await see(old, "This is open in a newer tab", ".banner");
  assert.deepEqual(await accessibilityFaults(old), [], "the words about it");
  await old.locator(".banner .btn", { hasText: "Close" }).click();
  assert.equal(await old.locator(".unkept").textContent(), "Not kept");
  // Who does nothing in the older tab goes on with the newer one's work once that is closed.
  await type(other, "kubectl create configmap two");
  await other.close();
  await old.waitForFunction(() => !document.querySelector(".unkept") && /create configmap two/.test(document.querySelector(".log").textContent));
  await has(old, "two", true);

  // What is done in the older one is not kept, until it is told to.
  const newer = await another(old);
  await old.waitForSelector(".unkept");
  await type(old, "kubectl create configmap mine");
  await type(newer, "kubectl create configmap theirs");
  await newer.reload();
  await there(newer);
  await has(newer, "theirs", true);
  await has(newer, "mine", false);
  await old.locator(".banner .btn.primary").click();
  await see(newer, "This is open in a newer tab", ".banner");
  assert.equal(await old.locator(".unkept").count(), 0);
  await has(old, "mine", true);
  await old.reload();
  await there(old);
  await has(old, "mine", true);
  await has(old, "theirs", false);
  await newer.close();
}

async function another(page) {
  const other = await page.context().newPage();
  await other.goto(page.url(), { waitUntil: "domcontentloaded" });
  await there(other);
  return other;
}

function there(page) {
  return page.waitForSelector(".node:not(.booting):not(.notready) > [data-id='node/worker-3']", { state: "attached" });
}

async function has(page, name, wanted) {
  await type(page, "kubectl get configmaps -o name");
  assert.equal((await answer(page)).split("\n").includes(`configmap/${name}`), wanted, `${name} is ${wanted ? "there" : "not there"}`);
}
