//! `/healthz`, `/livez`, `/readyz`: the checks that a running server lists.
use objects::wire::Request;

const CHECKS: [&str; 12] = [
    "ping",
    "log",
    "etcd",
    "etcd-readiness",
    "informer-sync",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/start-system-namespaces-controller",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/apiservice-discovery-controller",
    "shutdown",
];

/// `ok`, or with `verbose` a line for each check. `None` for other paths.
pub(super) fn answer(path: &str, request: &Request) -> Option<String> {
    let name = path.strip_prefix('/').filter(|name| ["healthz", "livez", "readyz"].contains(name))?;
    if !request.options.other.iter().any(|(key, _)| key == "verbose") {
        return Some("ok".into());
    }
    let mut text = String::new();
    for check in CHECKS.iter().filter(|check| name == "readyz" || !["etcd-readiness", "informer-sync", "shutdown"].contains(check)) {
        text.push_str(&format!("[+]{check} ok\n"));
    }
    text.push_str(&format!("{name} check passed\n"));
    Some(text)
}
