//! The small subcommands: help for scripts, lessons, digests.
use std::process::{Command, Output};

fn kubarium(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kubarium")).args(arguments).output().expect("the binary runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn help_lists_each_subcommand_on_a_line_of_its_own() {
    let help = text(&kubarium(&["--help"]));
    let first: Vec<&str> = help.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for subcommand in ["serve", "lint", "play", "pack", "parity", "bench", "digest"] {
        assert!(first.contains(&subcommand), "{help}");
    }
}

#[test]
fn a_session_replays_to_the_same_digest() {
    let told = text(&kubarium(&["digest", "--seed", "7"]));
    let digest = told.split_whitespace().nth(3).unwrap_or_default().to_string();
    assert!(!digest.is_empty(), "{told}");
    let record = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("digest-7.json");
    std::fs::write(&record, kubarium(&["digest", "--seed", "7", "--record"]).stdout).expect("a file");
    assert_eq!(text(&kubarium(&["digest", &record.to_string_lossy()])).trim(), digest);
    assert_ne!(text(&kubarium(&["digest", "--seed", "8"])).split_whitespace().nth(3), Some(digest.as_str()));
}

#[test]
fn a_missing_course_is_an_error_in_words() {
    for subcommand in ["lint", "play"] {
        let output = kubarium(&[subcommand, "no-such-folder"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("course.yaml"));
    }
}
