//! `cargo xtask test`: everything that CI runs, one row per step, each timed.

use crate::kubarium::{self, Build};
use crate::lanes::{self, Beside, Order, Verdict};
use crate::setup::{self, Part};
use crate::stopwatch::Stopwatch;
use crate::{Outcome, process, project};
use std::process::Command;

struct Step {
    name: &'static str,
    /// The program and its arguments, or why this step cannot run yet.
    command: fn() -> Result<Command, String>,
    needs: &'static [&'static str],
    beside: Beside,
    /// Its output is worth reading also where it passes.
    show: bool,
}

/// Installs what the steps after it need; it belongs to every choice of steps.
const TOOLS: &str = "tools";

/// In the order in which they begin where nothing holds them up: what others need and what waits most come first.
#[rustfmt::skip]
const STEPS: &[Step] = &[
    Step { name: "format", command: || cargo(&["fmt", "--all", "--check"]), needs: &[], beside: Beside::All, show: false },
    Step { name: TOOLS, command: || xtask(&["setup", "--browser"]), needs: &[], beside: Beside::All, show: true },
    Step { name: "clippy", command: || cargo(&["clippy", "--locked", "--workspace", "--exclude", "kubarium", "--all-targets", "--", "-D", "warnings"]), needs: &[], beside: Beside::NoOtherDev, show: false },
    Step { name: "tests", command: || cargo(&["test", "--workspace", "--exclude", "kubarium"]), needs: &[], beside: Beside::NoOtherDev, show: false },
    Step { name: "kubarium", command: || cargo(&["build", "--release", "--package", "kubarium-cli"]), needs: &[], beside: Beside::All, show: false },
    Step { name: "page", command: || xtask(&["build"]), needs: &[TOOLS], beside: Beside::All, show: false },
    Step { name: "browser", command: || flows("--but-measuring"), needs: &["page"], beside: Beside::All, show: true },
    Step { name: "tests of root", command: root_tests, needs: &[], beside: Beside::NoOtherDev, show: false },
    Step { name: "clippy page", command: || cargo(&["clippy", "--package", "kubarium", "--bins", "--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]), needs: &[], beside: Beside::NoOtherDev, show: false },
    Step { name: "tests in wasm", command: wasm_tests, needs: &[TOOLS], beside: Beside::NoOtherDev, show: false },
    Step { name: "lessons lint", command: || kubarium(&["lint"]), needs: &["kubarium"], beside: Beside::All, show: false },
    Step { name: "lessons play", command: || kubarium(&["play"]), needs: &["kubarium"], beside: Beside::All, show: false },
    Step { name: "parity", command: || kubarium(&["parity", "tests/golden"]), needs: &["kubarium"], beside: Beside::All, show: false },
    Step { name: "parity net", command: || kubarium(&["parity", "tests/golden-net"]), needs: &["kubarium"], beside: Beside::All, show: false },
    Step { name: "suite", command: || kubarium(&["suite", "tests/suite"]), needs: &["kubarium"], beside: Beside::All, show: false },
    Step { name: "fuzz", command: || kubarium(&["fuzz", "--only", "raft", "--seeds", "2000"]), needs: &["kubarium"], beside: Beside::All, show: true },
    Step { name: "strategies", command: || kubarium(&["strategies", "--seeds", "20", "--hold"]), needs: &["kubarium"], beside: Beside::All, show: false },
    Step { name: "determinism", command: || Ok(process::program("node", &["tests/digest.mjs"])), needs: &["kubarium", "page"], beside: Beside::All, show: true },
    Step { name: "size", command: || xtask(&["size", "--check"]), needs: &["page"], beside: Beside::All, show: true },
    Step { name: "bench", command: || kubarium(&["bench"]), needs: &["kubarium"], beside: Beside::Nothing, show: true },
    Step { name: "browser bench", command: || flows("--measuring"), needs: &["page"], beside: Beside::Nothing, show: true },
];

pub fn arguments(command: clap::Command) -> clap::Command {
    command
        .arg(clap::arg!([steps] ... "Only these steps, e.g. \"clippy\" \"browser\""))
        .arg(clap::arg!(--list "List the steps"))
        .arg(clap::arg!(--"fail-fast" "Begin nothing more after a step that failed"))
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
    let all = Stopwatch::start();
    // What every build needs comes first: no compiler shall run while its own parts are put into place.
    setup::ensure(&[Part::Rust])?;
    let chosen = |step: &&Step| wanted.is_empty() || step.name == TOOLS || wanted.iter().any(|name| *name == step.name);
    let steps: Vec<&Step> = STEPS.iter().filter(chosen).collect();
    let orders: Vec<Order> = steps.iter().map(|step| Order { name: step.name, needs: step.needs, beside: step.beside }).collect();
    let places = lanes::run(&orders, given.get_flag("fail-fast"), |index| take(steps[index]))?;
    lanes::summary(&orders, &places, all)
}

/// Runs one step; what it has to say is its row of the table, and what it printed where that is worth reading.
fn take(step: &Step) -> Result<(Verdict, String), String> {
    let mut command = match (step.command)() {
        Ok(command) => command,
        Err(reason) => return Ok((Verdict::Skipped(reason.clone()), lanes::row(step.name, "skipped", &reason))),
    };
    command.env("CARGO_TERM_COLOR", "never").env("TERM", "dumb");
    let watch = Stopwatch::start();
    let (passed, output) = process::collect(command)?;
    let mut said = lanes::row(step.name, if passed { "ok" } else { "FAILED" }, &watch.words());
    if !passed || step.show {
        output.lines().for_each(|line| said.push_str(&format!("\n    {line}")));
    }
    Ok((if passed { Verdict::Passed } else { Verdict::Failed }, said))
}

fn flows(which: &str) -> Result<Command, String> {
    Ok(process::program("node", &["tests/e2e/run.mjs", which]))
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
