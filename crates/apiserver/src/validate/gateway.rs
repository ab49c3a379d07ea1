//! The Gateway API's rules that look at several fields: the CEL expressions of its custom resource definitions.
use super::custom;
use super::path::{Faults, Path};
use objects::{FieldError, Tree, kinds};
use simcore::Duration;

/// Of lists and objects the value is not shown.
fn broken(path: Path, words: &str, faults: &mut Faults) {
    faults.0.push(FieldError::new("FieldValueInvalid", path.text(), format!("Invalid value: {words}")));
}

pub(super) fn gateway_class(tree: &Tree, faults: &mut Faults) {
    custom::resource(kinds::GATEWAY_CLASS, tree, faults, |_, _| {});
}

pub(super) fn gateway_class_update(new: &Tree, old: &Tree, faults: &mut Faults) {
    let (path, value) = (Path::root("spec"), new.at(&["spec", "controllerName"]));
    if value != old.at(&["spec", "controllerName"]) {
        faults.invalid(path.field("controllerName"), value, "Value is immutable");
    }
}

pub(super) fn reference_grant(tree: &Tree, faults: &mut Faults) {
    custom::resource(kinds::REFERENCE_GRANT, tree, faults, |_, _| {});
}

pub(super) fn gateway(tree: &Tree, faults: &mut Faults) {
    custom::resource(kinds::GATEWAY, tree, faults, |tree, faults| listeners(tree.at(&["spec", "listeners"]).items(), faults));
}

fn listeners(all: &[Tree], faults: &mut Faults) {
    let spec = Path::root("spec");
    let path = spec.field("listeners");
    for (at, listener) in all.iter().enumerate() {
        let tls = listener.get("tls");
        let bare = tls.get("certificateRefs").is_empty() && tls.get("options").is_empty();
        if tls.get("mode").text() == "Terminate" && bare {
            let words = "certificateRefs or options must be specified when mode is Terminate";
            broken(path.item(at).field("tls"), words, faults);
        }
    }
    let of = |listener: &Tree, protocols: &[&str]| protocols.contains(&listener.get("protocol").text());
    let any = |wrong: &dyn Fn(&Tree) -> bool| all.iter().any(wrong);
    if any(&|one| of(one, &["HTTP", "TCP", "UDP"]) && one.has("tls")) {
        broken(path, "tls must not be specified for protocols ['HTTP', 'TCP', 'UDP']", faults);
    }
    if any(&|one| of(one, &["HTTPS"]) && one.at(&["tls", "mode"]).text() == "Passthrough") {
        broken(path, "tls mode must be Terminate for protocol HTTPS", faults);
    }
    if any(&|one| of(one, &["TCP", "UDP"]) && !one.get("hostname").is_empty()) {
        broken(path, "hostname must not be specified for protocols ['TCP', 'UDP']", faults);
    }
    let twice = |keys: &[&str]| {
        let same = |a: &Tree, b: &Tree| keys.iter().all(|key| a.get(key) == b.get(key));
        all.iter().enumerate().any(|(at, one)| all[..at].iter().any(|other| same(one, other)))
    };
    if twice(&["name"]) {
        broken(path, "Listener name must be unique within the Gateway", faults);
    }
    if twice(&["port", "protocol", "hostname"]) {
        broken(path, "Combination of port, protocol and hostname must be unique for each listener", faults);
    }
}

pub(super) fn http_route(tree: &Tree, faults: &mut Faults) {
    custom::resource(kinds::HTTP_ROUTE, tree, faults, |tree, faults| {
        let spec = Path::root("spec");
        let path = spec.field("rules");
        parents(tree.at(&["spec", "parentRefs"]).items(), spec.field("parentRefs"), faults);
        for (at, item) in tree.at(&["spec", "rules"]).items().iter().enumerate() {
            rule(item, path.item(at), faults);
        }
    });
}

fn parents(all: &[Tree], path: Path, faults: &mut Faults) {
    let same = |a: &Tree, b: &Tree| ["group", "kind", "name", "namespace"].iter().all(|key| a.get(key) == b.get(key));
    let pairs = || all.iter().enumerate().flat_map(|(at, one)| all[..at].iter().map(move |other| (one, other)));
    let section = |parent: &Tree| parent.get("sectionName").text().to_string();
    let twins: Vec<_> = pairs().filter(|(a, b)| same(a, b)).map(|(a, b)| (section(a), section(b))).collect();
    if twins.iter().any(|(a, b)| a.is_empty() != b.is_empty()) {
        broken(path, "sectionName must be specified when parentRefs includes 2 or more references to the same parent", faults);
    }
    if twins.iter().any(|(a, b)| a == b) {
        broken(path, "sectionName must be unique when parentRefs includes 2 or more references to the same parent", faults);
    }
}

fn rule(item: &Tree, path: Path, faults: &mut Faults) {
    let matches = path.field("matches");
    for (at, one) in item.get("matches").items().iter().enumerate() {
        way(one.get("path"), matches.item(at).field("path"), faults);
    }
    filters(item.get("filters").items(), path.field("filters"), faults);
    let backends = path.field("backendRefs");
    for (at, reference) in item.get("backendRefs").items().iter().enumerate() {
        let service = reference.get("group").is_empty() && reference.get("kind").text() == "Service";
        if service && !reference.has("port") {
            broken(backends.item(at), "Must have port for Service reference", faults);
        }
        filters(reference.get("filters").items(), backends.item(at).field("filters"), faults);
    }
    let redirects = item.get("filters").items().iter().any(|filter| filter.has("requestRedirect"));
    if redirects && !item.get("backendRefs").is_empty() {
        broken(path, "RequestRedirect filter must not be used together with backendRefs", faults);
    }
    prefixes(item, path, faults);
    let timeouts = item.get("timeouts");
    let span = |key: &str| Duration::parse(timeouts.get(key).text());
    if let (Some(whole), Some(one)) = (span("request"), span("backendRequest"))
        && whole > Duration::ZERO
        && one > whole
    {
        broken(path.field("timeouts"), "backendRequest timeout cannot be longer than request timeout", faults);
    }
}

/// A prefix can be replaced only where it is known which one was matched.
fn prefixes(item: &Tree, path: Path, faults: &mut Faults) {
    let one_prefix = match item.get("matches").items() {
        [alone] => alone.at(&["path", "type"]).text() == "PathPrefix",
        _ => false,
    };
    if one_prefix {
        return;
    }
    let once = |all: &[Tree], key: &str| {
        let replaces = |filter: &&Tree| filter.at(&[key, "path"]).has("replacePrefixMatch");
        all.iter().filter(replaces).count() == 1
    };
    let within = |key: &str| item.get("backendRefs").items().iter().filter(|one| once(one.get("filters").items(), key)).count() == 1;
    for (kind, key, begin) in [("RequestRedirect", "requestRedirect", "when"), ("URLRewrite", "urlRewrite", "When")] {
        let words = format!("using {kind} filter with path.replacePrefixMatch, exactly one PathPrefix match must be specified");
        if once(item.get("filters").items(), key) {
            broken(path, &format!("When {words}"), faults);
        }
        if within(key) {
            broken(path, &format!("Within backendRefs, {begin} {words}"), faults);
        }
    }
}

fn way(item: &Tree, path: Path, faults: &mut Faults) {
    const KINDS: &str = "when type one of ['Exact', 'PathPrefix']";
    let value = item.get("value").text();
    if !matches!(item.get("type").text(), "Exact" | "PathPrefix") {
        return;
    }
    if !value.starts_with('/') {
        broken(path, &format!("value must be an absolute path and start with '/' {KINDS}"), faults);
    }
    for part in ["//", "/./", "/../", "%2f", "%2F", "#"].into_iter().filter(|part| value.contains(part)) {
        broken(path, &format!("must not contain '{part}' {KINDS}"), faults);
    }
    for end in ["/..", "/."].into_iter().filter(|end| value.ends_with(end)) {
        broken(path, &format!("must not end with '{end}' {KINDS}"), faults);
    }
}

/// A filter's type, and the field that goes with it.
const FILTERS: [(&str, &str); 6] = [
    ("RequestHeaderModifier", "requestHeaderModifier"),
    ("ResponseHeaderModifier", "responseHeaderModifier"),
    ("RequestMirror", "requestMirror"),
    ("RequestRedirect", "requestRedirect"),
    ("URLRewrite", "urlRewrite"),
    ("ExtensionRef", "extensionRef"),
];

fn filters(all: &[Tree], path: Path, faults: &mut Faults) {
    for (at, filter) in all.iter().enumerate() {
        for (kind, key) in FILTERS {
            let (is, has) = (filter.get("type").text() == kind, filter.has(key));
            if has && !is {
                broken(path.item(at), &format!("filter.{key} must be nil if the filter.type is not {kind}"), faults);
            } else if is && !has {
                broken(path.item(at), &format!("filter.{key} must be specified for {kind} filter.type"), faults);
            }
        }
        for key in ["requestRedirect", "urlRewrite"] {
            new_path(filter.at(&[key, "path"]), path.item(at).field(key).field("path"), faults);
        }
        let mirror = filter.get("requestMirror");
        if mirror.has("percent") && mirror.has("fraction") {
            broken(
                path.item(at).field("requestMirror"),
                "Only one of percent or fraction may be specified in HTTPRequestMirrorFilter",
                faults,
            );
        }
    }
    let count = |kind: &str| all.iter().filter(|filter| filter.get("type").text() == kind).count();
    if count("RequestRedirect") > 0 && count("URLRewrite") > 0 {
        let words = "May specify either httpRouteFilterRequestRedirect or httpRouteFilterRequestRewrite, but not both";
        broken(path, words, faults);
    }
    for kind in ["RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"] {
        if count(kind) > 1 {
            broken(path, &format!("{kind} filter cannot be repeated"), faults);
        }
    }
}

/// The type of a changed path, and the field that goes with it.
fn new_path(item: &Tree, path: Path, faults: &mut Faults) {
    for (kind, key) in [("ReplaceFullPath", "replaceFullPath"), ("ReplacePrefixMatch", "replacePrefixMatch")] {
        let (is, has) = (item.get("type").text() == kind, item.has(key));
        if is && !has {
            broken(path, &format!("{key} must be specified when type is set to '{kind}'"), faults);
        } else if has && !is {
            broken(path, &format!("type must be '{kind}' when {key} is set"), faults);
        }
    }
}
