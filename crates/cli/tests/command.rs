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
    for subcommand in ["serve", "lint", "play", "pack", "parity", "strategies", "bench", "digest"] {
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
fn strategies_are_rows_of_numbers_by_name() {
    let dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../lessons/strategies");
    let output = kubarium(&["strategies", "--dir", dir, "--seeds", "2", "--json", "--hold", "--only", "blue-green", "--only", "shadow"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all: serde_json::Value = serde_json::from_str(&text(&output)).expect("JSON");
    for (name, v2) in [("blue-green", true), ("shadow", false)] {
        let rows = all[name].as_array().expect("rows");
        assert_eq!(rows.iter().map(|row| row["seed"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(2)]);
        for row in rows {
            assert!(row["requests"].as_u64() > Some(2_000) && row["failed"] == 0, "{row}");
            assert_eq!((row["full_ms"].is_u64(), row["v2_share"].as_f64() > Some(0.5)), (v2, v2), "{row}");
            assert!(row["extra_pod_seconds"].as_f64() > Some(100.0) && row["rollback_ms"].is_u64(), "{row}");
        }
    }
}

#[test]
fn a_missing_course_is_an_error_in_words() {
    for subcommand in ["lint", "play"] {
        let output = kubarium(&[subcommand, "no-such-folder"]);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("course.yaml"));
    }
}
