//! A Pod's spec as the server's own Go structs print it: every field by its Go name, in their order, zeros and nulls too.
//!
//! Upstream shows the difference of two such prints where a Pod may not be changed. The rows of `data/pod_types.txt` name
//! a struct and its fields with their types: `*` may be absent, `[]` a list, `port` a number or a name.
use objects::Tree;

/// `"PodSpec Volumes:[]Volume …"`, one struct a line; embedded structs are written out.
static TYPES: &str = include_str!("../../data/pod_types.txt");

/// Fields whose name in the API is not their Go name in another case.
const ALIASES: &[(&str, &str)] = &[
    ("CephMonitors", "monitors"),
    ("DeprecatedServiceAccount", "serviceAccount"),
    ("DiscoveryCHAPAuth", "chapAuthDiscovery"),
    ("EndpointsName", "endpoints"),
    ("RBDImage", "image"),
    ("RBDPool", "pool"),
    ("RadosUser", "user"),
    ("SessionCHAPAuth", "chapAuthSession"),
];

/// The spec of a Pod, each level indented by one blank, without a newline at the end.
pub(super) fn pod_spec(spec: &Tree) -> String {
    let mut out = String::new();
    value("PodSpec", spec, 0, &mut out);
    out
}

fn value(ty: &str, tree: &Tree, depth: usize, out: &mut String) {
    if let Some(inner) = ty.strip_prefix('*') {
        return if tree.is_null() { out.push_str("null") } else { value(inner, tree, depth, out) };
    }
    if let Some(inner) = ty.strip_prefix("[]") {
        return match tree {
            Tree::List(items) => block(['[', ']'], items.iter(), depth, out, |item, out| value(inner, item, depth + 1, out)),
            _ => out.push_str("null"),
        };
    }
    match ty {
        "string" => out.push_str(&quoted(tree.text())),
        "int" => out.push_str(&tree.int_or(0).to_string()),
        "bool" => out.push_str(if tree.is_true() { "true" } else { "false" }),
        "quantity" => out.push_str(&quoted(if tree.is_null() { "0" } else { tree.text() })),
        "port" => out.push_str(&if tree.is_null() { "0".to_string() } else { tree.to_json() }),
        "map" | "selector" => plain(tree, depth, out),
        _ => structure(ty, tree, depth, out),
    }
}

fn structure(name: &str, tree: &Tree, depth: usize, out: &mut String) {
    let row = TYPES.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')).unwrap_or_default();
    let fields = row.split(' ').filter_map(|field| field.split_once(':'));
    block(['{', '}'], fields, depth, out, |(field, ty), out| {
        out.push_str(&format!("\"{field}\": "));
        value(ty, member(tree, field), depth + 1, out);
    });
}

fn member<'a>(tree: &'a Tree, field: &str) -> &'a Tree {
    let name = ALIASES.iter().find(|(go, _)| *go == field).map_or(field, |(_, name)| name);
    tree.entries().find(|(key, _)| key.eq_ignore_ascii_case(name)).map_or(&Tree::Null, |(_, value)| value)
}

/// Maps of free keys, and what Go prints by its names in the API.
fn plain(tree: &Tree, depth: usize, out: &mut String) {
    match tree {
        Tree::Map(map) => {
            // Of a label selector Go prints the labels first.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| key.as_str() != "matchLabels");
            block(['{', '}'], entries.into_iter(), depth, out, |(key, inner), out| {
                out.push_str(&format!("{}: ", quoted(key)));
                plain(inner, depth + 1, out);
            });
        }
        Tree::List(items) => block(['[', ']'], items.iter(), depth, out, |item, out| plain(item, depth + 1, out)),
        Tree::Text(text) => out.push_str(&quoted(text)),
        other => out.push_str(&other.to_json()),
    }
}

fn block<T>(ends: [char; 2], parts: impl Iterator<Item = T>, depth: usize, out: &mut String, mut print: impl FnMut(T, &mut String)) {
    out.push(ends[0]);
    let mut some = false;
    for part in parts {
        out.push_str(if some { ",\n" } else { "\n" });
        out.push_str(&" ".repeat(depth + 1));
        print(part, out);
        some = true;
    }
    if some {
        out.push('\n');
        out.push_str(&" ".repeat(depth));
    }
    out.push(ends[1]);
}

/// Go's JSON also writes `<`, `>` and `&` as numbers.
fn quoted(text: &str) -> String {
    Tree::from(text).to_json().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_every_field_by_its_go_name() {
        let spec = Tree::from_json(
            r#"{"containers":[{"name":"main","image":"nginx","resources":{"requests":{"cpu":"100m"}}}],"serviceAccount":"default"}"#,
        );
        let text = pod_spec(&spec.unwrap());
        assert!(
            text.starts_with("{\n \"Volumes\": null,\n \"InitContainers\": null,\n \"Containers\": [\n  {\n   \"Name\": \"main\",\n"),
            "{text}"
        );
        assert!(text.contains("   \"Resources\": {\n    \"Limits\": null,\n    \"Requests\": {\n     \"cpu\": \"100m\"\n    },\n    \"Claims\": null\n   },\n"), "{text}");
        assert!(text.contains("\n \"DeprecatedServiceAccount\": \"default\",\n"), "{text}");
        assert!(text.contains("\n \"HostNetwork\": false,\n"), "{text}");
    }

    #[test]
    fn every_type_that_a_row_names_has_a_row() {
        const BASIC: [&str; 8] = ["string", "int", "bool", "quantity", "port", "map", "selector", "PersistentVolumeClaimTemplate"];
        for (row, field) in TYPES.lines().flat_map(|row| row.split(' ').skip(1).map(move |field| (row, field))) {
            let ty = field.split_once(':').map_or("", |(_, ty)| ty).trim_start_matches(['*', '[', ']']);
            let known = BASIC.contains(&ty) || TYPES.lines().any(|line| line.split(' ').next() == Some(ty));
            assert!(known, "{ty} in {row}");
        }
    }
}
