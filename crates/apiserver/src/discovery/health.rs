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

/// `ok`, or with `verbose` a line for each check. `None` for other paths.
pub(super) fn answer(path: &str, query: &str, request: &Request) -> Option<String> {
    let name = path.strip_prefix('/').filter(|name| ["healthz", "livez", "readyz"].contains(name))?;
    let asked = query.split('&').any(|part| part.split('=').next() == Some("verbose"));
    if !asked && !request.options.other.iter().any(|(key, _)| key == "verbose") {
        return Some("ok".into());
    }
    Some(told(name, &[]) + &format!("{name} check passed\n"))
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
    told(name, &["etcd", "etcd-readiness"])
}

fn told(name: &str, failed: &[&str]) -> String {
    let mut text = String::new();
    for check in CHECKS.iter().filter(|check| name == "readyz" || !["etcd-readiness", "informer-sync", "shutdown"].contains(check)) {
        if failed.contains(check) {
            text.push_str(&format!("[-]{check} failed: reason withheld\n"));
        } else {
            text.push_str(&format!("[+]{check} ok\n"));
        }
    }
    text
}
