//! Upgrades and certificates of clusters that kubeadm made, in the world.
mod learner;

use cluster::{Topology, World};
use learner::{run, type_in};

const FLANNEL: &str = "https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml";

/// A control plane and two workers, with a Deployment that is served.
fn cluster(version: &str) -> World {
    let mut world = World::boot(&Topology { version: version.to_string(), ..Topology::bare(3, true) }, 1, Vec::new());
    run(&mut world, 60);
    let said = type_in(&mut world, &format!("ssh node-1 kubeadm init --kubernetes-version {version} --pod-network-cidr 10.244.0.0/16"));
    assert!(said.contains("initialized successfully!"), "{said}");
    type_in(&mut world, "ssh node-1 'mkdir -p .kube && cp /etc/kubernetes/admin.conf .kube/config'");
    let join = type_in(&mut world, "ssh node-1 kubeadm token create --print-join-command");
    for node in ["node-2", "node-3"] {
        let said = type_in(&mut world, &format!("ssh {node} {}", join.trim()));
        assert!(said.contains("This node has joined the cluster"), "{said}");
    }
    type_in(&mut world, &format!("ssh node-1 kubectl apply -f {FLANNEL}"));
    run(&mut world, 60);
    type_in(&mut world, "kubectl create deployment web --image=hello:v1 --replicas=4; kubectl expose deployment web --port 80 --target-port 8080");
    run(&mut world, 20);
    world
}

#[test]
fn a_cluster_goes_from_one_minor_version_to_the_next() {
    let mut world = cluster("v1.36.4");
    for line in [
        "kubectl get nodes",
        "kubectl version",
        "ssh node-1 'sed -i s/v1.36/v1.37/ /etc/apt/sources.list.d/kubernetes.list'",
        "ssh node-1 apt-get update",
        "ssh node-1 apt-get install -y kubeadm=1.37.2-1.1",
        "ssh node-1 kubeadm upgrade plan",
        "ssh node-1 kubeadm upgrade apply -y v1.37.2",
        "kubectl version",
        "kubectl get nodes",
        "ssh node-1 kubectl drain node-1 --ignore-daemonsets",
        "ssh node-1 'apt-get install -y kubelet=1.37.2-1.1 kubectl=1.37.2-1.1 && systemctl daemon-reload && systemctl restart kubelet'",
        "ssh node-1 kubectl uncordon node-1",
        "sleep 20",
        "kubectl get nodes",
        "kubectl get pods -A -o wide",
    ] {
        println!("$ {line}\n{}", type_in(&mut world, line));
    }
    panic!("look");
}
