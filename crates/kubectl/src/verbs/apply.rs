//! `kubectl apply`: client-side with the last-applied annotation, and server-side.
mod server_side;
mod view;

use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info, finish};
use crate::documents::field_validation;
use crate::job::{Io, Stop, server_words, server_words_about};
use crate::print::outputs::{dry_run, without_managed_fields};
use crate::print::{Output, object};
use crate::{last_applied, patch};
use objects::wire::{self, PatchKind, Response};
use objects::{Tree, map};

pub static VERB: Verb = Verb {
    name: "apply",
    aliases: &[],
    short: "Apply a configuration to a resource by file name or stdin",
    usage: "kubectl apply (-f FILENAME | -k DIRECTORY) [options]",
    examples: "  # Apply the configuration in pod.json to a pod\n  kubectl apply -f ./pod.json\n\n  # Apply the JSON passed into stdin to a pod\n  cat pod.json | kubectl apply -f -",
    flags: FLAGS,
    subs: &[view::EDIT, view::SET, view::VIEW],
    run,
};

static FLAGS: &[Flag] = &[
    flag("all", '\0', Takes::Bool, "false", "Select all resources in the namespace of the specified resource types."),
    flag("cascade", '\0', Takes::Optional("background"), "background", "Must be \"background\", \"orphan\", or \"foreground\"."),
    flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
    flag("field-manager", '\0', Takes::Text, "kubectl-client-side-apply", "Name of the manager used to track field ownership."),
    flag("filename", 'f', Takes::List, "", "The files that contain the configurations to apply."),
    flag("force", '\0', Takes::Bool, "false", "If true, immediately remove resources from API and bypass graceful deletion."),
    flag("force-conflicts", '\0', Takes::Bool, "false", "If true, server-side apply will force the changes against conflicts."),
    flag("grace-period", '\0', Takes::Int, "-1", "Period of time in seconds given to the resource to terminate gracefully."),
    flag("kustomize", 'k', Takes::Text, "", "Process a kustomization directory. This flag can't be used together with -f or -R."),
    flag(
        "openapi-patch",
        '\0',
        Takes::Bool,
        "true",
        "If true, use openapi to calculate diff when the openapi presents and the resource can be found in the openapi spec.",
    ),
    flag("output", 'o', Takes::Text, "", "Output format."),
    flag(
        "overwrite",
        '\0',
        Takes::Bool,
        "true",
        "Automatically resolve conflicts between the modified and live configuration by using values from the modified configuration",
    ),
    flag(
        "prune",
        '\0',
        Takes::Bool,
        "false",
        "Automatically delete resource objects, that do not appear in the configs and are created by either apply or create --save-config.",
    ),
    flag("prune-allowlist", '\0', Takes::Texts, "", "Overwrite the default allowlist with <group/version/kind> for --prune"),
    crate::change_cause::RECORD,
    flag("recursive", 'R', Takes::Bool, "false", "Process the directory used in -f, --filename recursively."),
    flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    flag("server-side", '\0', Takes::Bool, "false", "If true, apply runs in the server instead of the client."),
    flag(
        "show-managed-fields",
        '\0',
        Takes::Bool,
        "false",
        "If true, keep the managedFields when printing objects in JSON or YAML format.",
    ),
    flag("template", '\0', Takes::Text, "", "Template string or path to template file to use when -o=go-template, -o=go-template-file."),
    flag(
        "timeout",
        '\0',
        Takes::Span,
        "0s",
        "The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object",
    ),
    flag("validate", '\0', Takes::Optional("strict"), "strict", "Must be one of: strict (or true), warn, ignore (or false)."),
    flag("wait", '\0', Takes::Bool, "false", "If true, wait for resources to be gone before returning. This waits for finalizers."),
];

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.words.is_empty() {
        return Err(args.usage(&format!("Unexpected args: [{}]", args.words.join(" "))));
    }
    if !client::from_files(args) {
        return Err(Stop::error("must specify one of -f and -k"));
    }
    if args.is("prune") && !args.is("all") && args.text("selector").is_empty() {
        return Err(Stop::error(
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector",
        ));
    }
    if args.is("prune") {
        return Err(Stop::error("--prune is not part of this terminal: delete what is no longer wanted with kubectl delete"));
    }
    if args.is("force-conflicts") && !args.is("server-side") {
        return Err(Stop::error("--force-conflicts only works with --server-side"));
    }
    let dry = dry_run(args)?.to_string();
    if dry == "client" && args.is("server-side") {
        return Err(Stop::error("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)"));
    }
    let validation = field_validation(args)?;
    if args.is("force") && args.is("server-side") {
        return Err(Stop::error("--force cannot be used with --server-side"));
    }
    if !["background", "foreground", "orphan", "true", "false"].contains(&args.text("cascade")) {
        let words = "Must be \"background\", \"foreground\", or \"orphan\"";
        return Err(Stop::error(format!("invalid cascade value ({}). {words}", args.text("cascade"))));
    }
    let mut found = crate::documents::read(args, io)?;
    if found.infos.is_empty() && found.failures.is_empty() {
        return Err(Stop::error("no objects passed to apply"));
    }
    let output = Output::read(args, io)?;
    // Several objects are printed as one list at the end.
    let together = found.infos.len() > 1 && output.is_machine() && !matches!(output, Output::Name);
    let mut listed = Vec::new();
    for mut info in std::mem::take(&mut found.infos) {
        crate::change_cause::record(args, &mut info.tree);
        let one = if args.is("server-side") {
            server_side::apply(args, io, info, &dry, validation)
        } else {
            apply(args, io, info, &dry, validation)
        };
        match one {
            Err(Stop::Fail { text, .. }) => found.failures.push(text),
            Ok((info, _)) if together => listed.push(info.tree),
            Ok((info, done)) => object(args, io, &info, done)?,
            Err(wait) => return Err(wait),
        }
    }
    if together && !listed.is_empty() {
        let list = map! {"apiVersion": "v1", "kind": "List", "metadata": map! {}, "items": listed};
        output.print(io, &without_managed_fields(args, &list), "list")?;
    }
    finish(io, &found.failures)
}

/// What became of an object, and the word for it.
type Applied = (Info, &'static str);

fn apply(args: &Args, io: &mut Io, info: Info, dry: &str, validation: &str) -> Result<Applied, Stop> {
    let generated = info.tree.at(&["metadata", "generateName"]).text();
    if info.name.is_empty() && !generated.is_empty() {
        return Err(Stop::error(format!("from {generated}: cannot use generate name with apply")));
    }
    if info.name.is_empty() {
        return Err(unreadable(&info, "resource name may not be empty"));
    }
    let live = io.send(client::request(args, wire::Verb::Get, &info.served, &info.namespace, &info.name))?;
    if live.code == 404 {
        return create(args, io, info, dry, validation);
    }
    if live.code == 0 {
        return Err(crate::documents::unvalidated(args, &info.source, Stop::plain(server_words(&live))));
    }
    if !live.is_ok() {
        return Err(Stop::plain(server_words(&retold(&live, &info))));
    }
    update(args, io, info, live.tree(), dry, validation)
}

/// The server's answer with what was being looked for before its words.
fn retold(response: &Response, info: &Info) -> Response {
    let mut status = response.tree().clone();
    let message = format!(
        "{}\nfrom server for: \"{}\": {}",
        place(info, "error when retrieving current configuration of:"),
        info.source,
        status.get("message").text()
    );
    status.set(&["message"], message);
    Response { body: wire::Body::Tree(status), ..response.clone() }
}

fn unreadable(info: &Info, why: &str) -> Stop {
    Stop::error(format!("{}\nfrom server for: \"{}\": {why}", place(info, "error when retrieving current configuration of:"), info.source))
}

/// `Resource: "apps/v1, Resource=deployments", GroupVersionKind: …` and the next line.
fn place(info: &Info, head: &str) -> String {
    let (group, version) = (&info.served.group, &info.served.version);
    format!(
        "{head}\nResource: \"{group}/{version}, Resource={}\", GroupVersionKind: \"{group}/{version}, Kind={}\"\nName: \"{}\", Namespace: \"{}\"",
        info.served.plural,
        info.tree.get("kind").text(),
        info.name,
        info.namespace
    )
}

fn create(args: &Args, io: &mut Io, mut info: Info, dry: &str, validation: &str) -> Result<Applied, Stop> {
    info.tree = last_applied::with_annotation(&info.tree);
    if dry != "client" {
        let mut post = client::request(args, wire::Verb::Create, &info.served, &info.namespace, "").body(client::unversioned(&info.tree));
        post.options.field_manager = args.text("field-manager").to_string();
        post.options.field_validation = validation.to_string();
        post.options.dry_run = if dry == "server" { "All".into() } else { String::new() };
        let response = io.send(post)?;
        if !response.is_ok() {
            return Err(Stop::plain(server_words_about(&response, "creating", &info.source)));
        }
        info = client::info(&info.served, response.tree().clone());
    }
    Ok((info, "created"))
}

fn update(args: &Args, io: &mut Io, mut info: Info, live: &Tree, dry: &str, validation: &str) -> Result<Applied, Stop> {
    let modified = last_applied::with_annotation(&info.tree);
    let annotation = live.at(&["metadata", "annotations", last_applied::NAME]).text();
    if annotation.is_empty() {
        io.err(format!(
            "Warning: resource {}/{} is missing the {} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n",
            info.served.plural, info.name, last_applied::NAME
        ));
    }
    let original = Tree::from_json(annotation).unwrap_or_default();
    // By the kind as it is written: of one that is written otherwise kubectl knows no fields.
    let shape = patch::type_of(&info.served.api_version(), info.tree.get("kind").text());
    let change = patch::three_way(&original, &modified, live, shape);
    if ["apiVersion", "kind"].iter().any(|key| change.has(key)) || change.get("metadata").has("name") {
        return Err(unchangeable(&info, annotation, &modified, live, &change));
    }
    if change.is_empty() {
        info.tree = live.clone();
        return Ok((info, "unchanged"));
    }
    if dry == "client" {
        info.tree = crate::merge::apply(live, &change, shape);
        return Ok((info, "configured"));
    }
    let kind = if shape.is_some() { PatchKind::Strategic } else { PatchKind::Merge };
    let mut send = client::request(args, wire::Verb::Patch(kind), &info.served, &info.namespace, &info.name).body(&change);
    send.options.field_manager = args.text("field-manager").to_string();
    send.options.field_validation = validation.to_string();
    send.options.dry_run = if dry == "server" { "All".into() } else { String::new() };
    let response = io.send(send)?;
    if !response.is_ok() {
        return Err(Stop::plain(patch_words(&response, &info, &change)));
    }
    info.tree = client::info(&info.served, response.tree().clone()).tree;
    Ok((info, "configured"))
}

/// A patch may change neither what kind of object it is nor its name: nothing is sent.
fn unchangeable(info: &Info, original: &str, modified: &Tree, live: &Tree, change: &Tree) -> Stop {
    let (head, source, json) = (place(info, "to:"), &info.source, crate::print::json::compact);
    Stop::error(format!(
        "error when applying patch:\n\n{head}\nfor: \"{source}\": error when patching \"{source}\": creating patch with:\n\
         original:\n{original}\nmodified:\n{}\n\ncurrent:\n{}\n\nfor: precondition failed for: {}",
        json(modified),
        json(live),
        go_map(change)
    ))
}

/// A value as Go prints its maps and lists.
fn go_map(tree: &Tree) -> String {
    match tree {
        Tree::Map(map) => {
            let words: Vec<String> = map.iter().map(|(key, value)| format!("{key}:{}", go_map(value))).collect();
            format!("map[{}]", words.join(" "))
        }
        Tree::List(list) => format!("[{}]", list.iter().map(go_map).collect::<Vec<_>>().join(" ")),
        Tree::Null => "<nil>".into(),
        Tree::Text(text) => text.to_string(),
        other => other.to_json(),
    }
}

/// The words for a refused patch: what was sent stands before the server's reason, except for `Invalid` answers.
fn patch_words(response: &Response, info: &Info, change: &Tree) -> String {
    let mut status = response.tree().clone();
    if status.get("reason").text() == "Invalid" {
        return server_words(response);
    }
    let message = format!(
        "error when applying patch:\n{}\n{}\nfor: \"{}\": error when patching \"{}\": {}",
        crate::print::json::compact(change),
        place(info, "to:"),
        info.source,
        info.source,
        status.get("message").text()
    );
    status.set(&["message"], message);
    server_words(&Response { body: wire::Body::Tree(status), ..response.clone() })
}
