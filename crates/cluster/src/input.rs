//! Everything that can be done to a world from outside. A session is its seed, its topology and these.
use serde::{Deserialize, Serialize};

/// One deed of a learner, a lesson or a test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case")]
pub enum Input {
    /// A line typed into the terminal.
    Line { text: String },
    /// Ctrl+C in the terminal.
    Interrupt,
    /// The editor that a command had opened was closed: with its text, or without saving.
    Edited { text: Option<String> },
    /// A file of the learner's was saved.
    File { name: String, text: String },
    /// A file was saved and applied (the editor's Apply): `kubectl apply -f NAME` in the terminal.
    Apply { name: String, text: String },
    /// Something breaks, or is mended.
    Fault { fault: Fault },
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
    /// A container's process is killed (exit code 137). An empty container means the first one.
    KillContainer {
        pod: String,
        container: String,
    },
}

parcel::tagged!(Input "do" {
    "line" => Line { text },
    "interrupt" => Interrupt {},
    "edited" => Edited { text },
    "file" => File { name, text },
    "apply" => Apply { name, text },
    "fault" => Fault { fault },
});
parcel::tagged!(Fault "fault" {
    "stop-node" => StopNode { node },
    "start-node" => StartNode { node },
    "cut-node" => CutNode { node },
    "mend-node" => MendNode { node },
    "stop-component" => StopComponent { component },
    "start-component" => StartComponent { component },
    "kill-container" => KillContainer { pod, container },
});
