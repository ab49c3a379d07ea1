//! `cargo xtask bench`: the engine's numbers, as `kubarium bench` prints them.

use crate::{Outcome, process};

pub fn arguments(command: clap::Command) -> clap::Command {
    command.arg(clap::arg!([arguments] ... "Passed on, e.g. --json").trailing_var_arg(true).allow_hyphen_values(true))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let mut all = vec!["run", "--quiet", "--release", "--package", "kubarium-cli", "--", "bench"];
    all.extend(given.get_many::<String>("arguments").into_iter().flatten().map(String::as_str));
    process::run("cargo", &all)
}
