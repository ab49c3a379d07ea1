//! Are two versions of an object alike? Shared parts are alike at a glance.
use objects::Tree;

/// Whether two versions of an object differ in nothing but their revision and managers.
pub(crate) fn unchanged(old: &Tree, new: &Tree) -> bool {
    let (Some(m), Some(n)) = (old.as_map(), new.as_map()) else { return false };
    m.len() == n.len() && m.iter().zip(n.iter()).all(|((k, v), (l, w))| k == l && if k == "metadata" { same_meta(v, w) } else { v == w })
}

fn same_meta(old: &Tree, new: &Tree) -> bool {
    let counts = |key: &str| key != "resourceVersion" && key != "managedFields";
    let mut left = old.entries().filter(|(key, _)| counts(key));
    let mut right = new.entries().filter(|(key, _)| counts(key));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some((k, v)), Some((l, w))) if k == l && v == w => {}
            _ => return false,
        }
    }
}
