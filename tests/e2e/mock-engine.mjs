// A scripted engine in place of the real one, for looking at the page alone: the same messages, a made-up cluster.
// installMock(page) before the page is opened; `window.mock` then has push(messages), sent (what the page asked for).

const LESSONS = {
  "index.json": [{ id: "cluster", minutes: 8, titles: [["ko", "클러스터란 무엇인가요?"], ["en", "What is a cluster?"]], steps: 4 }, { id: "pods", minutes: 10, titles: [["ko", "파드"], ["en", "Pods"]], steps: 3 }],
  "cluster/lesson.json": { id: "cluster" },
  "pods/lesson.json": { id: "pods" },
};
const t = (text) => ({ inline: "text", text });
const c = (text) => ({ inline: "code", text });
const p = (...text) => ({ block: "paragraph", text });
const WORDS = {
  ko: { title: "새 버전으로 바꾸는 동안, 실패하는 요청은 몇 개일까?", intro: "컨트롤 플레인이 정하고 워커가 일합니다.", guess: "먼저 예측하기", options: ["하나도 실패하지 않는다", "몇 개는 실패한다", "모두 실패한다"], roll: "새 버전으로 바꾸기", checks: ["모든 파드가 v2로 바뀌었다", "준비된 파드가 3개 아래로 내려가지 않는다"], hint: "이미지를 바꾸는 명령이 있습니다.", why: "디플로이먼트 컨트롤러가 레플리카셋을 하나 더 만들었습니다.", brk: "망가뜨려 보기", look: "둘러보기" },
  en: { title: "How many requests fail while v1 becomes v2?", intro: "The control plane decides, the workers work.", guess: "What will happen?", options: ["None fails", "Some fail", "All fail"], roll: "Roll out v2", checks: ["All Pods run v2", "Never fewer than 3 Pods ready"], hint: "There is a command that sets an image.", why: "The Deployment controller made a second ReplicaSet.", brk: "Break it", look: "Look around" },
};

function prose(lang) {
  const w = WORDS[lang];
  return { id: "cluster", lang, title: w.title,
    intro: [{ block: "figure", name: "replicas", caption: [] }, p(t(w.intro + " "), { inline: "object", target: "node/worker-1", text: [c("worker-1")] })],
    sections: [
      { id: "look", title: w.look, blocks: [p(t(w.intro)), { block: "code", lang: "sh", run: true, file: "", text: "kubectl get nodes -o wide\n" }], options: [], hints: [], fails: [], checks: [], why: [] },
      { id: "guess", title: w.guess, blocks: [p(t(w.intro))], options: w.options.map((text, at) => [["none", "some", "all"][at], [t(text)]]), hints: [], fails: [], checks: [], why: [] },
      { id: "roll", title: w.roll, blocks: [p(t(w.intro))], options: [], hints: [["look", [p(t(w.hint))]], ["more", [p(t(w.hint))]], ["answer", [p(c("kubectl set image deploy/shop shop=shop:v2"))]]], fails: [["v2", [p(t(w.hint))]]], checks: [["v2", [t(w.checks[0])]], ["stays", [t(w.checks[1])]]], why: [p(t(w.why))] },
      { id: "break", title: w.brk, blocks: [p(t(w.intro))], options: [], hints: [], fails: [], checks: [], why: [] },
    ] };
}

export async function installMock(page, { pods = 6, state } = {}) {
  await page.route("**/lessons/**", async (route) => {
    const path = new URL(route.request().url()).pathname.split("/lessons/")[1];
    if (path === "strategies.json") return route.continue();
    const found = LESSONS[path] ?? (/^\w+\/(ko|en)\.json$/.test(path) ? prose(path.slice(-7, -5)) : null);
    await route.fulfill(found ? { json: found } : { status: 404, body: "" });
  });
  const client = `(${mockClient})(${JSON.stringify({ pods, state })})`;
  await page.route("**/engine-client.js*", (route) => route.fulfill({ contentType: "text/javascript", body:
    `${client};\nexport const { start, send, stop, restart, mode, warm } = window.mockClient;` }));
}

/* Runs in the page. */
function mockClient({ pods, state }) {
  const T0 = 1_700_000_000_000_000;
  let now = T0, end = T0, speed = 1000, heard = () => {}, serial = 0, sought = 0;
  const sent = [];
  const say = (...messages) => heard(JSON.stringify(messages));
  const pod = (at, version, over = {}) => ({ id: `pod/default/shop-${version}-${at}`, namespace: "default", name: `shop-6f9c7d5b8-x7k${at}`, node: `worker-${at % 3 + 1}`, ip: `10.244.${at % 3 + 1}.${at + 3}`, status: "Running", phase: "Running", ready: true, containers: [1, 1], restarts: 0, image: `shop:v${version}`, version, owner: `replicaset/default/shop-${version}`, app: "shop", created: T0, deadline: 0, message: "", ...over });
  const node = (at, over = {}) => ({ id: at ? `node/worker-${at}` : "node/control-plane", name: at ? `worker-${at}` : "control-plane", control_plane: !at, ready: "Ready", cordoned: false, powered: true, connected: true, cpu: [1250, 4000], memory: [2254857830, 8589934592], pods: [3, 110], heartbeat: now - 3e6, taints: [], ...over });
  const part = (id, note, queue = 0) => ({ id, node: "control-plane", running: true, note, queue, slow_ms: 0, cut: false, inside: "" });
  const workload = (kind, name, over) => ({ id: `${kind.toLowerCase()}/default/${name}`, kind, namespace: "default", name, owner: "", wanted: 4, current: 4, ready: 3, updated: 2, available: 3, revision: 0, image: "shop:v2", message: "", ...over });
  const odd = [
    { status: "Running", ready: false, containers: [0, 1] }, { status: "Terminating", ready: false, deadline: T0 + 42e6 }, { status: "CrashLoopBackOff", ready: false, restarts: 3, message: "back-off 20s restarting failed container" },
    { status: "ContainerCreating", phase: "Pending", ready: false, ip: "" }, { status: "Pending", phase: "Pending", node: "", ready: false, ip: "", message: "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu." }];
  const all = [];
  for (let at = 0; at < pods; at += 1) all.push(pod(at, at % 3 === 2 ? 2 : 1));
  if (pods < 50) odd.forEach((over, at) => all.push(pod(20 + at, 2, over)));
  const marks = [];
  for (let at = 0; at < 40; at += 1) marks.push({ at: T0 + at * 700_000, lane: ["you", "api", "api", "controllers", "scheduler", "kubelets", "api", "faults"][at % 8], occurrence: at, text: `create pod/default/shop-${at}`, about: all[at % all.length].id });
  const whole = () => ({ says: "delta", delta: { now, revision: 214, whole: true, components: [part("kube-apiserver", "rv 214"), part("etcd", "rv 214"), part("kube-controller-manager", "queue 1", 1), part("kube-scheduler", "queue 1"), ...[1, 2, 3].flatMap((at) => ["kubelet", "containerd", "kube-proxy"].map((name) => ({ ...part(`${name}/worker-${at}`, ""), node: `worker-${at}` })))],
    nodes: [0, 1, 2, 3].map((at) => node(at, at === 3 && pods < 50 ? { ready: "NotReady", powered: false, heartbeat: T0 - 20e6 } : {})), pods: all, workloads: [workload("Deployment", "shop"), workload("ReplicaSet", "shop-1", { owner: "deployment/default/shop", image: "shop:v1", revision: 1, wanted: 2, ready: 2 }), workload("ReplicaSet", "shop-2", { owner: "deployment/default/shop", revision: 2, wanted: 2, ready: 1 })],
    objects: [{ id: "service/default/shop", kind: "Service", namespace: "default", name: "shop", note: "ClusterIP 10.96.0.12 80" }], gone: [], marks, messages: [], traffic: [], requests: [] } });
  const delta = (over) => ({ says: "delta", delta: { now, revision: 215, whole: false, components: [], nodes: [], pods: [], workloads: [], objects: [], gone: [], marks: [], messages: [], traffic: [], requests: [], ...over } });
  const clock = () => ({ says: "clock", now, start: T0, end, speed, sought });
  const steps = state ?? [
    { id: "look", kind: "read", done: true, chosen: "", answer: "", options: [], checks: [], hints: [0, 0], faults: [], solvable: false },
    { id: "guess", kind: "predict", done: true, chosen: "some", answer: "none", options: ["none", "some", "all"], checks: [], hints: [0, 0], faults: [], solvable: false },
    { id: "roll", kind: "task", done: false, chosen: "", answer: "", options: [], checks: [{ id: "v2", verdict: "fail", observed: "2", wanted: "4" }, { id: "stays", verdict: "pending", observed: "3", wanted: "" }], hints: [1, 3], faults: [], solvable: true },
    { id: "break", kind: "break", done: false, chosen: "", answer: "", options: [], checks: [], hints: [0, 0], faults: [{ fault: "stop-node", node: "worker-2" }], solvable: false }];
  const lesson = () => ({ says: "lesson", state: { id: "cluster", steps, show: [], focus: "", lens: "" } });
  const answers = {
    open: () => { say(whole(), clock(), lesson(), { says: "files", files: [["shop.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: shop\nspec:\n  replicas: 4\n  strategy:\n    rollingUpdate:\n      maxUnavailable: 0\n      maxSurge: 1\n"], ["hello.yaml", "kind: Pod\n"]] },
      { says: "print", text: "~ $ kubectl get pods\nNAME                   READY   STATUS    RESTARTS   AGE\nshop-6f9c7d5b8-x7kq2   1/1     Running   0          41s\n", err: false, whole: true }, { says: "print", text: "error: the server doesn't have a resource type \"pod5\"\n", err: true, whole: false }, { says: "prompt", busy: false, prompt: "~ $" }); },
    do: ({ input }) => { if (input.do === "line") say({ says: "print", text: `~ $ ${input.text}\nok\n`, err: false, whole: false }, { says: "saved", log: "log" }); },
    speed: (message) => { speed = message.speed; say(clock()); },
    rate: (message) => { if (speed) speed = message.speed; say(clock()); },
    seek: (message) => { now = message.time; speed = 0; sought = message.serial; say(clock()); },
    step: () => { now += 1e6; end = Math.max(end, now); say(clock()); },
    why: ({ occurrence }) => say({ says: "chain", occurrence, chain: chain() }),
    inspect: ({ id }) => say({ says: "inspected", inspection: { id, yaml: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: shop\n", describe: "Name:         shop\nNamespace:    default\nNode:         worker-1\n", chain: chain() } }),
    complete: ({ serial, line }) => say({ says: "completion", serial, from: line.lastIndexOf(" ") + 1, candidates: ["get", "get-all"] }),
    lint: ({ serial, name, text }) => say({ says: "problems", serial, name, problems: text.includes("replcas") ? [{ line: 6, column: 3, end_column: 10, severity: "error", message: 'unknown field "spec.replcas"' }] : [] }),
    suggest: ({ serial, at }) => say({ says: "suggestions", serial, from: at, items: [{ label: "replicas", detail: "integer", info: "", apply: "replicas: " }] }),
    hover: ({ serial }) => say({ says: "hover-text", serial, from: 0, to: 0, text: "" }),
    choose: ({ step, option }) => { Object.assign(steps.find((each) => each.id === step), { chosen: option, answer: "none", done: true }); say(lesson()); },
    hint: ({ step }) => { steps.find((each) => each.id === step).hints[0] += 1; say(lesson()); },
    check: ({ step }) => { const found = steps.find((each) => each.id === step); found.done = true; for (const check of found.checks) check.verdict = "pass"; say(lesson()); },
  };
  const chain = () => [
    { occurrence: 9, at: T0 + 9e6, actor: "kube-scheduler", deed: "update", about: "pod/default/shop-1-0", revision: 213, detail: "", reason: JSON.stringify({ chosen: "worker-1", nodes: [{ node: "worker-1", fits: true, score: 92, chosen: true }, { node: "worker-2", fits: true, score: 88 }, { node: "worker-3", fits: false, why: "Insufficient cpu" }] }) },
    { occurrence: 8, at: T0 + 8e6, actor: "replicaset-controller", deed: "create", about: "pod/default/shop-1-0", revision: 212, detail: "", reason: JSON.stringify({ wanted: 3, seen: 2 }) },
    { occurrence: 1, at: T0 + 7e6, actor: "you", deed: "input", about: "", revision: 0, detail: "kubectl apply -f shop.yaml", reason: "" }];
  setInterval(() => {
    if (!speed) return;
    now += speed * 100; end = Math.max(end, now); serial += 1;
    say(clock(), delta({ nodes: [node(1, { heartbeat: now - now % 10_000_000 })], messages: [{ at: now, from: "kubelet/worker-1", to: "kube-apiserver", write: true, about: "" }, { at: now, from: "kube-apiserver", to: "kube-scheduler", write: false, about: "" }] }));
  }, 100);
  const receive = (message) => { sent.push(message); answers[message.to]?.(message); };
  window.mock = { sent, push: (messages) => say(...messages), delta, pod, all, whole };
  window.mockClient = { warm() {}, mode: () => "worker", stop() {}, restart() {}, start(onMessage) { heard = onMessage; }, send: (text) => queueMicrotask(() => receive(JSON.parse(text))) };
}
