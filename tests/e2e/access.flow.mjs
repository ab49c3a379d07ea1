// axe finds nothing, nothing scrolls sideways, targets are large enough: both languages, both themes, desktop and phone.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { root } from "./harness.mjs";
import { installMock } from "./mock-engine.mjs";

export const title = "axe finds nothing in either language, theme or size";

// Each lens by its place in the list.
const LENSES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((place) => `lens ${place}`);
const SIZES = [{ width: 1440, height: 900 }, { width: 360, height: 740 }];

export default async function ({ open, note }) {
  const axe = await readFile(join(root, "node_modules", "axe-core", "axe.min.js"), "utf8");
  let checked = 0;
  for (const [lang, theme] of [["ko", "light"], ["en", "dark"], ["ko", "dark"], ["en", "light"]]) {
    for (const viewport of SIZES) {
      const page = await open({ lang, theme, viewport, reducedMotion: "reduce", prepare: installMock });
      await page.waitForSelector("[data-id='node/worker-1']");
      await page.waitForSelector("article.card");
      for (const look of ["as it opens", "Why?", "Outline", "Table", "YAML", "terminal", ...LENSES, "palette"]) {
        if (!await show(page, look, viewport.width)) continue;
        const found = await page.evaluate(`${axe}; axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })`);
        const words = found.violations.map((rule) => `${rule.id}: ${rule.nodes.slice(0, 3).map((node) => `${node.target} ${node.any[0]?.message ?? ""}`).join("; ")}`);
        assert.deepEqual(words, [], `${lang}, ${theme}, ${viewport.width} px wide, ${look}`);
        checked += 1;
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${lang}, ${viewport.width} px, ${look}: scrolls sideways`);
      }
      await page.close();
    }
  }
  note(`${checked} views checked`);
}

// Brings a part of the page on; false where this size has it open all the time.
async function show(page, look, width) {
  const press = (selector, at = 0) => page.locator(selector).nth(at).click();
  const narrow = width < 1100;
  if (look === "Why?") await press("[data-id^='pod/']");
  if (look === "Outline") await press(".stage > .tabs .tab", 1);
  if (look === "Table") await press(".stage > .tabs .tab", 2);
  if (look === "YAML" || look === "terminal") {
    if (!narrow) return false;
    await press(".switch .tab", look === "YAML" ? 1 : 2);
  }
  if (look.startsWith("lens")) await page.locator(".lens-choice").selectOption(look.slice(5));
  if (look === "palette") await page.keyboard.press("Control+k");
  await page.waitForTimeout(300);
  return true;
}
