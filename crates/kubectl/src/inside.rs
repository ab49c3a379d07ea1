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
    if !response.is_ok() {
        let message = response.tree().get("message").text();
        return Err(match response.code {
            500.. => Stop::error(format!("Internal error occurred: {message}")),
            403 | 404 => Stop::server(&response),
            // The kubelet's refusal of an upgrade is an error inside of the server to its client.
            _ => Stop::error(format!("Internal error occurred: unable to upgrade connection: {message}")),
        });
    }
    let code = response.warnings.iter().find_map(|warning| warning.strip_prefix("command terminated with exit code ")?.parse::<u8>().ok());
    if let Body::Text(text) = &response.body {
        io.out(text);
    }
    response.warnings.iter().filter_map(|warning| warning.strip_prefix("stderr\n")).for_each(|text| io.err(text));
    let Some(code) = code else { return Ok(0) };
    io.err(format!("command terminated with exit code {code}\n"));
    Ok(code)
}

/// `-it … -- sh`: each line is a command of its own, until `exit` or the end of input.
pub fn session(args: &Args, io: &mut Io, namespace: &str, pod: &str, container: &str) -> Result<u8, Stop> {
    let typed = io.stdin == Stdin::Terminal && args.is("tty");
    loop {
        if typed {
            io.out("/ # ");
        }
        let Some(line) = io.read_line()? else { return Ok(0) };
        if typed {
            io.out(format!("{line}\n"));
        }
        match line.trim() {
            "exit" => return Ok(0),
            "" => continue,
            line => {
                let command: Vec<String> = ["sh", "-c", line].map(str::to_string).to_vec();
                let (result, pen) = io.within_captured(Stdin::Text { text: String::new(), more: false }, |io| {
                    once(args, io, namespace, pod, container, &command)
                });
                io.out(pen.stdout());
                // Inside a session nobody tells the code of a line.
                io.err(
                    pen.stderr()
                        .split_inclusive('\n')
                        .filter(|line| !line.starts_with("command terminated with exit code"))
                        .collect::<String>(),
                );
                result?;
            }
        }
    }
}

/// Whether a container of the Pod runs.
pub fn is_running(pod: &Tree) -> bool {
    pod.at(&["status", "containerStatuses"]).items().iter().any(|status| status.get("state").has("running"))
}
