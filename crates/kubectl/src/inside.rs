//! Commands inside containers: one, or one for each line that is typed.
use crate::args::Args;
use crate::job::{Io, Stdin, Stop};
use crate::pods;
use objects::wire::{self, Body};
use objects::{Text, Tree};

/// Runs one command and prints what it printed. The code is the command's.
pub fn once(args: &Args, io: &mut Io, namespace: &str, pod: &str, container: &str, command: &[String]) -> Result<u8, Stop> {
    let mut other: Vec<(Text, Text)> = command.iter().map(|word| ("command".into(), Text::new(word))).collect();
    other.extend([("container".into(), Text::new(container)), ("stderr".into(), "true".into()), ("stdout".into(), "true".into())]);
    let mut request = pods::part(args, wire::Verb::Create, namespace, pod, "exec", other);
    if args.is("stdin") && io.stdin != Stdin::Terminal {
        request.body = Tree::from(io.read_all()?);
    }
    let response = io.send_unwarned(request)?;
    shown(io, &response)?;
    let code = code_of(&response);
    if code == 0 {
        return Ok(0);
    }
    io.err(format!("command terminated with exit code {code}\n"));
    Ok(code)
}

/// Prints what a command printed; or why it could not be started.
fn shown(io: &mut Io, response: &wire::Response) -> Result<(), Stop> {
    if !response.is_ok() {
        let message = response.tree().get("message").text();
        return Err(match response.code {
            500.. => Stop::error(format!("Internal error occurred: {message}")),
            403 | 404 => Stop::server(response),
            _ => Stop::error(format!("unable to upgrade connection: {message}")),
        });
    }
    if let Body::Text(text) = &response.body {
        io.out(text);
    }
    response.warnings.iter().filter_map(|warning| warning.strip_prefix("stderr\n")).for_each(|text| io.err(text));
    Ok(())
}

fn code_of(response: &wire::Response) -> u8 {
    let code = response.warnings.iter().find_map(|warning| warning.strip_prefix("command terminated with exit code ")?.parse().ok());
    code.unwrap_or(0)
}

/// Where the lines of a session go: into a shell beside the container's process, or into that process itself.
#[derive(Clone, Copy)]
pub enum Into<'a> {
    Exec(&'a str),
    Attach,
}

/// `-it … -- sh`: line after line into one shell, until it ends; its code, or `None` where the process reads no lines.
/// The end of input is an `exit`.
pub fn session(args: &Args, io: &mut Io, namespace: &str, pod: &str, container: &str, into: Into) -> Result<Option<u8>, Stop> {
    let typed = io.stdin == Stdin::Terminal && args.is("tty");
    let (part, command) = match into {
        Into::Exec(shell) => ("exec", Some(("command".into(), Text::new(shell)))),
        Into::Attach => ("attach", None),
    };
    let options = [("container", container), ("stdin", "true"), ("stdout", "true"), ("lines", "true")];
    let options: Vec<(Text, Text)> = command.into_iter().chain(options.map(|(key, value)| (key.into(), Text::new(value)))).collect();
    let (mut session, mut line) = (None::<String>, String::new());
    loop {
        let mut other = options.clone();
        other.extend(session.iter().map(|number| ("session".into(), Text::new(number))));
        let mut request = pods::part(args, wire::Verb::Create, namespace, pod, part, other);
        request.body = Tree::from(std::mem::take(&mut line));
        let response = io.send_unwarned(request)?;
        if !response.is_ok() && session.is_none() && response.tree().get("message").text().starts_with(READS_NOTHING) {
            return Ok(None);
        }
        shown(io, &response)?;
        let Some(told) = response.warnings.iter().find_map(|warning| warning.strip_prefix("session ")) else {
            return Ok(Some(code_of(&response)));
        };
        let (number, directory) = told.split_once(' ').unwrap_or((told, "/"));
        session = Some(number.to_string());
        if typed {
            io.out(format!("{directory} # "));
        }
        line = io.read_line()?.unwrap_or_else(|| "exit".to_string());
    }
}

/// What is said before the lines of a container's own process.
pub const RECORDED: &str = "All commands and output from this session will be recorded in container logs, including credentials and sensitive \
                            information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n";

/// How the kubelet begins its words about a process that cannot be typed into.
const READS_NOTHING: &str = "this container's process does not read";

/// Whether a container of the Pod runs.
pub fn is_running(pod: &Tree) -> bool {
    pod.at(&["status", "containerStatuses"]).items().iter().any(|status| status.get("state").has("running"))
}
