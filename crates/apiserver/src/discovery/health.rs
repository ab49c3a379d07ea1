//! `/healthz`, `/livez`, `/readyz`: the checks that a running server lists.
use objects::wire::{Request, Response};

const CHECKS: &[&str] = &[
    "ping",
    "log",
    "etcd",
    "etcd-readiness",
    "informer-sync",
    "poststarthook/start-apiserver-admission-initializer",
    "poststarthook/generic-apiserver-start-informers",
    "poststarthook/priority-and-fairness-config-consumer",
    "poststarthook/priority-and-fairness-filter",
    "poststarthook/storage-object-count-tracker-hook",
    "poststarthook/start-apiextensions-informers",
    "poststarthook/start-apiextensions-controllers",
    "poststarthook/crd-informer-synced",
    "poststarthook/start-system-namespaces-controller",
    "poststarthook/peer-endpoint-reconciler-controller",
    "poststarthook/start-cluster-authentication-info-controller",
    "poststarthook/start-kube-apiserver-identity-lease-controller",
    "poststarthook/start-kube-apiserver-identity-lease-garbage-collector",
    "poststarthook/storage-readiness",
    "poststarthook/start-legacy-token-tracking-controller",
    "poststarthook/start-service-ip-repair-controllers",
    "poststarthook/rbac/bootstrap-roles",
    "poststarthook/scheduling/bootstrap-system-priority-classes",
    "poststarthook/priority-and-fairness-config-producer",
    "poststarthook/bootstrap-controller",
    "poststarthook/start-kubernetes-service-cidr-controller",
    "poststarthook/aggregator-reload-proxy-client-cert",
    "poststarthook/start-kube-aggregator-informers",
    "poststarthook/apiservice-status-local-available-controller",
    "poststarthook/apiservice-status-remote-available-controller",
    "poststarthook/apiservice-registration-controller",
    "poststarthook/apiservice-discovery-controller",
    "poststarthook/kube-apiserver-autoregistration",
    "autoregister-completion",
    "poststarthook/apiservice-openapi-controller",
    "poststarthook/apiservice-openapiv3-controller",
    "shutdown",
];

/// `ok`, or with `verbose` a line for each check; one check has a path of its own (`/readyz/etcd`). `None` for other paths.
pub(super) fn answer(path: &str, query: &str, request: &Request) -> Option<String> {
    let (name, single) = path.strip_prefix('/')?.split_once('/').unwrap_or((path.trim_start_matches('/'), ""));
    if !["healthz", "livez", "readyz"].contains(&name) || !(single.is_empty() || checks(name).any(|check| check == single)) {
        return None;
    }
    let in_path = query.split('&').map(|part| part.split_once('=').unwrap_or((part, "")));
    let given: Vec<(&str, &str)> = in_path.chain(request.options.other.iter().map(|(key, value)| (key.as_str(), value.as_str()))).collect();
    if !single.is_empty() || !given.iter().any(|(key, _)| *key == "verbose") {
        return Some("ok".into());
    }
    let excluded: Vec<&str> = given.iter().filter(|(key, _)| *key == "exclude").map(|(_, value)| *value).collect();
    let mut text = told(name, &[], &excluded);
    let unknown: Vec<String> =
        excluded.iter().filter(|check| !checks(name).any(|known| known == **check)).map(|check| format!("{check:?}")).collect();
    if !unknown.is_empty() {
        text += &format!("warn: some health checks cannot be excluded: no matches for {}\n", unknown.join(", "));
    }
    Some(text + &format!("{name} check passed\n"))
}

/// The checks behind one of the three paths.
fn checks(name: &str) -> impl Iterator<Item = &'static str> {
    let all = name == "readyz";
    CHECKS.iter().copied().filter(move |check| all || !["etcd-readiness", "informer-sync", "shutdown"].contains(check))
}

/// What a server says that does not reach etcd: 500, with the checks that fail. A single check (`/readyz/etcd`) tells why.
pub fn unhealthy(path: &str) -> Response {
    let path = path.trim_start_matches('/');
    let name = path.split('/').next().unwrap_or(path);
    let text = if path.contains('/') {
        "internal server error: error getting data from etcd: context deadline exceeded\n".to_string()
    } else {
        failed_checks(name) + &format!("{name} check failed\n")
    };
    Response { code: 500, ..Response::text(text) }
}

/// The lines of all checks while etcd cannot be reached.
pub fn failed_checks(name: &str) -> String {
    told(name, &["etcd", "etcd-readiness"], &[])
}

fn told(name: &str, failed: &[&str], excluded: &[&str]) -> String {
    let mut text = String::new();
    for check in checks(name) {
        if excluded.contains(&check) {
            text.push_str(&format!("[+]{check} excluded: ok\n"));
        } else if failed.contains(&check) {
            text.push_str(&format!("[-]{check} failed: reason withheld\n"));
        } else {
            text.push_str(&format!("[+]{check} ok\n"));
        }
    }
    text
}
