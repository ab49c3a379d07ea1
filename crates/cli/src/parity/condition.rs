//! What a scenario waits for: a field of an object, a number of objects, an event, an end.
use apiserver::Snapshot;
use objects::labels::Selector;
use objects::{KindId, Tree, kinds};

/// `status.conditions[type=Ready].status`, `spec.containers[0].image`. Null where the path leads nowhere.
pub fn dig<'a>(tree: &'a Tree, path: &str) -> &'a Tree {
    const NOTHING: &Tree = &Tree::Null;
    let mut at = tree;
    for part in parts(path) {
        at = match part.split_once('=') {
            Some((key, value)) if !at.items().is_empty() => at.items().iter().find(|item| text(dig(item, key)) == value).unwrap_or(NOTHING),
            _ if !at.items().is_empty() => part.parse::<usize>().ok().and_then(|place| at.items().get(place)).unwrap_or(NOTHING),
            _ => at.get(part),
        };
    }
    at
}

fn parts(path: &str) -> Vec<&str> {
    let (mut parts, mut rest) = (Vec::new(), path);
    while !rest.is_empty() {
        if let Some((inside, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            parts.push(inside);
            rest = after;
        } else {
            let end = rest[1..].find(['.', '[']).map_or(rest.len(), |end| end + 1);
            parts.push(rest[..end].trim_start_matches('.'));
            rest = &rest[end..];
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A scalar as the recorder compares it.
fn text(tree: &Tree) -> String {
    match tree {
        Tree::Bool(true) => "True".to_string(),
        Tree::Bool(false) => "False".to_string(),
        Tree::Text(text) => text.to_string(),
        Tree::Null => "None".to_string(),
        other => other.to_json(),
    }
}

/// The served kind of a plural.
pub fn kind(plural: &str) -> Option<KindId> {
    kinds::KINDS.iter().position(|kind| kind.plural == plural).map(|place| KindId(place as u16))
}

/// Whether `until` holds in `view`. A kind that is not served never does.
pub fn holds(until: &Tree, view: &Snapshot, namespace: &str) -> bool {
    let namespace = until.get("namespace").as_text().map_or(namespace, |given| given.as_str());
    let find = |reference: &str| {
        let (plural, name) = reference.split_once('/')?;
        let kind = kind(plural)?;
        view.find(kind, if kind.row().namespaced { namespace } else { "" }, name).cloned()
    };
    if let Some(reference) = until.get("get").as_text() {
        let Some(object) = find(reference) else { return false };
        let value = dig(&object.tree, until.get("field").text());
        return if until.has("is") { text(value) == text(until.get("is")) } else { until.get("set").is_true() && !value.is_null() };
    }
    if let Some(reference) = until.get("gone").as_text() {
        return find(reference).is_none();
    }
    if let Some(plural) = until.get("list").as_text() {
        let Some(kind) = kind(plural) else { return false };
        let Ok(selector) = Selector::parse(until.get("selector").text()) else { return false };
        let home = if kind.row().namespaced { namespace } else { "" };
        let fits = |tree: &Tree| until.get("where").entries().all(|(path, value)| text(dig(tree, path)) == text(value));
        let found = view.list_in(kind, home).filter(|one| selector.matches(one.labels()) && fits(&one.tree)).count() as i64;
        return until.get("min").as_int().map_or_else(|| found == until.get("count").int_or(-1), |min| found >= min);
    }
    let on = until.get("on").text();
    view.list_in(kinds::EVENT, namespace).any(|event| {
        let about = event.tree.at(&["involvedObject", "name"]).text();
        event.tree.get("reason").text() == until.get("event").text() && (on.is_empty() || about == on)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn digs_through_lists() {
        let tree = map! {"status": map! {"conditions": list![map! {"type": "Ready", "status": "True"}], "n": 3}};
        assert_eq!(text(dig(&tree, "status.conditions[type=Ready].status")), "True");
        assert_eq!(text(dig(&tree, "status.conditions[0].type")), "Ready");
        assert_eq!(text(dig(&tree, "status.n")), "3");
        assert!(dig(&tree, "status.conditions[1].type").is_null());
    }
}
