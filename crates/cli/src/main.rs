//! The kubarium command: one subcommand per file.
mod bench;
mod compare;
mod digest;
mod duties;
mod fuzz;
mod parity;
mod schooling;
mod serve;
mod strategies;
mod suite;
mod truth;

use clap::{ArgMatches, Command};
use std::process::ExitCode;

/// A subcommand: its arguments, and what it does. The answer is the exit code.
struct Subcommand {
    command: fn() -> Command,
    run: fn(&ArgMatches) -> ExitCode,
}

/// Every subcommand, in the order of `--help`.
static SUBCOMMANDS: &[Subcommand] = &[
    Subcommand { command: serve::command, run: serve::run },
    Subcommand { command: schooling::lint_command, run: schooling::lint },
    Subcommand { command: schooling::play_command, run: schooling::play },
    Subcommand { command: schooling::pack_command, run: schooling::pack },
    Subcommand { command: parity::command, run: parity::run },
    Subcommand { command: truth::command, run: truth::run },
    Subcommand { command: suite::command, run: suite::run },
    Subcommand { command: strategies::command, run: strategies::run },
    Subcommand { command: compare::command, run: compare::run },
    Subcommand { command: duties::command, run: duties::run },
    Subcommand { command: bench::command, run: bench::run },
    Subcommand { command: digest::command, run: digest::run },
    Subcommand { command: fuzz::command, run: fuzz::run },
    Subcommand { command: parity::record_command, run: parity::record },
];

fn main() -> ExitCode {
    let mut command = Command::new("kubarium")
        .about("A Kubernetes cluster in a glass tank, from the command line")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .arg_required_else_help(true);
    for subcommand in SUBCOMMANDS {
        command = command.subcommand((subcommand.command)());
    }
    let given = command.get_matches();
    let Some((name, arguments)) = given.subcommand() else { return ExitCode::FAILURE };
    match SUBCOMMANDS.iter().find(|known| (known.command)().get_name() == name) {
        Some(known) => (known.run)(arguments),
        None => ExitCode::FAILURE,
    }
}
