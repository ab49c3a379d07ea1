//! A manifest under the learner's hands: its problems in the API server's words, what may be typed next, what a field is.
use crate::world::World;
use apiserver::Outcome;
use objects::schema::{self, Definition, Field, Type};
use objects::wire::{Request, Resource, Response, Target, Verb};
use objects::yaml::{self, Position};
use objects::{Text, Tree, kinds};

/// One problem, with its place; lines and columns count from 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Flaw {
    pub line: usize,
    pub column: usize,
    pub end_column: usize,
    pub warning: bool,
    pub message: String,
}

/// One thing that may be typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub label: String,
    pub detail: String,
    pub apply: String,
}

/// kubectl's words where there is neither a kubeconfig nor an API server.
const UNANSWERED: &str = "The connection to the server localhost:8080 was refused - did you specify the right host or port?";

/// All that kubectl and the API server would say against a text, without changing anything.
pub fn problems(world: &World, text: &str) -> Vec<Flaw> {
    let documents = match yaml::read(text) {
        Ok(documents) => documents,
        Err(problem) => {
            let yaml::Problem { line, column, end_column, message } = problem;
            return vec![Flaw { line, column, end_column, warning: false, message }];
        }
    };
    let positions = yaml::positions(text);
    let starts: Vec<usize> = documents.iter().map(|document| document.line).collect();
    let mut all = Vec::new();
    for (place, document) in documents.iter().enumerate() {
        let end = starts.get(place + 1).copied().unwrap_or(usize::MAX);
        let own: Vec<&Position> = positions.iter().filter(|one| one.line >= document.line && one.line < end).collect();
        for (path, message, warning) in judge(world, &document.tree) {
            all.push(at(&own, document.line, &path, warning, message));
        }
    }
    if world.apiservers().is_empty() && !documents.is_empty() {
        // What a cluster lacks that is not there says nothing about the text; that nobody answers does.
        all.retain(|flaw| !(flaw.message.starts_with("namespaces \"") && flaw.message.ends_with("\" not found")));
        all.push(at(&[], starts[0], "", true, UNANSWERED.to_string()));
    }
    all
}

/// The flaw at the place of its field, or of the nearest parent that stands in the text.
pub(crate) fn at(positions: &[&Position], line: usize, path: &str, warning: bool, message: String) -> Flaw {
    let mut wanted = path;
    loop {
        if let Some(found) = positions.iter().find(|one| one.path == wanted).filter(|_| !wanted.is_empty()) {
            return Flaw { line: found.line, column: found.column, end_column: found.end_column, warning, message };
        }
        let Some(cut) = wanted.rfind(['.', '[']) else { break };
        wanted = &wanted[..cut];
    }
    Flaw { line, column: 1, end_column: 2, warning, message }
}

/// (path, message, warning) of each problem of one document.
fn judge(world: &World, tree: &Tree) -> Vec<(String, String, bool)> {
    let whole = |message: &str| vec![(String::new(), message.to_string(), false)];
    let (api_version, kind) = (tree.get("apiVersion").text(), tree.get("kind").text());
    if kind.is_empty() || api_version.is_empty() {
        return whole(if kind.is_empty() { "Object 'Kind' is missing" } else { "Object 'apiVersion' is missing" });
    }
    let Some(kind_id) = kinds::by_kind(api_version, kind) else {
        let message = format!("no matches for kind \"{kind}\" in version \"{api_version}\"");
        return vec![("kind".to_string(), message, false)];
    };
    let row = kind_id.row();
    let named = Resource::Named { group: Text::new(row.group), version: Text::new(row.version), plural: Text::new(row.plural) };
    let given = tree.at(&["metadata", "namespace"]).text();
    let namespace = if row.namespaced { if given.is_empty() { "default" } else { given } } else { "" };
    let name = tree.at(&["metadata", "name"]).text();
    let exists = !name.is_empty() && world.api.store.applied().find(kind_id, namespace, name).is_some();
    // What exists will be patched by apply; a patch with the whole manifest shows the same refusals.
    let verb = if exists { Verb::Patch(objects::wire::PatchKind::Strategic) } else { Verb::Create };
    let target_name = if exists { Text::new(name) } else { Text::default() };
    let mut request = Request::about(verb, kind_id, namespace, target_name.clone()).body(tree);
    request.target = Target::Resource { resource: named, namespace: Text::new(namespace), name: target_name, subresource: Text::default() };
    request.options.dry_run = "All".to_string();
    request.options.field_validation = "Strict".to_string();
    let mut api = world.api.clone();
    match api.handle(world.now(), &request) {
        Outcome::Now(response) | Outcome::When { response, .. } => refusals(&response),
        Outcome::Kubelet { .. } => Vec::new(),
    }
}

fn refusals(response: &Response) -> Vec<(String, String, bool)> {
    let mut all: Vec<(String, String, bool)> = response.warnings.iter().map(|words| (path_in(words), words.clone(), true)).collect();
    if response.is_ok() {
        return all;
    }
    let status = response.tree();
    let causes = status.at(&["details", "causes"]).items();
    for cause in causes {
        let (field, message) = (cause.get("field").text(), cause.get("message").text());
        all.push((field.to_string(), format!("{field}: {message}"), false));
    }
    if causes.is_empty() {
        let message = status.get("message").text();
        let unknown: Vec<&str> = message.match_indices("unknown field \"").map(|(place, _)| &message[place..]).collect();
        for one in &unknown {
            let path = one.split('"').nth(1).unwrap_or_default();
            all.push((path.to_string(), format!("unknown field \"{path}\""), false));
        }
        if unknown.is_empty() {
            let path = match mistyped(message) {
                "" => path_in(message),
                path => path.to_string(),
            };
            all.push((path, message.to_string(), false));
        }
    }
    all
}

/// Where a value of the wrong type stands: `DeploymentSpec.spec.replicas` names the Go struct first, then the path.
fn mistyped(message: &str) -> &str {
    let field = message.split_once("Go struct field ").and_then(|(_, rest)| rest.split_once(" of type")).map(|(field, _)| field);
    field.and_then(|field| field.split_once('.')).map(|(_, path)| path).unwrap_or_default()
}

/// The first dotted path that a sentence names.
fn path_in(words: &str) -> String {
    let trimmed = words.split([' ', ',', ':', '"']).map(|word| word.trim_start_matches('.'));
    let mut paths = trimmed.filter(|word| word.starts_with("spec.") || word.starts_with("metadata.") || word.starts_with("data."));
    paths.next().unwrap_or_default().to_string()
}

/// What may be typed at byte `at`: the byte that the offers replace from, and the offers.
pub fn suggest(text: &str, at: usize) -> (usize, Vec<Offer>) {
    let at = floor(text, at);
    let start = text[..at].rfind('\n').map_or(0, |place| place + 1);
    let line = &text[start..at];
    let Some(definition) = definition_of(text, at) else { return (at, top_level(line)) };
    let Some((parent, key, typed)) = place_of(text, at) else { return (at, Vec::new()) };
    let from = at - typed.len();
    let Some(here) = walk(definition, &parent) else { return (at, Vec::new()) };
    match key {
        Some(key) => (from, values(here, &key, typed)),
        None => (from, fields(here, typed)),
    }
}

/// The field that byte `at` stands on: its bytes, and a line about it.
pub fn hover(text: &str, at: usize) -> (usize, usize, String) {
    let at = floor(text, at);
    let start = text[..at].rfind('\n').map_or(0, |place| place + 1);
    let end = text[at..].find('\n').map_or(text.len(), |place| at + place);
    let line = &text[start..end];
    let indent = indent_of(line);
    let Some(colon) = line.find(':').filter(|colon| *colon >= indent) else { return (at, at, String::new()) };
    let name = line[indent..colon].trim_matches(['"', '\'', ' ']);
    let (from, to) = (start + indent, start + colon);
    let found = definition_of(text, at).and_then(|definition| {
        let parent = parents(text, start, indent);
        walk(definition, &parent).and_then(|here| here.field(name)).map(|field| describe(name, field))
    });
    (from, to, found.unwrap_or_default())
}

fn describe(name: &str, field: &Field) -> String {
    let required = if field.required { " -required-" } else { "" };
    let values = if field.values.is_empty() { String::new() } else { format!("\n{}", field.values.join(", ")) };
    format!("{name} <{}>{required}{values}", field.ty.explained())
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|place| text.is_char_boundary(*place)).unwrap_or(0)
}

/// Spaces and `- ` before the first word.
fn indent_of(line: &str) -> usize {
    line.find(|c: char| c != ' ' && c != '-').unwrap_or(line.len())
}

/// The schema of the document that byte `at` stands in, by its `kind:` and `apiVersion:` lines.
fn definition_of(text: &str, at: usize) -> Option<&'static Definition> {
    let start = text[..at].rfind("\n---").map_or(0, |place| place + 1);
    let end = text[at..].find("\n---").map_or(text.len(), |place| at + place);
    let value = |key: &str| {
        let line = text[start..end].lines().find(|line| line.starts_with(key))?;
        Some(line[key.len()..].trim().trim_matches(['"', '\'']))
    };
    kinds::by_kind(value("apiVersion:")?, value("kind:")?).map(schema::of_kind)
}

/// The keys above a line, outermost first.
fn parents(text: &str, line_start: usize, indent: usize) -> Vec<String> {
    let mut keys = Vec::new();
    let mut limit = indent;
    for line in text[..line_start].lines().rev() {
        if line.starts_with("---") || limit == 0 {
            break;
        }
        let own = indent_of(line);
        if line.trim().is_empty() || line.trim_start().starts_with('#') || own >= limit {
            continue;
        }
        if let Some(colon) = line.find(':') {
            keys.push(line[own..colon].trim_matches(['"', '\'']).to_string());
            limit = own;
        }
    }
    keys.reverse();
    keys
}

/// (keys above, the key of this line if its value is being typed, what is typed of the word).
fn place_of(text: &str, at: usize) -> Option<(Vec<String>, Option<String>, &str)> {
    let start = text[..at].rfind('\n').map_or(0, |place| place + 1);
    let line = &text[start..at];
    let indent = indent_of(line);
    let parent = parents(text, start, indent);
    match line.find(": ").or_else(|| line.strip_suffix(':').map(str::len)) {
        Some(colon) => {
            let key = line.get(indent..colon)?.to_string();
            Some((parent, Some(key), line[colon + 1..].trim_start()))
        }
        None => Some((parent, None, line.get(indent..)?)),
    }
}

fn walk(definition: &'static Definition, path: &[String]) -> Option<&'static Definition> {
    path.iter().try_fold(definition, |here, key| {
        let mut ty = here.field(key)?.ty;
        while let Type::Array(_) | Type::Map(_) = ty {
            ty = ty.element();
        }
        ty.definition()
    })
}

fn fields(here: &'static Definition, typed: &str) -> Vec<Offer> {
    let fitting = here.fields.iter().filter(|field| field.name.starts_with(typed) && field.name != "status");
    let offers = fitting.map(|field| {
        let deeper = matches!(field.ty, Type::Array(_) | Type::Map(_) | Type::Object(_));
        let required = if field.required { " -required-" } else { "" };
        Offer {
            label: field.name.to_string(),
            detail: format!("{}{required}", field.ty.explained()),
            apply: format!("{}:{}", field.name, if deeper { "" } else { " " }),
        }
    });
    offers.collect()
}

fn values(here: &'static Definition, key: &str, typed: &str) -> Vec<Offer> {
    let Some(field) = here.field(key) else { return Vec::new() };
    let known: Vec<&str> = if matches!(field.ty, Type::Bool) { vec!["true", "false"] } else { field.values.to_vec() };
    let offer = |value: &str| Offer { label: value.to_string(), detail: field.ty.explained(), apply: value.to_string() };
    known.iter().filter(|value| value.starts_with(typed)).map(|value| offer(value)).collect()
}

/// Before there is a kind: the two lines that every manifest begins with.
fn top_level(line: &str) -> Vec<Offer> {
    if !line.is_empty() {
        return Vec::new();
    }
    let offers = kinds::KINDS.iter().filter(|kind| ["Pod", "Deployment", "Service", "ConfigMap", "Namespace"].contains(&kind.kind));
    let offer = |kind: &objects::Kind| Offer {
        label: kind.kind.to_string(),
        detail: kind.api_version(),
        apply: format!("apiVersion: {}\nkind: {}\nmetadata:\n  name: ", kind.api_version(), kind.kind),
    };
    offers.map(offer).collect()
}
