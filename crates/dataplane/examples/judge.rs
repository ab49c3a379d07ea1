//! How long one judgement takes: `cargo run --release -p dataplane --example judge`.
#![allow(clippy::disallowed_methods, reason = "a stopwatch, not the simulation")]
use apiserver::store::{Store, Write};
use dataplane::network::policy::Policies;
use dataplane::network::{Packet, Protocol};
use objects::{Key, KindId, Tree, kinds, list, map};
use simcore::Time;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Instant;

const ROUNDS: u32 = 1_000_000;

fn put(store: &mut Store, kind: KindId, namespace: &str, name: &str, tree: Tree) {
    store.append(Time::START, Write::Put { key: Key::new(kind, namespace, name), tree }, None);
    store.begin_sync();
    store.end_sync();
}

fn main() {
    let mut store = Store::default();
    put(&mut store, kinds::NAMESPACE, "", "shop", map! {"metadata": map! {"labels": map! {"team": "red"}}});
    let address = |n: u32| IpAddr::from(Ipv4Addr::from(0x0af4_0000 + n + 2));
    for n in 0..1_000 {
        let labels = map! {"app": if n % 2 == 0 { "web" } else { "db" }, "tier": "front"};
        let tree = map! {"metadata": map! {"labels": labels}, "status": map! {"podIP": address(n).to_string()}};
        put(&mut store, kinds::POD, "shop", &format!("pod-{n}"), tree);
    }
    for n in 0..3_i64 {
        let peer = map! {"podSelector": map! {"matchLabels": map! {"app": "web"}}, "namespaceSelector": map! {"matchLabels": map! {"team": "red"}}};
        let rule = map! {"from": list![peer], "ports": list![map! {"port": 8_080 + n, "protocol": "TCP"}]};
        let spec = map! {"podSelector": map! {}, "policyTypes": list!["Ingress"], "ingress": list![rule]};
        put(&mut store, kinds::NETWORK_POLICY, "shop", &format!("policy-{n}"), map! {"spec": spec});
    }
    let policies = Policies::compile(store.applied());
    for (name, port) in [("allowed by the third of 3 policies", 8_082), ("denied by 3 policies", 80)] {
        let packet = Packet { source: address(0), destination: address(1), port, protocol: Protocol::Tcp };
        let (source, destination) = (policies.peer(packet.source), policies.peer(packet.destination));
        let start = Instant::now();
        let allowed = (0..ROUNDS).filter(|_| policies.judge(&source, &destination, std::hint::black_box(&packet)).is_allowed()).count();
        println!("{name}: {} ns ({allowed} of {ROUNDS} allowed)", start.elapsed().as_nanos() / u128::from(ROUNDS));
        let start = Instant::now();
        (0..ROUNDS).for_each(|_| drop(std::hint::black_box(policies.peer(std::hint::black_box(packet.source)))));
        println!("finding a peer among 1,000 Pods: {} ns", start.elapsed().as_nanos() / u128::from(ROUNDS));
    }
}
