//! JSON patches (RFC 6902): a list of operations at paths.
use objects::{Status, Tree};

/// The patched tree. Upstream says only that it did not work, never which operation failed.
pub(crate) fn json(old: &Tree, patch: &Tree) -> Result<Tree, Status> {
    if !matches!(patch, Tree::List(_)) {
        return Err(Status::bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"));
    }
    let mut tree = old.clone();
    for operation in patch.items() {
        apply(&mut tree, operation).ok_or_else(refused)?;
    }
    Ok(tree)
}

fn refused() -> Status {
    Status::new(422, "Invalid", "the server rejected our request due to an error in our request")
}

fn apply(tree: &mut Tree, operation: &Tree) -> Option<()> {
    let path = pointer(operation.get("path").as_text()?)?;
    match operation.get("op").text() {
        "add" => add(tree, &path, operation.get("value").clone()),
        "replace" => {
            if path.is_empty() {
                *tree = operation.get("value").clone();
                return Some(());
            }
            *existing(tree, &path)? = operation.get("value").clone();
            Some(())
        }
        "remove" => take(tree, &path).map(|_| ()),
        "move" => {
            let value = take(tree, &pointer(operation.get("from").as_text()?)?)?;
            add(tree, &path, value)
        }
        "copy" => {
            let value = find(tree, &pointer(operation.get("from").as_text()?)?)?.clone();
            add(tree, &path, value)
        }
        "test" => {
            let wanted = operation.get("value");
            let found = find(tree, &path);
            (found == Some(wanted) || found.is_none() && wanted.is_null()).then_some(())
        }
        _ => None,
    }
}

/// `/spec/template~1x/0` as its parts.
fn pointer(path: &str) -> Option<Vec<String>> {
    if path.is_empty() {
        return Some(Vec::new());
    }
    let rest = path.strip_prefix('/')?;
    Some(rest.split('/').map(|part| part.replace("~1", "/").replace("~0", "~")).collect())
}

fn find<'a>(tree: &'a Tree, path: &[String]) -> Option<&'a Tree> {
    path.iter().try_fold(tree, |tree, part| match tree {
        Tree::Map(map) => map.get(part),
        Tree::List(list) => list.get(place(part, list.len())?),
        _ => None,
    })
}

/// The value to write at; its parents are copied, nothing is made.
fn existing<'a>(tree: &'a mut Tree, path: &[String]) -> Option<&'a mut Tree> {
    find(tree, path)?;
    path.iter().try_fold(tree, |tree, part| match tree {
        Tree::Map(_) => tree.map_mut().get_mut(part),
        Tree::List(_) => {
            let list = tree.list_mut();
            let at = place(part, list.len())?;
            list.get_mut(at)
        }
        _ => None,
    })
}

fn add(tree: &mut Tree, path: &[String], value: Tree) -> Option<()> {
    let Some((last, parents)) = path.split_last() else {
        *tree = value;
        return Some(());
    };
    let parent = existing(tree, parents)?;
    match parent {
        Tree::Map(_) => {
            parent.map_mut().insert(last.as_str(), value);
        }
        Tree::List(_) => {
            let list = parent.list_mut();
            let at = if last == "-" { list.len() } else { place(last, list.len() + 1)? };
            list.insert(at, value);
        }
        _ => return None,
    }
    Some(())
}

fn take(tree: &mut Tree, path: &[String]) -> Option<Tree> {
    find(tree, path)?;
    let (last, parents) = path.split_last()?;
    let parent = existing(tree, parents)?;
    match parent {
        Tree::Map(_) => parent.map_mut().remove(last),
        Tree::List(_) => {
            let list = parent.list_mut();
            let at = place(last, list.len())?;
            Some(list.remove(at))
        }
        _ => None,
    }
}

/// An index into a list of `length`; negative ones count from the end, as upstream's library allows.
fn place(part: &str, length: usize) -> Option<usize> {
    let number: i64 = part.parse().ok()?;
    let at = if number < 0 { number + length as i64 } else { number };
    usize::try_from(at).ok().filter(|at| *at < length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_done_in_order() {
        let old = Tree::from_json(r#"{"a":[1,3],"m":{"x/y":1}}"#).unwrap();
        let patch = r#"[{"op":"add","path":"/a/1","value":2},{"op":"add","path":"/a/-","value":4},{"op":"test","path":"/a/3","value":4},
            {"op":"remove","path":"/a/0"},{"op":"replace","path":"/m/x~1y","value":7},{"op":"copy","from":"/m","path":"/n"},{"op":"move","from":"/m","path":"/o"}]"#;
        let new = json(&old, &Tree::from_json(patch).unwrap()).unwrap();
        assert_eq!(new.to_json(), r#"{"a":[2,3,4],"n":{"x/y":7},"o":{"x/y":7}}"#);
    }

    #[test]
    fn a_path_that_leads_nowhere_is_refused() {
        let old = Tree::from_json(r#"{"spec":{"replicas":1}}"#).unwrap();
        for patch in [r#"[{"op":"replace","path":"/spec/nope/x","value":1}]"#, r#"[{"op":"test","path":"/spec/replicas","value":7}]"#] {
            let status = json(&old, &Tree::from_json(patch).unwrap()).unwrap_err();
            assert_eq!((status.code, status.reason), (422, "Invalid"));
            assert_eq!(status.message, "the server rejected our request due to an error in our request");
        }
    }
}
