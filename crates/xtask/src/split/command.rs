//! `cargo xtask split DIR`: cuts the page's and the engine's Wasm of a built page in two each. The page's build calls it.

use super::linked::Linked;
use super::shape::Shape;
use super::{cut, data, outline, probe};
use crate::stopwatch::Stopwatch;
use crate::{Outcome, process, project, setup};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A module to cut. `NAME_bg.wasm` becomes itself and `NAME_rest.wasm`.
struct Part {
    name: &'static str,
    /// Its import that brings the rest, as wasm-bindgen begins the name.
    brings: &'static str,
    /// Plays a first visit in the probed copy and prints the numbers of the places that it came to.
    visit: &'static str,
    /// Whether the visit needs a browser. Without one the module stays whole.
    browser: bool,
    /// How many bytes of a function that ran, and that the visit did not come to, are worth being fetched later.
    least: usize,
}

impl Part {
    fn files(&self) -> (String, String) {
        (format!("{}_bg.wasm", self.name), format!("{}_rest.wasm", self.name))
    }
}

/// The page's visit is played with the engine as a visitor gets it, so that comes first.
#[rustfmt::skip]
const PARTS: &[Part] = &[
    Part { name: "engine", brings: "__wbg_kubariumRest_", visit: "editor/visit-engine.mjs", browser: false, least: 120 },
    Part { name: "page", brings: "__wbg_kubariumPageRest_", visit: "editor/visit-page.mjs", browser: true, least: 300 },
];

/// A module with nothing in it.
const EMPTY: &[u8] = b"\0asm\x01\0\0\0";

pub fn arguments(command: clap::Command) -> clap::Command {
    command.arg(clap::arg!(<dir> "Where the page was built").value_parser(clap::value_parser!(PathBuf)))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let folder: &PathBuf = given.get_one("dir").ok_or("which folder?")?;
    for part in PARTS {
        if part.browser && !setup::chromium_there() {
            println!("split: the {} stays whole: no Chromium to play its first visit in (`cargo xtask setup --browser`)", part.name);
            leave(folder, part)?;
        } else {
            split(folder, part)?;
        }
    }
    Ok(())
}

/// Leaves the module in one piece, without what is for the cut alone; nobody shall ask for its rest in vain.
fn leave(folder: &Path, part: &Part) -> Outcome {
    let (whole, rest) = part.files();
    let bytes = read(folder, &whole)?;
    write(folder, &whole, &Shape::read(&bytes)?.bare()?)?;
    write(folder, &rest, EMPTY)
}

fn split(folder: &Path, part: &Part) -> Outcome {
    let watch = Stopwatch::start();
    let (whole, rest) = part.files();
    let bytes = read(folder, &whole)?;
    let shape = Shape::read(&bytes)?;
    let probed = probe::probed(&shape)?;
    let ran = visit(folder, part, &probed.module)?;
    let outlined = outline::outlined(&shape, part.least, |function, place| probed.came(&ran, function, place))?;
    let before = shape.functions.len() as u32;
    let shape = Shape::read(&outlined)?;
    // What was taken out of functions that ran follows all that there were.
    let stays = |function| function < before && probed.came(&ran, function, 0);
    let data = linked(part)?.map(|linked| data::divide(&shape, &linked, stays)).transpose()?;
    let parts = cut::cut(&shape, part.brings, data.as_ref(), stays)?;
    write(folder, &whole, &parts.first)?;
    write(folder, &rest, &parts.rest)?;
    let [first, later, stubs, called] = parts.counts;
    println!(
        "split: {first} functions of the {} ran in a first visit, {later} and pieces of functions are fetched later ({stubs} stubs, {called} called back); {}",
        part.name,
        watch.words()
    );
    Ok(())
}

/// What the linker left of the module, before wasm-bindgen and wasm-opt had it.
fn linked(part: &Part) -> Result<Option<Linked>, String> {
    let path = project::target().join("wasm32-unknown-unknown/web").join(format!("{}.wasm", part.name));
    let bytes = std::fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let linked = Linked::read(&bytes)?;
    if linked.is_none() {
        println!("split: all data of the {} stays: it was linked without --emit-relocs", part.name);
    }
    Ok(linked)
}

/// Runs the first visit in the probed module.
fn visit(folder: &Path, part: &Part, probed: &[u8]) -> Result<BTreeSet<u32>, String> {
    let (copy, script) = (format!("{}_probed.wasm", part.name), part.visit);
    write(folder, &copy, probed)?;
    let printed = process::answer("node", &[script, &folder.join(&copy).to_string_lossy()]);
    std::fs::remove_file(folder.join(&copy)).map_err(|error| format!("cannot remove {copy}: {error}"))?;
    let printed = printed.ok_or_else(|| format!("`node {script}` failed: it plays a first visit to find out what that needs"))?;
    printed.split_whitespace().map(|number| number.parse().map_err(|_| format!("{script} printed {number}"))).collect()
}

fn read(folder: &Path, name: &str) -> Result<Vec<u8>, String> {
    std::fs::read(folder.join(name)).map_err(|error| format!("cannot read {name}: {error}"))
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Outcome {
    std::fs::write(folder.join(name), bytes).map_err(|error| format!("cannot write {name}: {error}"))
}
