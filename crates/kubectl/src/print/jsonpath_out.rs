//! Values as Go prints them inside templates: bare texts, JSON for the rest.
use objects::Tree;

/// A text bare; a map or list as Go's `map[a:1]` prints in columns.
pub fn text(tree: &Tree) -> String {
    match tree {
        Tree::Text(text) => text.to_string(),
        Tree::Null => "<nil>".into(),
        Tree::List(list) => format!("[{}]", list.iter().map(text).collect::<Vec<_>>().join(" ")),
        Tree::Map(map) => format!("map[{}]", map.iter().map(|(key, value)| format!("{key}:{}", text(value))).collect::<Vec<_>>().join(" ")),
        other => other.to_json(),
    }
}
