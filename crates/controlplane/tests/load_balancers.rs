//! Services of type LoadBalancer with a cloud, with MetalLB, with K3s's ServiceLB.
mod world;

use controlplane::controllers;
use controlplane::harness::{Controller, ControllerManager};
use objects::wire::{Request, Verb};
use objects::{Tree, kinds, list, map};
use simcore::Duration;
use world::World;

fn with(name: &'static str, table: &'static [&'static Controller]) -> World {
    let mut world = World::new(2);
    world.manager.stop();
    world.manager = ControllerManager::named(name, 1, "control-plane", table);
    world.restart_manager();
    world.run(Duration::secs(1));
    world
}

fn balanced(name: &str, port: i64) -> Tree {
    let ports = list![map! {"port": port, "targetPort": 80, "protocol": "TCP"}];
    map! {"metadata": map! {"name": name}, "spec": map! {"type": "LoadBalancer", "allocateLoadBalancerNodePorts": true, "ports": ports}}
}

fn addresses(world: &World, name: &str) -> Vec<String> {
    let service = world.get(kinds::SERVICE, "default", name).unwrap();
    let points = service.status().at(&["loadBalancer", "ingress"]);
    points.items().iter().map(|point| point.get("ip").text().to_string()).collect()
}

const CLEANUP: &str = r#"["service.kubernetes.io/load-balancer-cleanup"]"#;

#[test]
fn a_cloud_gives_each_service_an_address_after_a_while_and_takes_it_back() {
    let mut world = with("cloud-controller-manager", controllers::CLOUD);
    world.create(kinds::SERVICE, "default", balanced("a", 80));
    world.create(kinds::SERVICE, "default", balanced("b", 80));
    world.run(Duration::secs(1));
    assert!(addresses(&world, "a").is_empty(), "it is pending at first");
    world.run(Duration::secs(3));
    assert_eq!((addresses(&world, "a"), addresses(&world, "b")), (vec!["203.0.113.1".to_string()], vec!["203.0.113.2".to_string()]));
    assert_eq!(world.told("EnsuringLoadBalancer").len() + world.told("EnsuredLoadBalancer").len(), 4);
    assert_eq!(world.get(kinds::SERVICE, "default", "a").unwrap().meta().get("finalizers").to_json(), CLEANUP);
    world.delete(kinds::SERVICE, "default", "a", Tree::Null);
    world.run(Duration::secs(2));
    assert!(world.get(kinds::SERVICE, "default", "a").is_none());
    assert_eq!(world.told("DeletedLoadBalancer"), ["Deleted load balancer"]);
    world.create(kinds::SERVICE, "default", balanced("c", 80));
    world.run(Duration::secs(4));
    assert_eq!(addresses(&world, "c"), ["203.0.113.1"], "what was given back is given again");
}

#[test]
fn a_service_that_stops_being_a_load_balancer_gives_its_address_back() {
    let mut world = with("cloud-controller-manager", controllers::CLOUD);
    world.create(kinds::SERVICE, "default", balanced("a", 80));
    world.run(Duration::secs(4));
    world.patch(kinds::SERVICE, "default", "a", map! {"spec": map! {"type": "ClusterIP"}});
    world.run(Duration::secs(2));
    let service = world.get(kinds::SERVICE, "default", "a").unwrap();
    assert!(service.meta().get("finalizers").is_empty());
    assert_eq!(service.status().to_json(), r#"{"loadBalancer":{}}"#);
    assert!(service.spec().get("ports").items()[0].get("nodePort").is_null());
}

#[test]
fn metal_lb_gives_what_is_asked_for_and_says_when_it_cannot() {
    let mut world = with("metallb-controller", controllers::METAL_LB);
    let mut asked = balanced("a", 80);
    asked.set(&["spec", "loadBalancerIP"], "192.168.100.210");
    world.create(kinds::SERVICE, "default", asked);
    let mut outside = balanced("b", 80);
    outside.set(&["spec", "loadBalancerIP"], "192.0.2.1");
    world.create(kinds::SERVICE, "default", outside);
    world.run(Duration::secs(2));
    assert_eq!((addresses(&world, "a"), addresses(&world, "b")), (vec!["192.168.100.210".to_string()], vec![]));
    assert_eq!(world.told("IPAllocated"), [r#"Assigned IP ["192.168.100.210"]"#]);
    assert_eq!(world.told("AllocationFailed"), [r#"Failed to allocate IP for "default/b": ["192.0.2.1"] is not allowed in config"#]);
}

/// A Pod of a DaemonSet of ServiceLB on a node, ready.
fn daemon(world: &mut World, set: &str, node: &str) {
    let found = world.get(kinds::DAEMON_SET, "kube-system", set).unwrap();
    let template = found.spec().get("template");
    let mut pod = map! {"metadata": map! {"name": format!("{set}-{node}"), "labels": template.at(&["metadata", "labels"])}};
    pod.set(&["spec"], template.get("spec"));
    pod.set(&["spec", "nodeName"], node);
    world.create(kinds::POD, "kube-system", pod.clone());
    pod.set(&["status"], map! {"phase": "Running", "conditions": list![map! {"type": "Ready", "status": "True"}]});
    let name = format!("{set}-{node}");
    world.ask(Request::about(Verb::Update, kinds::POD, "kube-system", name).subresource("status").body(pod));
}

#[test]
fn service_lb_gives_the_nodes_on_which_its_pods_are_ready() {
    let mut world = with("k3s-cloud-controller-manager", controllers::SERVICE_LB);
    for (name, ip) in [("worker-1", "192.168.100.11"), ("worker-2", "192.168.100.12")] {
        let mut body = world.get(kinds::NODE, "", name).unwrap().tree.clone();
        body.set(&["status", "addresses"], list![map! {"type": "InternalIP", "address": ip}]);
        world.ask(Request::about(Verb::Update, kinds::NODE, "", name).subresource("status").body(body));
    }
    world.create(kinds::SERVICE, "default", balanced("a", 80));
    world.run(Duration::secs(2));
    assert!(addresses(&world, "a").is_empty(), "nobody holds its port yet");
    let uid = world.get(kinds::SERVICE, "default", "a").unwrap().uid()[..8].to_string();
    let set = format!("svclb-a-{uid}");
    daemon(&mut world, &set, "worker-1");
    world.run(Duration::secs(2));
    assert_eq!(addresses(&world, "a"), ["192.168.100.11"]);
    daemon(&mut world, &set, "worker-2");
    world.run(Duration::secs(2));
    assert_eq!(addresses(&world, "a"), ["192.168.100.11", "192.168.100.12"]);
    assert_eq!(world.told("AppliedDaemonSet"), [format!("Applied LoadBalancer DaemonSet kube-system/{set}")]);
    let more = list![map! {"port": 80, "targetPort": 80, "protocol": "TCP"}, map! {"name": "s", "port": 443, "protocol": "TCP"}];
    world.patch(kinds::SERVICE, "default", "a", map! {"spec": map! {"ports": more}});
    world.run(Duration::secs(2));
    let found = world.get(kinds::DAEMON_SET, "kube-system", &set).unwrap();
    let names: Vec<&str> = found.spec().at(&["template", "spec", "containers"]).items().iter().map(|one| one.get("name").text()).collect();
    assert_eq!(names, ["lb-tcp-80", "lb-tcp-443"]);
    world.delete(kinds::SERVICE, "default", "a", Tree::Null);
    world.run(Duration::secs(2));
    assert!(world.get(kinds::SERVICE, "default", "a").is_none() && world.get(kinds::DAEMON_SET, "kube-system", &set).is_none());
}
