//! Whether the kubelet takes a Pod that was put on its node without a scheduler (upstream `lifecycle.predicateAdmitHandler`).
use crate::kubelet::client::Asked;
use crate::kubelet::{Kubelet, mirror};
use apiserver::client::Note;
use apiserver::store::Kept;
use objects::resources::Resources;
use objects::terms::{self, Taint};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Object, Quantity, Tree, kinds, map};
use simcore::Time;

/// Why a Pod is turned away.
struct Refusal {
    /// The Pod's `reason`, and its Event's.
    reason: &'static str,
    message: String,
}

impl Refusal {
    fn predicate(name: &'static str, words: &str) -> Refusal {
        Refusal { reason: name, message: format!("Predicate {name} failed: {words}") }
    }

    /// The status of a Pod that is turned away.
    fn status(&self, pod: &Object, now: &str) -> Tree {
        map! {
            "message": format!("Pod was rejected: {}", self.message), "observedGeneration": pod.generation(),
            "phase": "Failed", "reason": self.reason, "startTime": now,
        }
    }
}

impl Kubelet {
    /// Turns a new Pod away that does not fit here, and says why.
    pub(super) fn turns_away(&mut self, now: Time, pod: &Kept, cause: Option<u32>) -> bool {
        if mirror::is_mirror(pod) || self.sandboxes.contains_key(&pod.uid_text()) {
            return false;
        }
        if pod.is_finished() && pod.status().get("containerStatuses").is_empty() {
            // It was turned away before: there is nothing here to look after.
            return true;
        }
        if !is_unasked(pod) {
            return false;
        }
        let Some(node) = self.view.find(kinds::NODE, "", &self.host.name).filter(|node| !node.status().get("allocatable").is_empty())
        else {
            return false;
        };
        let others = self.workers.values().map(|worker| &*worker.pod).filter(|other| !other.is_finished());
        let Some(refusal) = refusal(pod, others, node) else { return false };
        let key = &pod.key;
        let request = Request::about(Verb::Patch(PatchKind::Strategic), kinds::POD, key.namespace.clone(), key.name.clone());
        let request = request.subresource("status").body(map! {"status": refusal.status(pod, &now.rfc3339())});
        self.client.send(Asked::Status(pod.uid_text()), request, cause);
        let note = Note { about: Note::reference(pod), warning: true, reason: refusal.reason, message: refusal.message };
        self.client.note(now, &note, cause);
        true
    }
}

/// Whether a Pod has to be looked at: it is new here, and no scheduler has looked at it.
fn is_unasked(pod: &Object) -> bool {
    let scheduled = pod.status().get("conditions").items().iter().any(|it| it.get("type").text() == "PodScheduled");
    !scheduled && !pod.is_deleting() && !pod.is_finished() && pod.status().get("startTime").is_null()
}

/// What speaks against a Pod on `node`, where `others` are already.
fn refusal<'a>(pod: &Object, others: impl Iterator<Item = &'a Object> + Clone, node: &Object) -> Option<Refusal> {
    let spec = pod.spec();
    too_much(spec, others.clone(), node.status().get("allocatable"))
        .or_else(|| {
            let picky = terms::is_picky(spec) && !terms::node_passes(spec, &node.key.name, node.labels());
            picky.then(|| Refusal::predicate("NodeAffinity", "node(s) didn't match Pod's node affinity/selector"))
        })
        .or_else(|| {
            let taken =
                |port| others.clone().flat_map(|other| terms::host_ports(other.spec())).any(|other| terms::ports_clash(port, other));
            let clashes = terms::host_ports(spec).any(taken);
            clashes.then(|| Refusal::predicate("NodePorts", "node(s) didn't have free ports for the requested pod ports"))
        })
        .or_else(|| {
            let taints = node.spec().get("taints").items().iter().map(Taint::of);
            let mut strict = taints.filter(|taint| taint.effect == "NoExecute");
            let repelled = strict.any(|taint| !terms::tolerates(spec.get("tolerations").items(), &taint));
            repelled.then(|| Refusal::predicate("TaintToleration", "node(s) had untolerated taints"))
        })
}

/// The first resource of which the node has not enough left.
fn too_much<'a>(spec: &Tree, others: impl Iterator<Item = &'a Object>, allocatable: &Tree) -> Option<Refusal> {
    let (mut used, mut count) = (Resources::default(), 0);
    for other in others {
        used.add(&Resources::requested(other.spec()));
        count += 1;
    }
    let (wanted, all) = (Resources::requested(spec), Resources::of(allocatable));
    let short = |reason: &'static str, wanted: i64, used: i64, all: i64| {
        let name = &reason["OutOf".len()..];
        let words = format!("Node didn't have enough resource: {name}, requested: {wanted}, used: {used}, capacity: {all}");
        (wanted > 0 && wanted > all - used).then_some(Refusal { reason, message: words })
    };
    short("OutOfpods", 1, count, Quantity::of(allocatable.get("pods")).as_units())
        .or_else(|| short("OutOfcpu", wanted.cpu, used.cpu, all.cpu))
        .or_else(|| short("OutOfmemory", wanted.memory, used.memory, all.memory))
        .or_else(|| short("OutOfephemeral-storage", wanted.storage, used.storage, all.storage))
}
