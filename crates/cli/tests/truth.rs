//! The recorded tables of the network: every row matches, or its table says why not.
use std::path::Path;
use std::process::Command;

/// The table's rows and how many of them match.
fn truth(kind: &str, file: &str) -> (u64, u64, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/network").join(file);
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).args(["truth", kind, "--json"]).arg(file).output().expect("the binary runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one JSON document");
    (report["matched"].as_u64().expect("a number"), report["total"].as_u64().expect("a number"), report["wrong"].to_string())
}

#[test]
fn coredns_answers_every_recorded_question() {
    let (matched, total, wrong) = truth("dns", "dns.json");
    assert!(total > 250);
    assert_eq!(matched, total, "{wrong}");
}

#[test]
fn short_names_are_searched_as_recorded() {
    let (matched, total, wrong) = truth("search", "dns.json");
    assert!(total > 190);
    assert_eq!(matched, total, "{wrong}");
}

#[test]
fn pods_get_the_recorded_resolv_conf() {
    let (matched, total, wrong) = truth("resolvconf", "resolvconf.json");
    assert!(total >= 36);
    assert_eq!(matched, total, "{wrong}");
}
