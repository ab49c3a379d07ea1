//! Where Pods go, and the sentences about those that go nowhere.
mod world;

use objects::{Tree, kinds, list, map};
use simcore::Duration;
use world::World;

/// Three workers and a control plane that keeps Pods away, as in the recordings.
fn cluster() -> World {
    let mut world = World::new(3);
    let taint = map! {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"};
    world.node("control-plane", map! {"taints": list![taint]});
    world.run(Duration::secs(1));
    world
}

fn pod(name: &str, spec: &[(&'static str, Tree)]) -> Tree {
    let mut body = map! {
        "metadata": map! {"name": name, "labels": map! {"app": name}},
        "spec": map! {"containers": list![map! {"name": "main", "image": "nginx:1.27"}]},
    };
    for (field, value) in spec {
        body.set(&["spec", field], value);
    }
    body
}

fn asking(name: &str, cpu: &str) -> Tree {
    let resources = map! {"requests": map! {"cpu": cpu}};
    pod(name, &[("containers", list![map! {"name": "main", "image": "nginx:1.27", "resources": resources}])])
}

fn sentence(world: &World, name: &str) -> String {
    let pod = world.get(kinds::POD, "default", name).unwrap();
    let found = pod.status().get("conditions").items().iter().find(|it| it.get("reason").text() == "Unschedulable");
    found.map(|it| it.get("message").text().to_string()).unwrap_or_default()
}

fn node_of(world: &World, name: &str) -> String {
    world.get(kinds::POD, "default", name).unwrap().spec().get("nodeName").text().to_string()
}

/// The counts of the Events about a Pod that found no node, the oldest first.
fn tries(world: &World, name: &str) -> Vec<i64> {
    let about = |event: &&std::sync::Arc<objects::Object>| {
        event.tree.at(&["involvedObject", "name"]).text() == name && event.tree.get("reason").text() == "FailedScheduling"
    };
    world.list(kinds::EVENT).iter().filter(about).map(|event| event.tree.at(&["series", "count"]).int_or(1)).collect()
}

#[test]
fn a_pod_without_room_is_tried_again_whenever_any_pod_leaves_its_node() {
    let mut world = cluster();
    for name in ["a", "b", "c"] {
        world.create(kinds::POD, "default", asking(name, "100m"));
    }
    world.run(Duration::secs(1));
    world.create(kinds::POD, "default", asking("big", "64"));
    let picky = ("nodeSelector", map! {"disk": "ssd"});
    world.create(kinds::POD, "default", pod("picky", &[picky]));
    world.run(Duration::secs(1));
    assert_eq!((tries(&world, "big"), tries(&world, "picky")), (vec![1], vec![1]));
    world.delete(kinds::POD, "default", "a", Tree::Null);
    world.run(Duration::secs(1));
    // The first Event was about the Pod before its condition was written: the second try is another Event.
    assert_eq!((tries(&world, "big"), tries(&world, "picky")), (vec![1, 1], vec![1]));
    world.delete(kinds::POD, "default", "b", Tree::Null);
    world.run(Duration::secs(1));
    assert_eq!(tries(&world, "big"), [1, 2], "from then on it is a series");
}

#[test]
fn one_hindrance_less_on_a_node_is_worth_a_try() {
    let mut world = cluster();
    world.create(kinds::POD, "default", asking("big", "64"));
    world.run(Duration::secs(1));
    world.patch(kinds::NODE, "", "control-plane", map! {"metadata": map! {"labels": map! {"a": "b"}}});
    world.run(Duration::secs(1));
    assert_eq!(tries(&world, "big"), [1], "a label decides nothing for this Pod");
    world.patch(kinds::NODE, "", "control-plane", map! {"spec": map! {"taints": Tree::Null}});
    world.run(Duration::secs(1));
    assert_eq!(tries(&world, "big").len(), 2);
    assert!(sentence(&world, "big").starts_with("0/4 nodes are available: 4 Insufficient cpu."), "{}", sentence(&world, "big"));
}

#[test]
fn the_sentence_is_the_recorded_one() {
    let near = |kind: &'static str, app: &str| {
        let term = map! {"topologyKey": "kubernetes.io/hostname", "labelSelector": map! {"matchLabels": map! {"app": app}}};
        let required = map! {"requiredDuringSchedulingIgnoredDuringExecution": list![term]};
        ("affinity", Tree::from([(kind, required)].into_iter().collect::<objects::Map>()))
    };
    let selector = ("nodeSelector", map! {"disk": "ssd"});
    let rows = [
        (
            asking("big", "64"),
            "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
        ),
        (
            pod("picky", &[selector]),
            "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't match Pod's node affinity/selector. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
        ),
        (
            pod("friend", &[near("podAffinity", "nobody")]),
            "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't match pod affinity rules. preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
        ),
    ];
    let mut world = cluster();
    for (body, wanted) in rows {
        let name = body.at(&["metadata", "name"]).text().to_string();
        world.create(kinds::POD, "default", body);
        world.run(Duration::secs(1));
        assert_eq!(sentence(&world, &name), wanted);
        assert_eq!(world.told("FailedScheduling").last().unwrap(), wanted);
    }
}

#[test]
fn the_fourth_of_three_that_keep_apart_waits_until_one_leaves() {
    let mut world = cluster();
    let term = map! {"topologyKey": "kubernetes.io/hostname", "labelSelector": map! {"matchLabels": map! {"team": "apart"}}};
    let affinity = map! {"podAntiAffinity": map! {"requiredDuringSchedulingIgnoredDuringExecution": list![term]}};
    for name in ["one", "two", "three", "four"] {
        let mut body = pod(name, &[("affinity", affinity.clone())]);
        body.set(&["metadata", "labels", "team"], "apart");
        world.create(kinds::POD, "default", body);
        world.run(Duration::secs(1));
    }
    assert_eq!(
        sentence(&world, "four"),
        "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't match pod anti-affinity rules. preemption: 0/4 nodes are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod."
    );
    let free = node_of(&world, "two");
    world.delete(kinds::POD, "default", "two", Tree::Null);
    world.run(Duration::secs(3));
    assert_eq!(node_of(&world, "four"), free);
}

#[test]
fn full_nodes_are_told_by_what_they_lack_and_room_wakes_the_waiting() {
    let mut world = cluster();
    for name in ["a", "b", "c", "d"] {
        world.create(kinds::POD, "default", asking(name, "3"));
    }
    world.run(Duration::secs(1));
    let waiting = ["a", "b", "c", "d"].into_iter().find(|name| node_of(&world, name).is_empty()).unwrap();
    assert_eq!(
        sentence(&world, waiting),
        "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 Insufficient cpu. preemption: 0/4 nodes are available: 1 Preemption is not helpful for scheduling, 3 No preemption victims found for incoming pod."
    );
    let other = ["a", "b", "c", "d"].into_iter().find(|name| *name != waiting).unwrap();
    world.delete(kinds::POD, "default", other, Tree::Null);
    world.run(Duration::secs(3));
    assert!(!node_of(&world, waiting).is_empty());
}

#[test]
fn a_label_on_a_node_lets_the_picky_pod_in_and_the_decision_is_kept() {
    let mut world = cluster();
    world.create(kinds::POD, "default", pod("picky", &[("nodeSelector", map! {"disk": "ssd"})]));
    world.run(Duration::secs(1));
    world.patch(kinds::NODE, "", "worker-2", map! {"metadata": map! {"labels": map! {"disk": "ssd"}}});
    world.run(Duration::secs(1));
    assert_eq!(node_of(&world, "picky"), "worker-2");
    assert_eq!(world.told("Scheduled"), ["Successfully assigned default/picky to worker-2"]);
    let reasons: Vec<&Tree> = world.api.trace.since(0).map(|(_, it)| &it.what.reason).filter(|it| it.has("chosen")).collect();
    let rows = reasons[0].get("nodes").items();
    assert_eq!((reasons[0].get("chosen").text(), rows.len()), ("worker-2", 4));
    assert_eq!(rows[0].get("filter").text(), "node(s) had untolerated taint(s)");
    assert_eq!(rows[1].get("filter").text(), "node(s) didn't match Pod's node affinity/selector");
}

#[test]
fn a_gated_pod_is_left_alone_until_its_gates_are_gone() {
    let mut world = cluster();
    world.create(kinds::POD, "default", pod("gated", &[("schedulingGates", list![map! {"name": "example.com/wait"}])]));
    world.run(Duration::secs(1));
    assert_eq!(node_of(&world, "gated"), "");
    assert!(world.told("FailedScheduling").is_empty());
    world.patch(kinds::POD, "default", "gated", map! {"spec": map! {"schedulingGates": Tree::Null}});
    world.run(Duration::secs(1));
    assert!(!node_of(&world, "gated").is_empty());
}

#[test]
fn spread_as_a_rule_counts_the_tainted_node_as_an_empty_domain() {
    let mut world = cluster();
    let constraint = map! {
        "maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": map! {"matchLabels": map! {"team": "spread"}},
    };
    for name in ["one", "two", "three", "four"] {
        let mut body = pod(name, &[("topologySpreadConstraints", list![&constraint])]);
        body.set(&["metadata", "labels", "team"], "spread");
        world.create(kinds::POD, "default", body);
        world.run(Duration::secs(1));
    }
    assert!(sentence(&world, "four").starts_with(
        "0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't match pod topology spread constraints."
    ));
}

#[test]
fn a_cordoned_node_takes_nothing_new() {
    let mut world = World::new(1);
    world.patch(kinds::NODE, "", "worker-1", map! {"spec": map! {"unschedulable": true}});
    world.run(Duration::secs(1));
    world.create(kinds::POD, "default", pod("late", &[]));
    world.run(Duration::secs(1));
    assert!(sentence(&world, "late").starts_with("0/1 nodes are available: 1 node(s) were unschedulable."));
    world.patch(kinds::NODE, "", "worker-1", map! {"spec": map! {"unschedulable": false}});
    world.run(Duration::secs(1));
    assert_eq!(node_of(&world, "late"), "worker-1");
}

fn important(name: &str, cpu: &str, priority: i64) -> Tree {
    let mut body = asking(name, cpu);
    body.set(&["spec", "priorityClassName"], format!("p{priority}"));
    body
}

/// Priority classes `p<value>`.
fn with_classes(world: &mut World, values: &[i64]) {
    for value in values {
        world.create(kinds::PRIORITY_CLASS, "", map! {"metadata": map! {"name": format!("p{value}")}, "value": *value});
    }
}

fn is_there(world: &World, name: &str) -> bool {
    world.get(kinds::POD, "default", name).is_some()
}

#[test]
fn a_more_important_pod_puts_out_the_least_that_make_room() {
    let mut world = World::new(2);
    with_classes(&mut world, &[10, 20, 1000]);
    // worker by worker: 3.5 of 4 cores are taken, on each by a small important and a large unimportant Pod.
    for (name, cpu, priority) in [("big-1", "2500m", 10), ("big-2", "2500m", 20), ("small-1", "1", 20), ("small-2", "1", 20)] {
        world.create(kinds::POD, "default", important(name, cpu, priority));
        world.run(Duration::secs(2));
    }
    world.create(kinds::POD, "default", important("vip", "2", 1000));
    world.run(Duration::millis(200));
    let vip = world.get(kinds::POD, "default", "vip").unwrap();
    let place = world.changes().iter().rev().find_map(|it| {
        let pod = it.before.as_ref().filter(|pod| &*pod.key.name == "big-1")?;
        Some(pod.spec().get("nodeName").text().to_string())
    });
    assert_eq!(sentence(&world, "vip"), "0/2 nodes are available: 2 Insufficient cpu.");
    assert_eq!(Some(vip.status().get("nominatedNodeName").text().to_string()), place);
    let victim = world.get(kinds::POD, "default", "big-1").unwrap();
    assert!(victim.is_deleting());
    let why = victim.status().get("conditions").items().iter().find(|it| it.get("type").text() == "DisruptionTarget").unwrap().clone();
    assert_eq!(why.get("reason").text(), "PreemptionByScheduler");
    assert_eq!(why.get("message").text(), "default-scheduler: preempting to accommodate a higher priority pod");
    let node = place.unwrap();
    assert_eq!(world.told("Preempted"), [format!("Preempted by pod {} on node {node}", vip.uid())]);
    world.run(Duration::secs(5));
    assert_eq!(node_of(&world, "vip"), node);
    assert!(!is_there(&world, "big-1") && ["big-2", "small-1", "small-2"].iter().all(|name| is_there(&world, name)));
    assert!(world.get(kinds::POD, "default", "vip").unwrap().status().get("nominatedNodeName").is_null());
}

#[test]
fn the_room_that_was_made_is_kept_from_the_victims_successor() {
    let mut world = World::new(1);
    with_classes(&mut world, &[1000]);
    world.ready_after = Duration::secs(8);
    world.create(kinds::DEPLOYMENT, "default", {
        let mut body = world::deployment("low", 3, "nginx:1.27", &[]);
        let resources = map! {"requests": map! {"cpu": "1300m"}};
        body.set(&["spec", "template", "spec", "containers"], list![map! {"name": "main", "image": "nginx:1.27", "resources": resources}]);
        body
    });
    world.run(Duration::secs(10));
    world.create(kinds::POD, "default", important("vip", "1", 1000));
    world.run(Duration::secs(30));
    assert_eq!(node_of(&world, "vip"), "worker-1");
    let placed = world.list(kinds::POD).iter().filter(|pod| !pod.spec().get("nodeName").is_empty()).count();
    assert_eq!(placed, 3, "vip and two of three");
    assert_eq!(world.told("Preempted").len(), 1);
}

#[test]
fn who_may_not_preempt_waits_and_equals_are_left_alone() {
    let mut world = World::new(1);
    with_classes(&mut world, &[1000]);
    world.create(kinds::POD, "default", important("first", "3", 1000));
    world.run(Duration::secs(2));
    world.create(kinds::POD, "default", important("equal", "3", 1000));
    let mut polite = asking("polite", "3");
    polite.set(&["spec", "preemptionPolicy"], "Never");
    world.create(kinds::POD, "default", polite);
    world.run(Duration::secs(2));
    assert!(sentence(&world, "equal").ends_with("preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod."));
    assert!(sentence(&world, "polite").ends_with("preemption: not eligible due to preemptionPolicy=Never."));
    assert!(!world.get(kinds::POD, "default", "first").unwrap().is_deleting());
}
