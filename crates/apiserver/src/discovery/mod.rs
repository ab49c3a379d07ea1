//! What the server says of itself: version, groups, resources, schemas, health.
mod groups;
mod health;
mod openapi;
mod resources;

pub use health::{failed_checks, unhealthy};

use objects::wire::{Accept, Body, Request, Response, Verb};
use objects::{Status, Tree, list, map};

/// Answers a path that is no resource; 404 for one where nothing stands. Groups that are `absent` are not told of.
pub(crate) fn answer(path: &str, request: &Request, absent: &[&str]) -> Response {
    if absent.iter().any(|group| path.contains(group)) {
        return not_found();
    }
    let mut response = everything(path, request);
    if let Body::Tree(tree) = &mut response.body {
        absent.iter().for_each(|group| without(group, tree));
    }
    response
}

/// Takes a group out of the lists of groups, documents and paths.
fn without(group: &str, tree: &mut Tree) {
    let named = |item: &Tree| [item, item.get("name"), item.at(&["metadata", "name"])].iter().any(|name| name.text().contains(group));
    for key in ["groups", "items", "paths"] {
        match tree.get(key) {
            Tree::List(items) if items.iter().any(named) => tree.edit(&[key]).list_mut().retain(|item| !named(item)),
            Tree::Map(map) if map.keys().any(|name| name.contains(group)) => {
                tree.edit(&[key]).map_mut().retain(|name, _| !name.contains(group));
            }
            _ => {}
        }
    }
}

fn everything(path: &str, request: &Request) -> Response {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
    if request.verb != Verb::Get {
        return Status::method_not_allowed("the server does not allow this method on the requested resource").into();
    }
    let aggregated = request.accept == Accept::Discovery;
    let found = match path {
        "/version" => Some(version()),
        "/api" if aggregated => Some(groups::aggregated(true)),
        "/api" => Some(legacy_versions()),
        "/apis" if aggregated => Some(groups::aggregated(false)),
        "/apis" => Some(groups::list()),
        "/" => Some(map! {"paths": paths()}),
        "/openapi/v3" => Some(openapi::index()),
        _ => None,
    };
    if let Some(tree) = found {
        return Response::ok(tree);
    }
    if path == "/openapi/v2" {
        // A protobuf document that holds its version ("2.0", field 1) and no definitions: kubectl then leaves
        // validation to the server.
        return Response::text("\n\u{3}2.0");
    }
    if let Some(text) = health::answer(path, query, request) {
        return Response::text(text);
    }
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let found = match parts.as_slice() {
        ["api", version] => resources::list("", version),
        ["apis", group] => groups::one(group),
        ["apis", group, version] => resources::list(group, version),
        ["openapi", "v3", "api", version] => openapi::document("", version),
        ["openapi", "v3", "apis", group, version] => openapi::document(group, version),
        _ => None,
    };
    match found {
        Some(tree) => Response::ok(tree),
        None => not_found(),
    }
}

/// `404 page not found`, as the outermost handler says it: plain text.
fn not_found() -> Response {
    Response { code: 404, ..Response::text("404 page not found\n") }
}

/// The version that is taught; commit and date are placeholders.
pub(crate) fn version() -> Tree {
    map! {
        "major": "1", "minor": "37", "emulationMajor": "1", "emulationMinor": "37", "minCompatibilityMajor": "1",
        "minCompatibilityMinor": "36", "gitVersion": "v1.37.2", "gitCommit": "0000000000000000000000000000000000000000",
        "gitTreeState": "clean", "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1.26.8", "compiler": "gc",
        "platform": "linux/amd64",
    }
}

fn legacy_versions() -> Tree {
    let address = map! {"clientCIDR": "0.0.0.0/0", "serverAddress": "192.168.100.10:6443"};
    map! {"kind": "APIVersions", "versions": list!["v1"], "serverAddressByClientCIDRs": list![address]}
}

/// Every path that something stands at.
fn paths() -> Tree {
    let mut all = vec!["/api".to_string(), "/api/v1".into(), "/apis".into(), "/apis/".into()];
    for group in groups::names() {
        all.push(format!("/apis/{group}"));
        all.extend(groups::versions(group).iter().map(|version| format!("/apis/{group}/{version}")));
    }
    all.extend(["/healthz", "/livez", "/openapi/v3", "/openapi/v3/", "/readyz", "/version"].map(String::from));
    Tree::from(all.into_iter().map(Tree::from).collect::<Vec<_>>())
}
