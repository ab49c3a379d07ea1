//! The opaque `continue` token of a list page: revision and last name, as URL-safe base64 of JSON.
use objects::{Text, Tree, base64, map};

/// The token for the page after this object.
pub(crate) fn write(revision: u64, namespace: &str, name: &str) -> String {
    let start = if namespace.is_empty() { format!("{name}\u{0}") } else { format!("{namespace}/{name}\u{0}") };
    let inner = map! {"v": "meta.k8s.io/v1", "rv": revision as i64, "start": start}.to_json();
    base64::encode(inner.as_bytes()).trim_end_matches('=').replace('+', "-").replace('/', "_")
}

/// Revision, namespace and name of the last object told; `None` for what is no token of ours.
pub(crate) fn read(token: &str) -> Option<(u64, Text, Text)> {
    let inner = base64::decode_text(&token.replace('-', "+").replace('_', "/"))?;
    let inner = Tree::from_json(&inner).ok()?;
    let start = inner.get("start").text().trim_end_matches('\u{0}');
    let (namespace, name) = start.split_once('/').unwrap_or(("", start));
    Some((inner.get("rv").as_int()? as u64, Text::new(namespace), Text::new(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_names_the_object_it_was_made_from() {
        for name in ["web", "web-1", "web-22"] {
            assert_eq!(read(&write(7, "default", name)), Some((7, "default".into(), name.into())));
        }
        assert_eq!(read(&write(7, "", "worker-1")), Some((7, "".into(), "worker-1".into())));
        assert_eq!(read("?"), None);
    }
}
