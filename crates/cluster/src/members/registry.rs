//! The API's objects as keys of etcd: `/registry/pods/default/web`.
use apiserver::{Snapshot, Store};
use etcd::ctl::{Found, Keys};
use etcd::server::Version;
use objects::{Key, KindId, Object, Text, Tree, kinds};

/// Resources that are stored under another name than they are served by (kube-apiserver's storage factory).
const OLD_NAMES: &[(&str, &str)] =
    &[("nodes", "minions"), ("endpoints", "services/endpoints"), ("services", "services/specs"), ("ingresses", "ingress")];

/// The path of a kind: custom resources stand below their group.
fn path(kind: KindId) -> String {
    let row = kind.row();
    let name = OLD_NAMES.iter().find(|(served, _)| *served == row.plural).map_or(row.plural, |(_, stored)| stored);
    if row.is_custom() { format!("{}/{name}", row.group) } else { name.to_string() }
}

fn kinds() -> impl Iterator<Item = KindId> {
    (0..kinds::KINDS.len() as u16).map(KindId)
}

/// The key of an object of the API.
pub(crate) fn name(key: &Key) -> String {
    format!("/registry/{}/{}", path(key.kind), key.path())
}

/// A resource of the API as HTTP names it: `/apis/apps/v1/namespaces/default/deployments`.
pub(crate) fn address(group: &str, version: &str, namespace: &str, plural: &str) -> String {
    let root = if group.is_empty() { "/api/" } else { "/apis/" };
    let (slash, place) = if group.is_empty() { ("", "") } else { ("/", group) };
    let within = if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
    format!("{root}{place}{slash}{version}{within}/{plural}")
}

/// An object of the API as HTTP names it.
pub(crate) fn served(key: &Key) -> String {
    let row = key.kind.row();
    format!("{}/{}", address(row.group, row.version, &key.namespace, row.plural), key.name)
}

fn found(prefix: &str, kept: &Object) -> Found {
    let key = format!("{prefix}{}", kept.key.path());
    let created = kept.revision;
    let value = Some(kept.tree.to_json().into());
    Found { key: key.into(), version: Version { created, modified: kept.revision, version: 1, value }, lease: 0 }
}

/// Objects whose keys are asked for. Values are JSON here; upstream stores protobuf.
pub(crate) fn find(view: &Snapshot, keys: &Keys) -> Vec<Found> {
    let mut all = Vec::new();
    for kind in kinds() {
        let prefix = format!("/registry/{}/", path(kind));
        let may_hold = match keys {
            Keys::One(key) => key.starts_with(&prefix),
            Keys::Prefix(wanted) => wanted.starts_with(&prefix) || prefix.starts_with(wanted.as_str()),
            _ => true,
        };
        if may_hold {
            let wanted = view.list(kind).filter(|kept| keys.contains(&format!("{prefix}{}", kept.key.path())));
            all.extend(wanted.map(|kept| found(&prefix, kept)));
        }
    }
    all
}

/// Undoes what came after `revision`.
pub(crate) fn look_back(all: &mut Vec<Found>, store: &Store, keys: &Keys, revision: u64) {
    let Ok(changes) = store.since(revision) else { return };
    let changes: Vec<_> = changes.collect();
    for change in changes.iter().rev() {
        let prefix = format!("/registry/{}/", path(change.key.kind));
        let key = format!("{prefix}{}", change.key.path());
        if keys.contains(&key) {
            all.retain(|found| *found.key != *key);
            all.extend(change.before.as_deref().map(|before| found(&prefix, before)));
        }
    }
}

/// The object behind a key; `None` for keys of nobody's.
pub(crate) fn key(text: &str) -> Option<Key> {
    let rest = text.strip_prefix("/registry/")?;
    let longest = kinds().filter_map(|kind| Some((kind, rest.strip_prefix(&path(kind))?.strip_prefix('/')?)));
    let (kind, place) = longest.min_by_key(|(_, place)| place.len())?;
    let (namespace, name) = if kind.row().namespaced { place.split_once('/')? } else { ("", place) };
    (!name.is_empty() && !name.contains('/')).then(|| Key::new(kind, Text::new(namespace), Text::new(name)))
}

/// The object that a written value is. What the API server could not read is refused here; upstream stores it, and every
/// read of it fails afterwards.
pub(crate) fn object(key: &Key, value: &str) -> Result<Tree, String> {
    let tree = Tree::from_json(value).map_err(|words| format!("no object of the API: {words}"))?;
    let named = tree.at(&["metadata", "name"]).text() == key.name && tree.at(&["metadata", "namespace"]).text() == key.namespace;
    if named { Ok(tree) } else { Err(format!("no object of the API: it is not called {}", key.path())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stand_where_the_api_server_keeps_them() {
        let of = |text: &str| key(text).map(|key| (key.kind.row().kind, key.namespace.to_string(), key.name.to_string()));
        let is = |kind: &'static str, namespace: &str, name: &str| Some((kind, namespace.to_string(), name.to_string()));
        assert_eq!(of("/registry/pods/default/web"), is("Pod", "default", "web"));
        assert_eq!(of("/registry/minions/worker-1"), is("Node", "", "worker-1"));
        assert_eq!(of("/registry/services/specs/default/web"), is("Service", "default", "web"));
        assert_eq!(of("/registry/services/endpoints/default/web"), is("Endpoints", "default", "web"));
        assert_eq!(of("/registry/pods/default"), None);
        assert_eq!(of("greeting"), None);
    }
}
