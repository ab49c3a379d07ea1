//! Clusters that are made by hand on bare servers, with kubeadm, beyond one control plane.
mod learner;

use cluster::input::{Fault, Input};
use cluster::{Topology, World};
use learner::{run, type_in};

const KEY: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const TOKEN: &str = "abcdef.0123456789abcdef";

/// Three control planes behind the load balancer.
fn three() -> World {
    let mut world = World::boot(&Topology::bare(4, true), 1, Vec::new());
    run(&mut world, 60);
    let said = type_in(
        &mut world,
        &format!(
            "ssh node-1 kubeadm init --control-plane-endpoint cluster-endpoint:6443 --pod-network-cidr 10.244.0.0/16 --upload-certs --certificate-key {KEY} --token {TOKEN}"
        ),
    );
    assert!(said.contains("initialized successfully!"), "{said}");
    type_in(&mut world, "ssh node-1 'mkdir -p .kube && cp /etc/kubernetes/admin.conf .kube/config'");
    let safe = "--discovery-token-unsafe-skip-ca-verification";
    for node in ["node-2", "node-3"] {
        let said = type_in(
            &mut world,
            &format!("ssh {node} kubeadm join cluster-endpoint:6443 --token {TOKEN} {safe} --control-plane --certificate-key {KEY}"),
        );
        assert!(said.contains("a new control plane instance was created"), "{said}");
    }
    type_in(&mut world, &format!("ssh node-4 kubeadm join cluster-endpoint:6443 --token {TOKEN} {safe}"));
    let url = "https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml";
    type_in(&mut world, &format!("ssh node-1 kubectl apply -f {url}"));
    run(&mut world, 60);
    world
}

#[test]
fn three_control_planes_survive_the_loss_of_one_and_not_of_two() {
    let mut world = three();
    let servers = |world: &mut World| type_in(world, "kubectl get endpointslice kubernetes -o 'jsonpath={.endpoints[*].addresses[0]}'");
    assert_eq!(type_in(&mut world, "kubectl get nodes --no-headers | grep -c ' Ready '"), "4\n");
    assert_eq!(servers(&mut world), "192.168.100.11 192.168.100.12 192.168.100.13");
    world.input(&Input::Fault { fault: Fault::StopNode { node: "node-1".into() } });
    run(&mut world, 60);
    assert_eq!(servers(&mut world), "192.168.100.12 192.168.100.13");
    let made = type_in(&mut world, "kubectl create deployment web --image=hello:v1 --replicas=2");
    assert_eq!(made, "deployment.apps/web created\n");
    run(&mut world, 30);
    assert_eq!(type_in(&mut world, "kubectl get deployment web -o 'jsonpath={.status.readyReplicas}'"), "2");
    world.input(&Input::Fault { fault: Fault::StopNode { node: "node-2".into() } });
    run(&mut world, 60);
    let said = type_in(&mut world, "kubectl create deployment more --image=hello:v1");
    assert!(said.starts_with("error: failed to create deployment"), "{said}");
    for node in ["node-1", "node-2"] {
        world.input(&Input::Fault { fault: Fault::StartNode { node: node.into() } });
    }
    run(&mut world, 90);
    assert_eq!(type_in(&mut world, "kubectl get nodes --no-headers | grep -c ' Ready '"), "4\n");
    assert_eq!(servers(&mut world), "192.168.100.11 192.168.100.12 192.168.100.13");
}

#[test]
fn a_snapshot_brings_a_cluster_back_on_the_server_that_is_left() {
    let mut world = three();
    type_in(&mut world, "kubectl create configmap before --from-literal=a=1");
    let saved = type_in(&mut world, "ssh node-3 etcdctl snapshot save /root/backup.db");
    assert!(saved.contains("\nSnapshot saved at /root/backup.db"), "{saved}");
    type_in(&mut world, "kubectl create configmap after --from-literal=a=1");
    for node in ["node-1", "node-2"] {
        world.input(&Input::Fault { fault: Fault::StopNode { node: node.into() } });
    }
    run(&mut world, 30);
    assert_eq!(type_in(&mut world, "ssh node-3 ls /root"), "backup.db\n");
    type_in(&mut world, "ssh node-3 'mv /etc/kubernetes/manifests /root/manifests; mkdir /etc/kubernetes/manifests'");
    run(&mut world, 30);
    let restore = |to: &str| format!("ssh node-3 etcdutl snapshot restore /root/backup.db --data-dir {to}");
    let refused = type_in(&mut world, &restore("/var/lib/etcd"));
    assert!(refused.contains("data-dir \"/var/lib/etcd\" not empty"), "{refused}");
    type_in(&mut world, &restore("/var/lib/restored"));
    type_in(&mut world, "ssh node-3 'rm -rf /var/lib/etcd; mv /var/lib/restored /var/lib/etcd'");
    type_in(&mut world, "ssh node-3 'mv /root/manifests/* /etc/kubernetes/manifests/'");
    run(&mut world, 60);
    let members = type_in(&mut world, "ssh node-3 etcdctl member list");
    assert_eq!((members.lines().count(), members.contains("node-3")), (1, true), "{members}");
    let maps = type_in(&mut world, "kubectl get configmaps -o name");
    assert!(maps.contains("configmap/before") && !maps.contains("configmap/after"), "{maps}");
    assert_eq!(type_in(&mut world, "kubectl create configmap later --from-literal=a=1"), "configmap/later created\n");
}
