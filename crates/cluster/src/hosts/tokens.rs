//! Bootstrap tokens in the store: who they let in, and the signatures that they put beside cluster-info.
use ::hosts::kubeadm::signature;
use apiserver::Snapshot;
use objects::wire::{Request, Resource, Target, Verb};
use objects::{Tree, base64, kinds};
use simcore::Time;

const SYSTEM: &str = "kube-system";
const TYPE: &str = "bootstrap.kubernetes.io/token";

/// A field of a Secret, decoded.
fn field(secret: &Tree, name: &str) -> String {
    base64::decode_text(secret.at(&["data", name]).text()).unwrap_or_default()
}

/// The Secrets of tokens whose time is not over.
fn living(view: &Snapshot, now: Time) -> impl Iterator<Item = Tree> {
    let good = move |secret: &Tree| {
        let until = field(secret, "expiration");
        secret.get("type").text() == TYPE && Time::parse(&until).is_none_or(|until| until > now)
    };
    view.list_in(kinds::SECRET, SYSTEM).map(|secret| secret.tree.clone()).filter(move |secret| good(secret))
}

/// Whether a token (`id.secret`) may log in.
pub(super) fn knows(view: &Snapshot, now: Time, token: &str) -> bool {
    let (id, secret) = token.split_once('.').unwrap_or((token, ""));
    living(view, now).any(|one| field(&one, "token-id") == id && field(&one, "token-secret") == secret)
}

/// Whether a user (`system:bootstrap:ID`) has a token that is good.
pub(super) fn is_known(view: &Snapshot, now: Time, id: &str) -> bool {
    living(view, now).any(|one| field(&one, "token-id") == id)
}

/// What kubeadm's roles let those read who have no rights yet, as the API keeps no roles: by the user's beginning, resource,
/// namespace and name; an empty name is any.
const GRANTS: &[(&str, &str, &str, &str)] = &[
    ("system:anonymous", "configmaps", "kube-public", "cluster-info"),
    ("system:bootstrap:", "configmaps", SYSTEM, "kubeadm-config"),
    ("system:bootstrap:", "configmaps", SYSTEM, "kubelet-config"),
    ("system:bootstrap:", "secrets", SYSTEM, "kubeadm-certs"),
    ("system:bootstrap:", "nodes", "", ""),
];

/// Whether one of kubeadm's roles lets a user read what he asks for.
pub(super) fn is_granted(request: &Request) -> bool {
    let Target::Resource { resource: Resource::Named { plural, .. }, namespace, name, .. } = &request.target else { return false };
    let fits = |(user, resource, place, known): &(&str, &str, &str, &str)| {
        request.user.name.starts_with(user) && plural == resource && namespace == place && (known.is_empty() || name == known)
    };
    request.verb == Verb::Get && GRANTS.iter().any(fits)
}

/// cluster-info with a signature for each token that may sign, as the controller manager's bootstrap signer keeps it.
pub(super) fn signed(view: &Snapshot, now: Time, info: &Tree) -> Tree {
    sign(info, living(view, now))
}

/// The same from Secrets that lie elsewhere.
pub(super) fn sign(info: &Tree, secrets: impl Iterator<Item = Tree>) -> Tree {
    let mut info = info.clone();
    let text = info.at(&["data", "kubeconfig"]).text().to_string();
    for secret in secrets.filter(|secret| field(secret, "usage-bootstrap-signing") == "true") {
        let id = field(&secret, "token-id");
        info.set(&["data", &format!("jws-kubeconfig-{id}")], signature(&text, &id, &field(&secret, "token-secret")));
    }
    info
}
