//! `kubectl version`.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client;
use crate::job::{Io, Stop};
use crate::print;
use objects::{Tree, map};

pub static VERB: Verb = Verb {
    name: "version",
    aliases: &[],
    short: "Print the client and server version information",
    usage: "kubectl version [flags] [options]",
    examples: "  # Print the client and server versions for the current context\n  kubectl version",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    flag("client", '\0', Takes::Bool, "false", "If true, shows client version only (no server required)."),
    flag("output", 'o', Takes::Text, "", "One of 'yaml' or 'json'."),
];

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    if !args.words.is_empty() {
        return Err(Stop::error(format!("extra arguments: [{}]", args.words.join(" "))));
    }
    let output = args.text("output");
    if !matches!(output, "" | "yaml" | "json") {
        return Err(Stop::error("--output must be 'yaml' or 'json'"));
    }
    let client = map! {
        "buildDate": "2026-01-01T00:00:00Z", "compiler": "gc", "gitCommit": "0000000000000000000000000000000000000000", "gitTreeState": "clean",
        "gitVersion": "v1.37.2", "goVersion": "go1.26.8", "major": "1", "minor": "37", "platform": "linux/amd64",
    };
    let mut all = map! {"clientVersion": client, "kustomizeVersion": "v5.8.1"};
    if !args.is("client") {
        let response = io.send(client::path(args, "/version"))?;
        if !response.is_ok() {
            io.out("Client Version: v1.37.2\nKustomize Version: v5.8.1\n");
            return Err(Stop::server(&response));
        }
        let server = match &response.body {
            objects::wire::Body::Text(text) => Tree::from_json(text).unwrap_or_default(),
            _ => response.tree().clone(),
        };
        all.set(&["serverVersion"], server);
    }
    match output {
        // Upstream ends the document with an empty line.
        "yaml" => io.out(print::yaml(&all) + "\n"),
        "json" => io.out(objects::declared::json(&all, 2) + "\n"),
        _ => {
            io.out("Client Version: v1.37.2\nKustomize Version: v5.8.1\n");
            if all.has("serverVersion") {
                io.out(format!("Server Version: {}\n", all.at(&["serverVersion", "gitVersion"]).text()));
            }
        }
    }
    Ok(0)
}
