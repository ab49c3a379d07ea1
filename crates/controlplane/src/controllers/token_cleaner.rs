//! Deletes the Secrets of bootstrap tokens whose time is over (token-cleaner-controller).
use crate::harness::{Controller, Cx, Plan, Write};
use apiserver::{Change, Snapshot};
use objects::wire::{Request, Verb};
use objects::{Key, Object, base64, kinds, map};
use simcore::Time;

pub static TOKEN_CLEANER: Controller =
    Controller { name: "token-cleaner-controller", triggers: &[(kinds::SECRET, tokens)], workers: 1, reconcile };

fn is_token(secret: &Object) -> bool {
    secret.key.namespace == "kube-system" && secret.tree.get("type").text() == "bootstrap.kubernetes.io/token"
}

fn tokens(change: &Change, _: &Snapshot) -> Vec<Key> {
    let found = change.after.as_ref().is_some_and(|secret| is_token(secret));
    if found { vec![change.key.clone()] } else { Vec::new() }
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    let Some(secret) = cx.view.get(key).filter(|secret| !secret.is_deleting()) else { return Plan::rest() };
    let said = base64::decode_text(secret.tree.at(&["data", "expiration"]).text()).unwrap_or_default();
    let Some(until) = Time::parse(&said) else { return Plan::rest() };
    if until > cx.now {
        return Plan::rest().at(cx.now, until);
    }
    let request = Request::about(Verb::Delete, kinds::SECRET, key.namespace.clone(), key.name.clone());
    let same = map! {"preconditions": map! {"uid": secret.uid_text()}};
    Plan::write(vec![Write::new(request.body(same)).ignore(&[404, 409])])
}
