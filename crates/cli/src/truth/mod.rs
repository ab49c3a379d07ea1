//! `kubarium truth`: how many rows of a table recorded from a real network ours match.
mod dns;
mod hosts;
mod netpol;
mod proxy;
mod resolvconf;
mod search;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// One row: what it is about, what was recorded, what ours gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: String,
    pub wanted: String,
    pub got: String,
}

/// Answers every row of a table; the folder is where it lies, for the files beside it.
type Answer = fn(&Value, &Path) -> Result<Vec<Row>, String>;

/// What can be held against a recording.
const KINDS: &[(&str, Answer)] = &[
    ("dns", dns::rows),
    ("hosts", hosts::rows),
    ("netpol", netpol::rows),
    ("proxy", proxy::rows),
    ("resolvconf", resolvconf::rows),
    ("search", search::rows),
];

/// The arguments of `truth`.
pub fn command() -> Command {
    Command::new("truth")
        .about("Count which rows of a table recorded from a real network match")
        .arg(Arg::new("kind").value_name("KIND").required(true).value_parser(KINDS.iter().map(|(kind, _)| *kind).collect::<Vec<_>>()))
        .arg(Arg::new("file").value_name("FILE").required(true).help("The recorded table, JSON"))
        .arg(Arg::new("verbose").short('v').action(ArgAction::SetTrue).help("Show the rows that differ"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("The counts and the rows that differ, as JSON"))
}

/// Exit code 0 whenever it could count; 1 when the table cannot be read.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let given = |name: &str| arguments.get_one::<String>(name).map_or("", String::as_str);
    match rows(given("kind"), Path::new(given("file"))) {
        Ok(rows) => {
            print(&rows, arguments.get_flag("verbose"), arguments.get_flag("json"));
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("kubarium truth: {words}");
            ExitCode::FAILURE
        }
    }
}

fn rows(kind: &str, file: &Path) -> Result<Vec<Row>, String> {
    let (_, answer) = KINDS.iter().find(|(known, _)| *known == kind).ok_or_else(|| format!("no kind of table is called {kind}"))?;
    answer(&read(file)?, file.parent().unwrap_or(Path::new(".")))
}

/// A JSON file.
pub fn read(file: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
}

fn print(rows: &[Row], verbose: bool, as_json: bool) {
    let wrong: Vec<&Row> = rows.iter().filter(|row| row.wanted != row.got).collect();
    let (matched, total) = (rows.len() - wrong.len(), rows.len());
    if as_json {
        let listed: Vec<Value> = wrong.iter().map(|row| json!({"name": row.name, "wanted": row.wanted, "got": row.got})).collect();
        return println!("{}", json!({"matched": matched, "total": total, "differ": listed}));
    }
    for row in wrong.iter().filter(|_| verbose) {
        println!("- {}\n  wanted {}\n  got    {}", row.name, row.wanted, row.got);
    }
    // Cut off, not rounded: 100.0 % means all of them.
    let per_mille = matched * 1000 / total.max(1);
    println!("truth: {matched}/{total} rows match ({}.{} %)", per_mille / 10, per_mille % 10);
}
