//! Keeps one Pod of a DaemonSet on every node that it is meant for (kube-controller-manager's daemonset-controller).
mod history;
mod nodes;
mod placing;
mod pods;
mod status;
mod update;

use crate::facts;
use crate::harness::{Controller, Cx, Next, Plan, itself};
use apiserver::client::Note;
use apiserver::{Change, Snapshot};
use objects::labels::Selector;
use objects::{Key, KindId, Object, kinds};
use pods::Scene;

pub static DAEMONSET: Controller = Controller {
    name: "daemonset-controller",
    triggers: &[
        (kinds::DAEMON_SET, itself),
        (kinds::POD, owners_of_a_pod),
        (kinds::NODE, all_when_a_node_differs),
        (kinds::CONTROLLER_REVISION, owners_of_a_revision),
    ],
    workers: 2,
    reconcile,
};

fn owners(change: &Change, kind: KindId) -> Vec<Key> {
    let both = [&change.before, &change.after];
    let mut keys: Vec<Key> = both.into_iter().flatten().filter_map(|kept| facts::controller_key(kept, kind)).collect();
    keys.dedup();
    keys
}

/// The sets that a Pod's change concerns: its owner, its former owner, or for an orphan all that would adopt it.
fn owners_of_a_pod(change: &Change, view: &Snapshot) -> Vec<Key> {
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && same_to_a_set(before, after)
    {
        return Vec::new();
    }
    let mut keys = owners(change, kinds::DAEMON_SET);
    let orphan = change.after.as_ref().filter(|pod| pod.controller().is_null() && !pod.is_deleting());
    keys.extend(orphan.into_iter().flat_map(|pod| {
        let sets = view.list_in(kinds::DAEMON_SET, &pod.key.namespace);
        let takes = |selector: Selector| selector.matches(pod.labels());
        sets.filter(move |set| Selector::of(set.spec().get("selector")).is_ok_and(takes)).map(|set| set.key.clone())
    }));
    keys
}

/// Whether nothing differs that a set counts or places Pods by.
fn same_to_a_set(before: &Object, after: &Object) -> bool {
    facts::phase(before) == facts::phase(after)
        && facts::ready_since(before) == facts::ready_since(after)
        && before.is_deleting() == after.is_deleting()
        && facts::node_name(before) == facts::node_name(after)
        && before.labels() == after.labels()
        && before.controller() == after.controller()
}

fn owners_of_a_revision(change: &Change, _: &Snapshot) -> Vec<Key> {
    owners(change, kinds::DAEMON_SET)
}

/// Every set, when a node came or went, or differs in what decides who runs there. Its heartbeats wake nobody.
fn all_when_a_node_differs(change: &Change, view: &Snapshot) -> Vec<Key> {
    if let (Some(before), Some(after)) = (&change.before, &change.after)
        && (before.spec().same(after.spec()) || before.spec() == after.spec())
        && before.labels() == after.labels()
    {
        return Vec::new();
    }
    view.list(kinds::DAEMON_SET).map(|set| set.key.clone()).collect()
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(set) = cx.view.get(key).filter(|set| !set.is_deleting()) else { return Plan::rest() };
    let Ok(selector) = Selector::of(set.spec().get("selector")) else { return Plan::rest() };
    if selector.is_everything() {
        let message = "This daemon set is selecting all pods. A non-empty selector is required.".to_string();
        let note = Note { about: Note::reference(set), warning: true, reason: "SelectingAll", message };
        return Plan { notes: vec![note], ..Plan::rest() };
    }
    let history = match history::of(cx, set, &selector) {
        Ok(history) => history,
        Err(collision) => return Plan::write(vec![*collision]),
    };
    let scene = Scene::new(cx, set, &selector, history.hash.clone());
    let counts = status::count(&scene);

    let mut writes = history.writes.clone();
    writes.extend(scene.claims());
    let managed = placing::manage(&scene);
    // What was just made or deleted is waited for before the update goes on.
    if managed.writes.is_empty() {
        writes.extend(update::roll(&scene));
    }
    writes.extend(managed.writes);
    writes.extend(history.cleanup(&scene));
    let on_failure = status::write(&scene, &counts);
    writes.extend(on_failure.clone());

    let waits = [managed.again, status::due(&scene, &counts)];
    let next = waits.into_iter().flatten().min().map_or(Next::Settled, |time| Next::After(time.since(cx.now)));
    Plan { notes: managed.notes, on_failure, remember: managed.remember, ..Plan::write(writes) }.next(next)
}
