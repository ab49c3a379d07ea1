//! What a Service was given stays with it when an update does not mention it (upstream `patchAllocatedValues`).
use objects::Tree;

/// Carries the cluster address and the node ports over from the version before.
pub(crate) fn keep(new: &mut Tree, old: &Tree) {
    let kind = |tree: &Tree| tree.at(&["spec", "type"]).as_text().cloned().unwrap_or_default();
    let (now, before) = (kind(new), kind(old));
    let outside = |kind: &str| matches!(kind, "NodePort" | "LoadBalancer");
    if now != "ExternalName" && before != "ExternalName" {
        for key in ["clusterIP", "clusterIPs"] {
            if new.at(&["spec", key]).is_empty() {
                new.set(&["spec", key], old.at(&["spec", key]));
            }
        }
    }
    if outside(&now) && outside(&before) {
        copy_ports(new, old);
    } else if !outside(&now) && outside(&before) && same_ports(new, old) {
        // The type changed and nobody touched the ports: they are given back.
        for port in new.edit(&["spec", "ports"]).list_mut() {
            port.map_mut().remove("nodePort");
        }
        new.remove(&["spec", "externalTrafficPolicy"]);
        new.remove(&["spec", "allocateLoadBalancerNodePorts"]);
    }
}

fn copy_ports(new: &mut Tree, old: &Tree) {
    let known = old.at(&["spec", "ports"]).items();
    let missing = |port: &Tree| port.get("nodePort").int_or(0) == 0;
    if !new.at(&["spec", "ports"]).items().iter().any(missing) {
        return;
    }
    for port in new.edit(&["spec", "ports"]).list_mut().iter_mut().filter(|port| missing(port)) {
        let fits = |was: &&Tree| was.get("port") == port.get("port") && was.get("protocol") == port.get("protocol");
        if let Some(was) = known.iter().find(fits) {
            port.set(&["nodePort"], was.get("nodePort"));
        }
    }
}

fn same_ports(new: &Tree, old: &Tree) -> bool {
    let ports =
        |tree: &Tree| -> Vec<Tree> { tree.at(&["spec", "ports"]).items().iter().map(|port| port.get("nodePort").clone()).collect() };
    ports(new) == ports(old) && new.at(&["spec", "ports"]).items().iter().any(|port| port.has("nodePort"))
}
