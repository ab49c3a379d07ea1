//! Rows of networking.k8s.io: Ingresses, their classes, NetworkPolicies, and the records of Service addresses.
use super::age::since;
use super::{AGE, NAME, Table, none_if_empty, text};
use crate::scale::selector_text;
use crate::store::Kept;
use objects::Tree;
use simcore::Time;
use std::collections::BTreeSet;

fn age(now: Time, kept: &Kept) -> Tree {
    Tree::from(since(now, kept.meta().get("creationTimestamp")))
}

pub(super) const INGRESS: Table = Table {
    columns: &[NAME, text("Class"), text("Hosts"), text("Address"), text("Ports"), AGE],
    cells: |now, kept| {
        let spec = kept.spec();
        vec![
            Tree::from(&kept.key.name),
            none_if_empty(spec.get("ingressClassName").text()),
            Tree::from(hosts(spec.get("rules").items())),
            Tree::from(entrances(kept)),
            Tree::from(if spec.get("tls").is_empty() { "80" } else { "80, 443" }),
            age(now, kept),
        ]
    },
};

/// `a.example.com,b.example.com`, three at most; `*` where no rule names one.
fn hosts(rules: &[Tree]) -> String {
    let named: Vec<&str> = rules.iter().map(|rule| rule.get("host").text()).filter(|host| !host.is_empty()).take(3).collect();
    // Upstream counts the rules behind the one that has the third host, whether they name a host or not.
    let third = rules.iter().enumerate().filter(|(_, rule)| !rule.get("host").is_empty()).nth(2);
    match third {
        _ if named.is_empty() => "*".into(),
        Some((at, _)) if at + 1 < rules.len() => format!("{} + {} more...", named.join(","), rules.len() - 3),
        _ => named.join(","),
    }
}

fn entrances(kept: &Kept) -> String {
    let points = kept.status().at(&["loadBalancer", "ingress"]).items();
    let address = |point: &'static str| move |entry: &Tree| entry.get(point).text().to_string();
    let all: BTreeSet<String> =
        points.iter().map(|entry| if entry.get("ip").is_empty() { address("hostname")(entry) } else { address("ip")(entry) }).collect();
    all.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(",")
}

pub(super) const INGRESS_CLASS: Table = Table {
    columns: &[NAME, text("Controller"), text("Parameters"), AGE],
    cells: |now, kept| {
        let default = kept.annotation("ingressclass.kubernetes.io/is-default-class") == "true";
        let name = &kept.key.name;
        let parameters = kept.spec().get("parameters");
        let group = parameters.get("apiGroup").text();
        let dot = if group.is_empty() { "" } else { "." };
        vec![
            Tree::from(if default { format!("{name} (default)") } else { name.to_string() }),
            Tree::from(kept.spec().get("controller").text()),
            none_if_empty(match parameters {
                Tree::Null => String::new(),
                _ => format!("{}{dot}{group}/{}", parameters.get("kind").text(), parameters.get("name").text()),
            }),
            age(now, kept),
        ]
    },
};

pub(super) const NETWORK_POLICY: Table = Table {
    columns: &[NAME, text("Pod-Selector"), AGE],
    cells: |now, kept| vec![Tree::from(&kept.key.name), none_if_empty(selector_text(kept.spec().get("podSelector"))), age(now, kept)],
};

pub(super) const SERVICE_CIDR: Table = Table {
    columns: &[NAME, text("CIDRs"), AGE],
    cells: |now, kept| {
        let all: Vec<&str> = kept.spec().get("cidrs").items().iter().map(Tree::text).collect();
        vec![Tree::from(&kept.key.name), Tree::from(all.join(",")), age(now, kept)]
    },
};

pub(super) const IP_ADDRESS: Table = Table {
    columns: &[NAME, text("ParentRef"), AGE],
    cells: |now, kept| {
        let parent = kept.spec().get("parentRef");
        let part = |key: &str, before: &str| match parent.get(key).text() {
            "" => String::new(),
            text => format!("{before}{text}"),
        };
        let all = [part("resource", ""), part("group", "."), part("namespace", "/"), part("name", "/")].concat();
        vec![Tree::from(&kept.key.name), none_if_empty(all), age(now, kept)]
    },
};

#[cfg(test)]
mod tests {
    use super::*;
    use objects::map;

    #[test]
    fn three_hosts_are_named_and_the_rest_counted() {
        let rules = |names: &[&str]| hosts(&names.iter().map(|name| map! {"host": *name}).collect::<Vec<_>>());
        assert_eq!(rules(&[]), "*");
        assert_eq!(rules(&[""]), "*");
        assert_eq!(rules(&["a", "b", "c"]), "a,b,c");
        assert_eq!(rules(&["a", "b", "c", "d", "e"]), "a,b,c + 2 more...");
    }
}
