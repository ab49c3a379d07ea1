//! Fields that many kinds share: metadata, labels, annotations, tolerations, selectors, times.
use super::page::Page;
use objects::Tree;
use simcore::Time;

/// The annotation that client-side apply keeps for itself; describe never shows it.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// Longer annotations get lines of their own.
const ANNOTATION_WIDTH: usize = 140;

/// `Name`, `Namespace`, `Labels`, `Annotations`: how most descriptions begin.
pub fn heading(page: &mut Page, object: &Tree) {
    let meta = object.get("metadata");
    page.field(0, "Name", meta.get("name").text());
    page.field(0, "Namespace", meta.get("namespace").text());
    labels(page, "Labels", meta.get("labels"));
    annotations(page, "Annotations", meta.get("annotations"));
}

/// One `key=value` per line, `<none>` for none. `title` carries its own indent.
pub fn labels(page: &mut Page, title: &str, labels: &Tree) {
    lines(page, title, labels.entries().map(|(key, value)| format!("{key}={}", value.text())).collect());
}

/// One `key: value` per line; long or many-line values below their key.
pub fn annotations(page: &mut Page, title: &str, annotations: &Tree) {
    let mut shown = Vec::new();
    for (key, value) in annotations.entries().filter(|(key, _)| key.as_str() != LAST_APPLIED) {
        let value = value.text();
        let value = value.strip_suffix('\n').unwrap_or(value);
        if value.len() + key.len() + 2 > ANNOTATION_WIDTH || value.contains('\n') {
            shown.push(format!("{key}:"));
            shown.extend(value.split('\n').map(|part| format!("  {}", shorten(part, ANNOTATION_WIDTH - 2))));
        } else {
            shown.push(format!("{key}: {value}"));
        }
    }
    lines(page, title, shown);
}

/// `title:` with the lines beside it, one below the other.
pub fn lines(page: &mut Page, title: &str, lines: Vec<String>) {
    page.write(0, &format!("{title}:\t"));
    if lines.is_empty() {
        page.line(0, "<none>");
    }
    for (at, line) in lines.iter().enumerate() {
        page.line(0, &if at == 0 { line.clone() } else { format!("\t{line}") });
    }
}

pub fn tolerations(page: &mut Page, title: &str, tolerations: &Tree) {
    let mut sorted: Vec<&Tree> = tolerations.items().iter().collect();
    sorted.sort_by(|a, b| a.get("key").text().cmp(b.get("key").text()));
    lines(page, title, sorted.into_iter().map(toleration).collect());
}

/// `key=value:Effect op=Exists for 300s`, with what there is of it.
fn toleration(toleration: &Tree) -> String {
    let (key, value, effect) = (toleration.get("key").text(), toleration.get("value").text(), toleration.get("effect").text());
    let mut text = key.to_string();
    if !value.is_empty() {
        text.push_str(&format!("={value}"));
    }
    if !effect.is_empty() {
        text.push_str(&format!(":{effect}"));
    }
    if toleration.get("operator").text() == "Exists" && value.is_empty() {
        text.push_str(if text.is_empty() { "op=Exists" } else { " op=Exists" });
    }
    if let Some(seconds) = toleration.get("tolerationSeconds").as_int() {
        text.push_str(&format!(" for {seconds}s"));
    }
    text
}

pub fn spread_constraints(page: &mut Page, title: &str, constraints: &Tree) {
    if constraints.items().is_empty() {
        return;
    }
    let mut sorted: Vec<&Tree> = constraints.items().iter().collect();
    sorted.sort_by(|a, b| a.get("topologyKey").text().cmp(b.get("topologyKey").text()));
    let texts = sorted.into_iter().map(|constraint| {
        let (key, action) = (constraint.get("topologyKey").text(), constraint.get("whenUnsatisfiable").text());
        let skew = constraint.get("maxSkew").int_or(0);
        let chosen = match constraint.get("labelSelector") {
            Tree::Null => String::new(),
            wanted => format!(" for selector {}", selector(wanted)),
        };
        format!("{key}:{action} when max skew {skew} is exceeded{chosen}")
    });
    lines(page, title, texts.collect());
}

/// `app=web,tier in (a,b),!old`: a `metav1.LabelSelector` as text; `<none>` when it chooses everything.
pub fn selector(selector: &Tree) -> String {
    let mut parts: Vec<String> = selector.get("matchLabels").entries().map(|(key, value)| format!("{key}={}", value.text())).collect();
    let mut rules: Vec<&Tree> = selector.get("matchExpressions").items().iter().collect();
    rules.sort_by(|a, b| a.get("key").text().cmp(b.get("key").text()));
    for rule in rules {
        let key = rule.get("key").text();
        let mut values: Vec<&str> = rule.get("values").items().iter().map(Tree::text).collect();
        values.sort_unstable();
        let values = values.join(",");
        parts.push(match rule.get("operator").text() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_string(),
            _ => format!("!{key}"),
        });
    }
    or_none(&parts.join(","))
}

/// `app=web,tier=front`: a map of labels on one line; `<none>` for none.
pub fn pairs(labels: &Tree) -> String {
    let parts: Vec<String> = labels.entries().map(|(key, value)| format!("{key}={}", value.text())).collect();
    or_none(&parts.join(","))
}

/// `ReplicaSet/web-9d6d84dbb`: the owner that controls the object, where there is one.
pub fn controller(object: &Tree) -> Option<String> {
    let owners = object.at(&["metadata", "ownerReferences"]).items();
    let owner = owners.iter().find(|owner| owner.get("controller").is_true())?;
    Some(format!("{}/{}", owner.get("kind").text(), owner.get("name").text()))
}

pub fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".to_string() } else { text.to_string() }
}

/// A number, text or truth value as Go's `%v` prints it.
pub fn plain(value: &Tree) -> String {
    match value {
        Tree::Null => String::new(),
        Tree::Text(text) => text.to_string(),
        other => other.to_json(),
    }
}

/// `Tue, 01 Dec 2026 00:00:00 +0000`; Go's zero instant for a missing one.
pub fn instant(value: &Tree) -> String {
    Time::parse(value.text()).map_or_else(|| "Mon, 01 Jan 0001 00:00:00 +0000".to_string(), Time::rfc1123)
}

/// How long ago an instant was, in short words; `<unknown>` for a missing one.
pub fn age(value: &Tree, now: Time) -> String {
    crate::print::age(now, value.text())
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().find(|(at, letter)| at + letter.len_utf8() > most) {
        Some((cut, _)) => format!("{}...", &text[..cut]),
        None => text.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::map;

    #[test]
    fn long_annotations_get_lines_of_their_own() {
        let mut page = Page::new();
        let value = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage";
        annotations(&mut page, "Annotations", &map! {"kubernetes.io/description": value});
        assert_eq!(
            page.finish(),
            "Annotations:  kubernetes.io/description:\n                Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubern...\n"
        );
    }

    #[test]
    fn selectors_read_as_on_the_command_line() {
        let tree = map! {"matchLabels": map! {"app": "web"}, "matchExpressions": objects::list![
        map! {"key": "tier", "operator": "In", "values": objects::list!["b", "a"]}, map! {"key": "old", "operator": "DoesNotExist"}]};
        assert_eq!(selector(&tree), "app=web,!old,tier in (a,b)");
        assert_eq!(selector(&map! {}), "<none>");
    }
}
