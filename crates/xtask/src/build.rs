//! `cargo xtask build`: the page, small, in dist/.

use crate::stopwatch::Stopwatch;
use crate::{Outcome, process, project, setup, size};

pub fn arguments(command: clap::Command) -> clap::Command {
    command.arg(clap::arg!(--verbose "Show all that Trunk and Cargo say"))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    build(given.get_flag("verbose"))?;
    size::print()
}

/// Builds dist/ with the profile `web`; installs what that needs first.
pub fn build(verbose: bool) -> Outcome {
    setup::ensure(false)?;
    println!("build: the page and the engine, as small as they get (a minute or two the first time) ...");
    let watch = Stopwatch::start();
    let level = if verbose { "info" } else { "warn" };
    process::run("trunk", &["--log", level, "--skip-version-check", "build"])?;
    println!("build: {} ready after {}", short(&project::dist()), watch.words());
    Ok(())
}

fn short(path: &std::path::Path) -> String {
    path.strip_prefix(project::root()).unwrap_or(path).display().to_string()
}
