//! `cargo xtask test`: everything that CI runs, one row per step, each timed.

use crate::kubarium::{self, Build};
use crate::stopwatch::{self, Stopwatch};
use crate::{Outcome, process, project, setup};
use std::io::Write;
use std::process::Command;
use std::time::Duration;

struct Step {
    name: &'static str,
    /// The program and its arguments, or why this step cannot run yet.
    command: fn() -> Result<Command, String>,
    /// The step without which this one makes no sense.
    needs: Option<&'static str>,
    /// Its output is worth reading also where it passes.
    show: bool,
}

#[rustfmt::skip]
const STEPS: &[Step] = &[
    Step { name: "format", command: || cargo(&["fmt", "--all", "--check"]), needs: None, show: false },
    Step { name: "clippy", command: || cargo(&["clippy", "--locked", "--workspace", "--exclude", "kubarium", "--all-targets", "--", "-D", "warnings"]), needs: None, show: false },
    Step { name: "clippy page", command: || cargo(&["clippy", "--package", "kubarium", "--bins", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]), needs: None, show: false },
    Step { name: "tests", command: || cargo(&["test", "--workspace", "--exclude", "kubarium"]), needs: None, show: false },
    Step { name: "tests of root", command: root_tests, needs: None, show: false },
    Step { name: "tests in wasm", command: wasm_tests, needs: None, show: false },
    Step { name: "kubarium", command: || cargo(&["build", "--release", "--package", "kubarium-cli"]), needs: None, show: false },
    Step { name: "lessons lint", command: || kubarium(&["lint"]), needs: Some("kubarium"), show: false },
    Step { name: "lessons play", command: || kubarium(&["play"]), needs: Some("kubarium"), show: false },
    Step { name: "parity", command: || kubarium(&["parity", "tests/golden"]), needs: Some("kubarium"), show: false },
    Step { name: "parity net", command: || kubarium(&["parity", "tests/golden-net"]), needs: Some("kubarium"), show: false },
    Step { name: "suite", command: || kubarium(&["suite", "tests/suite"]), needs: Some("kubarium"), show: false },
    Step { name: "fuzz", command: || kubarium(&["fuzz", "--only", "raft", "--seeds", "2000"]), needs: Some("kubarium"), show: true },
    Step { name: "strategies", command: || kubarium(&["strategies", "--seeds", "20", "--hold"]), needs: Some("kubarium"), show: false },
    Step { name: "page", command: || xtask(&["build"]), needs: None, show: false },
    Step { name: "determinism", command: || Ok(process::program("node", &["tests/digest.mjs"])), needs: Some("page"), show: true },
    Step { name: "size", command: || xtask(&["size", "--check"]), needs: Some("page"), show: true },
    Step { name: "bench", command: || kubarium(&["bench"]), needs: Some("kubarium"), show: true },
    Step { name: "browser", command: || Ok(process::program("node", &["tests/e2e/run.mjs"])), needs: Some("page"), show: true },
];

enum Verdict {
    Passed,
    Failed,
    Skipped(String),
}

pub fn arguments(command: clap::Command) -> clap::Command {
    command
        .arg(clap::arg!([steps] ... "Only these steps, e.g. \"clippy\" \"browser\""))
        .arg(clap::arg!(--list "List the steps"))
        .arg(clap::arg!(--"fail-fast" "Stop at the first step that fails"))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let wanted: Vec<&String> = given.get_many::<String>("steps").into_iter().flatten().collect();
    if let Some(unknown) = wanted.iter().find(|name| STEPS.iter().all(|step| step.name != name.as_str())) {
        return Err(format!("there is no step \"{unknown}\"; `cargo xtask test --list` lists them"));
    }
    if given.get_flag("list") {
        STEPS.iter().for_each(|step| println!("{}", step.name));
        return Ok(());
    }
    setup::ensure(true)?;
    let all = Stopwatch::start();
    let mut done: Vec<(&str, Verdict)> = Vec::new();
    for step in STEPS.iter().filter(|step| wanted.is_empty() || wanted.iter().any(|name| *name == step.name)) {
        let verdict = take(step, &done)?;
        let stop = given.get_flag("fail-fast") && matches!(verdict, Verdict::Failed);
        done.push((step.name, verdict));
        if stop {
            break;
        }
    }
    summary(&done, all)
}

fn take(step: &Step, done: &[(&str, Verdict)]) -> Result<Verdict, String> {
    print!("{:<15}", step.name);
    let _ = std::io::stdout().flush();
    let without = step.needs.filter(|needed| done.iter().any(|(name, verdict)| name == needed && !matches!(verdict, Verdict::Passed)));
    let command = match without {
        Some(needed) => Err(format!("\"{needed}\" did not pass")),
        None => (step.command)(),
    };
    let mut command = match command {
        Ok(command) => command,
        Err(reason) => {
            println!("skipped       {reason}");
            return Ok(Verdict::Skipped(reason));
        }
    };
    command.env("CARGO_TERM_COLOR", "never").env("TERM", "dumb");
    let watch = Stopwatch::start();
    let mut spoken = 0;
    let (passed, output) = process::collect(command, || {
        let minutes = watch.elapsed().as_secs() / 60;
        if minutes > spoken {
            spoken = minutes;
            print!("... {} ", stopwatch::words(Duration::from_secs(minutes * 60)));
            let _ = std::io::stdout().flush();
        }
    })?;
    println!("{} {:>12}", if passed { "ok     " } else { "FAILED " }, watch.words());
    if !passed || step.show {
        output.lines().for_each(|line| println!("    {line}"));
    }
    Ok(if passed { Verdict::Passed } else { Verdict::Failed })
}

fn summary(done: &[(&str, Verdict)], all: Stopwatch) -> Outcome {
    let failed: Vec<&str> = done.iter().filter(|(_, verdict)| matches!(verdict, Verdict::Failed)).map(|(name, _)| *name).collect();
    let skipped: Vec<String> = done
        .iter()
        .filter_map(|(name, verdict)| if let Verdict::Skipped(reason) = verdict { Some(format!("{name} ({reason})")) } else { None })
        .collect();
    println!(
        "\n{} passed, {} skipped, {} failed in {}",
        done.len() - failed.len() - skipped.len(),
        skipped.len(),
        failed.len(),
        all.words()
    );
    if !skipped.is_empty() {
        println!("skipped: {}", skipped.join("; "));
    }
    if failed.is_empty() { Ok(()) } else { Err(format!("failed: {}", failed.join(", "))) }
}

fn cargo(arguments: &[&str]) -> Result<Command, String> {
    Ok(process::program("cargo", arguments))
}

/// This program again, so that a step's output can be collected like any other's.
fn xtask(arguments: &[&str]) -> Result<Command, String> {
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    Ok(process::program(&me.to_string_lossy(), arguments))
}

/// A subcommand of the release build of `kubarium`, where it has that subcommand.
fn kubarium(arguments: &[&str]) -> Result<Command, String> {
    if !kubarium::has(Build::Release, arguments[0]) {
        return Err(format!("`kubarium {}` does not exist yet", arguments[0]));
    }
    cargo(&kubarium::through_cargo(Build::Release, arguments))
}

fn root_tests() -> Result<Command, String> {
    let (_, host): (Vec<_>, Vec<_>) = root_test_files()?.into_iter().partition(|(_, text)| text.contains("wasm_bindgen_test"));
    if host.is_empty() {
        return Err("the root package has no tests for this machine".to_string());
    }
    let names = host.iter().flat_map(|(name, _)| ["--test", name.as_str()]);
    cargo(&["test", "--package", "kubarium"].into_iter().chain(names).collect::<Vec<_>>())
}

/// The files of tests/ that are written for wasm-bindgen's test runner.
fn wasm_tests() -> Result<Command, String> {
    let files: Vec<_> = root_test_files()?.into_iter().filter(|(_, text)| text.contains("wasm_bindgen_test")).collect();
    if files.is_empty() {
        return Err("there is no test for wasm-bindgen's runner yet".to_string());
    }
    let names = files.iter().flat_map(|(name, _)| ["--test", name.as_str()]);
    let mut command =
        cargo(&["test", "--package", "kubarium", "--target", "wasm32-unknown-unknown"].into_iter().chain(names).collect::<Vec<_>>())?;
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    Ok(command)
}

/// The name and text of each test program in tests/, in order.
fn root_test_files() -> Result<Vec<(String, String)>, String> {
    let folder = project::root().join("tests");
    let entries = std::fs::read_dir(&folder).map_err(|error| format!("cannot read tests/: {error}"))?;
    let mut paths: Vec<_> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect();
    paths.sort();
    Ok(paths
        .iter()
        .filter_map(|path| Some((path.file_stem()?.to_string_lossy().into_owned(), std::fs::read_to_string(path).ok()?)))
        .collect())
}
