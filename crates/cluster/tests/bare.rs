//! Servers without a cluster: what is said about a manifest there, and what their power does.
mod learner;

use cluster::input::{Fault, Input};
use cluster::{Topology, World, manifest};
use learner::{run, type_in};

const POD: &str =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\nspec:\n  containers:\n  - name: web\n    image: hello:v1\n    port: 80\n";
const INIT: &str = "ssh node-1 kubeadm init --pod-network-cidr 10.244.0.0/16 --token abcdef.0123456789abcdef";

fn said(world: &World) -> Vec<String> {
    manifest::problems(world, POD).into_iter().map(|flaw| flaw.message).collect()
}

#[test]
fn before_an_installation_the_editor_says_that_nobody_answers_and_still_knows_the_fields() {
    let mut world = World::boot(&Topology::bare(1, true), 1, Vec::new());
    let refused = "The connection to the server localhost:8080 was refused - did you specify the right host or port?";
    assert_eq!(said(&world), ["unknown field \"spec.containers[0].port\"", refused]);
    type_in(&mut world, INIT);
    run(&mut world, 30);
    assert_eq!(said(&world), ["unknown field \"spec.containers[0].port\""]);
}

#[test]
fn kubectl_checks_a_manifest_first_and_finds_nobody_to_ask_for_the_schema() {
    let mut world = World::boot(&Topology::bare(1, true), 1, vec![("web.yaml".to_string(), POD.to_string())]);
    let words = type_in(&mut world, "kubectl apply -f web.yaml");
    let refused = "Get \"http://localhost:8080/openapi/v2?timeout=32s\": dial tcp 127.0.0.1:8080: connect: connection refused";
    assert_eq!(
        words,
        format!(
            "error: error validating \"web.yaml\": error validating data: failed to download openapi: {refused}; if you choose to ignore these errors, turn validation off with --validate=false\n"
        )
    );
}

#[test]
fn a_server_that_was_switched_off_and_on_joins_no_cluster_by_itself() {
    let mut world = World::boot(&Topology::bare(2, true), 1, Vec::new());
    let node = || "node-2".to_string();
    type_in(&mut world, "ssh node-2 hostname");
    world.input(&Input::Fault { fault: Fault::StopNode { node: node() } });
    run(&mut world, 5);
    assert!(type_in(&mut world, "ssh node-2 hostname").contains("ssh: connect to host node-2 port 22"));
    world.input(&Input::Fault { fault: Fault::StartNode { node: node() } });
    run(&mut world, 30);
    type_in(&mut world, INIT);
    run(&mut world, 60);
    let nodes = type_in(&mut world, "kubectl get nodes -o name");
    assert_eq!(nodes, "node/node-1\n");
    // Its own kubelet joins it, and comes back with the power.
    type_in(&mut world, "ssh node-2 $(ssh node-1 kubeadm token create --print-join-command)");
    world.input(&Input::Fault { fault: Fault::StopNode { node: node() } });
    run(&mut world, 60);
    world.input(&Input::Fault { fault: Fault::StartNode { node: node() } });
    run(&mut world, 30);
    assert_eq!(type_in(&mut world, "kubectl get nodes -o name"), "node/node-1\nnode/node-2\n");
    assert!(type_in(&mut world, "ssh node-2 'systemctl is-active kubelet'").contains("active"));
}
