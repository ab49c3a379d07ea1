//! `kubarium compare`: installs K3s and kubeadm on bare servers and prints what was measured, row by row.
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use cluster::comparison::{WAYS, compare, source};
use std::process::ExitCode;

pub fn command() -> Command {
    Command::new("compare")
        .about("Install K3s and kubeadm on bare servers and print what was measured")
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("One JSON list of rows"))
        .arg(Arg::new("seed").long("seed").value_name("N").default_value("1").value_parser(value_parser!(u64)))
}

/// Exit code 1 when an installation failed.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    match compare(arguments.get_one::<u64>("seed").copied().unwrap_or(1)) {
        Ok(rows) if arguments.get_flag("json") => println!("{}", parcel::to_text(&rows)),
        Ok(rows) => {
            println!("{:<14} {:<40} {:<40} source", "", WAYS[0].id, WAYS[1].id);
            for row in rows {
                let cells: String = row.cells.iter().map(|cell| format!("{cell:<40} ")).collect();
                println!("{:<14} {cells}{}", row.id, source(&row.source));
            }
        }
        Err(words) => {
            eprintln!("{words}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
