//! The developer's commands: `cargo xtask <command>`; one file each, listed in one table.

mod bench;
mod build;
mod http;
mod kubarium;
mod lanes;
mod new;
mod process;
mod project;
mod serve;
mod setup;
mod size;
mod split;
mod stopwatch;
mod test;

use std::process::ExitCode;

/// What every command ends with: nothing, or the sentence that says what went wrong.
type Outcome = Result<(), String>;

struct Command {
    name: &'static str,
    about: &'static str,
    arguments: fn(clap::Command) -> clap::Command,
    run: fn(&clap::ArgMatches) -> Outcome,
}

#[rustfmt::skip]
const COMMANDS: &[Command] = &[
    Command { name: "setup", about: "Install what the other commands need; does nothing twice", arguments: setup::arguments, run: setup::run },
    Command { name: "serve", about: "Build the page and serve it on this machine", arguments: serve::arguments, run: serve::run },
    Command { name: "build", about: "Build the page into dist/", arguments: build::arguments, run: build::run },
    Command { name: "test", about: "Run everything that CI runs", arguments: test::arguments, run: test::run },
    Command { name: "size", about: "Print what a first visit loads, compressed", arguments: size::arguments, run: size::run },
    Command { name: "split", about: "Cut a built page's two Wasm modules in two each (the build does it)", arguments: split::arguments, run: split::run },
    Command { name: "bench", about: "Print the engine's numbers", arguments: bench::arguments, run: bench::run },
    Command { name: "new", about: "Start a lesson, a kubectl verb or a controller", arguments: new::arguments, run: new::run },
];

fn main() -> ExitCode {
    let mut cli = clap::Command::new("cargo xtask")
        .about("The developer's commands of Kubarium")
        .subcommand_required(true)
        .arg_required_else_help(true);
    for command in COMMANDS {
        cli = cli.subcommand((command.arguments)(clap::Command::new(command.name).about(command.about)));
    }
    let matches = cli.get_matches();
    let chosen =
        matches.subcommand().and_then(|(name, given)| COMMANDS.iter().find(|command| command.name == name).map(|command| (command, given)));
    let Some((command, given)) = chosen else { return ExitCode::FAILURE };
    match (command.run)(given) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{}: {reason}", command.name);
            ExitCode::FAILURE
        }
    }
}
