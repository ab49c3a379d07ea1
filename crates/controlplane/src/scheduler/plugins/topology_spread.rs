//! PodTopologySpread: Pods of one kind are spread over nodes and zones, as a rule or as a wish.
use crate::scheduler::cache::{NodeInfo, PodInfo};
use crate::scheduler::framework::{Cycle, MAX_SCORE, Normalise, Plugin, Refusal, Score};
use objects::labels::Selector;
use objects::terms;
use objects::{Object, Text, Tree};
use std::collections::{BTreeMap, BTreeSet};

pub static PLUGIN: Plugin = Plugin {
    name: "PodTopologySpread",
    filter: Some(filter),
    score: Some(Score { weight: 2, applies, rate, normalise: Normalise::Own(normalise) }),
};

const HOST: &str = "kubernetes.io/hostname";
const ZONE: &str = "topology.kubernetes.io/zone";

/// What is counted once for an attempt.
pub struct SpreadCounts<'a> {
    rules: Vec<Constraint<'a>>,
    wishes: Vec<Constraint<'a>>,
}

struct Constraint<'a> {
    key: Text,
    max_skew: i64,
    min_domains: i64,
    /// Whether the Pod itself is one of those that are counted.
    counts_itself: i64,
    counted: Counted,
    /// How much a Pod in a domain weighs when rating: less where there are few domains.
    weight: i64,
    /// Pods per value of the key; the default's wish about hosts asks each node itself, and has none here.
    domains: BTreeMap<&'a str, i64>,
}

/// Which Pods a constraint counts.
enum Counted {
    /// Those of the same controller: the system's default.
    Sisters(Text),
    Selected(Selector, Text),
}

impl Counted {
    fn on(&self, node: &NodeInfo) -> i64 {
        match self {
            Counted::Sisters(controller) => node.by_controller.get(controller).copied().unwrap_or(0),
            Counted::Selected(selector, namespace) => {
                let here = |pod: &&std::sync::Arc<PodInfo>| pod.key().namespace == *namespace && !pod.object.is_deleting();
                node.pods.values().filter(here).filter(|pod| selector.matches(pod.object.labels())).count() as i64
            }
        }
    }
}

fn counts<'a, 'b>(cycle: &'b Cycle<'a>) -> &'b SpreadCounts<'a> {
    cycle.spread.get_or_init(|| {
        let own = cycle.spec().get("topologySpreadConstraints").items();
        let of = |action: &str| own.iter().filter(|it| it.get("whenUnsatisfiable").text() == action).collect::<Vec<_>>();
        let rules = of("DoNotSchedule").into_iter().map(|it| explicit(cycle, it)).collect();
        let wishes =
            if own.is_empty() { defaults(cycle) } else { of("ScheduleAnyway").into_iter().map(|it| explicit(cycle, it)).collect() };
        SpreadCounts { rules, wishes }
    })
}

/// Without constraints of its own a controlled Pod is spread over hosts (by 3) and zones (by 5).
fn defaults<'a>(cycle: &Cycle<'a>) -> Vec<Constraint<'a>> {
    let controller = &cycle.pod.controller;
    if controller.is_empty() {
        return Vec::new();
    }
    let constraint = |(key, max_skew)| {
        let counted = Counted::Sisters(controller.clone());
        let domains = if key == HOST { BTreeMap::new() } else { domains(cycle, key, &counted, false) };
        let count = if key == HOST { hosts(cycle) } else { domains.len() };
        let weight = log_thousandths(count as u64 + 2);
        Constraint { key: Text::new_static(key), max_skew, min_domains: 1, counts_itself: 1, counted, weight, domains }
    };
    [(HOST, 3), (ZONE, 5)].into_iter().map(constraint).collect()
}

/// Which Pods a constraint of a Pod with these labels counts.
fn selector(constraint: &Tree, labels: &Tree) -> Selector {
    let mut selector = constraint.get("labelSelector").clone();
    for key in constraint.get("matchLabelKeys").items().iter().map(Tree::text).filter(|key| labels.has(key)) {
        selector.set(&["matchLabels", key], labels.get(key));
    }
    Selector::of(&selector).unwrap_or_else(|_| Selector::nothing())
}

/// Whether a rule of the Pod counts another one.
pub fn counts_in(cycle: &Cycle, other: &Object) -> bool {
    let own = &cycle.pod.object;
    let rules =
        cycle.spec().get("topologySpreadConstraints").items().iter().filter(|it| it.get("whenUnsatisfiable").text() == "DoNotSchedule");
    other.key.namespace == own.key.namespace && rules.into_iter().any(|rule| selector(rule, own.labels()).matches(other.labels()))
}

fn explicit<'a>(cycle: &Cycle<'a>, constraint: &Tree) -> Constraint<'a> {
    let labels = cycle.pod.object.labels();
    let selector = selector(constraint, labels);
    let counts_itself = i64::from(selector.matches(labels));
    let counted = Counted::Selected(selector, cycle.pod.key().namespace.clone());
    let key = constraint.get("topologyKey").as_text().cloned().unwrap_or_default();
    let domains = domains(cycle, &key, &counted, constraint.get("nodeTaintsPolicy").text() == "Honor");
    let (max_skew, min_domains) = (constraint.get("maxSkew").int_or(1), constraint.get("minDomains").int_or(1));
    let weight = log_thousandths(domains.len() as u64 + 2);
    Constraint { key, max_skew, min_domains, counts_itself, counted, weight, domains }
}

/// Pods per domain, over the nodes that the Pod's node affinity allows. Tainted nodes count unless it says otherwise.
fn domains<'a>(cycle: &Cycle<'a>, key: &str, counted: &Counted, honor_taints: bool) -> BTreeMap<&'a str, i64> {
    let mut domains = BTreeMap::new();
    let tolerations = cycle.tolerations;
    for node in cycle.cache.nodes() {
        let Some(value) = node.labels.get(key).as_text() else { continue };
        let repels =
            honor_taints && node.taints.iter().any(|taint| taint.effect != "PreferNoSchedule" && !terms::tolerates(tolerations, taint));
        if !repels && (!cycle.picky || terms::node_passes(cycle.spec(), &node.name, &node.labels)) {
            *domains.entry(value.as_str()).or_default() += counted.on(node);
        }
    }
    domains
}

/// How many hosts there are among the nodes that the Pod's node affinity allows, by their labels.
fn hosts(cycle: &Cycle) -> usize {
    let allowed = cycle.cache.nodes().iter().filter(|node| !cycle.picky || terms::node_passes(cycle.spec(), &node.name, &node.labels));
    let named = allowed.filter_map(|node| Some((node.labels.get(HOST).as_text()?, &node.name)));
    // Mostly each node's label is its name, and no two are the same.
    if named.clone().all(|(label, name)| label == name) {
        return named.count();
    }
    named.map(|(label, _)| label).collect::<BTreeSet<_>>().len()
}

fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
    for rule in &counts(cycle).rules {
        let Some(value) = node.labels.get(&rule.key).as_text() else {
            return Err(Refusal::hopeless("node(s) didn't match pod topology spread constraints (missing required label)"));
        };
        let few = (rule.domains.len() as i64) < rule.min_domains;
        let least = if few { 0 } else { rule.domains.values().copied().min().unwrap_or(0) };
        let here = rule.domains.get(value.as_str()).copied().unwrap_or(0);
        if here + rule.counts_itself - least > rule.max_skew {
            return Err(Refusal::for_now("node(s) didn't match pod topology spread constraints"));
        }
    }
    Ok(())
}

fn applies(cycle: &Cycle) -> bool {
    !counts(cycle).wishes.is_empty()
}

/// How crowded the node's domains are, in thousandths; the fewer the better. Smaller domains weigh less.
fn rate(cycle: &Cycle, node: &NodeInfo) -> i64 {
    let crowd = |wish: &Constraint| {
        let Some(value) = node.labels.get(&wish.key).as_text() else { return 0 };
        let here = if wish.key == HOST { wish.counted.on(node) } else { wish.domains.get(value.as_str()).copied().unwrap_or(0) };
        here * wish.weight + (wish.max_skew - 1) * 1000
    };
    let sum: i64 = counts(cycle).wishes.iter().map(crowd).sum();
    (sum + 500) / 1000
}

fn normalise(ratings: &mut [i64]) {
    let (least, greatest) = (ratings.iter().copied().min().unwrap_or(0), ratings.iter().copied().max().unwrap_or(0));
    for rating in ratings {
        *rating = if greatest == 0 { MAX_SCORE } else { MAX_SCORE * (greatest + least - *rating) / greatest };
    }
}

/// The natural logarithm of `number`, in thousandths, by whole numbers only.
fn log_thousandths(number: u64) -> i64 {
    let whole = number.max(1).ilog2();
    // The fraction of the binary logarithm, bit by bit, by squaring a number between 1 and 2.
    let mut mantissa = (u128::from(number.max(1)) << 32) >> whole;
    let mut fraction: u64 = 0;
    for bit in (0..20).rev() {
        mantissa = (mantissa * mantissa) >> 32;
        if mantissa >= 2 << 32 {
            mantissa >>= 1;
            fraction |= 1 << bit;
        }
    }
    let binary = (u64::from(whole) << 20) | fraction;
    // ln 2 = 0.693147
    ((binary * 693_147) >> 20).div_euclid(1000) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logarithms_come_out_right_to_a_thousandth() {
        for (number, logarithm) in [(1, 0), (2, 693), (3, 1098), (5, 1609), (102, 4624)] {
            assert_eq!(log_thousandths(number), logarithm, "{number}");
        }
    }
}
