//! What a learner sees happen, and when, told by what they type.
use cluster::input::Fault;
use cluster::{Topology, World, invariants};
use objects::kinds;
use objects::views::Pod;
use simcore::{Duration, Time};

fn booted() -> World {
    let mut world = World::boot(&Topology::kubeadm(3), 9, Vec::new());
    world.run_until(Time::START + Duration::secs(20));
    world
}

/// Types a line, waits for its end, and gives what it printed.
fn type_in(world: &mut World, line: &str) -> String {
    let before = world.terminal.printed.len();
    world.type_line(line);
    let limit = world.now() + Duration::secs(120);
    world.run_while(limit, |world| !world.busy());
    world.terminal.printed[before..].iter().map(|chunk| chunk.text.as_str()).collect()
}

fn ready(world: &World) -> usize {
    let view = world.api.store.applied();
    view.list_in(kinds::POD, "default").filter(|pod| Pod(&pod.tree).is_ready() && !pod.is_deleting()).count()
}

fn run(world: &mut World, seconds: u64) {
    world.run_until(world.now() + Duration::secs(seconds));
}

fn node_ready(world: &World, name: &str) -> String {
    let node = world.api.store.applied().find(kinds::NODE, "", name).cloned().expect("the node");
    let conditions = node.status().get("conditions").items();
    let ready = conditions.iter().find(|one| one.get("type").text() == "Ready").map(|one| one.get("status").text());
    ready.unwrap_or_default().to_string()
}

#[test]
fn four_nodes_become_ready_by_themselves() {
    let mut world = booted();
    let nodes = type_in(&mut world, "kubectl get nodes --no-headers");
    assert_eq!(nodes.lines().filter(|line| line.contains(" Ready ")).count(), 4, "{nodes}");
}

#[test]
fn a_deleted_pod_of_a_deployment_is_replaced_and_a_bare_one_is_not() {
    let mut world = booted();
    type_in(&mut world, "kubectl create deployment web --image=hello:v1 --replicas=3; kubectl run lonely --image=hello:v1");
    run(&mut world, 10);
    assert_eq!(ready(&world), 4);
    type_in(&mut world, "kubectl delete pod --all");
    run(&mut world, 10);
    assert_eq!(ready(&world), 3);
    assert!(world.api.store.applied().find(kinds::POD, "default", "lonely").is_none());
}

#[test]
fn a_dead_node_is_noticed_within_a_minute_and_its_pods_are_replaced_after_five() {
    let mut world = booted();
    type_in(&mut world, "kubectl create deployment web --image=hello:v1 --replicas=6");
    run(&mut world, 10);
    assert_eq!(ready(&world), 6);
    world.fault(&Fault::StopNode { node: "worker-1".to_string() }).expect("there is such a node");
    run(&mut world, 38);
    assert_eq!(node_ready(&world, "worker-1"), "True", "nobody knows yet");
    run(&mut world, 22);
    assert_eq!(node_ready(&world, "worker-1"), "Unknown");
    assert_eq!(ready(&world), 4, "its Pods are no longer ready");
    run(&mut world, 270);
    assert_eq!(ready(&world), 4, "the 300 seconds of toleration are not over");
    run(&mut world, 60);
    assert_eq!(ready(&world), 6, "they run elsewhere now");
    assert_eq!(invariants::broken(&world), Vec::<String>::new());
}

#[test]
fn without_a_scheduler_pods_wait_and_then_go_on() {
    let mut world = booted();
    world.fault(&Fault::StopComponent { component: "kube-scheduler".to_string() }).expect("there is one");
    type_in(&mut world, "kubectl run late --image=hello:v1");
    run(&mut world, 30);
    assert!(type_in(&mut world, "kubectl get pod late --no-headers").contains("Pending"));
    world.fault(&Fault::StartComponent { component: "kube-scheduler".to_string() }).expect("there is one");
    run(&mut world, 30);
    assert_eq!(ready(&world), 1);
}

#[test]
fn without_an_api_server_kubectl_is_refused_and_containers_run_on() {
    let mut world = booted();
    type_in(&mut world, "kubectl create deployment web --image=hello:v1 --replicas=2");
    run(&mut world, 10);
    world.fault(&Fault::StopComponent { component: "kube-apiserver".to_string() }).expect("there is one");
    let words = type_in(&mut world, "kubectl get pods");
    assert!(words.contains("The connection to the server") && words.contains("was refused"), "{words}");
    run(&mut world, 5);
    world.fault(&Fault::StartComponent { component: "kube-apiserver".to_string() }).expect("there is one");
    run(&mut world, 15);
    assert_eq!(ready(&world), 2);
    assert!(type_in(&mut world, "kubectl get pods --no-headers").lines().all(|line| line.contains("Running   0")));
}

#[test]
fn a_killed_container_is_restarted_in_the_same_pod() {
    let mut world = booted();
    type_in(&mut world, "kubectl run web --image=hello:v1");
    run(&mut world, 10);
    let fault = Fault::KillContainer { pod: "default/web".to_string(), container: String::new() };
    world.fault(&fault).expect("it runs");
    run(&mut world, 20);
    assert!(type_in(&mut world, "kubectl get pod web --no-headers").contains("Running   1"));
}

#[test]
fn why_leads_from_a_pod_back_to_the_typed_line() {
    let mut world = booted();
    type_in(&mut world, "kubectl create deployment web --image=hello:v1");
    run(&mut world, 10);
    let pod = world.api.store.applied().list_in(kinds::POD, "default").next().cloned().expect("a Pod");
    let chain = world.inspect(&cluster::portrait::id(&pod.key)).chain;
    let deeds: Vec<String> =
        chain.iter().map(|link| format!("{} {}", link.actor.split('/').next().unwrap_or_default(), link.deed)).collect();
    assert_eq!(chain.last().map(|link| link.detail.as_str()), Some("kubectl create deployment web --image=hello:v1"), "{deeds:?}");
    for actor in ["kubelet", "kube-scheduler", "replicaset-controller", "deployment-controller", "kubectl", "you"] {
        assert!(deeds.iter().any(|deed| deed.starts_with(actor)), "{actor} is missing from {deeds:?}");
    }
    assert!(chain.iter().any(|link| link.actor == "kube-scheduler" && link.reason.contains("worker-1")), "the scheduler says why");
}

#[test]
fn why_leads_from_a_pod_that_was_put_out_to_the_line_that_asked_for_a_more_important_one() {
    let mut world = booted();
    type_in(&mut world, "kubectl create priorityclass high --value=1000");
    type_in(&mut world, "kubectl create deployment low --image=hello:v1 --replicas=9");
    type_in(&mut world, "kubectl set resources deployment low --requests=cpu=1100m");
    run(&mut world, 60);
    let low = |world: &World| -> Vec<objects::Key> {
        world.api.store.applied().list_in(kinds::POD, "default").filter(|pod| &*pod.key.name != "vip").map(|pod| pod.key.clone()).collect()
    };
    let before = low(&world);
    let vip = r#"kubectl run vip --image=hello:v1 --overrides='{"spec":{"priorityClassName":"high","containers":[{"name":"vip","image":"hello:v1","resources":{"requests":{"cpu":"1"}}}]}}'"#;
    type_in(&mut world, vip);
    run(&mut world, 20);
    let after = low(&world);
    let victims: Vec<&objects::Key> = before.iter().filter(|key| !after.contains(key)).collect();
    assert_eq!(victims.len(), 1, "one is put out");
    let chain = world.inspect(&cluster::portrait::id(victims[0])).chain;
    let told: Vec<String> = chain.iter().map(|link| format!("{} {} {} {}", link.actor, link.deed, link.detail, link.reason)).collect();
    assert!(
        chain.iter().any(|link| link.deed == "delete" && link.actor == "kube-scheduler" && link.reason.contains("default/vip")),
        "{told:?}"
    );
    assert_eq!(chain.last().map(|link| link.detail.as_str()), Some(vip), "{told:?}");
    assert!(type_in(&mut world, "kubectl get pod vip --no-headers").contains("Running"));
}

#[test]
fn why_leads_from_an_evicted_pod_to_the_fault_that_silenced_its_node() {
    let mut world = booted();
    type_in(&mut world, "kubectl create deployment web --image=hello:v1 --replicas=3");
    run(&mut world, 10);
    world.fault(&Fault::StopNode { node: "worker-2".to_string() }).expect("it is on");
    run(&mut world, 60);
    let told = |chain: &[cluster::delta::Link]| chain.iter().map(|link| format!("{} {}", link.deed, link.detail)).collect::<Vec<_>>();
    let of_node = told(&world.inspect("node/worker-2").chain);
    assert!(of_node.iter().any(|link| link == "fault power off worker-2"), "{of_node:?}");
    run(&mut world, 310);
    let on_it = world.api.store.applied().pods_on("worker-2").find(|pod| &*pod.key.namespace == "default").cloned().expect("a Pod of it");
    let of_pod = told(&world.inspect(&cluster::portrait::id(&on_it.key)).chain);
    assert!(of_pod.iter().any(|link| link == "fault power off worker-2"), "{of_pod:?}");
    world.fault(&Fault::StartNode { node: "worker-2".to_string() }).expect("it is off");
    run(&mut world, 60);
    let of_node = told(&world.inspect("node/worker-2").chain);
    assert!(!of_node.iter().any(|link| link.starts_with("fault power off")), "what is mended is no reason: {of_node:?}");
}

#[test]
fn why_tells_how_an_object_came_to_be_where_another_story_changed_it_last() {
    let mut world = booted();
    type_in(&mut world, "kubectl create deployment web --image=hello:v1");
    run(&mut world, 10);
    let pod = world.api.store.applied().list_in(kinds::POD, "default").next().cloned().expect("a Pod");
    assert!(world.inspect(&cluster::portrait::id(&pod.key)).birth.is_empty(), "the chain has it already");
    type_in(&mut world, "kubectl scale deployment web --replicas=2");
    run(&mut world, 10);
    let told = world.inspect("deployment/default/web");
    let line = |links: &[cluster::delta::Link]| links.last().map(|link| link.detail.clone()).unwrap_or_default();
    assert_eq!(line(&told.chain), "kubectl scale deployment web --replicas=2");
    assert_eq!(line(&told.birth), "kubectl create deployment web --image=hello:v1");
}

#[test]
fn events_are_gone_an_hour_after_they_were_last_told() {
    let mut world = booted();
    type_in(&mut world, "kubectl run good --image=hello:v1");
    type_in(&mut world, "kubectl run bad --image=hello:does-not-exist");
    run(&mut world, 40 * 60);
    assert!(type_in(&mut world, "kubectl events --for pod/good").contains("Started"));
    run(&mut world, 23 * 60);
    assert!(type_in(&mut world, "kubectl events --for pod/good").contains("No events found"));
    // What is told again and again stays.
    assert!(type_in(&mut world, "kubectl events --for pod/bad").contains("BackOff"));
}

#[test]
fn whatever_is_broken_everything_heals_in_the_end() {
    for seed in 1..=12 {
        let mut world = World::boot(&Topology::kubeadm(3), seed, Vec::new());
        let mut rng = simcore::Rng::stream(seed, "fuzz");
        world.run_until(Time::START + Duration::secs(20));
        type_in(&mut world, "kubectl create deployment web --image=hello:v1 --replicas=5");
        for _ in 0..12 {
            let node = format!("worker-{}", 1 + rng.below(3));
            let component =
                ["kube-scheduler", "kube-controller-manager", "kube-apiserver", "kubelet/worker-2"][rng.below(4) as usize].to_string();
            match rng.below(8) {
                0 => drop(world.fault(&Fault::StopNode { node })),
                1 => drop(world.fault(&Fault::StartNode { node })),
                2 => drop(world.fault(&Fault::CutNode { node })),
                3 => drop(world.fault(&Fault::MendNode { node })),
                4 => drop(world.fault(&Fault::StopComponent { component })),
                5 => drop(world.fault(&Fault::StartComponent { component })),
                6 => drop(world.type_line(&format!("kubectl scale deployment web --replicas={}", rng.below(9)))),
                _ => drop(world.type_line("kubectl delete pod -l app=web --wait=false")),
            }
            let pause = Duration::secs(u64::from(rng.below(90)));
            world.run_until(world.now() + pause);
            assert_eq!(invariants::broken(&world), Vec::<String>::new(), "seed {seed}");
        }
        for component in ["kube-apiserver", "kube-scheduler", "kube-controller-manager", "kubelet/worker-2"] {
            drop(world.fault(&Fault::StartComponent { component: component.to_string() }));
        }
        for node in ["worker-1", "worker-2", "worker-3"] {
            drop(world.fault(&Fault::MendNode { node: node.to_string() }));
            drop(world.fault(&Fault::StartNode { node: node.to_string() }));
        }
        run(&mut world, 60);
        type_in(&mut world, "kubectl scale deployment web --replicas=5");
        run(&mut world, 900);
        assert_eq!(ready(&world), 5, "seed {seed} does not heal:\n{}", type_in(&mut world, "kubectl get nodes,pods -o wide"));
        assert_eq!(invariants::broken(&world), Vec::<String>::new(), "seed {seed}");
    }
}
