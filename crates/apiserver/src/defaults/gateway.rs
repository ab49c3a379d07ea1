//! Defaults of the Gateway API, as its custom resource definitions write them.
use crate::fill::{each, fill, within};
use objects::{Text, Tree, kinds, list, map};

fn text(tree: &mut Tree, key: &'static str, value: &'static str) {
    fill(tree, key, Text::new_static(value));
}

/// A reference to a Service or another object of the core group.
fn core(reference: &mut Tree, kind: &'static str) {
    text(reference, "group", "");
    text(reference, "kind", kind);
}

pub(super) fn gateway(tree: &mut Tree) {
    within(tree, "spec", |spec| {
        each(spec, "listeners", |listener| {
            fill(listener, "allowedRoutes", map! {"namespaces": map! {"from": "Same"}});
            within(listener, "allowedRoutes", |routes| {
                fill(routes, "namespaces", map! {"from": "Same"});
                within(routes, "namespaces", |namespaces| text(namespaces, "from", "Same"));
                each(routes, "kinds", |kind| text(kind, "group", kinds::GATEWAY_API));
            });
            within(listener, "tls", |tls| {
                text(tls, "mode", "Terminate");
                each(tls, "certificateRefs", |reference| core(reference, "Secret"));
            });
        });
        each(spec, "addresses", |address| text(address, "type", "IPAddress"));
    });
}

pub(super) fn http_route(tree: &mut Tree) {
    let anything = || list![map! {"path": map! {"type": "PathPrefix", "value": "/"}}];
    within(tree, "spec", |spec| {
        each(spec, "parentRefs", |parent| {
            text(parent, "group", kinds::GATEWAY_API);
            text(parent, "kind", "Gateway");
        });
        fill(spec, "rules", list![map! {"matches": anything()}]);
        each(spec, "rules", |rule| {
            fill(rule, "matches", anything());
            each(rule, "matches", route_match);
            each(rule, "filters", filter);
            each(rule, "backendRefs", |reference| {
                core(reference, "Service");
                fill(reference, "weight", 1i64);
                each(reference, "filters", filter);
            });
        });
    });
}

fn route_match(item: &mut Tree) {
    fill(item, "path", map! {"type": "PathPrefix", "value": "/"});
    within(item, "path", |path| {
        text(path, "type", "PathPrefix");
        text(path, "value", "/");
    });
    for key in ["headers", "queryParams"] {
        each(item, key, |one| text(one, "type", "Exact"));
    }
}

fn filter(item: &mut Tree) {
    within(item, "requestRedirect", |redirect| fill(redirect, "statusCode", 302i64));
    within(item, "requestMirror", |mirror| within(mirror, "backendRef", |reference| core(reference, "Service")));
}
