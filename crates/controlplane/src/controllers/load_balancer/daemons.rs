//! ServiceLB's Pods: a DaemonSet for each load balancer, which takes its ports on the nodes (k3s, `cloudprovider/servicelb.go`).
use crate::facts;
use crate::harness::{Plan, Write};
use apiserver::client::Note;
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Key, Object, Tree, kinds, list, map};
use std::collections::BTreeSet;

const NAMESPACE: &str = "kube-system";
/// Of its DaemonSets and their Pods: which Service they are for.
const NAME: &str = "svccontroller.k3s.cattle.io/svcname";
const IMAGE: &str = "rancher/klipper-lb:v0.4.13";

/// Wakes the controller for its own DaemonSets and Pods alone.
pub fn own(change: &Change, _: &Snapshot) -> Vec<Key> {
    let object = change.after.as_ref().or(change.before.as_ref());
    let ours = object.is_some_and(|object| object.labels().has(NAME));
    if ours { vec![Key::new(kinds::SERVICE, "", "")] } else { Vec::new() }
}

/// `svclb-traefik-1a2b3c4d`
fn name(service: &Object) -> String {
    format!("svclb-{}-{}", service.key.name, service.uid().get(..8).unwrap_or_default())
}

/// Makes the DaemonSet of a Service, or brings its ports up to date; `None` when it is as it should be.
pub fn step(view: &Snapshot, service: &Kept) -> Option<Plan> {
    let name = name(service);
    let template = template(service, &name);
    let containers = |spec: &Tree| spec.at(&["spec", "containers"]).items().iter().map(|one| one.get("name").clone()).collect::<Vec<_>>();
    let request = match view.find(kinds::DAEMON_SET, NAMESPACE, &name) {
        None => {
            let labels = map! {"svccontroller.k3s.cattle.io/svcname": service.key.name.as_str(), "svccontroller.k3s.cattle.io/svcnamespace": service.key.namespace.as_str(), "svccontroller.k3s.cattle.io/nodeselector": "false"};
            let spec = map! {"selector": map! {"matchLabels": map! {"app": name.as_str()}}, "template": template};
            let body = map! {"metadata": map! {"name": name.as_str(), "namespace": NAMESPACE, "labels": labels}, "spec": spec};
            Request::about(Verb::Create, kinds::DAEMON_SET, NAMESPACE, "").body(body)
        }
        Some(set) if containers(set.spec().get("template")) != containers(&template) => {
            Request::about(Verb::Patch(PatchKind::Merge), kinds::DAEMON_SET, NAMESPACE, &name)
                .body(map! {"spec": map! {"template": template}})
        }
        Some(_) => return None,
    };
    let message = format!("Applied LoadBalancer DaemonSet {NAMESPACE}/{name}");
    let note = Note { about: Note::reference(service), warning: false, reason: "AppliedDaemonSet", message };
    Some(Plan::write(vec![Write::new(request).ok(note)]))
}

/// Takes the DaemonSet of a Service away.
pub fn remove(service: &Object) -> Write {
    Write::new(Request::about(Verb::Delete, kinds::DAEMON_SET, NAMESPACE, name(service))).ignore(&[404])
}

fn template(service: &Object, name: &str) -> Tree {
    let local = service.spec().get("externalTrafficPolicy").text() == "Local";
    let container = |port: &Tree| {
        let protocol = port.get("protocol").text();
        let number = port.get("port").int_or(0);
        let called = format!("lb-{}-{number}", protocol.to_lowercase());
        let target = if local { port.get("nodePort").int_or(0) } else { number };
        let ips = match local {
            true => map! {"name": "DEST_IPS", "valueFrom": map! {"fieldRef": map! {"fieldPath": "status.hostIPs"}}},
            false => map! {"name": "DEST_IPS", "value": service.spec().get("clusterIP").clone()},
        };
        let set = |name: &str, value: String| map! {"name": name, "value": value};
        map! {
            "name": called.as_str(), "image": IMAGE, "imagePullPolicy": "IfNotPresent",
            "ports": list![map! {"name": called.as_str(), "containerPort": number, "hostPort": number, "protocol": protocol}],
            "env": list![
                set("SRC_PORT", number.to_string()), set("SRC_RANGES", "0.0.0.0/0".into()), set("DEST_PROTO", protocol.into()),
                set("DEST_PORT", target.to_string()), ips,
            ],
            "securityContext": map! {"capabilities": map! {"add": list!["NET_ADMIN"]}},
        }
    };
    let tolerated = |key: &str, effect: &str| match effect {
        "" => map! {"key": key, "operator": "Exists"},
        effect => map! {"key": key, "operator": "Exists", "effect": effect},
    };
    let labels = map! {"app": name, "svccontroller.k3s.cattle.io/svcname": service.key.name.as_str(), "svccontroller.k3s.cattle.io/svcnamespace": service.key.namespace.as_str()};
    let spec = map! {
        "automountServiceAccountToken": false,
        "priorityClassName": "system-node-critical",
        "tolerations": list![
            tolerated("node-role.kubernetes.io/master", "NoSchedule"),
            tolerated("node-role.kubernetes.io/control-plane", "NoSchedule"),
            tolerated("CriticalAddonsOnly", ""),
        ],
        "containers": service.spec().get("ports").items().iter().map(container).collect::<Vec<_>>(),
    };
    map! {"metadata": map! {"labels": labels}, "spec": spec}
}

/// The nodes on which a Pod of the Service's DaemonSet is ready.
pub fn nodes(view: &Snapshot, service: &Object) -> BTreeSet<String> {
    let app = name(service);
    let own = view.list_in(kinds::POD, NAMESPACE).filter(|pod| pod.labels().get("app").text() == app);
    let ready = own.filter(|pod| facts::condition(facts::conditions(pod), "Ready").get("status").text() == "True");
    ready.map(|pod| pod.spec().get("nodeName").text().to_string()).collect()
}
