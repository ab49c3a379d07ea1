//! Commands of kubectl that are known here and not simulated: each says so, and what does instead.
use super::Verb;
use crate::args::Args;
use crate::job::{Io, Stop};

const fn absent(name: &'static str, short: &'static str, usage: &'static str, run: fn(&Args, &mut Io) -> Result<u8, Stop>) -> Verb {
    Verb { name, aliases: &[], short, usage, examples: "", flags: &[], subs: &[], run }
}

/// Whether a word behind this command is read at all: flags of a command that is not here would only look mistyped.
pub fn reads(verb: &Verb, word: &str) -> bool {
    let known = [&CERTIFICATE, &PROXY, &DEBUG, &KUBERC, &PLUGIN].iter().any(|absent| absent.name == verb.name);
    !known || !word.starts_with('-') || matches!(word, "-h" | "--help")
}

/// `error: kubectl debug is not simulated here: …`
fn instead(args: &Args, words: &str) -> Result<u8, Stop> {
    Err(Stop::error(format!("kubectl {} is not simulated here: {words}", args.path)))
}

pub static CERTIFICATE: Verb =
    absent("certificate", "Modify certificate resources", "kubectl certificate SUBCOMMAND [options]", |args, _| {
        instead(args, "this API serves no CertificateSigningRequests; on a kubeadm server see kubeadm certs")
    });

pub static PROXY: Verb = absent("proxy", "Run a proxy to the Kubernetes API server", "kubectl proxy [options]", |args, _| {
    instead(args, "kubectl get --raw PATH asks the API server directly, and kubectl port-forward opens a way to a Pod")
});

pub static DEBUG: Verb = absent(
    "debug",
    "Create debugging sessions for troubleshooting workloads and nodes",
    "kubectl debug (POD | TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ] [options]",
    |args, _| {
        instead(
            args,
            "there are no ephemeral containers; kubectl exec runs a command in a container, and kubectl run -it --rm starts a Pod beside it",
        )
    },
);

pub static KUSTOMIZE: Verb =
    absent("kustomize", "Build a kustomization target from a directory or URL", "kubectl kustomize DIR [options]", |args, io| {
        match args.words.as_slice() {
            [] => crate::documents::kustomization(io, ".").map(|()| 0),
            [folder] => crate::documents::kustomization(io, folder).map(|()| 0),
            _ => Err(Stop::error("specify one path to kustomization.yaml")),
        }
    });

pub static COMPLETION: Verb = absent(
    "completion",
    "Output shell completion code for the specified shell (bash, zsh, fish, or powershell)",
    "kubectl completion SHELL [options]",
    |args, _| match args.words.as_slice() {
        [] => Err(args.usage("Shell not specified.")),
        [shell] if ["bash", "zsh", "fish", "powershell"].contains(&shell.as_str()) => {
            instead(args, "the Tab key completes in this terminal already")
        }
        [shell] => Err(args.usage(&format!("Unsupported shell type \"{shell}\"."))),
        _ => Err(args.usage("Too many arguments. Expected only the shell type.")),
    },
);

pub static KUBERC: Verb = absent("kuberc", "Manage kuberc configuration files", "kubectl kuberc SUBCOMMAND [options]", |args, _| {
    instead(args, "this terminal reads no kuberc file")
});

pub static PLUGIN: Verb =
    absent("plugin", "Provides utilities for interacting with plugins", "kubectl plugin [flags] [options]", |args, _| {
        match args.words.first().map(String::as_str) {
            Some("list") => Err(Stop::error("unable to find any kubectl plugins in your PATH")),
            _ => instead(args, "this terminal has no plugins"),
        }
    });

pub static ALPHA: Verb = absent("alpha", "Commands for features in alpha", "kubectl alpha [flags] [options]", |_, io| {
    io.err("No alpha commands are available in this version of kubectl\n");
    Ok(0)
});
