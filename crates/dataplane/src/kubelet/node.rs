//! The kubelet's own Node: registration, status, heartbeats by Lease (upstream `kubelet_node_status.go`, `lease`).
use crate::host::{Host, Role};
use crate::kubelet::Config;
use crate::kubelet::client::{Asked, Client};
use crate::runtime::Store;
use apiserver::Snapshot;
use apiserver::client::Note;
use objects::wire::{PatchKind, Request, Response, Verb};
use objects::{Map, Text, Tree, kinds, list, map};
use simcore::{Duration, Time};

/// A Lease lasts 40 s and is renewed every quarter of that; the status is looked at as often.
pub const RENEW: Duration = Duration::secs(10);
/// Even an unchanged status is written this often (`nodeStatusReportFrequency`).
const REPORT: Duration = Duration::mins(5);
/// How long after its start the kubelet first calls itself ready.
const SETTLE: Duration = Duration::secs(1);
/// A kubelet that has just started looks ten times a second whether it could be ready (`nodeReadyGracePeriod`).
const EAGER: Duration = Duration::secs(120);
const STARTING: &str = "container runtime status check may not have completed yet";

#[derive(Clone, Debug)]
pub struct Registration {
    pub name: Text,
    started: Time,
    registered: bool,
    /// The Lease as last answered.
    lease: Tree,
    pub lease_at: Time,
    pub status_at: Time,
    reported: Time,
    /// What was told last; `None` where only the API knows.
    was_ready: Option<bool>,
    /// A kubelet that finds its Node from before first says that it is not ready yet.
    settling: bool,
}

impl Registration {
    pub fn new(name: Text, now: Time) -> Registration {
        let never = Time(u64::MAX);
        Registration {
            name,
            started: now,
            registered: false,
            lease: Tree::Null,
            lease_at: never,
            status_at: never,
            reported: Time::default(),
            was_ready: None,
            settling: false,
        }
    }

    /// Posts the Node, as every kubelet does when it starts; with its range of Pod addresses where one was set up.
    pub fn register(&mut self, now: Time, host: &Host, store: &Store, config: &Config, client: &mut Client) {
        let mut spec = Tree::from(Map::default());
        if !config.taints.is_empty() {
            spec.set(&["taints"], config.taints.clone());
        }
        if let Some(range) = &config.pod_cidr {
            spec.set(&["podCIDR"], range);
            spec.set(&["podCIDRs"], list![range]);
        }
        let mut status = described(host, store);
        status.set(&["conditions"], conditions(now, &Tree::Null, Some(STARTING)));
        let mut labels = labels(host);
        config.labels.iter().for_each(|(key, value)| labels.set(&[key], *value));
        let node = map! {
            "apiVersion": "v1", "kind": "Node", "metadata": map! {"name": &self.name, "labels": labels}, "spec": spec, "status": status,
        };
        client.send(Asked::Register, Request::about(Verb::Create, kinds::NODE, "", "").body(node), None);
    }

    /// The answer to the registration: there is a Node now, new or from before.
    pub fn registered(&mut self, now: Time, response: &Response) {
        if response.is_ok() || response.code == 409 {
            self.registered = true;
            self.lease_at = now;
            self.settling = response.code == 409;
            self.status_at = if self.settling { now } else { self.started.max(now) + SETTLE };
        } else {
            // Upstream tries again with growing pauses up to 7 s.
            self.status_at = now + Duration::secs(1);
        }
    }

    pub fn is_registered(&self) -> bool {
        self.registered
    }

    /// Renews the Lease, or makes it.
    pub fn renew(&mut self, now: Time, view: &Snapshot, client: &mut Client) {
        self.lease_at = now + RENEW;
        let place = "kube-node-lease";
        if self.lease.is_null() {
            let found = view.find(kinds::LEASE, place, &self.name);
            self.lease = found.map_or(Tree::Null, |found| found.tree.clone());
        }
        let owner = view.find(kinds::NODE, "", &self.name);
        let owners = owner.map(|node| list![map! {"apiVersion": "v1", "kind": "Node", "name": &self.name, "uid": node.uid_text()}]);
        let (verb, name) = if self.lease.is_null() { (Verb::Create, Text::default()) } else { (Verb::Update, self.name.clone()) };
        let mut lease = if self.lease.is_null() {
            let spec = map! {"holderIdentity": &self.name, "leaseDurationSeconds": 40};
            map! {
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": map! {"name": &self.name, "namespace": place}, "spec": spec,
            }
        } else {
            self.lease.clone()
        };
        if let Some(owners) = owners.filter(|_| lease.at(&["metadata", "ownerReferences"]).is_empty()) {
            lease.set(&["metadata", "ownerReferences"], owners);
        }
        lease.set(&["spec", "renewTime"], now.rfc3339_micro());
        client.send(Asked::Lease, Request::about(verb, kinds::LEASE, place, name).body(lease), None);
    }

    /// The answer to a renewal.
    pub fn renewed(&mut self, now: Time, response: &Response) {
        if response.is_ok() {
            self.lease = response.tree().clone();
        } else {
            // Gone, or changed by somebody: read it anew next time, which is soon.
            self.lease = Tree::Null;
            self.lease_at = now + Duration::secs(if response.code == 0 { 10 } else { 1 });
        }
    }

    /// Looks at the node's state and writes it when it changed or five minutes have passed.
    pub fn report(&mut self, now: Time, host: &Host, store: &Store, problem: Option<&str>, view: &Snapshot, client: &mut Client) {
        self.status_at = now + RENEW;
        let Some(node) = view.find(kinds::NODE, "", &self.name) else {
            self.status_at = now + Duration::secs(1);
            return;
        };
        let old = node.status();
        let before = old.get("conditions").items().iter().find(|found| found.get("type").text() == "Ready");
        let before = before.map_or("", |found| found.get("status").text());
        let ready_before = before == "True";
        let starting = std::mem::take(&mut self.settling) && !ready_before;
        let problem = if starting { Some(STARTING) } else { problem };
        let wanted = conditions(now, old.get("conditions"), problem);
        let mut status = Tree::from(Map::default());
        for (key, value) in described(host, store).entries().filter(|(key, value)| old.get(key) != *value) {
            status.set(&[key], value);
        }
        let changed = !status.is_empty() || said(&wanted) != said(old.get("conditions"));
        if !changed && now < self.reported + REPORT {
            return;
        }
        self.reported = now;
        status.set(&["conditions"], wanted);
        let patch = map! {"status": status};
        let request = Request::about(Verb::Patch(PatchKind::Strategic), kinds::NODE, "", self.name.clone());
        client.send(Asked::NodeStatus, request.subresource("status").body(patch), None);
        let ready = problem.is_none();
        // What only the API knows may be that nobody knows: a kubelet that is back says which of the two it is.
        let same = self.was_ready.replace(ready).map_or(before == if ready { "True" } else { "False" }, |was| was == ready);
        if !same {
            let reason = if ready { "NodeReady" } else { "NodeNotReady" };
            tell(now, &self.name, reason, format!("Node {} status is now: {reason}", self.name), client);
        }
    }

    /// The node's network works now: told at once in the first two minutes (upstream `fastNodeStatusUpdate`), later with the
    /// next status.
    pub fn network_came(&mut self, now: Time) {
        if now < self.started + EAGER {
            self.status_at = self.status_at.min(now + Duration::millis(100));
        }
    }

    /// The answer to a status: where none came, it is written again at the next look.
    pub fn reported(&mut self, response: &Response) {
        if !response.is_ok() {
            self.reported = Time::default();
            self.was_ready = None;
        }
    }
}

/// A kubelet that finds its Node from before tells what it does, and whether its machine was started anew meanwhile.
pub fn greet(now: Time, host: &Host, view: &Snapshot, client: &mut Client) {
    let mut say = |reason: &'static str, message: String| tell(now, &host.name, reason, message, client);
    say("Starting", "Starting kubelet.".to_string());
    for reason in ["NodeHasSufficientMemory", "NodeHasNoDiskPressure", "NodeHasSufficientPID"] {
        say(reason, format!("Node {} status is now: {reason}", host.name));
    }
    say("NodeAllocatableEnforced", "Updated Node Allocatable limit across pods".to_string());
    let known = view.find(kinds::NODE, "", &host.name).map(|node| node.status().at(&["nodeInfo", "bootID"]).text() != boot_id(host));
    if known == Some(true) {
        say("Rebooted", format!("Node {} has been rebooted, boot id: {}", host.name, boot_id(host)));
    }
}

fn tell(now: Time, node: &Text, reason: &'static str, message: String, client: &mut Client) {
    let about = map! {"kind": "Node", "name": node, "uid": node, "apiVersion": "v1"};
    client.note(now, &Note { about, warning: reason == "Rebooted", reason, message }, None);
}

/// The kernel's number for this start of the machine.
fn boot_id(host: &Host) -> String {
    match host.boots {
        0 => format!("boot-{}", host.name),
        more => format!("boot-{}-{more}", host.name),
    }
}

fn labels(host: &Host) -> Tree {
    let mut labels = map! {
        "beta.kubernetes.io/arch": &host.arch, "beta.kubernetes.io/os": "linux", "kubernetes.io/arch": &host.arch,
        "kubernetes.io/hostname": &host.name, "kubernetes.io/os": "linux",
    };
    if host.role == Role::ControlPlane {
        labels.set(&["node-role.kubernetes.io/control-plane"], "");
        labels.set(&["node.kubernetes.io/exclude-from-external-load-balancers"], "");
    }
    labels
}

/// All of a Node's status but its conditions.
fn described(host: &Host, store: &Store) -> Tree {
    let size = map! {
        "cpu": host.cpu_cores.to_string(), "memory": format!("{}Gi", host.memory_gib), "pods": host.pods_max.to_string(),
        "ephemeral-storage": format!("{}Gi", host.disk_gib),
    };
    let info = map! {
        "architecture": &host.arch, "bootID": boot_id(host), "containerRuntimeVersion": &host.runtime,
        "kernelVersion": &host.kernel, "kubeProxyVersion": "", "kubeletVersion": &host.kubelet_version,
        "machineID": format!("machine-{}", host.name), "operatingSystem": "linux", "osImage": &host.os_image,
        "runningInUserNamespace": false, "systemUUID": format!("system-{}", host.name),
    };
    let features = list![
        "ExtendWebSocketsToKubelet",
        "InPlacePodLevelResourcesVerticalScaling",
        "InPlacePodVerticalScalingInitContainers",
        "RestartAllContainersOnContainerExits",
    ];
    map! {
        "addresses": list![map! {"type": "InternalIP", "address": &host.address}, map! {"type": "Hostname", "address": &host.name}],
        "capacity": &size, "allocatable": size, "daemonEndpoints": map! {"kubeletEndpoint": map! {"Port": 10250}},
        "declaredFeatures": features, "images": store.listed(), "nodeInfo": info,
    }
}

/// Why the node is not ready, if it is not.
pub fn problem(runtime_is_down: bool, network_ready: bool) -> Option<&'static str> {
    let network = "container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns \
                   error: cni plugin not initialized";
    match () {
        () if runtime_is_down => Some("container runtime is down"),
        () if !network_ready => Some(network),
        () => None,
    }
}

fn conditions(now: Time, old: &Tree, problem: Option<&str>) -> Tree {
    let fine = [
        ("MemoryPressure", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
        ("DiskPressure", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
        ("PIDPressure", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    ];
    let mut all: Vec<Tree> = fine.iter().map(|(kind, reason, message)| condition(now, old, kind, "False", reason, message)).collect();
    all.push(match problem {
        Some(problem) => condition(now, old, "Ready", "False", "KubeletNotReady", problem),
        None => condition(now, old, "Ready", "True", "KubeletReady", "kubelet is posting ready status"),
    });
    Tree::from(all)
}

fn condition(now: Time, old: &Tree, kind: &str, said: &str, reason: &str, message: &str) -> Tree {
    let before = old.items().iter().find(|condition| condition.get("type").text() == kind && condition.get("status").text() == said);
    let since = before.map_or_else(|| Tree::from(now.rfc3339()), |before| before.get("lastTransitionTime").clone());
    map! {
        "type": kind, "status": said, "reason": reason, "message": message, "lastHeartbeatTime": now.rfc3339(), "lastTransitionTime": since,
    }
}

/// What conditions say, without their instants.
fn said(conditions: &Tree) -> Vec<(&str, &str, &str, &str)> {
    let read = |condition| -> (&str, &str, &str, &str) {
        let text = |key: &str| Tree::get(condition, key).text();
        (text("type"), text("status"), text("reason"), text("message"))
    };
    conditions.items().iter().map(read).collect()
}
