//! `cargo xtask build`: the page, small, in dist/.

use crate::kubarium::{self, Build};
use crate::stopwatch::Stopwatch;
use crate::{Outcome, process, project, setup, size};

/// Where the compiled lessons wait for the page's build; editor/build.mjs takes them from there.
const LESSONS: &str = "target/lessons";

/// The standard library is compiled along, for size; panics keep their words.
/// These are unstable switches of Cargo; the pinned toolchain makes them mean the same everywhere.
pub const OWN_STD: [(&str, &str); 4] = [
    ("RUSTC_BOOTSTRAP", "1"),
    ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort"),
    ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size"),
    ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", "--cfg erase_components"),
];

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
    println!("build: the page and the engine, as small as they get (some minutes the first time) ...");
    let watch = Stopwatch::start();
    pack_lessons()?;
    let level = if verbose { "info" } else { "warn" };
    // Trunk's own stack trace says nothing about the page.
    let mut trunk = process::program("trunk", &["--log", level, "--skip-version-check", "build"]);
    trunk.env_remove("RUST_BACKTRACE");
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    process::finish(trunk.envs(OWN_STD).env("KUBARIUM_XTASK", me))?;
    println!("build: {} ready after {}", short(&project::dist()), watch.words());
    Ok(())
}

/// Lessons are compiled ahead of time: the page's Wasm carries neither Markdown nor YAML of theirs.
fn pack_lessons() -> Outcome {
    if !kubarium::has(Build::Dev, "pack") {
        println!("build: no lessons yet (`kubarium pack` does not exist)");
        return Ok(());
    }
    let folder = project::root().join(LESSONS);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(|error| format!("cannot empty {LESSONS}: {error}"))?;
    }
    kubarium::run(Build::Dev, &["pack", "lessons", LESSONS])
}

fn short(path: &std::path::Path) -> String {
    path.strip_prefix(project::root()).unwrap_or(path).display().to_string()
}
