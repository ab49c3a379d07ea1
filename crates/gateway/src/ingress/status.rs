//! What the ingress controller tells of Ingresses: the Event that it has seen them, and once a minute their address.
use crate::kinds as names;
use apiserver::client::Note;
use apiserver::{Change, Snapshot};
use controlplane::harness::{Controller, Cx, Plan, Write, itself};
use objects::wire::{PatchKind, Request, Verb};
use objects::{Key, Tree, kinds, map};
use simcore::{Duration, Time};

pub static INGRESS: &[&Controller] = &[&SYNC];

static SYNC: Controller = Controller {
    name: "ingress-controller",
    triggers: &[(kinds::INGRESS, itself), (kinds::INGRESS_CLASS, all), (kinds::SERVICE, of_the_front)],
    workers: 1,
    reconcile,
};

/// How often addresses are written (ingress-nginx `status.UpdateInterval`).
const INTERVAL: Duration = Duration::secs(60);

fn all(_: &Change, view: &Snapshot) -> Vec<Key> {
    view.list(kinds::INGRESS).map(|ingress| ingress.key.clone()).collect()
}

fn of_the_front(change: &Change, view: &Snapshot) -> Vec<Key> {
    let is_front = |(namespace, name): &(&str, &str)| change.key.namespace == *namespace && change.key.name == *name;
    if names::INGRESS_SERVICES.iter().any(is_front) { all(change, view) } else { Vec::new() }
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(ingress) = cx.view.get(key).filter(|ingress| names::is_our_ingress(cx.view, ingress) && !ingress.is_deleting()) else {
        return Plan::rest();
    };
    let addresses = names::addresses(cx.view, names::ingress_service(cx.view));
    let wanted = Tree::from(addresses.iter().map(|ip| map! {"ip": ip.as_str()}).collect::<Vec<Tree>>());
    let stands = ingress.status().at(&["loadBalancer", "ingress"]);
    let due = due(cx.started, cx.now);
    let mut plan = match (stands.same(&wanted) || (addresses.is_empty() && stands.is_empty()), due) {
        (true, _) => Plan::rest(),
        (false, None) => {
            let (namespace, name) = (key.namespace.clone(), key.name.clone());
            let request = Request::about(Verb::Patch(PatchKind::Merge), kinds::INGRESS, namespace, name).subresource("status");
            Plan::write(vec![Write::new(request.body(map! {"status": map! {"loadBalancer": map! {"ingress": wanted}}})).ignore(&[404])])
        }
        (false, Some(at)) => Plan::rest().at(cx.now, at),
    };
    let seen = ingress.revision.to_string();
    if cx.memory.text() != seen {
        let message = "Scheduled for sync".to_string();
        plan.notes.push(Note { about: Note::reference(ingress), warning: false, reason: "Sync", message });
        plan.remember = Some(Tree::from(seen.as_str()));
    }
    plan
}

/// The next instant at which addresses are written; `None` where it is now.
fn due(started: Time, now: Time) -> Option<Time> {
    let past = now.since(started).0 % INTERVAL.0;
    (past > Duration::millis(500).0).then(|| now + Duration(INTERVAL.0 - past))
}
