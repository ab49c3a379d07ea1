//! What happens at the edges: memory that runs out, packets too long for their way, policies that are still under way.
mod learner;
use cluster::input::{Fault, Input, TrafficSpec};
use cluster::{Topology, Viewer, World};
use dataplane::network::Plugin;
use learner::{run, type_in};
use simcore::{Duration, Time};

const WEB: &str = "
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec:
  nodeName: worker-1
  containers:
  - name: web
    image: IMAGE
    resources: {limits: {memory: 64Mi}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
---
apiVersion: v1
kind: Pod
metadata: {name: box, labels: {app: box}}
spec: {nodeName: worker-2, containers: [{name: box, image: busybox:1.36, command: [sleep, infinity]}]}
";

const SHUT: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: shut}
spec: {podSelector: {matchLabels: {app: web}}, policyTypes: [Ingress]}
";

const STAY: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: stay}
spec: {podSelector: {matchLabels: {app: box}}, policyTypes: [Egress]}
";

fn with_web(image: &str, network: Plugin) -> World {
    let files = [("web.yaml", WEB.replace("IMAGE", image)), ("shut.yaml", SHUT.to_string()), ("stay.yaml", STAY.to_string())];
    let files = files.into_iter().map(|(name, text)| (name.to_string(), text)).collect();
    let mut world = World::boot(&Topology { network, ..Topology::kubeadm(2) }, 5, files);
    world.run_until(Time::START + Duration::secs(20));
    type_in(&mut world, "kubectl apply -f web.yaml");
    run(&mut world, 10);
    world
}

fn users(world: &mut World, to: &str, rps: u32) {
    let source = TrafficSpec { id: "users".into(), to: to.into(), rps, ..TrafficSpec::default() };
    world.input(&Input::Traffic { sources: vec![source], gone: Vec::new() });
}

#[test]
fn requests_at_one_time_cost_memory_and_more_than_the_limit_kills_the_container() {
    // 20 MiB at rest and 8 MiB for each request: the sixth at one time is too much for 64 MiB.
    let mut world = with_web("hello:heavy", Plugin::Calico);
    users(&mut world, "http://worker-1:30080/", 5);
    run(&mut world, 10);
    let restarts = "kubectl get pod web -o jsonpath='{.status.containerStatuses[0].restartCount}'";
    assert_eq!(type_in(&mut world, restarts), "0", "one or two at a time fit");
    users(&mut world, "http://worker-1:30080/", 60);
    run(&mut world, 10);
    assert_ne!(type_in(&mut world, restarts), "0");
    let last = type_in(
        &mut world,
        "kubectl get pod web -o jsonpath='{.status.containerStatuses[0].lastState.terminated.reason} {.status.containerStatuses[0].lastState.terminated.exitCode}'",
    );
    assert_eq!(last, "OOMKilled 137");
}

#[test]
fn a_way_that_takes_less_lets_pings_pass_and_big_pages_hang() {
    let mut world = with_web("hello:v1", Plugin::Flannel);
    let big = "kubectl exec box -- wget -qO- -T 3 http://web/big";
    assert!(type_in(&mut world, big).starts_with("A page of many"));
    let fault = |bytes| Fault::PathMtu { one: "worker-2".into(), other: "worker-1".into(), bytes };
    world.fault(&fault(1450)).expect("there are such nodes");
    assert!(type_in(&mut world, "kubectl exec box -- wget -qO- -T 3 http://web/").starts_with("Hello from v1"));
    assert!(type_in(&mut world, big).contains("download timed out"));
    let last = world.traffic().recent().last().map_or(0, |trace| trace.id);
    let story = world.follow_request(last);
    assert!(story.iter().any(|hop| hop.text.contains("packets of 1500 bytes") && hop.text.contains("1450")), "{story:?}");
    // Routed Pods' packets are no longer than the interface of their node: the same way still loses them.
    world.fault(&fault(1500)).expect("there are such nodes");
    assert!(type_in(&mut world, big).starts_with("A page of many"));
}

#[test]
fn a_policy_takes_hold_a_moment_after_it_was_written_and_goes_as_late() {
    let mut world = with_web("hello:v1", Plugin::Calico);
    let ask = "kubectl exec box -- wget -qO- -T 2 http://web/";
    // Not by the Pod's own node, which every policy lets pass.
    users(&mut world, "http://worker-2:30080/", 100);
    run(&mut world, 3);
    let count = |world: &World| world.traffic().source("users").map_or((0, 0), |source| (source.tally.ok, source.tally.failed));
    type_in(&mut world, "kubectl apply -f shut.yaml");
    let before = count(&world);
    world.run_until(world.now() + Duration::millis(50));
    assert!(count(&world).0 > before.0, "for a moment nothing has changed");
    run(&mut world, 2);
    let after = count(&world);
    run(&mut world, 2);
    assert_eq!(count(&world).0, after.0, "now nothing passes");
    assert!(type_in(&mut world, ask).contains("timed out"));
    type_in(&mut world, "kubectl delete netpol shut");
    run(&mut world, 1);
    assert!(type_in(&mut world, ask).starts_with("Hello from v1"));
}

#[test]
fn what_a_policy_forbids_to_leave_is_denied_even_where_nobody_would_answer() {
    let mut world = with_web("hello:v1", Plugin::Calico);
    type_in(&mut world, "kubectl apply -f stay.yaml");
    run(&mut world, 2);
    let outcome = |world: &mut World, url: &str| {
        type_in(world, &format!("kubectl exec box -- wget -qO- -T 2 {url}"));
        world.traffic().recent().last().map(|trace| trace.outcome.word()).unwrap_or_default()
    };
    assert_eq!(outcome(&mut world, "http://198.51.100.7/"), "denied");
    type_in(&mut world, "kubectl delete netpol stay");
    run(&mut world, 2);
    assert_eq!(outcome(&mut world, "http://198.51.100.7/"), "lost");
}

#[test]
fn a_request_without_a_name_tells_what_it_asked_for_as_its_aim() {
    let mut world = with_web("hello:v1", Plugin::Calico);
    let mut viewer = Viewer::default();
    viewer.look(&mut world);
    type_in(&mut world, "kubectl exec box -- wget -qO- -T 2 http://nobody/");
    let delta = viewer.look(&mut world);
    let request = delta.requests.iter().find(|request| !request.ok).expect("it failed");
    assert_eq!((request.from.as_str(), request.to.as_str()), ("pod/default/box", "nobody"));
}

#[test]
fn deleting_the_kube_proxy_pod_starts_another_and_rules_stay_meanwhile() {
    let mut world = with_web("hello:v1", Plugin::Calico);
    let running = |world: &World| world.parts().any(|part| part.id == "kube-proxy/worker-1" && part.running);
    assert!(running(&world));
    type_in(&mut world, "kubectl delete ds -n kube-system kube-proxy");
    run(&mut world, 40);
    assert!(!running(&world));
    assert!(type_in(&mut world, "curl -s http://worker-1:30080/").starts_with("Hello from v1"), "the kernel keeps its rules");
    type_in(&mut world, "kubectl delete svc web");
    run(&mut world, 5);
    assert!(!type_in(&mut world, "ssh worker-1 iptables-save | grep -c 30080").starts_with('0'), "nobody takes them away");
}
