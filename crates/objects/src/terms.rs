//! Node selector terms, tolerations, host ports: the small languages in which Pods speak of nodes.
use crate::{Text, Tree};

/// A taint of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Taint {
    pub key: Text,
    pub value: Text,
    pub effect: Text,
}

impl Taint {
    /// As a Node's `spec.taints` has it.
    pub fn of(taint: &Tree) -> Taint {
        let text = |key: &str| taint.get(key).as_text().cloned().unwrap_or_default();
        Taint { key: text("key"), value: text("value"), effect: text("effect") }
    }
}

/// Whether a Pod's spec limits the nodes that it may run on.
pub fn is_picky(spec: &Tree) -> bool {
    let required = spec.at(&["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]);
    !spec.get("nodeSelector").is_empty() || !required.is_null()
}

/// Whether a node passes the Pod's `nodeSelector` and required node affinity.
pub fn node_passes(spec: &Tree, name: &str, labels: &Tree) -> bool {
    let selector = spec.get("nodeSelector");
    let chosen = selector.entries().all(|(key, value)| labels.has(key) && labels.get(key) == value);
    let required = spec.at(&["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"]);
    chosen && (required.is_null() || required.get("nodeSelectorTerms").items().iter().any(|term| term_passes(term, name, labels)))
}

/// Whether a node passes one term: all its expressions and fields. An empty term passes nothing.
pub fn term_passes(term: &Tree, name: &str, labels: &Tree) -> bool {
    let (expressions, fields) = (term.get("matchExpressions").items(), term.get("matchFields").items());
    if expressions.is_empty() && fields.is_empty() {
        return false;
    }
    let by_label = |it: &Tree| expression_passes(it, labels.get(it.get("key").text()).as_text());
    let field = Text::new(name);
    expressions.iter().all(by_label) && fields.iter().all(|it| expression_passes(it, Some(&field)))
}

fn expression_passes(expression: &Tree, value: Option<&Text>) -> bool {
    let values = expression.get("values").items();
    let named = value.is_some_and(|value| values.iter().any(|it| it.as_text() == Some(value)));
    let numbers = || Some((value?.parse::<i64>().ok()?, values.first()?.text().parse::<i64>().ok()?));
    match expression.get("operator").text() {
        "In" => named,
        "NotIn" => !named,
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => numbers().is_some_and(|(value, bound)| value > bound),
        "Lt" => numbers().is_some_and(|(value, bound)| value < bound),
        _ => false,
    }
}

/// Whether one of the tolerations lets `taint` pass.
pub fn tolerates(tolerations: &[Tree], taint: &Taint) -> bool {
    tolerations.iter().any(|it| tolerated_by(it, taint))
}

pub fn tolerated_by(toleration: &Tree, taint: &Taint) -> bool {
    let (effect, key) = (toleration.get("effect").text(), toleration.get("key").text());
    if (!effect.is_empty() && effect != taint.effect) || (!key.is_empty() && key != taint.key) {
        return false;
    }
    match toleration.get("operator").text() {
        "" | "Equal" => toleration.get("value").text() == taint.value,
        "Exists" => true,
        _ => false,
    }
}

/// (address, protocol, port) of each host port that a Pod's spec wants.
pub fn host_ports(spec: &Tree) -> impl Iterator<Item = (&str, &str, i64)> {
    let ports = spec.get("containers").items().iter().flat_map(|container| container.get("ports").items());
    ports.filter_map(|port| {
        let number = port.get("hostPort").as_int().filter(|number| *number > 0)?;
        let protocol = if port.get("protocol").is_null() { "TCP" } else { port.get("protocol").text() };
        Some((port.get("hostIP").text(), protocol, number))
    })
}

/// Whether two host ports cannot be had on one node.
pub fn ports_clash(one: (&str, &str, i64), other: (&str, &str, i64)) -> bool {
    let everywhere = |address: &str| matches!(address, "" | "0.0.0.0" | "::");
    (one.1, one.2) == (other.1, other.2) && (everywhere(one.0) || everywhere(other.0) || one.0 == other.0)
}
