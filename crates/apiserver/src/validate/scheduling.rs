//! What a Pod says about nodes: tolerations, affinity, spread, gates.
use super::path::{Faults, Path};
use super::{selector, words};
use objects::Tree;

const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

pub(super) fn tolerations(list: &Tree, path: Path, faults: &mut Faults) {
    for (at, toleration) in list.items().iter().enumerate() {
        let here = path.item(at);
        let (key, operator, effect) = (toleration.get("key"), toleration.get("operator"), toleration.get("effect"));
        if !key.is_empty() {
            faults.by(here.field("key"), key, words::qualified);
        }
        if key.is_empty() && operator.text() != "Exists" {
            let words = "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            faults.invalid(here.field("operator"), operator.text(), words);
        }
        if toleration.has("tolerationSeconds") && effect.text() != "NoExecute" {
            faults.invalid(here.field("effect"), effect.text(), "effect must be 'NoExecute' when `tolerationSeconds` is set");
        }
        match operator.text() {
            "" | "Equal" => faults.by(here.field("operator"), toleration.get("value"), words::label_value),
            "Exists" => {
                if !toleration.get("value").is_empty() {
                    faults.invalid(here.field("operator"), toleration.get("value"), "value must be empty when `operator` is 'Exists'");
                }
            }
            "Lt" | "Gt" => {}
            _ => faults.not_supported(here.field("operator"), operator, &["Equal", "Exists"]),
        }
        if !effect.is_empty() {
            faults.one_of(here.field("effect"), effect, &EFFECTS);
        }
    }
}

pub(super) fn gates(list: &Tree, path: Path, faults: &mut Faults) {
    for (at, gate) in list.items().iter().enumerate() {
        let here = path.item(at);
        if gate.get("name").is_empty() {
            faults.required(here.field("name"), "");
        } else {
            faults.by(here.field("name"), gate.get("name"), words::qualified);
        }
    }
}

pub(super) fn spread(list: &Tree, path: Path, faults: &mut Faults) {
    for (at, constraint) in list.items().iter().enumerate() {
        let here = path.item(at);
        let skew = constraint.get("maxSkew");
        if skew.int_or(0) <= 0 {
            faults.invalid(here.field("maxSkew"), skew.int_or(0), "must be greater than zero");
        }
        if constraint.get("topologyKey").is_empty() {
            faults.required(here.field("topologyKey"), "can not be empty");
        }
        let action = constraint.get("whenUnsatisfiable");
        faults.one_of(here.field("whenUnsatisfiable"), &Tree::from(action.text()), &["DoNotSchedule", "ScheduleAnyway"]);
        selector::label_selector(constraint.get("labelSelector"), here.field("labelSelector"), faults);
    }
}

pub(super) fn affinity(affinity: &Tree, path: Path, faults: &mut Faults) {
    let node = path.field("nodeAffinity");
    let wanted = affinity.get("nodeAffinity");
    let required = wanted.get("requiredDuringSchedulingIgnoredDuringExecution");
    if !required.is_null() {
        let here = node.field("requiredDuringSchedulingIgnoredDuringExecution");
        let terms = here.field("nodeSelectorTerms");
        if required.get("nodeSelectorTerms").is_empty() {
            faults.required(terms, "must have at least one node selector term");
        }
        for (at, term) in required.get("nodeSelectorTerms").items().iter().enumerate() {
            node_term(term, terms.item(at), faults);
        }
    }
    let here = node.field("preferredDuringSchedulingIgnoredDuringExecution");
    for (at, preferred) in wanted.get("preferredDuringSchedulingIgnoredDuringExecution").items().iter().enumerate() {
        weight(preferred.get("weight"), here.item(at).field("weight"), faults);
        node_term(preferred.get("preference"), here.item(at).field("preference"), faults);
    }
    for key in ["podAffinity", "podAntiAffinity"] {
        pod_affinity(affinity.get(key), path.field(key), faults);
    }
}

fn weight(weight: &Tree, path: Path, faults: &mut Faults) {
    if !(1..=100).contains(&weight.int_or(0)) {
        faults.invalid(path, weight.int_or(0), "must be in the range 1-100");
    }
}

fn node_term(term: &Tree, path: Path, faults: &mut Faults) {
    let list = path.field("matchExpressions");
    for (at, rule) in term.get("matchExpressions").items().iter().enumerate() {
        let here = list.item(at);
        let values = rule.get("values").items().len();
        match rule.get("operator").text() {
            "In" | "NotIn" if values == 0 => {
                faults.required(here.field("values"), "must be specified when `operator` is 'In' or 'NotIn'");
            }
            "Exists" | "DoesNotExist" if values > 0 => {
                faults.forbidden(here.field("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
            }
            "Gt" | "Lt" if values != 1 => {
                faults.required(here.field("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" | "Gt" | "Lt" => {}
            _ => faults.invalid(here.field("operator"), rule.get("operator").text(), "not a valid selector operator"),
        }
        faults.by(here.field("key"), rule.get("key"), words::qualified);
    }
}

fn pod_affinity(rules: &Tree, path: Path, faults: &mut Faults) {
    let here = path.field("requiredDuringSchedulingIgnoredDuringExecution");
    for (at, term) in rules.get("requiredDuringSchedulingIgnoredDuringExecution").items().iter().enumerate() {
        pod_term(term, here.item(at), faults);
    }
    let here = path.field("preferredDuringSchedulingIgnoredDuringExecution");
    for (at, preferred) in rules.get("preferredDuringSchedulingIgnoredDuringExecution").items().iter().enumerate() {
        weight(preferred.get("weight"), here.item(at).field("weight"), faults);
        pod_term(preferred.get("podAffinityTerm"), here.item(at).field("podAffinityTerm"), faults);
    }
}

fn pod_term(term: &Tree, path: Path, faults: &mut Faults) {
    selector::label_selector(term.get("labelSelector"), path.field("labelSelector"), faults);
    if term.get("topologyKey").is_empty() {
        faults.required(path.field("topologyKey"), "can not be empty");
    } else {
        faults.by(path.field("topologyKey"), term.get("topologyKey"), words::qualified);
    }
}
