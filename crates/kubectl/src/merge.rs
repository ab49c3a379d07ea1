//! A strategic merge patch carried out on the client, for `--dry-run=client` and local edits.
use objects::Tree;
use objects::schema::Definition;

/// `base` with `patch` laid over it. Lists with a merge key are joined item by item where the shape is known.
pub fn apply(base: &Tree, patch: &Tree, shape: Option<&'static Definition>) -> Tree {
    let mut whole = base.clone();
    lay(&mut whole, patch, shape);
    whole
}

fn lay(base: &mut Tree, patch: &Tree, shape: Option<&'static Definition>) {
    for (key, value) in patch.entries().filter(|(key, _)| !key.starts_with('$')) {
        let field = shape.and_then(|shape| shape.field(key));
        let below = field.and_then(|field| field.ty.element().definition());
        match value {
            Tree::Null => drop(base.map_mut().remove(key)),
            Tree::Map(_) => lay(base.map_mut().entry(key), value, below),
            Tree::List(items) if field.is_some_and(|field| field.merge && !field.merge_key.is_empty()) => {
                let merge_key = field.map_or("", |field| field.merge_key);
                let list = base.map_mut().entry(key).list_mut();
                for item in items.iter() {
                    let at = list.iter().position(|other| other.get(merge_key) == item.get(merge_key));
                    match (at, item.get("$patch").text()) {
                        (Some(at), "delete") => drop(list.remove(at)),
                        (None, "delete") => {}
                        (Some(at), _) => lay(&mut list[at], item, below),
                        (None, _) => list.push(item.clone()),
                    }
                }
            }
            other => drop(base.map_mut().insert(key.clone(), other)),
        }
    }
}
