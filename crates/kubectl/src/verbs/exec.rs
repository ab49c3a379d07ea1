//! `kubectl exec`: a command in a container; with `-it` and a shell, one command per typed line.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client;
use crate::inside::{self, Into};
use crate::job::{Io, Stop};
use crate::pods;

pub static VERB: Verb = Verb {
    name: "exec",
    aliases: &[],
    short: "Execute a command in a container",
    usage: "kubectl exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- COMMAND [args...] [options]",
    examples: "  # Get output from running the 'date' command from pod mypod, using the first container by default\n  kubectl exec mypod -- date\n\n  # Switch to raw terminal mode; sends stdin to 'bash' in ruby-container from pod mypod\n  kubectl exec mypod -c ruby-container -i -t -- bash -il",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    pods::CONTAINER,
    flag("filename", 'f', Takes::List, "", "to use to exec into the resource"),
    pods::RUNNING_TIMEOUT,
    pods::QUIET,
    pods::STDIN,
    pods::TTY,
];

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let (mut before, command) = (args.before_dash().to_vec(), args.after_dash());
    if !args.list("filename").is_empty() {
        if !before.is_empty() {
            return Err(Stop::error("resource/name arguments cannot be provided when a path is specified"));
        }
        let found = crate::documents::read(args, io)?;
        before.extend(found.infos.first().map(client::Info::slash));
    }
    let Some(word) = before.first() else { return Err(Stop::error("pod, type/name or --filename must be specified")) };
    if before.len() > 1 {
        return Err(Stop::error(
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead\nSee 'kubectl exec -h' for help and examples",
        ));
    }
    if command.is_empty() {
        return Err(Stop::error("you must specify at least one command for the container"));
    }
    let namespace = client::namespace(args, io)?;
    let pick = pods::pick(args, io, word)?;
    let pod = pods::one(args, io, &pick, &namespace, false)?;
    let phase = pod.at(&["status", "phase"]).text();
    if matches!(phase, "Succeeded" | "Failed") {
        return Err(Stop::error(format!("cannot exec into a container in a completed pod; current phase is {phase}")));
    }
    let container = pods::container(io, &pod, args.text("container"), args.is("quiet"))?;
    let name = pod.at(&["metadata", "name"]).text();
    let shell = command.len() == 1 && matches!(command[0].rsplit('/').next(), Some("sh" | "bash" | "ash"));
    if shell && args.is("stdin") {
        let code = inside::session(args, io, &namespace, name, &container, Into::Exec(&command[0]))?.unwrap_or(0);
        if code != 0 {
            io.err(format!("command terminated with exit code {code}\n"));
        }
        return Ok(code);
    }
    inside::once(args, io, &namespace, name, &container, command)
}
