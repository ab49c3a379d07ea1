//! `kubectl replace`: the whole object from a file; `--force` deletes and creates it again.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info, finish};
use crate::documents::field_validation;
use crate::job::{Flow, Io, News, Stop, server_words_about};
use crate::print::{object, outputs::dry_run};
use objects::{Tree, map, wire};

pub static VERB: Verb = Verb {
    name: "replace",
    aliases: &[],
    short: "Replace a resource by file name or stdin",
    usage: "kubectl replace -f FILENAME [options]",
    examples: "  # Replace a pod using the data in pod.json\n  kubectl replace -f ./pod.json\n\n  # Force replace, delete and then re-create the resource\n  kubectl replace --force -f ./pod.json",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    flag("cascade", '\0', Takes::Optional("background"), "background", "Must be \"background\", \"orphan\", or \"foreground\"."),
    flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
    flag("field-manager", '\0', Takes::Text, "kubectl-replace", "Name of the manager used to track field ownership."),
    flag("filename", 'f', Takes::List, "", "The files that contain the configurations to replace."),
    flag("force", '\0', Takes::Bool, "false", "If true, immediately remove resources from API and bypass graceful deletion."),
    flag("grace-period", '\0', Takes::Int, "-1", "Period of time in seconds given to the resource to terminate gracefully."),
    flag("kustomize", 'k', Takes::Text, "", "Process a kustomization directory."),
    flag("output", 'o', Takes::Text, "", "Output format."),
    flag("raw", '\0', Takes::Text, "", "Raw URI to PUT to the server.  Uses the transport specified by the kubeconfig file."),
    flag("recursive", 'R', Takes::Bool, "false", "Process the directory used in -f, --filename recursively."),
    flag("save-config", '\0', Takes::Bool, "false", "If true, the configuration of current object will be saved in its annotation."),
    flag(
        "show-managed-fields",
        '\0',
        Takes::Bool,
        "false",
        "If true, keep the managedFields when printing objects in JSON or YAML format.",
    ),
    flag("subresource", '\0', Takes::Text, "", "If specified, replace will operate on the subresource of the requested object."),
    flag("template", '\0', Takes::Text, "", "Template string or path to template file to use when -o=go-template, -o=go-template-file."),
    flag(
        "timeout",
        '\0',
        Takes::Span,
        "0s",
        "The length of time to wait before giving up on a delete, zero means determine a timeout from the size of the object",
    ),
    flag("validate", '\0', Takes::Optional("strict"), "strict", "Must be one of: strict (or true), warn, ignore (or false)."),
];

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.text("raw").is_empty() && client::from_files(args) {
        return crate::raw::send(args, io, wire::Verb::Update);
    }
    if args.int("grace-period") >= 0 && !args.is("force") {
        return Err(Stop::error("--grace-period must have --force specified"));
    }
    if args.span("timeout").0 > 0 && !args.is("force") {
        return Err(Stop::error("--timeout must have --force specified"));
    }
    if args.is("force") && dry_run(args)? != "none" {
        return Err(Stop::error("--dry-run can not be used when --force is set"));
    }
    if !client::from_files(args) {
        return Err(Stop::error("must specify one of -f and -k"));
    }
    let policy = match args.text("cascade") {
        "background" | "true" => "Background",
        "foreground" => "Foreground",
        "orphan" | "false" => "Orphan",
        other => {
            let words = "Must be \"background\", \"foreground\", or \"orphan\"";
            return Err(Stop::error(format!("invalid cascade value ({other}). {words}")));
        }
    };
    let dry = dry_run(args)?.to_string();
    let mut found = crate::documents::read(args, io)?;
    if found.infos.is_empty() && found.failures.is_empty() {
        return Err(Stop::error("no objects passed to replace"));
    }
    if args.is("force") && dry == "none" {
        for info in &found.infos {
            remove(args, io, info, policy)?;
        }
    }
    for mut info in std::mem::take(&mut found.infos) {
        if info.name.is_empty() && !args.is("force") {
            found.failures.push(format!("error: error when replacing \"{}\": resource name may not be empty", info.source));
            continue;
        }
        if args.is("save-config") || info.tree.at(&["metadata", "annotations"]).has(crate::last_applied::NAME) {
            info.tree = crate::last_applied::with_annotation(&info.tree);
        }
        let (verb, name) = if args.is("force") { (wire::Verb::Create, "") } else { (wire::Verb::Update, info.name.as_str()) };
        if dry != "client" {
            let body = if args.is("force") { client::unversioned(&info.tree) } else { info.tree.clone() };
            let mut put = client::request(args, verb, &info.served, &info.namespace, name).body(&body);
            if let wire::Target::Resource { subresource, .. } = &mut put.target {
                *subresource = objects::Text::new(args.text("subresource"));
            }
            put.options.field_manager = args.text("field-manager").to_string();
            put.options.field_validation = field_validation(args)?.to_string();
            put.options.dry_run = if dry == "server" { "All".into() } else { String::new() };
            let response = io.send(put)?;
            if !response.is_ok() {
                found.failures.push(server_words_about(&response, "replacing", &info.source));
                continue;
            }
            info = client::info(&info.served, response.tree().clone());
        }
        object(args, io, &info, "replaced")?;
    }
    finish(io, &found.failures)
}

/// Deletes the object and waits until it is gone.
fn remove(args: &Args, io: &mut Io, info: &Info, policy: &str) -> Result<(), Stop> {
    let mut delete = client::request(args, wire::Verb::Delete, &info.served, &info.namespace, &info.name);
    let grace = args.int("grace-period").max(0);
    delete.body = map! {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": policy, "gracePeriodSeconds": grace};
    let response = io.send(delete)?;
    if response.code == 404 {
        return Ok(());
    }
    if !response.is_ok() {
        return Err(Stop::plain(server_words_about(&response, "deleting", &info.source)));
    }
    io.out(format!("{} \"{}\" deleted from {} namespace\n", info.served.noun(), info.name, info.namespace));
    let live = io.send(client::request(args, wire::Verb::Get, &info.served, &info.namespace, &info.name))?;
    if live.code == 404 {
        return Ok(());
    }
    let mut watch = client::request(args, wire::Verb::Watch, &info.served, &info.namespace, "");
    watch.options.field_selector = format!("metadata.name={}", info.name);
    watch.options.resource_version = live.tree().at(&["metadata", "resourceVersion"]).text().to_string();
    io.follow(vec![watch], None, Tree::Null, |_, incoming, _| match &incoming.news {
        News::Event(event) if event.kind == "DELETED" => Flow::Done,
        News::Opened(response) if !response.is_ok() => Flow::Done,
        _ => Flow::More,
    })?;
    Ok(())
}
