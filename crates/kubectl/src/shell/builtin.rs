//! The table of commands that are not kubectl.
use crate::job::{Io, Stop};

/// Runs a command: its words after its name, its hands.
type Run = fn(&[String], &mut Io) -> Result<u8, Stop>;

mod files;
mod filters;
mod misc;
mod network;

/// Programs on text: name, what it does.
static FILTERS: &[(&str, &str)] = &[
    ("awk", "print columns: awk '{print $1}'"),
    ("base64", "write bytes as letters, or back: base64 -d"),
    ("column", "put cells below each other: column -t"),
    ("cut", "print fields: cut -d: -f1"),
    ("grep", "print lines that match"),
    ("head", "print the first lines"),
    ("sed", "replace text: sed 's/a/b/'"),
    ("seq", "count: seq 3"),
    ("sort", "sort lines"),
    ("tac", "print lines from the last to the first"),
    ("tail", "print the last lines"),
    ("tr", "replace letters"),
    ("uniq", "drop repeated lines"),
    ("wc", "count lines, words, bytes"),
];

/// Name, what it does, how.
static TABLE: &[(&str, &str, Run)] = &[
    ("cat", "print files", files::cat),
    ("clear", "wipe the screen", misc::clear),
    ("cp", "copy a file", files::cp),
    ("curl", "send a request: curl http://192.168.100.12:30080/", network::curl),
    ("date", "print the cluster's time", misc::date),
    ("echo", "print words", misc::echo),
    ("edit", "open a file in the editor", files::edit),
    ("env", "print the environment", misc::env),
    ("export", "set a variable: export NAME=value", misc::export),
    ("false", "fail", misc::no),
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
    ("sleep", "wait", misc::sleep),
    ("ssh", "log in on a server, or run a command there: ssh worker-1 free -h", network::ssh),
    ("tee", "print and write a file", files::tee),
    ("time", "run a command and say how long it took", misc::time),
    ("touch", "make an empty file", files::touch),
    ("true", "do nothing, well", misc::yes),
    ("vi", "open a file in the editor", files::edit),
    ("vim", "open a file in the editor", files::edit),
    ("watch", "run a command again and again", misc::watch),
    ("wget", "send a request: wget -qO- URL", network::wget),
];

/// Names of everything that can be called, kubectl first.
pub fn names() -> impl Iterator<Item = &'static str> {
    ["kubectl"].into_iter().chain(TABLE.iter().map(|row| row.0)).chain(FILTERS.iter().map(|row| row.0))
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
    if let Some(filter) = ::filters::find(name) {
        return filters::run(filter, rest, io);
    }
    match TABLE.iter().find(|row| row.0 == name) {
        Some(row) => (row.2)(rest, io),
        None => {
            io.err(format!("bash: {name}: command not found\n"));
            Ok(127)
        }
    }
}
