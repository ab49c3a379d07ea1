//! `cargo xtask bench`: the engine's numbers, as `kubarium bench` prints them.

use crate::Outcome;
use crate::kubarium::{self, Build};

pub fn arguments(command: clap::Command) -> clap::Command {
    command.arg(clap::arg!([arguments] ... "Passed on, e.g. --json").trailing_var_arg(true).allow_hyphen_values(true))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let own = given.get_many::<String>("arguments").into_iter().flatten().map(String::as_str);
    kubarium::run(Build::Release, &["bench"].into_iter().chain(own).collect::<Vec<_>>())
}
