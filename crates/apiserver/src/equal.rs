//! Are two trees alike? Shared parts are alike at a glance.
use objects::Tree;

/// Deep equality that stops at shared parts. Absent and null are the same.
pub(crate) fn alike(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Tree::Map(m), Tree::Map(n)) => {
            std::sync::Arc::ptr_eq(m, n) || m.len() == n.len() && m.iter().zip(n.iter()).all(|((k, v), (l, w))| k == l && alike(v, w))
        }
        (Tree::List(m), Tree::List(n)) => {
            std::sync::Arc::ptr_eq(m, n) || m.len() == n.len() && m.iter().zip(n.iter()).all(|(v, w)| alike(v, w))
        }
        _ => a == b,
    }
}

/// Whether two versions of an object differ in nothing but their revision and managers.
pub(crate) fn unchanged(old: &Tree, new: &Tree) -> bool {
    let (Some(m), Some(n)) = (old.as_map(), new.as_map()) else { return false };
    m.len() == n.len()
        && m.iter().zip(n.iter()).all(|((k, v), (l, w))| k == l && if k == "metadata" { same_meta(v, w) } else { alike(v, w) })
}

fn same_meta(old: &Tree, new: &Tree) -> bool {
    let counts = |key: &str| key != "resourceVersion" && key != "managedFields";
    let mut left = old.entries().filter(|(key, _)| counts(key));
    let mut right = new.entries().filter(|(key, _)| counts(key));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some((k, v)), Some((l, w))) if k == l && alike(v, w) => {}
            _ => return false,
        }
    }
}
