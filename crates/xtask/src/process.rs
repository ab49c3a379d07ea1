//! Runs other programs in the project's folder, with npm's tools on the path.

use crate::project;
use std::io::Read;
use std::process::{Command, Stdio};

/// A program that will run in the project's top folder; `node_modules/.bin` comes first on its path, so Trunk finds wasm-opt.
pub fn program(name: &str, arguments: &[&str]) -> Command {
    let mut folders = vec![project::root().join("node_modules/.bin")];
    folders.extend(std::env::var_os("PATH").iter().flat_map(std::env::split_paths));
    let mut command = Command::new(name);
    command.args(arguments).current_dir(project::root());
    if let Ok(path) = std::env::join_paths(folders) {
        command.env("PATH", path);
    }
    command
}

/// Runs to the end with its output shown as it comes.
pub fn run(name: &str, arguments: &[&str]) -> Result<(), String> {
    finish(&mut program(name, arguments))
}

/// As `run`, for a program that needs more than arguments.
pub fn finish(command: &mut Command) -> Result<(), String> {
    let words: Vec<_> =
        std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_string_lossy().into_owned()).collect();
    let status = command.status().map_err(|error| cannot_start(&words[0], &error))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", words.join(" "))) }
}

/// Whether it ran and succeeded; what it says is nobody's concern.
pub fn quiet(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).output().is_ok_and(|output| output.status.success())
}

/// What it printed, where it ran and succeeded; nothing otherwise. For asking a tool about its version.
pub fn answer(name: &str, arguments: &[&str]) -> Option<String> {
    let output = program(name, arguments).stdin(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// Runs to the end, collecting both outputs in the order in which they come.
pub fn collect(mut command: Command) -> Result<(bool, String), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let (mut reader, writer) = std::io::pipe().map_err(|error| format!("no pipe: {error}"))?;
    let errors = writer.try_clone().map_err(|error| format!("no pipe: {error}"))?;
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(errors).spawn().map_err(|error| cannot_start(&name, &error))?;
    drop(command); // it holds the pipe's writing ends: without this the reader never ends
    let mut text = Vec::new();
    reader.read_to_end(&mut text).map_err(|error| format!("cannot read what {name} prints: {error}"))?;
    let status = child.wait().map_err(|error| format!("lost {name}: {error}"))?;
    Ok((status.success(), String::from_utf8_lossy(&text).into_owned()))
}

fn cannot_start(name: &str, error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => format!("there is no program `{name}` on this machine"),
        _ => format!("cannot start `{name}`: {error}"),
    }
}
