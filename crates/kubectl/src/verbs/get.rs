//! `kubectl get`: lists and single objects as tables, YAML, JSON and templates; `-w` follows.
mod machine;
mod sorting;
mod tables;
mod watching;

use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Pick};
use crate::discovery::Served;
use crate::job::{Io, Stop};
use crate::print::Output;
use objects::wire::{self, Accept, Request, Response, Target};
use objects::{Text, Tree};

pub static VERB: Verb = Verb {
    name: "get",
    aliases: &[],
    short: "Display one or many resources",
    usage: "kubectl get [(-o|--output=)json|yaml|kyaml|name|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file|custom-columns|custom-columns-file|wide] (TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...) [flags] [options]",
    examples: "  # List all pods in ps output format\n  kubectl get pods\n\n  # List all pods in ps output format with more information (such as node name)\n  kubectl get pods -o wide\n\n  # List a single replication controller with specified NAME in ps output format\n  kubectl get deployment web\n\n  # List a pod identified by type and name specified in \"pod.yaml\" in JSON output format\n  kubectl get -f pod.yaml -o json\n\n  # Return only the phase value of the specified pod\n  kubectl get -o template pod/web-pod-13je7 --template={{.status.phase}}\n\n  # List all replication controllers and services together in ps output format\n  kubectl get rc,services",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    flag(
        "all-namespaces",
        'A',
        Takes::Bool,
        "false",
        "If present, list the requested object(s) across all namespaces. Namespace in current context is ignored even if specified with --namespace.",
    ),
    flag(
        "allow-missing-template-keys",
        '\0',
        Takes::Bool,
        "true",
        "If true, ignore any errors in templates when a field or map key is missing in the template.",
    ),
    flag("chunk-size", '\0', Takes::Int, "500", "Return large lists in chunks rather than all at once. Pass 0 to disable."),
    flag(
        "field-selector",
        '\0',
        Takes::Text,
        "",
        "Selector (field query) to filter on, supports '=', '==', and '!='.(e.g. --field-selector key1=value1,key2=value2).",
    ),
    flag("filename", 'f', Takes::List, "", "Filename, directory, or URL to files identifying the resource to get from a server."),
    flag(
        "ignore-not-found",
        '\0',
        Takes::Bool,
        "false",
        "If set to true, suppresses NotFound error for specific objects that do not exist.",
    ),
    flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
    flag("label-columns", 'L', Takes::List, "", "Accepts a comma separated list of labels that are going to be presented as columns."),
    flag(
        "no-headers",
        '\0',
        Takes::Bool,
        "false",
        "When using the default or custom-column output format, don't print headers (default print headers).",
    ),
    flag("output", 'o', Takes::Text, "", "Output format."),
    flag("output-watch-events", '\0', Takes::Bool, "false", "Output watch event objects when --watch or --watch-only is used."),
    flag("raw", '\0', Takes::Text, "", "Raw URI to request from the server. Uses the transport specified by the kubeconfig file."),
    flag("recursive", 'R', Takes::Bool, "false", "Process the directory used in -f, --filename recursively."),
    flag(
        "selector",
        'l',
        Takes::Text,
        "",
        "Selector (label query) to filter on, supports '=', '==', '!=', 'in', 'notin'.(e.g. -l key1=value1,key2=value2,key3 in (value3)).",
    ),
    flag("server-print", '\0', Takes::Bool, "true", "If true, have the server return the appropriate table output."),
    flag("show-kind", '\0', Takes::Bool, "false", "If present, list the resource type for the requested object(s)."),
    flag("show-labels", '\0', Takes::Bool, "false", "When printing, show all labels as the last column (default hide labels column)."),
    flag(
        "show-managed-fields",
        '\0',
        Takes::Bool,
        "false",
        "If true, keep the managedFields when printing objects in JSON or YAML format.",
    ),
    flag("sort-by", '\0', Takes::Text, "", "If non-empty, sort list types using this field specification."),
    flag("subresource", '\0', Takes::Text, "", "If specified, gets the subresource of the requested object."),
    flag("template", '\0', Takes::Text, "", "Template string or path to template file to use when -o=go-template, -o=go-template-file."),
    flag("watch", 'w', Takes::Bool, "false", "After listing/getting the requested object, watch for changes."),
    flag("watch-only", '\0', Takes::Bool, "false", "Watch for changes to the requested object(s), without listing/getting first."),
];

/// The answers to all parts of the command line, in order.
struct Got {
    parts: Vec<(Served, Response)>,
    failures: Vec<String>,
}

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.text("raw").is_empty() {
        return raw(args, io);
    }
    fitting(args)?;
    let watches = args.is("watch") || args.is("watch-only");
    if watches && !args.text("sort-by").is_empty() {
        let (flag, which) = if args.is("watch") { ("watch", " for watch events received") } else { ("watch-only", "") };
        io.err(format!("warning: --{flag} requested, --sort-by will be ignored{which}\n"));
    }
    let output = Output::read(args, io)?;
    let picks = picks(args, io)?;
    if watches {
        return watching::run(args, io, &picks, &output);
    }
    let got = fetch(args, io, &picks, &output)?;
    match output.is_machine() {
        true => machine::print(args, io, got, &picks, &output),
        false => tables::print(args, io, got, &picks, &output),
    }
}

/// Flags that cannot stand together (`GetOptions.Validate`).
fn fitting(args: &Args) -> Result<(), Stop> {
    let output = args.text("output");
    if args.is("show-labels") && !matches!(output, "" | "wide") {
        return Err(Stop::error(format!("--show-labels option cannot be used with {output} printer")));
    }
    if !args.list("label-columns").is_empty() && output.starts_with("custom-columns") {
        return Err(Stop::error(format!("--label-columns option cannot be used with {output} printer")));
    }
    if args.is("output-watch-events") && !args.is("watch") && !args.is("watch-only") {
        return Err(Stop::error("--output-watch-events option can only be used with --watch or --watch-only"));
    }
    Ok(())
}

/// What is asked for, each with its namespace.
fn picks(args: &Args, io: &mut Io) -> Result<Vec<(Pick, String)>, Stop> {
    if client::from_files(args) {
        client::no_names_beside_files(&args.words)?;
        let found = crate::documents::read(args, io)?;
        if let Some(failure) = found.failures.first() {
            return Err(Stop::plain(failure.clone()));
        }
        return Ok(found.infos.into_iter().map(|info| (Pick { served: info.served, name: info.name }, info.namespace)).collect());
    }
    if args.words.is_empty() && (args.is("watch") || args.is("watch-only")) {
        return Err(Stop::error(client::NOTHING_NAMED));
    }
    if args.words.is_empty() {
        return Err(Stop::plain(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples",
        ));
    }
    let namespace = if args.is("all-namespaces") { String::new() } else { client::namespace(args, io)? };
    let picks = client::pick(args, io, &args.words)?;
    client::compatible(args, &picks)?;
    if !args.text("subresource").is_empty() && picks.iter().any(|pick| pick.name.is_empty()) {
        return Err(Stop::error("subresource cannot be used when bulk resources are specified"));
    }
    Ok(picks.into_iter().map(|pick| (pick, namespace.clone())).collect())
}

/// A request for one part of the command line, in the form that the output needs.
fn request(args: &Args, pick: &Pick, namespace: &str, output: &Output) -> Request {
    let verb = if pick.name.is_empty() { wire::Verb::List } else { wire::Verb::Get };
    let mut request = client::request(args, verb, &pick.served, namespace, &pick.name);
    let watches = args.is("watch") || args.is("watch-only");
    if !output.is_machine() && (args.is("server-print") || watches) {
        request.accept = Accept::Table;
        if !args.text("sort-by").is_empty() {
            request.options.include_object = "Object".into();
        }
    }
    if pick.name.is_empty() {
        request.options.label_selector = args.text("selector").to_string();
        request.options.field_selector = args.text("field-selector").to_string();
        request.options.limit = args.int("chunk-size").max(0) as u64;
    }
    if let Target::Resource { subresource, .. } = &mut request.target {
        *subresource = Text::new(args.text("subresource"));
    }
    request
}

fn fetch(args: &Args, io: &mut Io, picks: &[(Pick, String)], output: &Output) -> Result<Got, Stop> {
    let mut got = Got { parts: Vec::new(), failures: Vec::new() };
    for (pick, namespace) in picks {
        let ask = request(args, pick, namespace, output);
        let response = if pick.name.is_empty() { whole(io, ask)? } else { client::get(args, io, ask)? };
        if response.is_ok() {
            got.parts.push((pick.served.clone(), response));
        } else if !(response.code == 404 && args.is("ignore-not-found")) {
            got.failures.push(client::refused(args, pick, &response));
        }
    }
    Ok(got)
}

/// An answer with all its chunks joined.
fn whole(io: &mut Io, mut request: Request) -> Result<Response, Stop> {
    let mut first = io.send(request.clone())?;
    loop {
        let next = first.tree().at(&["metadata", "continue"]).text().to_string();
        if next.is_empty() || !first.is_ok() {
            return Ok(first);
        }
        request.options.continue_token = next;
        let more = io.send(request.clone())?;
        if !more.is_ok() {
            return Ok(more);
        }
        let part = if first.tree().has("rows") { "rows" } else { "items" };
        let rest = more.tree().get(part).items().to_vec();
        let token = more.tree().at(&["metadata", "continue"]).clone();
        if let wire::Body::Tree(tree) = &mut first.body {
            tree.edit(&[part]).list_mut().extend(rest);
            tree.set(&["metadata", "continue"], token);
        }
    }
}

/// `--raw /healthz`: any path, as the server answers it.
fn raw(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.words.is_empty() {
        return Err(Stop::error("arguments may not be passed when --raw is specified"));
    }
    if args.is("watch") || args.is("watch-only") || !args.text("selector").is_empty() {
        return Err(Stop::error("--raw may not be specified with other flags that filter the server request or alter the output"));
    }
    if !args.text("output").is_empty() {
        return Err(Stop::error("--raw and --output are mutually exclusive"));
    }
    let wanted = args.text("raw");
    if !wanted.starts_with('/') {
        return Err(Stop::error(format!("--raw must be a valid URL path: parse \"{wanted}\": invalid URI for request")));
    }
    let (target, options, _) = objects::url::read(wanted);
    let several = matches!(&target, Target::Resource { name, .. } if name.is_empty());
    let mut request = client::path(args, wanted);
    // What is no resource is told apart by its whole path.
    if matches!(target, Target::Resource { .. }) {
        (request.target, request.options) = (target, options);
    }
    request.verb = if several { wire::Verb::List } else { wire::Verb::Get };
    let response = io.send(request)?;
    if !response.is_ok() {
        let known = !response.tree().get("message").text().is_empty();
        return Err(if known || response.code != 404 {
            Stop::server(&response)
        } else {
            Stop::plain("Error from server (NotFound): the server could not find the requested resource")
        });
    }
    match &response.body {
        wire::Body::Text(text) => io.out(text),
        other => {
            let tree = if let wire::Body::Tree(tree) = other { tree.clone() } else { Tree::Null };
            io.out(crate::print::json::answer(&tree));
        }
    }
    Ok(0)
}
