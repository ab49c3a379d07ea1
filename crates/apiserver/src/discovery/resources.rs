//! The resources of a group's version: names, verbs, subresources.
use objects::{Kind, Text, Tree, kinds, map};

const ALL: [&str; 8] = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];

/// A subresource: its owner ("" for any), its name, the kind it speaks (group, version, kind; "" for the owner's), its verbs.
type Part = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static [&'static str]);

const WRITTEN: &[&str] = &["get", "patch", "update"];
const OPENED: &[&str] = &["create", "get"];
const PROXIED: &[&str] = &["create", "delete", "get", "patch", "update"];

static PARTS: &[Part] = &[
    ("pods", "attach", "", "", "PodAttachOptions", OPENED),
    ("pods", "binding", "", "", "Binding", &["create"]),
    ("pods", "eviction", "policy", "v1", "Eviction", &["create"]),
    ("pods", "exec", "", "", "PodExecOptions", OPENED),
    ("pods", "log", "", "", "", &["get"]),
    ("pods", "portforward", "", "", "PodPortForwardOptions", OPENED),
    ("pods", "proxy", "", "", "PodProxyOptions", PROXIED),
    ("services", "proxy", "", "", "ServiceProxyOptions", PROXIED),
    ("nodes", "proxy", "", "", "NodeProxyOptions", PROXIED),
    ("namespaces", "finalize", "", "", "", &["update"]),
    ("serviceaccounts", "token", "authentication.k8s.io", "v1", "TokenRequest", &["create"]),
    ("", "scale", "autoscaling", "v1", "Scale", WRITTEN),
    ("", "", "", "", "", WRITTEN),
];

/// Questions: group, plural, kind, whether in a namespace.
static REVIEWS: &[(&str, &str, &str, bool)] = &[
    ("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview", false),
    ("authentication.k8s.io", "tokenreviews", "TokenReview", false),
    ("authorization.k8s.io", "localsubjectaccessreviews", "LocalSubjectAccessReview", true),
    ("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview", false),
    ("authorization.k8s.io", "selfsubjectrulesreviews", "SelfSubjectRulesReview", false),
    ("authorization.k8s.io", "subjectaccessreviews", "SubjectAccessReview", false),
];

fn part(row: &Kind, name: &str) -> &'static Part {
    let fits = |found: &&Part| (found.0.is_empty() || found.0 == row.plural) && (found.1.is_empty() || found.1 == name);
    PARTS.iter().find(fits).expect("the last row fits anything")
}

fn verbs(row: &Kind) -> Vec<Tree> {
    let kept = |verb: &str| match row.kind {
        "Namespace" => verb != "deletecollection",
        "ComponentStatus" => matches!(verb, "get" | "list"),
        _ => true,
    };
    ALL.iter().filter(|verb| kept(verb)).map(|verb| Tree::from(*verb)).collect()
}

fn words(all: &[&'static str]) -> Tree {
    Tree::from(all.iter().map(|word| Tree::from(Text::new_static(word))).collect::<Vec<_>>())
}

fn rows(group: &str, version: &str) -> Vec<&'static Kind> {
    let mut all: Vec<&Kind> = kinds::KINDS.iter().filter(|row| row.group == group && row.version == version).collect();
    all.sort_by_key(|row| row.plural);
    all
}

/// `/apis/apps/v1`: an `APIResourceList`, subresources among the resources.
pub(super) fn list(group: &str, version: &str) -> Option<Tree> {
    let mut resources = Vec::new();
    for row in rows(group, version) {
        let mut resource = map! {
            "name": row.plural, "singularName": row.singular, "namespaced": row.namespaced, "kind": row.kind, "verbs": verbs(row),
        };
        if !row.short.is_empty() {
            resource.set(&["shortNames"], words(row.short));
        }
        if !row.categories.is_empty() {
            resource.set(&["categories"], words(row.categories));
        }
        resources.push(resource);
        resources.extend(row.subresources.iter().map(|name| sub(row, name)));
    }
    for (_, plural, kind, namespaced) in REVIEWS.iter().filter(|review| review.0 == group && version == "v1") {
        let singular = kind.to_ascii_lowercase();
        resources
            .push(map! {"name": *plural, "singularName": singular, "namespaced": *namespaced, "kind": *kind, "verbs": words(&["create"])});
    }
    if resources.is_empty() {
        return None;
    }
    let name = if group.is_empty() { version.to_string() } else { format!("{group}/{version}") };
    let mut tree = map! {"kind": "APIResourceList", "groupVersion": name, "resources": resources};
    // The core group's list has no version of its own upstream.
    if !group.is_empty() {
        tree.set(&["apiVersion"], "v1");
    }
    Some(tree)
}

fn sub(row: &Kind, name: &str) -> Tree {
    let (_, _, group, version, kind, verbs) = *part(row, name);
    let kind = if kind.is_empty() { row.kind } else { kind };
    let mut tree = map! {
        "name": format!("{}/{name}", row.plural), "singularName": "", "namespaced": row.namespaced, "kind": kind, "verbs": words(verbs),
    };
    if !group.is_empty() {
        tree.set(&["group"], group);
        tree.set(&["version"], version);
    }
    tree
}

/// The resources of an `APIGroupDiscoveryList` version.
pub(super) fn aggregated(group: &str, version: &str) -> Vec<Tree> {
    let response = |group: &str, version: &str, kind: &str| map! {"group": group, "version": version, "kind": kind};
    let scope = |namespaced: bool| if namespaced { "Namespaced" } else { "Cluster" };
    let mut all = Vec::new();
    for row in rows(group, version) {
        let mut resource = map! {
            "resource": row.plural, "responseKind": response("", "", row.kind), "scope": scope(row.namespaced),
            "singularResource": row.singular, "verbs": verbs(row),
        };
        if !row.short.is_empty() {
            resource.set(&["shortNames"], words(row.short));
        }
        if !row.categories.is_empty() {
            resource.set(&["categories"], words(row.categories));
        }
        let parts: Vec<Tree> = row
            .subresources
            .iter()
            .map(|name| {
                let (_, _, group, version, kind, verbs) = *part(row, name);
                let kind = if kind.is_empty() { row.kind } else { kind };
                map! {"subresource": *name, "responseKind": response(group, version, kind), "verbs": words(verbs)}
            })
            .collect();
        if !parts.is_empty() {
            resource.set(&["subresources"], parts);
        }
        all.push(resource);
    }
    for (_, plural, kind, namespaced) in REVIEWS.iter().filter(|review| review.0 == group) {
        let singular = kind.to_ascii_lowercase();
        all.push(map! {
            "resource": *plural, "responseKind": response("", "", kind), "scope": scope(*namespaced), "singularResource": singular,
            "verbs": words(&["create"]),
        });
    }
    all
}
