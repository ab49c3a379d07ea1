//! A configuration file: YAML documents by kind, with kubeadm's words for old, unknown and broken ones.
use super::{fields, types};
use crate::call::{Call, Step, fail, quoted};
use objects::decode::json_word;
use objects::{Tree, yaml};

/// The documents of a file.
#[derive(Clone, Debug, Default)]
pub struct Documents(Vec<Tree>);

/// Versions that this kubeadm does not read any more, and the last kubeadm that could.
const OLD: [(&str, &str); 6] = [
    ("kubeadm.k8s.io/v1alpha1", "v1.11"),
    ("kubeadm.k8s.io/v1alpha2", "v1.12"),
    ("kubeadm.k8s.io/v1alpha3", "v1.14"),
    ("kubeadm.k8s.io/v1beta1", "v1.15"),
    ("kubeadm.k8s.io/v1beta2", "v1.22"),
    ("kubeadm.k8s.io/v1beta3", "v1.36"),
];

/// Reads a file; what is unknown in it is warned of. `place` is the line of kubeadm's source that warns.
pub fn load(call: &mut Call, path: &str, place: &str) -> Step<Documents> {
    let all = parse(call, path)?;
    for tree in &all.0 {
        supported(tree)?;
        if let Some(words) = unfit(tree) {
            call.klog('W', place, format_args!("{}: {words}", unmarshaling(tree)));
        }
        let kind = tree.get("kind").text();
        if let Some(words) = types::mistyped(kind, tree, &fields::unknown(kind, tree)).filter(|_| is_ours(tree)) {
            return fail(words);
        }
    }
    Ok(all)
}

/// Reads a file; what is unknown in it is refused.
pub fn load_strictly(call: &mut Call, path: &str) -> Step<Documents> {
    let all = parse(call, path)?;
    for tree in &all.0 {
        supported(tree)?;
        if let Some(words) = unfit(tree) {
            return fail(format!("{}: {words}", unmarshaling(tree)));
        }
    }
    Ok(all)
}

fn is_ours(tree: &Tree) -> bool {
    tree.get("apiVersion").text() == super::API
}

fn unmarshaling(tree: &Tree) -> String {
    let (api, kind) = (tree.get("apiVersion").text(), tree.get("kind").text());
    let (group, version) = api.split_once('/').unwrap_or(("", api));
    let gvk = format!("schema.GroupVersionKind{{Group:{}, Version:{}, Kind:{}}}", quoted(group), quoted(version), quoted(kind));
    format!("error unmarshaling configuration {gvk}")
}

/// What strict decoding says of a document.
fn unfit(tree: &Tree) -> Option<String> {
    let kind = tree.get("kind").text();
    let unknown = fields::unknown(kind, tree);
    if let Some(words) = types::mistyped(kind, tree, &unknown).filter(|_| is_ours(tree)) {
        return Some(words);
    }
    let named: Vec<String> = unknown.iter().map(|field| format!("unknown field {}", quoted(field))).collect();
    (!named.is_empty()).then(|| format!("strict decoding error: {}", named.join(", ")))
}

fn parse(call: &mut Call, path: &str) -> Step<Documents> {
    let full = call.path(path);
    let Some(text) = call.machine.files.read(&full) else {
        return fail(format!("unable to read config from {} : open {path}: no such file or directory", quoted(path)));
    };
    let read = yaml::read(&text);
    let documents = match read {
        Ok(documents) => documents,
        Err(problem) => return fail(format!("could not interpret GroupVersionKind; unmarshal error: {}", first_line(&problem))),
    };
    let mut all = Documents::default();
    for document in documents {
        let (api, kind) = (document.tree.get("apiVersion").text(), document.tree.get("kind").text());
        let word = json_word(&document.tree);
        if !matches!(word, "object" | "null") {
            return fail(format!(
                "could not interpret GroupVersionKind; unmarshal error: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {word} into Go value of type runtime.TypeMeta"
            ));
        }
        if !api.contains('/') || kind.is_empty() {
            let (group, version) = api.split_once('/').unwrap_or(("", api));
            let gvk = format!("{group}/{version}, Kind={kind}");
            return fail(format!(
                "invalid configuration for GroupVersionKind {gvk}: kind and apiVersion is mandatory information that must be specified"
            ));
        }
        if all.0.iter().any(|known| known.get("kind").text() == kind && known.get("apiVersion").text() == api) {
            return fail(format!("invalid configuration: kind {} is specified twice in YAML file", quoted(kind)));
        }
        all.0.push(document.tree);
    }
    Ok(all)
}

/// Go counts the line of an unfinished flow differently from libyaml; with one line both mean line 1.
fn first_line(problem: &yaml::Problem) -> String {
    let words = &problem.message;
    match words.strip_prefix("error converting YAML to JSON: yaml: ") {
        Some(rest) if !rest.starts_with("line ") => format!("error converting YAML to JSON: yaml: line {}: {rest}", problem.line.max(1)),
        _ => words.clone(),
    }
}

fn supported(tree: &Tree) -> Step<()> {
    let (api, kind) = (tree.get("apiVersion").text(), tree.get("kind").text());
    let Some((_, last)) = OLD.iter().find(|(old, _)| *old == api) else { return Ok(()) };
    fail(format!(
        "your configuration file uses an old API spec: {} (kind: {}). Please use kubeadm {last} instead and run 'kubeadm config migrate --old-config old-config-file --new-config new-config-file', which will write the new, similar spec using a newer API version.",
        quoted(api),
        quoted(kind)
    ))
}

impl Documents {
    /// The document of a kind; null when there is none.
    pub fn of(&self, kind: &str) -> Tree {
        self.0.iter().find(|tree| tree.get("kind").text() == kind).cloned().unwrap_or_default()
    }

    /// Refuses documents of kubeadm's kinds in a version that it never had, as its scheme does.
    pub fn registered(&self) -> Step<()> {
        let mine = |(api, kind): &(&str, &str)| api.starts_with("kubeadm.k8s.io/") && *api != super::API && fields::is_known(kind);
        match self.kinds().find(mine) {
            Some((api, kind)) => fail(format!(
                "no kind {} is registered for version {} in scheme \"k8s.io/kubernetes/cmd/kubeadm/app/apis/kubeadm/scheme/scheme.go:31\"",
                quoted(kind),
                quoted(api)
            )),
            None => Ok(()),
        }
    }

    pub fn kinds(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|tree| (tree.get("apiVersion").text(), tree.get("kind").text()))
    }
}
