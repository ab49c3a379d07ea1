//! The recordings that CI holds: no fewer outputs may match than the committed floor says.
use std::path::{Path, PathBuf};
use std::process::Command;

fn kubarium(arguments: &[&str]) -> (String, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).args(arguments).output().expect("the binary runs");
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.success())
}

fn golden() -> PathBuf {
    recorded("golden")
}

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests").join(name)
}

#[test]
fn matches_at_least_what_it_did() {
    reaches_its_floor(&golden());
}

#[test]
fn services_and_endpoints_match_at_least_what_they_did() {
    reaches_its_floor(&recorded("golden-net"));
}

fn reaches_its_floor(folder: &Path) {
    let (json, _) = kubarium(&["parity", &folder.to_string_lossy(), "--json"]);
    let report: serde_json::Value = serde_json::from_str(&json).expect("one JSON document");
    let floor: u64 = std::fs::read_to_string(folder.join("floor.txt")).expect("a floor").trim().parse().expect("a number");
    let matched = report["matched"].as_u64().expect("a number");
    let scenarios = report["scenarios"].as_array().expect("a list");
    let table: Vec<String> = scenarios.iter().map(|one| format!("{} {}/{}", one["name"], one["matched"], one["total"])).collect();
    println!("{matched} of {} match, the floor is {floor}\n{}", report["total"], table.join("\n"));
    assert!(matched >= floor, "{matched} outputs match, {floor} did before; see `kubarium parity {} -v`", folder.display());
}

/// A directory with one scenario whose second output was never printed by any cluster.
fn doubtful() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doubtful");
    let recorded = folder.join("one/recorded");
    std::fs::create_dir_all(&recorded).expect("a folder");
    let steps = r#"[{"step": 1, "cmd": "kubectl get pods", "rc": 0, "stdout": "", "stderr": "No resources found in one namespace.\n", "at": 0.4},
        {"step": 2, "cmd": "kubectl get unicorns", "rc": 0, "stdout": "NAME\nsparkle\n", "stderr": "", "at": 0.6}]"#;
    let scenario = "id: one\ntitle: Doubtful\nsteps:\n- run: kubectl get pods\n- run: kubectl get unicorns\n";
    for (name, text) in [("scenario.yaml", scenario), ("recorded/steps.json", steps), ("recorded/names.json", "{}")] {
        std::fs::write(folder.join("one").join(name), text).expect("a file");
    }
    folder
}

#[test]
fn the_last_line_counts_and_the_difference_is_readable() {
    let (text, ok) = kubarium(&["parity", &doubtful().to_string_lossy(), "-v"]);
    assert!(ok);
    assert_eq!(text.lines().last(), Some("parity: 1/2 outputs match (50.0 %)"), "{text}");
    assert!(text.contains("      - sparkle") && text.contains("exit code: golden 0, ours 1"), "{text}");
    let (json, _) = kubarium(&["parity", &doubtful().to_string_lossy(), "--json"]);
    let report: serde_json::Value = serde_json::from_str(&json).expect("one JSON document");
    assert_eq!(report["scenarios"][0]["steps"][1]["match"], false);
    assert_eq!((report["matched"].as_u64(), report["total"].as_u64()), (Some(1), Some(2)));
}

#[test]
fn side_by_side_each_has_its_own_namespace_and_twice_the_same_is_said() {
    let run = || kubarium(&["parity", &golden().to_string_lossy(), "rs-basic", "sched-affinity", "apply-3way", "--together", "--json"]).0;
    let text = run();
    let report: serde_json::Value = serde_json::from_str(&text).expect("one JSON document");
    let names: Vec<&str> = report["scenarios"].as_array().expect("a list").iter().filter_map(|one| one["name"].as_str()).collect();
    assert_eq!(names, ["apply-3way", "rs-basic", "sched-affinity"]);
    assert!(report["matched"].as_u64() > Some(15), "{text}");
    assert_eq!(run(), text);
}

#[test]
fn an_unknown_scenario_is_an_error_in_words() {
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium"))
        .args(["parity", &golden().to_string_lossy(), "no-such"])
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no scenario"));
}
