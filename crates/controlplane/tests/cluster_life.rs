//! Nodes that fall silent, owners that are deleted, namespaces that end, Services that follow their Pods.
mod world;

use objects::wire::{Request, Verb};
use objects::{Tree, kinds, list, map};
use simcore::{Duration, Time};
use world::{World, deployment};

fn taints(world: &World, node: &str) -> Vec<String> {
    let node = world.get(kinds::NODE, "", node).unwrap();
    let word = |it: &Tree| format!("{}:{}", it.get("key").text(), it.get("effect").text());
    node.spec().get("taints").items().iter().map(word).collect()
}

fn web(seconds: i64) -> Tree {
    let mut body = deployment("web", 6, "nginx:1.27", &[]);
    let toleration = |key: &str| map! {"key": key, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": seconds};
    let both = list![toleration("node.kubernetes.io/not-ready"), toleration("node.kubernetes.io/unreachable")];
    body.set(&["spec", "template", "spec", "tolerations"], both);
    body
}

#[test]
fn a_silent_node_is_tainted_after_its_grace_and_its_pods_go_elsewhere() {
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", web(10));
    world.run_with_heartbeats(Duration::secs(60));
    let silent = world.now;
    world.dead.push("worker-2".to_string());
    world.run_with_heartbeats(Duration::secs(120));
    let changes = world.changes();
    let gone = |change: &&apiserver::Change| {
        let answer = |kept: &apiserver::store::Kept| kept.status().get("conditions").items()[0].get("status").text().to_string();
        change.key.kind == kinds::NODE && change.after.as_ref().is_some_and(|node| answer(node) == "Unknown")
    };
    let unknown = changes.iter().find(gone).expect("the node is declared unknown");
    assert!((40..=55).contains(&unknown.at.since(silent).as_secs()), "{}", unknown.at.since(silent));
    assert_eq!(taints(&world, "worker-2"), ["node.kubernetes.io/unreachable:NoSchedule", "node.kubernetes.io/unreachable:NoExecute"]);
    assert_eq!(world.told("TaintManagerEviction").len(), 2);
    assert_eq!(world.told("NodeNotReady").iter().filter(|it| *it == "Node is not ready").count(), 2);
    let going = changes.iter().find(|it| it.key.kind == kinds::POD && it.after.as_ref().is_some_and(|pod| pod.is_deleting())).unwrap();
    let waited = going.at.since(unknown.at);
    assert!((10_000..10_200).contains(&waited.as_millis()), "{waited}");
    let pods = world.list(kinds::POD);
    assert_eq!(pods.iter().filter(|pod| !pod.is_deleting()).count(), 6);
    assert!(pods.iter().filter(|pod| !pod.is_deleting()).all(|pod| pod.spec().get("nodeName").text() != "worker-2"));
}

#[test]
fn a_taint_taken_back_in_time_spares_the_pods() {
    let mut world = World::new(1);
    let toleration = map! {"key": "lab", "operator": "Exists", "tolerationSeconds": 30, "effect": "NoExecute"};
    let spec = map! {"containers": list![map! {"name": "main", "image": "nginx:1.27"}], "tolerations": list![toleration]};
    world.create(kinds::POD, "default", map! {"metadata": map! {"name": "patient"}, "spec": spec});
    world.run(Duration::secs(2));
    world.patch(kinds::NODE, "", "worker-1", map! {"spec": map! {"taints": list![map! {"key": "lab", "effect": "NoExecute"}]}});
    world.run(Duration::secs(10));
    world.patch(kinds::NODE, "", "worker-1", map! {"spec": map! {"taints": Tree::Null}});
    world.run(Duration::secs(40));
    assert_eq!(world.told("TaintManagerEviction"), ["Cancelling deletion of Pod default/patient"]);
    assert!(!world.get(kinds::POD, "default", "patient").unwrap().is_deleting());
}

#[test]
fn each_way_of_deleting_an_owner_does_to_its_dependents_what_it_says() {
    for (policy, sets, pods) in [("Background", 0, 0), ("Foreground", 0, 0), ("Orphan", 1, 2)] {
        let mut world = World::new(2);
        world.create(kinds::DEPLOYMENT, "default", deployment("web", 2, "nginx:1.27", &[]));
        world.run(Duration::secs(3));
        world.delete(kinds::DEPLOYMENT, "default", "web", map! {"propagationPolicy": policy});
        world.run(Duration::secs(5));
        assert!(world.get(kinds::DEPLOYMENT, "default", "web").is_none(), "{policy}");
        assert_eq!((world.list(kinds::REPLICA_SET).len(), world.list(kinds::POD).len()), (sets, pods), "{policy}");
        if policy == "Orphan" {
            assert!(world.list(kinds::REPLICA_SET)[0].meta().get("ownerReferences").is_empty());
        }
    }
}

#[test]
fn in_the_foreground_the_owner_goes_last() {
    let mut world = World::new(2);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 2, "nginx:1.27", &[]));
    world.run(Duration::secs(3));
    world.delete(kinds::DEPLOYMENT, "default", "web", map! {"propagationPolicy": "Foreground"});
    world.run(Duration::secs(5));
    let changes = world.changes();
    let gone: Vec<_> = changes.iter().filter(|change| change.is_delete()).map(|change| change.key.kind).collect();
    assert_eq!(gone, [kinds::POD, kinds::POD, kinds::REPLICA_SET, kinds::DEPLOYMENT]);
}

#[test]
fn a_new_namespace_gets_its_account_and_certificate_and_a_deleted_one_ends_empty() {
    let mut world = World::new(1);
    world.create(kinds::NAMESPACE, "", map! {"metadata": map! {"name": "team"}});
    world.run(Duration::secs(1));
    assert!(world.get(kinds::SERVICE_ACCOUNT, "team", "default").is_some());
    assert!(world.get(kinds::CONFIG_MAP, "team", "kube-root-ca.crt").is_some());
    let mut body = deployment("web", 2, "nginx:1.27", &[]);
    body.set(&["metadata", "namespace"], "team");
    world.create(kinds::DEPLOYMENT, "team", body);
    world.run(Duration::secs(3));
    let begun = world.now;
    world.delete(kinds::NAMESPACE, "", "team", Tree::Null);
    world.run(Duration::secs(30));
    assert!(world.get(kinds::NAMESPACE, "", "team").is_none());
    let left = world.list(kinds::POD).len() + world.list(kinds::REPLICA_SET).len() + world.list(kinds::DEPLOYMENT).len();
    assert_eq!(left, 0);
    let end = world.changes().into_iter().find(|it| it.key.kind == kinds::NAMESPACE && it.is_delete()).unwrap().at;
    assert_eq!(end.since(begun).as_secs(), 10, "two passes, five seconds apart");
}

#[test]
fn a_namespace_without_pods_ends_in_one_pass() {
    let mut world = World::new(1);
    world.create(kinds::NAMESPACE, "", map! {"metadata": map! {"name": "team"}});
    world.run(Duration::secs(1));
    let begun = world.now;
    world.delete(kinds::NAMESPACE, "", "team", Tree::Null);
    world.run(Duration::secs(30));
    let end = world.changes().into_iter().find(|it| it.key.kind == kinds::NAMESPACE && it.is_delete()).unwrap().at;
    assert_eq!(end.since(begun).as_secs(), 5);
}

#[test]
fn in_a_namespace_that_ends_everything_outlives_the_pods() {
    let mut world = World::new(1);
    world.create(kinds::NAMESPACE, "", map! {"metadata": map! {"name": "team"}});
    world.run(Duration::secs(1));
    let meta = map! {"name": "held", "namespace": "team", "finalizers": list!["example.com/hold"]};
    let spec = map! {"containers": list![map! {"name": "main", "image": "nginx:1.27"}]};
    world.create(kinds::POD, "team", map! {"metadata": meta, "spec": spec});
    world.create(kinds::CONFIG_MAP, "team", map! {"metadata": map! {"name": "words", "namespace": "team"}});
    world.delete(kinds::NAMESPACE, "", "team", Tree::Null);
    world.run(Duration::secs(20));
    assert!(world.get(kinds::POD, "team", "held").unwrap().is_deleting());
    assert!(!world.get(kinds::CONFIG_MAP, "team", "words").unwrap().is_deleting());
    world.patch(kinds::POD, "team", "held", map! {"metadata": map! {"finalizers": Tree::Null}});
    world.run(Duration::secs(10));
    assert!(world.get(kinds::NAMESPACE, "", "team").is_none());
}

#[test]
fn slices_follow_the_pods_of_a_service() {
    let mut world = World::new(2);
    let ports = list![map! {"port": 80, "targetPort": 80, "protocol": "TCP"}];
    let spec = map! {"selector": map! {"app": "web"}, "ports": ports};
    world.create(kinds::SERVICE, "default", map! {"metadata": map! {"name": "web"}, "spec": spec});
    world.run(Duration::secs(1));
    let slice = |world: &World| world.list(kinds::ENDPOINT_SLICE).into_iter().find(|it| it.key.name.starts_with("web-")).unwrap();
    assert!(slice(&world).tree.get("endpoints").is_empty());
    let spec = map! {"containers": list![map! {"name": "main", "image": "nginx:1.27"}]};
    world.create(kinds::POD, "default", map! {"metadata": map! {"name": "one", "labels": map! {"app": "web"}}, "spec": spec});
    world.run(Duration::secs(2));
    let mut body = world.get(kinds::POD, "default", "one").unwrap().tree.clone();
    body.set(&["status", "podIP"], "10.244.0.7");
    world.ask(Request::about(Verb::Update, kinds::POD, "default", "one").subresource("status").body(body));
    world.run(Duration::secs(1));
    let endpoints = slice(&world).tree.get("endpoints").clone();
    assert_eq!(endpoints.items()[0].get("addresses").to_json(), r#"["10.244.0.7"]"#);
    assert_eq!(endpoints.items()[0].get("conditions").to_json(), r#"{"ready":true,"serving":true,"terminating":false}"#);
    world.delete(kinds::POD, "default", "one", Tree::Null);
    world.run(Duration::secs(2));
    assert!(slice(&world).tree.get("endpoints").is_empty());
}

#[test]
fn each_node_gets_a_range_of_its_own() {
    let world = World::new(3);
    let mut ranges: Vec<String> = world.list(kinds::NODE).iter().map(|node| node.spec().get("podCIDR").text().to_string()).collect();
    ranges.sort();
    assert_eq!(ranges, ["10.244.0.0/24", "10.244.1.0/24", "10.244.2.0/24"]);
    assert_eq!(world.told("RegisteredNode").len(), 3);
}

#[test]
fn while_the_controller_manager_is_stopped_nothing_is_repaired() {
    let mut world = World::new(2);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 2, "nginx:1.27", &[]));
    world.run(Duration::secs(3));
    world.manager.stop();
    let name = world.list(kinds::POD)[0].key.name.clone();
    world.delete(kinds::POD, "default", &name, Tree::Null);
    world.run(Duration::secs(20));
    assert_eq!(world.list(kinds::POD).len(), 1);
    let begun = world.now;
    world.restart_manager();
    world.run(Duration::secs(30));
    assert_eq!(world.list(kinds::POD).len(), 2);
    let born = world.changes().into_iter().rfind(|it| it.key.kind == kinds::POD && it.is_create()).unwrap().at;
    assert!(born.since(begun) < Duration::secs(20), "the old lease is taken once it has run out: {}", born.since(Time::START));
}

#[test]
fn a_node_that_is_deleted_is_told_and_one_of_its_name_is_registered_anew() {
    let mut world = World::new(2);
    world.run(Duration::secs(6));
    let registered = world.told("RegisteredNode").len();
    world.delete(kinds::NODE, "", "worker-2", map! {});
    world.run(Duration::secs(6));
    assert_eq!(world.told("RemovingNode"), ["Node worker-2 event: Removing Node worker-2 from Controller"]);
    world.node("worker-2", map! {});
    world.run(Duration::secs(6));
    let told = world.told("RegisteredNode");
    assert_eq!(told.len(), registered + 1);
    assert_eq!(told.last().map(String::as_str), Some("Node worker-2 event: Registered Node worker-2 in Controller"));
}
