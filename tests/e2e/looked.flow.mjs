// What a careful look at the page found: lists do not make the page longer, Pods have names where there is room, a component
// tells what it is for, a process shows its command, the keyboard keeps a place, several pasted lines are entered one by one,
// failed requests stand in the list, a shell in a container is one shell, and an address without a lesson is told.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { answer, begin, printed, see, speed, type, write } from "./learner.mjs";

export const title = "names, components, commands, requests that waited, focus, pasted lines and shells, as a careful reader tries them";

const SHUT = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: shut}\nspec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}\n";

export default async function ({ open }) {
  const page = await begin(open, { path: "/?sandbox", lang: "en", viewport: { width: 1280, height: 800 } });
  assert.equal(await page.title(), "Sandbox · Kubarium");
  await page.locator(".editor .btn.primary").click();
  await page.waitForFunction(() => document.querySelectorAll(".picture .pod.ready").length >= 3);
  await type(page, "kubectl expose deployment web --port=80 --target-port=8080 --type=NodePort");
  await traffic(page);
  await parts(page);
  await pasted(page);
  await shells(page);
  await silent(page);
  await page.close();
  await phone(open);
  await unknown(open);
  await late(open);
}

// A narrow picture beside a lens names Pods and agents; the list of requests scrolls inside of its lens; who waited is in it.
async function traffic(page) {
  await lens(page, "Traffic");
  await page.waitForFunction(() => /web…\w{5}/.test(document.querySelector(".picture .pod .title").textContent));
  const names = await page.evaluate(() => [...document.querySelectorAll(".picture .pod .title tspan, .picture .agent text")].filter((text) => text.textContent.length > 2 && text.getBoundingClientRect().width < 20).length);
  assert.equal(names, 0, "each name can be seen");
  const covered = await page.evaluate(() => [...document.querySelectorAll(".picture .pod")].filter((pod) => pod.querySelector(".title").getBoundingClientRect().right > pod.querySelector(".disc").getBoundingClientRect().left - 1).map((pod) => pod.textContent));
  assert.deepEqual(covered, [], "the mark of a Pod covers no letter of its name");
  await page.getByRole("button", { name: "Add a traffic source" }).click();
  await page.locator(".form-of > label input[type=number]").fill("20");
  await page.locator(".form-of button[type=submit]").click();
  await page.waitForFunction(() => document.querySelectorAll(".requests .item").length > 20);
  await page.locator(".requests .item").nth(20).click();
  await page.waitForFunction(() => document.querySelectorAll(".way .link").length >= 3);
  assert.deepEqual(await page.evaluate(() => [scrollY, document.documentElement.scrollHeight - innerHeight]), [0, 0], "the page itself does not scroll");
  await page.locator(".way .bar .btn").click();
  await write(page, SHUT);
  await page.locator(".editor .btn.primary").click();
  await page.locator(".lens .tabs .tab", { hasText: "failed" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".requests .failed").length > 5 && document.querySelector(".requests .failed").textContent.includes("denied by policy"));
  await type(page, "kubectl delete networkpolicy shut");
}

async function parts(page) {
  // Where a Pod's resolver is asked, it is said which Pod.
  await lens(page, "DNS");
  assert.match(await page.locator(".lens select").evaluate((select) => select.selectedOptions[0]?.textContent ?? ""), /^default\/web-/);
  // A process shows its command by the keyboard, and the focus stays while the figures change.
  await lens(page, "Processes");
  const row = page.locator(".processes .item", { hasText: "kube-apiserver" });
  await row.focus();
  await page.keyboard.press("Enter");
  await see(page, "--etcd-servers=https://127.0.0.1:2379", ".processes");
  await page.waitForTimeout(2_500);
  assert.match(await page.evaluate(() => document.activeElement.textContent), /kube-apiserver/);
  assert.ok(await page.evaluate(() => [...document.querySelectorAll(".processes td")].some((cell) => /^[1-9]\.\d %/.test(cell.textContent))), "the control plane is not idle");
  assert.deepEqual(await accessibilityFaults(page), [], "processes");
  // The lens is closed by the keyboard: the picture has the focus.
  await page.locator(".lens > .bar .btn").focus();
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.matches(".drawing"));
  // A component says what it is for, and why it does not run; the pressed button goes and the focus does not.
  await page.keyboard.press("ArrowRight");
  await page.locator("[data-id='kube-scheduler']").click();
  await see(page, "Chooses a node for each Pod that has none.", ".inspector");
  await page.locator(".inspector .fault").first().focus();
  await page.keyboard.press("Enter");
  await see(page, "stop kube-scheduler", ".inspector .chain");
  await see(page, "control-plane · stopped", ".inspector");
  await page.waitForFunction(() => document.activeElement.closest(".inspector"));
  // A stopped one is drawn hollow, and pressed in its middle all the same.
  await page.locator(".inspector .bar .btn").click();
  await page.locator("[data-id='kube-scheduler']").click();
  await page.locator(".inspector .fault", { hasText: "Start" }).click();
  // So is a program of a node, by its name.
  await page.locator("[data-id='kube-proxy/worker-1']").click();
  await see(page, "Writes the rules of Services into its node's kernel.", ".inspector");
  assert.deepEqual(await accessibilityFaults(page), [], "a component");
  await page.locator(".inspector .bar .btn").click();
}

async function pasted(page) {
  await page.fill("#terminal-line", "echo ");
  await page.evaluate(() => {
    const text = new DataTransfer();
    text.setData("text/plain", "one\nkubectl get ns --no-headers | wc -l\r\necho thr");
    const line = document.querySelector("#terminal-line");
    line.focus();
    line.setSelectionRange(5, 5);
    line.dispatchEvent(new ClipboardEvent("paste", { clipboardData: text, bubbles: true, cancelable: true }));
  });
  await page.waitForFunction(() => /\$ echo one\n(.*\n)*4$/.test([...document.querySelectorAll(".log .line")].map((line) => line.textContent).join("\n")));
  assert.equal(await page.inputValue("#terminal-line"), "echo thr");
  await page.keyboard.type("ee");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => [...document.querySelectorAll(".log .line")].at(-1).textContent === "three");
}

// Each typed line stands there once, a variable is remembered, and the shell's end is the container's.
async function shells(page) {
  await page.fill("#terminal-line", "kubectl run box -it --image=busybox:1.36 --restart=Never");
  await page.press("#terminal-line", "Enter");
  await page.waitForFunction(() => document.querySelector(".log").textContent.endsWith("/ # ") && document.querySelector(".ask label").textContent === ">");
  for (const line of ["WHO=me", "echo hello $WHO", "exit 3"]) {
    await page.fill("#terminal-line", line);
    await page.press("#terminal-line", "Enter");
    await see(page, line);
    await page.waitForFunction((line) => line.startsWith("exit") || document.querySelector(".log").textContent.endsWith("/ # "), line);
  }
  await see(page, "pod default/box terminated (Error)");
  assert.match(await printed(page), /\/ # echo hello \$WHO\nhello me\n\/ # exit 3\npod default/);
  await type(page, "kubectl get pod box --no-headers");
  assert.match(await answer(page), /^box +0\/1 +Error +0/);
}

// A kubelet is gone: nobody tells how its Pods are, and the picture says that and not something about probes.
async function silent(page) {
  await page.locator("[data-id='kubelet/worker-1']").click();
  await page.locator(".inspector .fault", { hasText: "Stop" }).click();
  await page.locator(".inspector .bar .btn").click();
  await speed(page, 60);
  await page.waitForFunction(() => /node silent/.test(document.querySelector(".picture .node.notready .pod.probing")?.textContent));
}

// On a phone the menu hangs over an open lens.
async function phone(open) {
  const page = await begin(open, { path: "/?sandbox", lang: "en", viewport: { width: 390, height: 844 }, touch: true });
  await lens(page, "Who does what");
  await page.waitForFunction(() => document.querySelectorAll(".duties td").length > 10);
  await page.locator(".breaks summary").tap();
  const covered = await page.evaluate(() => [...document.querySelectorAll(".breaks .sheet .btn")].map((button) => [button, button.getBoundingClientRect()])
    .filter(([button, box]) => box.bottom < document.querySelector(".breaks .sheet").getBoundingClientRect().bottom && document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2) !== button).length);
  assert.equal(covered, 0, "no button of the menu is covered");
  await page.close();
}

async function unknown(open) {
  const page = await begin(open, { path: "/?lesson=no-such-lesson", lang: "en" });
  await see(page, "no lesson called “no-such-lesson”", ".banner");
  await page.close();
  const sandbox = await begin(open, { path: "/?sandbox=kubadm", lang: "en" });
  await see(sandbox, "no sandbox called “kubadm”", ".banner");
  await sandbox.close();
}

// An engine that cannot be fetched is asked for again, not without a pause, and the page says so.
async function late(open) {
  let asked = 0;
  const page = await open({ path: "/?lesson=pods", lang: "en", expectErrors: [/Failed to fetch/, /ERR_FAILED/, /request failed/], prepare: (page) => page.context().route("**/engine_bg.wasm*", (route) => { asked += 1; return asked < 3 ? route.abort() : route.continue(); }) });
  await see(page, "could not be fetched. It is tried again until it is there", ".banner");
  assert.ok(asked <= 2, `asked ${asked} times`);
  await page.waitForSelector(".node:not(.booting) [data-id='node/worker-1']");
  assert.equal(asked, 3);
  await page.close();
}

async function lens(page, name) {
  await page.locator(".lens-choice").selectOption({ label: name });
}
