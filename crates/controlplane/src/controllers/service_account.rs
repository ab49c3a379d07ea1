//! Gives every namespace its `default` service account (serviceaccount-controller).
use crate::harness::{Controller, Cx, Plan, Write, itself};
use apiserver::{Change, Snapshot};
use objects::wire::{Request, Verb};
use objects::{Key, Text, kinds, map};

pub static SERVICE_ACCOUNT: Controller = Controller {
    name: "service-account-controller",
    triggers: &[(kinds::NAMESPACE, itself), (kinds::SERVICE_ACCOUNT, namespace_of)],
    workers: 1,
    reconcile,
};

/// A deleted account may be one that must be there.
fn namespace_of(change: &Change, _: &Snapshot) -> Vec<Key> {
    if !change.is_delete() {
        return Vec::new();
    }
    vec![Key::new(kinds::NAMESPACE, Text::default(), change.key.namespace.clone())]
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let active = cx.view.get(key).is_some_and(|namespace| !namespace.is_deleting());
    if !active || cx.view.find(kinds::SERVICE_ACCOUNT, &key.name, "default").is_some() {
        return Plan::rest();
    }
    let body = map! {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": map! {"name": "default", "namespace": &key.name}};
    let request = Request::about(Verb::Create, kinds::SERVICE_ACCOUNT, key.name.clone(), "").body(body);
    Plan::write(vec![Write::new(request).ignore(&[409])])
}
