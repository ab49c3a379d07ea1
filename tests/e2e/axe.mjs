// Asks axe-core about the page as it stands: the rules of WCAG 2.2 A and AA.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

// -> one line per fault: rule, what it says, and the first elements that break it
export async function accessibilityFaults(page) {
  // Through the debugger, not as a <script>: the page's policy would rightly refuse that.
  await page.evaluate(source);
  const { violations } = await page.evaluate((tags) => window.axe.run(document, { runOnly: { type: "tag", values: tags } }), TAGS);
  return violations.map((fault) => `${fault.id}: ${fault.help}: ${fault.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(", ")}`);
}
