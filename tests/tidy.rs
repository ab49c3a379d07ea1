//! The house rules that a machine can hold: captions, file lengths, arrows between crates, banned words.
#![cfg(not(target_arch = "wasm32"))]
use std::fs;
use std::path::{Path, PathBuf};

/// Which crates each crate may use: the picture of ARCHITECTURE.md.
const ARROWS: [(&str, &[&str]); 15] = [
    ("simcore", &[]),
    ("objects", &[]),
    ("parcel", &["simcore"]),
    ("apiserver", &["objects", "simcore"]),
    ("controlplane", &["apiserver", "objects", "simcore"]),
    ("dataplane", &["apiserver", "objects", "simcore"]),
    ("gateway", &["apiserver", "controlplane", "dataplane", "objects", "simcore"]),
    ("etcd", &["simcore"]),
    ("hosts", &["filters", "objects", "shell", "simcore"]),
    ("kubectl", &["filters", "objects", "shell", "simcore"]),
    ("filters", &[]),
    ("shell", &[]),
    (
        "cluster",
        &["apiserver", "controlplane", "dataplane", "etcd", "gateway", "hosts", "kubectl", "objects", "parcel", "shell", "simcore"],
    ),
    ("lessons", &["apiserver", "cluster", "kubectl", "objects", "parcel", "simcore"]),
    ("cli", &["apiserver", "cluster", "controlplane", "dataplane", "etcd", "hosts", "kubectl", "lessons", "objects", "parcel", "simcore"]),
];

/// The longest a source file may be; generated tables are data.
const LINES_MAX: usize = 700;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            if !path.ends_with("target") && !path.ends_with("node_modules") {
                sources(&path, found);
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    ["src", "crates", "tests"].iter().for_each(|folder| sources(&root().join(folder), &mut found));
    found.sort();
    found.into_iter().map(|path| (path.clone(), fs::read_to_string(&path).unwrap_or_default())).collect()
}

#[test]
fn every_file_begins_with_its_caption() {
    let bare: Vec<_> = all_sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    assert!(bare.is_empty(), "no caption on line 1: {bare:#?}");
}

#[test]
fn no_file_needs_a_long_scroll() {
    let long: Vec<_> = all_sources()
        .into_iter()
        .filter(|(_, text)| !text.contains("@generated"))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES_MAX)
        .collect();
    assert!(long.is_empty(), "longer than {LINES_MAX} lines: {long:#?}");
}

#[test]
fn crates_use_only_what_lies_below_them() {
    let names: Vec<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    for (name, allowed) in ARROWS {
        let manifest = fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).expect("a manifest");
        let dependencies = manifest.split("[dependencies]").nth(1).unwrap_or("").split("[dev-dependencies]").next().unwrap_or("");
        for other in &names {
            let used =
                dependencies.lines().any(|line| line.starts_with(&format!("{other}.workspace")) || line.starts_with(&format!("{other} =")));
            assert!(!used || allowed.contains(other), "{name} uses {other}, which does not lie below it");
        }
    }
}

#[test]
fn nothing_is_left_undone_in_the_code() {
    let words = ["todo!(", "unimplemented!(", "#[ignore"];
    let me = root().join("tests").join("tidy.rs");
    let found: Vec<_> = all_sources()
        .into_iter()
        .filter(|(path, _)| *path != me)
        .flat_map(|(path, text)| words.iter().filter(|word| text.contains(**word)).map(|word| (path.clone(), *word)).collect::<Vec<_>>())
        .collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn the_core_knows_no_clock_no_chance_and_no_hash_order() {
    let core = [
        "simcore",
        "parcel",
        "objects",
        "apiserver",
        "controlplane",
        "dataplane",
        "gateway",
        "etcd",
        "cluster",
        "kubectl",
        "lessons",
        "hosts",
        "shell",
        "filters",
    ];
    let words = ["Instant::now", "SystemTime::now", "thread::spawn", "thread::sleep", "HashMap", "HashSet", "rand::rng("];
    for (path, text) in all_sources() {
        let in_core = core.iter().any(|name| path.starts_with(root().join("crates").join(name).join("src")));
        for word in words.iter().filter(|_| in_core) {
            assert!(!text.contains(*word), "{} says {word}", path.display());
        }
    }
}
