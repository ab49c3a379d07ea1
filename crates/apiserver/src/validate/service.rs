//! Services: ports, type, addresses, and which field goes with which type (upstream `ValidateService`).
use super::container::port_number;
use super::path::{Faults, Path};
use super::{addresses, meta, probe, words};
use objects::Tree;
use objects::views::{externally_accessible, needs_health_check};
use std::collections::BTreeSet;

const TYPES: [&str; 4] = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];
const DISTRIBUTIONS: [&str; 3] = ["PreferClose", "PreferSameZone", "PreferSameNode"];
const ONLY_BALANCED: &str = "may only be used when `type` is 'LoadBalancer'";
const AFFINITY_SECONDS_MAX: i64 = 86_400;

pub(super) fn service(tree: &Tree, faults: &mut Faults) {
    let (spec, path) = (tree.get("spec"), Path::root("spec"));
    let kind = spec.get("type").text();
    hints(tree.at(&["metadata", "annotations"]), faults);
    of_its_type(spec, kind, path, faults);
    ports(spec, path, faults);
    meta::labels(spec.get("selector"), path.field("selector"), faults);
    affinity(spec, path, faults);
    cluster_ips(spec, faults);
    for (at, address) in spec.get("externalIPs").items().iter().enumerate() {
        let list = path.field("externalIPs");
        faults.by(list.item(at), address, addresses::address);
        faults.by(list.item(at), address, addresses::ordinary);
    }
    faults.one_of(path.field("type"), spec.get("type"), &TYPES);
    numbers(spec, kind, path, faults);
    balanced(tree, kind, path, faults);
    policies(spec, kind, path, faults);
}

/// The old and the new annotation for topology may not disagree.
fn hints(annotations: &Tree, faults: &mut Faults) {
    const OLD: &str = "service.kubernetes.io/topology-aware-hints";
    const NEW: &str = "service.kubernetes.io/topology-mode";
    if annotations.has(OLD) && annotations.has(NEW) && annotations.get(OLD) != annotations.get(NEW) {
        let path = Path::root("metadata");
        let list = path.field("annotations");
        faults.invalid(list.key(NEW), annotations.get(NEW), format!("must match annotations[{OLD}] when both are specified"));
    }
}

fn is_headless(spec: &Tree) -> bool {
    matches!(spec.get("clusterIPs").items(), [only] if only.text() == "None")
}

fn of_its_type(spec: &Tree, kind: &str, path: Path, faults: &mut Faults) {
    let headless = is_headless(spec);
    if spec.get("ports").is_empty() && !headless && kind != "ExternalName" {
        faults.required(path.field("ports"), "");
    }
    match kind {
        "LoadBalancer" | "NodePort" if headless => {
            faults.invalid(path.field("clusterIPs").item(0), "None", format!("may not be set to 'None' for {kind} services"));
        }
        "ExternalName" => {
            for key in ["clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
                if !spec.get(key).is_empty() {
                    faults.forbidden(path.field(key), "may not be set for ExternalName services");
                }
            }
            let name = spec.get("externalName").text();
            let bare = name.strip_suffix('.').unwrap_or(name);
            if bare.is_empty() {
                faults.required(path.field("externalName"), "");
            } else {
                faults.by(path.field("externalName"), &Tree::from(bare), words::subdomain);
            }
        }
        _ => {}
    }
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
        if !port.get("appProtocol").is_null() {
            faults.by(here.field("appProtocol"), port.get("appProtocol"), words::qualified);
        }
    }
}

fn affinity(spec: &Tree, path: Path, faults: &mut Faults) {
    let (kind, config) = (spec.get("sessionAffinity"), spec.get("sessionAffinityConfig"));
    faults.one_of(path.field("sessionAffinity"), kind, &["ClientIP", "None"]);
    let here = path.field("sessionAffinityConfig");
    match kind.text() {
        "ClientIP" => {
            let seconds = config.at(&["clientIP", "timeoutSeconds"]);
            if !(1..=AFFINITY_SECONDS_MAX).contains(&seconds.int_or(0)) {
                let why = format!("must be greater than 0 and less than {AFFINITY_SECONDS_MAX}");
                faults.invalid(here.field("clientIP").field("timeoutSeconds"), seconds, why);
            }
        }
        "None" if !config.is_null() => faults.forbidden(here, "must not be set when session affinity is None"),
        _ => {}
    }
}

/// The fields about the cluster's addresses among themselves (upstream `ValidateServiceClusterIPsRelatedFields`).
pub(super) fn cluster_ips(spec: &Tree, faults: &mut Faults) {
    if spec.get("type").text() == "ExternalName" {
        return;
    }
    let path = Path::root("spec");
    let (one, all, families) = (spec.get("clusterIP"), spec.get("clusterIPs"), spec.get("ipFamilies").items());
    let list = path.field("clusterIPs");
    match all.items().first() {
        None if !one.is_empty() => faults.required(list, ""),
        Some(first) if !one.is_empty() && first != one => faults.invalid(list, all, "first value must match `clusterIP`"),
        Some(_) if one.is_empty() => faults.invalid(list, all, "must be empty when `clusterIP` is not specified"),
        _ => {}
    }
    for (at, family) in families.iter().enumerate() {
        let here = path.field("ipFamilies");
        faults.one_of(here.item(at), family, &["IPv4", "IPv6"]);
        if families[..at].contains(family) {
            faults.duplicate(here.item(at), family);
        }
    }
    let policy = spec.get("ipFamilyPolicy");
    if !policy.is_null() {
        faults.one_of(path.field("ipFamilyPolicy"), policy, &["PreferDualStack", "RequireDualStack", "SingleStack"]);
    }
    if each_address(all, list, faults) && !is_headless(spec) {
        for (at, (address, family)) in all.items().iter().zip(families).enumerate() {
            let six = addresses::is_six(address.text());
            let other = match family.text() {
                "IPv4" if six => "an IPv4",
                "IPv6" if !six => "an IPv6",
                _ => continue,
            };
            faults.invalid(list.item(at), address, format!("expected {other} value as indicated by `ipFamilies[{at}]`"));
        }
    }
}

/// Whether the addresses make sense one by one, so that more can be said of them.
fn each_address(all: &Tree, list: Path, faults: &mut Faults) -> bool {
    let (items, before) = (all.items(), faults.0.len());
    for (at, address) in items.iter().enumerate() {
        if at == 0 && address.text() == "None" {
            if items.len() > 1 {
                faults.invalid(list, all, "'None' must be the first and only value");
            }
            continue;
        }
        faults.by(list.item(at), address, addresses::address);
    }
    let sound = faults.0.len() == before;
    if items.len() > 2 {
        faults.invalid(list, all, "may only hold up to 2 values");
    }
    let sixes = items.iter().filter(|address| addresses::is_six(address.text())).count();
    if sound && items.len() > 1 && !(items.len() == 2 && sixes == 1) {
        faults.invalid(list, all, "may specify no more than one IP for each IP family");
    }
    sound
}

/// Node ports where they belong, and no number of one protocol twice.
fn numbers(spec: &Tree, kind: &str, path: Path, faults: &mut Faults) {
    let (list, here) = (spec.get("ports").items(), path.field("ports"));
    let node = |port: &Tree| port.get("nodePort").int_or(0);
    if kind == "ClusterIP" {
        for (at, _) in list.iter().enumerate().filter(|(_, port)| node(port) != 0) {
            faults.forbidden(here.item(at).field("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    let mut taken = BTreeSet::new();
    for (at, port) in list.iter().enumerate().filter(|(_, port)| node(port) != 0) {
        if !taken.insert((node(port), port.get("protocol").text())) {
            faults.duplicate(here.item(at).field("nodePort"), node(port));
        }
    }
    let mut taken = BTreeSet::new();
    for (at, port) in list.iter().enumerate() {
        let (number, protocol) = (port.get("port").int_or(0), port.get("protocol").text());
        if !taken.insert((number, protocol)) {
            // Go prints the whole struct that it compares, with the fields it does not compare at zero.
            let shown = format!(
                "{{\"Name\":\"\",\"Protocol\":\"{protocol}\",\"AppProtocol\":null,\"Port\":{number},\"TargetPort\":0,\"NodePort\":0}}"
            );
            let message = format!("Duplicate value: {shown}");
            faults.0.push(objects::FieldError::new("FieldValueDuplicate", here.item(at).text(), message));
        }
    }
}

/// What only a load balancer has.
fn balanced(tree: &Tree, kind: &str, path: Path, faults: &mut Faults) {
    let spec = tree.get("spec");
    let is_balanced = kind == "LoadBalancer";
    source_ranges(tree, is_balanced, path, faults);
    let allocates = spec.get("allocateLoadBalancerNodePorts");
    if !allocates.is_null() && !is_balanced {
        faults.forbidden(path.field("allocateLoadBalancerNodePorts"), ONLY_BALANCED);
    }
    if allocates.is_null() && is_balanced {
        faults.required(Path::root("allocateLoadBalancerNodePorts"), "");
    }
    let class = spec.get("loadBalancerClass");
    if class.is_null() {
        return;
    }
    if is_balanced {
        faults.by(path.field("loadBalancerClass"), class, words::qualified);
    } else {
        faults.forbidden(path.field("loadBalancerClass"), ONLY_BALANCED);
    }
}

fn source_ranges(tree: &Tree, is_balanced: bool, path: Path, faults: &mut Faults) {
    const ANNOTATION: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let ranges = tree.at(&["spec", "loadBalancerSourceRanges"]);
    let annotation = tree.at(&["metadata", "annotations", ANNOTATION]);
    // Upstream spells the field with a capital here.
    let list = path.field("LoadBalancerSourceRanges");
    let (meta, none) = (Path::root("metadata"), Vec::new());
    let annotations = meta.field("annotations");
    let listed = !ranges.is_empty();
    let here = if listed { list } else { annotations.key(ANNOTATION) };
    if !listed && annotation.is_null() {
        return;
    }
    if !is_balanced {
        faults.forbidden(here, ONLY_BALANCED);
    }
    let words = annotation.text().trim();
    let texts: Vec<&str> = match listed {
        true => ranges.items().iter().map(Tree::text).collect(),
        false if words.is_empty() => none,
        false => words.split(',').collect(),
    };
    for (at, text) in texts.into_iter().enumerate() {
        let place = if listed { here.item(at) } else { here };
        faults.by(place, &Tree::from(text.trim()), addresses::block);
    }
}

fn policies(spec: &Tree, kind: &str, path: Path, faults: &mut Faults) {
    let external = spec.get("externalTrafficPolicy");
    if externally_accessible(spec) {
        if external.is_empty() {
            faults.required(path.field("externalTrafficPolicy"), "");
        } else {
            faults.one_of(path.field("externalTrafficPolicy"), external, &["Cluster", "Local"]);
        }
    } else if !external.is_empty() {
        faults.invalid(path.field("externalTrafficPolicy"), external, "may only be set for externally-accessible services");
    }
    let health = spec.get("healthCheckNodePort");
    if needs_health_check(spec) {
        if health.int_or(0) == 0 {
            faults.required(path.field("healthCheckNodePort"), "");
        } else {
            port_number(health, path.field("healthCheckNodePort"), faults);
        }
    } else if health.int_or(0) != 0 {
        let why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        faults.invalid(path.field("healthCheckNodePort"), health, why);
    }
    let internal = spec.get("internalTrafficPolicy");
    if !internal.is_null() {
        faults.one_of(path.field("internalTrafficPolicy"), internal, &["Cluster", "Local"]);
    } else if matches!(kind, "ClusterIP" | "LoadBalancer" | "NodePort") {
        faults.required(path.field("internalTrafficPolicy"), "");
    }
    let spread = spec.get("trafficDistribution");
    if !spread.is_null() {
        faults.one_of(path.field("trafficDistribution"), spread, &DISTRIBUTIONS);
    }
}

/// What stays for life, unless the type changes from or to `ExternalName` (upstream `ValidateServiceUpdate`).
pub(super) fn update(new: &Tree, old: &Tree, faults: &mut Faults) {
    let (new, old) = (new.get("spec"), old.get("spec"));
    let kind = |spec: &Tree, kind: &str| spec.get("type").text() == kind;
    let path = Path::root("spec");
    if !kind(new, "ExternalName") && !kind(old, "ExternalName") {
        if !(is_headless(new) && is_headless(old)) {
            stays(new, old, "clusterIPs", "primary clusterIP can not be unset", path, faults);
        }
        if !is_headless(new) && !is_headless(old) {
            stays(new, old, "ipFamilies", "primary ipFamily can not be unset", path, faults);
        }
    }
    let class = |spec: &Tree| spec.get("loadBalancerClass").clone();
    if kind(new, "LoadBalancer") && kind(old, "LoadBalancer") && class(new) != class(old) {
        faults.invalid(path.field("loadBalancerClass"), class(new), "may not change once set");
    }
    let health = |spec: &Tree| spec.get("healthCheckNodePort").int_or(0);
    if needs_health_check(new) && needs_health_check(old) && health(new) != health(old) {
        faults.forbidden(path.field("healthCheckNodePort"), "field is immutable");
    }
}

/// The first item may not change or go; a second one may come, and may go with the policy `SingleStack`.
fn stays(new: &Tree, old: &Tree, key: &str, unset: &str, path: Path, faults: &mut Faults) {
    let (now, was) = (new.get(key).items(), old.get(key).items());
    let list = path.field(key);
    if now.len() < was.len() && now.is_empty() {
        faults.invalid(list.item(0), new.get(key), unset);
    }
    let both = if now.len() == was.len() { was.len() } else { was.len().min(now.len()).min(1) };
    for at in 0..both {
        if now[at] != was[at] {
            faults.invalid(list.item(if key == "clusterIPs" { at } else { 0 }), new.get(key), "may not change once set");
        }
    }
    if now.len() < was.len() && now.len() == 1 && new.get("ipFamilyPolicy").text() != "SingleStack" {
        let what = if key == "clusterIPs" { "clusterIP" } else { "ipFamily" };
        let why = format!("must be set to 'SingleStack' when releasing the secondary {what}");
        faults.invalid(path.field("ipFamilyPolicy"), new.get("ipFamilyPolicy"), why);
    }
}

/// What a load balancer's controller may report (upstream `ValidateLoadBalancerStatus`).
pub(super) fn status(tree: &Tree, faults: &mut Faults) {
    let path = Path::root("status");
    let path = path.field("loadBalancer");
    let list = path.field("ingress");
    let points = tree.at(&["status", "loadBalancer", "ingress"]).items();
    if !points.is_empty() && tree.at(&["spec", "type"]).text() != "LoadBalancer" {
        faults.forbidden(list, "may only be used when `spec.type` is 'LoadBalancer'");
        return;
    }
    for (at, point) in points.iter().enumerate() {
        let here = list.item(at);
        let (ip, mode, host) = (point.get("ip"), point.get("ipMode"), point.get("hostname"));
        if !ip.is_empty() {
            faults.by(here.field("ip"), ip, addresses::address);
        }
        match (ip.is_empty(), mode.is_null()) {
            (false, true) => faults.required(here.field("ipMode"), "must be specified when `ip` is set"),
            (true, false) => faults.forbidden(here.field("ipMode"), "may not be specified when `ip` is not set"),
            (false, false) => faults.one_of(here.field("ipMode"), mode, &["Proxy", "VIP"]),
            (true, true) => {}
        }
        if !host.is_empty() {
            faults.by(here.field("hostname"), host, words::subdomain);
            if addresses::sloppy(host.text()).is_some() {
                faults.invalid(here.field("hostname"), host, "must be a DNS name, not an IP address");
            }
        }
    }
}
