//! Manifests: files, folders and standard input read into objects.
use crate::args::Args;
use crate::client::{self, Found, Info};
use crate::job::{Io, Stop};
use objects::Tree;

/// One manifest and where it stood.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    pub source: String,
    pub tree: Tree,
    /// Whether it stood among the items of a List.
    pub listed: bool,
}

/// The objects of all `-f` files, in order, each with its resource and namespace found.
/// A file that cannot be read stops the command; an object of an unknown kind is a failure beside the others.
pub fn read(args: &Args, io: &mut Io) -> Result<Found, Stop> {
    let namespace = client::namespace(args, io)?;
    let (documents, failures) = documents(args, io)?;
    let mut found = Found::default();
    // The selector of `expose` is the Service's.
    let wanted = if args.path == "expose" { "" } else { args.text("selector") };
    let selector = objects::labels::Selector::parse(wanted).map_err(Stop::error)?;
    for document in documents {
        if !selector.matches(document.tree.at(&["metadata", "labels"])) {
            continue;
        }
        match info(args, io, &namespace, document) {
            Ok(info) => found.infos.push(info),
            Err(Stop::Fail { text, .. }) => found.failures.push(text),
            Err(wait) => return Err(wait),
        }
    }
    found.failures.extend(failures);
    Ok(found)
}

/// Whether this command holds a manifest against the schema before it sends it.
fn validates(args: &Args) -> bool {
    ["apply", "create", "replace"].contains(&args.path.as_str()) && !matches!(args.text("validate"), "ignore" | "false")
}

/// What is wrong with a manifest as a whole, in the words of kubectl's validation or, without that, of its decoder.
fn shape_error(args: &Args, source: &str, tree: &Tree) -> Option<String> {
    let kind = tree.get("kind");
    let loose_list = kind.text() == "List" && tree.has("items") && !matches!(tree.get("items"), Tree::List(_));
    if !validates(args) {
        let why = match tree {
            Tree::Map(_) if loose_list => {
                let found = go_word(tree.get("items"));
                format!("json: cannot unmarshal {found} into Go struct field decodeList.items of type []json.RawMessage")
            }
            Tree::Map(_) if kind.text().is_empty() => format!("Object 'Kind' is missing in '{}'", tree.to_json()),
            Tree::Map(_) => return None,
            other => format!("json: cannot unmarshal {} into Go value of type unstructured.detector", go_word(other)),
        };
        return Some(format!("unable to decode \"{source}\": {why}"));
    }
    let refused = |why: &str| {
        format!(
            "error validating \"{source}\": error validating data: {why}; if you choose to ignore these errors, turn validation off with --validate=false"
        )
    };
    if !matches!(tree, Tree::Map(_)) || loose_list {
        return Some(refused("invalid object to validate"));
    }
    let missing = |name: &str| match tree.get(name) {
        Tree::Text(text) if !text.is_empty() => None,
        Tree::Text(_) | Tree::Null => Some(format!("{name} not set")),
        _ => Some(format!("{name} isn't string type")),
    };
    let wrong: Vec<String> = ["apiVersion", "kind"].into_iter().filter_map(missing).collect();
    match &wrong[..] {
        [] => None,
        [one] => Some(refused(one)),
        all => Some(refused(&format!("[{}]", all.join(", ")))),
    }
}

/// What Go's decoder calls a value.
fn go_word(tree: &Tree) -> &'static str {
    match tree {
        Tree::Text(_) => "string",
        Tree::List(_) => "array",
        Tree::Bool(_) => "bool",
        Tree::Int(_) | Tree::Float(_) => "number",
        Tree::Map(_) | Tree::Null => "object",
    }
}

fn info(args: &Args, io: &mut Io, wanted: &str, document: Document) -> Result<Info, Stop> {
    let Document { source, mut tree, listed } = document;
    if let Some(words) = shape_error(args, &source, &tree) {
        return Err(Stop::error(words));
    }
    if let Some(why) = metadata_error(&tree) {
        return Err(Stop::error(format!("unable to decode \"{source}\": {why}")));
    }
    if tree.get("apiVersion").text().is_empty() {
        tree.set(&["apiVersion"], "v1");
    }
    if validates(args) && tree.get("apiVersion").text().matches('/').count() > 1 {
        return Err(Stop::error(format!(
            "error validating \"{source}\": error validating data: unexpected GroupVersion string: {}; if you choose to ignore these errors, turn validation off with --validate=false",
            tree.get("apiVersion").text()
        )));
    }
    let (api_version, kind) = (tree.get("apiVersion").text().to_string(), tree.get("kind").text().to_string());
    let name = tree.at(&["metadata", "name"]).text().to_string();
    let own = tree.at(&["metadata", "namespace"]).text().to_string();
    let resolved = client::resolve_kind(args, io, &api_version, &kind).map_err(|stop| unvalidated(args, &source, stop))?;
    let Some(served) = resolved else {
        if listed {
            return Err(Stop::plain(format!("unable to recognize no matches for kind \"{kind}\" in version \"{api_version}\"")));
        }
        return Err(Stop::error(format!(
            "resource mapping not found for name: \"{name}\" namespace: \"{own}\" from \"{source}\": no matches for kind \"{kind}\" in version \"{api_version}\"\nensure CRDs are installed first"
        )));
    };
    if !served.namespaced {
        return Ok(Info { served, namespace: String::new(), name, source, tree });
    }
    if args.given("namespace") && !own.is_empty() && own != wanted {
        return Err(Stop::error(format!(
            "the namespace from the provided object \"{own}\" does not match the namespace \"{wanted}\". You must pass '--namespace={own}' to perform this operation."
        )));
    }
    let namespace = if own.is_empty() { wanted.to_string() } else { own };
    if !args.is("local") {
        tree.set(&["metadata", "namespace"], namespace.as_str());
    }
    Ok(Info { served, namespace, name, source, tree })
}

/// kubectl itself reads an object's metadata, whatever the kind.
fn metadata_error(tree: &Tree) -> Option<String> {
    let mut bare = objects::map! {};
    bare.set(&["metadata"], tree.get("metadata"));
    let any = objects::schema::of_kind(objects::kinds::CONFIG_MAP);
    // kubectl reads it with a type that knows nothing but metadata.
    objects::decode::decode(any, &bare).error().map(|why| why.replace("field ConfigMap.metadata", "field metadataOnlyObject.metadata"))
}

/// `--validate` as the server's `fieldValidation`.
pub fn field_validation(args: &Args) -> Result<&'static str, Stop> {
    match args.text("validate") {
        "" | "strict" | "true" => Ok("Strict"),
        "warn" => Ok("Warn"),
        "ignore" | "false" => Ok("Ignore"),
        other => {
            Err(Stop::error(format!("invalid - validate option \"{other}\"; must be one of: strict (or true), warn, ignore (or false)")))
        }
    }
}

/// Where nobody answers, a command that checks manifests fails at the first thing that it asks for: the schema.
pub fn unvalidated(args: &Args, source: &str, stop: Stop) -> Stop {
    let Stop::Fail { text, .. } = &stop else { return stop };
    let refused = text.strip_prefix("The connection to the server ").and_then(|rest| rest.split_once(" was refused"));
    let Some((address, _)) = refused.filter(|_| !matches!(args.text("validate"), "" | "ignore" | "false")) else { return stop };
    let (scheme, dialled) = if address.starts_with("localhost:") {
        ("http", address.replace("localhost", "127.0.0.1"))
    } else {
        ("https", address.to_string())
    };
    Stop::error(format!(
        "error validating \"{source}\": error validating data: failed to download openapi: Get \"{scheme}://{address}/openapi/v2?timeout=32s\": dial tcp {dialled}: connect: connection refused; if you choose to ignore these errors, turn validation off with --validate=false"
    ))
}

/// All documents of all `-f`, and words for what could not be read behind them; Lists are opened into their items.
fn documents(args: &Args, io: &mut Io) -> Result<(Vec<Document>, Vec<String>), Stop> {
    let files = args.list("filename");
    if !args.text("kustomize").is_empty() && !files.is_empty() {
        return Err(Stop::error("only one of -f or -k can be specified"));
    }
    if files.iter().filter(|file| *file == "-").count() > 1 {
        return Err(Stop::error("standard input cannot be used for multiple arguments"));
    }
    if !args.text("kustomize").is_empty() {
        kustomization(io, args.text("kustomize"))?;
    }
    let (mut all, mut failures) = (Vec::new(), Vec::new());
    for name in files {
        for (source, text) in texts(args, io, &name)? {
            let (trees, problem) = parse_so_far(&source, &text);
            failures.extend(problem.map(|words| format!("error: {words}")));
            all.extend(trees.into_iter().flat_map(opened).map(|(tree, listed)| Document { source: source.clone(), tree, listed }));
        }
    }
    Ok((all, failures))
}

/// Looks for a folder's kustomization. It is never built: either it is missing, or that is said.
pub fn kustomization(io: &Io, folder: &str) -> Result<(), Stop> {
    let (names, own) = (["kustomization.yaml", "kustomization.yml", "Kustomization"], crate::session::path(folder));
    let whole = if own.starts_with('/') { own.clone() } else { format!("/home/learner/{own}").trim_end_matches('/').to_string() };
    if !io.session.is_folder(folder) {
        return Err(Stop::error(format!(
            "must build at directory: not a valid directory: evalsymlink failure on '{folder}' : lstat {whole}: no such file or directory"
        )));
    }
    if !names.iter().any(|name| io.session.file(format!("{own}/{name}").trim_start_matches('/')).is_some()) {
        let words = "unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory";
        return Err(Stop::error(format!("{words} '{whole}'")));
    }
    Err(Stop::error("kustomizations are not part of this terminal; write the manifests out and use -f"))
}

/// An object, or the items of a List; each with whether it stood in one.
fn opened(tree: Tree) -> Vec<(Tree, bool)> {
    let list = tree.get("kind").text().ends_with("List") && matches!(tree.get("items"), Tree::List(_));
    if list { tree.get("items").items().iter().map(|item| (item.clone(), true)).collect() } else { vec![(tree, false)] }
}

/// The files that one `-f` names, with their text.
fn texts(args: &Args, io: &mut Io, name: &str) -> Result<Vec<(String, String)>, Stop> {
    if name == "-" {
        return Ok(vec![("STDIN".to_string(), io.read_all()?)]);
    }
    if let Some(text) = io.session.file(name) {
        return Ok(vec![(name.to_string(), text.to_string())]);
    }
    if name.starts_with("http://") || name.starts_with("https://") {
        if let Some((_, text)) = io.session.manifests.iter().find(|(end, _)| name.ends_with(end)) {
            return Ok(vec![(name.to_string(), text.to_string())]);
        }
        return Err(Stop::error(format!(
            "unable to read URL \"{name}\": this terminal reaches no network outside the cluster, but for a few well-known manifests; save it as a file first"
        )));
    }
    if !io.session.is_folder(name) {
        return Err(Stop::error(format!("the path \"{name}\" does not exist")));
    }
    let known = |file: &String| [".json", ".yaml", ".yml"].iter().any(|end| file.ends_with(end));
    let files: Vec<String> = io.session.folder(name, args.is("recursive")).into_iter().filter(known).collect();
    if files.is_empty() {
        return Err(Stop::error(format!("error reading [{name}]: recognized file extensions are [.json .yaml .yml]")));
    }
    Ok(files.into_iter().map(|file| (file.clone(), io.session.file(&file).unwrap_or("").to_string())).collect())
}

/// The documents of one text; empty ones are left out.
pub fn parse(source: &str, text: &str) -> Result<Vec<Tree>, Stop> {
    let (trees, problem) = parse_so_far(source, text);
    problem.map_or(Ok(trees), |words| Err(Stop::error(words)))
}

/// The documents before the first that cannot be read, and the words for that.
fn parse_so_far(source: &str, text: &str) -> (Vec<Tree>, Option<String>) {
    let (documents, problem) = objects::yaml::read_so_far(text);
    let words = problem.map(|problem| {
        let why = if unended(text) {
            "unexpected EOF".to_string()
        } else if text.trim_start().starts_with('{') {
            // What begins as JSON is blamed as JSON, once it is no YAML, either.
            let (read, words) = objects::go_json::problem(text);
            format!("json: offset {read}: {words}")
        } else {
            problem.message
        };
        format!("error parsing {source}: {why}")
    });
    (documents.into_iter().map(|document| document.tree).collect(), words)
}

/// Whether a text that begins as JSON ends before its brackets close.
fn unended(text: &str) -> bool {
    let (mut open, mut quoted, mut escaped) = (0i64, false, false);
    for letter in text.trim().chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            '{' | '[' if !quoted => open += 1,
            '}' | ']' if !quoted => open -= 1,
            _ => {}
        }
    }
    text.trim_start().starts_with('{') && open > 0
}
