// The same world natively and in Wasm: plays a session in the engine's Wasm, replays its record natively, compares digests.
// Usage: node tests/digest.mjs [path of the kubarium binary]
import { readFile, writeFile, mkdtemp, rm } from "node:fs/promises";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const kubarium = process.argv[2] ?? join(root, "target", "release", "kubarium");
const { default: init, Engine } = await import(join(root, "dist", "engine.js"));
const { place } = await import(join(root, "dist", "rest.js"));
const wasm = await init({ module_or_path: await readFile(join(root, "dist", "engine_bg.wasm")) });
// The rest of the engine comes when a function of it is first called, as in the page.
const rest = wasm.rest && new WebAssembly.Module(await readFile(join(root, "dist", "engine_rest.wasm")));
let came = 0;
globalThis.kubariumRest = () => { place(wasm, rest); came += 1; };

const lesson = (seed) => JSON.stringify({
  format: 1, id: "digest", version: 1, minutes: 1, cluster: { preset: "kubeadm", nodes: 3, seed }, steps: [],
});
const deeds = [
  { do: "line", text: "kubectl create deployment web --image=hello:v1 --replicas=6" },
  { do: "line", text: "kubectl rollout status deployment/web" },
  { do: "fault", fault: { fault: "stop-node", node: "worker-2" } },
  { do: "line", text: "kubectl set image deployment/web hello=hello:v2" },
  { do: "line", text: "kubectl get pods -o wide" },
  { do: "fault", fault: { fault: "stop-component", component: "kube-scheduler" } },
  { do: "line", text: "kubectl scale deployment web --replicas=9" },
  { do: "fault", fault: { fault: "start-component", component: "kube-scheduler" } },
  { do: "fault", fault: { fault: "start-node", node: "worker-2" } },
  { do: "line", text: "kubectl delete deployment web" },
];

const folder = await mkdtemp(join(tmpdir(), "kubarium-digest-"));
let failed = 0;
for (const seed of [1, 7, 42, 1001, 65537]) {
  const engine = new Engine("");
  let log = "";
  const say = (message) => {
    for (const answer of JSON.parse(engine.message(JSON.stringify(message)) || "[]")) {
      if (answer.says === "saved") log = answer.log;
      if (answer.says === "trouble") throw new Error(`${answer.what}: ${answer.detail}`);
    }
  };
  say({ to: "open", lesson: lesson(seed), saved: null, lang: "en" });
  say({ to: "speed", speed: 0 });
  for (const input of deeds) {
    for (let second = 0; second < 9; second++) say({ to: "step", step: "second" });
    say({ to: "step", step: "event" });
    say({ to: "do", input });
  }
  const file = join(folder, `${seed}.json`);
  await writeFile(file, JSON.stringify(JSON.parse(log).record));
  const native = execFileSync(kubarium, ["digest", file], { encoding: "utf8" }).trim();
  const wasm = engine.digest();
  const same = native === wasm;
  failed += same ? 0 : 1;
  console.log(`seed ${seed}: native ${native}, wasm ${wasm}: ${same ? "equal" : "DIFFERENT"}`);
  engine.free();
}
await rm(folder, { recursive: true });
process.exit(failed > 0 ? 1 : 0);
