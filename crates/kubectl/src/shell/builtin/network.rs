//! curl and its like: they run on the learner's machine, and the network answers them.
use crate::job::{Flow, Io, Stdin, Stop};
use objects::Text;
use objects::wire::{Body, Request, Response};

/// `curl URL`
pub fn curl(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    tool("curl", words, io)
}

/// `wget URL`
pub fn wget(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    tool("wget", words, io)
}

/// `ping HOST`
pub fn ping(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    tool("ping", words, io)
}

/// `nc -z HOST PORT`
pub fn nc(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    tool("nc", words, io)
}

/// Options of ssh that take a value; what they say is of no matter here.
const VALUED: [&str; 6] = ["-o", "-i", "-p", "-F", "-L", "-l"];

/// `ssh NODE COMMAND`, and `ssh NODE`, which reads line by line until `exit`.
pub fn ssh(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let (mut rest, mut user) = (words, String::new());
    while let Some((word, more)) = rest.split_first().filter(|(word, _)| word.starts_with('-')) {
        let valued = VALUED.contains(&word.as_str());
        if word == "-l" {
            user = more.first().map(|name| format!("{name}@")).unwrap_or_default();
        }
        rest = if valued { more.get(1..).unwrap_or_default() } else { more };
    }
    let Some((destination, command)) = rest.split_first() else {
        io.err("usage: ssh [-l login_name] destination [command [argument ...]]\n");
        return Ok(255);
    };
    let destination = format!("{user}{destination}");
    if !command.is_empty() {
        let all: Vec<&str> = std::iter::once(destination.as_str()).chain(command.iter().map(String::as_str)).collect();
        return Ok(remote("run", &all, io)?.0);
    }
    let (code, _) = remote("login", &[&destination], io)?;
    if code != 0 {
        return Ok(code);
    }
    if let Stdin::Text { .. } = io.stdin {
        let (text, mut code) = (io.read_all()?, 0);
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            code = remote("line", &[line], io)?.0;
        }
        return Ok(code);
    }
    let mut code = 0;
    io.rounds(|io, _| {
        let line = io.read_line()?.unwrap_or_else(|| "exit".to_string());
        let (last, closed) = remote("line", &[&line], io)?;
        code = last;
        Ok(if closed { Flow::Done } else { Flow::More })
    })?;
    Ok(code)
}

/// Asks a server through ssh. Gives the exit code, and whether the login is over.
fn remote(mode: &'static str, words: &[&str], io: &mut Io) -> Result<(u8, bool), Stop> {
    let mut request = Request::path(Text::new_static("ssh"));
    let given = &mut request.options.other;
    given.push((Text::new_static("mode"), Text::new_static(mode)));
    if !io.captured {
        given.push((Text::new_static("streams"), Text::new_static("true")));
    }
    given.extend(words.iter().map(|word| (Text::new_static("word"), Text::new(word))));
    let response = io.send_unwarned(request)?;
    Ok((told(&response, io), response.warnings.get(2).is_some_and(|word| word == "closed")))
}

/// The host runs the tool: its words go out, what it printed comes back as text, with its exit code and its errors beside.
fn tool(name: &'static str, words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let mut request = Request::path(Text::new_static("tool"));
    let all = std::iter::once(Text::new_static(name)).chain(words.iter().map(Text::new));
    request.options.other = all.map(|word| (Text::new_static("word"), word)).collect();
    let response = io.send_unwarned(request)?;
    Ok(told(&response, io))
}

/// Prints what a tool said and gives its exit code.
fn told(response: &Response, io: &mut Io) -> u8 {
    let mut beside = response.warnings.iter();
    let code = beside.next().and_then(|code| code.parse().ok()).unwrap_or(0);
    io.err(beside.next().map_or("", String::as_str));
    if let Body::Text(text) = &response.body {
        io.out(text);
    }
    code
}
