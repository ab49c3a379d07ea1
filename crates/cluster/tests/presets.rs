//! Presets against installations: the same lines typed on bare servers leave the same objects, parts and files.
mod learner;

use cluster::{Topology, World};
use learner::{run, type_in};
use objects::{KindId, Object, Tree, kinds};
use std::collections::{BTreeMap, BTreeSet};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const TOKEN: &str = "abcdef.0123456789abcdef";
const CALICO: &str = "https://raw.githubusercontent.com/projectcalico/calico/v3.31.2/manifests/calico.yaml";
const SAFE: &str = "--discovery-token-unsafe-skip-ca-verification";

/// Kinds that an installation leaves and whose names nobody draws.
const KINDS: &[KindId] = &[
    kinds::NAMESPACE,
    kinds::NODE,
    kinds::SERVICE,
    kinds::SERVICE_ACCOUNT,
    kinds::CONFIG_MAP,
    kinds::DEPLOYMENT,
    kinds::DAEMON_SET,
    kinds::PRIORITY_CLASS,
    kinds::SERVICE_CIDR,
];

/// Folders of a server in which an installation leaves something.
const FOLDERS: &[&str] = &[
    "/etc/kubernetes",
    "/etc/kubernetes/manifests",
    "/etc/kubernetes/pki",
    "/etc/kubernetes/pki/etcd",
    "/var/lib/kubelet",
    "/etc/rancher/k3s",
    "/etc/rancher/node",
    "/var/lib/rancher/k3s/server",
    "/var/lib/rancher/k3s/server/manifests",
    "/var/lib/rancher/k3s/server/tls",
    "/var/lib/rancher/k3s/agent",
    "/usr/local/bin",
    "/etc/systemd/system",
];

/// The servers of a preset without its cluster.
fn bare(preset: &Topology, prepared: bool) -> World {
    let workers = [preset.control_planes.clone(), preset.workers.clone()].concat();
    let endpoint = preset.endpoint.clone().or(Topology::bare(0, prepared).endpoint);
    let mut world = World::boot(&Topology { workers, endpoint, ..Topology::bare(0, prepared) }, 1, Vec::new());
    run(&mut world, 30);
    world
}

fn on(world: &mut World, server: &str, line: &str) -> String {
    type_in(world, &format!("ssh {server} '{line}'"))
}

/// What matters of an object; instants, uids and what was drawn do not.
fn essence(kind: KindId, object: &Object) -> Tree {
    let mut kept = Tree::Null;
    kept.set(&["labels"], object.labels().clone());
    match kind {
        kinds::NODE => {
            kept.set(&["taints"], object.spec().get("taints").clone());
            kept.set(&["kubelet"], object.status().at(&["nodeInfo", "kubeletVersion"]).clone());
            kept.set(&["runtime"], object.status().at(&["nodeInfo", "containerRuntimeVersion"]).clone());
            kept.set(&["capacity"], object.status().get("capacity").clone());
        }
        kinds::CONFIG_MAP => {
            // Certificates are drawn anew; how a map is made up is not.
            kept.set(&["keys"], object.tree.get("data").entries().map(|(key, _)| Tree::from(key.as_str())).collect::<Vec<_>>());
        }
        _ => {
            let mut spec = object.spec().clone();
            for drawn in ["clusterIP", "clusterIPs", "ports", "healthCheckNodePort"] {
                if kind == kinds::SERVICE && object.key.name != "kubernetes" && object.key.name != "kube-dns" {
                    spec.set(&[drawn], Tree::Null);
                }
            }
            kept.set(&["spec"], spec);
        }
    }
    kept
}

fn containers(set: &Object) -> String {
    let all = set.spec().at(&["template", "spec", "containers"]);
    all.items().iter().map(|one| format!("{} ", one.get("name").text())).collect()
}

fn objects(world: &World) -> BTreeMap<String, String> {
    let store = world.api.store.applied();
    let mut all = BTreeMap::new();
    for kind in KINDS {
        for object in store.list(*kind) {
            // A uid stands in the names of ServiceLB's DaemonSets.
            match object.key.name.strip_prefix("svclb-").and_then(|rest| rest.rsplit_once('-')) {
                Some((service, _)) => all.insert(format!("ServiceLB of {service}"), containers(object)),
                None => all.insert(format!("{} {}", kind.row().kind, object.key.path()), essence(*kind, object).to_json()),
            };
        }
    }
    let mut pods: BTreeMap<String, u32> = BTreeMap::new();
    for pod in store.list(kinds::POD) {
        let images: Vec<&str> = pod.spec().get("containers").items().iter().map(|one| one.get("image").text()).collect();
        *pods.entry(format!("Pods of {} in {}", images.join(" "), pod.key.namespace)).or_default() += 1;
    }
    all.extend(pods.into_iter().map(|(name, count)| (name, count.to_string())));
    all
}

/// Which part of the cluster runs on which server; where Pods with components in them run is the scheduler's matter.
fn parts(world: &World) -> BTreeSet<String> {
    let names = world.servers();
    let placed = |name: &str| name.starts_with("kube") || name.ends_with("cloud-controller-manager");
    let parts = world.parts().filter(|part| part.running && placed(part.process()));
    parts.map(|part| format!("{} {}", names[part.host], part.process())).collect()
}

/// Names of files, by server and folder.
fn files(world: &mut World) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for server in world.servers() {
        for folder in FOLDERS {
            all.insert(format!("files of {server} in {folder}"), on(world, &server, &format!("ls {folder} 2> /dev/null")));
        }
    }
    all
}

/// Every difference, as a line that can be read: `-` only the preset has it, `+` only the installation.
fn differences(preset: &mut World, installed: &mut World) -> Vec<String> {
    let mut all = Vec::new();
    let (mut left, mut right) = (files(preset), files(installed));
    left.extend(objects(preset));
    right.extend(objects(installed));
    for name in left.keys().chain(right.keys()).collect::<BTreeSet<_>>() {
        match (left.get(name), right.get(name)) {
            (Some(_), None) => all.push(format!("- {name}")),
            (None, Some(_)) => all.push(format!("+ {name}")),
            (Some(a), Some(b)) if a != b => all.push(format!("{name}: {a} | {b}")),
            _ => {}
        }
    }
    let (left, right) = (parts(preset), parts(installed));
    all.extend(left.difference(&right).map(|part| format!("- part {part}")));
    all.extend(right.difference(&left).map(|part| format!("+ part {part}")));
    all
}

#[test]
fn kubeadm_is_what_its_commands_leave() {
    let topology = Topology::preset("kubeadm", 2).expect("a preset");
    let mut installed = bare(&topology, true);
    let said = on(&mut installed, "control-plane", &format!("kubeadm init --pod-network-cidr 10.244.0.0/16 --token {TOKEN}"));
    assert!(said.contains("initialized successfully!"), "{said}");
    on(&mut installed, "control-plane", "mkdir -p .kube && cp /etc/kubernetes/admin.conf .kube/config");
    on(&mut installed, "control-plane", &format!("kubectl apply -f {CALICO}"));
    for worker in ["worker-1", "worker-2"] {
        on(&mut installed, worker, &format!("kubeadm join 192.168.100.11:6443 --token {TOKEN} {SAFE}"));
    }
    run(&mut installed, 120);
    let mut preset = World::boot(&topology, 1, Vec::new());
    run(&mut preset, 120);
    assert_eq!(differences(&mut preset, &mut installed), Vec::<String>::new());
}

#[test]
fn kubeadm_ha_is_what_its_commands_leave() {
    let topology = Topology::preset("kubeadm-ha", 1).expect("a preset");
    let mut installed = bare(&topology, true);
    let endpoint = "192.168.100.10:6443";
    let ask = format!("--control-plane-endpoint {endpoint} --upload-certs --certificate-key {KEY} --token {TOKEN}");
    let said = on(&mut installed, "control-plane-1", &format!("kubeadm init --pod-network-cidr 10.244.0.0/16 {ask}"));
    assert!(said.contains("initialized successfully!"), "{said}");
    on(&mut installed, "control-plane-1", "mkdir -p .kube && cp /etc/kubernetes/admin.conf .kube/config");
    on(&mut installed, "control-plane-1", &format!("kubectl apply -f {CALICO}"));
    for server in ["control-plane-2", "control-plane-3"] {
        let more = format!("--control-plane --certificate-key {KEY}");
        let said = on(&mut installed, server, &format!("kubeadm join {endpoint} --token {TOKEN} {SAFE} {more}"));
        assert!(said.contains("a new control plane instance was created"), "{said}");
        on(&mut installed, server, "mkdir -p .kube && cp /etc/kubernetes/admin.conf .kube/config");
    }
    on(&mut installed, "worker-1", &format!("kubeadm join {endpoint} --token {TOKEN} {SAFE}"));
    run(&mut installed, 120);
    let mut preset = World::boot(&topology, 1, Vec::new());
    run(&mut preset, 120);
    assert_eq!(differences(&mut preset, &mut installed), Vec::<String>::new());
}

/// Types the lines of K3s's quick start.
fn k3s(topology: &Topology, lines: &[(&str, &str)]) -> World {
    let mut world = bare(topology, false);
    for (server, rest) in lines {
        let said = on(&mut world, server, &format!("curl -sfL https://get.k3s.io | K3S_TOKEN=kubarium {rest}"));
        assert!(said.contains("systemd: Starting k3s"), "{said}");
    }
    run(&mut world, 120);
    world
}

#[test]
fn k3s_is_what_its_installer_leaves() {
    let topology = Topology::preset("k3s", 1).expect("a preset");
    let mut installed = k3s(&topology, &[("server-1", "sh -"), ("agent-1", "K3S_URL=https://192.168.100.11:6443 sh -")]);
    let mut preset = World::boot(&topology, 1, Vec::new());
    run(&mut preset, 120);
    assert_eq!(differences(&mut preset, &mut installed), Vec::<String>::new());
}

#[test]
fn k3s_ha_is_what_its_installer_leaves() {
    let topology = Topology::preset("k3s-ha", 1).expect("a preset");
    let join = "sh -s - server --server https://192.168.100.11:6443";
    let agent = "K3S_URL=https://192.168.100.11:6443 sh -";
    let lines = [("server-1", "sh -s - --cluster-init"), ("server-2", join), ("server-3", join), ("agent-1", agent)];
    let mut installed = k3s(&topology, &lines);
    let mut preset = World::boot(&topology, 1, Vec::new());
    run(&mut preset, 120);
    assert_eq!(differences(&mut preset, &mut installed), Vec::<String>::new());
}
