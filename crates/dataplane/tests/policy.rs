//! NetworkPolicies as a learner meets them: who reaches whom, and why.
use apiserver::Change;
use apiserver::store::{Store, Write};
use dataplane::network::policy::{Peer, Policies, Side};
use dataplane::network::{Packet, Protocol};
use objects::{Key, KindId, Tree, kinds, list, map};
use simcore::{Rng, Time};
use std::net::IpAddr;

/// Objects, and the policies kept up to date with every change.
#[derive(Default)]
struct Cluster {
    store: Store,
    policies: Policies,
}

impl Cluster {
    /// Two namespaces; `web` in `shop`, `db` and a Pod in its node's network in `data`; two nodes.
    fn new() -> Cluster {
        let mut cluster = Cluster::default();
        for (name, team) in [("shop", "red"), ("data", "blue")] {
            cluster.put(kinds::NAMESPACE, "", name, map! {"metadata": map! {"name": name, "labels": map! {"team": team}}});
        }
        for (name, address) in [("worker-1", "192.168.100.12"), ("worker-2", "192.168.100.13")] {
            let addresses = list![map! {"type": "InternalIP", "address": address}];
            cluster.put(kinds::NODE, "", name, map! {"metadata": map! {"name": name}, "status": map! {"addresses": addresses}});
        }
        cluster.put(kinds::POD, "shop", "web", pod("web", "worker-1", "10.244.1.2"));
        cluster.put(kinds::POD, "data", "db", pod("db", "worker-2", "10.244.2.2"));
        let mut agent = pod("agent", "worker-2", "192.168.100.13");
        agent.set(&["spec", "hostNetwork"], true);
        cluster.put(kinds::POD, "data", "agent", agent);
        cluster
    }

    fn put(&mut self, kind: KindId, namespace: &str, name: &str, tree: Tree) {
        self.write(Write::Put { key: Key::new(kind, namespace, name), tree });
    }

    fn write(&mut self, write: Write) {
        let seen = self.store.applied().revision();
        self.store.append(Time::START, write, None);
        self.store.begin_sync();
        self.store.end_sync();
        let changes: Vec<&Change> = self.store.since(seen).expect("kept").collect();
        changes.into_iter().for_each(|change| self.policies.update(self.store.applied(), change));
    }

    fn policy(&mut self, namespace: &str, name: &str, spec: Tree) {
        self.put(kinds::NETWORK_POLICY, namespace, name, map! {"metadata": map! {"name": name}, "spec": spec});
    }

    fn judge(&self, from: &str, to: &str, port: u16) -> (bool, String, Tree) {
        let (source, destination): (IpAddr, IpAddr) = (address(from), address(to));
        let packet = Packet { source, destination, port, protocol: Protocol::Tcp };
        let (source, destination) = (self.policies.peer(source), self.policies.peer(destination));
        let judgement = self.policies.judge(&source, &destination, &packet);
        (judgement.is_allowed(), judgement.words(&source, &destination, &packet), judgement.facts())
    }
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

fn pod(app: &str, node: &str, address: &str) -> Tree {
    let port = |name: &str, number: i64| map! {"name": name, "containerPort": number, "protocol": "TCP"};
    map! {
        "metadata": map! {"name": app, "labels": map! {"app": app}},
        "spec": map! {
            "nodeName": node,
            "containers": list![map! {"name": "main", "ports": list![port("http", 8080)]}],
            "initContainers": list![
                map! {"name": "proxy", "restartPolicy": "Always", "ports": list![port("admin", 9901)]},
                map! {"name": "setup", "ports": list![port("setup", 1)]},
            ],
        },
        "status": map! {"phase": "Running", "podIP": address},
    }
}

const WEB: &str = "10.244.1.2";
const DB: &str = "10.244.2.2";
const OWN_NODE: &str = "192.168.100.13";
const OTHER_NODE: &str = "192.168.100.12";

fn closed() -> Tree {
    map! {"podSelector": map! {}, "policyTypes": list!["Ingress"]}
}

#[test]
fn a_closed_pod_is_reached_by_nobody_but_its_own_node_and_itself() {
    let mut cluster = Cluster::new();
    assert_eq!(cluster.judge(WEB, DB, 5432).1, "Allowed: no policy selects shop/web for egress; no policy selects data/db for ingress.");
    cluster.policy("data", "closed", closed());
    let (allowed, words, facts) = cluster.judge(WEB, DB, 5432);
    assert!(!allowed);
    assert_eq!(words, "Denied: NetworkPolicy data/closed selects data/db for ingress, and no rule of it allows 5432/TCP from shop/web.");
    assert_eq!(
        facts.to_json(),
        r#"{"allowed":false,"egress":{"verdict":"open"},"ingress":{"policies":["data/closed"],"verdict":"denied"}}"#
    );
    assert!(cluster.judge(OWN_NODE, DB, 5432).0, "probes of the kubelet");
    assert!(!cluster.judge(OTHER_NODE, DB, 5432).0);
    assert!(cluster.judge(DB, DB, 5432).0);
    assert!(cluster.judge(DB, WEB, 80).0, "the other way is open");
    assert!(cluster.judge(WEB, OWN_NODE, 80).0, "a Pod in its node's network is not selected");
}

#[test]
fn the_rule_that_lets_a_packet_pass_is_named() {
    let mut cluster = Cluster::new();
    cluster.policy("data", "closed", closed());
    let to =
        map! {"podSelector": map! {"matchLabels": map! {"app": "web"}}, "namespaceSelector": map! {"matchLabels": map! {"team": "red"}}};
    let dns = map! {"ports": list![map! {"port": 53, "protocol": "UDP"}]};
    let rule = map! {"from": list![to], "ports": list![map! {"port": "admin", "protocol": "TCP"}]};
    let spec = map! {"podSelector": map! {"matchLabels": map! {"app": "db"}}, "policyTypes": list!["Ingress"], "ingress": list![dns, rule]};
    cluster.policy("data", "web", spec);
    let (allowed, words, facts) = cluster.judge(WEB, DB, 9901);
    assert!(allowed);
    assert_eq!(
        words,
        "Allowed: no policy selects shop/web for egress; ingress rule 2 of NetworkPolicy data/web allows 9901/TCP from shop/web."
    );
    assert_eq!(facts.get("ingress").to_json(), r#"{"policy":"data/web","rule":1,"verdict":"allowed"}"#);
    let (_, words, _) = cluster.judge(WEB, DB, 1);
    assert_eq!(
        words,
        "Denied: NetworkPolicies data/closed, data/web select data/db for ingress, and no rule of any allows 1/TCP from shop/web."
    );
    cluster.put(kinds::NAMESPACE, "", "shop", map! {"metadata": map! {"name": "shop", "labels": map! {"team": "green"}}});
    assert!(!cluster.judge(WEB, DB, 9901).0, "the namespace is of another team now");
}

#[test]
fn blocks_are_about_addresses_and_selectors_never_about_the_outside() {
    let mut cluster = Cluster::new();
    let block = map! {"ipBlock": map! {"cidr": "203.0.113.0/24", "except": list!["203.0.113.128/25"]}};
    let everybody = map! {"namespaceSelector": map! {}};
    let spec = map! {"podSelector": map! {}, "policyTypes": list!["Egress"], "egress": list![map! {"to": list![everybody, block]}]};
    cluster.policy("shop", "out", spec);
    assert!(cluster.judge(WEB, DB, 1).0);
    assert!(cluster.judge(WEB, "203.0.113.7", 443).0);
    assert!(!cluster.judge(WEB, "203.0.113.200", 443).0);
    assert!(!cluster.judge(WEB, OWN_NODE, 443).0, "a node is no Pod");
}

#[test]
fn a_finished_pod_gives_its_address_up() {
    let mut cluster = Cluster::new();
    cluster.policy("data", "closed", closed());
    let mut done = pod("db", "worker-2", DB);
    done.set(&["status", "phase"], "Succeeded");
    cluster.put(kinds::POD, "data", "db", done);
    assert_eq!(cluster.policies.peer(address(DB)), Peer::Outside);
    cluster.put(kinds::POD, "shop", "next", pod("next", "worker-2", DB));
    cluster.write(Write::Delete { key: Key::new(kinds::POD, "data", "db") });
    let Peer::Pod(next) = cluster.policies.peer(address(DB)) else { panic!("the address has a new Pod") };
    assert_eq!((next.name.as_str(), next.ingress.is_none()), ("next", true));
    let packet = Packet { source: address(WEB), destination: address(DB), port: 1, protocol: Protocol::Tcp };
    let judgement = cluster.policies.judge(&Peer::Outside, &Peer::Pod(next), &packet);
    assert_eq!((judgement.egress, judgement.ingress), (Side::NoPod, Side::Open));
}

/// Any change, by chance.
fn change(rng: &mut Rng) -> Write {
    let mut one = |all: &[&'static str]| all[rng.below(all.len() as u32) as usize];
    let (namespace, name, app) = (one(&["shop", "data"]), one(&["a", "b", "c"]), one(&["web", "db"]));
    let (kind, gone, last) =
        (one(&["pod", "pod", "policy", "namespace", "node"]), one(&["no", "no", "no", "yes"]), one(&["1", "2", "3", "4"]));
    let selector = map! {"matchLabels": map! {"app": app}};
    let (key, tree) = match kind {
        "pod" => {
            let mut tree = pod(app, "worker-1", &format!("10.244.{}.{last}", if namespace == "shop" { 1 } else { 2 }));
            let phase = one(&["Running", "Running", "Succeeded"]);
            tree.set(&["status", "phase"], phase);
            (Key::new(kinds::POD, namespace, name), tree)
        }
        "policy" => {
            let peer = map! {"namespaceSelector": map! {"matchLabels": map! {"team": app}}, "podSelector": selector.clone()};
            let types = one(&["Ingress", "Egress"]);
            let spec = map! {"podSelector": selector, "policyTypes": list![types], "ingress": list![map! {"from": list![peer]}]};
            (Key::new(kinds::NETWORK_POLICY, namespace, name), map! {"spec": spec})
        }
        "namespace" => (Key::new(kinds::NAMESPACE, "", namespace), map! {"metadata": map! {"labels": map! {"team": app}}}),
        _ => {
            let addresses = list![map! {"address": format!("192.168.100.{last}")}];
            (Key::new(kinds::NODE, "", name), map! {"status": map! {"addresses": addresses}})
        }
    };
    if gone == "yes" && kind != "namespace" { Write::Delete { key } } else { Write::Put { key, tree } }
}

#[test]
fn what_is_kept_up_to_date_is_what_reading_everything_anew_gives() {
    for seed in 0..20 {
        let (mut cluster, mut rng) = (Cluster::new(), Rng::stream(seed, "changes"));
        // A Pod keeps its address for life, and no two share one: Pods by name have their own.
        for step in 0..120 {
            let write = change(&mut rng);
            if let Write::Put { key, tree } = &write
                && key.kind == kinds::POD
                && taken(&cluster, key, tree)
            {
                continue;
            }
            if let Write::Delete { key } = &write
                && cluster.store.applied().get(key).is_none()
            {
                continue;
            }
            cluster.write(write);
            assert!(cluster.policies == Policies::compile(cluster.store.applied()), "seed {seed}, step {step}");
        }
    }
}

/// Whether another Pod that runs has the address, or this one had another.
fn taken(cluster: &Cluster, key: &Key, tree: &Tree) -> bool {
    let ip = |tree: &Tree| tree.at(&["status", "podIP"]).text().to_string();
    cluster.store.applied().list(kinds::POD).any(|kept| {
        let same = kept.key == *key;
        if same { ip(&kept.tree) != ip(tree) || kept.is_finished() } else { ip(&kept.tree) == ip(tree) && !kept.is_finished() }
    })
}
