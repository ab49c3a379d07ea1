//! Defaults of Services and EndpointSlices.
use crate::fill::{each, fill, within};
use objects::views::externally_accessible;
use objects::{Text, Tree, map};

pub(super) fn service(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "spec", |spec| {
        fill(spec, "sessionAffinity", Text::new_static("None"));
        fill(spec, "type", Text::new_static("ClusterIP"));
        match spec.get("sessionAffinity").text() {
            "ClientIP" if spec.at(&["sessionAffinityConfig", "clientIP", "timeoutSeconds"]).is_null() => {
                spec.set(&["sessionAffinityConfig"], map! {"clientIP": map! {"timeoutSeconds": 10_800i64}});
            }
            "None" if spec.has("sessionAffinityConfig") => {
                spec.remove(&["sessionAffinityConfig"]);
            }
            _ => {}
        }
        each(spec, "ports", |port| {
            fill(port, "protocol", Text::new_static("TCP"));
            let target = port.get("targetPort");
            if target.is_empty() || target.as_int() == Some(0) {
                port.set(&["targetPort"], port.get("port").clone());
            }
        });
        let kind = spec.get("type").as_text().cloned().unwrap_or_default();
        let outside = matches!(kind.as_str(), "NodePort" | "LoadBalancer");
        if externally_accessible(spec) && spec.get("externalTrafficPolicy").is_empty() {
            spec.set(&["externalTrafficPolicy"], Text::new_static("Cluster"));
        }
        if outside || kind == "ClusterIP" {
            fill(spec, "internalTrafficPolicy", Text::new_static("Cluster"));
        }
        if kind == "LoadBalancer" {
            fill(spec, "allocateLoadBalancerNodePorts", true);
        }
    });
    status(tree);
}

/// A load balancer's address is answered by the nodes unless it says otherwise.
pub(crate) fn status(tree: &mut Tree) {
    within(tree, "status", |status| {
        within(status, "loadBalancer", |balancer| {
            each(balancer, "ingress", |point| {
                if !point.get("ip").is_empty() {
                    fill(point, "ipMode", Text::new_static("VIP"));
                }
            });
        });
    });
}

pub(super) fn endpoints(tree: &mut Tree) {
    each(tree, "subsets", |subset| {
        each(subset, "ports", |port| fill(port, "protocol", Text::new_static("TCP")));
    });
}

pub(super) fn endpoint_slice(tree: &mut Tree) {
    each(tree, "ports", |port| {
        fill(port, "name", Text::default());
        fill(port, "protocol", Text::new_static("TCP"));
    });
    // Go prints these two even when there is nothing in them.
    if tree.get("endpoints").is_null() {
        tree.map_mut().insert("endpoints", Tree::Null);
    }
    if tree.get("ports").is_null() {
        tree.map_mut().insert("ports", Tree::Null);
    }
}
