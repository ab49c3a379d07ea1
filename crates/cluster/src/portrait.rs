//! How each kind of object is shown: a view for its id.
use crate::delta::{Delta, NodeView, ObjectView, PodView, WorkloadView};
use crate::world::World;
use apiserver::Snapshot;
use objects::views::{Node, Pod};
use objects::{Key, Object, Text, Tree, kinds};
use simcore::Time;

/// `pod/default/web-1`, `node/worker-1`.
pub fn id(key: &Key) -> String {
    format!("{}/{}", key.kind.row().singular, key.path())
}

/// The key behind an id.
pub fn key(id: &str) -> Option<Key> {
    let (singular, path) = id.split_once('/')?;
    let place = kinds::KINDS.iter().position(|kind| kind.singular == singular)?;
    let (namespace, name) = path.split_once('/').unwrap_or(("", path));
    Some(Key::new(objects::KindId(place as u16), namespace, name))
}

/// Whether a viewer is told of it at all.
pub fn is_shown(key: &Key) -> bool {
    !matches!(key.kind, kinds::EVENT | kinds::LEASE)
}

/// Adds the present view of `key`, or that it is gone.
pub fn add(delta: &mut Delta, world: &World, view: &Snapshot, key: &Key) {
    let Some(object) = view.get(key) else { return delta.gone.push(id(key)) };
    match key.kind {
        kinds::POD => delta.pods.push(pod(view, object)),
        kinds::NODE => delta.nodes.push(node(world, view, object)),
        kinds::DEPLOYMENT | kinds::REPLICA_SET | kinds::DAEMON_SET => delta.workloads.push(workload(object)),
        _ => delta.objects.push(ObjectView {
            id: id(key),
            kind: key.kind.row().kind.to_string(),
            namespace: key.namespace.to_string(),
            name: key.name.to_string(),
            note: if key.kind == kinds::NETWORK_POLICY { enforced(world) } else { note(object) },
        }),
    }
}

/// Of a NetworkPolicy: whether the network plugin leaves it without effect.
fn enforced(world: &World) -> String {
    match world.enforcing {
        0 => "not enforced by this cluster's network plugin".to_string(),
        some if some < world.hosts().len() => format!("enforced on {some} of {} nodes", world.hosts().len()),
        _ => String::new(),
    }
}

fn pod(view: &Snapshot, object: &Object) -> PodView {
    let owner = owner_key(object);
    let revision = owner.as_ref().and_then(|owner| view.get(owner)).map_or(0, |owner| revision(owner));
    let statuses = object.status().get("containerStatuses").items();
    let containers = object.spec().get("containers").items();
    let first = containers.first().unwrap_or(&Tree::Null);
    let grace = object.meta().get("deletionTimestamp").as_text().and_then(|at| Time::parse(at)).map_or(0, |at| at.0);
    let label = object.labels().get("app").text();
    PodView {
        id: id(&object.key),
        namespace: object.key.namespace.to_string(),
        name: object.key.name.to_string(),
        node: object.spec().get("nodeName").text().to_string(),
        ip: object.status().get("podIP").text().to_string(),
        status: apiserver::pod_status(&object.tree),
        phase: object.status().get("phase").text().to_string(),
        ready: Pod(&object.tree).is_ready(),
        containers: (statuses.iter().filter(|one| one.get("ready").is_true()).count() as u32, containers.len() as u32),
        restarts: statuses.iter().map(|one| one.get("restartCount").int_or(0) as u32).sum(),
        image: first.get("image").text().to_string(),
        version: revision,
        app: if label.is_empty() { owner.as_ref().map(|owner| owner.name.to_string()).unwrap_or_default() } else { label.to_string() },
        owner: owner.as_ref().map(id).unwrap_or_default(),
        created: created(object),
        deadline: grace,
        message: pod_message(object),
    }
}

/// The reason why a Pod waits, in the API's words.
fn pod_message(object: &Object) -> String {
    let scheduled = condition(object, "PodScheduled");
    if scheduled.get("status").text() == "False" {
        return scheduled.get("message").text().to_string();
    }
    let statuses = object.status().get("initContainerStatuses").items().iter().chain(object.status().get("containerStatuses").items());
    let waiting = statuses.map(|one| one.at(&["state", "waiting", "message"]).text()).find(|text| !text.is_empty());
    waiting.unwrap_or(object.status().get("message").text()).to_string()
}

fn node(world: &World, view: &Snapshot, object: &Object) -> NodeView {
    let host = world.hosts().iter().find(|host| host.name == object.key.name);
    let node = Node(&object.tree);
    let requested = view.pods_on(&object.key.name).filter(|pod| !Pod(&pod.tree).is_terminal()).fold((0, 0, 0), |sum, pod| {
        let wants = Pod(&pod.tree).requests();
        (sum.0 + wants.get("cpu").as_milli(), sum.1 + wants.get("memory").as_units(), sum.2 + 1)
    });
    let allocatable = node.allocatable();
    let ready = match condition(object, "Ready").get("status").text() {
        "True" => "Ready",
        "Unknown" => "Unknown",
        _ => "NotReady",
    };
    let lease = view.find(kinds::LEASE, "kube-node-lease", &object.key.name);
    let taints =
        object.spec().get("taints").items().iter().map(|taint| format!("{}:{}", taint.get("key").text(), taint.get("effect").text()));
    NodeView {
        id: id(&object.key),
        name: object.key.name.to_string(),
        control_plane: object.labels().has("node-role.kubernetes.io/control-plane"),
        ready: ready.to_string(),
        cordoned: object.spec().get("unschedulable").is_true(),
        powered: host.is_none_or(|host| host.powered),
        connected: host.is_none_or(|host| host.connected),
        cpu: (requested.0 as u64, allocatable.get("cpu").as_milli() as u64),
        memory: (requested.1 as u64, allocatable.get("memory").as_units() as u64),
        pods: (requested.2, allocatable.get("pods").as_units() as u32),
        heartbeat: lease.and_then(|lease| Time::parse(lease.spec().get("renewTime").text())).map_or(0, |at| at.0),
        taints: taints.collect(),
    }
}

fn workload(object: &Object) -> WorkloadView {
    let daemons = object.key.kind == kinds::DAEMON_SET;
    let (current, ready, updated, available) = if daemons {
        ("currentNumberScheduled", "numberReady", "updatedNumberScheduled", "numberAvailable")
    } else {
        ("replicas", "readyReplicas", "updatedReplicas", "availableReplicas")
    };
    let count = |key: &str| object.status().get(key).int_or(0) as u32;
    let wanted = if daemons { count("desiredNumberScheduled") } else { object.spec().get("replicas").int_or(1) as u32 };
    let containers = object.spec().at(&["template", "spec", "containers"]).items();
    let failing = object.status().get("conditions").items().iter().find(|one| {
        let (kind, status) = (one.get("type").text(), one.get("status").text());
        (kind == "ReplicaFailure" && status == "True") || (kind == "Progressing" && status == "False")
    });
    WorkloadView {
        id: id(&object.key),
        kind: object.key.kind.row().kind.to_string(),
        namespace: object.key.namespace.to_string(),
        name: object.key.name.to_string(),
        owner: owner_key(object).as_ref().map(id).unwrap_or_default(),
        wanted,
        current: count(current),
        ready: count(ready),
        updated: count(updated),
        available: count(available),
        revision: revision(object),
        image: containers.first().map(|one| one.get("image").text()).unwrap_or_default().to_string(),
        message: failing.map(|one| one.get("message").text()).unwrap_or_default().to_string(),
    }
}

fn note(object: &Object) -> String {
    match object.key.kind {
        kinds::SERVICE => {
            let kind = object.spec().get("type").text();
            let ports: Vec<String> = object.spec().get("ports").items().iter().map(|port| port.get("port").int_or(0).to_string()).collect();
            format!("{kind} {} {}", object.spec().get("clusterIP").text(), ports.join(","))
        }
        kinds::CONFIG_MAP | kinds::SECRET => {
            let keys: Vec<&str> = object.tree.get("data").entries().map(|(key, _)| key.as_str()).collect();
            keys.join(", ")
        }
        kinds::NAMESPACE => object.status().get("phase").text().to_string(),
        _ => String::new(),
    }
}

fn condition<'a>(object: &'a Object, kind: &str) -> &'a Tree {
    const NOTHING: &Tree = &Tree::Null;
    object.status().get("conditions").items().iter().find(|one| one.get("type").text() == kind).unwrap_or(NOTHING)
}

fn revision(object: &Object) -> u32 {
    object.annotation("deployment.kubernetes.io/revision").parse().unwrap_or(0)
}

fn created(object: &Object) -> u64 {
    Time::parse(object.meta().get("creationTimestamp").text()).map_or(0, |at| at.0)
}

fn owner_key(object: &Object) -> Option<Key> {
    let owner = object.controller();
    let kind = kinds::by_kind(owner.get("apiVersion").text(), owner.get("kind").text())?;
    let namespace = if kind.row().namespaced { object.key.namespace.clone() } else { Text::default() };
    Some(Key::new(kind, namespace, owner.get("name").as_text()?.clone()))
}
