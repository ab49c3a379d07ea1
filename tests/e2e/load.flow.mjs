// The page's own worker under load: 100 Pods behind a Service, called by name 1,000 times a second; how much faster than life it runs.
import assert from "node:assert/strict";

export const title = "1,000 requests per second to 100 Pods in the page's worker: how many times faster than life is told";
export const measures = true;

// Pushes a worker of its own as far as it gets in ten seconds of the clock; the pace (500 times real time) is so high that it never waits.
function measured() {
  const lesson = { format: 1, id: "load", version: 1, minutes: 1, cluster: { preset: "kubeadm", nodes: 4, seed: 1 }, steps: [] };
  return new Promise((done, fail) => {
    const worker = new Worker("./engine-worker.js?load", { type: "module" });
    const tell = (message) => worker.postMessage({ text: JSON.stringify(message) });
    const act = (input) => tell({ to: "do", input });
    let [now, phase, begun, from, counted] = [0, "pods", 0, 0, 0];
    const hear = (answer) => {
      if (answer.says === "clock") now = answer.now;
      if (answer.says === "trouble") fail(new Error(`${answer.what}: ${answer.detail}`));
      if (answer.says !== "delta") return;
      const delta = answer.delta ?? answer;
      now = delta.now ?? now;
      counted = delta.traffic?.find?.((one) => one.id === "users")?.ok ?? counted;
      const seconds = now / 1e6;
      if (phase === "pods" && seconds > 90) {
        phase = "load";
        act({ do: "traffic", sources: [{ id: "users", to: "svc/web:80", from: "app=web", rps: 1000 }], gone: [] });
        [begun, from] = [performance.now(), now];
      } else if (phase === "load" && performance.now() - begun > 10000) {
        phase = "over";
        worker.terminate();
        done({ times: (now - from) / 1000 / (performance.now() - begun), simulated: (now - from) / 1e6, counted });
      }
    };
    worker.addEventListener("error", (event) => fail(new Error(event.message)));
    worker.addEventListener("message", ({ data }) => {
      if (data.crash) fail(new Error(data.crash));
      if (data.ready) {
        worker.postMessage({ start: "" });
        tell({ to: "open", lesson: JSON.stringify(lesson), saved: null, lang: "en" });
        act({ do: "line", text: "kubectl create deployment web --image=hello:v1 --replicas=100" });
        act({ do: "line", text: "kubectl expose deployment web --port=80 --target-port=8080" });
        tell({ to: "speed", speed: 500_000 });
      }
      if (data.text) JSON.parse(data.text).forEach(hear);
    });
  });
}

export default async function ({ open, note }) {
  const page = await open({ path: "/" });
  const { times, simulated, counted } = await page.evaluate(measured);
  note(`${times.toFixed(1)} times faster than life (${simulated.toFixed(0)} s of the cluster in 10 s here; ${counted} answers)`);
  assert.ok(simulated > 10, `the cluster got ${simulated} s ahead in 10 s`);
  if (times < 5) note("goal missed: 5 times real time");
}
