//! `kubectl describe networkpolicy`.
use super::parts::fields::{annotations, labels, plain, selector};
use super::parts::page::Page;
use objects::Tree;

/// How one direction of a policy is told.
struct Direction {
    key: &'static str,
    peers: &'static str,
    kind: &'static str,
    title: &'static str,
    other_end: &'static str,
}

const DIRECTIONS: [Direction; 2] = [
    Direction { key: "ingress", peers: "from", kind: "Ingress", title: "From", other_end: "source" },
    Direction { key: "egress", peers: "to", kind: "Egress", title: "To", other_end: "destination" },
];

/// The policy's text, mirroring upstream's `describeNetworkPolicy`; it shows no events.
pub fn describe(policy: &Tree) -> String {
    let mut page = Page::new();
    let meta = policy.get("metadata");
    page.field(0, "Name", meta.get("name").text());
    page.field(0, "Namespace", meta.get("namespace").text());
    page.field(0, "Created on", &meta.get("creationTimestamp").text().replace('T', " ").replace('Z', " +0000 UTC"));
    labels(&mut page, "Labels", meta.get("labels"));
    annotations(&mut page, "Annotations", meta.get("annotations"));
    body(&mut page, policy.get("spec"));
    page.finish()
}

fn body(page: &mut Page, spec: &Tree) {
    page.line(0, "Spec:");
    let pods = spec.get("podSelector");
    let all = pods.get("matchLabels").is_empty() && pods.get("matchExpressions").is_empty();
    let chosen = if all { "<none> (Allowing the specific traffic to all pods in this namespace)".to_string() } else { selector(pods) };
    page.line(1, &format!("PodSelector:     {chosen}"));
    let types: Vec<&str> = spec.get("policyTypes").items().iter().map(Tree::text).collect();
    for direction in &DIRECTIONS {
        if types.contains(&direction.kind) {
            page.line(1, &format!("Allowing {} traffic:", direction.key));
            rules(page, direction, spec.get(direction.key).items());
        } else {
            page.line(1, &format!("Not affecting {} traffic", direction.key));
        }
    }
    page.line(1, &format!("Policy Types: {}", types.join(", ")));
}

fn rules(page: &mut Page, direction: &Direction, rules: &[Tree]) {
    if rules.is_empty() {
        page.line(2, &format!("<none> (Selected pods are isolated for {} connectivity)", direction.key));
    }
    for (at, rule) in rules.iter().enumerate() {
        if at > 0 {
            page.line(2, "----------");
        }
        let ports = rule.get("ports").items();
        if ports.is_empty() {
            page.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        ports.iter().for_each(|item| page.line(2, &port(item)));
        let peers = rule.get(direction.peers).items();
        if peers.is_empty() {
            page.line(2, &format!("{}: <any> (traffic not restricted by {})", direction.title, direction.other_end));
        }
        for item in peers {
            page.line(2, &format!("{}:", direction.title));
            peer(page, item);
        }
    }
}

fn port(item: &Tree) -> String {
    let protocol = if item.get("protocol").is_null() { "TCP" } else { item.get("protocol").text() };
    // Go prints a pointer to nothing so.
    let first = if item.get("port").is_null() { "<nil>".to_string() } else { plain(item.get("port")) };
    match item.get("endPort") {
        Tree::Null => format!("To Port: {first}/{protocol}"),
        last => format!("To Port Range: {first}-{}/{protocol}", plain(last)),
    }
}

fn peer(page: &mut Page, item: &Tree) {
    for (key, title) in [("namespaceSelector", "NamespaceSelector"), ("podSelector", "PodSelector")] {
        if item.has(key) {
            page.line(3, &format!("{title}: {}", selector(item.get(key))));
        }
    }
    let block = item.get("ipBlock");
    if !block.is_null() {
        page.line(3, "IPBlock:");
        page.line(4, &format!("CIDR: {}", block.get("cidr").text()));
        let except: Vec<&str> = block.get("except").items().iter().map(Tree::text).collect();
        page.line(4, &format!("Except: {}", except.join(", ")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that a real kubectl printed.
    #[test]
    fn peers_and_ports_are_told_rule_by_rule() {
        let policy = r#"{"metadata":{"name":"web-in","namespace":"ingress-netpol","creationTimestamp":"2026-11-23T05:03:06Z"},"spec":{"podSelector":{"matchLabels":{"app":"web"}},"policyTypes":["Ingress"],"ingress":[{"from":[{"podSelector":{"matchLabels":{"role":"client"}}},{"namespaceSelector":{}},{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}}],"ports":[{"port":80,"protocol":"TCP"}]}]}}"#;
        let text = "Name:         web-in\nNamespace:    ingress-netpol\nCreated on:   2026-11-23 05:03:06 +0000 UTC\nLabels:       <none>\nAnnotations:  <none>\nSpec:\n  PodSelector:     app=web\n  Allowing ingress traffic:\n    To Port: 80/TCP\n    From:\n      PodSelector: role=client\n    From:\n      NamespaceSelector: <none>\n    From:\n      IPBlock:\n        CIDR: 10.0.0.0/8\n        Except: 10.1.0.0/16\n  Not affecting egress traffic\n  Policy Types: Ingress\n";
        assert_eq!(describe(&Tree::from_json(policy).unwrap()), text);
    }
}
