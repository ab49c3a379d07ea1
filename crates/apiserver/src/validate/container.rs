//! Containers: names, images, ports, environment, mounts.
use super::path::{Faults, Path};
use super::{probe, resources, words};
use objects::Tree;
use std::collections::BTreeSet;

/// The plain containers: there is at least one.
pub(super) fn containers(list: &Tree, volumes: &BTreeSet<&str>, path: Path, faults: &mut Faults) {
    if list.is_empty() {
        faults.required(path, "");
        return;
    }
    let mut names = BTreeSet::new();
    for (at, item) in list.items().iter().enumerate() {
        let here = path.item(at);
        shared_rules(item, volumes, here, faults);
        if !names.insert(item.get("name").text()) {
            faults.duplicate(here.field("name"), item.get("name"));
        }
        running_rules(item, here, faults);
    }
    host_ports(list, path, faults);
}

/// Init containers: probes and hooks only where they keep running (`restartPolicy: Always`).
pub(super) fn init_containers(list: &Tree, volumes: &BTreeSet<&str>, path: Path, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    for (at, item) in list.items().iter().enumerate() {
        let here = path.item(at);
        shared_rules(item, volumes, here, faults);
        if !names.insert(item.get("name").text()) {
            faults.duplicate(here.field("name"), item.get("name"));
        }
        let policy = item.get("restartPolicy");
        if policy.text() == "Always" {
            running_rules(item, here, faults);
            continue;
        }
        if !policy.is_empty() {
            faults.one_of(here.field("restartPolicy"), policy, &["Always"]);
        }
        for key in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            if !item.get(key).is_null() {
                faults.forbidden(here.field(key), "may not be set for init containers without restartPolicy=Always");
            }
        }
    }
}

fn shared_rules(item: &Tree, volumes: &BTreeSet<&str>, path: Path, faults: &mut Faults) {
    let (name, image) = (item.get("name"), item.get("image"));
    if name.is_empty() {
        faults.required(path.field("name"), "");
    } else {
        faults.by(path.field("name"), name, words::label);
    }
    if image.is_empty() {
        faults.required(path.field("image"), "");
    } else if image.text().trim() != image.text() {
        faults.invalid(path.field("image"), image, "must not have leading or trailing whitespace");
    }
    let message = item.get("terminationMessagePolicy");
    faults.one_of(path.field("terminationMessagePolicy"), message, &["FallbackToLogsOnError", "File"]);
    ports(item.get("ports"), path.field("ports"), faults);
    environment(item.get("env"), path.field("env"), faults);
    environment_from(item.get("envFrom"), path.field("envFrom"), faults);
    mounts(item.get("volumeMounts"), volumes, path.field("volumeMounts"), faults);
    faults.one_of(path.field("imagePullPolicy"), item.get("imagePullPolicy"), &["Always", "IfNotPresent", "Never"]);
    resources::requirements(item.get("resources"), path.field("resources"), faults);
}

fn running_rules(item: &Tree, path: Path, faults: &mut Faults) {
    probe::lifecycle(item.get("lifecycle"), path.field("lifecycle"), faults);
    probe::probe(item.get("livenessProbe"), true, path.field("livenessProbe"), faults);
    probe::probe(item.get("readinessProbe"), false, path.field("readinessProbe"), faults);
    probe::probe(item.get("startupProbe"), true, path.field("startupProbe"), faults);
}

/// A port number on its own.
pub(super) fn port_number(value: &Tree, path: Path, faults: &mut Faults) {
    if !value.as_int().is_some_and(|port| (1..=65_535).contains(&port)) {
        faults.invalid(path, value, words::PORT_RANGE);
    }
}

fn ports(list: &Tree, path: Path, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    for (at, port) in list.items().iter().enumerate() {
        let here = path.item(at);
        let name = port.get("name");
        if !name.is_empty() {
            let wrong = words::port_name(name.text());
            if wrong.is_empty() && !names.insert(name.text()) {
                faults.duplicate(here.field("name"), name);
            }
            for words in wrong {
                faults.invalid(here.field("name"), name, words);
            }
        }
        let number = port.get("containerPort");
        if number.int_or(0) == 0 {
            faults.required(here.field("containerPort"), "");
        } else {
            port_number(number, here.field("containerPort"), faults);
        }
        if port.get("hostPort").int_or(0) != 0 {
            port_number(port.get("hostPort"), here.field("hostPort"), faults);
        }
        faults.one_of(here.field("protocol"), port.get("protocol"), &["SCTP", "TCP", "UDP"]);
    }
}

fn host_ports(list: &Tree, path: Path, faults: &mut Faults) {
    let mut taken = BTreeSet::new();
    for (at, item) in list.items().iter().enumerate() {
        for (index, port) in item.get("ports").items().iter().enumerate() {
            let number = port.get("hostPort").int_or(0);
            let address = (number, port.get("protocol").text(), port.get("hostIP").text());
            if number != 0 && !taken.insert(address) {
                let here = path.item(at);
                let list = here.field("ports");
                let value = format!("{}/{}/{}", port.get("hostIP").text(), number, port.get("protocol").text());
                faults.duplicate(list.item(index).field("hostPort"), value.trim_start_matches('/'));
            }
        }
    }
}

fn environment(list: &Tree, path: Path, faults: &mut Faults) {
    for (at, variable) in list.items().iter().enumerate() {
        let here = path.item(at);
        let name = variable.get("name");
        if name.is_empty() {
            faults.required(here.field("name"), "");
        } else {
            faults.by(here.field("name"), name, words::environment_name);
        }
        let source = variable.get("valueFrom");
        if !source.is_null() {
            value_from(source, variable.get("value"), here.field("valueFrom"), faults);
        }
    }
}

const SOURCES: [&str; 5] = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

fn value_from(source: &Tree, value: &Tree, path: Path, faults: &mut Faults) {
    let given: Vec<&str> = SOURCES.into_iter().filter(|key| !source.get(key).is_null()).collect();
    for key in &given {
        let (inner, here) = (source.get(key), path.field(key));
        match *key {
            "fieldRef" => field_ref(inner, here, faults),
            "configMapKeyRef" | "secretKeyRef" => {
                if inner.get("name").is_empty() {
                    faults.required(here.field("name"), "");
                }
                if inner.get("key").is_empty() {
                    faults.required(here.field("key"), "");
                } else {
                    faults.by(here.field("key"), inner.get("key"), words::config_key);
                }
            }
            "resourceFieldRef" if inner.get("resource").is_empty() => faults.required(here.field("resource"), ""),
            _ => {}
        }
    }
    if given.is_empty() {
        faults.invalid(path, "", "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`");
    } else if !value.is_empty() {
        faults.invalid(path, "", "may not be specified when `value` is not empty");
    } else if given.len() > 1 {
        faults.invalid(path, "", "may not have more than one field specified at a time");
    }
}

/// What the downward API can tell an environment variable.
const ENV_FIELDS: [&str; 9] = [
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
];

fn field_ref(reference: &Tree, path: Path, faults: &mut Faults) {
    let field = reference.get("fieldPath");
    if field.is_empty() {
        faults.required(path.field("fieldPath"), "");
        return;
    }
    let text = field.text();
    let keyed = (text.starts_with("metadata.annotations['") || text.starts_with("metadata.labels['")) && text.ends_with("']");
    if !keyed && !ENV_FIELDS.contains(&text) {
        let words = format!("error converting fieldPath: field label not supported: {text}");
        faults.invalid(path.field("fieldPath"), field, words);
    }
}

fn environment_from(list: &Tree, path: Path, faults: &mut Faults) {
    for (at, source) in list.items().iter().enumerate() {
        let here = path.item(at);
        let kinds = ["configMapRef", "secretRef"].into_iter().filter(|key| !source.get(key).is_null());
        let given: Vec<&str> = kinds.collect();
        match given.as_slice() {
            [] => faults.invalid(here, "", "must specify one of: `configMapRef` or `secretRef`"),
            [key] => {
                if source.get(key).get("name").is_empty() {
                    faults.required(here.field(key).field("name"), "");
                }
            }
            _ => faults.invalid(here, "", "may not have more than one field specified at a time"),
        }
    }
}

fn mounts(list: &Tree, volumes: &BTreeSet<&str>, path: Path, faults: &mut Faults) {
    let mut places = BTreeSet::new();
    for (at, mount) in list.items().iter().enumerate() {
        let here = path.item(at);
        let (name, place) = (mount.get("name"), mount.get("mountPath"));
        if name.is_empty() {
            faults.required(here.field("name"), "");
        }
        if !volumes.contains(name.text()) {
            faults.not_found(here.field("name"), &Tree::from(name.text()));
        }
        if place.is_empty() {
            faults.required(here.field("mountPath"), "");
        }
        if !places.insert(place.text()) {
            faults.invalid(here.field("mountPath"), place.text(), "must be unique");
        }
        let sub = mount.get("subPath").text();
        if sub.starts_with('/') {
            faults.invalid(here.field("subPath"), sub, "must be a relative path");
        } else if sub.split('/').any(|part| part == "..") {
            faults.invalid(here.field("subPath"), sub, "must not contain '..'");
        }
    }
}
