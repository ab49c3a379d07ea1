//! API groups and their versions.
use super::resources;
use objects::{Tree, kinds, map};

/// Groups that answer questions and store nothing.
const REVIEWS: [&str; 2] = ["authentication.k8s.io", "authorization.k8s.io"];

/// Every group but the core one, in the order of the kinds.
pub(super) fn names() -> Vec<&'static str> {
    let mut all: Vec<&str> = Vec::new();
    for row in kinds::KINDS {
        if !row.group.is_empty() && !all.contains(&row.group) {
            all.push(row.group);
        }
    }
    all.extend(REVIEWS.iter().filter(|group| !all.contains(group)).copied().collect::<Vec<_>>());
    all
}

/// The versions of a group, the preferred one first.
pub(super) fn versions(group: &str) -> Vec<&'static str> {
    let mut all: Vec<&str> = Vec::new();
    for row in kinds::KINDS.iter().filter(|row| row.group == group) {
        if !all.contains(&row.version) {
            all.push(row.version);
        }
    }
    if REVIEWS.contains(&group) {
        all = vec!["v1"];
    }
    // v2 before v1 before v1beta1, as upstream ranks them.
    all.sort_by_key(|version| (version.contains("beta"), std::cmp::Reverse(*version)));
    all
}

/// `/apis`
pub(super) fn list() -> Tree {
    let groups: Vec<Tree> = names().into_iter().map(group).collect();
    map! {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
}

/// `/apis/apps`
pub(super) fn one(name: &str) -> Option<Tree> {
    if !names().contains(&name) {
        return None;
    }
    let mut tree = group(name);
    tree.set(&["kind"], "APIGroup");
    tree.set(&["apiVersion"], "v1");
    Some(tree)
}

fn group(name: &str) -> Tree {
    let version = |version: &&str| map! {"groupVersion": format!("{name}/{version}"), "version": *version};
    let all: Vec<Tree> = versions(name).iter().map(version).collect();
    map! {"name": name, "preferredVersion": all[0].clone(), "versions": all}
}

/// Everything at once: `APIGroupDiscoveryList` of the core group, or of all others.
pub(super) fn aggregated(core: bool) -> Tree {
    let names = if core { vec![""] } else { names() };
    let items: Vec<Tree> = names
        .into_iter()
        .map(|group| {
            let versions: Vec<Tree> = versions(group)
                .into_iter()
                .map(|version| map! {"version": version, "resources": resources::aggregated(group, version), "freshness": "Current"})
                .collect();
            let meta = if group.is_empty() {
                map! {}
            } else {
                map! {"name": group}
            };
            map! {"metadata": meta, "versions": versions}
        })
        .collect();
    let kind = "APIGroupDiscoveryList";
    map! {"kind": kind, "apiVersion": "apidiscovery.k8s.io/v2", "metadata": map! {}, "items": items}
}
