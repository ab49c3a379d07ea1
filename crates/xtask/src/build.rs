//! `cargo xtask build`: the page, small, in dist/.

use crate::kubarium::{self, Build};
use crate::setup::{self, Part};
use crate::stopwatch::Stopwatch;
use crate::{Outcome, process, project, size};

/// Where the compiled lessons wait for the page's build; editor/build.mjs takes them from there.
const LESSONS: &str = "target/lessons";

/// The standard library is compiled along, for size; panics keep their words, without this machine's folders in them.
/// These are unstable switches of Cargo; the pinned toolchain makes them mean the same everywhere.
pub fn own_std() -> Vec<(&'static str, String)> {
    // With what the linker knows of addresses the cut can tell whose data is whose; no file of the page keeps it.
    let mut flags = "--cfg erase_components -Clink-arg=--emit-relocs".to_string();
    let home = std::env::var("HOME").unwrap_or_default();
    let cargo = std::env::var("CARGO_HOME").unwrap_or_else(|_| format!("{home}/.cargo"));
    let rust = process::answer("rustc", &["--print", "sysroot"]).map(|sysroot| format!("{sysroot}/lib/rustlib/src/rust"));
    for (folder, name) in [(Some(cargo), "cargo"), (rust, "rust")] {
        // A flag cannot hold a blank here: such a folder keeps its name.
        if let Some(folder) = folder.filter(|folder| !folder.contains(' ')) {
            flags.push_str(&format!(" --remap-path-prefix={folder}={name}"));
        }
    }
    vec![
        ("RUSTC_BOOTSTRAP", "1".into()),
        ("CARGO_UNSTABLE_BUILD_STD", "std,panic_abort".into()),
        ("CARGO_UNSTABLE_BUILD_STD_FEATURES", "optimize_for_size".into()),
        ("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS", flags),
    ]
}

pub fn arguments(command: clap::Command) -> clap::Command {
    command.arg(clap::arg!(--verbose "Show all that Trunk and Cargo say"))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    build(given.get_flag("verbose"))?;
    size::print()
}

/// Builds dist/ with the profile `web`; installs what that needs first.
pub fn build(verbose: bool) -> Outcome {
    setup::ensure(&[Part::Rust, Part::Page])?;
    println!("build: the page and the engine, as small as they get (some minutes the first time) ...");
    let watch = Stopwatch::start();
    pack_lessons()?;
    let level = if verbose { "info" } else { "warn" };
    // Trunk's own stack trace says nothing about the page.
    let mut trunk = process::program("trunk", &["--log", level, "--skip-version-check", "build"]);
    trunk.env_remove("RUST_BACKTRACE");
    let me = std::env::current_exe().map_err(|error| error.to_string())?;
    process::finish(trunk.envs(own_std()).env("KUBARIUM_XTASK", me))?;
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
