//! The rules that a learner sees on a node read as a real kube-proxy's: every recorded Service, both modes.
mod recorded;

use dataplane::network::{Affinity, Mode};
use objects::Tree;
use recorded::{file, synced};
use simcore::Time;
use std::collections::{BTreeMap, BTreeSet};

/// The text with each recorded hash's chain written as the recording writes it: `KUBE-SVC-<kp/one>`.
fn named(text: &str, hashes: &Tree) -> String {
    hashes.entries().fold(text.to_string(), |text, (name, hash)| {
        let Some((kind, _)) = name.split_once('<') else { return text };
        text.replace(&format!("{kind}{}", hash.text()), name)
    })
}

/// The rules of one table that mention a Service, those in kube-proxy's shared chains first.
fn mentioning(text: &str, table: &str, service: &str) -> Vec<String> {
    let table = text.split(&format!("*{table}\n")).nth(1).and_then(|rest| rest.split("COMMIT").next()).unwrap_or("");
    let ends = ["\"", " ", ">", "@", ":"];
    let about = |line: &&str| ends.iter().any(|end| line.contains(&format!("kp/{service}{end}")));
    let lines: Vec<&str> = table.lines().filter(|line| line.starts_with("-A")).filter(about).collect();
    let shared = |line: &&&str| !line.contains('<') || !line.split(' ').nth(1).is_some_and(|chain| chain.contains('<'));
    let (first, then): (Vec<&str>, Vec<&str>) = lines.iter().partition(|line| shared(line));
    first.into_iter().chain(then).map(str::to_string).collect()
}

fn texts(tree: &Tree) -> Vec<String> {
    tree.items().iter().map(|line| line.text().to_string()).collect()
}

#[test]
fn iptables_save_has_the_recorded_rules_of_each_service_in_the_recorded_order() {
    let recording = file("proxy-iptables.json");
    let text = named(&synced(Mode::Iptables).kernel.rules.iptables_save(), recording.get("hashes"));
    for (name, one) in recording.get("services").entries() {
        for table in ["filter", "nat"] {
            assert_eq!(mentioning(&text, table, name), texts(one.at(&["rules", table])), "{table} rules of {name}");
        }
    }
}

/// Whatever stands between the braces of the sets, maps and chains of an nft listing, by their names. Hashes are hidden.
fn objects(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    let mut name = String::new();
    for line in text.lines().filter(|line| line.starts_with('\t')) {
        let line = hidden(line.trim());
        match line.strip_suffix(" {") {
            Some(title) if !line.starts_with("elements") => name = title.to_string(),
            _ if line == "}" => {}
            _ => all.entry(name.clone()).or_insert_with(Vec::new).push(line),
        }
    }
    all
}

/// `service-7V7JW23M-kp/np/tcp/` as `service-<hash>-kp/np/tcp/`
fn hidden(line: &str) -> String {
    let kinds = ["service-", "local-", "external-", "endpoint-", "affinity-", "firewall-"];
    let is_hash = |text: &str| text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte));
    kinds.iter().fold(line.to_string(), |line, kind| {
        let mut parts = line.split(kind);
        let mut written = parts.next().unwrap_or("").to_string();
        for part in parts {
            let hash = part.get(..8).is_some_and(is_hash);
            written.push_str(kind);
            written.push_str(if hash { "<hash>" } else { "" });
            written.push_str(if hash { &part[8..] } else { part });
        }
        written
    })
}

#[test]
fn nft_list_has_the_recorded_elements_and_chains_of_each_service() {
    let text = synced(Mode::Nftables).kernel.rules.nft_list(&Affinity::default(), Time::START);
    let ours = objects(&text);
    for (name, one) in file("proxy-nftables.json").get("services").entries() {
        for (object, wanted) in one.entries() {
            let found = ours.get(object.as_str()).unwrap_or_else(|| panic!("no {object} for {name}"));
            // Clients come and go; they are no rules.
            let clients = texts(wanted).iter().position(|line| line.starts_with("elements"));
            let wanted = texts(wanted).into_iter().take(clients.unwrap_or(usize::MAX));
            if object.starts_with("map") {
                let elements: BTreeSet<&str> = found.iter().map(|line| line.trim_end_matches(" }").trim_end_matches(',')).collect();
                wanted.for_each(|element| assert!(elements.contains(element.as_str()), "{element} of {name} in {object}"));
            } else {
                assert_eq!(*found, wanted.collect::<Vec<_>>(), "{object} of {name}");
            }
        }
        let own = ours.keys().filter(|object| object.contains(&format!("kp/{name}/")));
        own.for_each(|object| assert!(one.has(object), "{object} of {name} was not recorded"));
    }
}

#[test]
fn ipvs_has_a_server_for_each_address_of_a_service() {
    let text = synced(Mode::Ipvs).kernel.rules.ipvsadm();
    let cluster_ip = "TCP  10.96.7.10:80 rr\n  -> 10.241.77.1:8080             Masq    1      0          0         \n  -> 10.242.77.1:8080             Masq    1      0          0         \n";
    assert!(text.contains(cluster_ip), "{text}");
    let node_port =
        "TCP  192.168.100.12:30102 rr\n  -> 10.241.77.1:8080             Masq    1      0          0         \nTCP  10.241.0.1:30102";
    assert!(text.contains(node_port), "{text}");
    assert!(text.contains("TCP  10.96.7.21:80 rr persistent 600\n"), "{text}");
}
