//! Ingresses and their classes (upstream `pkg/apis/networking/validation`).
use super::network::segment;
use super::path::{Faults, Path};
use super::{cidrs, probe, words};
use objects::Tree;

/// The annotation from before there was `spec.ingressClassName`.
pub(crate) const CLASS: &str = "kubernetes.io/ingress.class";

pub(super) fn ingress(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    let (default, rules) = (spec.get("defaultBackend"), spec.get("rules"));
    if rules.is_empty() && default.is_null() {
        faults.invalid(path, Tree::Null, "either `defaultBackend` or `rules` must be specified");
    }
    if !default.is_null() {
        backend(default, path.field("defaultBackend"), faults);
    }
    for (at, item) in rules.items().iter().enumerate() {
        rule(item, path.field("rules").item(at), faults);
    }
    for (at, item) in spec.get("tls").items().iter().enumerate() {
        tls(item, path.field("tls").item(at), faults);
    }
    let class = spec.get("ingressClassName");
    if !class.is_null() {
        faults.by(path.field("ingressClassName"), class, words::subdomain);
    }
}

fn host(name: &Tree, path: Path, faults: &mut Faults) {
    faults.by(path, name, if name.text().contains('*') { words::wildcard } else { words::subdomain });
}

fn tls(item: &Tree, path: Path, faults: &mut Faults) {
    for (at, name) in item.get("hosts").items().iter().enumerate() {
        host(name, path.field("hosts").item(at), faults);
    }
    if !item.get("secretName").is_empty() {
        faults.by(path.field("secretName"), item.get("secretName"), words::subdomain);
    }
}

fn rule(item: &Tree, path: Path, faults: &mut Faults) {
    let name = item.get("host");
    if !name.is_empty() {
        if cidrs::parse_address(name.text()).is_some() {
            faults.invalid(path.field("host"), name, "must be a DNS name, not an IP address");
        }
        host(name, path.field("host"), faults);
    }
    if item.get("http").is_null() {
        return;
    }
    let http = path.field("http");
    let (paths, here) = (item.at(&["http", "paths"]), http.field("paths"));
    if paths.is_empty() {
        faults.required(here, "");
    }
    for (at, item) in paths.items().iter().enumerate() {
        route(item, here.item(at), faults);
    }
}

const SEQUENCES: [&str; 5] = ["//", "/./", "/../", "%2f", "%2F"];

fn route(item: &Tree, path: Path, faults: &mut Faults) {
    let (kind, way) = (item.get("pathType"), item.get("path"));
    let (text, here) = (way.text(), path.field("path"));
    if kind.is_null() {
        return faults.required(path.field("pathType"), "pathType must be specified");
    }
    let whole = matches!(kind.text(), "Exact" | "Prefix");
    if !whole && kind.text() != "ImplementationSpecific" {
        faults.not_supported(path.field("pathType"), kind, &["Exact", "ImplementationSpecific", "Prefix"]);
    } else if !text.starts_with('/') && (whole || !text.is_empty()) {
        faults.invalid(here, text, "must be an absolute path");
    }
    if whole {
        for part in SEQUENCES.iter().filter(|part| text.contains(**part)) {
            faults.invalid(here, text, format!("must not contain '{part}'"));
        }
        for end in ["/..", "/."].iter().filter(|end| text.ends_with(**end)) {
            faults.invalid(here, text, format!("cannot end with '{end}'"));
        }
    }
    backend(item.get("backend"), path.field("backend"), faults);
}

fn backend(item: &Tree, path: Path, faults: &mut Faults) {
    let (service, resource) = (item.get("service"), item.get("resource"));
    match (service.is_null(), resource.is_null()) {
        (false, false) => faults.invalid(path, "", "cannot set both resource and service backends"),
        (true, false) => reference(resource, path.field("resource"), faults),
        (false, true) => backend_service(service, path, faults),
        (true, true) => faults.invalid(path, "", "resource or service backend is required"),
    }
}

fn backend_service(service: &Tree, path: Path, faults: &mut Faults) {
    let (name, here) = (service.get("name"), path.field("service"));
    if name.is_empty() {
        faults.required(here.field("name"), "");
    } else {
        faults.by(here.field("name"), name, words::label);
    }
    let (port, here) = (service.get("port"), here.field("port"));
    let (named, number) = (port.get("name"), port.get("number"));
    match (named.is_empty(), number.int_or(0) == 0) {
        (false, false) => faults.invalid(path, "", "cannot set both port name & port number"),
        (false, true) => faults.by(here.field("name"), named, words::port_name),
        (true, false) => probe::port(number, here.field("number"), faults),
        (true, true) => faults.required(path, "port name or number is required"),
    }
}

/// Another object: group, kind, name.
fn reference(item: &Tree, path: Path, faults: &mut Faults) {
    if item.has("apiGroup") {
        faults.by(path.field("apiGroup"), item.get("apiGroup"), words::subdomain);
    }
    for key in ["kind", "name"] {
        segment(item.get(key), path.field(key), faults);
    }
}

/// Only a new Ingress is asked whether its annotation and its field agree.
pub(crate) fn class_twice(tree: &Tree) -> Vec<objects::FieldError> {
    let (annotation, field) = (tree.at(&["metadata", "annotations", CLASS]), tree.at(&["spec", "ingressClassName"]));
    let mut faults = Faults::default();
    if !annotation.is_null() && !field.is_null() && annotation != field {
        let path = Path::root("annotations");
        faults.invalid(path.field(CLASS), annotation, "must match `ingressClassName` when both are specified");
    }
    faults.0
}

const CONTROLLER_BYTES_MAX: usize = 250;

pub(super) fn ingress_class(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    let (controller, here) = (spec.get("controller"), path.field("controller"));
    if controller.is_empty() {
        faults.required(here, "");
    } else {
        if controller.text().len() > CONTROLLER_BYTES_MAX {
            faults.too_long(here, CONTROLLER_BYTES_MAX);
        }
        domain_prefixed(controller.text(), here, faults);
    }
    if !spec.get("parameters").is_null() {
        parameters(spec.get("parameters"), path.field("parameters"), faults);
    }
}

fn domain_prefixed(text: &str, path: Path, faults: &mut Faults) {
    match text.split_once('/') {
        Some((domain, rest)) if !domain.is_empty() && !rest.is_empty() => {
            faults.by(path, &Tree::from(domain), words::subdomain);
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&byte);
            if !rest.bytes().all(fits) {
                faults.invalid(path, rest, r"Invalid path (regex used for validation is '[A-Za-z0-9/\-._~%!$&'()*+,;=:]+')");
            }
        }
        _ => faults.invalid(path, text, "must be a domain-prefixed path (such as \"acme.io/foo\")"),
    }
}

fn parameters(item: &Tree, path: Path, faults: &mut Faults) {
    reference(item, path, faults);
    let (scope, place, here) = (item.get("scope"), item.get("namespace"), path.field("namespace"));
    faults.one_of(path.field("scope"), scope, &["Cluster", "Namespace"]);
    match scope.text() {
        "Namespace" if place.is_null() => faults.required(here, "`parameters.scope` is set to 'Namespace'"),
        "Namespace" => faults.by(here, place, words::label),
        "Cluster" if !place.is_null() => faults.forbidden(here, "`parameters.scope` is set to 'Cluster'"),
        _ => {}
    }
}

pub(super) fn ingress_class_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    let (path, value) = (Path::root("spec"), new.at(&["spec", "controller"]));
    if value != old.at(&["spec", "controller"]) {
        faults.invalid(path.field("controller"), value, "field is immutable");
    }
}
