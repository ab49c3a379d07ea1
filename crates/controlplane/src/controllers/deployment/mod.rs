//! Brings a Deployment's Pods to its template through ReplicaSets (kube-controller-manager's deployment-controller).
mod claim;
mod cleanup;
mod progress;
mod proportion;
mod recreate;
mod revision;
mod rolling;
mod scaling;
mod status;
mod strategy;

use crate::facts;
use crate::harness::{Controller, Cx, Next, Plan, Write, itself};
use apiserver::store::Kept;
use apiserver::{Change, Snapshot};
use objects::labels::Selector;
use objects::{Key, Object, kinds};

pub static DEPLOYMENT: Controller = Controller {
    name: "deployment-controller",
    triggers: &[(kinds::DEPLOYMENT, itself), (kinds::REPLICA_SET, owners), (kinds::POD, of_a_deleted_pod)],
    workers: 5,
    reconcile,
};

/// The Deployments that a ReplicaSet's change concerns: owner, former owner, or those that would adopt it.
fn owners(change: &Change, view: &Snapshot) -> Vec<Key> {
    let owner = |kept: &Option<Kept>| kept.as_ref().and_then(|set| facts::controller_key(set, kinds::DEPLOYMENT));
    let orphan = change.after.as_ref().filter(|set| set.controller().is_null() && !set.is_deleting());
    let adopters = orphan.into_iter().flat_map(|set| {
        let all = view.list_in(kinds::DEPLOYMENT, &set.key.namespace);
        all.filter(|it| Selector::of(it.spec().get("selector")).is_ok_and(|selector| selector.matches(set.labels())))
            .map(|it| it.key.clone())
    });
    let mut keys: Vec<Key> = owner(&change.before).into_iter().chain(owner(&change.after)).chain(adopters).collect();
    keys.dedup();
    keys
}

/// A Pod that is gone may be the last of the old ones that a `Recreate` rollout waits for.
fn of_a_deleted_pod(change: &Change, view: &Snapshot) -> Vec<Key> {
    if !change.is_delete() {
        return Vec::new();
    }
    let set = change.before.as_ref().and_then(|pod| facts::controller_key(pod, kinds::REPLICA_SET)).and_then(|key| view.get(&key));
    let deployment = set.and_then(|set| facts::controller_key(set, kinds::DEPLOYMENT));
    deployment.filter(|key| view.get(key).is_some_and(|it| strategy::recreates(it))).into_iter().collect()
}

/// What one step works with.
struct Scene<'a> {
    cx: &'a Cx<'a>,
    deployment: &'a Object,
    /// The set of the present template, if there is one.
    new: Option<&'a Kept>,
    /// All others, oldest first.
    old: Vec<&'a Kept>,
}

impl<'a> Scene<'a> {
    fn all(&self) -> impl Iterator<Item = &'a Kept> + '_ {
        self.old.iter().copied().chain(self.new)
    }

    fn wanted(&self) -> i64 {
        self.deployment.spec().get("replicas").int_or(1)
    }
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(deployment) = cx.view.get(key) else { return Plan::rest() };
    let Ok(selector) = Selector::of(deployment.spec().get("selector")) else { return Plan::rest() };
    let claimed = claim::claim(cx.view, deployment, &selector);
    if !claimed.writes.is_empty() {
        // The sets are seen as our own once the patches are visible; the next look goes on from there.
        return Plan::write(claimed.writes);
    }
    let (new, old) = revision::split(deployment, claimed.sets);
    let scene = Scene { cx, deployment, new, old };
    if deployment.is_deleting() {
        return end(&scene, Vec::new(), status::counted(&scene));
    }
    if let Some(write) = progress::pause_or_resume(&scene) {
        return Plan::write(vec![write]);
    }
    if let Some(plan) = revision::keep_up(&scene) {
        return plan;
    }
    let paused = deployment.spec().get("paused").is_true();
    if paused || scaling::is_scaling(&scene) {
        let mut writes = scaling::scale(&scene);
        if paused {
            writes.extend(cleanup::cleanup(&scene));
        }
        return end(&scene, writes, status::counted(&scene));
    }
    if strategy::recreates(deployment) { recreate::roll(&scene) } else { rolling::roll(&scene) }
}

/// Ends a rollout's step: what was decided, then the status with its progress.
fn roll_on(scene: &Scene, writes: Vec<Write>) -> Plan {
    end(scene, writes, progress::progressed(scene))
}

fn end(scene: &Scene, mut writes: Vec<Write>, status: objects::Tree) -> Plan {
    match status::write(scene.deployment, status) {
        Some(write) => {
            writes.push(write);
            Plan::write(writes)
        }
        None => {
            let next = if writes.is_empty() { progress::next_look(scene) } else { Next::Settled };
            Plan::write(writes).next(next)
        }
    }
}
