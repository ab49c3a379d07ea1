//! `kubarium truth`: how many rows of a recorded table of the network ours match.
mod dns;
mod resolvconf;
mod search;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// One row of a table: what was recorded, and what we say.
pub struct Row {
    pub name: String,
    pub wanted: String,
    pub got: String,
}

/// Reads a recorded file (and others of its folder) and answers each of its rows.
type Check = fn(&Value, &Path) -> Result<Vec<Row>, String>;

/// The tables that are known.
const KINDS: &[(&str, Check)] = &[("dns", dns::rows), ("resolvconf", resolvconf::rows), ("search", search::rows)];

/// The arguments of `truth`.
pub fn command() -> Command {
    let names: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    Command::new("truth")
        .about("Count which rows of a recorded table of the network match")
        .arg(Arg::new("kind").value_name("KIND").required(true).value_parser(names))
        .arg(Arg::new("file").value_name("FILE").required(true).help("The recorded table, JSON"))
        .arg(Arg::new("verbose").short('v').action(ArgAction::SetTrue).help("Show the rows that differ"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("The counts and the rows that differ, as JSON"))
}

/// Exit code 0 whenever it could count; 1 when the file cannot be read.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let word = |name: &str| arguments.get_one::<String>(name).cloned().unwrap_or_default();
    match counted(&word("kind"), &PathBuf::from(word("file"))) {
        Ok(rows) => {
            tell(&rows, arguments.get_flag("verbose"), arguments.get_flag("json"));
            ExitCode::SUCCESS
        }
        Err(words) => {
            eprintln!("kubarium truth: {words}");
            ExitCode::FAILURE
        }
    }
}

fn counted(kind: &str, file: &Path) -> Result<Vec<Row>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let table: Value = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let check = KINDS.iter().find(|(name, _)| *name == kind).map(|(_, check)| check).ok_or("no such kind")?;
    check(&table, file.parent().unwrap_or(Path::new(".")))
}

fn tell(rows: &[Row], verbose: bool, json: bool) {
    let wrong: Vec<&Row> = rows.iter().filter(|row| row.wanted != row.got).collect();
    let (matched, total) = (rows.len() - wrong.len(), rows.len());
    if json {
        let shown = |row: &&Row| serde_json::json!({"name": row.name, "wanted": row.wanted, "got": row.got});
        let wrong: Vec<Value> = wrong.iter().map(shown).collect();
        return println!("{}", serde_json::json!({"matched": matched, "total": total, "wrong": wrong}));
    }
    for row in wrong.iter().filter(|_| verbose) {
        println!("{}\n  wanted {}\n  got    {}", row.name, row.wanted, row.got);
    }
    // Cut off, not rounded: 100.0 % means all of them.
    let per_mille = matched * 1000 / total.max(1);
    println!("truth: {matched}/{total} rows match ({}.{} %)", per_mille / 10, per_mille % 10);
}
