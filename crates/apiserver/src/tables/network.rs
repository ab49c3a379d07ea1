//! Rows of Services, EndpointSlices and Endpoints.
use super::age::since;
use super::{AGE, NAME, Table, labels, none_if_empty, text, wide};
use crate::store::Kept;
use objects::Tree;

pub(super) const SERVICE: Table = Table {
    columns: &[NAME, text("Type"), text("Cluster-IP"), text("External-IP"), text("Port(s)"), AGE, wide("Selector")],
    cells: |now, kept| {
        let spec = kept.spec();
        vec![
            Tree::from(&kept.key.name),
            Tree::from(spec.get("type").text()),
            none_if_empty(spec.get("clusterIP").text()),
            external(kept),
            none_if_empty(ports(spec)),
            Tree::from(since(now, kept.meta().get("creationTimestamp"))),
            labels(spec.get("selector")),
        ]
    },
};

fn external(kept: &Kept) -> Tree {
    let spec = kept.spec();
    let given: Vec<&str> = spec.get("externalIPs").items().iter().map(Tree::text).collect();
    match spec.get("type").text() {
        "ExternalName" => Tree::from(spec.get("externalName").text()),
        "LoadBalancer" => {
            let points = kept.status().at(&["loadBalancer", "ingress"]).items();
            let mut all: Vec<&str> = points
                .iter()
                .map(|point| if point.get("ip").is_empty() { point.get("hostname").text() } else { point.get("ip").text() })
                .collect();
            all.extend(given);
            Tree::from(if all.is_empty() { "<pending>".to_string() } else { all.join(",") })
        }
        _ => none_if_empty(given.join(",")),
    }
}

/// `80/TCP,443:30555/TCP`
fn ports(spec: &Tree) -> String {
    let one = |port: &Tree| {
        let (number, protocol) = (port.get("port").int_or(0), port.get("protocol").text());
        match port.get("nodePort").int_or(0) {
            0 => format!("{number}/{protocol}"),
            node => format!("{number}:{node}/{protocol}"),
        }
    };
    spec.get("ports").items().iter().map(one).collect::<Vec<_>>().join(",")
}

pub(super) const ENDPOINT_SLICE: Table = Table {
    columns: &[NAME, text("AddressType"), text("Ports"), text("Endpoints"), AGE],
    cells: |now, kept| {
        let ports = kept.tree.get("ports").items().iter().map(|port| port.get("port").to_json());
        let addresses = kept.tree.get("endpoints").items().iter().flat_map(|endpoint| endpoint.get("addresses").items());
        vec![
            Tree::from(&kept.key.name),
            Tree::from(kept.tree.get("addressType").text()),
            Tree::from(first_three(ports.collect())),
            Tree::from(first_three(addresses.map(|address| address.text().to_string()).collect())),
            Tree::from(since(now, kept.meta().get("creationTimestamp"))),
        ]
    },
};

/// `a,b,c + 2 more...`
fn first_three(all: Vec<String>) -> String {
    match all.len() {
        0 => "<unset>".into(),
        1..=3 => all.join(","),
        more => format!("{} + {} more...", all[..3].join(","), more - 3),
    }
}

pub(super) const ENDPOINTS: Table = Table {
    columns: &[NAME, text("Endpoints"), AGE],
    cells: |now, kept| {
        let age = since(now, kept.meta().get("creationTimestamp"));
        vec![Tree::from(&kept.key.name), Tree::from(ready(kept.tree.get("subsets").items())), Tree::from(age)]
    },
};

/// The ready addresses with each port; `<none>` only where there is no subset at all.
fn ready(subsets: &[Tree]) -> String {
    let mut all = Vec::new();
    for subset in subsets {
        let addresses = || subset.get("addresses").items().iter().map(|address| address.get("ip").text());
        let ports = subset.get("ports").items();
        if ports.is_empty() {
            all.extend(addresses().map(String::from));
        }
        for port in ports {
            let number = port.get("port").int_or(0);
            all.extend(addresses().map(|ip| if ip.contains(':') { format!("[{ip}]:{number}") } else { format!("{ip}:{number}") }));
        }
    }
    match all.len() {
        _ if subsets.is_empty() => "<none>".into(),
        0 => String::new(),
        _ => first_three(all),
    }
}
