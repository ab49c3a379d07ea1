//! The recorded network tables that CI holds.
use std::path::Path;
use std::process::Command;

/// The last line that `kubarium truth KIND FILE` prints.
fn truth(kind: &str, file: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/network").join(file);
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).args(["truth", kind]).arg(file).output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().last().unwrap_or_default().to_string()
}

#[test]
fn network_policies_let_through_what_they_should() {
    assert_eq!(truth("netpol", "netpol-recipes.json"), "truth: 6300/6300 rows match (100.0 %)");
    assert_eq!(truth("netpol", "netpol-random.json"), "truth: 2394/2394 rows match (100.0 %)");
}

#[test]
fn a_row_that_differs_is_shown() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong.json");
    let table = r#"{"cluster": {"namespaces": {"x": {}}, "external": [], "probes": [[80, "TCP"]],
        "pods": [{"namespace": "x", "name": "a", "ip": "10.0.0.1", "labels": {}, "ports": []},
                 {"namespace": "x", "name": "b", "ip": "10.0.0.2", "labels": {}, "ports": []}]},
        "cases": [{"name": "odd", "policies": [], "matrix": [["=i", ".="]]}]}"#;
    std::fs::write(&file, table).expect("a file");
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).args(["truth", "netpol", "-v"]).arg(file).output().expect("the binary runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(text, "odd: from x/a to port 80/TCP\n  - =i\n  + =.\ntruth: 1/2 rows match (50.0 %)\n");
}
