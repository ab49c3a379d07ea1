//! Services: ports, type, addresses.
use super::container::port_number;
use super::path::{Faults, Path};
use super::{meta, probe, words};
use objects::{Tree, list, map};
use std::collections::BTreeSet;

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

pub(super) fn service(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    let kind = spec.get("type").text();
    let headless = spec.get("clusterIP").text() == "None";
    if spec.get("ports").is_empty() && !headless && kind != "ExternalName" {
        faults.required(path.field("ports"), "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            faults.invalid(path.field("clusterIPs").item(0), "None", format!("may not be set to 'None' for {kind} services"));
        }
        "ExternalName" => {
            if !spec.get("clusterIPs").is_empty() || headless {
                faults.forbidden(path.field("clusterIPs"), "may not be set for ExternalName services");
            }
            let name = spec.get("externalName");
            if name.is_empty() {
                faults.required(path.field("externalName"), "");
            } else {
                let bare = Tree::from(name.text().trim_end_matches('.'));
                faults.by(path.field("externalName"), &bare, words::subdomain);
            }
        }
        _ => {}
    }
    ports(spec, path, faults);
    meta::labels(spec.get("selector"), path.field("selector"), faults);
    faults.one_of(path.field("sessionAffinity"), spec.get("sessionAffinity"), &["ClientIP", "None"]);
    faults.one_of(path.field("type"), spec.get("type"), &TYPES);
    duplicates(spec, path, faults);
    policies(spec, kind, path, faults);
}

fn ports(spec: &Tree, path: Path, faults: &mut Faults) {
    let list = spec.get("ports").items();
    let here = path.field("ports");
    let mut names = BTreeSet::new();
    for (at, port) in list.iter().enumerate() {
        let here = here.item(at);
        let name = port.get("name");
        if name.is_empty() {
            if list.len() > 1 {
                faults.required(here.field("name"), "");
            }
        } else {
            faults.by(here.field("name"), name, words::label);
            if !names.insert(name.text()) {
                faults.duplicate(here.field("name"), name);
            }
        }
        let number = if port.get("port").is_null() { &Tree::Int(0) } else { port.get("port") };
        port_number(number, here.field("port"), faults);
        faults.one_of(here.field("protocol"), port.get("protocol"), &["SCTP", "TCP", "UDP"]);
        probe::port(port.get("targetPort"), here.field("targetPort"), faults);
        if !port.get("appProtocol").is_empty() {
            faults.by(here.field("appProtocol"), port.get("appProtocol"), words::qualified);
        }
    }
}

fn duplicates(spec: &Tree, path: Path, faults: &mut Faults) {
    let outside = matches!(spec.get("type").text(), "NodePort" | "LoadBalancer");
    let here = path.field("ports");
    let mut taken = BTreeSet::new();
    for (at, port) in spec.get("ports").items().iter().enumerate() {
        if !outside && port.get("nodePort").int_or(0) != 0 {
            let words = format!("may not be used when `type` is '{}'", spec.get("type").text());
            faults.forbidden(here.item(at).field("nodePort"), words);
        }
        let (number, protocol) = (port.get("port").int_or(0), port.get("protocol"));
        if !taken.insert((number, protocol.text())) {
            let value = map! {"port": number, "protocol": protocol};
            faults.duplicate(here.item(at), value);
        }
    }
}

fn policies(spec: &Tree, kind: &str, path: Path, faults: &mut Faults) {
    let external = spec.get("externalTrafficPolicy");
    let outside = matches!(kind, "NodePort" | "LoadBalancer");
    if !external.is_empty() {
        if outside || !spec.get("externalIPs").is_empty() {
            faults.one_of(path.field("externalTrafficPolicy"), external, &["Cluster", "Local"]);
        } else {
            let words = "may only be set for externally-accessible services";
            faults.invalid(path.field("externalTrafficPolicy"), external, words);
        }
    }
    let internal = spec.get("internalTrafficPolicy");
    if !internal.is_empty() {
        faults.one_of(path.field("internalTrafficPolicy"), internal, &["Cluster", "Local"]);
    }
}

/// The cluster address stays for life, unless the type changes from or to `ExternalName`.
pub(super) fn update(new: &Tree, old: &Tree, faults: &mut Faults) {
    let (new, old) = (new.get("spec"), old.get("spec"));
    let external = |spec: &Tree| spec.get("type").text() == "ExternalName";
    if external(new) || external(old) {
        return;
    }
    let (now, before) = (new.get("clusterIP").text(), old.get("clusterIP").text());
    let path = Path::root("spec");
    if !before.is_empty() && now != before {
        faults.invalid(path.field("clusterIPs").item(0), list![now], "may not change once set");
    }
}
