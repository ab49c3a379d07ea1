//! Everything that can be done to a world from outside. A session is its seed, its topology and these.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One deed of a learner, a lesson or a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Input {
    /// A line typed into the terminal.
    Line { text: String },
    /// Ctrl+C in the terminal.
    Interrupt,
    /// Ctrl+D in the terminal.
    EndOfInput,
    /// The editor that a command had opened was closed: with its text, or without saving.
    Edited { text: Option<String> },
    /// A file of the learner's was saved.
    File { name: String, text: String },
    /// A file was saved and applied (the editor's Apply): `kubectl apply -f NAME` in the terminal.
    Apply { name: String, text: String },
    /// Something breaks, or is mended.
    Fault { fault: Fault },
    /// Traffic sources begin or change (by their ids), and those in `gone` end.
    Traffic { sources: Vec<TrafficSpec>, gone: Vec<String> },
    /// The learner's browser opens a URL; a name in it stands for `address` if that is not empty (a line in /etc/hosts).
    Browse { url: String, address: String },
}

/// Somebody who sends requests: `{id: users, to: svc/shop:80, rps: 20}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TrafficSpec {
    pub id: String,
    /// A URL, or a Service: `svc/shop:80`, `svc/team/shop:80`.
    pub to: String,
    /// The address that is dialled in place of the URL's host, as a line in /etc/hosts does; empty for none.
    pub via: String,
    /// Empty or `outside`; or a label selector of the Pods that send: `app=front`.
    pub from: String,
    /// Of those Pods, and of a Service named without one; empty for `default`.
    pub namespace: String,
    pub path: String,
    /// Requests per second that come by the clock, whatever becomes of them. 0: each of `users` (or of `concurrency` places)
    /// sends one after another.
    pub rps: u32,
    /// How many may be open at a time; 0 for no limit.
    pub concurrency: u32,
    pub keep_alive: bool,
    /// 0 for five seconds.
    pub timeout_ms: u32,
    /// How often a failed one is tried again.
    pub retries: u32,
    pub headers: BTreeMap<String, String>,
    /// Some of the users send one header more.
    pub share: Option<Share>,
    /// How many people are told apart, each with an address, a connection and a cookie of their own; 0 for nobody in particular.
    pub users: u32,
    /// How long a user thinks between an answer and the next request, on average.
    pub think_ms: u32,
}

/// All fields of a source.
#[rustfmt::skip]
pub const TRAFFIC_FIELDS: [&str; 15] = [
    "id", "to", "via", "from", "namespace", "path", "rps", "concurrency", "keep_alive", "timeout_ms", "retries", "headers", "share", "users", "think_ms",
];

/// So many of 100 users send this header.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Share {
    pub percent: u32,
    pub header: String,
    pub value: String,
}

/// What can break. Names are those of nodes, Pods (`namespace/name`) and components.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Fault {
    /// The machine loses its power.
    StopNode {
        node: String,
    },
    StartNode {
        node: String,
    },
    /// The machine runs on, but nothing reaches it and nothing leaves it.
    CutNode {
        node: String,
    },
    MendNode {
        node: String,
    },
    /// A process of a control-plane or worker host: `kube-apiserver`, `kube-scheduler`, `kube-controller-manager`, `etcd`, `kubelet/worker-1`.
    StopComponent {
        component: String,
    },
    StartComponent {
        component: String,
    },
    /// A process is killed (SIGKILL): whoever looks after it starts it again.
    KillComponent {
        component: String,
    },
    /// Each message to and from a process takes longer; 0 mends it.
    SlowComponent {
        component: String,
        delay_ms: u32,
    },
    /// A process is alive, but the way between it and the API is closed, or open again: for a kube-apiserver the way to its
    /// port, for anybody else the way to the kube-apiserver.
    CutComponent {
        component: String,
        cut: bool,
    },
    /// Between two machines packets take longer and get lost; 0 and 0 mend it.
    Link {
        one: String,
        other: String,
        latency_ms: u32,
        loss_percent: u32,
    },
    /// Between two machines packets of more than `bytes` are lost, and nobody tells the sender (no ICMP "fragmentation
    /// needed" comes back); 1500 mends it.
    PathMtu {
        one: String,
        other: String,
        bytes: u32,
    },
    /// A member of etcd (`etcd`, `etcd/control-plane-1`) ends at once, as by SIGKILL.
    CrashEtcd {
        member: String,
    },
    /// Each write to a machine's disk takes so much longer; 0 mends it.
    SlowDisk {
        node: String,
        fsync_ms: u32,
    },
    /// A member's peer port is closed, or open again: its machine is reached, the member is not.
    CutEtcd {
        member: String,
        cut: bool,
    },
    /// A member's data directory is lost, and its process ends.
    LoseEtcdData {
        member: String,
    },
    /// A stopped member starts with what `etcdutl snapshot restore` wrote into a directory: as a new cluster of one.
    RestoreEtcd {
        member: String,
        directory: String,
    },
    /// A member's quota in MiB (`--quota-backend-bytes`); 0 is the default of 2 GiB.
    EtcdQuota {
        member: String,
        mebibytes: u32,
    },
    /// The provider upgrades the control plane that it runs; empty: to the newest that is the next step.
    UpgradeControlPlane {
        version: String,
    },
    /// A node of a provider's pool is made anew, with the control plane's version. Nobody drains it first.
    UpgradeNode {
        node: String,
    },
    /// A container's process is killed (exit code 137). An empty container means the first one.
    KillContainer {
        pod: String,
        container: String,
    },
}

parcel::tagged!(Input "do" {
    "line" => Line { text },
    "interrupt" => Interrupt {},
    "end-of-input" => EndOfInput {},
    "edited" => Edited { text },
    "file" => File { name, text },
    "apply" => Apply { name, text },
    "fault" => Fault { fault },
    "traffic" => Traffic { sources, gone },
    "browse" => Browse { url, address },
});
#[rustfmt::skip]
parcel::record!(TrafficSpec { id, to } or { via, from, namespace, path, rps, concurrency, keep_alive, timeout_ms, retries, headers, share, users, think_ms });
parcel::record!(Share { percent, header, value });
parcel::tagged!(Fault "fault" {
    "stop-node" => StopNode { node },
    "start-node" => StartNode { node },
    "cut-node" => CutNode { node },
    "mend-node" => MendNode { node },
    "stop-component" => StopComponent { component },
    "start-component" => StartComponent { component },
    "kill-component" => KillComponent { component },
    "slow-component" => SlowComponent { component, delay_ms },
    "cut-component" => CutComponent { component, cut },
    "link" => Link { one, other, latency_ms, loss_percent },
    "path-mtu" => PathMtu { one, other, bytes },
    "crash-etcd" => CrashEtcd { member },
    "slow-disk" => SlowDisk { node, fsync_ms },
    "cut-etcd" => CutEtcd { member, cut },
    "lose-etcd-data" => LoseEtcdData { member },
    "restore-etcd" => RestoreEtcd { member, directory },
    "etcd-quota" => EtcdQuota { member, mebibytes },
    "upgrade-control-plane" => UpgradeControlPlane { version },
    "upgrade-node" => UpgradeNode { node },
    "kill-container" => KillContainer { pod, container },
});
