//! The project's own command-line program, built when needed.

use crate::{Outcome, process};

/// Which build of it: quick to make, or quick to run.
#[derive(Clone, Copy)]
pub enum Build {
    Dev,
    Release,
}

/// The arguments with which `cargo` builds it and runs it with these of its own.
pub fn through_cargo<'a>(build: Build, arguments: &[&'a str]) -> Vec<&'a str> {
    let profile: &[&str] = match build {
        Build::Dev => &[],
        Build::Release => &["--release"],
    };
    [&["run", "--quiet", "--package", "kubarium-cli"], profile, &["--"], arguments].concat()
}

pub fn run(build: Build, arguments: &[&str]) -> Outcome {
    process::run("cargo", &through_cargo(build, arguments))
}

/// Whether its help lists this subcommand; nothing may exist before its time.
pub fn has(build: Build, subcommand: &str) -> bool {
    let help = process::answer("cargo", &through_cargo(build, &["--help"])).unwrap_or_default();
    help.lines().any(|line| line.split_whitespace().next() == Some(subcommand))
}
