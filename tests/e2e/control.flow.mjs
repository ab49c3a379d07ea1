// Three control planes: a learner sees them in the picture, takes etcd's members away and watches what still works.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { begin, see, speed, type } from "./learner.mjs";

export const title = "three control planes: members, quorum, what still works, who leads, processes";

// Takes a picture of the page where somebody wants to look at it.
const shot = (page, name) => process.env.KUBARIUM_SHOTS ? page.screenshot({ path: `${process.env.KUBARIUM_SHOTS}/${name}.png` }) : null;

export default async function ({ open, note }) {
  const page = await begin(open, { path: "/?sandbox=kubeadm-ha", viewport: { width: 1280, height: 800 }, prepare: (page) => page.addInitScript(noteArrivals) });
  // Twelve parts, each with a place of its own, inside of the picture.
  await page.waitForFunction(() => document.querySelectorAll(".picture .part:not(.coming):not(.dead)").length === 12);
  await page.waitForFunction(() => !document.querySelector(".picture .agent.dead"));
  const boxes = await page.locator(".picture .part rect").evaluateAll((all) => all.map((rect) => rect.getBoundingClientRect()).map(({ x, y, right, bottom }) => [x, y, right, bottom]));
  for (const [at, a] of boxes.entries()) for (const b of boxes.slice(at + 1)) {
    assert.ok(a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1], "no part lies over another");
  }
  await shot(page, "picture");
  assert.equal(await page.locator(".breaks li", { hasText: "etcd/control-plane-2" }).count(), 1, "every component can be broken");

  await lens(page, "etcd");
  await page.waitForFunction(() => document.querySelectorAll(".etcd-member").length === 3 && document.querySelectorAll(".members .crown").length === 1);
  assert.equal(await page.locator(".quorum.failed").count(), 0);
  const first = await leader(page);
  await clean(page, "etcd");
  await shot(page, "etcd");
  // One member less: another leads, and there is a quorum.
  const crowned = page.evaluate(awaitCrown, first);
  await press(page, first, "Stop");
  await page.waitForFunction((first) => { const now = [...document.querySelectorAll(".etcd-member")].find((card) => card.querySelector(".bar b").textContent === "leader")?.dataset.member; return now && now !== first && !document.querySelector(".quorum.failed"); }, first);
  const second = await leader(page);
  const { member, frames, late } = await crowned;
  assert.equal(member, second, "the picture's crown and the lens name the same leader");
  note(`${first} led, then ${second}; drawn ${frames} frames (${late} ms) after the engine told so`);
  if (frames > 1) note("goal missed: a new leader is drawn within one frame");
  await page.waitForFunction((first) => document.querySelector(`[data-member='${first}'] .bar b`).textContent === "stopped", first);
  // Two less: nobody can write.
  await press(page, second, "Stop");
  await page.waitForFunction(() => /^No quorum: 1 of 3 members are there, 2 are needed/.test(document.querySelector(".quorum.failed")?.textContent));
  await shot(page, "etcd-lost");

  await lens(page, "What still works");
  const row = (id, state) => page.waitForSelector(`[data-row='${id}'].${state}`);
  await row("kubectl", "fails");
  await row("scaling", "fails");
  await row("running-pods", "works");
  assert.match(await page.textContent("[data-row='kubectl']"), /no quorum/);
  await clean(page, "health");
  await shot(page, "health");

  await lens(page, "etcd");
  await press(page, second, "Start");
  await page.waitForFunction(() => document.querySelector(".quorum") && !document.querySelector(".quorum.failed"));
  // The first one, too: a kube-apiserver without its etcd holds a request for 34 s, and a balancer needs a while to notice.
  await press(page, first, "Start");
  await page.waitForFunction(() => [...document.querySelectorAll(".etcd-member .bar b")].every((state) => ["leader", "follower"].includes(state.textContent)));
  await lens(page, "What still works");
  await row("kubectl", "works");
  await page.waitForFunction(() => /kubectl: works/.test(document.querySelector(".sr[role='status']").textContent));

  await lens(page, "Components");
  await speed(page, 5);
  await page.waitForFunction(() => [...document.querySelectorAll(".lens .source")].every((box) => box.textContent.split("♛").length === 2) && document.querySelectorAll(".said-list li").length > 3);
  // Each message: what was asked, with its answer; only of two who talk; and why.
  const talk = page.locator(".lens .pairs select");
  await talk.selectOption(await talk.evaluate((list) => [...list.options].find((each) => each.value.startsWith("kubelet/worker-1\nkube-apiserver/")).value));
  await page.waitForFunction(() => { const all = [...document.querySelectorAll(".said-list li")]; return all.length > 0 && all.every((said) => said.textContent.includes("kubelet/worker-1 → kube-apiserver/") && /(GET|PUT|PATCH|POST) \/api/.test(said.textContent)); });
  await talk.selectOption("");
  await type(page, "kubectl create configmap said --from-literal=a=b");
  // Others talk so much that it is found by who talks, whichever server the balancer chose; and it stays.
  await page.waitForFunction(() => [...document.querySelector(".lens .pairs select").options].some((each) => each.value === "kubectl\n"));
  await talk.selectOption("kubectl\n");
  await page.locator(".said-list li", { hasText: "kubectl → kube-apiserver" }).filter({ hasText: "POST /api/v1/namespaces/default/configmaps" }).locator("button").first().click();
  await page.waitForFunction(() => /kubectl create configmap said/.test(document.querySelector(".inspector .chain")?.textContent));
  await page.locator(".inspector .bar button").last().click();
  await clean(page, "components");
  await shot(page, "components");

  await lens(page, "Processes");
  await page.waitForFunction(() => [...document.querySelectorAll(".processes tbody th")].some((cell) => cell.textContent.includes("kube-apiserver")));
  await page.locator(".lens .tab", { hasText: "worker-1" }).click();
  await page.waitForFunction(() => document.querySelector(".processes caption").textContent === "worker-1" && ![...document.querySelectorAll(".processes tbody th")].some((cell) => cell.textContent.includes("kube-apiserver")));
  await clean(page, "processes");
  await shot(page, "processes");
  await page.close();

  // Servers without a cluster: they are there to log in to.
  const bare = await open({ path: "/?sandbox=bare", viewport: { width: 1280, height: 800 } });
  await bare.waitForFunction(() => document.querySelectorAll(".picture .server").length === 3);
  assert.equal(await bare.locator(".picture .part:visible").count(), 0, "no part is shown that is not there");
  await type(bare, "ssh node-1 hostname");
  await see(bare, "node-1");
  await clean(bare, "bare servers");
  await shot(bare, "bare");
  await bare.close();

  // A phone, in Korean and dark.
  const phone = await begin(open, { path: "/?sandbox=kubeadm-ha", lang: "ko", theme: "dark", viewport: { width: 390, height: 844 }, touch: true });
  await phone.waitForFunction(() => document.querySelectorAll(".picture .part").length === 12);
  await shot(phone, "phone");
  await lens(phone, "무엇이 되나");
  await phone.waitForSelector("[data-row='kubectl'].works");
  await clean(phone, "health on a phone");
  await shot(phone, "phone-health");
  await lens(phone, "etcd");
  await phone.waitForSelector(".members .crown");
  await clean(phone, "etcd on a phone");
  assert.ok(await phone.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways");
  await shot(phone, "phone-etcd");
}

// Before the page begins: when each of the engine's texts that tell of a member that leads arrives.
function noteArrivals() {
  window.toldOfLeaders = [];
  window.Worker = class extends window.Worker {
    constructor(...given) {
      super(...given);
      this.addEventListener("message", ({ data }) => {
        for (const [, id] of (data.text ?? "").matchAll(/"id":"(etcd\/[^"]+)"[^{}]*"note":"leader"/g)) window.toldOfLeaders.push([id, performance.now()]);
      });
    }
  };
}

// In the page: the next member of the picture that wears the crown, and how many frames after the news came it is drawn so.
function awaitCrown(first) {
  window.toldOfLeaders.length = 0;
  return new Promise((told) => {
    const frames = [];
    const frame = () => {
      const now = performance.now();
      frames.push(now);
      const crowned = [...document.querySelectorAll(".picture [data-id^='etcd/']")].find((part) => part.textContent.includes("♛"))?.dataset.id;
      const news = window.toldOfLeaders.find(([id]) => id === crowned);
      if (!crowned || crowned.endsWith(first) || !news) return requestAnimationFrame(frame);
      told({ member: crowned.slice("etcd/".length), frames: frames.filter((at) => at > news[1]).length, late: Math.round(now - news[1]) });
    };
    requestAnimationFrame(frame);
  });
}

async function lens(page, name) {
  await page.locator(".lens-choice").selectOption({ label: name });
}

function leader(page) {
  return page.evaluate(() => [...document.querySelectorAll(".etcd-member")].find((card) => card.querySelector(".bar b").textContent === "leader")?.dataset.member);
}

async function press(page, member, label) {
  await page.locator(`[data-member='${member}'] .fault`, { hasText: label }).first().click();
}

async function clean(page, where) {
  assert.deepEqual(await accessibilityFaults(page), [], where);
}
