//! `kubectl describe node`.
use super::parts::events::events as show_events;
use super::parts::fields::{age, annotations, instant, labels, lines, or_none};
use super::parts::page::Page;
use objects::{Quantity, Tree};
use simcore::Time;
use std::collections::BTreeMap;

/// What the Node's description shows besides the Node.
pub struct Around<'a> {
    /// Pods on the node that have not ended.
    pub pods: &'a [Tree],
    /// The node's Lease, or the server's words about why there is none.
    pub lease: Result<&'a Tree, String>,
    pub events: Option<&'a [Tree]>,
    pub now: Time,
}

/// The Node's text, mirroring upstream's `describeNode`.
pub fn describe(node: &Tree, around: &Around) -> String {
    let mut page = Page::new();
    let (meta, spec, status) = (node.get("metadata"), node.get("spec"), node.get("status"));
    page.field(0, "Name", meta.get("name").text());
    page.field(0, "Roles", &or_none(&roles(meta.get("labels")).join(",")));
    labels(&mut page, "Labels", meta.get("labels"));
    annotations(&mut page, "Annotations", meta.get("annotations"));
    page.field(0, "CreationTimestamp", &instant(meta.get("creationTimestamp")));
    lines(&mut page, "Taints", taints(spec.get("taints")));
    page.field(0, "Unschedulable", &spec.get("unschedulable").is_true().to_string());
    lease(&mut page, &around.lease);
    conditions(&mut page, status.get("conditions"));
    page.line(0, "Addresses:");
    for address in status.get("addresses").items() {
        page.field(1, address.get("type").text(), address.get("address").text());
    }
    for (title, key) in [("Capacity", "capacity"), ("Allocatable", "allocatable")] {
        if !status.get(key).is_empty() {
            page.line(0, &format!("{title}:"));
        }
        for (name, amount) in status.get(key).entries() {
            page.field(1, name, &Quantity::of(amount).to_string());
        }
    }
    system(&mut page, status.get("nodeInfo"));
    networks(&mut page, spec);
    pods(&mut page, node, around);
    show_events(&mut page, around.events, around.now);
    page.finish()
}

fn roles(labels: &Tree) -> Vec<String> {
    let named = |(key, value): (&objects::Text, &Tree)| match key.strip_prefix("node-role.kubernetes.io/") {
        Some(role) => Some(role.to_string()).filter(|role| !role.is_empty()),
        None => Some(value.text().to_string()).filter(|role| key.as_str() == "kubernetes.io/role" && !role.is_empty()),
    };
    let mut roles: Vec<String> = labels.entries().filter_map(named).collect();
    roles.sort();
    roles.dedup();
    roles
}

/// `key=value:Effect`, by effect and key.
fn taints(taints: &Tree) -> Vec<String> {
    let mut sorted: Vec<&Tree> = taints.items().iter().collect();
    sorted.sort_by_key(|taint| format!("{},{}", taint.get("effect").text(), taint.get("key").text()));
    let text = |taint: &Tree| {
        let (key, value, effect) = (taint.get("key").text(), taint.get("value").text(), taint.get("effect").text());
        match (value.is_empty(), effect.is_empty()) {
            (true, true) => key.to_string(),
            (true, false) => format!("{key}:{effect}"),
            (false, true) => format!("{key}={value}:"),
            (false, false) => format!("{key}={value}:{effect}"),
        }
    };
    sorted.into_iter().map(text).collect()
}

fn lease(page: &mut Page, lease: &Result<&Tree, String>) {
    let spec = match lease {
        Ok(lease) => lease.get("spec"),
        Err(why) => return page.field(0, "Lease", &format!("Failed to get lease: {why}")),
    };
    let time = |key: &str| if spec.get(key).is_empty() { "<unset>".to_string() } else { instant(spec.get(key)) };
    let holder = spec.get("holderIdentity").text();
    page.line(0, "Lease:");
    page.field(1, "HolderIdentity", if holder.is_empty() { "<unset>" } else { holder });
    page.field(1, "AcquireTime", &time("acquireTime"));
    page.field(1, "RenewTime", &time("renewTime"));
}

fn conditions(page: &mut Page, conditions: &Tree) {
    if conditions.items().is_empty() {
        return;
    }
    page.line(0, "Conditions:\n  Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage");
    page.line(1, "----\t------\t-----------------\t------------------\t------\t-------");
    for condition in conditions.items() {
        let text = |key: &str| condition.get(key).text();
        let (beat, change) = (instant(condition.get("lastHeartbeatTime")), instant(condition.get("lastTransitionTime")));
        page.line(1, &format!("{} \t{} \t{beat} \t{change} \t{} \t{}", text("type"), text("status"), text("reason"), text("message")));
    }
}

fn system(page: &mut Page, info: &Tree) {
    const ROWS: [(&str, &str); 9] = [
        ("Machine ID", "machineID"),
        ("System UUID", "systemUUID"),
        ("Boot ID", "bootID"),
        ("Kernel Version", "kernelVersion"),
        ("OS Image", "osImage"),
        ("Operating System", "operatingSystem"),
        ("Architecture", "architecture"),
        ("Container Runtime Version", "containerRuntimeVersion"),
        ("Kubelet Version", "kubeletVersion"),
    ];
    page.line(0, "System Info:");
    for (title, key) in ROWS {
        page.field(1, title, info.get(key).text());
    }
}

fn networks(page: &mut Page, spec: &Tree) {
    if !spec.get("podCIDR").is_empty() {
        page.field(0, "PodCIDR", spec.get("podCIDR").text());
    }
    if !spec.get("podCIDRs").is_empty() {
        let all: Vec<&str> = spec.get("podCIDRs").items().iter().map(Tree::text).collect();
        page.field(0, "PodCIDRs", &all.join(","));
    }
    if !spec.get("providerID").is_empty() {
        page.field(0, "ProviderID", spec.get("providerID").text());
    }
}

type Amounts = BTreeMap<String, Quantity>;

fn pods(page: &mut Page, node: &Tree, around: &Around) {
    let status = node.get("status");
    let allocatable = if status.get("allocatable").is_empty() { status.get("capacity") } else { status.get("allocatable") };
    page.field(0, "Non-terminated Pods", &format!("({} in total)", around.pods.len()));
    page.line(1, "Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge");
    page.line(1, "---------\t----\t\t------------\t----------\t---------------\t-------------\t---");
    let (mut all_requests, mut all_limits) = (Amounts::new(), Amounts::new());
    for pod in around.pods {
        let (requests, limits) = (total(pod, "requests"), total(pod, "limits"));
        let cell = |amounts: &Amounts, name: &str| share(amounts, name, allocatable);
        let cells = [cell(&requests, "cpu"), cell(&limits, "cpu"), cell(&requests, "memory"), cell(&limits, "memory")].join("\t");
        let meta = pod.get("metadata");
        let old = age(meta.get("creationTimestamp"), around.now);
        page.line(1, &format!("{}\t{}\t\t{cells}\t{old}", meta.get("namespace").text(), meta.get("name").text()));
        add_all(&mut all_requests, &requests);
        add_all(&mut all_limits, &limits);
    }
    page.line(0, "Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)");
    page.line(1, "Resource\tRequests\tLimits");
    page.line(1, "--------\t--------\t------");
    for name in ["cpu", "memory", "ephemeral-storage"] {
        page.line(1, &format!("{name}\t{}\t{}", share(&all_requests, name, allocatable), share(&all_limits, name, allocatable)));
    }
    let names = || allocatable.entries().map(|(name, _)| name.as_str());
    for name in names().filter(|name| name.starts_with("hugepages-")) {
        page.line(1, &format!("{name}\t{}\t{}", share(&all_requests, name, allocatable), share(&all_limits, name, allocatable)));
    }
    let known = |name: &&str| ["cpu", "memory", "ephemeral-storage", "pods"].contains(name) || name.starts_with("hugepages-");
    for name in names().filter(|name| !known(name)) {
        page.line(1, &format!("{name}\t{}\t{}", amount(&all_requests, name), amount(&all_limits, name)));
    }
}

fn amount(amounts: &Amounts, name: &str) -> Quantity {
    amounts.get(name).copied().unwrap_or(Quantity::ZERO)
}

/// `100m (2%)`. The per cent is cut off after the very division that upstream does, so that both print the same digit.
fn share(amounts: &Amounts, name: &str, allocatable: &Tree) -> String {
    let (used, whole) = (amount(amounts, name), Quantity::of(allocatable.get(name)));
    let (part, all) = if name == "cpu" { (used.as_milli(), whole.as_milli()) } else { (used.as_units(), whole.as_units()) };
    let percent = if all == 0 { 0 } else { (part as f64 / all as f64 * 100.0) as i64 };
    format!("{used} ({percent}%)")
}

/// What a Pod asks for: its containers and sidecars together, or its greatest init step where that is more, and overhead.
fn total(pod: &Tree, key: &str) -> Amounts {
    let spec = pod.get("spec");
    let wanted = |container: &Tree| -> Amounts {
        container.at(&["resources", key]).entries().map(|(name, value)| (name.to_string(), Quantity::of(value))).collect()
    };
    let mut sum = Amounts::new();
    spec.get("containers").items().iter().for_each(|container| add_all(&mut sum, &wanted(container)));
    let (mut sidecars, mut peak) = (Amounts::new(), Amounts::new());
    for container in spec.get("initContainers").items() {
        let mut step = sidecars.clone();
        add_all(&mut step, &wanted(container));
        if container.get("restartPolicy").text() == "Always" {
            add_all(&mut sum, &wanted(container));
            sidecars = step.clone();
        }
        raise_all(&mut peak, &step);
    }
    raise_all(&mut sum, &peak);
    // A limit that nobody set stays unset; a request is raised in any case.
    let raised = |name: &String| key == "requests" || sum.contains_key(name);
    let overhead: Amounts = spec
        .get("overhead")
        .entries()
        .map(|(name, value)| (name.to_string(), Quantity::of(value)))
        .filter(|(name, _)| raised(name))
        .collect();
    add_all(&mut sum, &overhead);
    sum
}

fn add_all(sum: &mut Amounts, more: &Amounts) {
    for (name, value) in more {
        let before = amount(sum, name);
        sum.insert(name.clone(), before.plus(*value));
    }
}

fn raise_all(sum: &mut Amounts, least: &Amounts) {
    for (name, value) in least {
        if amount(sum, name) < *value {
            sum.insert(name.clone(), *value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    const NODE: &str = r#"{"metadata":{"name":"worker-2","creationTimestamp":"2026-11-23T05:02:14Z","labels":{"beta.kubernetes.io/arch":"amd64","beta.kubernetes.io/os":"linux","kubernetes.io/arch":"amd64","kubernetes.io/hostname":"worker-2","kubernetes.io/os":"linux"},"annotations":{"node.alpha.kubernetes.io/ttl":"0"}},
"spec":{"podCIDR":"10.241.0.0/16","podCIDRs":["10.241.0.0/16"],"taints":[{"key":"node.kubernetes.io/unreachable","effect":"NoSchedule"},{"key":"node.kubernetes.io/unreachable","effect":"NoExecute"}]},
"status":{"addresses":[{"type":"InternalIP","address":"192.168.100.13"},{"type":"Hostname","address":"worker-2"}],
"capacity":{"cpu":"4","ephemeral-storage":"100Gi","memory":"8Gi","pods":"110"},"allocatable":{"cpu":"4","ephemeral-storage":"100Gi","memory":"8Gi","pods":"110"},
"conditions":[{"type":"MemoryPressure","status":"Unknown","lastHeartbeatTime":"2026-11-23T05:04:16Z","lastTransitionTime":"2026-11-23T05:07:24Z","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."},{"type":"DiskPressure","status":"Unknown","lastHeartbeatTime":"2026-11-23T05:04:16Z","lastTransitionTime":"2026-11-23T05:07:24Z","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."},{"type":"PIDPressure","status":"Unknown","lastHeartbeatTime":"2026-11-23T05:04:16Z","lastTransitionTime":"2026-11-23T05:07:24Z","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."},{"type":"Ready","status":"Unknown","lastHeartbeatTime":"2026-11-23T05:04:16Z","lastTransitionTime":"2026-11-23T05:07:24Z","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status."}],
"nodeInfo":{"machineID":"machine-worker-2","systemUUID":"system-worker-2","bootID":"boot-worker-2","kernelVersion":"6.1.0-sim","osImage":"Debian GNU/Linux 12 (bookworm)","operatingSystem":"linux","architecture":"amd64","containerRuntimeVersion":"containerd://2.1.4","kubeletVersion":"v1.37.2"}}}"#;
    const PODS: &str = r#"[{"metadata":{"namespace":"node-down","name":"web-7f8644c7b-nrtps","creationTimestamp":"2026-11-23T05:06:30Z"}},{"metadata":{"namespace":"node-down","name":"web-7f8644c7b-zzkvm","creationTimestamp":"2026-11-23T05:06:30Z"}}]"#;
    const EVENTS: &str = r#"[{"type":"Normal","reason":"NodeReady","firstTimestamp":"2026-11-23T05:02:14Z","lastTimestamp":"2026-11-23T05:02:14Z","count":1,"source":{"component":"kubelet"},"message":"Node worker-2 status is now: NodeReady"},
{"type":"Normal","reason":"RegisteredNode","firstTimestamp":"2026-11-23T05:02:19Z","lastTimestamp":"2026-11-23T05:02:19Z","count":1,"source":{"component":"node-controller"},"message":"Node worker-2 event: Registered Node worker-2 in Controller"},
{"type":"Normal","reason":"NodeNotReady","firstTimestamp":"2026-11-23T05:07:24Z","lastTimestamp":"2026-11-23T05:07:24Z","count":1,"source":{"component":"node-controller"},"message":"Node worker-2 status is now: NodeNotReady"}]"#;
    /// What a real kubectl 1.37 printed.
    const TEXT: &str = r#"Name:               worker-2
Roles:              <none>
Labels:             beta.kubernetes.io/arch=amd64
                    beta.kubernetes.io/os=linux
                    kubernetes.io/arch=amd64
                    kubernetes.io/hostname=worker-2
                    kubernetes.io/os=linux
Annotations:        node.alpha.kubernetes.io/ttl: 0
CreationTimestamp:  Mon, 23 Nov 2026 05:02:14 +0000
Taints:             node.kubernetes.io/unreachable:NoExecute
                    node.kubernetes.io/unreachable:NoSchedule
Unschedulable:      false
Lease:
  HolderIdentity:  worker-2
  AcquireTime:     <unset>
  RenewTime:       Mon, 23 Nov 2026 05:06:30 +0000
Conditions:
  Type             Status    LastHeartbeatTime                 LastTransitionTime                Reason              Message
  ----             ------    -----------------                 ------------------                ------              -------
  MemoryPressure   Unknown   Mon, 23 Nov 2026 05:04:16 +0000   Mon, 23 Nov 2026 05:07:24 +0000   NodeStatusUnknown   Kubelet stopped posting node status.
  DiskPressure     Unknown   Mon, 23 Nov 2026 05:04:16 +0000   Mon, 23 Nov 2026 05:07:24 +0000   NodeStatusUnknown   Kubelet stopped posting node status.
  PIDPressure      Unknown   Mon, 23 Nov 2026 05:04:16 +0000   Mon, 23 Nov 2026 05:07:24 +0000   NodeStatusUnknown   Kubelet stopped posting node status.
  Ready            Unknown   Mon, 23 Nov 2026 05:04:16 +0000   Mon, 23 Nov 2026 05:07:24 +0000   NodeStatusUnknown   Kubelet stopped posting node status.
Addresses:
  InternalIP:  192.168.100.13
  Hostname:    worker-2
Capacity:
  cpu:                4
  ephemeral-storage:  100Gi
  memory:             8Gi
  pods:               110
Allocatable:
  cpu:                4
  ephemeral-storage:  100Gi
  memory:             8Gi
  pods:               110
System Info:
  Machine ID:                 machine-worker-2
  System UUID:                system-worker-2
  Boot ID:                    boot-worker-2
  Kernel Version:             6.1.0-sim
  OS Image:                   Debian GNU/Linux 12 (bookworm)
  Operating System:           linux
  Architecture:               amd64
  Container Runtime Version:  containerd://2.1.4
  Kubelet Version:            v1.37.2
PodCIDR:                      10.241.0.0/16
PodCIDRs:                     10.241.0.0/16
Non-terminated Pods:          (2 in total)
  Namespace                   Name                   CPU Requests  CPU Limits  Memory Requests  Memory Limits  Age
  ---------                   ----                   ------------  ----------  ---------------  -------------  ---
  node-down                   web-7f8644c7b-nrtps    0 (0%)        0 (0%)      0 (0%)           0 (0%)         55s
  node-down                   web-7f8644c7b-zzkvm    0 (0%)        0 (0%)      0 (0%)           0 (0%)         55s
Allocated resources:
  (Total limits may be over 100 percent, i.e., overcommitted.)
  Resource           Requests  Limits
  --------           --------  ------
  cpu                0 (0%)    0 (0%)
  memory             0 (0%)    0 (0%)
  ephemeral-storage  0 (0%)    0 (0%)
Events:
  Type    Reason          Age    From             Message
  ----    ------          ----   ----             -------
  Normal  NodeReady       5m11s  kubelet          Node worker-2 status is now: NodeReady
  Normal  RegisteredNode  5m6s   node-controller  Node worker-2 event: Registered Node worker-2 in Controller
  Normal  NodeNotReady    1s     node-controller  Node worker-2 status is now: NodeNotReady
"#;

    #[test]
    fn a_node_that_went_silent_shows_what_is_known_of_it() {
        let (node, pods, events) = (Tree::from_json(NODE).unwrap(), Tree::from_json(PODS).unwrap(), Tree::from_json(EVENTS).unwrap());
        let lease = map! {"spec": map! {"holderIdentity": "worker-2", "renewTime": "2026-11-23T05:06:30.123456Z"}};
        let now = Time::parse("2026-11-23T05:07:25Z").unwrap();
        let around = Around { pods: pods.items(), lease: Ok(&lease), events: Some(events.items()), now };
        assert_eq!(describe(&node, &around), TEXT);
    }

    #[test]
    fn requests_are_shown_with_their_share_of_the_node() {
        let node = Tree::from_json(NODE).unwrap();
        let asks = |cpu: &str, memory: &str| map! {"resources": map! {"requests": map! {"cpu": cpu, "memory": memory}, "limits": map! {"memory": memory}}};
        let pod = map! {
            "metadata": map! {"namespace": "shop", "name": "web"},
            "spec": map! {"containers": list![asks("100m", "64Mi"), asks("150m", "64Mi")], "initContainers": list![asks("1", "32Mi")]},
        };
        let text =
            describe(&node, &Around { pods: &[pod], lease: Err("leases \"x\" not found".to_string()), events: None, now: Time::START });
        assert!(
            text.contains("  shop                        web     1 (25%)       0 (0%)      128Mi (1%)       128Mi (1%)     <unknown>\n"),
            "{text}"
        );
        assert!(text.contains("  cpu                1 (25%)     0 (0%)\n  memory             128Mi (1%)  128Mi (1%)\n"), "{text}");
    }
}
