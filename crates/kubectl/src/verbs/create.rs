//! `kubectl create`: from files, or from words through a generator per kind.
mod batch;
mod config;
mod parts;
mod policy;
mod rbac;
mod service;
mod token;
mod workload;

use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client::{self, Info, finish};
use crate::documents::field_validation;
use crate::job::{Io, Stop, server_words_about};
use crate::print::{object, outputs::dry_run};
use objects::wire;

pub static VERB: Verb = Verb {
    name: "create",
    aliases: &[],
    short: "Create a resource from a file or from stdin",
    usage: "kubectl create -f FILENAME [options]",
    examples: "  # Create a pod using the data in pod.json\n  kubectl create -f ./pod.json\n\n  # Create a pod based on the JSON passed into stdin\n  cat pod.json | kubectl create -f -",
    flags: FLAGS,
    subs: &[
        rbac::CLUSTER_ROLE,
        rbac::CLUSTER_ROLE_BINDING,
        config::CONFIG_MAP,
        batch::CRON_JOB,
        workload::DEPLOYMENT,
        policy::INGRESS,
        batch::JOB,
        workload::NAMESPACE,
        policy::PDB,
        policy::PRIORITY_CLASS,
        policy::QUOTA,
        rbac::ROLE,
        rbac::ROLE_BINDING,
        config::SECRET,
        service::SERVICE,
        workload::SERVICE_ACCOUNT,
        token::TOKEN,
    ],
    run,
};

static FLAGS: &[Flag] = &[
    flag(
        "dry-run",
        '\0',
        Takes::Optional("unchanged"),
        "none",
        "Must be \"none\", \"server\", or \"client\". If client strategy, only print the object that would be sent, without sending it. If server strategy, submit server-side request without persisting the resource.",
    ),
    flag("edit", '\0', Takes::Bool, "false", "Edit the API resource before creating."),
    flag("field-manager", '\0', Takes::Text, "kubectl-create", "Name of the manager used to track field ownership."),
    flag("filename", 'f', Takes::List, "", "Filename, directory, or URL to files to use to create the resource"),
    flag("kustomize", 'k', Takes::Text, "", "Process the kustomization directory. This flag can't be used together with -f or -R."),
    flag("output", 'o', Takes::Text, "", "Output format."),
    flag("raw", '\0', Takes::Text, "", "Raw URI to POST to the server."),
    flag("recursive", 'R', Takes::Bool, "false", "Process the directory used in -f, --filename recursively."),
    crate::change_cause::RECORD,
    flag("save-config", '\0', Takes::Bool, "false", "If true, the configuration of current object will be saved in its annotation."),
    flag("selector", 'l', Takes::Text, "", "Selector (label query) to filter on."),
    flag(
        "show-managed-fields",
        '\0',
        Takes::Bool,
        "false",
        "If true, keep the managedFields when printing objects in JSON or YAML format.",
    ),
    flag("template", '\0', Takes::Text, "", "Template string or path to template file to use when -o=go-template, -o=go-template-file."),
    flag("validate", '\0', Takes::Optional("strict"), "strict", "Must be one of: strict (or true), warn, ignore (or false)."),
];

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.words.is_empty() {
        return Err(args.usage(&format!("Unexpected args: [{}]", args.words.join(" "))));
    }
    if !args.text("raw").is_empty() && client::from_files(args) {
        return crate::raw::send(args, io, wire::Verb::Create);
    }
    if !client::from_files(args) {
        return Err(Stop::error("must specify one of -f and -k"));
    }
    let dry = dry_run(args)?;
    let mut found = crate::documents::read(args, io)?;
    if found.infos.is_empty() && found.failures.is_empty() {
        return Err(Stop::error("no objects passed to create"));
    }
    // What the server refuses is told before what it does not know.
    let unknown = std::mem::take(&mut found.failures);
    for mut info in std::mem::take(&mut found.infos) {
        crate::change_cause::record(args, &mut info.tree);
        if args.is("save-config") {
            info.tree = crate::last_applied::with_annotation(&info.tree);
        }
        if dry != "client" {
            let mut post =
                client::request(args, wire::Verb::Create, &info.served, &info.namespace, "").body(client::unversioned(&info.tree));
            post.options.field_manager = args.text("field-manager").to_string();
            post.options.field_validation = field_validation(args)?.to_string();
            post.options.dry_run = if dry == "server" { "All".into() } else { String::new() };
            let response = io.send(post)?;
            if !response.is_ok() {
                found.failures.push(server_words_about(&response, "creating", &info.source));
                continue;
            }
            info = Info { source: info.source, ..client::info(&info.served, response.tree().clone()) };
        }
        object(args, io, &info, "created")?;
    }
    found.failures.extend(unknown);
    finish(io, &found.failures)
}
