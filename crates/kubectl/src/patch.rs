//! Patches worked out on the client: the strategic two- and three-way merge, and the JSON merge patch for unknown kinds.
use objects::schema::{self, Definition, Field, Type};
use objects::{Map, Text, Tree, kinds, map};

/// What a difference leaves out.
#[derive(Clone, Copy, PartialEq)]
enum Leave {
    /// Fields that only the older object has stay.
    Deletions,
    /// Only what the newer object lacks is told.
    Changes,
    Nothing,
}

/// The type of an object of a built-in kind; `None` for custom resources, which have no merge keys.
pub fn type_of(api_version: &str, kind: &str) -> Option<&'static Definition> {
    kinds::by_kind(api_version, kind).filter(|kind| !kind.row().is_custom()).map(schema::of_kind)
}

/// The patch of `kubectl apply`: takes away what `original` had and `modified` has not, and sets what differs from `current`.
/// An empty map when there is nothing to do.
pub fn three_way(original: &Tree, modified: &Tree, current: &Tree, shape: Option<&'static Definition>) -> Tree {
    let shape = shape.map_or(Shape::Unknown, Shape::Fields);
    let changes = difference(current, modified, shape, Leave::Deletions);
    let deletions = difference(original, modified, shape, Leave::Changes);
    let mut patch = Tree::from(Map::default());
    join(&mut patch, &deletions, shape);
    join(&mut patch, &changes, shape);
    patch
}

/// The patch that makes `modified` of `current`, as `kubectl edit` and `set` send it.
pub fn two_way(current: &Tree, modified: &Tree, shape: Option<&'static Definition>) -> Tree {
    difference(current, modified, shape.map_or(Shape::Unknown, Shape::Fields), Leave::Nothing)
}

/// What is known of the map at hand.
#[derive(Clone, Copy)]
enum Shape {
    Fields(&'static Definition),
    /// Any keys, values of this type.
    Any(&'static Type),
    Unknown,
}

impl Shape {
    fn field(self, name: &str) -> Option<&'static Field> {
        if let Shape::Fields(definition) = self { definition.field(name) } else { None }
    }

    /// The shape of what stands under `name`; of a list's items when it is a list.
    fn below(self, name: &str) -> Shape {
        match self {
            Shape::Fields(definition) => definition.field(name).map_or(Shape::Unknown, |field| of_type(&field.ty)),
            Shape::Any(ty) => of_type(ty),
            Shape::Unknown => Shape::Unknown,
        }
    }
}

fn of_type(ty: &'static Type) -> Shape {
    match ty {
        Type::Array(inner) => of_type(inner),
        Type::Map(inner) => Shape::Any(inner),
        other => other.definition().map_or(Shape::Unknown, Shape::Fields),
    }
}

fn difference(old: &Tree, new: &Tree, shape: Shape, leave: Leave) -> Tree {
    let mut patch = Map::default();
    for (key, before) in old.entries() {
        if !new.has(key) {
            if leave != Leave::Deletions {
                patch.insert(key.clone(), Tree::Null);
            }
            continue;
        }
        compare(&mut patch, key, before, new.get(key), shape, leave);
    }
    if leave != Leave::Changes {
        for (key, value) in new.entries().filter(|(key, _)| !old.has(key)) {
            patch.insert(key.clone(), value);
        }
    }
    Tree::from(patch)
}

fn compare(patch: &mut Map, key: &Text, before: &Tree, after: &Tree, shape: Shape, leave: Leave) {
    if before == after {
        return;
    }
    let field = shape.field(key);
    match (before, after) {
        (Tree::Map(_), Tree::Map(_)) => {
            let mut part = difference(before, after, shape.below(key), leave);
            if part.is_empty() {
                return;
            }
            if field.is_some_and(|field| field.retain_keys) && leave != Leave::Changes {
                let keys: Vec<Tree> = after.entries().map(|(key, _)| Tree::from(key)).collect();
                part.set(&["$retainKeys"], keys);
            }
            patch.insert(key.clone(), part);
        }
        (Tree::List(_), Tree::List(_)) if field.is_some_and(|field| field.merge) => {
            let merge_key = field.map_or("", |field| field.merge_key);
            match merge_key.is_empty() {
                true => plain_lists(patch, key, before, after, leave),
                false => keyed_lists(patch, key, before, after, merge_key, shape.below(key), leave),
            }
        }
        _ if leave != Leave::Changes => drop(patch.insert(key.clone(), after)),
        _ => {}
    }
}

/// Lists of plain values that are merged: finalizers.
fn plain_lists(patch: &mut Map, key: &Text, before: &Tree, after: &Tree, leave: Leave) {
    let added: Vec<Tree> = after.items().iter().filter(|item| leave != Leave::Changes && !before.items().contains(item)).cloned().collect();
    let gone: Vec<Tree> =
        before.items().iter().filter(|item| leave != Leave::Deletions && !after.items().contains(item)).cloned().collect();
    if added.is_empty() && gone.is_empty() {
        return;
    }
    if !added.is_empty() {
        patch.insert(key.clone(), added);
    }
    if !gone.is_empty() {
        patch.insert(format!("$deleteFromPrimitiveList/{key}"), gone);
    }
    patch.insert(format!("$setElementOrder/{key}"), after);
}

/// Lists of maps that are told apart by a key: containers by name.
fn keyed_lists(patch: &mut Map, key: &Text, before: &Tree, after: &Tree, merge_key: &str, shape: Shape, leave: Leave) {
    let same = |item: &Tree, other: &Tree| item.get(merge_key) == other.get(merge_key);
    let mut parts = Vec::new();
    for item in after.items() {
        match before.items().iter().find(|other| same(item, other)) {
            Some(other) => {
                let mut part = difference(other, item, shape, leave);
                if !part.is_empty() {
                    part.set(&[merge_key], item.get(merge_key));
                    parts.push(part);
                }
            }
            None if leave != Leave::Changes => parts.push(item.clone()),
            None => {}
        }
    }
    if leave != Leave::Deletions {
        for item in before.items().iter().filter(|item| !after.items().iter().any(|other| same(item, other))) {
            let mut part = map! {"$patch": "delete"};
            part.set(&[merge_key], item.get(merge_key));
            parts.push(part);
        }
    }
    if parts.is_empty() {
        return;
    }
    let order: Vec<Tree> = after
        .items()
        .iter()
        .map(|item| {
            let mut entry = map! {};
            entry.set(&[merge_key], item.get(merge_key));
            entry
        })
        .collect();
    patch.insert(key.clone(), parts);
    patch.insert(format!("$setElementOrder/{key}"), order);
}

/// Lays one patch over another; lists with merge keys are joined item by item.
fn join(base: &mut Tree, over: &Tree, shape: Shape) {
    for (key, value) in over.entries() {
        let place = base.map_mut().entry(key);
        let field = shape.field(key);
        match (&*place, value) {
            (Tree::Map(_), Tree::Map(_)) => join(place, value, shape.below(key)),
            (Tree::List(_), Tree::List(_)) if field.is_some_and(|field| field.merge && !field.merge_key.is_empty()) => {
                let merge_key = field.map_or("", |field| field.merge_key);
                let below = shape.below(key);
                for item in value.items() {
                    let list = place.list_mut();
                    match list.iter_mut().find(|other| other.get(merge_key) == item.get(merge_key)) {
                        Some(other) => join(other, item, below),
                        None => list.push(item.clone()),
                    }
                }
            }
            _ => *place = value.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(json: &str) -> Tree {
        Tree::from_json(json).unwrap()
    }

    #[test]
    fn an_image_change_names_only_that_container() {
        let original = deployment(r#"{"spec":{"replicas":2,"template":{"spec":{"containers":[{"name":"main","image":"nginx:1.27"}]}}}}"#);
        let modified = deployment(r#"{"spec":{"template":{"spec":{"containers":[{"name":"main","image":"nginx:1.28"}]}}}}"#);
        let current = deployment(
            r#"{"spec":{"replicas":2,"template":{"spec":{"dnsPolicy":"ClusterFirst","containers":[{"name":"main","image":"nginx:1.27","resources":{}}]}}},"status":{"replicas":2}}"#,
        );
        let patch = three_way(&original, &modified, &current, type_of("apps/v1", "Deployment"));
        assert_eq!(
            patch.to_json(),
            r#"{"spec":{"replicas":null,"template":{"spec":{"$setElementOrder/containers":[{"name":"main"}],"containers":[{"image":"nginx:1.28","name":"main"}]}}}}"#
        );
        assert_eq!(three_way(&original, &original, &current, type_of("apps/v1", "Deployment")).to_json(), "{}");
    }

    #[test]
    fn a_dropped_container_is_deleted_by_its_name() {
        let shape = type_of("v1", "Pod");
        let original = deployment(r#"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#);
        let modified = deployment(r#"{"spec":{"containers":[{"name":"a"}]}}"#);
        let patch = three_way(&original, &modified, &original, shape);
        assert_eq!(
            patch.to_json(),
            r#"{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"$patch":"delete","name":"b"}]}}"#
        );
    }

    #[test]
    fn a_key_that_others_added_stays() {
        let original = deployment(r#"{"data":{"a":"1","b":"2"}}"#);
        let modified = deployment(r#"{"data":{"a":"1","c":"3"}}"#);
        let current = deployment(r#"{"data":{"a":"1","b":"2","live":"x"}}"#);
        let patch = three_way(&original, &modified, &current, type_of("v1", "ConfigMap"));
        assert_eq!(patch.to_json(), r#"{"data":{"b":null,"c":"3"}}"#);
        assert_eq!(three_way(&original, &modified, &current, None).to_json(), r#"{"data":{"b":null,"c":"3"}}"#);
    }
}
