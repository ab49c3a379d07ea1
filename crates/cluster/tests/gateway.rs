//! Requests through a Gateway: weights, matches, filters and copies, as a source or a person sees them.
mod learner;
use cluster::input::{Input, TrafficSpec};
use cluster::{Topology, World};
use learner::{run, type_in};
use simcore::{Duration, Time};

const SHOPS: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: shop-VERSION}
spec:
  replicas: 2
  selector: {matchLabels: {app: shop, version: VERSION}}
  template:
    metadata: {labels: {app: shop, version: VERSION}}
    spec: {containers: [{name: shop, image: 'hello:VERSION', ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: shop-VERSION}
spec: {selector: {version: VERSION}, ports: [{port: 80, targetPort: 8080}]}
---
";

const GATEWAY: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: front}
spec: {gatewayClassName: kubarium, listeners: [{name: http, port: 80, protocol: HTTP}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop}
spec:
  parentRefs: [{name: front}]
  rules:
";

/// A cluster with two versions of a shop behind a Gateway whose route has these rules.
fn with_rules(rules: &str) -> World {
    let text = format!("{}{}{GATEWAY}{rules}", SHOPS.replace("VERSION", "v1"), SHOPS.replace("VERSION", "v2"));
    let topology = Topology { gateway_controller: true, ..Topology::kubeadm(2) };
    let mut world = World::boot(&topology, 5, vec![("all.yaml".to_string(), text)]);
    world.run_until(Time::START + Duration::secs(30));
    type_in(&mut world, "kubectl apply -f all.yaml");
    run(&mut world, 15);
    world
}

const DOOR: &str = "http://192.168.100.12:31080";

fn source(rps: u32, users: u32) -> TrafficSpec {
    TrafficSpec { id: "people".into(), to: format!("{DOOR}/"), rps, users, ..TrafficSpec::default() }
}

fn send(world: &mut World, spec: TrafficSpec, seconds: u64) {
    world.input(&Input::Traffic { sources: vec![spec], gone: Vec::new() });
    run(world, seconds);
}

/// How many of the answers were a version's.
fn share(world: &World, version: &str) -> (u64, u64) {
    let tally = &world.traffic().source("people").expect("it sends").tally;
    let place = tally.versions.iter().position(|known| known == version).map_or(u8::MAX, |place| place as u8);
    let end = u64::MAX;
    (tally.sum(0, end, |known, outcome| known == place && outcome.is_ok()), tally.sum(0, end, |_, _| true))
}

#[test]
fn weights_share_requests_out_as_often_as_they_say() {
    let mut world = with_rules("  - backendRefs: [{name: shop-v1, port: 80, weight: 90}, {name: shop-v2, port: 80, weight: 10}]\n");
    send(&mut world, source(200, 0), 30);
    let (new, all) = share(&world, "v2");
    assert!(all > 5_000, "{all}");
    // Ten of a hundred, within four standard deviations.
    let (expected, spread) = (all / 10, 4 * 23);
    assert!(new.abs_diff(expected) < spread, "{new} of {all}");
    assert_eq!(share(&world, "v1").0 + new, all, "every request was answered by one of the two");
}

#[test]
fn a_header_or_a_cookie_chooses_the_version() {
    let rules = "
  - matches: [{headers: [{name: X-Version, value: v2}]}, {headers: [{name: Cookie, type: RegularExpression, value: '(.*; ?)?beta=yes(;.*)?'}]}]
    backendRefs: [{name: shop-v2, port: 80}]
  - backendRefs: [{name: shop-v1, port: 80}]
";
    let mut world = with_rules(rules);
    let mut asked = |flags: &str| type_in(&mut world, &format!("curl -s {flags} {DOOR}/"))[..13].to_string();
    assert_eq!(asked(""), "Hello from v1");
    assert_eq!(asked("-H 'x-version: v2'"), "Hello from v2");
    assert_eq!(asked("-b 'a=b; beta=yes'"), "Hello from v2");
    assert_eq!(asked("-b beta=yess"), "Hello from v1");
}

#[test]
fn copies_are_requests_of_their_own_that_nobody_waits_for() {
    let rules = "
  - filters: [{type: RequestMirror, requestMirror: {backendRef: {name: shop-v2, port: 80}}}]
    backendRefs: [{name: shop-v1, port: 80}]
";
    let mut world = with_rules(rules);
    send(&mut world, source(20, 0), 20);
    let (old, all) = share(&world, "v1");
    assert_eq!(old, all, "only v1 answers people");
    let tally = world.traffic().source("people").expect("it sends").tally.clone();
    let copied: u32 = tally.mirrored.iter().map(|(_, _, count)| count).sum();
    assert!(u64::from(copied).abs_diff(all) <= 2, "{copied} copies of {all}");
    assert!(tally.mirrored.iter().all(|(version, outcome, _)| tally.versions[*version as usize] == "v2" && outcome.is_ok()));
    // A shadow that fails hurts nobody.
    type_in(&mut world, "kubectl scale deployment shop-v2 --replicas=0");
    run(&mut world, 20);
    let tally = &world.traffic().source("people").expect("it sends").tally;
    assert_eq!(tally.failed, 0);
}

#[test]
fn paths_are_rewritten_headers_changed_and_people_sent_elsewhere() {
    let rules = "
  - matches: [{path: {type: PathPrefix, value: /v2}}]
    filters:
    - {type: URLRewrite, urlRewrite: {path: {type: ReplacePrefixMatch, replacePrefixMatch: /}}}
    - {type: ResponseHeaderModifier, responseHeaderModifier: {set: [{name: X-Served-By, value: gateway}]}}
    backendRefs: [{name: shop-v2, port: 80}]
  - matches: [{path: {type: Exact, value: /old}}]
    filters: [{type: RequestRedirect, requestRedirect: {hostname: new.example.com, scheme: https, statusCode: 301}}]
  - matches: [{path: {type: PathPrefix, value: /}, method: GET}]
    backendRefs: [{name: shop-v1, port: 80}]
";
    let mut world = with_rules(rules);
    let said = type_in(&mut world, &format!("curl -si {DOOR}/v2"));
    assert!(said.contains("X-Served-By: gateway\n") && said.contains("Hello from v2"), "{said}");
    let moved = type_in(&mut world, &format!("curl -sI {DOOR}/old"));
    assert!(moved.starts_with("HTTP/1.1 301") && moved.contains("location: https://new.example.com/old\n"), "{moved}");
    assert!(type_in(&mut world, &format!("curl -s {DOOR}/")).starts_with("Hello from v1"));
    assert_eq!(type_in(&mut world, &format!("curl -s -o /dev/null -X POST -w '%{{http_code}}' {DOOR}/")), "404");
}

#[test]
fn the_trace_of_a_request_names_the_rule_that_decided() {
    let mut world = with_rules("  - backendRefs: [{name: shop-v1, port: 80}]\n");
    type_in(&mut world, &format!("curl -s {DOOR}/"));
    let last = world.traffic().recent().next_back().expect("a request").id;
    let told: Vec<String> = world.follow_request(last).iter().map(|hop| hop.text.clone()).collect();
    assert!(told.iter().any(|text| text.ends_with("HTTPRoute default/shop, rule 1: default/shop-v1:80, weight 1 of 1")), "{told:#?}");
    assert!(told.iter().filter(|text| text.starts_with("answers 200")).count() == 2, "{told:#?}");
}
