//! `kubectl patch`: a change written as JSON or YAML.
use crate::args::{Args, Takes, flag};
use crate::change_cause;
use crate::client::{self, Info};
use crate::discovery::Served;
use crate::job::{Io, Stop, server_words};
use crate::print;
use crate::verbs::Verb;
use objects::Tree;
use objects::wire::{PatchKind, Target, Verb as Ask};

pub static VERB: Verb = Verb {
    name: "patch",
    aliases: &[],
    short: "Update fields of a resource",
    usage: "kubectl patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]",
    examples: "  # A strategic merge patch\n  kubectl patch node worker-1 -p '{\"spec\":{\"unschedulable\":true}}'\n\n  # A list of steps\n  kubectl patch pod web --type='json' -p='[{\"op\": \"replace\", \"path\": \"/spec/containers/0/image\", \"value\":\"new image\"}]'\n",
    flags: &[
        flag("dry-run", '\0', Takes::Optional("unchanged"), "none", "Must be \"none\", \"server\", or \"client\"."),
        flag("field-manager", '\0', Takes::Text, "kubectl-patch", "Name of the manager used to track field ownership."),
        flag("filename", 'f', Takes::List, "", "File, folder or - with the objects to patch"),
        flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory."),
        flag("local", '\0', Takes::Bool, "false", "If true, do not contact the server: work on the files alone."),
        flag("output", 'o', Takes::Text, "", "Output format. One of: (json, yaml, name, jsonpath, …)."),
        flag("patch", 'p', Takes::Text, "", "The patch to be applied to the resource JSON file."),
        flag("patch-file", '\0', Takes::Text, "", "A file containing a patch to be applied to the resource."),
        crate::change_cause::RECORD,
        flag("recursive", 'R', Takes::Bool, "false", "Read the folders of -f with all that is below them."),
        flag("subresource", '\0', Takes::Text, "", "If specified, patch will operate on the subresource of the requested object."),
        flag("type", '\0', Takes::Text, "strategic", "The type of patch being provided; one of [json merge strategic]"),
    ],
    subs: &[],
    run,
};

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let kind = match args.text("type").to_ascii_lowercase().as_str() {
        "json" => PatchKind::Json,
        "merge" => PatchKind::Merge,
        "strategic" => PatchKind::Strategic,
        _ => return Err(Stop::error(format!("--type must be one of [json merge strategic], not \"{}\"", args.text("type")))),
    };
    if args.words.is_empty() && !client::from_files(args) {
        return Err(Stop::error(client::NOTHING_NAMED));
    }
    let patch = body(args, io)?;
    let found = client::named(args, io, &args.words)?;
    let mut failures = found.failures;
    if found.infos.is_empty() && failures.is_empty() {
        return Err(Stop::error("no objects passed to patch"));
    }
    for info in &found.infos {
        let client = args.is("local") || matches!(args.text("dry-run"), "client" | "unchanged");
        if client && (args.is("local") || !args.given("output")) {
            // Upstream says nothing of the dry run here.
            if args.given("output") { print::object(args, io, info, "patched")? } else { io.out(format!("{} patched\n", info.slash())) }
        } else if let Err(words) = one(args, io, info, kind, &patch)? {
            failures.push(words);
        }
    }
    client::finish(io, &failures)
}

/// The patch as a tree. Anything that is YAML will do; what is no object is for the server to refuse.
fn body(args: &Args, io: &mut Io) -> Result<Tree, Stop> {
    let text = match (args.given("patch"), args.given("patch-file")) {
        (true, true) => return Err(Stop::error("cannot specify --patch and --patch-file together")),
        (false, false) => return Err(Stop::error("must specify --patch or --patch-file containing the contents of the patch")),
        (true, false) => args.text("patch").to_string(),
        (false, true) => {
            let name = args.text("patch-file");
            io.session
                .file(name)
                .map(str::to_string)
                .ok_or_else(|| Stop::error(format!("unable to read patch file: open {name}: no such file or directory")))?
        }
    };
    let documents = match Tree::from_json(&text) {
        Ok(tree) => return Ok(tree),
        Err(_) => objects::yaml::read(&text),
    };
    let documents = documents.map_err(|problem| {
        Stop::error(format!("unable to parse {text:?}: {}", problem.message.trim_start_matches("error converting YAML to JSON: ")))
    })?;
    Ok(documents.into_iter().next().map(|document| document.tree).unwrap_or_default())
}

fn one(args: &Args, io: &mut Io, info: &Info, kind: PatchKind, patch: &Tree) -> Result<Result<(), String>, Stop> {
    let part = args.text("subresource");
    let mut before = info.tree.clone();
    if !part.is_empty() {
        let mut ask = client::request(args, Ask::Get, &info.served, &info.namespace, &info.name);
        name_part(&mut ask.target, part);
        let answer = io.send(ask)?;
        if !answer.is_ok() {
            return Ok(Err(server_words(&answer)));
        }
        before = client::info(&info.served, answer.tree().clone()).tree;
    }
    let mut ask = client::request(args, Ask::Patch(kind), &info.served, &info.namespace, &info.name);
    name_part(&mut ask.target, part);
    ask.body = patch.clone();
    ask.options.field_manager = args.text("field-manager").to_string();
    // What kubectl would work out by itself is asked of the server, which keeps nothing of it.
    if args.text("dry-run") != "none" {
        ask.options.dry_run = "All".to_string();
    }
    let answer = io.send(ask)?;
    if !answer.is_ok() {
        return Ok(Err(server_words(&answer)));
    }
    change_cause::keep(args, io, info)?;
    let after = shown(&info.served, answer.tree());
    let done = if after.tree == before { "patched (no change)" } else { "patched" };
    if !args.given("output") {
        // Nothing of the dry run here, either.
        io.out(format!("{} {done}\n", after.slash()));
        return Ok(Ok(()));
    }
    print::object(args, io, &after, done).map(Ok)
}

fn name_part(target: &mut Target, part: &str) {
    if let Target::Resource { subresource, .. } = target {
        *subresource = objects::Text::new(part);
    }
}

/// The answer as it is named: a scale is `scale.autoscaling/web`, whatever it scales.
fn shown(served: &Served, tree: &Tree) -> Info {
    let mut info = client::info(served, tree.clone());
    let kind = info.tree.get("kind").text().to_string();
    if kind != info.served.kind {
        let api_version = info.tree.get("apiVersion").text().to_string();
        let (group, version) = api_version.split_once('/').unwrap_or(("", &api_version));
        info.served = Served { group: group.into(), version: version.into(), kind: kind.into(), ..info.served };
    }
    info
}
