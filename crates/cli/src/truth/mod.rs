//! `kubarium truth`: how many rows of a recorded table ours match.
mod proxy;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};
use std::path::Path;
use std::process::ExitCode;

/// One row: what it is about, what was recorded, what ours gives.
pub struct Row {
    pub name: String,
    pub wanted: String,
    pub got: String,
}

type Judge = fn(&Value) -> Result<Vec<Row>, String>;

/// Which tables can be judged. A judge finds the table's folder under the key `folder`.
const KINDS: &[(&str, Judge)] = &[("proxy", proxy::judge)];

/// The arguments of `truth`.
pub fn command() -> Command {
    Command::new("truth")
        .about("Count which rows of a recorded table our network matches")
        .arg(Arg::new("kind").value_name("KIND").required(true).value_parser(KINDS.iter().map(|(kind, _)| *kind).collect::<Vec<_>>()))
        .arg(Arg::new("file").value_name("FILE").required(true).help("The table, as JSON"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Every row, as JSON"))
        .arg(Arg::new("verbose").short('v').action(ArgAction::SetTrue).help("Show the rows that differ"))
}

/// Exit code 0 whenever it could count; 1 when the table cannot be read.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let given = |name: &str| arguments.get_one::<String>(name).cloned().unwrap_or_default();
    match rows(&given("kind"), Path::new(&given("file"))) {
        Ok(rows) => print(&rows, arguments.get_flag("json"), arguments.get_flag("verbose")),
        Err(words) => {
            eprintln!("kubarium truth: {words}");
            ExitCode::FAILURE
        }
    }
}

fn rows(kind: &str, file: &Path) -> Result<Vec<Row>, String> {
    let mut table = read(file)?;
    if let Some(table) = table.as_object_mut() {
        table.insert("folder".to_string(), json!(file.parent().unwrap_or(Path::new("."))));
    }
    let judge = KINDS.iter().find(|(known, _)| *known == kind).ok_or("the kind is unknown")?.1;
    judge(&table)
}

/// A JSON file.
pub fn read(file: &Path) -> Result<Value, String> {
    let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    serde_json::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
}

fn print(rows: &[Row], as_json: bool, verbose: bool) -> ExitCode {
    let (matched, total) = (rows.iter().filter(|row| row.wanted == row.got).count(), rows.len());
    if as_json {
        let row = |row: &Row| json!({"name": row.name, "matches": row.wanted == row.got, "wanted": row.wanted, "got": row.got});
        println!("{}", json!({"matched": matched, "total": total, "rows": rows.iter().map(row).collect::<Vec<_>>()}));
        return ExitCode::SUCCESS;
    }
    for row in rows.iter().filter(|row| verbose && row.wanted != row.got) {
        println!("- {}\n  wanted {}\n  got    {}", row.name, row.wanted, row.got);
    }
    println!("truth: {matched}/{total} rows match ({:.1} %)", 100.0 * matched as f64 / total.max(1) as f64);
    ExitCode::SUCCESS
}
