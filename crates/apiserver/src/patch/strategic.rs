//! Strategic merge patches: like merge patches, but lists are joined item by item where the schema says so.
use objects::schema::{Definition, Field, Type};
use objects::{Map, Status, Text, Tree};

/// The patched tree; untouched parts stay shared. `definition` tells how each list is to be joined.
///
/// Mirrors apimachinery `util/strategicpatch`: `$patch`, `$retainKeys`, `$setElementOrder/…`, `$deleteFromPrimitiveList/…`.
pub(crate) fn strategic(old: &Tree, patch: &Tree, definition: &'static Definition) -> Result<Tree, Status> {
    map(old, patch, Some(definition), None)
}

const DIRECTIVE: &str = "$patch";
const RETAIN: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_PLAIN: &str = "$deleteFromPrimitiveList/";

/// `values` is the type of each value where the map itself is one of free keys.
fn map(old: &Tree, patch: &Tree, definition: Option<&'static Definition>, values: Option<Type>) -> Result<Tree, Status> {
    // Directives sort before all names, so one look tells whether there are any.
    let directed = patch.entries().next().is_some_and(|(key, _)| key.starts_with('$'));
    if directed {
        match patch.get(DIRECTIVE).text() {
            "replace" => return Ok(without_directives(patch)),
            "delete" => return Ok(Tree::from(Map::default())),
            "" | "merge" => {}
            other => return Err(Status::bad_request(format!("Unknown patch type: {other}"))),
        }
    }
    let mut new = if matches!(old, Tree::Map(_)) { old.clone() } else { Tree::from(Map::default()) };
    if directed {
        retain(&mut new, patch.get(RETAIN));
    }
    for (key, value) in patch.entries() {
        if let Some(field) = key.strip_prefix(DELETE_PLAIN) {
            delete_plain(&mut new, field, value);
        } else if let Some(field) = key.strip_prefix(ORDER) {
            if !patch.has(field) {
                let known = definition.and_then(|definition| definition.field(field));
                let list = order(new.get(field).items().to_vec(), value.items(), new.get(field).items(), merge_key(known));
                put(&mut new, field, Tree::from(list));
            }
        } else if !key.starts_with('$') {
            let field = definition.and_then(|definition| definition.field(key));
            entry(&mut new, key, value, field, values, patch)?;
        }
    }
    Ok(new)
}

fn entry(
    new: &mut Tree,
    key: &Text,
    value: &Tree,
    field: Option<&'static Field>,
    values: Option<Type>,
    patch: &Tree,
) -> Result<(), Status> {
    let old = new.get(key);
    let ty = field.map(|field| field.ty).or(values);
    let result = match (old, value) {
        (_, Tree::Null) => {
            if new.has(key) {
                new.map_mut().remove(key);
            }
            return Ok(());
        }
        (Tree::Map(_), Tree::Map(_)) => map(old, value, ty.and_then(Type::definition), inner(ty))?,
        (Tree::List(_), Tree::List(_)) if field.is_some_and(|field| field.merge) => {
            let directed = patch.entries().next().is_some_and(|(first, _)| first.starts_with('$'));
            let given = if directed { patch.get(&format!("{ORDER}{key}")).clone() } else { Tree::Null };
            let joined = list(old.items(), value, field, &given)?;
            // The server's own encoding leaves out a list of which nothing is left.
            if joined.is_empty() && field.is_some_and(|field| !field.required) {
                new.map_mut().remove(key);
                return Ok(());
            }
            joined
        }
        (_, Tree::Map(_)) => map(&Tree::Null, value, ty.and_then(Type::definition), inner(ty))?,
        _ => without_directives(value),
    };
    put(new, key, result);
    Ok(())
}

fn inner(ty: Option<Type>) -> Option<Type> {
    match ty {
        Some(Type::Map(inner)) => Some(*inner),
        _ => None,
    }
}

/// Writes only what differs, so that equal parts stay shared.
fn put(tree: &mut Tree, key: &str, value: Tree) {
    let old = tree.get(key);
    if old.is_null() || !old.same(&value) && *old != value {
        tree.map_mut().insert(key, value);
    }
}

fn retain(new: &mut Tree, keys: &Tree) {
    if let Tree::List(keys) = keys {
        new.map_mut().retain(|key, _| keys.iter().any(|kept| kept.text() == key));
    }
}

fn delete_plain(new: &mut Tree, field: &str, gone: &Tree) {
    if matches!(new.get(field), Tree::List(_)) {
        new.map_mut().entry(field).list_mut().retain(|item| !gone.items().contains(item));
        if new.get(field).is_empty() {
            new.map_mut().remove(field);
        }
    }
}

fn merge_key(field: Option<&'static Field>) -> &'static str {
    field.map_or("", |field| field.merge_key)
}

fn list(old: &[Tree], patch: &Tree, field: Option<&'static Field>, given: &Tree) -> Result<Tree, Status> {
    let key = merge_key(field);
    let mut new = old.to_vec();
    if key.is_empty() {
        for item in patch.items() {
            if !new.contains(item) {
                new.push(item.clone());
            }
        }
    } else {
        let element = field.and_then(|field| field.ty.element().definition());
        if patch.items().iter().any(|item| item.get(DIRECTIVE).text() == "replace") {
            let items =
                patch.items().iter().filter(|item| item.get(DIRECTIVE).text() != "replace" || item.as_map().is_some_and(|m| m.len() > 1));
            return Ok(Tree::from(items.map(without_directives).collect::<Vec<_>>()));
        }
        for item in patch.items() {
            merge_item(&mut new, item, key, element)?;
        }
    }
    // Without an order that is asked for, the patch's own is kept to; what is new comes before what it does not name.
    let own = || patch.items().iter().filter(|item| !item.has(DIRECTIVE)).cloned().collect();
    let given = if let Tree::List(given) = given { given.to_vec() } else { own() };
    Ok(Tree::from(order(new, &given, old, key)))
}

fn merge_item(new: &mut Vec<Tree>, item: &Tree, key: &str, element: Option<&'static Definition>) -> Result<(), Status> {
    let id = item.get(key);
    if id.is_null() {
        let words = format!("map: {} does not contain declared merge key: {key}", crate::patch::go_map(item));
        return Err(Status::bad_request(words));
    }
    let place = new.iter().position(|found| found.get(key) == id);
    if item.get(DIRECTIVE).text() == "delete" {
        new.retain(|found| found.get(key) != id);
        return Ok(());
    }
    match place {
        Some(at) => {
            let joined = map(&new[at], item, element, None)?;
            if joined != new[at] {
                new[at] = joined;
            }
        }
        None => new.push(map(&Tree::Null, item, element, None)?),
    }
    Ok(())
}

/// Items named in `given` in that order; the others keep their place relative to those, as the server had them.
fn order(items: Vec<Tree>, given: &[Tree], server: &[Tree], key: &str) -> Vec<Tree> {
    // Mostly they stand in that order already.
    if items.len() == given.len() && items.iter().zip(given).all(|(item, wanted)| id(item, key) == id(wanted, key)) {
        return items;
    }
    let (mut named, mut rest) = (Vec::with_capacity(items.len()), Vec::new());
    for item in items {
        match given.iter().position(|wanted| id(wanted, key) == id(&item, key)) {
            Some(at) => named.push((at, item)),
            None => rest.push(item),
        }
    }
    named.sort_by_key(|(at, _)| *at);
    let place = |item: &Tree| server.iter().position(|found| id(found, key) == id(item, key));
    let mut out = Vec::with_capacity(named.len() + rest.len());
    let (mut left, mut right) = (rest.into_iter().peekable(), named.into_iter().map(|(_, item)| item).peekable());
    while let (Some(l), Some(r)) = (left.peek(), right.peek()) {
        let first = matches!((place(l), place(r)), (Some(l), Some(r)) if l < r);
        out.extend(if first { left.next() } else { right.next() });
    }
    out.extend(left);
    out.extend(right);
    out
}

/// What tells an item of a list from the others: its merge key, or all of it.
fn id<'a>(item: &'a Tree, key: &str) -> &'a Tree {
    if key.is_empty() { item } else { item.get(key) }
}

/// A value as it is stored when nothing stood there: without the patch's own words and without nulls.
fn without_directives(value: &Tree) -> Tree {
    match value {
        Tree::Map(entries) => {
            let plain = entries.iter().all(|(key, value)| !key.starts_with('$') && !value.is_null());
            if plain && entries.iter().all(|(_, value)| without_directives(value).same(value)) {
                return value.clone();
            }
            let kept = entries.iter().filter(|(key, value)| !key.starts_with('$') && !value.is_null());
            Tree::from(kept.map(|(key, value)| (key.clone(), without_directives(value))).collect::<Map>())
        }
        Tree::List(items) => {
            if items.iter().all(|item| without_directives(item).same(item)) {
                return value.clone();
            }
            let kept = items.iter().filter(|item| item.get(DIRECTIVE).text() != "delete");
            Tree::from(kept.map(without_directives).collect::<Vec<_>>())
        }
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{kinds, schema};

    fn check(old: &str, patch: &str, new: &str) {
        let read = |text: &str| Tree::from_json(text).unwrap();
        let got = strategic(&read(old), &read(patch), schema::of_kind(kinds::POD)).unwrap();
        assert_eq!(got.to_json(), read(new).to_json(), "{patch}");
    }

    const TWO: &str = r#"{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]}}"#;

    #[test]
    fn containers_are_joined_by_name() {
        check(
            TWO,
            r#"{"spec":{"containers":[{"name":"b","image":"z"}]}}"#,
            r#"{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"z"}]}}"#,
        );
        check(TWO, r#"{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}"#, r#"{"spec":{"containers":[{"name":"b","image":"y"}]}}"#);
        check(TWO, r#"{"spec":{"containers":[{"$patch":"replace"},{"name":"c"}]}}"#, r#"{"spec":{"containers":[{"name":"c"}]}}"#);
    }

    #[test]
    fn an_order_is_kept_to() {
        check(
            TWO,
            r#"{"spec":{"$setElementOrder/containers":[{"name":"c"},{"name":"a"}],"containers":[{"name":"c","image":"n"}]}}"#,
            r#"{"spec":{"containers":[{"name":"c","image":"n"},{"name":"a","image":"x"},{"name":"b","image":"y"}]}}"#,
        );
        check(
            TWO,
            r#"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}}"#,
            r#"{"spec":{"containers":[{"name":"b","image":"y"},{"name":"a","image":"x"}]}}"#,
        );
    }

    #[test]
    fn plain_lists_are_joined_and_cut() {
        check(
            r#"{"metadata":{"finalizers":["a","b"]}}"#,
            r#"{"metadata":{"finalizers":["c"],"$deleteFromPrimitiveList/finalizers":["a"]}}"#,
            r#"{"metadata":{"finalizers":["c","b"]}}"#,
        );
    }

    #[test]
    fn what_is_new_in_a_list_stands_first() {
        check(
            TWO,
            r#"{"spec":{"containers":[{"name":"c","image":"n"}]}}"#,
            r#"{"spec":{"containers":[{"name":"c","image":"n"},{"name":"a","image":"x"},{"name":"b","image":"y"}]}}"#,
        );
        check(
            TWO,
            r#"{"spec":{"containers":[{"name":"b","image":"z"},{"name":"c","image":"n"}]}}"#,
            r#"{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"z"},{"name":"c","image":"n"}]}}"#,
        );
    }

    #[test]
    fn a_list_that_loses_its_last_item_is_left_out() {
        check(
            r#"{"metadata":{"name":"a","ownerReferences":[{"uid":"u"}]}}"#,
            r#"{"metadata":{"ownerReferences":[{"$patch":"delete","uid":"u"}]}}"#,
            r#"{"metadata":{"name":"a"}}"#,
        );
        check(
            r#"{"metadata":{"name":"a","finalizers":["f"]}}"#,
            r#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["f"]}}"#,
            r#"{"metadata":{"name":"a"}}"#,
        );
    }

    #[test]
    fn retain_keys_drops_what_is_not_named() {
        check(
            r#"{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"#,
            r#"{"spec":{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/x"}}]}}"#,
            r#"{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/x"}}]}}"#,
        );
    }

    #[test]
    fn conditions_are_joined_by_type_and_the_spec_stays_shared() {
        let old =
            Tree::from_json(r#"{"spec":{"nodeName":"n"},"status":{"conditions":[{"type":"Ready","status":"False"}],"phase":"Pending"}}"#)
                .unwrap();
        let patch = Tree::from_json(r#"{"status":{"conditions":[{"type":"Ready","status":"True"}],"phase":"Running"}}"#).unwrap();
        let new = strategic(&old, &patch, schema::of_kind(kinds::POD)).unwrap();
        assert_eq!(new.get("status").to_json(), r#"{"conditions":[{"status":"True","type":"Ready"}],"phase":"Running"}"#);
        assert!(new.get("spec").same(old.get("spec")));
    }
}
