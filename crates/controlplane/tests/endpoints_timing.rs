//! How soon a slice follows its Pods, how often it is written, and what else follows it.
mod world;

use objects::wire::{Request, Verb};
use objects::{Object, Tree, kinds, list, map};
use simcore::{Duration, Time};
use std::sync::Arc;
use world::World;

fn service(name: &str, app: &str) -> Tree {
    let ports = list![map! {"port": 80, "targetPort": 80, "protocol": "TCP"}];
    map! {"metadata": map! {"name": name}, "spec": map! {"selector": map! {"app": app}, "ports": ports}}
}

fn pod(world: &mut World, name: &str, app: &str) {
    let spec = map! {"containers": list![map! {"name": "main", "image": "nginx:1.27"}]};
    world.create(kinds::POD, "default", map! {"metadata": map! {"name": name, "labels": map! {"app": app}}, "spec": spec});
}

/// The kubelet reports the Pod's address.
fn address(world: &mut World, name: &str, ip: &str) {
    let mut body = world.get(kinds::POD, "default", name).unwrap().tree.clone();
    body.set(&["status", "podIP"], ip);
    world.ask(Request::about(Verb::Update, kinds::POD, "default", name.to_string()).subresource("status").body(body));
}

/// Two Pods that are ready but have no address, and a Service that selects them.
fn stage() -> World {
    let mut world = World::new(2);
    world.create(kinds::SERVICE, "default", service("web", "web"));
    pod(&mut world, "one", "web");
    pod(&mut world, "two", "web");
    world.run(Duration::secs(5));
    world
}

/// When the slice was written with the address in it.
fn listed(world: &World, ip: &str) -> Time {
    let has = |slice: &Arc<Object>| slice.tree.get("endpoints").to_json().contains(ip);
    let changes = world.changes();
    let written = changes.iter().find(|it| it.key.kind == kinds::ENDPOINT_SLICE && it.after.as_ref().is_some_and(has));
    written.expect("it is listed").at
}

#[test]
fn a_change_that_comes_alone_reaches_the_slice_within_a_tenth_of_a_second() {
    let mut world = stage();
    let begun = world.now;
    address(&mut world, "one", "10.244.0.7");
    world.run(Duration::secs(2));
    assert!(listed(&world, "10.244.0.7").since(begun) < Duration::millis(100));
    let begun = world.now;
    address(&mut world, "two", "10.244.0.8");
    world.run(Duration::secs(2));
    assert!(listed(&world, "10.244.0.8").since(begun) < Duration::millis(100));
}

#[test]
fn each_pod_is_a_write_of_its_own_when_they_come_apart() {
    let mut world = stage();
    for (name, ip) in [("one", "10.244.0.7"), ("two", "10.244.0.8")] {
        address(&mut world, name, ip);
        world.run(Duration::secs(2));
    }
    let slice = world.list(kinds::ENDPOINT_SLICE).into_iter().find(|it| it.key.name.starts_with("web-")).unwrap();
    assert_eq!(slice.generation(), 3, "empty, one, two");
}

#[test]
fn the_trigger_time_is_told_only_when_readiness_changed() {
    const TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";
    let mut world = stage();
    let slice = |world: &World| world.list(kinds::ENDPOINT_SLICE).into_iter().find(|it| it.key.name.starts_with("web-")).unwrap();
    assert!(slice(&world).meta().get("annotations").has(TIME), "a new Service's slice tells when the Service was made");
    address(&mut world, "one", "10.244.0.7");
    world.run(Duration::secs(2));
    assert!(!slice(&world).meta().get("annotations").has(TIME), "an address is no change of readiness");
}

#[test]
fn the_legacy_endpoints_object_comes_and_goes_with_its_service() {
    let mut world = stage();
    address(&mut world, "one", "10.244.0.7");
    world.run(Duration::secs(2));
    let endpoints = world.get(kinds::ENDPOINTS, "default", "web").unwrap();
    assert_eq!(endpoints.tree.get("subsets").items()[0].get("addresses").items()[0].get("ip").text(), "10.244.0.7");
    assert_eq!(endpoints.labels().get("endpoints.kubernetes.io/managed-by").text(), "endpoint-controller");
    world.delete(kinds::SERVICE, "default", "web", Tree::Null);
    world.run(Duration::secs(2));
    assert!(world.get(kinds::ENDPOINTS, "default", "web").is_none());
    assert!(world.list(kinds::ENDPOINT_SLICE).iter().all(|slice| !slice.key.name.starts_with("web-")));
}

#[test]
fn hand_written_endpoints_are_mirrored_and_hand_written_slices_are_left_alone() {
    let mut world = World::new(1);
    let ports = list![map! {"port": 80, "targetPort": 80, "protocol": "TCP"}];
    world.create(kinds::SERVICE, "default", map! {"metadata": map! {"name": "db"}, "spec": map! {"ports": ports}});
    let subset = map! {"addresses": list![map! {"ip": "192.0.2.7"}], "ports": list![map! {"port": 5432, "protocol": "TCP"}]};
    world.create(kinds::ENDPOINTS, "default", map! {"metadata": map! {"name": "db"}, "subsets": list![subset]});
    let own = map! {
        "metadata": map! {"name": "own", "labels": map! {"kubernetes.io/service-name": "db"}}, "addressType": "IPv4",
        "endpoints": list![map! {"addresses": list!["192.0.2.8"]}], "ports": list![map! {"name": "", "port": 5432, "protocol": "TCP"}],
    };
    world.create(kinds::ENDPOINT_SLICE, "default", own);
    world.run(Duration::secs(2));
    let copies: Vec<_> = world.list(kinds::ENDPOINT_SLICE).into_iter().filter(|it| it.key.name.starts_with("db-")).collect();
    assert_eq!(copies.len(), 1);
    assert_eq!(copies[0].tree.get("endpoints").to_json(), r#"[{"addresses":["192.0.2.7"],"conditions":{"ready":true}}]"#);
    world.delete(kinds::SERVICE, "default", "db", Tree::Null);
    world.run(Duration::secs(3));
    let left: Vec<String> = world.list(kinds::ENDPOINT_SLICE).iter().map(|slice| slice.key.name.to_string()).collect();
    assert_eq!(left, ["own"], "the copy goes with its Endpoints, what was written by hand stays");
}
