//! What people and processes see when they send requests through the cluster's network.
mod learner;
use cluster::input::{Fault, Input, TrafficSpec};
use cluster::traffic::{Failure, Outcome};
use cluster::{Topology, World};
use learner::{run, type_in};
use objects::kinds;
use objects::views::Pod;
use simcore::{Duration, Time};

fn booted(files: &[(&str, &str)]) -> World {
    let files = files.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
    let mut world = World::boot(&Topology::kubeadm(2), 5, files);
    world.run_until(Time::START + Duration::secs(20));
    world
}

/// A Deployment `web` of hello:v1 with a readiness probe, its Service on port 80, and a `box` to ask from.
const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: hello:v1
        readinessProbe: {httpGet: {path: /readyz, port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
---
apiVersion: v1
kind: Pod
metadata: {name: box}
spec:
  terminationGracePeriodSeconds: 0
  containers: [{name: box, image: busybox:1.36, command: [sleep, infinity]}]
";

fn with_web() -> World {
    let mut world = booted(&[("web.yaml", WEB)]);
    type_in(&mut world, "kubectl apply -f web.yaml");
    run(&mut world, 15);
    world
}

#[test]
fn a_node_port_answers_a_machine_outside_and_the_pods_take_turns() {
    let mut world = with_web();
    let mut seen = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let said = type_in(&mut world, "curl -s http://192.168.100.12:30080/");
        assert!(said.starts_with("Hello from v1, pod web-"), "{said}");
        seen.insert(said);
    }
    assert_eq!(seen.len(), 3, "all three Pods answer in time");
    assert_eq!(type_in(&mut world, "curl -s -o /dev/null -w '%{http_code}' worker-1:30080/nosuch"), "404");
}

#[test]
fn failures_say_what_curl_says() {
    let mut world = with_web();
    assert_eq!(type_in(&mut world, "curl -s nosuch; echo $?"), "6\n");
    let refused = type_in(&mut world, "curl 192.168.100.12:31999; echo $?");
    assert!(refused.starts_with("curl: (7) Failed to connect to 192.168.100.12 port 31999 after"), "{refused}");
    assert!(refused.ends_with("Could not connect to server\n7\n"), "{refused}");
    let before = world.now();
    let lost = type_in(&mut world, "curl --max-time 2 10.96.0.1; echo $?");
    assert_eq!(lost, "curl: (28) Connection timed out after 2000 milliseconds\n28\n", "cluster addresses have no route from outside");
    assert!(world.now().since(before) >= Duration::secs(2));
}

#[test]
fn a_pod_reaches_a_service_by_its_name_and_its_own_processes_by_localhost() {
    let mut world = with_web();
    let said = type_in(&mut world, "kubectl exec box -- wget -qO- http://web/");
    assert!(said.starts_with("Hello from v1, pod web-"), "{said}");
    assert!(type_in(&mut world, "kubectl exec box -- wget -qO- web.default.svc.cluster.local").starts_with("Hello from v1"));
    let bad = type_in(&mut world, "kubectl exec box -- wget -qO- nosuch");
    assert_eq!(bad, "wget: bad address 'nosuch'\ncommand terminated with exit code 1\n");
    let own = type_in(&mut world, "kubectl exec deploy/web -- curl -s localhost:8080/healthz");
    assert_eq!(own, "ok\n");
}

#[test]
fn a_service_without_endpoints_refuses_at_once() {
    let mut world = with_web();
    type_in(&mut world, "kubectl scale deployment web --replicas=0");
    run(&mut world, 5);
    let said = type_in(&mut world, "kubectl exec box -- wget -qO- -T 2 http://web/");
    assert!(said.contains("Connection refused"), "{said}");
}

#[test]
fn a_script_in_a_container_asks_in_virtual_time_and_logs_what_it_hears() {
    let mut world = with_web();
    let pod = "kubectl run loop --image=busybox:1.36 --restart=Never -- sh -c 'while true; do wget -qO- -T 1 http://web/; sleep 1; done'";
    type_in(&mut world, pod);
    run(&mut world, 12);
    let log = type_in(&mut world, "kubectl logs loop");
    assert!(log.lines().filter(|line| line.starts_with("Hello from v1")).count() >= 5, "{log}");
    type_in(&mut world, "kubectl delete deployment web");
    run(&mut world, 5);
    let log = type_in(&mut world, "kubectl logs loop --tail=1");
    assert!(log.contains("Connection refused"), "{log}");
}

fn users(rps: u32) -> TrafficSpec {
    TrafficSpec { id: "users".into(), to: "svc/web:80".into(), rps, timeout_ms: 1_000, ..TrafficSpec::default() }
}

fn send(world: &mut World, spec: TrafficSpec) {
    world.input(&Input::Traffic { sources: vec![spec], gone: Vec::new() });
}

fn counts(world: &World) -> (u64, u64) {
    let tally = &world.traffic().source("users").expect("the source").tally;
    (tally.ok, tally.failed)
}

#[test]
fn a_source_sends_as_often_as_it_says_and_counts_what_comes_back() {
    let mut world = with_web();
    send(&mut world, users(100));
    run(&mut world, 10);
    let (ok, failed) = counts(&world);
    assert!((900..1_100).contains(&ok) && failed == 0, "{ok} {failed}");
    let tally = &world.traffic().source("users").expect("the source").tally;
    assert_eq!(tally.versions, ["v1"]);
    let now = world.now().0 / 1_000_000;
    let half = tally.quantile(now - 5, now, 500).expect("there were answers");
    assert!((3_000..8_000).contains(&half), "{half} microseconds");
    world.input(&Input::Traffic { sources: Vec::new(), gone: vec!["users".to_string()] });
    assert!(world.traffic().source("users").is_none());
}

/// How many requests a rolling update costs, with these lines in the container.
fn lost_in_update(extra: &str) -> (u64, u64) {
    let text = WEB.replace("        image: hello:v1\n", &format!("        image: hello:v1\n{extra}"));
    let mut world = booted(&[("web.yaml", &text)]);
    type_in(&mut world, "kubectl apply -f web.yaml");
    run(&mut world, 15);
    send(&mut world, users(200));
    run(&mut world, 2);
    type_in(&mut world, "kubectl set image deployment/web web=hello:v2");
    run(&mut world, 60);
    let done = world.api.store.applied().list_in(kinds::POD, "default").filter(|pod| Pod(&pod.tree).is_ready()).count();
    assert_eq!(done, 4);
    counts(&world)
}

#[test]
fn an_update_loses_requests_because_rules_lag_behind_sigterm_and_a_pause_before_stop_saves_them() {
    let (_, failed) = lost_in_update("");
    assert!(failed > 0, "requests still come to a Pod that has stopped listening");
    assert!(failed < 200, "{failed} is more than the lag explains");
    let (ok, failed) = lost_in_update("        lifecycle: {preStop: {sleep: {seconds: 3}}}\n");
    assert_eq!(failed, 0, "of {ok}");
}

#[test]
fn a_cut_node_swallows_requests_until_their_clients_give_up() {
    let mut world = with_web();
    send(&mut world, users(50));
    run(&mut world, 5);
    world.fault(&Fault::CutNode { node: "worker-2".to_string() }).expect("there is such a node");
    run(&mut world, 5);
    let tally = &world.traffic().source("users").expect("the source").tally;
    let now = world.now().0 / 1_000_000;
    let words: std::collections::BTreeSet<String> = tally
        .seconds(now - 4, now + 1)
        .flat_map(|second| second.counts.iter().filter(|(_, outcome, _)| !outcome.is_ok()).map(|(_, outcome, _)| outcome.word()))
        .collect();
    assert!(words.contains("lost") && !words.contains("refused"), "{words:?}");
}

#[test]
fn a_link_that_loses_packets_makes_answers_late_but_they_come() {
    let mut world = with_web();
    send(&mut world, TrafficSpec { from: "run=box".into(), ..users(50) });
    type_in(&mut world, "kubectl label pod box run=box");
    for (one, other) in [("worker-1", "worker-2"), ("control-plane", "worker-1"), ("control-plane", "worker-2")] {
        let fault = Fault::Link { one: one.into(), other: other.into(), latency_ms: 100, loss_percent: 0 };
        world.fault(&fault).expect("there are such nodes");
    }
    run(&mut world, 6);
    let tally = &world.traffic().source("users").expect("the source").tally;
    let now = world.now().0 / 1_000_000;
    let slow = tally.quantile(now - 5, now, 990).expect("there were answers");
    assert!(slow > 300_000, "three ways to connect and ask, one back: {slow}");
    assert_eq!(counts(&world).1, 0);
}

/// The shop of services that call each other, each a Deployment with its Service on port 80.
fn store(world: &mut World, cart: &str) {
    let images = [("web", "store-web:v1"), ("catalog", "store-catalog:v1"), ("cart", cart), ("payment", "store-payment:v1")];
    for (name, image) in images {
        type_in(
            world,
            &format!("kubectl create deployment {name} --image={image}; kubectl expose deployment {name} --port=80 --target-port=8080"),
        );
    }
    type_in(world, "kubectl run box --image=busybox:1.36 -- sleep infinity");
    run(world, 12);
}

#[test]
fn services_call_each_other_and_a_broken_one_shows_at_the_front() {
    let mut world = booted(&[]);
    store(&mut world, "store-cart:v1");
    let page = type_in(&mut world, "kubectl exec box -- wget -qO- http://web/");
    let parts: Vec<&str> = page.lines().map(|line| line.split(' ').next().unwrap_or_default()).collect();
    assert_eq!(parts, ["web", "catalog", "cart"], "{page}");
    assert!(type_in(&mut world, "kubectl exec box -- wget -qO- http://cart/checkout").ends_with(": paid\n"));
    type_in(&mut world, "kubectl scale deployment catalog --replicas=0");
    run(&mut world, 3);
    let failed = type_in(&mut world, "kubectl exec box -- curl -s http://web/");
    assert_eq!(failed, "catalog: no-endpoints\n");
    let last = world.traffic().recent().next_back().expect("a request").id;
    let hops: Vec<String> = world.follow_request(last).into_iter().map(|hop| format!("{} {}", hop.component, hop.text)).collect();
    assert!(hops.iter().any(|hop| hop.contains("kube-proxy/") && hop.contains("has no endpoints: refused")), "{hops:#?}");
    assert!(hops.iter().any(|hop| hop.starts_with("CoreDNS web is 10.")), "{hops:#?}");
}

#[test]
fn two_workers_are_a_queue_and_those_who_wait_too_long_give_up() {
    let mut world = booted(&[]);
    store(&mut world, "store-cart:v1");
    let spec = |rps| TrafficSpec { path: "/pay".into(), to: "svc/payment:80".into(), timeout_ms: 400, ..users(rps) };
    send(&mut world, spec(20));
    run(&mut world, 10);
    assert_eq!(counts(&world).1, 0, "2 workers do 40 per second");
    send(&mut world, spec(80));
    run(&mut world, 10);
    let (ok, failed) = counts(&world);
    assert!(failed > 100, "{ok} {failed}");
}

#[test]
fn open_connections_stay_with_their_pod_and_new_ones_spread() {
    let mut world = with_web();
    send(&mut world, TrafficSpec { keep_alive: true, concurrency: 1, from: "run=box".into(), think_ms: 20, ..users(0) });
    type_in(&mut world, "kubectl label pod box run=box");
    run(&mut world, 8);
    let servers: std::collections::BTreeSet<String> =
        world.traffic().recent().rev().take(100).map(|trace| trace.server.to_string()).collect();
    assert_eq!(servers.len(), 1, "one connection, one Pod");
    assert!(world.traffic().recent().filter(|trace| trace.source == "users").rev().take(100).all(|trace| trace.reused));
    let pod = type_in(&mut world, "kubectl get pods -l app=web -o jsonpath='{.items[*].metadata.uid}'");
    assert!(servers.iter().all(|uid| pod.contains(uid.as_str())));
    type_in(&mut world, "kubectl rollout restart deployment web");
    run(&mut world, 30);
    let now = world.now().0 / 1_000_000;
    let tally = &world.traffic().source("users").expect("the source").tally;
    let broken = tally.sum(now - 40, now, |_, outcome| matches!(outcome, Outcome::Failed(failure) if failure != Failure::Refused));
    // A server that stops closes its idle connections: only a request that was on its way just then breaks, one for each Pod at most.
    assert!(broken <= 3, "{broken}");
}

#[test]
fn names_are_answered_by_coredns_in_its_pods_and_fail_without_them() {
    let mut world = with_web();
    let said = type_in(&mut world, "kubectl exec box -- nslookup web.default.svc.cluster.local");
    assert!(said.contains("Server:\t\t10.96.0.10") && said.contains("Name:\tweb.default.svc.cluster.local"), "{said}");
    let pods = type_in(&mut world, "kubectl get pods -n kube-system -l k8s-app=kube-dns --no-headers");
    assert_eq!(pods.lines().filter(|line| line.contains("1/1") && line.contains("Running")).count(), 2, "{pods}");
    type_in(&mut world, "kubectl scale deployment coredns -n kube-system --replicas=0");
    run(&mut world, 10);
    assert_eq!(type_in(&mut world, "kubectl exec box -- curl -s http://web/; echo $?"), "command terminated with exit code 6\n6\n");
    let address = type_in(&mut world, "kubectl get service web -o jsonpath={.spec.clusterIP}");
    assert!(type_in(&mut world, &format!("kubectl exec box -- wget -qO- {address}")).starts_with("Hello"), "addresses need no name server");
    type_in(&mut world, "kubectl scale deployment coredns -n kube-system --replicas=1");
    run(&mut world, 15);
    assert!(type_in(&mut world, "kubectl exec box -- wget -qO- http://web/").starts_with("Hello"));
}

#[test]
fn a_request_that_waited_long_is_told_to_a_viewer_among_many_quick_ones() {
    let mut world = with_web();
    world.save_file("deny.yaml", DENY);
    type_in(&mut world, "kubectl apply -f deny.yaml");
    let mut viewer = cluster::Viewer::default();
    viewer.look(&mut world);
    send(&mut world, users(20));
    let mut told = (0, 0);
    for _ in 0..300 {
        world.run_until(world.now() + Duration::millis(20));
        let requests = viewer.look(&mut world).requests;
        let ok = requests.iter().filter(|request| request.source == "users" && request.ok).count() as u64;
        let failed = requests.iter().filter(|request| request.outcome == "denied").count() as u64;
        told = (told.0 + ok, told.1 + failed);
    }
    // A node reaches its own Pods, whatever a policy says: those answers are quick.
    let (ok, failed) = counts(&world);
    assert!(ok > 10 && failed > 30, "{ok} {failed}");
    assert_eq!(told, (ok, failed), "each is told once, also who waited for a second");
}

const DENY: &str = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: closed}
spec:
  podSelector: {matchLabels: {app: web}}
  ingress: [{from: [{podSelector: {matchLabels: {run: front}}}]}]
";

#[test]
fn a_viewer_hears_of_counts_once_a_second_and_of_single_requests() {
    let mut world = with_web();
    let mut viewer = cluster::Viewer::default();
    viewer.look(&mut world);
    send(&mut world, users(40));
    run(&mut world, 5);
    let delta = viewer.look(&mut world);
    let view = delta.traffic.first().expect("the source");
    assert_eq!((view.id.as_str(), view.strip.len(), view.failed), ("users", 60, 0));
    let shown: u32 = view.strip.iter().flat_map(|second| &second.ok).sum();
    assert!(u64::from(shown) <= view.ok && shown > 100, "{shown} of {}", view.ok);
    assert!(view.parts.iter().all(|part| part.version == "v1" && part.outcome == "200") && view.p95 >= view.p50 && view.p50 > 1_000);
    let dot = delta.requests.last().expect("a request");
    assert!(
        dot.from.starts_with("outside/203.0.113.") && dot.via.starts_with("kube-proxy/") && dot.to.starts_with("pod/default/web-"),
        "{dot:?}"
    );
    let hops = world.follow_request(dot.id);
    assert!(hops.iter().any(|hop| hop.entry.contains("KUBE-SEP-")), "the entry that decided is told: {hops:#?}");
    world.input(&Input::Traffic { sources: Vec::new(), gone: vec!["users".to_string()] });
    assert!(viewer.look(&mut world).gone.contains(&"traffic/users".to_string()));
}

#[test]
fn a_policy_swallows_packets_and_names_itself() {
    let mut world = with_web();
    world.save_file("deny.yaml", DENY);
    type_in(&mut world, "kubectl apply -f deny.yaml");
    run(&mut world, 1);
    let said = type_in(&mut world, "kubectl exec box -- wget -qO- -T 2 http://web/");
    assert!(said.starts_with("wget: download timed out"), "{said}");
    let last = world.traffic().recent().next_back().expect("a request").id;
    let entry = world.follow_request(last).into_iter().find(|hop| hop.component == "NetworkPolicy").expect("a policy decided").entry;
    assert!(entry.starts_with("Denied: NetworkPolicy default/closed selects default/web-"), "{entry}");
    let ready = world.api.store.applied().list_in(kinds::POD, "default").filter(|pod| Pod(&pod.tree).is_ready()).count();
    assert_eq!(ready, 4, "the kubelet's probes are not stopped");
    type_in(&mut world, "kubectl label pod box run=front");
    run(&mut world, 1);
    assert!(type_in(&mut world, "kubectl exec box -- wget -qO- -T 2 http://web/").starts_with("Hello"));
    let last = world.traffic().recent().next_back().expect("a request").id;
    let hop = world.follow_request(last).into_iter().find(|hop| hop.component == "NetworkPolicy").expect("a policy let it pass");
    assert_eq!(hop.deed, "admits");
    assert!(hop.entry.starts_with("Allowed: ") && hop.entry.contains("default/closed"), "{}", hop.entry);
}

#[test]
fn a_forwarded_port_leads_into_a_pod_until_the_command_ends() {
    let mut world = with_web();
    assert!(type_in(&mut world, "curl localhost:8080; echo $?").ends_with("7\n"));
    let said = type_in(&mut world, "kubectl port-forward service/web 8080:80 &");
    assert_eq!(said, "Forwarding from 127.0.0.1:8080 -> 8080\nForwarding from [::1]:8080 -> 8080\n");
    assert!(type_in(&mut world, "curl -s localhost:8080/").starts_with("Hello from v1"));
    assert!(type_in(&mut world, "kubectl port-forward deploy/web 8080").contains("address already in use"));
    type_in(&mut world, "kubectl port-forward deploy/web 9001:8080 &");
    assert!(type_in(&mut world, "curl -s localhost:9001/").starts_with("Hello from v1"), "the local port may be another one");
    world.type_line("kubectl port-forward deploy/web 9000:8080");
    run(&mut world, 3);
    assert!(world.busy(), "without & it holds the terminal");
    world.interrupt();
    assert!(type_in(&mut world, "curl localhost:9000; echo $?").ends_with("7\n"), "it ended with its command");
}

#[test]
fn a_script_that_asks_without_a_pause_does_not_stop_the_clock() {
    let mut world = with_web();
    type_in(
        &mut world,
        "kubectl run mad --image=busybox:1.36 -- sh -c 'while true; do wget -qO- http://10.96.99.99:81/ -T 1; nslookup; done'",
    );
    type_in(&mut world, "kubectl run madder --image=busybox:1.36 -- sh -c 'while true; do wget -qO- http://192.168.100.12:1/; done'");
    let before = world.steps();
    run(&mut world, 8);
    assert!(world.steps() - before < 200_000, "{} events", world.steps() - before);
    let endless = type_in(&mut world, "kubectl exec box -- sh -c 'while true; do curl -s 192.168.100.12:1; done'");
    assert!(endless.contains("does not end by itself"), "{endless}");
}

#[test]
fn a_changed_corefile_counts_when_coredns_reloads_it() {
    let mut world = with_web();
    let rewrite = r#"{"data": {"Corefile": ".:53 {\n errors\n ready\n rewrite name shop.example web.default.svc.cluster.local\n kubernetes cluster.local\n reload\n}\n"}}"#;
    assert!(type_in(&mut world, "kubectl exec box -- wget -qO- http://shop.example./").contains("bad address"));
    let patched = type_in(&mut world, &format!("kubectl patch configmap coredns -n kube-system --type=merge -p '{rewrite}'"));
    assert!(patched.contains("patched"), "{patched}");
    run(&mut world, 60);
    let said = type_in(&mut world, "kubectl exec box -- wget -qO- http://shop.example./");
    assert!(said.starts_with("Hello from v1"), "{said}");
}

#[test]
fn a_nodes_rules_can_be_read_on_it_and_requests_begin_on_it() {
    let mut world = with_web();
    let rules = type_in(&mut world, "ssh worker-1 sudo iptables-save -t nat | grep default/web | grep -c DNAT");
    assert_eq!(rules, "3\n", "one target for each ready Pod");
    let address = type_in(&mut world, "kubectl get svc web -o 'jsonpath={.spec.clusterIP}'");
    let said = type_in(&mut world, &format!("ssh worker-2 curl -s http://{address}"));
    assert!(said.starts_with("Hello from v1"), "{said}");
    assert_eq!(
        type_in(&mut world, "ssh nowhere nft list ruleset; echo $?"),
        "ssh: Could not resolve hostname nowhere: Name or service not known\n255\n"
    );
    world.input(&Input::Fault { fault: Fault::StopNode { node: "worker-1".into() } });
    let lost = type_in(&mut world, "ssh worker-1 ipvsadm -Ln; echo $?");
    assert_eq!(lost, "ssh: connect to host worker-1 port 22: Connection timed out\n255\n");
}
