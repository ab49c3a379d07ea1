//! K3s beside kubeadm: both are installed on bare servers in worlds of their own, and what came of it is measured there.
use crate::input::Fault;
use crate::probes::Checklist;
use crate::topology::Topology;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::machine::figures::{self, Figure, Source};
use ::hosts::machine::k3s::Datastore;
use ::hosts::pki::Certificate;
use ::hosts::web;
use objects::kinds;
use simcore::{Duration, Time};
use std::collections::BTreeSet;

/// A way to a cluster of one server and one worker: lines, each on a server.
pub struct Way {
    pub id: &'static str,
    /// The server's place and the line.
    pub lines: &'static [(usize, &'static str)],
    /// Where its certificates lie.
    certificates: &'static str,
    /// For each architecture what an installer fetches; empty where a document lists it.
    builds: &'static [(&'static str, &'static str)],
}

macro_rules! prepare {
    ($host:expr) => {
        [
            ($host, "apt-get update"),
            ($host, "apt-get install -y apt-transport-https ca-certificates curl gpg containerd"),
            ($host, "swapoff -a"),
            ($host, "modprobe br_netfilter"),
            ($host, "sysctl -w net.ipv4.ip_forward=1"),
            ($host, "mkdir -p /etc/containerd /etc/apt/keyrings"),
            ($host, "containerd config default | sed 's/SystemdCgroup = false/SystemdCgroup = true/' > /etc/containerd/config.toml"),
            ($host, "systemctl restart containerd"),
            ($host, "curl -fsSL https://pkgs.k8s.io/core:/stable:/v1.37/deb/Release.key | gpg --dearmor -o /etc/apt/keyrings/kubernetes-apt-keyring.gpg"),
            ($host, "echo 'deb [signed-by=/etc/apt/keyrings/kubernetes-apt-keyring.gpg] https://pkgs.k8s.io/core:/stable:/v1.37/deb/ /' > /etc/apt/sources.list.d/kubernetes.list"),
            ($host, "apt-get update"),
            ($host, "apt-get install -y kubelet kubeadm kubectl"),
            ($host, "apt-mark hold kubelet kubeadm kubectl"),
        ]
    };
}

const FIRST: [(usize, &str); 13] = prepare!(0);
const SECOND: [(usize, &str); 13] = prepare!(1);
/// kubernetes.io: installing kubeadm, creating a cluster with kubeadm.
const KUBEADM: [(usize, &str); 31] = {
    let mut all = [(0, ""); 31];
    let mut at = 0;
    while at < 13 {
        all[at] = FIRST[at];
        all[at + 17] = SECOND[at];
        at += 1;
    }
    all[13] = (0, "kubeadm init --pod-network-cidr 10.244.0.0/16 --token abcdef.0123456789abcdef");
    all[14] = (0, "mkdir -p $HOME/.kube");
    all[15] = (0, "cp /etc/kubernetes/admin.conf $HOME/.kube/config");
    all[16] = (0, "kubectl apply -f https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml");
    all[30] = (1, "kubeadm join 192.168.100.11:6443 --token abcdef.0123456789abcdef --discovery-token-unsafe-skip-ca-verification");
    all
};
/// docs.k3s.io: quick start.
const K3S: [(usize, &str); 2] = [
    (0, "curl -sfL https://get.k3s.io | K3S_TOKEN=s3cret sh -"),
    (1, "curl -sfL https://get.k3s.io | K3S_URL=https://192.168.100.11:6443 K3S_TOKEN=s3cret sh -"),
];
const RELEASE: &[(&str, &str)] = &[("amd64", "k3s"), ("arm64", "k3s-arm64"), ("arm", "k3s-armhf"), ("s390x", "k3s-s390x")];

/// Both ways, in the order of the table's columns.
pub static WAYS: [Way; 2] = [
    Way { id: "k3s", lines: &K3S, certificates: "/var/lib/rancher/k3s", builds: RELEASE },
    Way { id: "kubeadm", lines: &KUBEADM, certificates: "/etc/kubernetes/pki", builds: &[] },
];

/// What a way came to. Memory and ports are those of the first server, less what it had before.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    pub steps: usize,
    /// From the first line until both nodes are ready and the name server's Pods are.
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

/// A row of the table: an id, a cell for each way, where the model behind it comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row {
    pub id: String,
    pub cells: Vec<String>,
    pub source: String,
}

parcel::record!(Row { id, cells, source });

/// What is known of a program by its name.
pub type Figures = fn(&str) -> Figure;

/// Pods of the loaded cluster.
const PODS: u64 = 100;
const SETTLE: Duration = Duration::mins(5);

/// Installs a way on two bare servers and measures it. The error is the line that failed with its words.
pub fn measure(way: &Way, seed: u64, figures: Figures) -> Result<Measured, String> {
    let mut world = World::boot(&Topology::bare(2, false), seed, Vec::new());
    world.run_until(Time::START + Duration::secs(30));
    let (before, begun) = (world.machine(0), world.now());
    for (host, line) in way.lines {
        world.type_on(*host, line).map_err(|words| format!("{line}: {words}"))?;
    }
    let limit = world.now() + SETTLE;
    if !world.run_while(limit, is_ready) {
        return Err("the nodes did not get ready".to_string());
    }
    let took = world.now().since(begun);
    // What came along goes on starting for a while.
    world.run_until(world.now() + Duration::mins(1));
    world.show_parts(0);
    let machine = world.machine(0);
    let added: Vec<_> = machine.processes.iter().filter(|one| before.processes.iter().all(|old| old.pid != one.pid)).collect();
    let rest_kib = added.iter().map(|one| u64::from(one.rss_kib)).sum();
    let more: u64 = added.iter().map(|one| u64::from(figures(one.name()).pod_kib) * PODS).sum();
    let ports: BTreeSet<u16> = machine.sockets.iter().filter(|one| !one.udp && !before.port_taken(one.port)).map(|one| one.port).collect();
    Ok(Measured {
        steps: way.lines.len(),
        took,
        processes: added.iter().map(|one| one.name().to_string()).collect(),
        rest_kib,
        loaded_kib: rest_kib + more,
        ports: ports.into_iter().collect(),
        certificates: certificates(&machine, way.certificates),
        datastore: datastore(&world, &machine),
        bundled: bundled(&world),
        architectures: architectures(way),
        survives: survivors(&world),
    })
}

fn is_ready(world: &World) -> bool {
    let store = world.api.store.applied();
    let condition = |object: &objects::Object| {
        let mut all = object.status().get("conditions").items().iter();
        all.any(|one| one.get("type").text() == "Ready" && one.get("status").text() == "True")
    };
    let nodes = store.list(kinds::NODE).filter(|node| condition(node)).count();
    let mut dns = store.list(kinds::POD).filter(|pod| pod.labels().get("k8s-app").text() == "kube-dns").peekable();
    nodes == 2 && dns.peek().is_some() && dns.all(|pod| condition(pod))
}

fn certificates(machine: &Machine, folder: &str) -> usize {
    let files = machine.files.below(folder);
    let all = files.iter().filter(|path| path.ends_with(".crt"));
    all.filter(|path| machine.files.read(path).is_some_and(|text| Certificate::read(&text).is_some())).count()
}

fn datastore(world: &World, machine: &Machine) -> String {
    match machine.k3s.as_ref().map(|k3s| &k3s.datastore) {
        Some(Datastore::Sqlite) => "SQLite".to_string(),
        Some(Datastore::External(url)) => url.split(':').next().unwrap_or_default().to_string(),
        _ if world.stores(0) => "etcd".to_string(),
        _ => String::new(),
    }
}

fn bundled(world: &World) -> Vec<String> {
    let store = world.api.store.applied();
    store.list(kinds::DEPLOYMENT).chain(store.list(kinds::DAEMON_SET)).map(|one| one.key.name.to_string()).collect()
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

/// In a copy of the world the server loses its power while a service runs on the worker.
fn survivors(world: &World) -> Vec<String> {
    let mut fork = world.clone();
    for line in
        ["kubectl create deployment web --image=hello:v1 --replicas=2", "kubectl expose deployment web --port 80 --target-port 8080"]
    {
        let _ = fork.type_on(0, line);
    }
    fork.run_until(fork.now() + Duration::secs(30));
    let _ = fork.fault(&Fault::StopNode { node: fork.hosts[0].name.to_string() });
    fork.run_until(fork.now() + Duration::mins(1));
    let mut list = Checklist::default();
    list.look(&fork).iter().filter(|row| row.works).map(|row| row.id.clone()).collect()
}

/// The table of what was measured.
pub fn table(all: &[Measured], figures: Figures) -> Vec<Row> {
    let row = |id: &str, source: &str, cell: &dyn Fn(&Measured) -> String| Row {
        id: id.to_string(),
        cells: all.iter().map(cell).collect(),
        source: source.to_string(),
    };
    let mib = |kib: u64| format!("{} MiB", (kib + 512) / 1024);
    let memory = match figures("kube-apiserver").source {
        Source::Document(name) => name.to_string(),
        Source::Estimate => "K3s: docs.k3s.io/reference/resource-profiling; separate processes: estimate".to_string(),
    };
    let typed = "the lines of both projects' quick starts";
    let hosts = "the simulated server";
    vec![
        row("steps", typed, &|one| one.steps.to_string()),
        row("minutes", "virtual time; downloads at 100 Mbit/s", &|one| {
            let tenths = (one.took.0 + 3_000_000) / 6_000_000;
            format!("{}.{}", tenths / 10, tenths % 10)
        }),
        row("processes", hosts, &|one| one.processes.len().to_string()),
        row("memory-rest", &memory, &|one| mib(one.rest_kib)),
        row("memory-100", &memory, &|one| mib(one.loaded_kib)),
        row("ports", hosts, &|one| one.ports.iter().map(u16::to_string).collect::<Vec<_>>().join(", ")),
        row("certificates", hosts, &|one| one.certificates.to_string()),
        row("datastore", hosts, &|one| one.datastore.clone()),
        row("bundled", "the cluster's objects", &|one| one.bundled.join(", ")),
        row("architectures", "release files of K3s; kubernetes.io/releases/download", &|one| one.architectures.join(", ")),
        row("server-stops", "probes in a copy of the world", &|one| one.survives.join(", ")),
    ]
}

/// Measures both ways.
pub fn compare(seed: u64) -> Result<Vec<Row>, String> {
    let all = WAYS.iter().map(|way| measure(way, seed, figures::of)).collect::<Result<Vec<_>, _>>()?;
    Ok(table(&all, figures::of))
}
