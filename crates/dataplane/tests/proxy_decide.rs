//! Where a connection to a Service goes, in cases beside the recorded ones: hints, source ranges, loops, memory, turns.
mod recorded;

use apiserver::client::Effects;
use dataplane::network::{KubeProxy, Mode, Origin, Packet, Protocol, Verdict};
use objects::{Tree, kinds};
use recorded::{proxy, put, slice, store};
use simcore::{Duration, Time};
use std::collections::BTreeSet;

/// A kube-proxy on worker-1 (zone z1) that knows one more Service, `it`, given as the recording writes Services.
fn with(mode: Mode, json: &str) -> KubeProxy {
    let one = Tree::from_json(json).expect("JSON");
    let (mut store, mut proxy, mut fx) = (store(), proxy(mode), Effects::default());
    let mut node = store.applied().find(kinds::NODE, "", "worker-1").expect("the node").tree.clone();
    node.set(&["metadata", "labels", "topology.kubernetes.io/zone"], "z1");
    put(&mut store, kinds::NODE, "", "worker-1", node);
    let service = objects::map! {"metadata": objects::map! {"name": "it"}, "spec": one.get("spec"), "status": one.get("status")};
    put(&mut store, kinds::SERVICE, "kp", "it", service);
    put(&mut store, kinds::ENDPOINT_SLICE, "kp", "it-1", slice("it", &one));
    proxy.start(Time::START, store.applied(), &mut fx);
    recorded::run(&mut proxy, fx, Time::START + Duration::secs(1));
    proxy
}

fn packet(source: &str, destination: &str, port: u16) -> Packet {
    let address = |text: &str| text.parse().expect("an address");
    Packet { source: address(source), destination: address(destination), port, protocol: Protocol::Tcp }
}

/// What happens to connections, whatever the chance: `10.241.77.1:8080 as node`, `refused`, `dropped`, `passed`.
fn ends(proxy: &mut KubeProxy, source: &str, destination: &str, port: u16, origin: Origin) -> String {
    let mut all = BTreeSet::new();
    for step in 0..64_u32 {
        let verdict = proxy.kernel.decide(&packet(source, destination, port), origin, Time::START, step << 26);
        all.insert(match verdict {
            Verdict::Forward { address, port, masqueraded, .. } => {
                format!("{address}:{port}{}", if masqueraded { " as node" } else { "" })
            }
            Verdict::Refused { .. } => "refused".to_string(),
            Verdict::Dropped { .. } => "dropped".to_string(),
            Verdict::Pass => "passed".to_string(),
        });
    }
    all.into_iter().collect::<Vec<_>>().join(", ")
}

const POD: &str = "10.241.5.5";

fn endpoint(address: &str, node: &str, more: &str) -> String {
    format!(r#"{{"addresses":["{address}"],"nodeName":"{node}","ready":true,"serving":true,"terminating":false{more}}}"#)
}

fn service(spec: &str, endpoints: &[String]) -> String {
    format!(r#"{{"spec":{{"clusterIP":"10.96.9.1",{spec}}},"endpoints":[{}]}}"#, endpoints.join(","))
}

const PORTS: &str = r#""ports":[{"port":80,"targetPort":8080}]"#;

#[test]
fn hints_for_the_zone_are_followed_only_when_every_ready_endpoint_has_one() {
    let hint = |zone: &str| format!(r#","hints":{{"forZones":[{{"name":"{zone}"}}]}}"#);
    let near = endpoint("10.242.0.2", "worker-2", &hint("z1"));
    let far = endpoint("10.243.0.2", "worker-3", &hint("z2"));
    let mut both = with(Mode::Iptables, &service(PORTS, &[near.clone(), far]));
    assert_eq!(ends(&mut both, POD, "10.96.9.1", 80, Origin::Pod), "10.242.0.2:8080");
    let unhinted = endpoint("10.243.0.2", "worker-3", "");
    let mut half = with(Mode::Iptables, &service(PORTS, &[near, unhinted]));
    assert_eq!(ends(&mut half, POD, "10.96.9.1", 80, Origin::Pod), "10.242.0.2:8080, 10.243.0.2:8080");
    let elsewhere = endpoint("10.243.0.2", "worker-3", &hint("z2"));
    let mut none = with(Mode::Iptables, &service(PORTS, &[elsewhere]));
    assert_eq!(ends(&mut none, POD, "10.96.9.1", 80, Origin::Pod), "10.243.0.2:8080");
}

#[test]
fn a_pod_of_any_node_takes_the_short_cut_past_external_traffic_policy_local() {
    let spec = r#""type":"NodePort","externalTrafficPolicy":"Local","ports":[{"port":80,"targetPort":8080,"nodePort":30555}]"#;
    let mut proxy = with(Mode::Nftables, &service(spec, &[endpoint("10.242.0.2", "worker-2", "")]));
    assert_eq!(ends(&mut proxy, "10.243.8.8", "192.168.100.12", 30_555, Origin::Outside), "10.242.0.2:8080");
    assert_eq!(ends(&mut proxy, "172.30.2.2", "192.168.100.12", 30_555, Origin::Outside), "dropped");
}

const BALANCED: &str = r#""type":"LoadBalancer","loadBalancerSourceRanges":["203.0.113.0/24"," 192.168.100.0/24"],"ports":[{"port":80,"targetPort":8080,"nodePort":30555}]"#;

fn balanced(endpoints: &[String]) -> String {
    let status = r#""status":{"loadBalancer":{"ingress":[{"ip":"198.51.100.99"}]}}"#;
    format!(r#"{{"spec":{{"clusterIP":"10.96.9.1",{BALANCED}}},"endpoints":[{}],{status}}}"#, endpoints.join(","))
}

#[test]
fn source_ranges_keep_others_from_the_load_balancer_address_only() {
    for mode in [Mode::Iptables, Mode::Nftables, Mode::Ipvs] {
        let mut proxy = with(mode, &balanced(&[endpoint("10.241.77.1", "worker-1", "")]));
        assert_eq!(ends(&mut proxy, "203.0.113.7", "198.51.100.99", 80, Origin::Outside), "10.241.77.1:8080 as node");
        assert_eq!(ends(&mut proxy, "172.30.2.2", "198.51.100.99", 80, Origin::Outside), "dropped");
        // The node stands in a range, so requests from it that carry the balancer's own address may pass.
        assert_eq!(ends(&mut proxy, "198.51.100.99", "198.51.100.99", 80, Origin::Node), "10.241.77.1:8080 as node");
        assert_eq!(ends(&mut proxy, "172.30.2.2", "192.168.100.12", 30_555, Origin::Outside), "10.241.77.1:8080 as node");
    }
}

#[test]
fn source_ranges_come_before_refusals_in_nftables_and_after_them_in_iptables() {
    for (mode, outcome) in [(Mode::Iptables, "refused"), (Mode::Nftables, "dropped")] {
        let mut proxy = with(mode, &balanced(&[]));
        assert_eq!(ends(&mut proxy, "172.30.2.2", "198.51.100.99", 80, Origin::Outside), outcome);
        assert_eq!(ends(&mut proxy, "203.0.113.7", "198.51.100.99", 80, Origin::Outside), "refused");
    }
}

#[test]
fn a_pod_that_reaches_itself_sees_the_node_as_the_client() {
    let near = service(PORTS, &[endpoint(POD, "worker-1", "")]);
    let far = service(PORTS, &[endpoint("10.242.0.2", "worker-2", "")]);
    for (mode, from_afar) in [(Mode::Iptables, "10.242.0.2:8080 as node"), (Mode::Nftables, "10.242.0.2:8080")] {
        assert_eq!(ends(&mut with(mode, &near), POD, "10.96.9.1", 80, Origin::Pod), format!("{POD}:8080 as node"));
        assert_eq!(ends(&mut with(mode, &far), "10.242.0.2", "10.96.9.1", 80, Origin::Outside), from_afar);
    }
}

#[test]
fn a_client_keeps_its_endpoint_as_long_as_it_comes_back_in_time() {
    for mode in [Mode::Iptables, Mode::Nftables, Mode::Ipvs] {
        let mut proxy = recorded::synced(mode);
        let mut reached = |client: &str, seconds: u64, chance: u32| {
            let now = Time::START + Duration::secs(seconds);
            match proxy.kernel.decide(&packet(client, "10.96.7.21", 80), Origin::Pod, now, chance) {
                Verdict::Forward { address, .. } => address.to_string(),
                other => format!("{other:?}"),
            }
        };
        let first = reached(POD, 10, 0);
        assert_eq!(first, "10.241.77.1");
        assert_eq!(reached(POD, 600, u32::MAX), first, "within 600 s");
        assert_eq!(reached(POD, 1_190, u32::MAX), first, "each use counts anew");
        assert_ne!(reached("10.241.5.6", 1_190, u32::MAX), first, "another client has no part in it");
        assert_ne!(reached(POD, 1_800, u32::MAX), first, "601 s and more: forgotten ({mode:?})");
    }
}

#[test]
fn ipvs_takes_turns_and_refuses_every_other_port_of_its_addresses() {
    let mut proxy = recorded::synced(Mode::Ipvs);
    let mut turns = Vec::new();
    for _ in 0..4 {
        if let Verdict::Forward { address, .. } = proxy.kernel.decide(&packet(POD, "10.96.7.4", 80), Origin::Pod, Time::START, 7) {
            turns.push(address.to_string());
        }
    }
    assert_eq!(turns, ["10.241.77.1", "10.242.77.1", "10.243.77.1", "10.241.77.1"]);
    assert_eq!(ends(&mut proxy, POD, "10.96.7.4", 81, Origin::Pod), "refused");
    assert_eq!(ends(&mut proxy, POD, "10.96.7.1", 80, Origin::Pod), "refused");
    assert_eq!(ends(&mut proxy, POD, "10.96.99.99", 80, Origin::Pod), "passed");
}

#[test]
fn the_deciding_entry_reads_as_the_node_itself_would_print_it() {
    let words = |mode: Mode, destination: &str, port: u16, origin: Origin| {
        let mut proxy = recorded::synced(mode);
        let source = if origin == Origin::Pod { POD } else { "172.30.2.2" };
        match proxy.kernel.decide(&packet(source, destination, port), origin, Time::START, 0) {
            Verdict::Forward { rule, .. } | Verdict::Refused { rule } | Verdict::Dropped { rule } => {
                let (words, rules) = (proxy.kernel.rules.words(rule), &proxy.kernel.rules);
                if mode == Mode::Iptables {
                    assert!(rules.iptables_save().lines().any(|line| line == words), "{words}");
                }
                words
            }
            Verdict::Pass => "no rule".to_string(),
        }
    };
    for (destination, port, origin) in [
        ("10.96.7.3", 80, Origin::Pod),
        ("10.96.7.21", 80, Origin::Pod),
        ("10.96.7.1", 80, Origin::Pod),
        ("10.96.7.31", 80, Origin::Pod),
        ("198.51.100.35", 80, Origin::Pod),
        ("198.51.100.37", 80, Origin::Pod),
        ("192.168.100.12", 30_102, Origin::Outside),
        ("192.168.100.12", 30_103, Origin::Outside),
    ] {
        words(Mode::Iptables, destination, port, origin);
    }
    assert_eq!(
        words(Mode::Iptables, "10.96.7.1", 80, Origin::Pod),
        "-A KUBE-SERVICES -d 10.96.7.1/32 -p tcp -m comment --comment \"kp/zero has no endpoints\" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable"
    );
    assert_eq!(
        words(Mode::Nftables, "192.168.100.12", 30_103, Origin::Outside),
        "add element ip kube-proxy no-endpoint-nodeports { tcp . 30103 comment \"kp/np-local-none\" : drop }"
    );
    assert!(words(Mode::Nftables, "10.96.7.2", 80, Origin::Pod).ends_with("-kp/one/tcp/ meta l4proto tcp dnat to 10.241.77.1:8080"));
    assert!(words(Mode::Nftables, "10.96.7.2", 4444, Origin::Pod).contains("Reject traffic to invalid ports of ClusterIPs"));
    assert!(words(Mode::Nftables, "10.96.99.99", 80, Origin::Pod).contains("ip daddr 10.96.0.0/12 drop"));
}

#[test]
fn ipvs_has_a_server_for_each_address_of_a_service() {
    let text = recorded::synced(Mode::Ipvs).kernel.rules.ipvsadm();
    let cluster_ip = "TCP  10.96.7.10:80 rr\n  -> 10.241.77.1:8080             Masq    1      0          0         \n  -> 10.242.77.1:8080             Masq    1      0          0         \n";
    assert!(text.contains(cluster_ip), "{text}");
    let node_port =
        "TCP  192.168.100.12:30102 rr\n  -> 10.241.77.1:8080             Masq    1      0          0         \nTCP  10.241.0.1:30102";
    assert!(text.contains(node_port), "{text}");
    assert!(text.contains("TCP  10.96.7.21:80 rr persistent 600\n"), "{text}");
}
