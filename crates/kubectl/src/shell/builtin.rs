//! The table of commands that are not kubectl.
use crate::job::{Io, Stop};

/// Runs a command: its words after its name, its hands.
type Run = fn(&[String], &mut Io) -> Result<u8, Stop>;

mod files;
mod filters;
mod misc;
mod network;
mod patterns;
mod sed;
mod words;

/// Name, what it does, how.
static TABLE: &[(&str, &str, Run)] = &[
    ("awk", "print columns: awk '{print $1}'", words::awk),
    ("cat", "print files", files::cat),
    ("clear", "wipe the screen", misc::clear),
    ("cp", "copy a file", files::cp),
    ("curl", "send a request: curl http://192.168.100.12:30080/", network::curl),
    ("cut", "print fields: cut -d: -f1", words::cut),
    ("date", "print the cluster's time", misc::date),
    ("echo", "print words", misc::echo),
    ("edit", "open a file in the editor", files::edit),
    ("env", "print the environment", misc::env),
    ("export", "set a variable: export NAME=value", misc::export),
    ("false", "fail", misc::no),
    ("grep", "print lines that match", filters::grep),
    ("head", "print the first lines", filters::head),
    ("help", "list the commands", misc::help),
    ("history", "list what was entered", misc::history),
    ("ls", "list files", files::ls),
    ("mkdir", "folders come by themselves", files::mkdir),
    ("mv", "rename a file", files::mv),
    ("nano", "open a file in the editor", files::edit),
    ("nc", "try a connection: nc -zv HOST PORT", network::nc),
    ("ping", "ask a machine for an echo", network::ping),
    ("printf", "print words as a format says", misc::printf),
    ("pwd", "print the folder", misc::pwd),
    ("rm", "remove files", files::rm),
    ("sed", "replace text: sed 's/a/b/'", sed::run),
    ("seq", "print numbers: seq 1 5", words::seq),
    ("sleep", "wait", misc::sleep),
    ("sort", "sort lines", filters::sort),
    ("ssh", "log in on a server, or run a command there: ssh worker-1 free -h", network::ssh),
    ("tail", "print the last lines", filters::tail),
    ("tee", "print and write a file", files::tee),
    ("time", "run a command and say how long it took", misc::time),
    ("touch", "make an empty file", files::touch),
    ("tr", "replace letters", words::tr),
    ("true", "do nothing, well", misc::yes),
    ("uniq", "drop repeated lines", filters::uniq),
    ("vi", "open a file in the editor", files::edit),
    ("vim", "open a file in the editor", files::edit),
    ("watch", "run a command again and again", misc::watch),
    ("wc", "count lines, words, bytes", filters::wc),
    ("wget", "send a request: wget -qO- URL", network::wget),
];

/// Names of everything that can be called, kubectl first.
pub fn names() -> impl Iterator<Item = &'static str> {
    ["kubectl"].into_iter().chain(TABLE.iter().map(|row| row.0))
}

pub fn is_command(name: &str) -> bool {
    name == "k" || names().any(|known| known == name)
}

/// Runs a command by its words. No words do nothing.
pub fn call(words: &[String], io: &mut Io) -> Result<u8, Stop> {
    let Some((name, rest)) = words.split_first() else { return Ok(0) };
    if name == "kubectl" || name == "k" {
        return crate::verbs::kubectl(rest, io);
    }
    match TABLE.iter().find(|row| row.0 == name) {
        Some(row) => (row.2)(rest, io),
        None => {
            io.err(format!("bash: {name}: command not found\n"));
            Ok(127)
        }
    }
}
