//! `cargo xtask size`: what a first visit loads, raw and compressed, against the budget and the committed table.

use crate::{Outcome, project};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

/// Most that a first visit may load, in bytes of brotli (quality 11).
const BUDGET: u64 = 700_000;
/// Most that the editor may add when it is opened.
const EDITOR_BUDGET: u64 = 120_000;
/// Growth over the committed table that still passes, in per cent.
const GROWTH: u64 = 5;
const TABLE: &str = "size.json";
const EDITOR: &str = "editor.js";
/// What page and engine fetch quietly when somebody first touches the page.
const RESTS: [&str; 2] = ["engine_rest.wasm", "page_rest.wasm"];
/// What is not loaded on a first visit. Everything else in dist/ counts, so that nothing new escapes the budget by itself.
const LAZY: &[&str] = &[EDITOR, RESTS[0], RESTS[1], "icon-180.png", "icon-512.png", "lessons/strategies.json", "lessons/mistakes.json"];

#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Weight {
    raw: u64,
    gz: u64,
    br: u64,
}

struct Sizes {
    first: BTreeMap<String, Weight>,
    lazy: BTreeMap<String, Weight>,
}

pub fn arguments(command: clap::Command) -> clap::Command {
    command
        .arg(clap::arg!(--json "Print JSON"))
        .arg(clap::arg!(--update "Write the sizes into size.json, the committed table"))
        .arg(clap::arg!(--check "Fail when the budget is newly missed, or on growth of more than 5 % over size.json"))
}

pub fn run(given: &clap::ArgMatches) -> Outcome {
    let sizes = measure(&project::dist())?;
    if given.get_flag("update") {
        let text = serde_json::to_string_pretty(&sizes.to_json()).map_err(|error| error.to_string())? + "\n";
        std::fs::write(project::root().join(TABLE), text).map_err(|error| format!("cannot write {TABLE}: {error}"))?;
        println!("size: {TABLE} written");
    }
    if given.get_flag("json") {
        println!("{}", sizes.to_json());
    } else {
        sizes.print();
    }
    if given.get_flag("check") { check(&sizes, &committed()?) } else { Ok(()) }
}

/// Prints the table of the page as it was last built.
pub fn print() -> Outcome {
    measure(&project::dist())?.print();
    Ok(())
}

fn committed() -> Result<Value, String> {
    let text = project::read(TABLE).map_err(|reason| format!("{reason}; `cargo xtask size --update` writes it"))?;
    serde_json::from_str(&text).map_err(|error| format!("{TABLE}: {error}"))
}

fn check(sizes: &Sizes, before: &Value) -> Outcome {
    let (total, editor) = (sizes.total(), sizes.lazy.get(EDITOR).map_or(0, |weight| weight.br));
    let editor_before = &before["lazy"][EDITOR]["br"];
    for (what, now, before, budget) in
        [("a first visit", total, &before["total_br"], BUDGET), ("the editor", editor, editor_before, EDITOR_BUDGET)]
    {
        let before = before.as_u64().ok_or_else(|| format!("{TABLE} does not say what {what} loaded"))?;
        if now > budget {
            let words = format!("{what} loads {now} bytes of brotli: over the budget of {budget}");
            // A table that is over the budget itself says that this is known: then it must only not grow.
            if before <= budget {
                return Err(words);
            }
            println!("size: KNOWN MISS: {words}");
        }
        if now * 100 > before * (100 + GROWTH) {
            return Err(format!(
                "{what} grew from {before} to {now} bytes of brotli, more than {GROWTH} %. If it is worth it: `cargo xtask size --update`"
            ));
        }
    }
    Ok(())
}

fn measure(dist: &Path) -> Result<Sizes, String> {
    let mut sizes = Sizes { first: BTreeMap::new(), lazy: BTreeMap::new() };
    let mut files = Vec::new();
    list(dist, "", &mut files).map_err(|error| format!("cannot read dist/ ({error}); `cargo xtask build` makes it"))?;
    let first_lesson = first_lesson(dist);
    for name in files {
        let bytes = std::fs::read(dist.join(&name)).map_err(|error| format!("cannot read {name}: {error}"))?;
        let other_lesson = lesson_of(&name).is_some_and(|lesson| Some(lesson) != first_lesson.as_deref());
        let place = if other_lesson || LAZY.contains(&name.as_str()) { &mut sizes.lazy } else { &mut sizes.first };
        place.insert(name, weigh(&bytes)?);
    }
    Ok(sizes)
}

/// The lesson that a newcomer gets: the first of the compiled index.
fn first_lesson(dist: &Path) -> Option<String> {
    let index: Value = serde_json::from_slice(&std::fs::read(dist.join("lessons/index.json")).ok()?).ok()?;
    Some(index[0]["id"].as_str()?.to_string())
}

/// The lesson that a file of `lessons/` belongs to.
fn lesson_of(name: &str) -> Option<&str> {
    name.strip_prefix("lessons/")?.split_once('/').map(|(lesson, _)| lesson)
}

fn list(folder: &Path, prefix: &str, files: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if name.starts_with('.') {
            continue; // what a failed build left behind
        }
        if entry.file_type()?.is_dir() { list(&entry.path(), &format!("{name}/"), files)? } else { files.push(name) }
    }
    Ok(())
}

fn weigh(bytes: &[u8]) -> Result<Weight, String> {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gz.write_all(bytes).map_err(|error| error.to_string())?;
    let gz = gz.finish().map_err(|error| error.to_string())?.len() as u64;
    let mut br = Vec::new();
    let settings = brotli::enc::BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*bytes, &mut br, &settings).map_err(|error| error.to_string())?;
    Ok(Weight { raw: bytes.len() as u64, gz, br: br.len() as u64 })
}

impl Sizes {
    fn total(&self) -> u64 {
        self.first.values().map(|weight| weight.br).sum()
    }

    fn to_json(&self) -> Value {
        let files = |map: &BTreeMap<String, Weight>| -> Map<String, Value> {
            map.iter().map(|(name, weight)| (name.clone(), json!({ "raw": weight.raw, "gz": weight.gz, "br": weight.br }))).collect()
        };
        json!({ "total_br": self.total(), "files": files(&self.first), "lazy": files(&self.lazy) })
    }

    fn print(&self) {
        println!("{:<28} {:>10} {:>9} {:>9}", "a first visit loads", "raw", "gz", "br");
        let mut sum = Weight::default();
        for (name, weight) in heaviest_first(&self.first) {
            row(name, *weight);
            sum = Weight { raw: sum.raw + weight.raw, gz: sum.gz + weight.gz, br: sum.br + weight.br };
        }
        row(&format!("together (at most {BUDGET})"), sum);
        println!("{:<28}", "later, when asked for");
        for (name, weight) in heaviest_first(&self.lazy) {
            row(name, *weight);
        }
        for rest in RESTS.iter().filter_map(|name| self.lazy.get(*name)) {
            sum = Weight { raw: sum.raw + rest.raw, gz: sum.gz + rest.gz, br: sum.br + rest.br };
        }
        println!("{:<28}", "at the first touch of the page");
        row("a first visit and the rest", sum);
    }
}

fn heaviest_first(files: &BTreeMap<String, Weight>) -> Vec<(&String, &Weight)> {
    let mut rows: Vec<_> = files.iter().collect();
    rows.sort_by_key(|(_, weight)| std::cmp::Reverse(weight.br));
    rows
}

fn row(name: &str, weight: Weight) {
    println!("  {name:<26} {:>10} {:>9} {:>9}", weight.raw, weight.gz, weight.br);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(first: u64, editor: u64) -> Sizes {
        let of = |name: &str, br| BTreeMap::from([(name.to_string(), Weight { br, ..Weight::default() })]);
        Sizes { first: of("page_bg.wasm", first), lazy: of(EDITOR, editor) }
    }

    #[test]
    fn five_per_cent_more_passes_and_six_does_not() {
        let before = sizes(100_000, 100_000).to_json();
        assert_eq!(check(&sizes(105_000, 100_000), &before), Ok(()));
        let grown = check(&sizes(106_000, 100_000), &before).unwrap_err();
        assert!(grown.starts_with("a first visit grew from 100000 to 106000"), "{grown}");
    }

    #[test]
    fn the_budget_holds_until_the_table_says_that_it_is_missed() {
        let over = check(&sizes(100_000, 120_001), &sizes(100_000, 119_000).to_json()).unwrap_err();
        assert_eq!(over, "the editor loads 120001 bytes of brotli: over the budget of 120000");
        assert!(check(&sizes(100_000, 120_001), &sizes(100_000, 120_001).to_json()).is_ok());
    }

    #[test]
    fn only_the_first_lesson_counts() {
        assert_eq!(lesson_of("lessons/01-cluster/ko.md"), Some("01-cluster"));
        assert_eq!(lesson_of("lessons/course.yaml"), None);
        assert_eq!(lesson_of("page.js"), None);
    }

    #[test]
    fn weighs_with_both_compressors() {
        let weight = weigh(&b"kube".repeat(1000)).unwrap();
        assert_eq!(weight.raw, 4000);
        assert!(weight.br < weight.gz && weight.gz < 100, "{weight:?}");
    }
}
