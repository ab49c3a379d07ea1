//! curl and its like: they run on the learner's machine, and the network answers them.
use crate::job::{Io, Stop};
use objects::Text;
use objects::wire::{Body, Request};

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

/// `ssh NODE COMMAND`
pub fn ssh(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    tool("ssh", words, io)
}

/// The host runs the tool: its words go out, what it printed comes back as text, with its exit code and its errors beside.
fn tool(name: &'static str, words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let mut request = Request::path(Text::new_static("tool"));
    let all = std::iter::once(Text::new_static(name)).chain(words.iter().map(Text::new));
    request.options.other = all.map(|word| (Text::new_static("word"), word)).collect();
    let response = io.send_unwarned(request)?;
    let mut beside = response.warnings.iter();
    let code = beside.next().and_then(|code| code.parse().ok()).unwrap_or(0);
    io.err(beside.next().map_or("", String::as_str));
    if let Body::Text(text) = &response.body {
        io.out(text);
    }
    Ok(code)
}
