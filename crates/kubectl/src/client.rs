//! From words on the command line to requests: resources, names, namespaces, who asks.
use crate::args::Args;
use crate::discovery::{Catalogue, Served};
use crate::job::{Io, Stop};
use objects::wire::{Accept, Options, Origin, Request, Resource, Response, Target, User, Verb};
use objects::{Text, Tree};
use std::sync::Arc;

/// Words for a command line that names nothing.
pub const NOTHING_NAMED: &str = "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

/// A resource, and the name of one object of it; an empty name means all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Pick {
    pub served: Served,
    pub name: String,
}

/// An object with where it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Info {
    pub served: Served,
    /// Empty for cluster-scoped objects.
    pub namespace: String,
    pub name: String,
    /// The file (or `STDIN`) it was read from; empty when the server gave it.
    pub source: String,
    pub tree: Tree,
}

impl Info {
    /// `deployment.apps/web`
    pub fn slash(&self) -> String {
        format!("{}/{}", self.served.noun(), self.name)
    }
}

/// Objects, and the words for those that could not be had (to be printed at the end by `finish`).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub infos: Vec<Info>,
    pub failures: Vec<String>,
}

/// Prints the collected failures. Exit code 1 when there are some.
pub fn finish(io: &mut Io, failures: &[String]) -> Result<u8, Stop> {
    for failure in failures {
        // Of several failures upstream prints only what each says.
        let words = if failures.len() > 1 { failure.strip_prefix("error: ").unwrap_or(failure) } else { failure };
        io.err(format!("{words}\n"));
    }
    Ok(u8::from(!failures.is_empty()))
}

/// The namespace to work in: `-n`, else the context's, else `default`.
pub fn namespace(args: &Args, io: &Io) -> Result<String, Stop> {
    if !args.text("namespace").is_empty() {
        return Ok(args.text("namespace").to_string());
    }
    let config = &io.session.config;
    let chosen = !args.text("context").is_empty();
    let name = if chosen { args.text("context") } else { &config.current };
    let Some(context) = config.contexts.get(name) else {
        return if chosen { Err(Stop::error(format!("context \"{name}\" does not exist"))) } else { Ok("default".to_string()) };
    };
    Ok(if context.namespace.is_empty() { "default".to_string() } else { context.namespace.clone() })
}

/// Who asks: the administrator, or whom `--as` names.
pub fn user(args: &Args) -> User {
    let name = args.text("as");
    if name.is_empty()
        && let Some(user) = &args.login
    {
        return user.clone();
    }
    if name.is_empty() {
        return User { name: "kubernetes-admin".into(), groups: vec!["system:masters".into(), "system:authenticated".into()] };
    }
    let mut groups: Vec<Text> = args.list("as-group").into_iter().map(Text::from).collect();
    if let Some((namespace, _)) = name.strip_prefix("system:serviceaccount:").and_then(|rest| rest.split_once(':'))
        && groups.is_empty()
    {
        groups.extend([Text::new("system:serviceaccounts"), Text::from(format!("system:serviceaccounts:{namespace}"))]);
    }
    groups.push("system:authenticated".into());
    User { name: Text::new(name), groups }
}

/// A request about a resource. `namespace` is ignored for cluster-scoped ones; empty asks across all namespaces.
pub fn request(args: &Args, verb: Verb, served: &Served, namespace: &str, name: &str) -> Request {
    about(args, verb, served.wire(), if served.namespaced { namespace } else { "" }, name)
}

/// A request about a resource that needs no discovery: `core(args, Verb::Get, "", "v1", "pods", "default", "web")`.
pub fn known(
    args: &Args,
    verb: Verb,
    group: &'static str,
    version: &'static str,
    plural: &'static str,
    namespace: &str,
    name: &str,
) -> Request {
    let resource = Resource::Named { group: Text::new_static(group), version: Text::new_static(version), plural: Text::new_static(plural) };
    about(args, verb, resource, namespace, name)
}

fn about(args: &Args, verb: Verb, resource: Resource, namespace: &str, name: &str) -> Request {
    let target = Target::Resource { resource, namespace: Text::new(namespace), name: Text::new(name), subresource: Text::default() };
    raw(args, verb, target)
}

/// A request for a path such as `/version`.
pub fn path(args: &Args, path: &str) -> Request {
    raw(args, Verb::Get, Target::Path(Text::new(path)))
}

fn raw(args: &Args, verb: Verb, target: Target) -> Request {
    let origin = Origin { actor: Text::new_static("kubectl"), cause: None, reason: Tree::Null };
    Request { verb, target, options: Options::default(), accept: Accept::Json, body: Tree::Null, user: user(args), origin }
}

/// What the server serves, asked for once per terminal.
pub fn catalogue(args: &Args, io: &mut Io) -> Result<Arc<Catalogue>, Stop> {
    match &io.session.catalogue {
        // What is kept belongs to the own server.
        Some(catalogue) if io.turned_away.as_ref().is_none_or(|answer| answer.code > 0) => Ok(catalogue.clone()),
        _ => fresh_catalogue(args, io),
    }
}

/// Asks the server again what it serves.
pub fn fresh_catalogue(args: &Args, io: &mut Io) -> Result<Arc<Catalogue>, Stop> {
    let mut lists = Vec::new();
    for place in ["/api", "/apis"] {
        let mut ask = path(args, place);
        ask.accept = Accept::Discovery;
        let answer = io.send(ask)?;
        if !answer.is_ok() {
            crate::login::complain(io, &answer);
            return Err(Stop::server(&answer));
        }
        lists.push(answer.tree().clone());
    }
    let catalogue = Arc::new(Catalogue::read(&lists));
    io.session.catalogue = Some(catalogue.clone());
    Ok(catalogue)
}

/// The resource that a word names. An unknown word makes kubectl ask the server anew before it gives up.
pub fn resolve(args: &Args, io: &mut Io, word: &str) -> Result<Served, Stop> {
    let cached = io.session.catalogue.is_some();
    if let Some(served) = catalogue(args, io)?.find(word) {
        return Ok(served.clone());
    }
    if cached && let Some(served) = fresh_catalogue(args, io)?.find(word) {
        return Ok(served.clone());
    }
    let place = word.split_once('.').map_or_else(|| format!("\"{word}\""), |(name, group)| format!("\"{name}\" in group \"{group}\""));
    Err(Stop::error(format!("the server doesn't have a resource type {place}")))
}

/// The resource of an object's apiVersion and kind; `None` when the server does not serve it.
pub fn resolve_kind(args: &Args, io: &mut Io, api_version: &str, kind: &str) -> Result<Option<Served>, Stop> {
    let cached = io.session.catalogue.is_some();
    if let Some(served) = catalogue(args, io)?.by_kind(api_version, kind) {
        return Ok(Some(served.clone()));
    }
    Ok(if cached { fresh_catalogue(args, io)?.by_kind(api_version, kind).cloned() } else { None })
}

/// Reads `pods`, `pod web db`, `deploy/web svc/db`, `po,svc`, `all`.
pub fn pick(args: &Args, io: &mut Io, words: &[String]) -> Result<Vec<Pick>, Stop> {
    let Some((first, names)) = words.split_first() else { return Ok(Vec::new()) };
    let slashes = words.iter().filter(|word| word.contains('/')).count();
    if slashes == words.len() {
        return words.iter().map(|word| slashed(args, io, word)).collect();
    }
    if slashes > 0 {
        return Err(Stop::error(
            "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
        ));
    }
    let mut picks = Vec::new();
    for word in first.split(',') {
        let served = kinds_of(args, io, word)?;
        if served.len() > 1 && !names.is_empty() {
            return Err(Stop::error("you must specify only one resource"));
        }
        for served in served {
            if names.is_empty() {
                picks.push(Pick { served, name: String::new() });
            } else {
                picks.extend(names.iter().map(|name| Pick { served: served.clone(), name: name.clone() }));
            }
        }
    }
    Ok(picks)
}

fn kinds_of(args: &Args, io: &mut Io, word: &str) -> Result<Vec<Served>, Stop> {
    let known = catalogue(args, io)?;
    let category = known.category(word);
    if category.is_empty() { Ok(vec![resolve(args, io, word)?]) } else { Ok(category.into_iter().cloned().collect()) }
}

fn slashed(args: &Args, io: &mut Io, word: &str) -> Result<Pick, Stop> {
    let parts: Vec<&str> = word.split('/').collect();
    match parts[..] {
        [resource, name] if !resource.is_empty() && !name.is_empty() && !resource.contains(',') => {
            Ok(Pick { served: resolve(args, io, resource)?, name: name.to_string() })
        }
        [_, _] => Err(Stop::error("arguments in resource/name form must have a single resource and name")),
        _ => Err(Stop::error("arguments in resource/name form may not have more than one slash")),
    }
}

/// `objects` for commands that act on what is named: a type alone is refused, unless a selector or `--all` chooses of it.
pub fn named(args: &Args, io: &mut Io, words: &[String]) -> Result<Found, Stop> {
    let files = from_files(args);
    let chosen = args.is("all") || !args.text("selector").is_empty() || !args.text("field-selector").is_empty();
    if !files && !chosen && pick(args, io, words)?.iter().any(|pick| pick.name.is_empty()) {
        return Err(Stop::error("resource(s) were provided, but no name was specified"));
    }
    objects(args, io, words)
}

/// `named`, each as the server has it now (with `--local` as it stands in its file).
pub fn named_live(args: &Args, io: &mut Io, words: &[String]) -> Result<Found, Stop> {
    let found = named(args, io, words)?;
    if args.is("local") { Ok(found) } else { latest(args, io, found) }
}

/// Objects that were read from files as the server has them now.
pub fn latest(args: &Args, io: &mut Io, found: Found) -> Result<Found, Stop> {
    let mut fresh = Found { infos: Vec::new(), failures: found.failures };
    for info in found.infos {
        if info.source.is_empty() {
            fresh.infos.push(info);
        } else {
            one(args, io, Pick { served: info.served, name: info.name }, &info.namespace, &mut fresh)?;
        }
    }
    Ok(fresh)
}

/// The objects that the command line means, fetched: `-f` files (as they stand in the file), named ones (one GET each),
/// or with `-l`, `--field-selector`, `--all` whole lists. `-A` looks in all namespaces.
pub fn objects(args: &Args, io: &mut Io, words: &[String]) -> Result<Found, Stop> {
    if from_files(args) {
        no_names_beside_files(words)?;
        return crate::documents::read(args, io);
    }
    let picks = pick(args, io, words)?;
    compatible(args, &picks)?;
    fetched(args, io, picks)
}

/// Whether `-f` or `-k` says what is meant.
pub fn from_files(args: &Args) -> bool {
    !args.list("filename").is_empty() || !args.text("kustomize").is_empty()
}

/// Words for a line that names objects and files.
pub fn no_names_beside_files(words: &[String]) -> Result<(), Stop> {
    if words.is_empty() {
        return Ok(());
    }
    Err(Stop::error("when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well"))
}

/// What no command takes together: names with a selector, names in all namespaces (cli-runtime `resource.Builder`).
pub fn compatible(args: &Args, picks: &[Pick]) -> Result<(), Stop> {
    let mut named = picks.iter().filter(|pick| !pick.name.is_empty()).peekable();
    // The selector of `expose` is the Service's.
    let selects = args.path != "expose" && !(args.text("selector").is_empty() && args.text("field-selector").is_empty());
    if named.peek().is_some() && selects {
        return Err(Stop::error("name cannot be provided when a selector is specified"));
    }
    if args.is("all-namespaces") && named.any(|pick| pick.served.namespaced) {
        return Err(Stop::error("a resource cannot be retrieved by name across all namespaces"));
    }
    Ok(())
}

/// Refuses `--all` beside a selector, as commands do that choose by either.
pub fn all_or_selector(args: &Args) -> Result<(), Stop> {
    let beside = ["selector", "field-selector"].into_iter().find(|name| !args.text(name).is_empty());
    match beside {
        Some(name) if args.is("all") => Err(Stop::error(format!("cannot set --all and --{name} at the same time"))),
        _ => Ok(()),
    }
}

/// The picked objects as the server has them now.
pub fn fetched(args: &Args, io: &mut Io, picks: Vec<Pick>) -> Result<Found, Stop> {
    let namespace = if args.is("all-namespaces") { String::new() } else { namespace(args, io)? };
    let mut found = Found::default();
    for pick in picks {
        if pick.name.is_empty() {
            list(args, io, &pick.served, &namespace, &mut found)?;
        } else {
            one(args, io, pick, &namespace, &mut found)?;
        }
    }
    Ok(found)
}

fn list(args: &Args, io: &mut Io, served: &Served, namespace: &str, found: &mut Found) -> Result<(), Stop> {
    let mut ask = request(args, Verb::List, served, namespace, "");
    ask.options.label_selector = args.text("selector").to_string();
    ask.options.field_selector = args.text("field-selector").to_string();
    let response = io.send(ask)?;
    if !response.is_ok() {
        found.failures.push(refused(args, &Pick { served: served.clone(), name: String::new() }, &response));
        return Ok(());
    }
    let items = response.tree().get("items").items();
    found.infos.extend(items.iter().map(|item| info(served, item.clone())));
    Ok(())
}

/// The words for a refused list; lists say what they looked for.
pub fn refused(args: &Args, pick: &Pick, response: &Response) -> String {
    let reason = response.tree().get("reason").text();
    if !pick.name.is_empty() || !matches!(reason, "BadRequest" | "NotFound") {
        return crate::job::server_words(response);
    }
    let (labels, fields) = (args.text("selector"), args.text("field-selector"));
    let group = &pick.served.group;
    let version = if group.is_empty() { format!("/{}", pick.served.version) } else { format!("{group}/{}", pick.served.version) };
    let what = format!("\"{version}, Resource={}\"", pick.served.plural);
    let head = match labels.is_empty() && fields.is_empty() {
        true => format!("Unable to list {what}"),
        false => format!("Unable to find {what} that match label selector \"{labels}\", field selector \"{fields}\""),
    };
    format!("Error from server ({reason}): {head}: {}", response.tree().get("message").text())
}

/// An object as it is sent to be created: whatever version a file says is forgotten (cli-runtime `Helper.Create`).
pub fn unversioned(tree: &Tree) -> Tree {
    let mut fresh = tree.clone();
    fresh.remove(&["metadata", "resourceVersion"]);
    fresh
}

/// When a request that stays open has lasted as long as `--request-timeout` lets it; `None` without a limit.
pub fn patience(args: &Args, io: &Io) -> Option<simcore::Time> {
    let text = args.text("request-timeout");
    let span = match text.parse::<u64>() {
        Ok(seconds) => simcore::Duration::secs(seconds),
        Err(_) => crate::args::span(text).unwrap_or_default(),
    };
    (span.0 > 0).then(|| io.now() + span)
}

/// One object. Where it is missing, kubectl looks for its namespace, too, and tells first what is missing of both.
pub fn get(args: &Args, io: &mut Io, request: Request) -> Result<Response, Stop> {
    let Target::Resource { namespace: place, name, .. } = request.target.clone() else { return io.send(request) };
    let response = io.send(request)?;
    if response.code != 404 || place.is_empty() || name.is_empty() {
        return Ok(response);
    }
    let namespace = io.send(known(args, Verb::Get, "", "v1", "namespaces", "", &place))?;
    Ok(if namespace.code == 404 { namespace } else { response })
}

fn one(args: &Args, io: &mut Io, pick: Pick, namespace: &str, found: &mut Found) -> Result<(), Stop> {
    let response = get(args, io, request(args, Verb::Get, &pick.served, namespace, &pick.name))?;
    match response.is_ok() {
        true => found.infos.push(info(&pick.served, response.tree().clone())),
        false => found.failures.push(crate::job::server_words(&response)),
    }
    Ok(())
}

/// An object from the server. Items of lists have no apiVersion and kind; they get them here.
pub fn info(served: &Served, mut tree: Tree) -> Info {
    if !tree.has("kind") {
        tree.set(&["apiVersion"], served.api_version());
        tree.set(&["kind"], &served.kind);
    }
    let meta = tree.get("metadata");
    let (namespace, name) = (meta.get("namespace").text().to_string(), meta.get("name").text().to_string());
    Info { served: served.clone(), namespace, name, source: String::new(), tree }
}
