// A learner installs a cluster on bare servers, by K3s's one line and by kubeadm's steps, makes mistakes on the way, and is told.
import assert from "node:assert/strict";
import { accessibilityFaults } from "./axe.mjs";
import { answer, picture, printed, see, speed, type } from "./learner.mjs";

export const title = "both installations through the page: K3s and kubeadm, their mistakes, back in time, after a reload";

const shot = (page, name) => process.env.KUBARIUM_SHOTS ? page.screenshot({ path: `${process.env.KUBARIUM_SHOTS}/${name}.png` }) : null;
const WIDE = { width: 1280, height: 800 };

export default async function ({ open, note }) {
  await k3s(open, note);
  await kubeadm(open, note);
  await phone(open);
  await lesson(open);
}

async function k3s(open, note) {
  const page = await bare(open, { path: "/?sandbox=bare", viewport: WIDE });
  assert.match(await page.textContent(".lesson"), /nothing but Linux/);
  // Nobody answers yet, and both the terminal and the editor say so.
  await type(page, "kubectl get nodes");
  await see(page, "The connection to the server localhost:8080 was refused");
  await hint(page, /no API server yet/);
  await page.waitForFunction(() => /localhost:8080 was refused/.test(document.querySelector(".editor")?.textContent ?? ""));
  assert.doesNotMatch(await page.textContent(".editor"), /not found/);
  await clean(page, "bare servers with a hint");
  await shot(page, "installs-before");
  // A server without power, and with it again.
  await page.locator(".breaks summary").click();
  assert.deepEqual(await page.locator(".breaks li b").allTextContents(), ["node-1", "node-2", "node-3"]);
  await page.locator(".breaks li", { hasText: "node-3" }).locator("button").first().click();
  await page.waitForSelector(".picture .server.off");
  await page.locator(".breaks li", { hasText: "node-3" }).locator("button").first().click();
  await page.waitForFunction(() => !document.querySelector(".picture .server.off"));
  await page.locator(".breaks summary").click();

  await speed(page, 5);
  await type(page, "ssh node-1");
  await type(page, "curl -sfL https://get.k3s.io | sh -");
  await page.waitForFunction(() => document.querySelector(".picture .node > [data-id='node/node-1']") && document.querySelectorAll(".picture .server").length === 2);
  await none(page);
  await until(page, "k3s kubectl get nodes", / Ready /);
  await shot(page, "installs-k3s-server");
  await type(page, "cat /var/lib/rancher/k3s/server/node-token");
  const token = (await answer(page)).trim();
  assert.match(token, /^K10[0-9a-f]+::server:/);
  await type(page, "exit");
  // With a wrong token the agent's service never starts; the hint comes from its journal.
  const join = (token) => `ssh node-2 'curl -sfL https://get.k3s.io | K3S_URL=https://192.168.100.11:6443 K3S_TOKEN=${token} sh -'`;
  await page.fill("#terminal-line", join("wrong"));
  await page.press("#terminal-line", "Enter");
  await hint(page, /does not take this token/);
  await shot(page, "installs-k3s-token");
  await page.press("#terminal-line", "Control+c");
  await type(page, join(token));
  await none(page);
  await until(page, "kubectl get nodes", /node-1 +Ready[\s\S]*node-2 +Ready|node-2 +Ready[\s\S]*node-1 +Ready/);
  // The editor's file, and a request that is served.
  await page.locator(".editor .btn.primary").click();
  await see(page, "deployment.apps/web created");
  await type(page, "kubectl expose deployment web --port=80 --target-port=8080");
  await until(page, "ssh node-2 curl -s http://$(kubectl get svc web -o jsonpath={.spec.clusterIP})/", /Hello from v1/);
  note("K3s serves a request");
  await shot(page, "installs-k3s-served");

  // Before the installation there was none of it; afterwards there is.
  const track = page.locator(".track");
  const now = await picture(page);
  await track.press("Home");
  await page.waitForFunction(() => document.querySelectorAll(".picture .server").length === 3);
  await shot(page, "installs-sought");
  assert.equal(await page.locator(".picture .part:visible").count(), 0, "nothing of it is there yet");
  await track.press("End");
  await page.waitForFunction(() => document.querySelectorAll(".picture .server").length === 1);
  assert.equal(parts(await picture(page)), parts(now));
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll(".picture .server").length === 1 && document.querySelectorAll(".picture .node > [data-id^='node/']").length === 2 && document.querySelectorAll(".picture [data-id^='pod/default/']").length === 3);
  // A request that was on its way when the page was left is on its way still.
  await page.waitForFunction(() => !document.querySelector(".terminal .bar .btn.small"));
  await type(page, "kubectl get deployment web --no-headers");
  assert.match(await answer(page), /^web +3\/3/);
  await page.close();
}

// The steps of kubernetes.io for Debian, on each server.
const PREPARE = [
  "swapoff -a",
  "sed -i '/ swap / s/^/#/' /etc/fstab",
  "modprobe br_netfilter",
  "echo 'net.ipv4.ip_forward = 1' > /etc/sysctl.d/k8s.conf",
  "sysctl --system",
  "apt-get update",
  "apt-get install -y apt-transport-https ca-certificates curl gpg containerd",
  "mkdir -p /etc/containerd /etc/apt/keyrings",
  "containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' > /etc/containerd/config.toml",
  "systemctl restart containerd",
  "curl -fsSL https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key | gpg --dearmor -o /etc/apt/keyrings/kubernetes-apt-keyring.gpg",
  "echo 'deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] https://pkgs.k8s.io/core:/stable:/v1.37/deb/ /' > /etc/apt/sources.list.d/kubernetes.list",
  "apt-get update",
  "apt-get install -y kubelet kubeadm kubectl",
  "apt-mark hold kubelet kubeadm kubectl",
];

async function kubeadm(open, note) {
  const page = await bare(open, { path: "/?sandbox=bare", lang: "ko", viewport: WIDE });
  await speed(page, 10);
  await type(page, "ssh node-1");
  await type(page, "kubeadm init");
  await hint(page, /데비안에 들어 있지 않습니다/);
  for (const line of PREPARE) await type(page, line);
  await none(page);
  assert.match(await answer(page), /kubectl set on hold/);
  await type(page, "sysctl -w net.ipv4.ip_forward=0");
  await type(page, "kubeadm init --pod-network-cidr=10.244.0.0/16");
  await see(page, "ip_forward contents are not set to 1");
  await hint(page, /sysctl -w net.ipv4.ip_forward=1/);
  await clean(page, "a hint in Korean");
  await shot(page, "installs-kubeadm-mistake");
  await page.locator(".mistakes.below .btn").click();
  await none(page);
  await type(page, "sysctl --system");
  await type(page, "kubeadm init --pod-network-cidr=10.244.0.0/16");
  await see(page, "Your Kubernetes control-plane has initialized successfully!");
  const join = (await printed(page)).match(/kubeadm join [^\\]*\\\s*--discovery-token-ca-cert-hash sha256:[0-9a-f]+/)[0].replace(/\\\s*/, "");
  // The four parts have come into the picture by now.
  await page.waitForFunction(() => document.querySelectorAll(".picture .part:not(.coming):not(.dead)").length === 4);
  // The server that was made one has not lost its name.
  await see(page, "node-1 · control-plane", ".picture");
  await type(page, "kubectl get nodes");
  await hint(page, /admin\.conf/);
  await type(page, "mkdir -p $HOME/.kube");
  await type(page, "cp /etc/kubernetes/admin.conf $HOME/.kube/config");
  await none(page);
  await until(page, "kubectl get nodes", /NotReady/);
  await hint(page, /네트워크 플러그인을 함께 설치하지 않습니다/);
  await shot(page, "installs-kubeadm-network");
  await type(page, "kubectl apply -f https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml");
  await none(page);
  await type(page, "exit");
  await type(page, "ssh node-2");
  for (const line of PREPARE) await type(page, line);
  await type(page, join);
  await see(page, "This node has joined the cluster");
  await type(page, "exit");
  await until(page, "kubectl get nodes", /node-1 +Ready[\s\S]*node-2 +Ready/);
  await type(page, "kubectl create deployment web --image=hello:v1");
  await type(page, "kubectl expose deployment web --port=80 --target-port=8080");
  await until(page, "ssh node-1 curl -s http://$(kubectl get svc web -o jsonpath={.spec.clusterIP})/", /Hello from v1/);
  await none(page);
  note("kubeadm's cluster serves a request");
  await shot(page, "installs-kubeadm-served");
  await clean(page, "an installed cluster");
  await page.close();
}

async function phone(open) {
  const page = await bare(open, { path: "/?sandbox=bare", lang: "ko", theme: "dark", viewport: { width: 390, height: 844 }, touch: true });
  await page.locator(".switch .tab", { hasText: "터미널" }).click();
  await type(page, "kubectl get nodes");
  await hint(page, /API 서버가 없어서/);
  await clean(page, "a hint on a phone");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing scrolls sideways");
  await shot(page, "installs-phone");
  await page.close();
}

// In a lesson the words stand in the card of the step.
async function lesson(open) {
  const page = await open({ path: "/?lesson=kubeadm", viewport: WIDE });
  await page.waitForFunction(() => document.querySelectorAll(".picture .server").length === 2);
  await type(page, "ssh debian@node-1 kubeadm init");
  await page.waitForFunction(() => /ordinary user/.test(document.querySelector("article.card .mistakes.beside .mistake")?.textContent ?? ""));
  assert.ok(!(await page.locator(".mistakes.below").isVisible()), "it stands in one place");
  await clean(page, "a hint in a lesson");
  await shot(page, "installs-lesson");
  await type(page, "ssh node-1 kubeadm init --pod-network-cidr=10.244.0.0/16");
  await page.waitForFunction(() => !document.querySelector(".mistake"));
  await page.close();
}

async function bare(open, how) {
  const page = await open(how);
  await page.waitForFunction(() => document.querySelectorAll(".picture .server").length === 3);
  return page;
}

async function hint(page, words) {
  await page.waitForFunction(([source, flags]) => new RegExp(source, flags).test(document.querySelector(".mistakes.below .mistake")?.textContent ?? ""), [words.source, words.flags]);
}

async function none(page) {
  await page.waitForFunction(() => !document.querySelector(".mistake"));
}

// Types a line again and again until it prints what is wanted.
async function until(page, line, wanted) {
  for (;;) {
    await type(page, line);
    if (wanted.test(await answer(page))) return;
    await page.waitForTimeout(400);
  }
}

function parts(picture) {
  return picture.split("\n").filter((line) => /^(node|kube|etcd)/.test(line)).map((line) => line.split(" ")[0]).join("\n");
}

async function clean(page, where) {
  assert.deepEqual(await accessibilityFaults(page), [], where);
}
