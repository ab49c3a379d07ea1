// A rolling update of 100 Pods, at 15 deltas a second, on a processor four times slower: nothing holds the page up.
import { installMock } from "./mock-engine.mjs";
import { traceTasks } from "./tasks.mjs";

export const title = "100 Pods roll over in the picture, four times slower: the longest main-thread task is told";
export const measures = true;

export default async function ({ open, note }) {
  const page = await open({ prepare: (page) => installMock(page, { pods: 100 }) });
  await page.waitForSelector(".pod.tile");
  // What is measured is slow, not how it came to be.
  await (await page.context().newCDPSession(page)).send("Emulation.setCPUThrottlingRate", { rate: 4 });
  await page.waitForTimeout(4000);
  const traced = await traceTasks(page.context().browser());
  await page.evaluate(async () => {
    const { push, delta, pod, all } = window.mock;
    const wait = (ms) => new Promise((go) => setTimeout(go, ms));
    // A quarter at a time: new ones appear, become ready, old ones end and vanish; as 25 % / 25 % does.
    for (let at = 0; at < 100; at += 5) {
      const fresh = [0, 1, 2, 3, 4].map((step) => pod(200 + at + step, 2, { ready: false, status: "ContainerCreating", ip: "" }));
      push([delta({ pods: fresh.map((each) => ({ ...each, node: "" })) })]);
      await wait(66);
      push([delta({ pods: fresh })]);
      await wait(66);
      push([delta({ pods: [...fresh.map((each) => ({ ...each, ready: true, status: "Running" })), ...all.slice(at, at + 5).map((each) => ({ ...each, ready: false, status: "Terminating", deadline: 1_700_000_030_000_000 }))] })]);
      await wait(66);
      push([delta({ gone: all.slice(at, at + 5).map((each) => each.id) })]);
      await wait(66);
    }
    await wait(1500);
  });
  // The picture follows as fast as the processor lets it; in the end only v2 is left.
  await page.waitForFunction(() => {
    const shown = [...document.querySelectorAll(".pod.tile .tag")].map((tag) => tag.textContent);
    return shown.length > 0 && shown.every((tag) => tag === "v2");
  }, null, { polling: 250 });
  const { wall, cpu, parts } = await traced();
  note(`longest main-thread task: ${cpu} ms of the processor (${parts}), ${wall} ms on the clock`);
  if (cpu > 50) note("goal missed: no task over 50 ms");
}
