//! The sentence about a Pod that fits nowhere, word for word as kube-scheduler says it.
use super::cache::{Cache, PodInfo};
use super::framework::{Attempt, Cycle, filter};
use apiserver::Snapshot;
use objects::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// `0/4 nodes are available: … preemption: 0/4 nodes are available: …`
pub fn unschedulable(attempt: &Attempt, pod: &PodInfo, cache: &Cache, view: &Snapshot) -> String {
    if attempt.nodes == 0 {
        return "no nodes available to schedule pods".to_string();
    }
    let first = availability(attempt.nodes, attempt.reasons());
    if pod.object.spec().get("preemptionPolicy").text() == "Never" {
        return format!("{first} preemption: not eligible due to preemptionPolicy=Never.");
    }
    format!("{first} preemption: {}", availability(attempt.nodes, preemption(attempt, pod, cache, view)))
}

fn availability(nodes: usize, reasons: BTreeMap<Text, usize>) -> String {
    let mut counted: Vec<String> = reasons.into_iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    counted.sort();
    if counted.is_empty() {
        format!("0/{nodes} nodes are available.")
    } else {
        format!("0/{nodes} nodes are available: {}.", counted.join(", "))
    }
}

/// Why evicting Pods would not help, node by node.
fn preemption(attempt: &Attempt, pod: &PodInfo, cache: &Cache, view: &Snapshot) -> BTreeMap<Text, usize> {
    let mut reasons = BTreeMap::new();
    for row in &attempt.rows {
        let Some((_, refusal)) = &row.refusal else { continue };
        let why = if refusal.hopeless {
            vec![Text::new_static("Preemption is not helpful for scheduling")]
        } else {
            without_lesser_pods(&row.node, pod, cache, view)
        };
        for reason in why {
            *reasons.entry(reason).or_default() += 1;
        }
    }
    reasons
}

/// What would still stand in the way if every less important Pod left the node.
fn without_lesser_pods(name: &str, pod: &PodInfo, cache: &Cache, view: &Snapshot) -> Vec<Text> {
    let nobody = || vec![Text::new_static("No preemption victims found for incoming pod")];
    let Some(node) = cache.node(name) else { return nobody() };
    if node.least_priority().is_none_or(|least| least >= pod.priority) {
        return nobody();
    }
    let lesser: Vec<_> = node.pods.values().filter(|other| other.priority < pod.priority).map(|other| other.key().clone()).collect();
    let mut emptied = cache.clone();
    lesser.iter().for_each(|key| emptied.remove_pod(name, key));
    let pod = Arc::new(pod.clone());
    let cycle = Cycle::new(&pod, &emptied, view);
    match emptied.node(name).map(|node| filter(&cycle, node)) {
        Some(Err((_, refusal))) => refusal.reasons,
        // gap: upstream evicts them here; the sentence says what stands in the way of us doing so.
        _ => nobody(),
    }
}
