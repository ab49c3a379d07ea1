//! `kubarium lint`, `play` and `pack`: what an author of lessons needs.
use clap::{Arg, ArgMatches, Command};
use lessons::examine::examine;
use lessons::folder::{self, Compiled};
use lessons::{mistakes, strategies};
use std::path::PathBuf;
use std::process::ExitCode;

fn dir() -> Arg {
    Arg::new("dir").value_name("DIR").default_value("lessons").help("The folder with course.yaml, or one lesson's folder")
}

pub fn lint_command() -> Command {
    Command::new("lint").about("Check lessons without playing them").arg(dir())
}

pub fn play_command() -> Command {
    let seeds = Arg::new("seeds").long("seeds").value_name("N").default_value("5").value_parser(clap::value_parser!(u64));
    Command::new("play")
        .about("Play lessons: the start fails, the solution passes, wrong answers fail by name, twice the same")
        .arg(dir())
        .arg(seeds.help("How many seeds each is played with"))
}

pub fn pack_command() -> Command {
    let out = Arg::new("out").value_name("OUT").required(true).help("Written to: index.json and a folder for each lesson");
    Command::new("pack")
        .about("Compile lessons for the page")
        .arg(Arg::new("dir").value_name("DIR").required(true).help("The folder with course.yaml"))
        .arg(out)
}

/// The lessons of a course, or the one of a folder; problems are printed.
fn read(command: &str, arguments: &ArgMatches) -> Option<Vec<Compiled>> {
    let dir = arguments.get_one::<String>("dir").map(PathBuf::from).unwrap_or_default();
    let read = if dir.join("lesson.yaml").is_file() {
        folder::lesson(&dir).map(|one| vec![one]).map_err(|words| vec![format!("{}: {words}", dir.display())])
    } else {
        folder::course(&dir)
    };
    read.inspect_err(|problems| problems.iter().for_each(|problem| eprintln!("kubarium {command}: {problem}"))).ok()
}

/// The known mistakes of the course that the folder belongs to; none where it has no such table.
fn table(command: &str, arguments: &ArgMatches) -> Option<mistakes::Table> {
    let dir = arguments.get_one::<String>("dir").map(PathBuf::from).unwrap_or_default();
    let root = [dir.clone(), dir.join("..")].into_iter().find(|folder| folder.join("mistakes.yaml").is_file());
    let read = root.map_or(Ok(mistakes::Table::default()), |root| mistakes::read(&root));
    read.inspect_err(|words| eprintln!("kubarium {command}: {words}")).ok()
}

/// Exit code 1 when anything is wrong.
pub fn lint(arguments: &ArgMatches) -> ExitCode {
    let Some(lessons) = read("lint", arguments) else { return ExitCode::FAILURE };
    let Some(table) = table("lint", arguments) else { return ExitCode::FAILURE };
    let alone = lessons.len() == 1;
    let (mut earlier, mut found): (Vec<&str>, usize) = (Vec::new(), 0);
    for compiled in &lessons {
        if alone {
            // What comes before a single lesson is not known here.
            earlier.extend(compiled.lesson.requires.iter().map(String::as_str));
        }
        let problems = folder::lint(compiled, &earlier).into_iter().chain(unknown(compiled, &table)).collect::<Vec<_>>();
        println!(
            "{:<34} {}",
            compiled.lesson.id,
            if problems.is_empty() { "ok".to_string() } else { format!("{} problems", problems.len()) }
        );
        problems.iter().for_each(|problem| println!("  - {problem}"));
        found += problems.len();
        earlier.push(&compiled.lesson.id);
    }
    println!("lint: {} lessons, {found} problems", lessons.len());
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Mistakes that a lesson names and the table has not.
fn unknown(compiled: &Compiled, table: &mistakes::Table) -> Vec<String> {
    let lesson = &compiled.lesson;
    let hints = lesson.steps.iter().flat_map(|step| &step.wrong).map(|wrong| &wrong.hint).filter(|hint| !hint.is_empty());
    let missing = lesson.mistakes.iter().chain(hints).filter(|id| !table.mistakes.iter().any(|row| row.id == **id));
    missing.map(|id| format!("there is no mistake \"{id}\" in mistakes.yaml")).collect()
}

/// Exit code 1 when a lesson may not be taught as it is.
pub fn play(arguments: &ArgMatches) -> ExitCode {
    let Some(lessons) = read("play", arguments) else { return ExitCode::FAILURE };
    let seeds = arguments.get_one::<u64>("seeds").copied().unwrap_or(5);
    let Some(table) = table("play", arguments) else { return ExitCode::FAILURE };
    let mut failed = 0;
    for compiled in &lessons {
        let report = examine(&compiled.lesson, seeds, &table);
        let verdict = if report.faults.is_empty() { "passes" } else { "fails" };
        println!("{:<34} {verdict} ({} of {seeds} seeds to the end)", report.id, report.digests.len());
        report.faults.iter().for_each(|fault| println!("  - {fault}"));
        failed += usize::from(!report.faults.is_empty());
    }
    println!("play: {} of {} lessons pass", lessons.len() - failed, lessons.len());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Exit code 1 when the lessons cannot be read or written.
pub fn pack(arguments: &ArgMatches) -> ExitCode {
    let Some(lessons) = read("pack", arguments) else { return ExitCode::FAILURE };
    let out = arguments.get_one::<String>("out").map(PathBuf::from).unwrap_or_default();
    let dir = arguments.get_one::<String>("dir").map(PathBuf::from).unwrap_or_default().join("strategies");
    let packed = folder::pack(&lessons, &out).and_then(|()| match dir.is_dir() {
        true => strategies::read(&dir).map_err(std::io::Error::other).and_then(|board| strategies::pack(&board, &out)),
        false => Ok(()),
    });
    let packed = match table("pack", arguments) {
        Some(table) => packed.and_then(|()| mistakes::pack(&table, &out)),
        None => return ExitCode::FAILURE,
    };
    match packed {
        Ok(()) => {
            println!("pack: {} lessons written to {}", lessons.len(), out.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("kubarium pack: {}: {error}", out.display());
            ExitCode::FAILURE
        }
    }
}
