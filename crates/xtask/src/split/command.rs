//! `cargo xtask split DIR`: cuts the engine of a built page in two. The page's build calls it.

use super::shape::Shape;
use super::{cut, probe};
use crate::stopwatch::Stopwatch;
use crate::{Outcome, process};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const WHOLE: &str = "engine_bg.wasm";
const REST: &str = "engine_rest.wasm";
const PROBED: &str = "engine_probed.wasm";
/// Plays a first visit and prints the numbers of the functions that ran.
const VISIT: &str = "editor/visit.mjs";

pub fn arguments(command: clap::Command) -> clap::Command {
    command.arg(clap::arg!(<dir> "Where the page was built").value_parser(clap::value_parser!(PathBuf)))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let folder: &PathBuf = given.get_one("dir").ok_or("which folder?")?;
    let watch = Stopwatch::start();
    let bytes = std::fs::read(folder.join(WHOLE)).map_err(|error| format!("cannot read {WHOLE}: {error}"))?;
    let shape = Shape::read(&bytes)?;
    let ran = visit(folder, &probe::probed(&shape)?)?;
    let parts = cut::cut(&shape, |function| ran.contains(&function))?;
    write(folder, WHOLE, &parts.first)?;
    write(folder, REST, &parts.rest)?;
    let [first, rest, stubs, called] = parts.counts;
    println!(
        "split: {first} functions ran in a first visit, {rest} are fetched later ({stubs} stubs, {called} called back); {}",
        watch.words()
    );
    Ok(())
}

/// Runs the first visit in the probed module.
fn visit(folder: &Path, probed: &[u8]) -> Result<BTreeSet<u32>, String> {
    write(folder, PROBED, probed)?;
    let printed = process::answer("node", &[VISIT, &folder.join(PROBED).to_string_lossy()]);
    std::fs::remove_file(folder.join(PROBED)).map_err(|error| format!("cannot remove {PROBED}: {error}"))?;
    let printed = printed.ok_or_else(|| format!("`node {VISIT}` failed: it plays a first visit to find out what that needs"))?;
    printed.split_whitespace().map(|number| number.parse().map_err(|_| format!("{VISIT} printed {number}"))).collect()
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Outcome {
    std::fs::write(folder.join(name), bytes).map_err(|error| format!("cannot write {name}: {error}"))
}
