//! `cargo xtask setup`: installs what the other commands need, says what and how long, and does nothing twice.

use crate::stopwatch::Stopwatch;
use crate::{Outcome, build, process, project};
use std::path::Path;

const TARGET: &str = "wasm32-unknown-unknown";
const TRUNK: &str = "0.21.14";
const STAMP: &str = "node_modules/.installed-from";

/// What a thing is needed for.
#[derive(Clone, Copy, PartialEq)]
pub enum Part {
    /// Every build: it is part of the toolchain, or of what Cargo compiles.
    Rust,
    Page,
    /// The browser flows.
    Browser,
}

struct Step {
    name: &'static str,
    /// How long it takes on two cores, for a person who waits.
    takes: &'static str,
    part: Part,
    there: fn() -> bool,
    install: fn() -> Outcome,
}

#[rustfmt::skip]
const STEPS: &[Step] = &[
    Step { name: "wasm32 target", takes: "seconds", part: Part::Rust, there: target_there, install: target_install },
    Step { name: "rust-src", takes: "seconds", part: Part::Rust, there: source_there, install: source_install },
    Step { name: "crates", takes: "seconds to a minute", part: Part::Rust, there: crates_there, install: crates_install },
    Step { name: "trunk", takes: "about 3 minutes", part: Part::Page, there: trunk_there, install: trunk_install },
    Step { name: "wasm-bindgen", takes: "about 2 minutes", part: Part::Page, there: bindgen_there, install: bindgen_install },
    Step { name: "npm packages", takes: "seconds", part: Part::Page, there: npm_there, install: npm_install },
    Step { name: "chromium", takes: "about a minute", part: Part::Browser, there: chromium_there, install: chromium_install },
    Step { name: "Korean fonts", takes: "seconds", part: Part::Browser, there: fonts_there, install: fonts_install },
];

/// A tool that works for seconds is compiled as fast as can be: optimised, wasm-bindgen takes twice as long to compile for less than
/// two seconds of a build, and Trunk, whose own profile has it optimised as a whole, only calls other programs.
const QUICK: [(&str, &str); 3] =
    [("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"), ("CARGO_PROFILE_RELEASE_LTO", "off"), ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")];

pub fn arguments(command: clap::Command) -> clap::Command {
    command.arg(clap::arg!(--browser "Also Chromium and Korean fonts, for the browser flows (Debian, with apt)"))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let parts: &[Part] = if given.get_flag("browser") { &[Part::Rust, Part::Page, Part::Browser] } else { &[Part::Rust, Part::Page] };
    let installed = ensure(parts)?;
    if installed == 0 {
        println!("setup: everything is there");
    }
    Ok(())
}

/// Installs what is missing and returns how many things that were; prints only about those.
pub fn ensure(parts: &[Part]) -> Result<usize, String> {
    let missing: Vec<&Step> = STEPS.iter().filter(|step| parts.contains(&step.part) && !(step.there)()).collect();
    for (index, step) in missing.iter().enumerate() {
        println!("setup {}/{}: {} ({}) ...", index + 1, missing.len(), step.name, step.takes);
        let watch = Stopwatch::start();
        (step.install)()?;
        if !(step.there)() {
            return Err(format!("{} was installed but cannot be found; is the folder of cargo's programs on the PATH?", step.name));
        }
        println!("setup {}/{}: {} ready after {}", index + 1, missing.len(), step.name, watch.words());
    }
    Ok(missing.len())
}

fn target_there() -> bool {
    // Asked of rustc, not of rustup: Debian's own Rust has no rustup.
    process::answer("rustc", &["--print", "sysroot"]).is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib").join(TARGET).is_dir())
}

fn target_install() -> Outcome {
    let advice = "install rustup, or your system's package for that target (Debian: libstd-rust-dev-wasm32)";
    process::run("rustup", &["target", "add", TARGET]).map_err(|reason| format!("{reason}; {advice}"))
}

fn source_there() -> bool {
    process::answer("rustc", &["--print", "sysroot"])
        .is_some_and(|sysroot| Path::new(&sysroot).join("lib/rustlib/src/rust/library/Cargo.lock").is_file())
}

fn source_install() -> Outcome {
    let advice = "install rustup, or your system's package of the same Rust's source (Debian: rust-src)";
    process::run("rustup", &["component", "add", "rust-src"]).map_err(|reason| format!("{reason}; {advice}"))
}

/// All that is built, and what the page's standard library is made of: without its target Cargo fetches the crates of this
/// machine's own.
const FETCHES: [&[&str]; 2] = [&["fetch"], &["fetch", "--target", TARGET]];

fn crates_there() -> bool {
    FETCHES.iter().all(|fetch| process::quiet(process::program("cargo", fetch).arg("--offline").envs(build::own_std())))
}

fn crates_install() -> Outcome {
    FETCHES.iter().try_for_each(|fetch| process::finish(process::program("cargo", fetch).envs(build::own_std())))
}

fn trunk_there() -> bool {
    process::answer("trunk", &["--version"]).is_some_and(|version| version == format!("trunk {TRUNK}"))
}

fn trunk_install() -> Outcome {
    // With --locked: newer versions of its CSS crates do not compile together.
    process::finish(process::program("cargo", &["install", &format!("trunk@{TRUNK}"), "--locked"]).envs(QUICK))
}

fn bindgen_there() -> bool {
    let Ok(wanted) = project::locked_version("wasm-bindgen") else { return false };
    let right =
        |program: &str| process::answer(program, &["--version"]).is_some_and(|version| version.split(' ').nth(1) == Some(wanted.as_str()));
    right("wasm-bindgen") && right("wasm-bindgen-test-runner")
}

fn bindgen_install() -> Outcome {
    // Without --locked: its lock file names a version of a crate that cannot be had any more.
    let wanted = project::locked_version("wasm-bindgen")?;
    process::finish(process::program("cargo", &["install", &format!("wasm-bindgen-cli@{wanted}"), "--force"]).envs(QUICK))
}

fn npm_there() -> bool {
    let stamp = std::fs::read_to_string(project::root().join(STAMP));
    matches!((stamp, project::read("package-lock.json")), (Ok(stamp), Ok(lock)) if stamp == lock)
}

fn npm_install() -> Outcome {
    // No package's own scripts run: none of ours needs them.
    process::run("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"])?;
    let lock = project::read("package-lock.json")?;
    std::fs::write(project::root().join(STAMP), lock).map_err(|error| format!("cannot write {STAMP}: {error}"))
}

pub fn chromium_there() -> bool {
    let path = std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_string());
    Path::new(&path).exists()
}

fn chromium_install() -> Outcome {
    apt(&["chromium"])
}

fn fonts_there() -> bool {
    process::answer("fc-list", &[":lang=ko", "family"]).is_some_and(|families| !families.is_empty())
        || Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists()
}

fn fonts_install() -> Outcome {
    apt(&["fonts-noto-cjk", "fontconfig"])
}

fn apt(packages: &[&str]) -> Outcome {
    if process::answer("apt-get", &["--version"]).is_none() {
        return Err(format!(
            "install {} with your system's package manager (set CHROMIUM to the browser's path if it is not /usr/bin/chromium)",
            packages.join(" and ")
        ));
    }
    let as_root = process::answer("id", &["-u"]).is_some_and(|id| id == "0");
    let apt_get = |arguments: &[&str]| {
        let mut all = vec!["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"];
        if !as_root {
            all.insert(0, "sudo");
        }
        all.extend(arguments);
        process::run(all[0], &all[1..])
    };
    apt_get(&["update"])?;
    let mut install = vec!["install", "-y", "--no-install-recommends"];
    install.extend(packages);
    apt_get(&install)
}
