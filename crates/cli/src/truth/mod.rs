//! `kubarium truth`: how many rows of a table recorded from a real network ours match.
mod netpol;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// One line of a recorded table: what stands there, and what ours says.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub name: String,
    pub wanted: String,
    pub got: String,
}

/// Answers every row of a file; `folder` is where it lies, for the files beside it.
type Answer = fn(&Value, &Path) -> Result<Vec<Row>, String>;

/// What can be held against a recording.
const KINDS: &[(&str, Answer)] = &[("netpol", netpol::rows)];

/// The arguments of `truth`.
pub fn command() -> Command {
    Command::new("truth")
        .about("Count which rows of a table recorded from a real network match")
        .arg(Arg::new("kind").value_name("KIND").required(true).value_parser(KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>()))
        .arg(Arg::new("file").value_name("FILE").required(true).help("The recorded table, JSON"))
        .arg(Arg::new("verbose").short('v').action(ArgAction::SetTrue).help("Show the rows that differ"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("The counts and the rows that differ, as JSON"))
}

/// Exit code 0 whenever it could count; 1 when the file cannot be read.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let text = |name: &str| arguments.get_one::<String>(name).map_or("", String::as_str);
    match read(text("kind"), Path::new(text("file"))) {
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

fn read(kind: &str, file: &Path) -> Result<Vec<Row>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let table: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let (_, answer) = KINDS.iter().find(|(name, _)| *name == kind).ok_or_else(|| format!("no kind of table is called {kind}"))?;
    answer(&table, file.parent().unwrap_or(Path::new(".")))
}

fn print(rows: &[Row], verbose: bool, as_json: bool) {
    let wrong: Vec<&Row> = rows.iter().filter(|row| row.wanted != row.got).collect();
    let (matched, total) = (rows.len() - wrong.len(), rows.len());
    if as_json {
        let listed: Vec<Value> = wrong.iter().map(|row| json!({"name": row.name, "wanted": row.wanted, "got": row.got})).collect();
        println!("{}", json!({"matched": matched, "total": total, "differ": listed}));
        return;
    }
    for row in wrong.iter().filter(|_| verbose) {
        println!("{}\n  - {}\n  + {}", row.name, row.wanted, row.got);
    }
    println!("truth: {matched}/{total} rows match ({:.1} %)", 100.0 * matched as f64 / total.max(1) as f64);
}
