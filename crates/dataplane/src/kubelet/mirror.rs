//! Static Pods of a control plane: the kubelet shows the host's processes as mirror Pods in kube-system.
use crate::host::{CONTROL_PLANE, Host, Manifest};
use apiserver::Snapshot;
use objects::wire::{Request, Verb};
use objects::{Key, Object, Text, Tree, kinds, list, map};
use simcore::{FNV_BASIS, Time, fnv, fnv_from};

const NAMESPACE: &str = "kube-system";

/// Whether a Pod only mirrors a process of the host.
pub fn is_mirror(pod: &Object) -> bool {
    !pod.annotation("kubernetes.io/config.mirror").is_empty()
}

/// Whether a Pod mirrors a part of the control plane, which is no process of a container here but one of the host's.
pub fn is_process(pod: &Object) -> bool {
    pod.key.namespace == NAMESPACE && is_mirror(pod) && CONTROL_PLANE.contains(&part(pod))
}

/// The part of the control plane that a mirror Pod is of, if it is one's.
fn part(pod: &Object) -> &str {
    pod.spec().get("containers").items().first().map_or("", |one| one.get("name").text())
}

/// Whether the manifest that a mirror Pod was made of is still the same: then a mirror that is gone soon has a successor.
pub fn lives_on(host: &Host, pod: &Object) -> bool {
    let hash = pod.annotation("kubernetes.io/config.hash");
    if is_process(pod) {
        let process = host.processes.iter().find(|process| process.name == part(pod) && host.powered && !process.withdrawn);
        return process.is_some_and(|process| process.hash.is_empty() || process.hash == hash);
    }
    let all = host.manifests.as_deref().map_or(&[][..], Vec::as_slice);
    is_mirror(pod) && all.iter().any(|one| (&one.namespace, &one.name) == (&pod.key.namespace, &pod.key.name) && one.hash == hash)
}

/// The same as `missing` for static Pods of one's own.
pub fn own(now: Time, host: &Host, view: &Snapshot) -> Vec<Request> {
    let (Some(all), Some(node)) = (&host.manifests, view.find(kinds::NODE, "", &host.name)) else { return Vec::new() };
    let known = |pod: &Object| all.iter().any(|one| (&one.namespace, &one.name) == (&pod.key.namespace, &pod.key.name));
    let here = view.pods_on(&host.name).filter(|pod| is_mirror(pod) && !is_process(pod) && !pod.is_deleting());
    let orphans = here.filter(|pod| !known(pod) || !lives_on(host, pod));
    let mut requests: Vec<Request> = orphans.map(|pod| removal(&pod.key.namespace, pod.key.name.clone())).collect();
    for one in all.iter() {
        let there = view.find(kinds::NAMESPACE, "", &one.namespace).is_some();
        if there && view.find(kinds::POD, &one.namespace, &one.name).is_none() {
            requests.push(Request::about(Verb::Create, kinds::POD, one.namespace.clone(), "").body(mirrored(now, one, host, node.uid())));
        }
    }
    requests
}

/// The Pod of a manifest as the kubelet has it before there is a mirror: its uid is the manifest's hash.
pub fn alone(now: Time, one: &Manifest, host: &Host) -> Object {
    let mut pod = mirrored(now, one, host, "");
    apiserver::complete_pod(&mut pod);
    pod.set(&["metadata", "uid"], &one.hash);
    Object::new(Key::new(kinds::POD, one.namespace.clone(), one.name.clone()), 0, pod)
}

/// Whether a Pod has no object in the API.
pub fn is_alone(pod: &Object) -> bool {
    pod.revision == 0
}

/// The mirror of a manifest.
fn mirrored(now: Time, one: &Manifest, host: &Host, node_uid: &str) -> Tree {
    let mut pod = one.pod.clone();
    pod.set(&["metadata", "name"], &one.name);
    pod.set(&["metadata", "namespace"], &one.namespace);
    pod.set(&["spec", "nodeName"], &host.name);
    pod.set(&["spec", "tolerations"], list![map! {"effect": "NoExecute", "operator": "Exists"}]);
    let marks = annotations(now, &one.hash);
    marks.entries().for_each(|(key, value)| pod.set(&["metadata", "annotations", key], value));
    let owner = map! {"apiVersion": "v1", "kind": "Node", "name": &host.name, "uid": node_uid, "controller": true};
    pod.set(&["metadata", "ownerReferences"], list![owner]);
    pod
}

fn annotations(now: Time, hash: &str) -> Tree {
    map! {
        "kubernetes.io/config.hash": hash, "kubernetes.io/config.mirror": hash, "kubernetes.io/config.source": "file",
        "kubernetes.io/config.seen": now.rfc3339_micro(),
    }
}

/// Requests for the mirror Pods that are not there (upstream `CreateMirrorPod`), and against those of another manifest or of
/// none any more (upstream `deleteOrphanedMirrorPods`).
pub fn missing(now: Time, host: &Host, view: &Snapshot) -> Vec<Request> {
    let Some(node) = view.find(kinds::NODE, "", &host.name) else { return Vec::new() };
    if view.find(kinds::NAMESPACE, "", NAMESPACE).is_none() {
        return Vec::new();
    }
    let absent = |part: &&&str| view.find(kinds::POD, NAMESPACE, &format!("{part}-{}", host.name)).is_none();
    let request = |part: &&str| Some(Request::about(Verb::Create, kinds::POD, NAMESPACE, "").body(pod(now, part, host, node.uid())?));
    let mut all: Vec<Request> = CONTROL_PLANE.iter().filter(|part| host.runs(part)).filter(absent).filter_map(request).collect();
    for process in host.processes.iter().filter(|process| !process.hash.is_empty()) {
        let name = Text::from(format!("{}-{}", process.name, host.name));
        let other = |pod: &&Object| is_mirror(pod) && pod.annotation("kubernetes.io/config.hash") != process.hash;
        if let Some(pod) = view.find(kinds::POD, NAMESPACE, &name).map(AsRef::as_ref).filter(other)
            && !pod.is_deleting()
        {
            all.push(removal(NAMESPACE, name));
        }
    }
    let withdrawn = host.processes.iter().filter(|process| process.withdrawn);
    let orphaned = |name: &Text| view.find(kinds::POD, NAMESPACE, name).is_some_and(|pod| is_mirror(pod) && !pod.is_deleting());
    all.extend(
        withdrawn
            .map(|process| Text::from(format!("{}-{}", process.name, host.name)))
            .filter(orphaned)
            .map(|name| removal(NAMESPACE, name)),
    );
    all
}

fn removal(namespace: &str, name: Text) -> Request {
    let options = map! {"apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0};
    Request::about(Verb::Delete, kinds::POD, namespace, name).body(options)
}

/// The mirror of a part of the control plane; nothing where its manifest was not read.
fn pod(now: Time, part: &str, host: &Host, node_uid: &str) -> Option<Tree> {
    let process = host.processes.iter().find(|process| process.name == part)?;
    let hash = if process.hash.is_empty() { config_hash(part) } else { process.hash.clone() };
    let name = Text::from(format!("{part}-{}", host.name));
    let one = Manifest { namespace: Text::new_static(NAMESPACE), name, hash, pod: (**process.pod.as_ref()?).clone() };
    Some(mirrored(now, &one, host, node_uid))
}

/// `kubernetes.io/config.hash`: 32 hexadecimal digits that depend on a manifest's text, or on the part's name where nobody has
/// touched its manifest.
pub fn config_hash(text: &str) -> Text {
    let (upper, lower) = (fnv(text.bytes()), fnv_from(FNV_BASIS.rotate_left(32), text.bytes()));
    Text::from(format!("{upper:016x}{lower:016x}"))
}
