//! `kubectl attach`: what a container's first process prints from now on.
use super::Verb;
use crate::args::{Args, Flag};
use crate::client;
use crate::inside::{self, Into};
use crate::job::{Io, Stop};
use crate::pods;
use crate::streams;

pub static VERB: Verb = Verb {
    name: "attach",
    aliases: &[],
    short: "Attach to a running container",
    usage: "kubectl attach (POD | TYPE/NAME) -c CONTAINER [options]",
    examples: "  # Get output from running pod mypod; use the first container by default\n  kubectl attach mypod\n\n  # Get output from ruby-container from pod mypod\n  kubectl attach mypod -c ruby-container",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[pods::CONTAINER, pods::RUNNING_TIMEOUT, pods::QUIET, pods::STDIN, pods::TTY];

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let word = match args.words.as_slice() {
        [word] => word,
        [] => return Err(Stop::error("at least 1 argument is required for attach")),
        words => {
            return Err(args.usage(&format!("expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {}: {words:?}", words.len())));
        }
    };
    let namespace = client::namespace(args, io)?;
    let pick = pods::pick(args, io, word)?;
    let pod = pods::one(args, io, &pick, &namespace, false)?;
    let phase = pod.at(&["status", "phase"]).text();
    if matches!(phase, "Succeeded" | "Failed") {
        return Err(Stop::error(format!("cannot attach a container in a completed pod; current phase is {phase}")));
    }
    let container = pods::container(io, &pod, args.text("container"), args.is("quiet")).map_err(|stop| match stop {
        Stop::Fail { text, .. } => Stop::error(format!("cannot attach to the container: {}", text.trim_start_matches("error: "))),
        wait => wait,
    })?;
    let name = pod.at(&["metadata", "name"]).text();
    if args.is("stdin") {
        if !args.is("quiet") {
            io.err(inside::RECORDED);
        }
        if inside::session(args, io, &namespace, name, &container, Into::Attach)?.is_some() {
            return Ok(0);
        }
    }
    streams::from_now_on(args, io, &namespace, name, container)
}
