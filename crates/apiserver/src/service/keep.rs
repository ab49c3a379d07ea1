//! What an update leaves unsaid stays, and what the new type has no use for goes.
use super::{has_node_ports, is_external_name};
use objects::Tree;
use objects::views::{externally_accessible, needs_health_check};
use std::collections::BTreeSet;

/// Carries over what was given before and is not mentioned now (upstream `patchAllocatedValues`).
pub(super) fn allocated(new: &mut Tree, old: &Tree) {
    if !is_external_name(new) && !is_external_name(old) {
        for key in ["clusterIP", "clusterIPs"] {
            if new.at(&["spec", key]).is_empty() && !old.at(&["spec", key]).is_empty() {
                new.set(&["spec", key], old.at(&["spec", key]));
            }
        }
    }
    if has_node_ports(new) && has_node_ports(old) {
        copy_ports(new, old);
    }
    let health = |tree: &Tree| tree.at(&["spec", "healthCheckNodePort"]).int_or(0);
    if needs_health_check(new.get("spec")) && needs_health_check(old.get("spec")) && health(new) == 0 {
        new.set(&["spec", "healthCheckNodePort"], health(old));
    }
}

fn node_port(port: &Tree) -> i64 {
    port.get("nodePort").int_or(0)
}

fn node_ports(service: &Tree) -> BTreeSet<i64> {
    service.at(&["spec", "ports"]).items().iter().map(node_port).filter(|number| *number != 0).collect()
}

/// A port without a node port gets the one that the port of the same name had, unless another port took that.
fn copy_ports(new: &mut Tree, old: &Tree) {
    let list = new.at(&["spec", "ports"]).items();
    if list.iter().all(|port| node_port(port) != 0) {
        return;
    }
    let (now, before) = (node_ports(new), node_ports(old));
    let known = old.at(&["spec", "ports"]).items();
    for port in new.edit(&["spec", "ports"]).list_mut().iter_mut().filter(|port| node_port(port) == 0) {
        let was = known.iter().rfind(|was| was.get("name").text() == port.get("name").text()).map_or(0, node_port);
        if was != 0 && !(now.contains(&was) && before.contains(&was)) {
            port.set(&["nodePort"], was);
        }
    }
}

/// Makes `clusterIPs` follow a `clusterIP` that was set alone (upstream `normalizeClusterIPs`).
pub(super) fn in_step(new: &mut Tree, old: Option<&Tree>) {
    let (one, all) = (new.at(&["spec", "clusterIP"]).clone(), new.at(&["spec", "clusterIPs"]));
    let follow = match old {
        None => !one.is_empty() && all.is_empty(),
        Some(old) => {
            let was = old.at(&["spec", "clusterIP"]);
            was.text() != one.text() && all.items() == old.at(&["spec", "clusterIPs"]).items()
        }
    };
    if follow && one.is_empty() {
        new.remove(&["spec", "clusterIPs"]);
    } else if follow {
        new.set(&["spec", "clusterIPs"], objects::list![&one]);
    }
}

/// Takes away what another type had and nobody touched (upstream `dropTypeDependentFields`).
pub(super) fn only_of_its_type(new: &mut Tree, old: &Tree) {
    let same = |new: &Tree, key: &str| new.at(&["spec", key]) == old.at(&["spec", key]);
    let balanced = |tree: &Tree| super::kind(tree) == "LoadBalancer";
    let mut gone: Vec<&str> = Vec::new();
    if !is_external_name(old) && is_external_name(new) {
        if same(new, "clusterIP") && same(new, "clusterIPs") {
            gone.extend(["clusterIP", "clusterIPs"]);
        }
        gone.extend(["ipFamilies", "ipFamilyPolicy"].into_iter().filter(|key| same(new, key)));
    }
    if needs_health_check(old.get("spec")) && !needs_health_check(new.get("spec")) && same(new, "healthCheckNodePort") {
        gone.push("healthCheckNodePort");
    }
    if balanced(old) && !balanced(new) {
        gone.extend(["allocateLoadBalancerNodePorts", "loadBalancerClass"].into_iter().filter(|key| same(new, key)));
    }
    if externally_accessible(old.get("spec")) && !externally_accessible(new.get("spec")) && same(new, "externalTrafficPolicy") {
        gone.push("externalTrafficPolicy");
    }
    let loses_ports = has_node_ports(old) && !has_node_ports(new) && node_ports(new).is_subset(&node_ports(old));
    for key in gone {
        new.remove(&["spec", key]);
    }
    if loses_ports && !node_ports(new).is_empty() {
        for port in new.edit(&["spec", "ports"]).list_mut() {
            port.map_mut().remove("nodePort");
        }
    }
    if !balanced(new) && !new.at(&["status", "loadBalancer"]).is_empty() {
        new.set(&["status", "loadBalancer"], objects::map! {});
    }
}
