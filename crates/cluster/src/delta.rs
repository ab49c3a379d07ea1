//! What a viewer must know: the whole picture once, then only what changed.
use crate::input::TrafficSpec;
use serde::{Deserialize, Serialize};

/// Views that changed since the last delta. Ids are `kind/namespace/name` (`pod/default/web-1`, `node/worker-1`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Delta {
    /// Microseconds of virtual time since the Unix epoch.
    pub now: u64,
    /// The store's applied revision.
    pub revision: u64,
    /// Forget everything known before: this is the whole picture (first delta, after a seek).
    pub whole: bool,
    pub components: Vec<ComponentView>,
    pub nodes: Vec<NodeView>,
    pub pods: Vec<PodView>,
    pub workloads: Vec<WorkloadView>,
    /// Other objects, for the table view: Services, ConfigMaps, Namespaces, …
    pub objects: Vec<ObjectView>,
    /// Ids that are gone.
    pub gone: Vec<String>,
    /// New marks for the timeline's lanes, oldest first.
    pub marks: Vec<Mark>,
    /// Messages that just travelled, for the picture's moving dots; thinned out at high speed.
    pub messages: Vec<Message>,
    /// Sources whose counts changed; told once per second of virtual time.
    pub traffic: Vec<TrafficView>,
    /// Requests that just ended, for moving dots; thinned out.
    pub requests: Vec<RequestView>,
}

/// A process of the control plane or of a node.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ComponentView {
    /// `kube-apiserver`, `etcd`, `kube-scheduler`, `kube-controller-manager`, `kubelet/worker-1`, `containerd/worker-1`, `kube-proxy/worker-1`.
    pub id: String,
    pub node: String,
    pub running: bool,
    /// A short fact: `rv 214`, `queue 2`, `3 pods`, `leader`; `of GKE` where a provider runs it.
    pub note: String,
    /// How many keys or Pods wait in its queue.
    pub queue: u32,
    /// How much longer each of its messages takes (milliseconds), and whether none gets through.
    pub slow_ms: u32,
    pub cut: bool,
    /// The process that it is only a part of: `k3s`; empty where it is one of its own.
    pub inside: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeView {
    pub id: String,
    pub name: String,
    pub control_plane: bool,
    /// `Ready`, `NotReady`, `Unknown`; what the API says, not what is true.
    pub ready: String,
    pub cordoned: bool,
    /// Whether the machine has power, and whether the network reaches it: what is true.
    pub powered: bool,
    pub connected: bool,
    /// Requested and allocatable: millicores, bytes, Pods.
    pub cpu: (u64, u64),
    pub memory: (u64, u64),
    pub pods: (u32, u32),
    /// Virtual microseconds of the last lease renewal.
    pub heartbeat: u64,
    pub taints: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PodView {
    pub id: String,
    pub namespace: String,
    pub name: String,
    /// Empty while it waits for a node.
    pub node: String,
    pub ip: String,
    /// The STATUS word of `kubectl get pods`: `Running`, `Pending`, `ContainerCreating`, `CrashLoopBackOff`, `Terminating`, …
    pub status: String,
    pub phase: String,
    pub ready: bool,
    /// Containers ready and in all.
    pub containers: (u32, u32),
    pub restarts: u32,
    /// The first container's image: `hello:v1`.
    pub image: String,
    /// Which generation of its template it belongs to, for colour and hatch: 1 for the Deployment's first, 2 for the next, … 0 for bare Pods.
    pub version: u32,
    /// Id of its controller, or empty.
    pub owner: String,
    /// The app label or the owner's name: what groups it in the picture.
    pub app: String,
    pub created: u64,
    /// When it must be gone at the latest (virtual microseconds), 0 while it is not being deleted.
    pub deadline: u64,
    /// Why it waits, in the API's words: the FailedScheduling sentence, `back-off 20s restarting failed container…`; else empty.
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WorkloadView {
    pub id: String,
    /// `Deployment`, `ReplicaSet`, …
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub owner: String,
    pub wanted: u32,
    pub current: u32,
    pub ready: u32,
    pub updated: u32,
    pub available: u32,
    /// The revision annotation; 0 for none.
    pub revision: u32,
    pub image: String,
    pub message: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectView {
    pub id: String,
    pub kind: String,
    pub namespace: String,
    pub name: String,
    /// A line that says the most about it: a Service's type and address, a ConfigMap's keys.
    pub note: String,
}

/// Who did something, for the timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lane {
    You,
    Api,
    Controllers,
    Scheduler,
    Kubelets,
    Faults,
}

/// One mark on the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    pub at: u64,
    pub lane: Lane,
    /// The occurrence to ask "Why?" about.
    pub occurrence: u32,
    /// `kubectl apply -f shop.yaml`, `create pod/default/web-1`, …
    pub text: String,
    /// The id it is about, or empty.
    pub about: String,
}

/// One message between parts: a request (solid) or a watch event (dashed).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub at: u64,
    pub from: String,
    pub to: String,
    pub write: bool,
    pub about: String,
}

/// One link of the chain that answers "Why?", newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Link {
    pub occurrence: u32,
    pub at: u64,
    pub actor: String,
    /// `input`, `create`, `update`, `patch`, `delete`, `fault`.
    pub deed: String,
    pub about: String,
    pub revision: u64,
    pub detail: String,
    /// The decision behind it as JSON (the scheduler's table, a controller's arithmetic), or empty.
    pub reason: String,
}

/// A traffic source and its last minute.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrafficView {
    pub id: String,
    pub to: String,
    /// `outside`, or a selector of Pods.
    pub from: String,
    pub rps: u32,
    /// Since it began: answered with less than 400; everything else; held back because too many were open.
    pub ok: u64,
    pub failed: u64,
    pub held_back: u64,
    /// Copies of its requests that proxies made and whose answers nobody waited for.
    pub copies: u64,
    /// Of the last ten seconds: how many by version (empty where nobody answered) and outcome (`200`, `503`, `refused`, …).
    pub parts: Vec<TrafficPart>,
    /// Of the last ten seconds' answers, in microseconds; 0 without answers.
    pub p50: u64,
    pub p95: u64,
    /// How many of them took up to twice `spans_from` microseconds, up to twice that, and so on.
    pub spans_from: u64,
    pub spans: Vec<u32>,
    pub versions: Vec<String>,
    /// The last 60 seconds, oldest first.
    pub strip: Vec<TrafficSecond>,
    /// As it was asked for, to change a part of it.
    pub spec: TrafficSpec,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrafficPart {
    pub version: String,
    pub outcome: String,
    pub count: u32,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TrafficSecond {
    pub failed: u32,
    /// How many were well, by their place in `versions`.
    pub ok: Vec<u32>,
}

/// One request that ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestView {
    /// To ask for its way (`Follow`).
    pub id: u64,
    pub at: u64,
    pub took: u64,
    /// The source's id; empty for people and processes.
    pub source: String,
    /// `outside/203.0.113.7`, `node/worker-1`, `pod/default/web-1`.
    pub from: String,
    /// The kube-proxy whose rules sent it on, or empty.
    pub via: String,
    pub to: String,
    pub version: String,
    pub outcome: String,
    pub ok: bool,
}

/// One hop of a request's way: who decided, what, and by which entry of its table (empty for none).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct HopView {
    pub component: String,
    /// In English.
    pub text: String,
    pub entry: String,
    /// The same for other languages: what was done, in a word, and the facts of it in order.
    pub deed: String,
    pub facts: Vec<String>,
}

/// What the inspector shows of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Inspection {
    pub id: String,
    pub yaml: String,
    /// As `kubectl describe` prints it.
    pub describe: String,
    pub chain: Vec<Link>,
    /// How it came to be, where the chain of its last change does not lead back to that.
    pub birth: Vec<Link>,
}

parcel::record!(Delta { now, revision, whole, components, nodes, pods, workloads, objects, gone, marks, messages, traffic, requests });
parcel::record!(ComponentView { id, node, running, note, queue, slow_ms, cut, inside });
parcel::record!(NodeView { id, name, control_plane, ready, cordoned, powered, connected, cpu, memory, pods, heartbeat, taints });
#[rustfmt::skip]
parcel::record!(PodView { id, namespace, name, node, ip, status, phase, ready, containers, restarts, image, version, owner, app, created, deadline, message });
#[rustfmt::skip]
parcel::record!(WorkloadView { id, kind, namespace, name, owner, wanted, current, ready, updated, available, revision, image, message });
parcel::record!(ObjectView { id, kind, namespace, name, note });
#[rustfmt::skip]
parcel::words!(Lane {
    "you" => You, "api" => Api, "controllers" => Controllers, "scheduler" => Scheduler, "kubelets" => Kubelets, "faults" => Faults,
});
parcel::record!(Mark { at, lane, occurrence, text, about });
parcel::record!(Message { at, from, to, write, about });
parcel::record!(Link { occurrence, at, actor, deed, about, revision, detail, reason });
parcel::record!(Inspection { id, yaml, describe, chain, birth });
parcel::record!(HopView { component, text, entry, deed, facts });
#[rustfmt::skip]
parcel::record!(TrafficView { id, to, from, rps, ok, failed, held_back, copies, parts, p50, p95, spans_from, spans, versions, strip, spec });
parcel::record!(TrafficPart { version, outcome, count });
parcel::record!(TrafficSecond { failed, ok });
parcel::record!(RequestView { id, at, took, source, from, via, to, version, outcome, ok });
