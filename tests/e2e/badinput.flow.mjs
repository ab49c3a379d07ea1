// What cannot be understood is said in kubectl's own words, in the terminal and beside the line; nothing typed is lost; nothing hangs.
import assert from "node:assert/strict";
import { answer, begin, printed, see, type, write, written } from "./learner.mjs";
import { traceTasks } from "./tasks.mjs";

export const title = "bad input: kubectl's words in the terminal, a mark beside the line, nothing lost, nothing hangs";

const DEPLOYMENT = (replicas, extra = "") => `apiVersion: apps/v1
kind: Deployment
metadata:
  name: bad
spec:
  replicas: ${replicas}
${extra}  selector:
    matchLabels: {app: bad}
  template:
    metadata:
      labels: {app: bad}
    spec:
      containers:
      - name: bad
        image: hello:v1
`;

// what is applied, what the terminal says, the line of the mark
const CASES = [
  ["malformed", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: bad\n   labels: {}\n", /error: error parsing .*web\.yaml: error converting YAML to JSON: yaml: line \d+: /, /[45]/],
  ["wrong kind", "apiVersion: v1\nkind: Pood\nmetadata:\n  name: bad\n", /no matches for kind "Pood" in version "v1"/, /2/],
  ["unknown field", DEPLOYMENT(1, "  replicaz: 2\n"), /strict decoding error: unknown field "spec\.replicaz"/, /7/],
  ["wrong type", DEPLOYMENT("three"), /cannot unmarshal string into Go struct field DeploymentSpec\.spec\.replicas of type int32/, /6/],
];

export default async function ({ open, note }) {
  const page = await begin(open, { path: "/?sandbox" });
  await page.waitForSelector(".host .cm-content");
  for (const [name, text, words, line] of CASES) {
    await write(page, text);
    await page.waitForSelector(".problems .problem");
    await page.waitForFunction((words) => new RegExp(words).test(document.querySelector(".problems b")?.textContent), line.source);
    await page.keyboard.press("Control+Enter");
    await page.waitForFunction((words) => new RegExp(words).test(document.querySelector(".log").textContent), words.source);
    assert.equal((await written(page)).trimEnd(), text.trimEnd(), `${name}: the text is still there`);
    await type(page, "echo $?");
    assert.equal((await answer(page)).trim(), "1", `${name}: kubectl's exit code`);
    await page.locator(".terminal .chip").first().waitFor();
    await page.focus("#terminal-line");
    await page.keyboard.press("Control+l");
  }

  // Ten thousand lists of ten thousand: refused before it is unfolded.
  const bomb = ["a: &a [x,x,x,x,x,x,x,x,x]", ..."bcdefghij".split("").map((name, at) => `${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[at]}`).join(",")}]`)].join("\n");
  await refused(page, note, "alias bomb", `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: bomb}\ndata:\n${bomb.replaceAll(/^/gm, "  ")}\n`, /excessive aliasing|alias|too (large|many|deep)/i);
  await refused(page, note, "deep nesting", `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deep}\ndata: ${"[".repeat(20_000)}${"]".repeat(20_000)}\n`, /depth|deep|nest/i);

  // Ten megabytes: nobody would read them, so they are not pasted.
  await page.evaluate(() => { window.pasted = "# a line of a file that is far too long\n".repeat(256 * 1024); });
  await clear(page);
  const traced = await traceTasks(page.context().browser());
  await paste(page);
  await page.waitForFunction(() => /^Too long to paste/.test(document.querySelector(".banner b")?.textContent));
  const { cpu, parts } = await traced();
  note(`10 MB pasted: refused; longest main-thread task ${cpu} ms of the processor (${parts})`);
  await page.locator(".banner .btn").click();

  // As many lines in the terminal would be as many commands.
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", window.pasted);
    document.querySelector("#terminal-line").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await page.waitForFunction(() => /64 kB at once/.test(document.querySelector(".banner")?.textContent));
  await page.locator(".banner .btn").click();
  assert.equal(await page.inputValue("#terminal-line"), "");

  // And the page is well: it is saved, it answers, and the cluster has nothing of all this.
  await type(page, "kubectl get deploy,pods,configmaps --no-headers");
  assert.ok(!/bad|bomb|deep|big/.test(await answer(page)));
}

async function refused(page, note, name, text, words) {
  await page.evaluate((text) => { window.pasted = text; }, text);
  await clear(page);
  const traced = await traceTasks(page.context().browser());
  const begun = Date.now();
  await paste(page);
  await page.keyboard.press("Control+Enter");
  try {
    await page.waitForFunction((words) => new RegExp(words, "i").test(document.querySelector(".log").textContent), words.source);
  } catch {
    assert.fail(`${name}: the terminal says ${(await printed(page)).slice(-600)}`);
  }
  const took = Date.now() - begun;
  const { cpu, parts } = await traced();
  note(`${name}: refused after ${took} ms; longest main-thread task ${cpu} ms of the processor (${parts})`);
  assert.ok((await printed(page)).length < 20_000, `${name}: the refusal is short`);
  await page.focus("#terminal-line");
  await page.keyboard.press("Control+l");
}

async function clear(page) {
  await page.locator(".host .cm-content").click();
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Backspace");
}

// `window.pasted` into the editor, as from a clipboard.
function paste(page) {
  return page.evaluate(() => {
    const data = new DataTransfer();
    data.setData("text/plain", window.pasted);
    document.querySelector(".host").shadowRoot.querySelector(".cm-content").dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
  });
}
