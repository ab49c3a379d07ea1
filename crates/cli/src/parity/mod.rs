//! `kubarium parity`: how many outputs of a recorded real cluster ours match.
mod compare;
mod condition;
mod desk;
mod diff;
mod names;
mod normal;
mod perform;
mod recital;
mod repeated;
mod scenario;
mod stage;
mod starts;
mod troupe;
mod wavering;
mod words;

use clap::{Arg, ArgAction, ArgMatches, Command};
use compare::Verdict;
use std::path::PathBuf;
use std::process::ExitCode;
use troupe::Programme;

/// The arguments of `parity`.
pub fn command() -> Command {
    Command::new("parity")
        .about("Run recorded scenarios in virtual time and count which outputs match the real cluster's")
        .arg(Arg::new("dir").value_name("DIR").required(true).help("A directory shaped like the golden recordings"))
        .arg(Arg::new("scenarios").value_name("SCENARIO").num_args(0..).help("Only these; pod-* is a prefix"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Per scenario and step, as JSON"))
        .arg(Arg::new("verbose").short('v').action(ArgAction::SetTrue).help("Show what differs"))
        .arg(seed())
        .arg(
            Arg::new("together")
                .long("together")
                .action(ArgAction::SetTrue)
                .help("Scenarios that were recorded side by side in one cluster, each begun when it was"),
        )
        .arg(Arg::new("jobs").long("jobs").default_value("2").value_parser(clap::value_parser!(usize)).help("Processes at once"))
}

/// The arguments of the process that performs scenarios for `parity`.
pub fn record_command() -> Command {
    Command::new("parity-record")
        .hide(true)
        .about("Perform scenarios and print each answer as a line of JSON")
        .arg(seed())
        .arg(Arg::new("together").long("together").action(ArgAction::SetTrue))
        .arg(Arg::new("dir").required(true))
        .arg(Arg::new("scenarios").num_args(1..))
}

fn seed() -> Arg {
    Arg::new("seed").long("seed").default_value("1").value_parser(clap::value_parser!(u64)).help("The simulated cluster's seed")
}

fn seed_of(arguments: &ArgMatches) -> u64 {
    arguments.get_one::<u64>("seed").copied().unwrap_or(1)
}

fn given(arguments: &ArgMatches) -> (PathBuf, Vec<String>) {
    let dir = arguments.get_one::<String>("dir").map(PathBuf::from).unwrap_or_default();
    (dir, arguments.get_many::<String>("scenarios").into_iter().flatten().cloned().collect())
}

/// Exit code 0 whenever it could count; 1 when the directory cannot be read.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let (dir, wanted) = given(arguments);
    let jobs = arguments.get_one::<usize>("jobs").copied().unwrap_or(1).max(1);
    let (json, verbose) = (arguments.get_flag("json"), arguments.get_flag("verbose"));
    let names = match scenario::choose(&dir, &wanted) {
        Ok(names) => names,
        Err(words) => {
            eprintln!("kubarium parity: {words}");
            return ExitCode::FAILURE;
        }
    };
    let programme = Programme { dir: &dir, seed: seed_of(arguments), jobs, together: arguments.get_flag("together") };
    let mut verdicts = troupe::all(&programme, names, |verdict| {
        if !json {
            println!("{}", line(verdict, verbose));
        }
    });
    verdicts.sort_by(|a, b| a.name.cmp(&b.name));
    let (matched, total) = verdicts.iter().fold((0, 0), |(m, t), one| (m + one.matched, t + one.total));
    if json {
        println!("{}", serde_json::json!({"matched": matched, "total": total, "scenarios": verdicts}));
    } else {
        println!("parity: {matched}/{total} outputs match ({:.1} %)", 100.0 * matched as f64 / total.max(1) as f64);
    }
    ExitCode::SUCCESS
}

fn line(verdict: &Verdict, verbose: bool) -> String {
    let mut text = format!("{:<34} {:>3}/{}", verdict.name, verdict.matched, verdict.total);
    if !verdict.broken.is_empty() {
        text.push_str(&format!("  broke off: {}", verdict.broken));
    }
    for words in &verdict.repeated {
        text.push_str(&format!("\n  ~ {words}"));
    }
    if verbose {
        for note in &verdict.notes {
            text.push_str(&format!("\n  ! {note}"));
        }
        for step in verdict.steps.iter().filter(|step| !step.matches) {
            text.push_str(&format!("\n  - step {:02} $ {}\n{}", step.step, step.cmd, step.difference.trim_end_matches('\n')));
        }
    }
    text
}

/// Performs scenarios and prints what is told, a line of JSON each.
pub fn record(arguments: &ArgMatches) -> ExitCode {
    let (dir, names) = given(arguments);
    match arguments.get_flag("together") {
        true => recital::together(&dir, seed_of(arguments), &names),
        false => recital::alone(&dir, seed_of(arguments), &names),
    }
    ExitCode::SUCCESS
}
