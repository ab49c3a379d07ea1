//! Why a connection may be opened, or not: as facts for any language, and as an English sentence.
use super::judge::{Judgement, Side};
use super::member::Peer;
use super::rule::Policy;
use crate::network::Packet;
use objects::{Tree, list, map};

impl Judgement {
    /// `{"allowed": false, "egress": {"verdict": "open"}, "ingress": {"verdict": "denied", "policies": ["shop/web-in"]}}`.
    /// Verdicts: `no-pod`, `itself`, `own-node`, `open`, `allowed` (with `policy` and `rule`, from 0), `denied`.
    pub fn facts(&self) -> Tree {
        map! {"allowed": self.is_allowed(), "egress": facts(&self.egress), "ingress": facts(&self.ingress)}
    }

    /// `Denied: NetworkPolicy shop/web-in selects shop/web for ingress, and no rule of it allows 80/TCP from shop/db.`
    pub fn words(&self, source: &Peer, destination: &Peer, packet: &Packet) -> String {
        let (from, to) = (named(source, packet.source.to_string()), named(destination, packet.destination.to_string()));
        let what = format!("{}/{}", packet.port, packet.protocol.word());
        let egress = told(&self.egress, "egress", &from, &format!("{what} to {to}"));
        let ingress = told(&self.ingress, "ingress", &to, &format!("{what} from {from}"));
        let verdict = if self.is_allowed() { "Allowed" } else { "Denied" };
        let reasons: Vec<String> = match (self.egress.is_denied(), self.ingress.is_denied()) {
            (true, false) => vec![egress],
            (false, true) => vec![ingress],
            _ if self.egress == Side::Itself => vec!["a Pod always reaches itself".into()],
            _ => [egress, ingress].into_iter().filter(|text| !text.is_empty()).collect(),
        };
        let reasons = if reasons.is_empty() { "no policy is about either end".to_string() } else { reasons.join("; ") };
        format!("{verdict}: {reasons}.")
    }
}

fn facts(side: &Side) -> Tree {
    let verdict = |word: &str| map! {"verdict": word};
    match side {
        Side::NoPod => verdict("no-pod"),
        Side::Itself => verdict("itself"),
        Side::OwnNode => verdict("own-node"),
        Side::Open => verdict("open"),
        Side::Allowed { policy, rule } => map! {"verdict": "allowed", "policy": path(policy), "rule": *rule},
        Side::Denied { by } => {
            let mut tree = map! {"verdict": "denied", "policies": list![]};
            tree.edit(&["policies"]).list_mut().extend(by.iter().map(|policy| Tree::from(path(policy))));
            tree
        }
    }
}

fn path(policy: &Policy) -> String {
    format!("{}/{}", policy.namespace, policy.name)
}

fn named(peer: &Peer, address: String) -> String {
    match peer {
        Peer::Pod(pod) => format!("{}/{}", pod.namespace, pod.name),
        Peer::Node(node) => format!("node {node}"),
        Peer::Outside => address,
    }
}

fn told(side: &Side, direction: &str, own: &str, what: &str) -> String {
    match side {
        Side::NoPod | Side::Itself => String::new(),
        Side::OwnNode => format!("{own} and its own node always reach each other"),
        Side::Open => format!("no policy selects {own} for {direction}"),
        Side::Allowed { policy, rule } => {
            format!("{direction} rule {} of NetworkPolicy {} allows {what}", rule + 1, path(policy))
        }
        Side::Denied { by } => {
            let all: Vec<String> = by.iter().map(|policy| path(policy)).collect();
            let (noun, verb, any) = if all.len() == 1 {
                ("NetworkPolicy", "selects", "no rule of it")
            } else {
                ("NetworkPolicies", "select", "no rule of any")
            };
            format!("{noun} {} {verb} {own} for {direction}, and {any} allows {what}", all.join(", "))
        }
    }
}
