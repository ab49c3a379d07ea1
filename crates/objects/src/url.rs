//! From the path and query of a request's URL to what it is about.
use crate::Text;
use crate::wire::{Options, Resource, Target};

/// The target, the options, and whether it asks to watch.
pub fn read(path_and_query: &str) -> (Target, Options, bool) {
    let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
    let (options, watch) = options(query);
    (target(&percent(path)), options, watch)
}

/// `/apis/apps/v1/namespaces/lab/deployments/web/scale`, or a path that is no resource.
fn target(path: &str) -> Target {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let (group, version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] if !rest.is_empty() => ("", *version, rest),
        ["apis", group, version, rest @ ..] if !rest.is_empty() => (*group, *version, rest),
        _ => return Target::Path(Text::new(path)),
    };
    let (namespace, plural, rest) = match rest {
        // A namespace's own parts look like resources inside it.
        ["namespaces", _, "status" | "finalize"] | ["namespaces"] | ["namespaces", _] => ("", "namespaces", &rest[1..]),
        ["namespaces", namespace, plural, rest @ ..] => (*namespace, *plural, rest),
        [plural, rest @ ..] => ("", *plural, rest),
        [] => return Target::Path(Text::new(path)),
    };
    let name = rest.first().copied().unwrap_or("");
    let subresource = rest.get(1).copied().unwrap_or("");
    let resource = Resource::Named { group: group.into(), version: version.into(), plural: plural.into() };
    Target::Resource { resource, namespace: namespace.into(), name: name.into(), subresource: subresource.into() }
}

/// The query, and whether it asks to watch.
fn options(query: &str) -> (Options, bool) {
    let (mut options, mut watch) = (Options::default(), false);
    // Go's conversion of a query: anything but these two is true.
    let truth = |value: &str| !matches!(value.to_ascii_lowercase().as_str(), "0" | "false");
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (key, value) = (percent(key), percent(value));
        match key.as_str() {
            "labelSelector" => options.label_selector = value,
            "fieldSelector" => options.field_selector = value,
            "limit" => options.limit = value.parse().unwrap_or(0),
            "continue" => options.continue_token = value,
            "resourceVersion" => options.resource_version = value,
            "resourceVersionMatch" => options.resource_version_match = value,
            "allowWatchBookmarks" => options.allow_watch_bookmarks = truth(&value),
            "sendInitialEvents" => options.send_initial_events = Some(truth(&value)),
            "timeoutSeconds" => options.timeout_seconds = value.parse().ok(),
            "dryRun" => options.dry_run = value,
            "fieldManager" => options.field_manager = value,
            "fieldValidation" => options.field_validation = value,
            "force" => options.force = truth(&value),
            "includeObject" => options.include_object = value,
            "watch" => watch = truth(&value),
            // The client's own patience, not the server's.
            "timeout" => {}
            _ => options.other.push((key.into(), value.into())),
        }
    }
    // By key only: the words of a command keep their order.
    options.other.sort_by(|a, b| a.0.cmp(&b.0));
    (options, watch)
}

/// Go's words for an option that should be a number and is none.
pub fn wrong_number(path_and_query: &str) -> Option<String> {
    let query = path_and_query.split_once('?')?.1;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.filter(|(key, _)| matches!(*key, "limit" | "timeoutSeconds" | "gracePeriodSeconds")).find_map(|(_, value)| {
        let value = percent(value);
        value.parse::<i64>().err().map(|_| format!("strconv.ParseInt: parsing {value:?}: invalid syntax"))
    })
}

/// Undoes percent-encoding and `+` for a space.
fn percent(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 2;
            }
            (b'+', _) => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_names_a_resource_or_stays_a_path() {
        let (target, options, watch) = read("/apis/apps/v1/namespaces/lab/deployments/web/scale?labelSelector=a%3Db&watch=1");
        let resource = Resource::Named { group: "apps".into(), version: "v1".into(), plural: "deployments".into() };
        let wanted = Target::Resource { resource, namespace: "lab".into(), name: "web".into(), subresource: "scale".into() };
        assert_eq!((target, options.label_selector.as_str(), watch), (wanted, "a=b", true));
        assert_eq!(read("/healthz?verbose").0, Target::Path("/healthz".into()));
    }
}
