//! `kubarium strategies`: ways to ship a new version, measured under one stream of users.
use clap::{Arg, ArgAction, ArgMatches, Command};
use lessons::strategies::{self, Board, Comparison, Row, claims};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

pub fn command() -> Command {
    let number = clap::value_parser!(u64);
    Command::new("strategies")
        .about("Ship a new version in each of the known ways, and count what it costs")
        .arg(Arg::new("seeds").long("seeds").value_name("N").default_value("1").value_parser(number).help("Compare with the seeds 1 to N"))
        .arg(Arg::new("new").long("new").value_name("NAME").help("good, slow, broken or unready; all but unready without --json"))
        .arg(Arg::new("only").long("only").value_name("STRATEGY").action(ArgAction::Append).help("One strategy; may be repeated"))
        .arg(Arg::new("dir").long("dir").value_name("DIR").default_value("lessons/strategies").help("The folder with board.yaml"))
        .arg(Arg::new("hold").long("hold").action(ArgAction::SetTrue).help("Fail where a number does not show what is taught"))
        .arg(Arg::new("json").long("json").action(ArgAction::SetTrue).help("Rows by strategy, as JSON"))
}

/// Exit code 1 when the strategies cannot be read, one of them did not go as planned, or a claim does not hold.
pub fn run(arguments: &ArgMatches) -> ExitCode {
    let (board, rows) = match compare(arguments) {
        Ok(compared) => compared,
        Err(words) => {
            eprintln!("kubarium strategies: {words}");
            return ExitCode::FAILURE;
        }
    };
    if arguments.get_flag("json") {
        println!("{}", by_strategy(&board, &rows));
    } else {
        table(&rows);
    }
    let troubled = rows.iter().filter(|row| !row.trouble.is_empty());
    let mut wrong: Vec<String> =
        troubled.map(|row| format!("seed {}, {}, {}: {}", row.seed, row.version, row.strategy, row.trouble)).collect();
    if arguments.get_flag("hold") {
        wrong.extend(claims::broken(&rows));
    }
    wrong.iter().for_each(|words| eprintln!("kubarium strategies: {words}"));
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn compare(arguments: &ArgMatches) -> Result<(Arc<Board>, Vec<Row>), String> {
    let dir = arguments.get_one::<String>("dir").map(PathBuf::from).unwrap_or_default();
    let board = Arc::new(strategies::read(&dir)?);
    let usual: &[&str] = if arguments.get_flag("json") { &["good"] } else { &["good", "slow", "broken"] };
    let versions = arguments.get_one::<String>("new").map_or(usual.iter().map(ToString::to_string).collect(), |name| vec![name.clone()]);
    if let Some(name) = versions.iter().find(|name| board.version(name).is_none()) {
        return Err(format!("there is no new version \"{name}\""));
    }
    let only: Vec<String> = arguments.get_many::<String>("only").into_iter().flatten().cloned().collect();
    if let Some(id) = only.iter().find(|id| !board.order.contains(id)) {
        return Err(format!("there is no strategy \"{id}\""));
    }
    let mut rows = Vec::new();
    for seed in 1..=arguments.get_one::<u64>("seeds").copied().unwrap_or(1) {
        let mut comparison = Comparison::begin(board.clone(), seed, &versions, &only);
        while !comparison.is_over() {
            rows.extend(comparison.step()?);
        }
    }
    Ok((board, rows))
}

fn by_strategy(board: &Board, rows: &[Row]) -> Value {
    let of = |id: &String| rows.iter().filter(|row| row.strategy == *id).map(written).collect::<Vec<_>>();
    Value::Object(
        board.order.iter().map(|id| (id.clone(), Value::Array(of(id)))).filter(|(_, rows)| rows != &json!([])).collect::<Map<_, _>>(),
    )
}

/// Shares are parts of one; seconds and milliseconds as the names say.
fn written(row: &Row) -> Value {
    json!({
        "seed": row.seed, "version": row.version, "requests": row.requests, "failed": row.failed,
        "v2_share": row.new_answers as f64 / row.answers.max(1) as f64,
        "answers": row.answers, "v2_answers": row.new_answers,
        "extra_pod_seconds": row.extra_pod_ms as f64 / 1_000.0, "missing_pod_seconds": row.missing_pod_ms as f64 / 1_000.0,
        "full_ms": row.full_ms, "mixed_ms": row.mixed_ms, "rollback_ms": row.rollback_ms, "rollback_failed": row.rollback_failed,
        "stopped": row.stopped, "p95_ms": row.p95_ms,
        "people": row.people, "people_v2": row.people_new, "people_hurt": row.people_hurt, "people_wavered": row.people_wavered,
        "orders": row.orders, "orders_written": row.orders_written, "mirrored": row.mirrored, "mirrored_failed": row.mirrored_failed,
    })
}

fn table(rows: &[Row]) {
    println!(
        "{:<17}{:<9}{:>5}{:>10}{:>8}{:>10}{:>8}{:>8}{:>8}{:>8}{:>11}{:>9}{:>9}{:>11}{:>9}",
        "STRATEGY",
        "V2",
        "SEED",
        "REQUESTS",
        "FAILED",
        "V2 SHARE",
        "MET V2",
        "HURT",
        "WAVER",
        "P95 ms",
        "POD-SEC +",
        "FULL s",
        "MIXED s",
        "BACK s",
        "STOPPED"
    );
    let seconds = |ms: Option<u64>| ms.map_or("-".to_string(), |ms| format!("{}.{}", ms / 1_000, ms % 1_000 / 100));
    for row in rows {
        println!(
            "{:<17}{:<9}{:>5}{:>10}{:>8}{:>9}%{:>8}{:>8}{:>8}{:>8}{:>11}{:>9}{:>9}{:>11}{:>9}",
            row.strategy,
            row.version,
            row.seed,
            row.requests,
            row.failed,
            row.new_answers * 100 / row.answers.max(1),
            row.people_new,
            row.people_hurt,
            row.people_wavered,
            row.p95_ms,
            seconds(Some(row.extra_pod_ms)),
            seconds(row.full_ms),
            seconds(Some(row.mixed_ms)),
            seconds(row.rollback_ms),
            if row.stopped { "yes" } else { "" },
        );
    }
}
