//! Defaults of Pods and of the templates they are made from (upstream `pkg/apis/core/v1/defaults.go`).
use crate::fill::{each, fill, within};
use objects::{Text, Tree, map};

/// A Pod of its own: the template's defaults, and what only a Pod gets. A kubelet completes what it reads from files alike.
pub fn pod(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "spec", |spec_tree| {
        spec(spec_tree);
        fill(spec_tree, "enableServiceLinks", true);
        each(spec_tree, "containers", requests_from_limits);
        each(spec_tree, "initContainers", requests_from_limits);
    });
}

/// The spec of a Pod or of a template.
pub(crate) fn spec(spec: &mut Tree) {
    if !matches!(spec, Tree::Map(_)) {
        return;
    }
    fill(spec, "dnsPolicy", Text::new_static("ClusterFirst"));
    fill(spec, "restartPolicy", Text::new_static("Always"));
    fill(spec, "schedulerName", Text::new_static("default-scheduler"));
    fill(spec, "securityContext", map! {});
    fill(spec, "terminationGracePeriodSeconds", 30i64);
    same_account(spec);
    let host_network = spec.get("hostNetwork").is_true();
    each(spec, "containers", |container| complete_container(container, host_network));
    each(spec, "initContainers", |container| complete_container(container, host_network));
    each(spec, "ephemeralContainers", |container| complete_container(container, false));
    each(spec, "volumes", volume);
}

/// `serviceAccount` is the old name of `serviceAccountName`; both are shown.
fn same_account(spec: &mut Tree) {
    let (new, old) = (spec.get("serviceAccountName").clone(), spec.get("serviceAccount").clone());
    if !new.is_empty() && new != old {
        spec.set(&["serviceAccount"], new);
    } else if new.is_empty() && !old.is_empty() {
        spec.set(&["serviceAccountName"], old);
    }
}

fn complete_container(container: &mut Tree, host_network: bool) {
    if !matches!(container, Tree::Map(_)) {
        return;
    }
    if container.get("imagePullPolicy").is_null() {
        let policy = pull_policy(container.get("image").text());
        fill(container, "imagePullPolicy", Text::new_static(policy));
    }
    fill(container, "resources", map! {});
    fill(container, "terminationMessagePath", Text::new_static("/dev/termination-log"));
    fill(container, "terminationMessagePolicy", Text::new_static("File"));
    each(container, "ports", |port| {
        fill(port, "protocol", Text::new_static("TCP"));
        if host_network && port.get("hostPort").int_or(0) == 0 {
            port.set(&["hostPort"], port.get("containerPort").clone());
        }
    });
    each(container, "env", |variable| {
        within(variable, "valueFrom", |source| {
            within(source, "fieldRef", |reference| fill(reference, "apiVersion", Text::new_static("v1")))
        });
    });
    for key in ["livenessProbe", "readinessProbe", "startupProbe"] {
        within(container, key, probe);
    }
    within(container, "lifecycle", |lifecycle| {
        within(lifecycle, "postStart", |hook| within(hook, "httpGet", http));
        within(lifecycle, "preStop", |hook| within(hook, "httpGet", http));
    });
}

/// `Always` for `:latest` or no tag at all, unless a digest pins the image.
fn pull_policy(image: &str) -> &'static str {
    if image.contains('@') {
        return "IfNotPresent";
    }
    let last = image.rsplit('/').next().unwrap_or(image);
    match last.split_once(':') {
        Some((_, tag)) if tag != "latest" => "IfNotPresent",
        _ => "Always",
    }
}

fn probe(probe: &mut Tree) {
    fill(probe, "failureThreshold", 3i64);
    fill(probe, "periodSeconds", 10i64);
    fill(probe, "successThreshold", 1i64);
    fill(probe, "timeoutSeconds", 1i64);
    // Zero is no number of seconds either.
    for (key, value) in [("failureThreshold", 3i64), ("periodSeconds", 10), ("successThreshold", 1), ("timeoutSeconds", 1)] {
        if probe.get(key).as_int() == Some(0) {
            probe.set(&[key], value);
        }
    }
    within(probe, "httpGet", http);
    within(probe, "grpc", |grpc| fill(grpc, "service", Text::default()));
}

fn http(action: &mut Tree) {
    if action.get("path").is_empty() {
        action.set(&["path"], "/");
    }
    fill(action, "scheme", Text::new_static("HTTP"));
}

fn requests_from_limits(container: &mut Tree) {
    if container.get("resources").get("limits").is_empty() {
        return;
    }
    within(container, "resources", |resources| {
        let limits = resources.get("limits").clone();
        let requests = resources.get("requests");
        if limits.entries().all(|(name, _)| requests.has(name)) {
            return;
        }
        let mut requests = requests.clone();
        for (name, amount) in limits.entries() {
            if !requests.has(name) {
                requests.map_mut().insert(name.clone(), amount);
            }
        }
        resources.set(&["requests"], requests);
    });
}

const DEFAULT_MODE: i64 = 0o644;

fn volume(volume: &mut Tree) {
    if volume.as_map().is_some_and(|entries| entries.keys().all(|key| key == "name")) {
        volume.set(&["emptyDir"], map! {});
    }
    for key in ["secret", "configMap"] {
        within(volume, key, |source| fill(source, "defaultMode", DEFAULT_MODE));
    }
    within(volume, "downwardAPI", |source| {
        fill(source, "defaultMode", DEFAULT_MODE);
        each(source, "items", downward_item);
    });
    within(volume, "projected", |source| {
        fill(source, "defaultMode", DEFAULT_MODE);
        each(source, "sources", |part| {
            within(part, "serviceAccountToken", |token| fill(token, "expirationSeconds", 3600i64));
            within(part, "downwardAPI", |inner| each(inner, "items", downward_item));
        });
    });
    within(volume, "hostPath", |source| fill(source, "type", Text::default()));
}

fn downward_item(item: &mut Tree) {
    within(item, "fieldRef", |reference| fill(reference, "apiVersion", Text::new_static("v1")));
}
