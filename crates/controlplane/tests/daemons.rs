//! DaemonSets as an operator sees them: a Pod on each node, revisions, and what becomes of Pods that fail.
mod world;

use objects::wire::{PatchKind, Request, Verb};
use objects::{Tree, kinds, list, map};
use simcore::Duration;
use world::World;

fn agent(extra: &[(&'static str, Tree)]) -> Tree {
    let labels = || map! {"app": "agent"};
    let container = map! {"name": "main", "image": "nginx:1.27"};
    let mut spec = map! {
        "selector": map! {"matchLabels": labels()},
        "template": map! {"metadata": map! {"labels": labels()}, "spec": map! {"containers": list![container]}},
    };
    extra.iter().for_each(|(key, value)| spec.set(&[key], value));
    map! {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": map! {"name": "agent"}, "spec": spec}
}

fn image(name: &str) -> Tree {
    map! {"spec": map! {"template": map! {"spec": map! {"containers": list![map! {"name": "main", "image": name}]}}}}
}

fn nodes(world: &World) -> Vec<String> {
    let mut all: Vec<String> = world.list(kinds::POD).iter().map(|pod| pod.spec().get("nodeName").text().to_string()).collect();
    all.sort();
    all
}

#[test]
fn a_node_that_comes_later_gets_its_pod_too() {
    let mut world = World::new(2);
    world.create(kinds::DAEMON_SET, "default", agent(&[]));
    world.run(Duration::secs(3));
    assert_eq!(nodes(&world), ["worker-1", "worker-2"]);
    world.node("worker-3", map! {});
    world.run(Duration::secs(3));
    assert_eq!(nodes(&world), ["worker-1", "worker-2", "worker-3"]);
    let status = world.get(kinds::DAEMON_SET, "default", "agent").unwrap().status().to_json();
    let whole = r#"{"currentNumberScheduled":3,"desiredNumberScheduled":3,"numberAvailable":3,"numberMisscheduled":0,"numberReady":3,"observedGeneration":1,"updatedNumberScheduled":3}"#;
    assert_eq!(status, whole);
}

#[test]
fn an_update_takes_one_node_after_another_and_old_revisions_go() {
    let mut world = World::new(3);
    world.create(kinds::DAEMON_SET, "default", agent(&[("revisionHistoryLimit", Tree::Int(2))]));
    world.run(Duration::secs(3));
    for version in ["nginx:1.28", "nginx:1.29", "nginx:1.27", "nginx:1.26"] {
        world.patch(kinds::DAEMON_SET, "default", "agent", image(version));
        world.run(Duration::secs(40));
        assert!(world.list(kinds::POD).iter().all(|pod| pod.spec().get("containers").items()[0].get("image").text() == version));
    }
    let mut revisions: Vec<i64> = world.list(kinds::CONTROLLER_REVISION).iter().map(|it| it.tree.get("revision").int_or(0)).collect();
    revisions.sort_unstable();
    // The template of revision 1 came back as revision 4.
    assert_eq!(revisions, [3, 4, 5]);
    let set = world.get(kinds::DAEMON_SET, "default", "agent").unwrap();
    assert_eq!(set.annotation("deprecated.daemonset.template.generation"), "5");
}

#[test]
fn a_failed_daemon_is_replaced_at_once_and_then_after_a_pause() {
    let mut world = World::new(1);
    world.create(kinds::DAEMON_SET, "default", agent(&[]));
    world.run(Duration::secs(3));
    for failures in 1..=2 {
        let pod = world.list(kinds::POD)[0].key.name.clone();
        let failed = map! {"status": map! {"phase": "Failed", "reason": "Evicted"}};
        let request = Request::about(Verb::Patch(PatchKind::Strategic), kinds::POD, "default", pod).subresource("status").body(failed);
        assert!(world.ask(request).is_ok());
        world.run(Duration::secs(5));
        assert_eq!(world.told("FailedDaemonPod").len(), failures);
        assert_eq!(nodes(&world), ["worker-1"], "there is another");
    }
}
