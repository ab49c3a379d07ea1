//! Publishes the cluster's certificate authority into every namespace (root-ca-cert-publisher).
use crate::harness::{Controller, Cx, Plan, Write, itself};
use apiserver::{Change, Snapshot};
use objects::wire::{Request, Verb};
use objects::{Key, Text, Tree, kinds, map};

pub static ROOT_CA: Controller = Controller {
    name: "root-ca-cert-publisher",
    triggers: &[(kinds::NAMESPACE, itself), (kinds::CONFIG_MAP, namespace_of)],
    workers: 1,
    reconcile,
};

const NAME: &str = "kube-root-ca.crt";
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints \
    such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
/// Nothing here verifies it: the tank has no real keys.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nS3ViYXJpdW06IGEgY2x1c3RlciBpbiBhIGdsYXNzIHRhbms=\n-----END CERTIFICATE-----\n";

fn namespace_of(change: &Change, _: &Snapshot) -> Vec<Key> {
    if change.key.name != NAME || change.is_create() {
        return Vec::new();
    }
    vec![Key::new(kinds::NAMESPACE, Text::default(), change.key.namespace.clone())]
}

fn reconcile(cx: &Cx, key: &Key) -> Plan {
    if cx.view.get(key).is_none_or(|namespace| namespace.is_deleting()) {
        return Plan::rest();
    }
    let data = map! {"ca.crt": CERTIFICATE};
    let Some(map) = cx.view.find(kinds::CONFIG_MAP, &key.name, NAME) else {
        let annotations = map! {"kubernetes.io/description": DESCRIPTION};
        let meta = map! {"name": NAME, "namespace": &key.name, "annotations": annotations};
        let body = map! {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data};
        let request = Request::about(Verb::Create, kinds::CONFIG_MAP, key.name.clone(), "").body(body);
        return Plan::write(vec![Write::new(request).ignore(&[409])]);
    };
    if *map.tree.get("data") == data {
        return Plan::rest();
    }
    let mut body: Tree = map.tree.clone();
    body.set(&["data"], data);
    Plan::write(vec![Write::new(Request::about(Verb::Update, kinds::CONFIG_MAP, key.name.clone(), NAME).body(body))])
}
