//! K3s on bare servers: what one line makes, what stops with its process, who joins, and what it applies.
mod learner;

use cluster::{Topology, World};
use learner::{run, type_in};

const INSTALL: &str = "curl -sfL https://get.k3s.io | K3S_TOKEN=s3cret sh -";

/// As from a machine of the nodes' network, through Traefik.
const CURL: &str = "ssh node-1 \"curl -s -H 'Host: web.example' http://192.168.100.11/\"";

fn server(servers: usize) -> World {
    let mut world = World::boot(&Topology::bare(servers, false), 1, Vec::new());
    run(&mut world, 30);
    let said = type_in(&mut world, &format!("ssh node-1 '{INSTALL}'"));
    assert!(said.contains("systemd: Starting k3s"), "{said}");
    assert_eq!(type_in(&mut world, "ssh node-1 systemctl is-active k3s"), "active\n");
    run(&mut world, 90);
    world
}

/// A line with one blank between its words.
fn words(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn running(world: &World, process: &str) -> bool {
    world.parts().any(|part| part.process() == process && part.running)
}

#[test]
fn one_line_makes_a_cluster_whose_parts_end_with_one_process() {
    let mut world = server(1);
    let nodes = type_in(&mut world, "ssh node-1 k3s kubectl get nodes --no-headers");
    assert!(words(&nodes).starts_with("node-1 Ready control-plane") && nodes.trim_end().ends_with("v1.37.1+k3s1"), "{nodes}");
    let pods = type_in(&mut world, "ssh node-1 kubectl get pods -n kube-system --no-headers");
    for name in ["coredns", "local-path-provisioner", "metrics-server", "traefik"] {
        let found = pods.lines().any(|line| line.starts_with(name) && words(line).contains("1/1 Running"));
        assert!(found, "{name}: {pods}");
    }
    let parts = ["kube-controller-manager", "kube-scheduler", "k3s-cloud-controller-manager", "kubelet", "kube-proxy"];
    assert_eq!(parts.map(|name| running(&world, name)), [true; 5]);
    let table = type_in(&mut world, "ssh node-1 ps aux");
    assert!(table.contains("k3s server") && !table.contains("kube-apiserver") && !table.contains("kube-scheduler"), "{table}");

    type_in(
        &mut world,
        "kubectl create deployment web --image=hello:v1; kubectl expose deployment web --port 80 --target-port 8080; kubectl create ingress web --class=traefik --rule='web.example/*=web:80'",
    );
    run(&mut world, 80);
    let served = type_in(&mut world, CURL);
    assert!(served.starts_with("Hello from v1"), "{served}");

    type_in(&mut world, "ssh node-1 systemctl stop k3s");
    assert_eq!(parts.map(|name| running(&world, name)), [false; 5]);
    let refused = "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?\n";
    assert_eq!(type_in(&mut world, "ssh node-1 kubectl get nodes"), refused);
    // Containers run on.
    let served = type_in(&mut world, CURL);
    assert!(served.starts_with("Hello from v1"), "{served}");
    type_in(&mut world, "ssh node-1 systemctl start k3s");
    run(&mut world, 60);
    assert!(type_in(&mut world, "ssh node-1 kubectl get nodes --no-headers").starts_with("node-1   Ready"));
}

#[test]
fn an_agent_joins_with_address_and_token() {
    let mut world = server(2);
    let join = "curl -sfL https://get.k3s.io | K3S_URL=https://192.168.100.11:6443 K3S_TOKEN=s3cret sh -";
    let said = type_in(&mut world, &format!("ssh node-2 '{join}'"));
    assert!(said.contains("systemd: Starting k3s-agent"), "{said}");
    run(&mut world, 60);
    let nodes = type_in(&mut world, "kubectl get nodes --no-headers");
    assert!(nodes.lines().any(|line| words(line).starts_with("node-2 Ready <none>")), "{nodes}");
    type_in(&mut world, "ssh node-2 systemctl stop k3s-agent");
    run(&mut world, 60);
    let nodes = type_in(&mut world, "kubectl get nodes --no-headers");
    assert!(nodes.lines().any(|line| words(line).starts_with("node-2 NotReady")), "{nodes}");
}

#[test]
fn a_file_in_the_folder_of_manifests_is_applied_and_a_reboot_brings_all_back() {
    let mut world = server(1);
    let file = "/var/lib/rancher/k3s/server/manifests/shop.yaml";
    type_in(&mut world, &format!("ssh node-1 'kubectl create namespace shop --dry-run=client -o yaml > {file}'"));
    run(&mut world, 20);
    assert_eq!(type_in(&mut world, "kubectl get namespace shop -o name"), "namespace/shop\n");
    type_in(&mut world, "ssh node-1 reboot");
    run(&mut world, 120);
    assert_eq!(type_in(&mut world, "ssh node-1 systemctl is-active k3s"), "active\n");
    let nodes = type_in(&mut world, "ssh node-1 kubectl get nodes --no-headers");
    assert!(nodes.starts_with("node-1   Ready"), "{nodes}");
}

#[test]
fn three_servers_with_embedded_etcd_go_on_without_one() {
    let mut world = World::boot(&Topology::bare(3, false), 1, Vec::new());
    run(&mut world, 30);
    type_in(&mut world, "ssh node-1 'curl -sfL https://get.k3s.io | K3S_TOKEN=s3cret sh -s - --cluster-init'");
    run(&mut world, 30);
    for name in ["node-2", "node-3"] {
        let join = "K3S_TOKEN=s3cret sh -s - server --server https://192.168.100.11:6443";
        type_in(&mut world, &format!("ssh {name} 'curl -sfL https://get.k3s.io | {join}'"));
        run(&mut world, 30);
        assert_eq!(type_in(&mut world, &format!("ssh {name} systemctl is-active k3s")), "active\n");
    }
    let members = type_in(&mut world, "ssh node-2 etcdctl member list");
    assert_eq!(members.matches("started").count(), 3, "{members}");
    assert!(!members.contains("true"), "{members}");
    type_in(&mut world, "ssh node-1 systemctl stop k3s");
    // Another controller manager first has to get the lease.
    run(&mut world, 120);
    let nodes = type_in(&mut world, "ssh node-2 kubectl get nodes --no-headers");
    assert!(nodes.lines().any(|line| words(line).starts_with("node-2 Ready control-plane,etcd")), "{nodes}");
    assert!(nodes.lines().any(|line| words(line).starts_with("node-1 NotReady")), "{nodes}");
}

#[test]
fn the_presets_are_what_the_installer_leaves() {
    let mut preset = World::boot(&Topology::preset("k3s", 1).expect("a preset"), 1, Vec::new());
    assert_eq!(preset.terminal.printed.len(), 0);
    let mut typed = server(1);
    run(&mut preset, 60);
    let list = "kubectl get deployments,services,ingressclasses,namespaces -A -o name";
    assert_eq!(type_in(&mut preset, list), type_in(&mut typed, list));
    let files = "ls /etc/rancher/k3s /var/lib/rancher/k3s/server/manifests /usr/local/bin";
    let (left, right) = (type_in(&mut preset, &format!("ssh server-1 '{files}'")), type_in(&mut typed, &format!("ssh node-1 '{files}'")));
    assert_eq!(left, right);
    assert!(left.contains("traefik.yaml"), "{left}");
    let parts = |world: &World| {
        let running = world.parts().filter(|part| part.running && part.host == 0).map(|part| part.process().to_string());
        running.collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(parts(&preset), parts(&typed));
    let mut three = World::boot(&Topology::preset("k3s-ha", 1).expect("a preset"), 1, Vec::new());
    let nodes = type_in(&mut three, "kubectl get nodes --no-headers");
    assert_eq!((nodes.lines().count(), nodes.matches(" Ready ").count()), (4, 4), "{nodes}");
    assert_eq!(nodes.matches("control-plane,etcd").count(), 3, "{nodes}");
}
