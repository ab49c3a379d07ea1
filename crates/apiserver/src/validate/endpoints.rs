//! EndpointSlices and Endpoints (upstream `apis/discovery/validation`, `ValidateEndpoints`).
use super::container::port_number;
use super::path::{Faults, Path};
use super::{addresses, words};
use objects::{FieldError, Tree};
use std::collections::BTreeSet;

const ADDRESSES_MAX: usize = 100;
const PORTS_MAX: usize = 100;
const ENDPOINTS_MAX: usize = 1000;
const HINTS_MAX: usize = 8;

pub(super) fn slice(tree: &Tree, faults: &mut Faults) {
    let family = tree.get("addressType");
    if family.is_empty() {
        faults.required(Path::root("addressType"), "");
    } else {
        faults.one_of(Path::root("addressType"), family, &["FQDN", "IPv4", "IPv6"]);
    }
    let (list, path) = (tree.get("endpoints").items(), Path::root("endpoints"));
    if few_enough(list, ENDPOINTS_MAX, path, faults) {
        for (at, one) in list.iter().enumerate() {
            endpoint(one, family.text(), path.item(at), faults);
        }
    }
    let (list, path) = (tree.get("ports").items(), Path::root("ports"));
    if few_enough(list, PORTS_MAX, path, faults) {
        ports(list, path, faults);
    }
}

pub(super) fn slice_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    if new.get("addressType") != old.get("addressType") {
        // The server does not repeat the value here.
        faults.invalid(Path::root("addressType"), Tree::Null, "field is immutable");
    }
}

fn few_enough(list: &[Tree], most: usize, path: Path, faults: &mut Faults) -> bool {
    let fits = list.len() <= most;
    if !fits {
        let words = format!("Too many: {}: must have at most {most} items", list.len());
        faults.0.push(FieldError::new("FieldValueTooMany", path.text(), words));
    }
    fits
}

fn endpoint(endpoint: &Tree, family: &str, path: Path, faults: &mut Faults) {
    let (list, here) = (endpoint.get("addresses").items(), path.field("addresses"));
    if list.is_empty() {
        faults.required(here, "must contain at least 1 address");
    }
    few_enough(list, ADDRESSES_MAX, here, faults);
    for (at, address) in list.iter().enumerate() {
        let here = here.item(at);
        match family {
            "IPv4" | "IPv6" => ip(address, family, here, faults),
            "FQDN" => host(address, here, faults),
            _ => {}
        }
    }
    if !endpoint.get("nodeName").is_null() {
        faults.by(path.field("nodeName"), endpoint.get("nodeName"), words::subdomain);
    }
    if !endpoint.get("hostname").is_null() {
        faults.by(path.field("hostname"), endpoint.get("hostname"), words::label);
    }
    let hints = path.field("hints");
    hinted(endpoint.at(&["hints", "forZones"]), words::label_value, hints.field("forZones"), faults);
    hinted(endpoint.at(&["hints", "forNodes"]), words::subdomain, hints.field("forNodes"), faults);
}

fn ip(address: &Tree, family: &str, path: Path, faults: &mut Faults) {
    let before = faults.0.len();
    faults.by(path, address, addresses::address);
    if faults.0.len() > before {
        return;
    }
    if addresses::is_six(address.text()) != (family == "IPv6") {
        faults.invalid(path, address, format!("must be an {family} address"));
    }
    faults.by(path, address, addresses::ordinary);
}

fn host(address: &Tree, path: Path, faults: &mut Faults) {
    let name = address.text().strip_suffix('.').unwrap_or(address.text());
    if address.is_empty() {
        faults.required(path, "");
        return;
    }
    let wrong = words::subdomain(name);
    if !wrong.is_empty() {
        faults.invalid(path, name, wrong.join(","));
    } else if !name.contains('.') {
        faults.invalid(path, name, "should be a domain with at least two segments separated by dots");
    } else {
        for label in name.split('.').filter(|label| label.len() > 63) {
            faults.invalid(path, label, words::label(label).join(","));
        }
    }
}

fn hinted(hints: &Tree, rule: fn(&str) -> Vec<String>, path: Path, faults: &mut Faults) {
    if !few_enough(hints.items(), HINTS_MAX, path, faults) {
        return;
    }
    let mut names = BTreeSet::new();
    for (at, hint) in hints.items().iter().enumerate() {
        let here = path.item(at);
        if !names.insert(hint.get("name").text()) {
            faults.duplicate(here.field("name"), hint.get("name"));
        }
        faults.by(here.field("name"), hint.get("name"), rule);
    }
}

fn ports(list: &[Tree], path: Path, faults: &mut Faults) {
    let mut names = BTreeSet::new();
    for (at, port) in list.iter().enumerate() {
        let (here, name) = (path.item(at), port.get("name"));
        if !name.is_empty() {
            faults.by(here.field("name"), name, words::label);
        }
        if !names.insert(name.text()) {
            faults.duplicate(here.field("name"), name);
        }
        protocol(port, here, faults);
    }
}

fn protocol(port: &Tree, path: Path, faults: &mut Faults) {
    faults.one_of(path.field("protocol"), port.get("protocol"), &["SCTP", "TCP", "UDP"]);
    if !port.get("appProtocol").is_null() {
        faults.by(path.field("appProtocol"), port.get("appProtocol"), words::qualified);
    }
}

/// A legacy Endpoints object.
pub(super) fn endpoints(tree: &Tree, faults: &mut Faults) {
    let path = Path::root("subsets");
    for (at, subset) in tree.get("subsets").items().iter().enumerate() {
        let here = path.item(at);
        if subset.get("addresses").is_empty() && subset.get("notReadyAddresses").is_empty() {
            faults.required(here, "must specify `addresses` or `notReadyAddresses`");
        }
        for key in ["addresses", "notReadyAddresses"] {
            let list = here.field(key);
            for (at, address) in subset.get(key).items().iter().enumerate() {
                legacy(address, list.item(at), faults);
            }
        }
        let (ports, list) = (subset.get("ports").items(), here.field("ports"));
        for (at, port) in ports.iter().enumerate() {
            let (here, name) = (list.item(at), port.get("name"));
            match (name.is_empty(), ports.len() > 1) {
                (true, true) => faults.required(here.field("name"), ""),
                (true, false) => {}
                (false, _) => faults.by(here.field("name"), name, words::label),
            }
            let number = if port.get("port").is_null() { &Tree::Int(0) } else { port.get("port") };
            port_number(number, here.field("port"), faults);
            protocol(port, here, faults);
        }
    }
}

fn legacy(address: &Tree, path: Path, faults: &mut Faults) {
    faults.by(path.field("ip"), address.get("ip"), addresses::address);
    if !address.get("hostname").is_empty() {
        faults.by(path.field("hostname"), address.get("hostname"), words::label);
    }
    if !address.get("nodeName").is_null() {
        faults.by(path.field("nodeName"), address.get("nodeName"), words::subdomain);
    }
    faults.by(path.field("ip"), address.get("ip"), addresses::ordinary);
}
