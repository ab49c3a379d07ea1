//! `--raw`: a body from a file sent to any path, and the answer as the server gives it (kubectl `rawhttp`).
use crate::args::Args;
use crate::client;
use crate::job::{Io, Stop};
use objects::wire::{Body, Target, Verb};
use objects::{Status, Tree};

/// `create --raw`, `replace --raw`, `delete --raw`. The first two need a file.
pub fn send(args: &Args, io: &mut Io, verb: Verb) -> Result<u8, Stop> {
    let path = args.text("raw");
    let files = args.list("filename");
    if verb != Verb::Delete && files.len() != 1 {
        return Err(Stop::error("--raw can only use a single local file or stdin"));
    }
    if files.iter().any(|file| file.starts_with("http://") || file.starts_with("https://")) {
        return Err(Stop::error("--raw cannot read from a url"));
    }
    if args.is("recursive") {
        return Err(Stop::error("--raw and --recursive are mutually exclusive"));
    }
    if !args.text("selector").is_empty() {
        return Err(Stop::error("--raw and --selector (-l) are mutually exclusive"));
    }
    if !args.text("output").is_empty() {
        return Err(Stop::error("--raw and --output are mutually exclusive"));
    }
    if !path.starts_with('/') {
        return Err(Stop::error(format!("--raw must be a valid URL path: parse \"{path}\": invalid URI for request")));
    }
    if !args.words.is_empty() {
        return Err(Stop::error("arguments may not be passed when --raw is specified"));
    }
    let body = match files.first().map(String::as_str) {
        None => String::new(),
        Some("-") => io.read_all()?,
        Some(file) => {
            let missing = || Stop::error(format!("open {file}: no such file or directory"));
            io.session.file(file).map(str::to_string).ok_or_else(missing)?
        }
    };
    let mut ask = client::path(args, path);
    let (target, options, _) = objects::url::read(path);
    let many = matches!(&target, Target::Resource { name, .. } if name.is_empty());
    ask.verb = if verb == Verb::Delete && many { Verb::DeleteCollection } else { verb };
    (ask.target, ask.options) = (target, options);
    if !body.is_empty() {
        ask.body = Tree::from_json(body.trim()).map_err(|_| unreadable(&body))?;
    }
    let answer = io.send(ask)?;
    if !answer.is_ok() {
        return Err(Stop::server(&answer));
    }
    match &answer.body {
        Body::Text(text) => io.out(text),
        _ => io.out(crate::print::json::answer(answer.tree())),
    }
    Ok(0)
}

/// What the server says to a body that is no JSON.
fn unreadable(body: &str) -> Stop {
    let (_, why) = objects::go_json::problem(body);
    let words =
        format!("the object provided is unrecognized (must be of type unknown): couldn't get version/kind; json parse error: {why}");
    Stop::server(&Status::new(400, "BadRequest", &words).into())
}
