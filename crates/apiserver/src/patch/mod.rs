//! The three kinds of patch that change a stored object.
mod json;
mod merge;
mod strategic;

pub(crate) use json::json;
pub(crate) use merge::merge;
pub(crate) use strategic::strategic;

use objects::Tree;

/// A value as Go's `%v` prints it: `map[name:a ports:[80 81]]`.
pub(crate) fn go_map(tree: &Tree) -> String {
    match tree {
        Tree::Map(map) => {
            let words: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", go_map(value))).collect();
            format!("map[{}]", words.join(" "))
        }
        Tree::List(list) => format!("[{}]", list.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        Tree::Null => "<nil>".into(),
        Tree::Text(text) => text.to_string(),
        other => other.to_json(),
    }
}
