//! Why a connection may be opened, or not: as facts for any language, and as an English sentence.
use super::judge::{Judgement, Side};
use super::member::Peer;
use super::rule::Policy;
use crate::network::{Packet, Protocol};
use objects::{Tree, list, map};

impl Judgement {
    /// `{"allowed": false, "egress": {"verdict": "open"}, "ingress": {"verdict": "denied", "policies": ["shop/web-in"]}}`.
    /// Verdicts: `no-pod`, `itself`, `own-node`, `open`, `allowed` (with `policy` and `rule`, from 0), `denied`.
    pub fn facts(&self) -> Tree {
        map! {"allowed": self.is_allowed(), "egress": facts(&self.egress), "ingress": facts(&self.ingress)}
    }

    /// `Denied: NetworkPolicy shop/web-in selects shop/web for ingress, and no rule of it allows 80/TCP from shop/db.`
    pub fn words(&self, source: &Peer, destination: &Peer, packet: &Packet) -> String {
        let verdict = if self.is_allowed() { "Allowed" } else { "Denied" };
        let reasons: Vec<String> = self.reasons(source, destination, packet).iter().map(sentence).collect();
        format!("{verdict}: {}.", reasons.join("; "))
    }

    /// Why, for other languages to tell: the side that decided, or both.
    pub fn reasons(&self, source: &Peer, destination: &Peer, packet: &Packet) -> Vec<Reason> {
        let (from, to) = (named(source, packet.source.to_string()), named(destination, packet.destination.to_string()));
        let port = match packet.protocol {
            Protocol::Icmp => Protocol::Icmp.word().to_string(),
            protocol => format!("{}/{}", packet.port, protocol.word()),
        };
        let egress = reason(&self.egress, "egress", &from, &port, &to);
        let ingress = reason(&self.ingress, "ingress", &to, &port, &from);
        let told: Vec<Reason> = match (self.egress.is_denied(), self.ingress.is_denied()) {
            (true, false) => egress.into_iter().collect(),
            (false, true) => ingress.into_iter().collect(),
            _ if self.egress == Side::Itself => vec![alone("itself")],
            _ => egress.into_iter().chain(ingress).collect(),
        };
        if told.is_empty() { vec![alone("nobody")] } else { told }
    }
}

/// A word (`itself`, `nobody`, `own-node`, `open`, `allows`, `denies`), the end that is spoken of, `egress` or `ingress`, the
/// policies, the rule (from 1), port with protocol, the other end.
pub type Reason = [String; 7];

fn alone(word: &str) -> Reason {
    let mut reason = Reason::default();
    reason[0] = word.to_string();
    reason
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

fn reason(side: &Side, direction: &str, own: &str, port: &str, other: &str) -> Option<Reason> {
    let (word, policies, rule) = match side {
        Side::NoPod | Side::Itself => return None,
        Side::OwnNode => ("own-node", String::new(), String::new()),
        Side::Open => ("open", String::new(), String::new()),
        Side::Allowed { policy, rule } => ("allows", path(policy), (rule + 1).to_string()),
        Side::Denied { by } => ("denies", by.iter().map(|policy| path(policy)).collect::<Vec<_>>().join(", "), String::new()),
    };
    Some([word.to_string(), own.to_string(), direction.to_string(), policies, rule, port.to_string(), other.to_string()])
}

fn sentence([word, own, direction, policies, rule, port, other]: &Reason) -> String {
    let what = format!("{port} {} {other}", if direction == "egress" { "to" } else { "from" });
    match word.as_str() {
        "itself" => "a Pod always reaches itself".to_string(),
        "own-node" => format!("{own} and its own node always reach each other"),
        "open" => format!("no policy selects {own} for {direction}"),
        "allows" => format!("{direction} rule {rule} of NetworkPolicy {policies} allows {what}"),
        "denies" => {
            let (noun, verb, any) = match policies.contains(", ") {
                false => ("NetworkPolicy", "selects", "no rule of it"),
                true => ("NetworkPolicies", "select", "no rule of any"),
            };
            format!("{noun} {policies} {verb} {own} for {direction}, and {any} allows {what}")
        }
        _ => "no policy is about either end".to_string(),
    }
}
