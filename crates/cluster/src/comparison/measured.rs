//! What an installation came to, read off its servers and its API, or tried in a copy of the world.
use super::ways::{WAYS, Way};
use crate::input::Fault;
use crate::probes::Checklist;
use crate::topology::Topology;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::machine::figures::Figure;
use ::hosts::machine::k3s::Datastore;
use ::hosts::pki::Certificate;
use ::hosts::web;
use objects::{Object, kinds};
use simcore::{Duration, Time};
use std::collections::BTreeSet;

/// What a way came to. Processes, memory and ports are those of the first server, less what it had before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// Lines that were typed.
    pub steps: usize,
    /// From the first line until all nodes are ready and the name server's Pods are.
    pub took: Duration,
    pub processes: Vec<String>,
    pub rest_kib: u64,
    /// With a hundred Pods of a user in the cluster.
    pub loaded_kib: u64,
    pub ports: Vec<u16>,
    pub certificates: usize,
    pub datastore: String,
    /// Deployments and DaemonSets that came along.
    pub bundled: Vec<String>,
    pub architectures: Vec<String>,
    /// Rows of the check list that still hold a minute after the only server has lost its power.
    pub survives: Vec<String>,
}

/// What is known of a program by its name.
pub type Figures = fn(&str) -> Figure;

/// The first server of a cluster, how it was made, and the server as it was before.
pub(super) struct Site {
    pub host: usize,
    pub way: &'static Way,
    pub before: Machine,
}

/// Pods of the loaded cluster.
const PODS: usize = 100;
/// Fewer nodes are no cluster to compare.
const NODES: usize = 2;
const SETTLE: Duration = Duration::mins(5);

/// Installs a way on two bare servers and measures it. The error is the line that failed with its words.
pub fn measure(way: &Way, seed: u64, figures: Figures) -> Result<Measured, String> {
    let mut world = World::boot(&Topology::bare(2, false), seed, Vec::new());
    world.run_until(Time::START + Duration::secs(30));
    let (start, begun) = (world.clone(), world.now());
    for (host, line) in way.lines {
        world.type_on(*host, line).map_err(|words| format!("{line}: {words}"))?;
    }
    let limit = world.now() + SETTLE;
    if !world.run_while(limit, |world| ready_since(world).is_some()) {
        return Err("the nodes did not get ready".to_string());
    }
    let took = world.now().since(begun);
    // What came along goes on starting for a while.
    world.run_until(world.now() + Duration::mins(1));
    let site = find(&world, &start).ok_or("there is no server")?;
    Ok(Measured {
        steps: way.lines.len(),
        took,
        loaded_kib: loaded(&world, &site, figures),
        survives: survivors(&world, &site),
        ..look(&world, &site)
    })
}

/// The first server that a cluster stands on, if there is one. `start` is the world as it was before anybody did anything.
pub(super) fn find(world: &World, start: &World) -> Option<Site> {
    let mut copy = world.clone();
    let (host, way) = (0..copy.hosts.len()).find_map(|host| {
        let machine = copy.machine(host);
        WAYS.iter().find(|way| machine.files.exists(way.mark)).map(|way| (host, way))
    })?;
    Some(Site { host, way, before: start.clone().machine(host) })
}

/// What can be read off the world as it stands.
pub(super) fn look(world: &World, site: &Site) -> Measured {
    let machine = now(world, site);
    let before = &site.before;
    let ports: BTreeSet<u16> = machine.sockets.iter().filter(|one| !one.udp && !before.port_taken(one.port)).map(|one| one.port).collect();
    let added = added(&machine, before);
    Measured {
        processes: added.iter().map(|(name, _)| name.to_string()).collect(),
        rest_kib: added.iter().map(|(_, kib)| kib).sum(),
        ports: ports.into_iter().collect(),
        certificates: certificates(&machine, site.way.certificates),
        datastore: datastore(world, &machine, site.host),
        bundled: bundled(world),
        architectures: architectures(site.way),
        ..Measured::default()
    }
}

fn now(world: &World, site: &Site) -> Machine {
    let mut copy = world.clone();
    copy.machine(site.host);
    copy.show_parts(site.host);
    let machine = copy.machine(site.host);
    copy.without_pods(site.host, machine)
}

/// Programs that the server did not run before, each with its memory at rest in KiB.
fn added<'a>(machine: &'a Machine, before: &Machine) -> Vec<(&'a str, u64)> {
    let new = machine.processes.iter().filter(|one| before.processes.iter().all(|old| old.name() != one.name()));
    new.map(|one| (one.name(), u64::from(one.rss_kib))).collect()
}

/// Since when all nodes are ready, two of them at least, and the name server's Pods; nothing while they are not.
pub(super) fn ready_since(world: &World) -> Option<Time> {
    let store = world.api.store.applied();
    let since = |object: &Object| {
        let mut all = object.status().get("conditions").items().iter();
        let ready = all.find(|one| one.get("type").text() == "Ready" && one.get("status").text() == "True")?;
        Time::parse(ready.get("lastTransitionTime").text())
    };
    let nodes: Vec<Option<Time>> = store.list(kinds::NODE).map(|node| since(node)).collect();
    let dns = store.list(kinds::POD).filter(|pod| pod.labels().get("k8s-app").text() == "kube-dns");
    let dns: Vec<Option<Time>> = dns.map(|pod| since(pod)).collect();
    if nodes.len() < NODES || dns.is_empty() {
        return None;
    }
    nodes.into_iter().chain(dns).collect::<Option<Vec<Time>>>()?.into_iter().max()
}

fn certificates(machine: &Machine, folder: &str) -> usize {
    let files = machine.files.below(folder);
    let all = files.iter().filter(|path| path.ends_with(".crt"));
    all.filter(|path| machine.files.read(path).is_some_and(|text| Certificate::read(&text).is_some())).count()
}

fn datastore(world: &World, machine: &Machine, host: usize) -> String {
    match machine.k3s.as_ref().map(|k3s| &k3s.datastore) {
        Some(Datastore::Sqlite) => "SQLite".to_string(),
        Some(Datastore::External(url)) => url.split(':').next().unwrap_or_default().to_string(),
        _ if world.stores(host) => "etcd".to_string(),
        _ => String::new(),
    }
}

/// What stands in the namespaces that no user works in.
fn bundled(world: &World) -> Vec<String> {
    let store = world.api.store.applied();
    let all = store.list(kinds::DEPLOYMENT).chain(store.list(kinds::DAEMON_SET));
    all.filter(|one| one.key.namespace.starts_with("kube-")).map(|one| one.key.name.to_string()).collect()
}

/// K3s's release has a file for each; Kubernetes' packages are listed by its release documents.
fn architectures(way: &Way) -> Vec<String> {
    if way.builds.is_empty() {
        return ["amd64", "arm64", "ppc64le", "s390x"].map(String::from).to_vec();
    }
    let url = |file: &str| format!("https://github.com/k3s-io/k3s/releases/download/v1.37.1%2Bk3s1/{file}");
    let built = way.builds.iter().filter(|(_, file)| web::page(&url(file)).is_some_and(|page| page.code == 200));
    built.map(|(name, _)| name.to_string()).collect()
}

/// In a copy of the world a hundred Pods are created; once they run, the server's memory in KiB. A program of the control
/// plane takes more for each Pod of the cluster, one of the node for each Pod of the node.
pub(super) fn loaded(world: &World, site: &Site, figures: Figures) -> u64 {
    let mut fork = world.clone();
    let before = running(&fork, "");
    let line = format!("{} create deployment hundred --image=hello:v1 --replicas={PODS}", site.way.kubectl);
    let _ = fork.type_on(site.host, &line);
    let limit = fork.now() + SETTLE;
    while running(&fork, "") < before + PODS && fork.now() < limit {
        fork.run_until(fork.now() + Duration::secs(1));
    }
    let (all, here) = (mine(&fork, ""), mine(&fork, &fork.hosts[site.host].name));
    let more = |program: &str| {
        let pods = if NODE_PROGRAMS.contains(&program) { here } else { all };
        u64::from(figures(program).pod_kib) * pods as u64
    };
    let machine = now(&fork, site);
    added(&machine, &site.before).iter().map(|(name, kib)| kib + more(name)).sum()
}

/// Programs whose memory follows the Pods of their own node.
const NODE_PROGRAMS: [&str; 3] = ["kubelet", "containerd", "kube-proxy"];

/// Pods that run, on this node if one is named.
fn running(world: &World, node: &str) -> usize {
    count(world, node, |_| true)
}

/// The same without those of the cluster itself, which memory at rest has in it.
fn mine(world: &World, node: &str) -> usize {
    count(world, node, |pod| !pod.key.namespace.starts_with("kube-"))
}

fn count(world: &World, node: &str, fits: fn(&Object) -> bool) -> usize {
    let pods = world.api.store.applied().list(kinds::POD);
    let there = pods.filter(|pod| pod.status().get("phase").text() == "Running" && fits(pod));
    there.filter(|pod| node.is_empty() || pod.spec().get("nodeName").text() == node).count()
}

/// In a copy of the world the server loses its power while a service runs: what still works a minute later.
pub(super) fn survivors(world: &World, site: &Site) -> Vec<String> {
    let mut fork = world.clone();
    for rest in ["create deployment probed --image=hello:v1 --replicas=2", "expose deployment probed --port 80 --target-port 8080"] {
        let _ = fork.type_on(site.host, &format!("{} {rest}", site.way.kubectl));
    }
    fork.run_until(fork.now() + Duration::secs(30));
    let _ = fork.fault(&Fault::StopNode { node: fork.hosts[site.host].name.to_string() });
    fork.run_until(fork.now() + Duration::mins(1));
    let mut list = Checklist::default();
    list.look(&fork).iter().filter(|row| row.works).map(|row| row.id.clone()).collect()
}
