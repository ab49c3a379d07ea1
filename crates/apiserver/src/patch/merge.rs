//! JSON merge patches (RFC 7386): maps are joined, everything else is replaced, null removes.
use objects::Tree;

/// The patched tree; untouched parts stay shared.
pub(crate) fn merge(old: &Tree, patch: &Tree) -> Tree {
    if !matches!(patch, Tree::Map(_)) {
        return patch.clone();
    }
    let mut new = if matches!(old, Tree::Map(_)) { old.clone() } else { Tree::from(objects::Map::default()) };
    for (key, value) in patch.entries() {
        match value {
            Tree::Null => {
                if new.has(key) {
                    new.map_mut().remove(key);
                }
            }
            Tree::Map(_) => {
                let value = merge(new.get(key), value);
                if !value.same(new.get(key)) {
                    new.map_mut().insert(key.clone(), value);
                }
            }
            _ if value == new.get(key) => {}
            _ => {
                new.map_mut().insert(key.clone(), value);
            }
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_replaced_and_null_removes() {
        let cases = [
            (r#"{"a":[1,2],"b":{"c":1}}"#, r#"{"a":[3],"b":null}"#, r#"{"a":[3]}"#),
            (r#"{"a":{"b":1}}"#, r#"{"a":{"c":2}}"#, r#"{"a":{"b":1,"c":2}}"#),
            (r#"{"a":"x"}"#, r#"{"a":{"b":null,"c":1}}"#, r#"{"a":{"c":1}}"#),
        ];
        for (old, patch, new) in cases {
            let got = merge(&Tree::from_json(old).unwrap(), &Tree::from_json(patch).unwrap());
            assert_eq!(got.to_json(), new);
        }
    }
}
