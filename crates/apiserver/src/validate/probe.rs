//! Probes and lifecycle hooks: exactly one handler, and sane numbers.
use super::container::port_number;
use super::path::{Faults, Path};
use super::words;
use objects::Tree;

/// `once`: a single success is enough by definition (liveness, startup).
pub(super) fn probe(probe: &Tree, once: bool, path: Path, faults: &mut Faults) {
    if probe.is_null() {
        return;
    }
    handler(probe, path, faults);
    for key in ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"] {
        faults.nonnegative(path.field(key), probe.get(key));
    }
    let grace = probe.get("terminationGracePeriodSeconds");
    if grace.as_int().is_some_and(|seconds| seconds <= 0) {
        faults.invalid(path.field("terminationGracePeriodSeconds"), grace, "must be greater than 0");
    }
    let successes = probe.get("successThreshold");
    if once && successes.int_or(1) != 1 {
        faults.invalid(path.field("successThreshold"), successes, "must be 1");
    }
}

pub(super) fn lifecycle(lifecycle: &Tree, path: Path, faults: &mut Faults) {
    for key in ["postStart", "preStop"] {
        if !lifecycle.get(key).is_null() {
            handler(lifecycle.get(key), path.field(key), faults);
        }
    }
}

const HANDLERS: [&str; 5] = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];

fn handler(of: &Tree, path: Path, faults: &mut Faults) {
    let mut first = true;
    for key in HANDLERS {
        let inner = of.get(key);
        if inner.is_null() {
            continue;
        }
        let here = path.field(key);
        if !first {
            faults.forbidden(here, "may not specify more than 1 handler type");
            continue;
        }
        first = false;
        match key {
            "exec" if inner.get("command").is_empty() => faults.required(here.field("command"), ""),
            "httpGet" => http(inner, here, faults),
            "tcpSocket" => port(inner.get("port"), here.field("port"), faults),
            "grpc" => port_number(inner.get("port"), here.field("port"), faults),
            _ => {}
        }
    }
    if first {
        faults.required(path, "must specify a handler type");
    }
}

fn http(action: &Tree, path: Path, faults: &mut Faults) {
    if action.get("path").is_empty() {
        faults.required(path.field("path"), "");
    }
    port(action.get("port"), path.field("port"), faults);
    faults.one_of(path.field("scheme"), action.get("scheme"), &["HTTP", "HTTPS"]);
}

/// A number, or the name of a container's port.
pub(super) fn port(port: &Tree, path: Path, faults: &mut Faults) {
    match port {
        Tree::Text(_) => faults.by(path, port, words::port_name),
        Tree::Null => port_number(&Tree::Int(0), path, faults),
        _ => port_number(port, path, faults),
    }
}
