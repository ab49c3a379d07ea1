// A learner compares ways to ship v2, and reads from the table what each of them costs.
import assert from "node:assert/strict";
import { begin } from "./learner.mjs";

export const title = "the strategy lens measures nine ways to ship v2; Recreate fails requests and Blue-Green none";
export const measures = true;

export default async function ({ open, note }) {
  const page = await begin(open, { path: "/?sandbox" });
  await page.locator(".lens-choice").selectOption({ label: "Strategy" });
  const begun = performance.now();
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.waitForSelector(".board tbody tr", { timeout: 300_000 });
  note(`the first row after ${seconds(begun)}`);
  await page.waitForFunction(() => document.querySelectorAll(".board tbody tr").length === 9, null, { timeout: 300_000 });
  note(`all 9 rows after ${seconds(begun)}`);
  // The button offers a comparison again, and the learner's own cluster still stands.
  await page.getByRole("button", { name: "Compare", exact: true }).waitFor();
  assert.match(await page.textContent(".lens [role=status]"), /9 of 9/);
  assert.ok(await failed(page, "recreate") > 0, "Recreate loses requests");
  assert.equal(await failed(page, "blue-green"), 0, "Blue-Green loses none");
  assert.match(await page.textContent(".board tr[data-strategy=shadow] small"), /copies/);
  assert.equal(await page.locator(".board .strip").count(), 9);
  // What was measured of one version is not shown as another's; a comparison can be stopped.
  await page.getByRole("button", { name: "broken", exact: true }).click();
  await page.waitForFunction(() => !document.querySelector(".board"));
  await page.getByRole("button", { name: "Compare", exact: true }).click();
  await page.locator(".lens .body").getByRole("button", { name: "Stop" }).click();
  await page.getByRole("button", { name: "Compare", exact: true }).waitFor();
  await page.getByRole("button", { name: "good", exact: true }).click();
  await page.waitForFunction(() => document.querySelectorAll(".board tbody tr").length === 9);
}

async function failed(page, strategy) {
  return Number.parseInt(await page.locator(`.board tr[data-strategy=${strategy}] td`).first().textContent(), 10);
}

function seconds(begun) {
  return `${((performance.now() - begun) / 1000).toFixed(1)} s`;
}
