//! EndpointSlices that could not be written: said in an Event, and tried again with upstream's pauses.
mod world;

use objects::wire::{Request, Verb};
use objects::{Object, kinds, list, map};
use simcore::Duration;
use std::sync::Arc;
use world::World;

/// A Service with one Pod that has an address, and a second one that has none yet.
fn stage() -> World {
    let mut world = World::new(2);
    let ports = list![map! {"port": 80, "targetPort": 80, "protocol": "TCP"}];
    world.create(
        kinds::SERVICE,
        "default",
        map! {"metadata": map! {"name": "web"}, "spec": map! {"selector": map! {"app": "web"}, "ports": ports}},
    );
    for name in ["one", "two"] {
        let spec = map! {"containers": list![map! {"name": "main", "image": "nginx:1.27"}]};
        world.create(kinds::POD, "default", map! {"metadata": map! {"name": name, "labels": map! {"app": "web"}}, "spec": spec});
    }
    world.run(Duration::secs(5));
    address(&mut world, "one", "10.244.0.7");
    world.run(Duration::secs(5));
    world
}

/// The kubelet reports the Pod's address.
fn address(world: &mut World, name: &str, ip: &str) {
    let mut body = world.get(kinds::POD, "default", name).unwrap().tree.clone();
    body.set(&["status", "podIP"], ip);
    world.ask(Request::about(Verb::Update, kinds::POD, "default", name.to_string()).subresource("status").body(body));
}

fn slice(world: &World) -> Arc<Object> {
    world.list(kinds::ENDPOINT_SLICE).into_iter().find(|it| it.key.name.starts_with("web-")).unwrap()
}

fn lists(world: &World, ip: &str) -> bool {
    slice(world).tree.get("endpoints").to_json().contains(ip)
}

#[test]
fn who_comes_second_at_a_slice_is_refused_says_so_and_tries_again() {
    let mut world = stage();
    address(&mut world, "two", "10.244.0.8");
    world.run(Duration::micros(2_500));
    // Somebody else is faster; the controller's cache has not heard of it when it writes.
    let name = slice(&world).key.name.to_string();
    world.patch(kinds::ENDPOINT_SLICE, "default", &name, map! {"metadata": map! {"annotations": map! {"hello": "there"}}});
    world.run(Duration::millis(20));
    let words = format!(
        "Error updating Endpoint Slices for Service default/web: failed to update {name} EndpointSlice for Service default/web: Operation \
         cannot be fulfilled on endpointslices.discovery.k8s.io \"{name}\": the object has been modified; please apply your changes to \
         the latest version and try again"
    );
    assert_eq!(world.told("FailedToUpdateEndpointSlices"), [words]);
    world.run(Duration::millis(1_200));
    assert!(lists(&world, "10.244.0.8"), "{}", slice(&world).tree.to_json());
}

#[test]
fn while_the_api_server_is_away_the_pauses_are_a_second_two_and_four() {
    let mut world = stage();
    world.away = Some((kinds::ENDPOINT_SLICE, 3));
    address(&mut world, "two", "10.244.0.8");
    world.run(Duration::secs(8));
    let pauses: Vec<u64> = world.noticed.windows(2).map(|pair| pair[1].since(pair[0]).as_millis()).collect();
    assert_eq!(pauses.iter().map(|pause| pause / 100).collect::<Vec<_>>(), [10, 20], "{pauses:?}");
    let last = *world.noticed.last().unwrap();
    let changes = world.changes();
    let has = |slice: &Arc<Object>| slice.tree.get("endpoints").to_json().contains("10.244.0.8");
    let written = changes.iter().find(|it| it.key.kind == kinds::ENDPOINT_SLICE && it.after.as_ref().is_some_and(has)).expect("at last");
    assert_eq!(written.at.since(last).as_millis() / 100, 40);
}

#[test]
fn after_a_success_the_pauses_begin_anew() {
    let mut world = stage();
    world.away = Some((kinds::ENDPOINT_SLICE, 2));
    address(&mut world, "two", "10.244.0.8");
    world.run(Duration::secs(10));
    assert!(lists(&world, "10.244.0.8"));
    (world.away, world.noticed) = (Some((kinds::ENDPOINT_SLICE, 2)), Vec::new());
    address(&mut world, "two", "10.244.0.9");
    world.run(Duration::secs(10));
    assert_eq!(world.noticed[1].since(world.noticed[0]).as_millis() / 100, 10);
    assert!(lists(&world, "10.244.0.9"));
}
