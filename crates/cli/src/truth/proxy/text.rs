//! The rules as `iptables-save` and `nft` print them, Service by Service, against the recorded ones.
use crate::truth::Row;
use crate::truth::proxy::node::synced;
use dataplane::network::{Affinity, Mode};
use objects::Tree;
use simcore::Time;
use std::collections::BTreeMap;

/// A row per Service and table: its rules in their order, hashes replaced by what the recording calls them.
pub fn iptables(table: &Tree) -> Result<Vec<Row>, String> {
    let text = named(&synced(Mode::Iptables, table.get("services")).rules.iptables_save(), table.get("hashes"));
    let mut rows = Vec::new();
    for (service, one) in table.get("services").entries() {
        for kind in ["filter", "nat"] {
            let wanted = lines(one.at(&["rules", kind])).join("\n");
            let got = mentioning(&text, kind, service).join("\n");
            // Most Services have nothing in the filter table: no merit.
            if kind == "filter" && wanted.is_empty() && got.is_empty() {
                continue;
            }
            rows.push(Row { name: format!("{service}: iptables {kind}"), wanted, got });
        }
    }
    Ok(rows)
}

/// A row per Service and set, map or chain that mentions it; one more for those that only ours has.
pub fn nftables(table: &Tree, services: &Tree) -> Result<Vec<Row>, String> {
    let ours = objects(&synced(Mode::Nftables, services).rules.nft_list(&Affinity::default(), Time::START));
    let mut rows = Vec::new();
    for (service, one) in table.get("services").entries() {
        for (object, recorded) in one.entries() {
            // Clients come and go; they are no rules.
            let wanted: Vec<String> = lines(recorded).into_iter().take_while(|line| !line.starts_with("elements")).collect();
            let found = ours.get(object.as_str()).cloned().unwrap_or_default();
            let got = if object.starts_with("map") { elements_of(service, services, &found) } else { found };
            rows.push(Row { name: format!("{service}: {object}"), wanted: wanted.join("\n"), got: got.join("\n") });
        }
        let own = ours.keys().filter(|object| object.contains(&format!("kp/{service}/")) && !one.has(object));
        rows.extend(own.map(|object| Row { name: format!("{service}: {object}"), wanted: "nothing".to_string(), got: object.clone() }));
    }
    Ok(rows)
}

fn lines(tree: &Tree) -> Vec<String> {
    tree.items().iter().map(|line| line.text().to_string()).collect()
}

/// The text with each recorded chain's hash written as the recording writes it: `KUBE-SVC-<kp/one>`.
fn named(text: &str, hashes: &Tree) -> String {
    hashes.entries().fold(text.to_string(), |text, (name, hash)| match name.split_once('<') {
        Some((kind, _)) => text.replace(&format!("{kind}{}", hash.text()), name),
        None => text,
    })
}

/// The rules of one table that mention a Service, those in kube-proxy's shared chains first.
fn mentioning(text: &str, table: &str, service: &str) -> Vec<String> {
    let table = text.split(&format!("*{table}\n")).nth(1).and_then(|rest| rest.split("COMMIT").next()).unwrap_or("");
    let about = |line: &&str| ["\"", " ", ">", "@", ":"].iter().any(|end| line.contains(&format!("kp/{service}{end}")));
    let of_service = table.lines().filter(|line| line.starts_with("-A")).filter(about);
    let own = |line: &&str| line.split(' ').nth(1).is_some_and(|chain| chain.contains('<'));
    let (own, shared): (Vec<&str>, Vec<&str>) = of_service.partition(own);
    shared.into_iter().chain(own).map(str::to_string).collect()
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
    let is_hash = |text: &str| text.bytes().all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte));
    kinds.iter().fold(line.to_string(), |line, kind| {
        let mut parts = line.split(kind);
        let first = parts.next().unwrap_or("").to_string();
        parts.fold(first, |written, part| match part.get(..8) {
            Some(start) if is_hash(start) => format!("{written}{kind}<hash>{}", &part[8..]),
            _ => format!("{written}{kind}{part}"),
        })
    })
}

/// The elements of a map that lead to a Service's addresses or node ports.
fn elements_of(service: &str, services: &Tree, found: &[String]) -> Vec<String> {
    let spec = services.at(&[service, "spec"]);
    let ports = || spec.get("ports").items().iter();
    let on_nodes =
        |protocol: &str| ports().map(|port| format!("{protocol} . {} ", port.get("nodePort").int_or(-1))).collect::<Vec<String>>();
    let mut starts = ["tcp", "udp", "sctp"].map(on_nodes).concat();
    starts.push(format!("{} .", spec.get("clusterIP").text()));
    starts.extend(spec.get("externalIPs").items().iter().map(|address| format!("{} .", address.text())));
    let ingress = services.at(&[service, "status", "loadBalancer", "ingress"]).items().iter();
    starts.extend(ingress.map(|one| format!("{} .", one.get("ip").text())));
    let elements = found.iter().map(|line| line.trim_end_matches(" }").trim_end_matches(','));
    elements.filter(|line| starts.iter().any(|start| line.starts_with(start.as_str()))).map(str::to_string).collect()
}
