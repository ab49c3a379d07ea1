//! Deployments as a learner sees them: orders of sizes, conditions, events.
mod world;

use objects::{Tree, kinds, list, map};
use simcore::Duration;
use world::{World, deployment, scalings};

fn image(name: &str) -> Tree {
    map! {"spec": map! {"template": map! {"spec": map! {"containers": list![map! {"name": "main", "image": name}]}}}}
}

fn condition(world: &World, kind: &str) -> String {
    let web = world.get(kinds::DEPLOYMENT, "default", "web").unwrap();
    let found = web.status().get("conditions").items().iter().find(|it| it.get("type").text() == kind);
    found.map(|it| format!("{}/{}", it.get("status").text(), it.get("reason").text())).unwrap_or_default()
}

#[test]
fn a_new_deployment_makes_one_set_and_its_pods_and_says_so() {
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 3, "nginx:1.27", &[]));
    world.run(Duration::secs(3));
    assert_eq!(scalings(&world), ["up 1 from 0 to 3"]);
    assert_eq!(world.told("SuccessfulCreate").len(), 3);
    let web = world.get(kinds::DEPLOYMENT, "default", "web").unwrap();
    let mut status = web.status().clone();
    status.remove(&["conditions"]);
    assert_eq!(
        status.to_json(),
        r#"{"availableReplicas":3,"observedGeneration":1,"readyReplicas":3,"replicas":3,"terminatingReplicas":0,"updatedReplicas":3}"#
    );
    assert_eq!(web.annotation("deployment.kubernetes.io/revision"), "1");
    assert_eq!(condition(&world, "Available"), "True/MinimumReplicasAvailable");
    assert_eq!(condition(&world, "Progressing"), "True/NewReplicaSetAvailable");
    let set = &world.list(kinds::REPLICA_SET)[0];
    assert_eq!(set.annotation("deployment.kubernetes.io/desired-replicas"), "3");
    assert_eq!(set.annotation("deployment.kubernetes.io/max-replicas"), "4");
    let mut nodes: Vec<_> = world.list(kinds::POD).iter().map(|pod| pod.spec().get("nodeName").text().to_string()).collect();
    nodes.sort();
    assert_eq!(nodes, ["worker-1", "worker-2", "worker-3"], "spread over the nodes");
}

#[test]
fn four_pods_roll_over_as_recorded() {
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 4, "nginx:1.27", &[]));
    world.run(Duration::secs(3));
    world.patch(kinds::DEPLOYMENT, "default", "web", image("nginx:1.28"));
    world.run(Duration::secs(20));
    let steps = scalings(&world);
    assert_eq!(steps[..4], ["up 1 from 0 to 4", "up 2 from 0 to 1", "down 1 from 4 to 3", "up 2 from 1 to 2"]);
    assert_eq!(steps.last().unwrap(), "down 1 from 1 to 0");
    assert_eq!(condition(&world, "Progressing"), "True/NewReplicaSetAvailable");
    assert_eq!(world.list(kinds::POD).len(), 4);
    assert!(world.list(kinds::POD).iter().all(|pod| pod.spec().get("containers").items()[0].get("image").text() == "nginx:1.28"));
}

#[test]
fn ten_pods_begin_with_three_new_and_two_old_gone() {
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 10, "nginx:1.27", &[]));
    world.run(Duration::secs(5));
    world.patch(kinds::DEPLOYMENT, "default", "web", image("nginx:1.28"));
    world.run(Duration::secs(30));
    let steps = scalings(&world);
    assert_eq!(steps[1..4], ["up 2 from 0 to 3", "down 1 from 10 to 8", "up 2 from 3 to 5"]);
    assert_eq!(condition(&world, "Progressing"), "True/NewReplicaSetAvailable");
}

#[test]
fn with_no_surge_the_new_set_begins_empty() {
    let rolling = map! {"type": "RollingUpdate", "rollingUpdate": map! {"maxSurge": 0, "maxUnavailable": 1}};
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 3, "nginx:1.27", &[("strategy", rolling)]));
    world.run(Duration::secs(3));
    world.patch(kinds::DEPLOYMENT, "default", "web", image("nginx:1.28"));
    world.run(Duration::secs(20));
    assert_eq!(scalings(&world)[1..3], ["down 1 from 3 to 2", "up 2 from 0 to 1"]);
    assert_eq!(condition(&world, "Progressing"), "True/NewReplicaSetAvailable");
}

#[test]
fn recreate_starts_nothing_before_the_last_old_pod_is_gone() {
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 3, "nginx:1.27", &[("strategy", map! {"type": "Recreate"})]));
    world.run(Duration::secs(3));
    world.patch(kinds::DEPLOYMENT, "default", "web", image("nginx:1.28"));
    world.run(Duration::millis(300));
    assert_eq!(world.list(kinds::REPLICA_SET).len(), 1, "the old Pods still end");
    world.run(Duration::secs(5));
    assert_eq!(scalings(&world), ["up 1 from 0 to 3", "down 1 from 3 to 0", "up 2 from 0 to 3"]);
    assert_eq!(condition(&world, "Progressing"), "True/NewReplicaSetAvailable");
}

#[test]
fn a_rollout_that_stands_still_is_said_to_after_its_deadline() {
    let mut world = World::new(3);
    world.broken = |pod| pod.spec().get("containers").items()[0].get("image").text() == "nginx:broken";
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 3, "nginx:1.27", &[("progressDeadlineSeconds", Tree::from(7))]));
    world.run(Duration::secs(3));
    world.patch(kinds::DEPLOYMENT, "default", "web", image("nginx:broken"));
    world.run(Duration::secs(6));
    assert_eq!(condition(&world, "Progressing"), "True/ReplicaSetUpdated");
    world.run(Duration::secs(4));
    assert_eq!(condition(&world, "Progressing"), "False/ProgressDeadlineExceeded");
    assert_eq!(condition(&world, "Available"), "True/MinimumReplicasAvailable");
    world.patch(kinds::DEPLOYMENT, "default", "web", image("nginx:1.27"));
    world.run(Duration::secs(5));
    let web = world.get(kinds::DEPLOYMENT, "default", "web").unwrap();
    assert_eq!(web.annotation("deployment.kubernetes.io/revision"), "3", "going back makes a new revision of the old set");
    assert_eq!(scalings(&world).last().unwrap(), "down 2 from 1 to 0");
    let sets = world.list(kinds::REPLICA_SET);
    let history: Vec<&str> = sets.iter().map(|set| set.annotation("deployment.kubernetes.io/revision-history")).collect();
    assert!(history.contains(&"1"), "{history:?}");
}

#[test]
fn while_paused_only_the_size_changes() {
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 3, "nginx:1.27", &[]));
    world.run(Duration::secs(3));
    world.patch(kinds::DEPLOYMENT, "default", "web", map! {"spec": map! {"paused": true}});
    world.patch(kinds::DEPLOYMENT, "default", "web", image("nginx:1.28"));
    world.run(Duration::secs(3));
    assert_eq!(condition(&world, "Progressing"), "Unknown/DeploymentPaused");
    assert_eq!(world.list(kinds::REPLICA_SET).len(), 1);
    world.patch(kinds::DEPLOYMENT, "default", "web", map! {"spec": map! {"replicas": 4}});
    world.run(Duration::secs(3));
    world.patch(kinds::DEPLOYMENT, "default", "web", map! {"spec": map! {"paused": false}});
    world.run(Duration::secs(20));
    assert_eq!(scalings(&world)[..3], ["up 1 from 0 to 3", "up 1 from 3 to 4", "up 2 from 0 to 1"]);
    assert_eq!(condition(&world, "Progressing"), "True/NewReplicaSetAvailable");
}

#[test]
fn min_ready_seconds_hold_availability_back() {
    let mut world = World::new(3);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 2, "nginx:1.27", &[("minReadySeconds", Tree::from(5))]));
    world.run(Duration::secs(3));
    let ready = |world: &World| {
        let web = world.get(kinds::DEPLOYMENT, "default", "web").unwrap();
        (web.status().get("readyReplicas").int_or(0), web.status().get("availableReplicas").int_or(0))
    };
    assert_eq!(ready(&world), (2, 0));
    world.run(Duration::secs(4));
    assert_eq!(ready(&world), (2, 2));
}

#[test]
fn scaling_down_takes_the_doubled_up_pods_first() {
    let mut world = World::new(2);
    world.create(kinds::DEPLOYMENT, "default", deployment("web", 3, "nginx:1.27", &[]));
    world.run(Duration::secs(3));
    world.patch(kinds::DEPLOYMENT, "default", "web", map! {"spec": map! {"replicas": 2}});
    world.run(Duration::secs(3));
    let nodes: Vec<_> = world.list(kinds::POD).iter().map(|pod| pod.spec().get("nodeName").text().to_string()).collect();
    assert_ne!(nodes[0], nodes[1]);
}
