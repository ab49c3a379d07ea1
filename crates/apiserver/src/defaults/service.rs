//! Defaults of Services and EndpointSlices.
use crate::fill::{each, fill, within};
use objects::{Text, Tree, list, map};

pub(super) fn service(tree: &mut Tree) {
    fill(tree, "spec", map! {});
    within(tree, "spec", |spec| {
        fill(spec, "sessionAffinity", Text::new_static("None"));
        fill(spec, "type", Text::new_static("ClusterIP"));
        if spec.get("sessionAffinity").text() == "ClientIP" {
            fill(spec, "sessionAffinityConfig", map! {"clientIP": map! {"timeoutSeconds": 10_800i64}});
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
        if outside {
            fill(spec, "externalTrafficPolicy", Text::new_static("Cluster"));
        }
        if outside || kind == "ClusterIP" {
            fill(spec, "internalTrafficPolicy", Text::new_static("Cluster"));
        }
        if kind == "LoadBalancer" {
            fill(spec, "allocateLoadBalancerNodePorts", true);
        }
        if kind != "ExternalName" {
            fill(spec, "ipFamilies", list!["IPv4"]);
            fill(spec, "ipFamilyPolicy", Text::new_static("SingleStack"));
        }
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
