//! InterPodAffinity: Pods that want to be near, or far from, other Pods.
use crate::scheduler::cache::{NodeInfo, PodInfo, repulsions};
use crate::scheduler::framework::{Cycle, MAX_SCORE, Normalise, Plugin, Refusal, Score};
use apiserver::Snapshot;
use objects::labels::Selector;
use objects::{Object, Text, Tree, kinds};
use std::collections::BTreeMap;

pub static PLUGIN: Plugin = Plugin {
    name: "InterPodAffinity",
    filter: Some(filter),
    score: Some(Score { weight: 2, applies: |cycle| !counts(cycle).liked.is_empty(), rate, normalise: Normalise::Own(normalise) }),
};

/// (topology key, its value) -> a number.
type Domains = BTreeMap<(Text, Text), i64>;

/// What is counted once for an attempt.
#[derive(Default)]
pub struct AffinityCounts {
    attract: Vec<Term>,
    repel: Vec<Term>,
    /// Pods that match all terms of attraction.
    near: Domains,
    /// Pods that match a term of repulsion.
    far: Domains,
    /// Placed Pods that do not want this one near.
    unwelcome: Domains,
    liked: Domains,
}

struct Term {
    key: Text,
    selector: Selector,
    namespaces: Vec<Text>,
}

impl Term {
    fn of(term: &Tree, owner: &Object, view: &Snapshot) -> Term {
        let mut namespaces: Vec<Text> = term.get("namespaces").items().iter().filter_map(|it| it.as_text().cloned()).collect();
        let by_label = term.get("namespaceSelector");
        if let Some(selector) = Selector::of(by_label).ok().filter(|_| !by_label.is_null()) {
            namespaces.extend(view.list(kinds::NAMESPACE).filter(|it| selector.matches(it.labels())).map(|it| it.key.name.clone()));
        } else if namespaces.is_empty() {
            namespaces.push(owner.key.namespace.clone());
        }
        let mut labels = term.get("labelSelector").clone();
        for key in term.get("matchLabelKeys").items().iter().map(Tree::text).filter(|key| owner.labels().has(key)) {
            labels.set(&["matchLabels", key], owner.labels().get(key));
        }
        let selector = Selector::of(&labels).unwrap_or_else(|_| Selector::nothing());
        Term { key: term.get("topologyKey").as_text().cloned().unwrap_or_default(), selector, namespaces }
    }

    fn matches(&self, pod: &Object) -> bool {
        self.namespaces.contains(&pod.key.namespace) && self.selector.matches(pod.labels())
    }

    fn domain(&self, node: &NodeInfo) -> Option<(Text, Text)> {
        Some((self.key.clone(), node.labels.get(&self.key).as_text()?.clone()))
    }
}

/// Whether a Pod with a node is one that this Pod wants near: all its terms of attraction match it.
pub fn attracts(cycle: &Cycle, other: &Object) -> bool {
    matches_all(cycle, "podAffinity", other)
}

/// Whether a Pod with a node keeps this one away: by all this one's terms of repulsion, or by a term of its own.
pub fn repels(cycle: &Cycle, other: &Object) -> bool {
    let own = |term: &Tree| Term::of(term, other, cycle.view).matches(&cycle.pod.object);
    matches_all(cycle, "podAntiAffinity", other) || repulsions(other.spec()).iter().any(own)
}

fn matches_all(cycle: &Cycle, kind: &str, other: &Object) -> bool {
    let terms = required(cycle.spec(), kind);
    !terms.is_empty() && terms.iter().all(|term| Term::of(term, &cycle.pod.object, cycle.view).matches(other))
}

fn required<'a>(spec: &'a Tree, kind: &str) -> &'a [Tree] {
    spec.at(&["affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution"]).items()
}

fn preferred<'a>(spec: &'a Tree, kind: &str) -> &'a [Tree] {
    spec.at(&["affinity", kind, "preferredDuringSchedulingIgnoredDuringExecution"]).items()
}

fn counts<'a>(cycle: &'a Cycle) -> &'a AffinityCounts {
    cycle.affinity.get_or_init(|| {
        let affinity = cycle.spec().get("affinity");
        let speaks = !affinity.get("podAffinity").is_null() || !affinity.get("podAntiAffinity").is_null();
        let mut counts = AffinityCounts::default();
        if !speaks && !cycle.cache.any_repels() {
            return counts;
        }
        let (pod, view) = (&cycle.pod.object, cycle.view);
        let read = |terms: &[Tree]| terms.iter().map(|term| Term::of(term, pod, view)).collect::<Vec<Term>>();
        counts.attract = read(required(cycle.spec(), "podAffinity"));
        counts.repel = read(required(cycle.spec(), "podAntiAffinity"));
        let weighed = |kind, sign: i64| {
            let of = move |it: &Tree| (Term::of(it.get("podAffinityTerm"), pod, view), sign * it.get("weight").int_or(0));
            preferred(cycle.spec(), kind).iter().map(of)
        };
        let wishes: Vec<(Term, i64)> = weighed("podAffinity", 1).chain(weighed("podAntiAffinity", -1)).collect();
        for node in cycle.cache.nodes() {
            for other in node.pods.values() {
                count(&mut counts, cycle, node, other, &wishes);
            }
        }
        counts
    })
}

fn count(counts: &mut AffinityCounts, cycle: &Cycle, node: &NodeInfo, other: &PodInfo, wishes: &[(Term, i64)]) {
    let AffinityCounts { attract, repel, near, far, unwelcome, liked } = counts;
    let add = |into: &mut Domains, term: &Term, weight: i64| {
        if let Some(domain) = term.domain(node) {
            *into.entry(domain).or_default() += weight;
        }
    };
    if !attract.is_empty() && attract.iter().all(|term| term.matches(&other.object)) {
        attract.iter().for_each(|term| add(near, term, 1));
    }
    repel.iter().filter(|term| term.matches(&other.object)).for_each(|term| add(far, term, 1));
    wishes.iter().filter(|(term, _)| term.matches(&other.object)).for_each(|(term, weight)| add(liked, term, *weight));
    if other.repels {
        let terms = repulsions(other.object.spec()).iter().map(|term| Term::of(term, &other.object, cycle.view));
        terms.filter(|term| term.matches(&cycle.pod.object)).for_each(|term| add(unwelcome, &term, 1));
    }
}

fn filter(cycle: &Cycle, node: &NodeInfo) -> Result<(), Refusal> {
    let counts = counts(cycle);
    let any = |domains: &Domains, term: &Term| term.domain(node).is_some_and(|domain| domains.get(&domain).is_some_and(|count| *count > 0));
    if !counts.attract.is_empty() && !is_near(cycle, counts, node) {
        return Err(Refusal::hopeless("node(s) didn't match pod affinity rules"));
    }
    if counts.repel.iter().any(|term| any(&counts.far, term)) {
        return Err(Refusal::for_now("node(s) didn't match pod anti-affinity rules"));
    }
    let unwelcome = |(key, value): &(Text, Text)| node.labels.get(key).as_text() == Some(value);
    if counts.unwelcome.keys().any(unwelcome) {
        return Err(Refusal::for_now("node(s) didn't satisfy existing pods anti-affinity rules"));
    }
    Ok(())
}

/// Whether friends are in every domain of the node, or the Pod is the first of a group that wants itself near.
fn is_near(cycle: &Cycle, counts: &AffinityCounts, node: &NodeInfo) -> bool {
    let Some(domains) = counts.attract.iter().map(|term| term.domain(node)).collect::<Option<Vec<_>>>() else { return false };
    if domains.iter().all(|domain| counts.near.get(domain).is_some_and(|count| *count > 0)) {
        return true;
    }
    counts.near.is_empty() && counts.attract.iter().all(|term| term.matches(&cycle.pod.object))
}

fn rate(cycle: &Cycle, node: &NodeInfo) -> i64 {
    let here = |(key, value): &(Text, Text)| node.labels.get(key).as_text() == Some(value);
    counts(cycle).liked.iter().filter(|(domain, _)| here(domain)).map(|(_, weight)| weight).sum()
}

fn normalise(ratings: &mut [i64]) {
    let (least, greatest) = (ratings.iter().copied().min().unwrap_or(0), ratings.iter().copied().max().unwrap_or(0));
    for rating in ratings {
        *rating = if greatest > least { MAX_SCORE * (*rating - least) / (greatest - least) } else { 0 };
    }
}
