//! Filters of a rule: headers changed, paths rewritten, redirects, and copies to somebody else.
use super::backend::Backend;
use apiserver::Snapshot;
use objects::{Text, Tree};
use std::sync::Arc;

#[derive(Clone, Debug, Default)]
pub struct Filters {
    pub request: Edit,
    pub response: Edit,
    pub redirect: Option<Redirect>,
    /// Another host name and path for the backend.
    pub host: Text,
    pub path: Option<PathEdit>,
    pub mirrors: Vec<Mirror>,
}

/// What is done to headers: in this order.
#[derive(Clone, Debug, Default)]
pub struct Edit {
    pub set: Vec<(Text, Text)>,
    pub add: Vec<(Text, Text)>,
    pub remove: Vec<Text>,
}

#[derive(Clone, Debug)]
pub enum PathEdit {
    Full(Text),
    Prefix(Text),
}

/// Empty or 0 where the request's own stays.
#[derive(Clone, Debug)]
pub struct Redirect {
    pub scheme: Text,
    pub host: Text,
    pub port: u16,
    pub path: Option<PathEdit>,
    pub code: u16,
}

/// Copies of so many of so many requests.
#[derive(Clone, Debug)]
pub struct Mirror {
    pub backend: Arc<Backend>,
    pub numerator: u32,
    pub denominator: u32,
}

impl Edit {
    pub fn apply(&self, headers: &mut Vec<(Text, Text)>) {
        let same = |one: &str, other: &str| one.eq_ignore_ascii_case(other);
        for (name, value) in &self.set {
            headers.retain(|(own, _)| !same(own, name));
            headers.push((name.clone(), value.clone()));
        }
        headers.extend(self.add.iter().cloned());
        if !self.remove.is_empty() {
            headers.retain(|(own, _)| !self.remove.iter().any(|name| same(own, name)));
        }
    }

    fn read(tree: &Tree) -> Edit {
        let pairs = |key: &str| {
            let pair = |one: &Tree| (Text::new(one.get("name").text()), Text::new(one.get("value").text()));
            tree.get(key).items().iter().map(pair).collect()
        };
        Edit { set: pairs("set"), add: pairs("add"), remove: tree.get("remove").items().iter().map(|one| Text::new(one.text())).collect() }
    }

    fn join(&mut self, other: Edit) {
        self.set.extend(other.set);
        self.add.extend(other.add);
        self.remove.extend(other.remove);
    }
}

impl PathEdit {
    fn read(tree: &Tree) -> Option<PathEdit> {
        match tree.get("type").text() {
            "ReplaceFullPath" => Some(PathEdit::Full(Text::new(tree.get("replaceFullPath").text()))),
            "ReplacePrefixMatch" => Some(PathEdit::Prefix(Text::new(tree.get("replacePrefixMatch").text()))),
            _ => None,
        }
    }

    /// The new target for `target` (path and query), of which `prefix` was matched.
    pub fn apply(&self, target: &str, prefix: &str) -> Text {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        let mut new = match self {
            PathEdit::Full(full) => full.to_string(),
            PathEdit::Prefix(with) => {
                let rest = path.strip_prefix(prefix).unwrap_or(path);
                let joined = format!("{}{rest}", with.trim_end_matches('/'));
                if joined.is_empty() { "/".to_string() } else { joined }
            }
        };
        if let Some(query) = query {
            new.push('?');
            new.push_str(query);
        }
        Text::from(new)
    }
}

/// Reads the `filters` list of a rule or of a backendRef. `namespace` is the route's.
pub fn filters(view: &Snapshot, namespace: &str, list: &[Tree]) -> Filters {
    let mut all = Filters::default();
    for filter in list {
        match filter.get("type").text() {
            "RequestHeaderModifier" => all.request.join(Edit::read(filter.get("requestHeaderModifier"))),
            "ResponseHeaderModifier" => all.response.join(Edit::read(filter.get("responseHeaderModifier"))),
            "RequestRedirect" => all.redirect = Some(redirect(filter.get("requestRedirect"))),
            "URLRewrite" => {
                let rewrite = filter.get("urlRewrite");
                all.host = Text::new(rewrite.get("hostname").text());
                all.path = PathEdit::read(rewrite.get("path"));
            }
            "RequestMirror" => all.mirrors.push(mirror(view, namespace, filter.get("requestMirror"))),
            _ => {}
        }
    }
    all
}

fn redirect(tree: &Tree) -> Redirect {
    Redirect {
        scheme: Text::new(tree.get("scheme").text()),
        host: Text::new(tree.get("hostname").text()),
        port: tree.get("port").int_or(0) as u16,
        path: PathEdit::read(tree.get("path")),
        code: tree.get("statusCode").int_or(302) as u16,
    }
}

fn mirror(view: &Snapshot, namespace: &str, tree: &Tree) -> Mirror {
    let backend = Arc::new(Backend::of_reference(view, namespace, tree.get("backendRef")));
    let fraction = tree.get("fraction");
    let (numerator, denominator) = match tree.get("percent").as_int() {
        Some(percent) => (percent as u32, 100),
        None if fraction.is_null() => (1, 1),
        None => (fraction.get("numerator").int_or(0) as u32, fraction.get("denominator").int_or(100).max(1) as u32),
    };
    Mirror { backend, numerator, denominator }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_replaced_and_the_query_stays() {
        let to = |with: &str| PathEdit::Prefix(Text::new(with));
        // The table of the Gateway API's `replacePrefixMatch`.
        for (path, prefix, with, new) in [
            ("/foo/bar", "/foo", "/xyz", "/xyz/bar"),
            ("/foo/bar", "/foo", "/xyz/", "/xyz/bar"),
            ("/foo", "/foo", "/xyz", "/xyz"),
            ("/foo/", "/foo", "/xyz", "/xyz/"),
            ("/foo/bar", "/foo", "", "/bar"),
            ("/foo/", "/foo", "", "/"),
            ("/foo", "/foo", "", "/"),
            ("/foo", "/foo", "/", "/"),
        ] {
            assert_eq!(to(with).apply(path, prefix), new, "{path} {with}");
        }
        assert_eq!(to("/x").apply("/foo/a?b=c", "/foo"), "/x/a?b=c");
    }
}
