//! `kubectl cp`: one file between the terminal and a container.
use super::Verb;
use crate::args::{Args, Flag, Takes, flag};
use crate::client;
use crate::inside;
use crate::job::{Io, Stdin, Stop};
use crate::pods;

pub static VERB: Verb = Verb {
    name: "cp",
    aliases: &[],
    short: "Copy files and directories to and from containers",
    usage: "kubectl cp <file-spec-src> <file-spec-dest> [options]",
    examples: "  # Copy /tmp/foo from a remote pod to /tmp/bar locally\n  kubectl cp <some-namespace>/<some-pod>:/tmp/foo /tmp/bar\n\n  # Copy /tmp/foo local file to /tmp/bar in a remote pod in namespace <some-namespace>\n  kubectl cp /tmp/foo <some-namespace>/<some-pod>:/tmp/bar",
    flags: FLAGS,
    subs: &[],
    run,
};

static FLAGS: &[Flag] = &[
    pods::CONTAINER,
    flag(
        "no-preserve",
        '\0',
        Takes::Bool,
        "false",
        "The copied file/directory's ownership and permissions will not be preserved in the container",
    ),
    flag(
        "retries",
        '\0',
        Takes::Int,
        "0",
        "Set number of retries to complete a copy operation from a container. Specify 0 to disable or any negative value for infinite retrying. The default is 0 (no retry).",
    ),
];

/// `[[NAMESPACE/]POD:]FILE`
struct Spec<'a> {
    namespace: &'a str,
    /// Empty for a file of the terminal.
    pod: &'a str,
    file: &'a str,
}

fn spec(word: &str) -> Result<Spec<'_>, Stop> {
    let Some((place, file)) = word.split_once(':') else { return Ok(Spec { namespace: "", pod: "", file: word }) };
    match place.split('/').collect::<Vec<_>>()[..] {
        [pod] if !pod.is_empty() => Ok(Spec { namespace: "", pod, file }),
        [namespace, pod] if !pod.is_empty() && !namespace.is_empty() => Ok(Spec { namespace, pod, file }),
        _ => Err(Stop::error("filespec must match the canonical format: [[namespace/]pod:]file/path")),
    }
}

fn run(args: &Args, io: &mut Io) -> Result<u8, Stop> {
    let [from, to] = args.words.as_slice() else { return Err(Stop::error("source and destination are required")) };
    let (from, to) = (spec(from)?, spec(to)?);
    if from.file.is_empty() || to.file.is_empty() {
        return Err(Stop::error("filepath can not be empty"));
    }
    match (from.pod.is_empty(), to.pod.is_empty()) {
        (false, false) => Err(Stop::error("one of src or dest must be a local file specification")),
        (true, true) => Err(Stop::error("one of src or dest must be a remote file specification")),
        (false, true) => {
            let text = within(args, io, &from, &["cat", from.file])?;
            io.session.set_file(to.file, text);
            Ok(0)
        }
        (true, false) => {
            let Some(text) = io.session.file(from.file).map(str::to_string) else {
                return Err(Stop::error(format!("{} doesn't exist in local filesystem", from.file)));
            };
            let line = format!("printf '%s' '{}' > {}", text.replace('\'', "'\\''"), to.file);
            within(args, io, &to, &["sh", "-c", &line])?;
            Ok(0)
        }
    }
}

/// What a command printed in the container that is meant. Upstream runs `tar` there; these containers have `cat` and `sh`.
fn within(args: &Args, io: &mut Io, place: &Spec, command: &[&str]) -> Result<String, Stop> {
    let own = client::namespace(args, io)?;
    let namespace = if place.namespace.is_empty() { own.as_str() } else { place.namespace };
    let pick = pods::pick(args, io, place.pod)?;
    let pod = pods::one(args, io, &pick, namespace, false)?;
    let phase = pod.at(&["status", "phase"]).text();
    if matches!(phase, "Succeeded" | "Failed") {
        return Err(Stop::error(format!("cannot exec into a container in a completed pod; current phase is {phase}")));
    }
    let container = pods::container(io, &pod, args.text("container"), false)?;
    let words: Vec<String> = command.iter().map(|word| word.to_string()).collect();
    let (result, pen) = io.within_captured(Stdin::Text { text: String::new(), more: false }, |io| {
        inside::once(args, io, namespace, place.pod, &container, &words)
    });
    match result? {
        0 => Ok(pen.stdout().to_string()),
        code => Err(Stop::Fail { code, text: pen.stderr().trim_end().to_string() }),
    }
}
