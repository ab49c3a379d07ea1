//! NetworkPolicies, and the records of Service addresses (upstream `pkg/apis/networking/validation`).
use super::path::{Faults, Path};
use super::{cidrs, probe, selector, words};
use objects::{Tree, map};

const DIRECTIONS: [(&str, &str); 2] = [("ingress", "from"), ("egress", "to")];

pub(super) fn network_policy(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    selector::label_selector(spec.get("podSelector"), path.field("podSelector"), faults);
    for (direction, peers) in DIRECTIONS {
        let here = path.field(direction);
        for (at, rule) in spec.get(direction).items().iter().enumerate() {
            let here = here.item(at);
            for (at, item) in rule.get("ports").items().iter().enumerate() {
                port(item, here.field("ports").item(at), faults);
            }
            for (at, item) in rule.get(peers).items().iter().enumerate() {
                peer(item, here.field(peers).item(at), faults);
            }
        }
    }
    let (types, here) = (spec.get("policyTypes"), path.field("policyTypes"));
    if types.items().len() > 2 {
        return faults.invalid(here, types, "may not specify more than two policyTypes");
    }
    for (at, kind) in types.items().iter().enumerate() {
        faults.one_of(here.item(at), kind, &["Ingress", "Egress"]);
    }
}

fn port(item: &Tree, path: Path, faults: &mut Faults) {
    if item.has("protocol") {
        faults.one_of(path.field("protocol"), item.get("protocol"), &["TCP", "UDP", "SCTP"]);
    }
    let (first, last, here) = (item.get("port"), item.get("endPort"), path.field("endPort"));
    match (first, last) {
        (Tree::Null, Tree::Null) => {}
        (Tree::Null, _) => faults.invalid(here, last, "may not be specified when `port` is not specified"),
        (Tree::Text(_), _) => {
            if !last.is_null() {
                faults.invalid(here, last, "may not be specified when `port` is non-numeric");
            }
            probe::port(first, path.field("port"), faults);
        }
        _ => {
            probe::port(first, path.field("port"), faults);
            if let Some(number) = last.as_int() {
                if number < first.int_or(0) {
                    faults.invalid(here, last, "must be greater than or equal to `port`");
                }
                probe::port(last, here, faults);
            }
        }
    }
}

fn peer(item: &Tree, path: Path, faults: &mut Faults) {
    let mut given = 0;
    for key in ["podSelector", "namespaceSelector"] {
        if item.has(key) {
            given += 1;
            selector::label_selector(item.get(key), path.field(key), faults);
        }
    }
    let block = item.get("ipBlock");
    if !block.is_null() {
        given += 1;
        ip_block(block, path.field("ipBlock"), faults);
    }
    if given == 0 {
        faults.required(path, "must specify a peer");
    } else if given > 1 && !block.is_null() {
        faults.forbidden(path, "may not specify both ipBlock and another peer");
    }
}

fn ip_block(block: &Tree, path: Path, faults: &mut Faults) {
    let cidr = block.get("cidr");
    if cidr.is_empty() {
        return faults.required(path.field("cidr"), "");
    }
    faults.by(path.field("cidr"), cidr, cidrs::legacy_block);
    let Some(whole) = cidrs::parse(cidr.text()) else { return };
    let here = path.field("except");
    for (at, text) in block.get("except").items().iter().enumerate() {
        faults.by(here.item(at), text, cidrs::legacy_block);
        if cidrs::parse(text.text()).is_some_and(|part| !cidrs::strictly_within(whole, part)) {
            faults.invalid(here.item(at), text, "must be a strict subset of `cidr`");
        }
    }
}

pub(super) fn ip_address(tree: &Tree, faults: &mut Faults) {
    let path = Path::root("spec");
    let (parent, here) = (tree.at(&["spec", "parentRef"]), path.field("parentRef"));
    if parent.is_null() {
        return faults.required(here, "");
    }
    if !parent.get("group").is_empty() {
        faults.by(here.field("group"), parent.get("group"), words::subdomain);
    }
    for key in ["resource", "name"] {
        segment(parent.get(key), here.field(key), faults);
    }
    if !parent.get("namespace").is_empty() {
        faults.by(here.field("namespace"), parent.get("namespace"), words::path_segment);
    }
}

/// A required part of a path.
pub(super) fn segment(value: &Tree, path: Path, faults: &mut Faults) {
    if value.is_empty() {
        faults.required(path, "");
    } else {
        faults.by(path, value, words::path_segment);
    }
}

pub(super) fn ip_address_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    let (path, value) = (Path::root("spec"), new.at(&["spec", "parentRef"]));
    if value != old.at(&["spec", "parentRef"]) {
        faults.invalid(path.field("parentRef"), value, "field is immutable");
    }
}

pub(super) fn service_cidr(tree: &Tree, faults: &mut Faults) {
    let path = Path::root("spec");
    let (list, here) = (tree.at(&["spec", "cidrs"]), path.field("cidrs"));
    match list.items().len() {
        0 => return faults.required(here, "at least one CIDR required"),
        1 | 2 => {}
        _ => return faults.invalid(here, map! {"CIDRs": list}, "may only hold up to 2 values"),
    }
    for (at, text) in list.items().iter().enumerate() {
        faults.by(here.item(at), text, cidrs::block);
    }
    let families: Vec<bool> = list.items().iter().filter_map(|text| Some(cidrs::parse(text.text())?.0.is_ipv4())).collect();
    if families.len() == 2 && families[0] == families[1] {
        faults.invalid(here, list, "may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64");
    }
}

/// What stands may not change; a second block of the other family may come.
pub(super) fn service_cidr_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    let path = Path::root("spec");
    let (is, was, here) = (new.at(&["spec", "cidrs"]), old.at(&["spec", "cidrs"]), path.field("cidrs"));
    let (is_many, was_many) = (is.items().len(), was.items().len());
    if is_many != was_many && (was_many, is_many) != (1, 2) {
        return faults.invalid(here, is, "field is immutable");
    }
    for (at, (is, was)) in is.items().iter().zip(was.items()).enumerate() {
        if is != was {
            faults.invalid(here.item(at), is, "field is immutable");
        }
    }
}
