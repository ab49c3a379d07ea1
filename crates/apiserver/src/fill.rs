//! Setting what is absent, without copying what is complete.
use objects::{Text, Tree};

/// Puts `value` under `key` where nothing stands.
pub(crate) fn fill(tree: &mut Tree, key: &'static str, value: impl Into<Tree>) {
    if tree.get(key).is_null() {
        tree.map_mut().insert(Text::new_static(key), value);
    }
}

/// Completes the value under `key`, where there is one. The parent is copied only if that changed something.
pub(crate) fn within(tree: &mut Tree, key: &'static str, complete: impl FnOnce(&mut Tree)) {
    let inner = tree.get(key);
    if inner.is_null() {
        return;
    }
    let mut copy = inner.clone();
    complete(&mut copy);
    if !copy.same(inner) {
        tree.map_mut().insert(Text::new_static(key), copy);
    }
}

/// Completes each item of the list under `key`.
pub(crate) fn each(tree: &mut Tree, key: &'static str, mut complete: impl FnMut(&mut Tree)) {
    let items = tree.get(key).items();
    let mut changed: Option<Vec<Tree>> = None;
    for (at, item) in items.iter().enumerate() {
        let mut copy = item.clone();
        complete(&mut copy);
        if !copy.same(item) {
            changed.get_or_insert_with(|| items.to_vec())[at] = copy;
        }
    }
    if let Some(list) = changed {
        tree.map_mut().insert(Text::new_static(key), list);
    }
}
