//! The recorded tables of the network: every row matches, or its table says why not.
use std::path::Path;
use std::process::Command;

fn output(arguments: &[&str], file: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).arg("truth").args(arguments).arg(file).output().expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// How many rows the table has; all of them match.
fn rows_that_match(kind: &str, file: &str) -> u64 {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/network").join(file);
    let report: serde_json::Value = serde_json::from_str(&output(&[kind, "--json"], &file)).expect("one JSON document");
    assert_eq!(report["matched"], report["total"], "{}", report["differ"]);
    report["total"].as_u64().expect("a number")
}

#[test]
fn coredns_answers_every_recorded_question() {
    assert!(rows_that_match("dns", "dns.json") > 250);
}

#[test]
fn short_names_are_searched_as_recorded() {
    assert!(rows_that_match("search", "dns.json") > 190);
}

#[test]
fn pods_get_the_recorded_resolv_conf() {
    assert!(rows_that_match("resolvconf", "resolvconf.json") >= 36);
}

#[test]
fn network_policies_let_through_what_they_should() {
    assert_eq!(rows_that_match("netpol", "netpol-recipes.json"), 6300);
    assert_eq!(rows_that_match("netpol", "netpol-random.json"), 2394);
}

#[test]
fn connections_meet_the_recorded_end() {
    assert!(rows_that_match("proxy", "proxy-traffic.json") > 250);
}

#[test]
fn the_rules_of_every_recorded_service_read_as_they_did() {
    assert_eq!(rows_that_match("proxy", "proxy-iptables.json"), 57);
    assert_eq!(rows_that_match("proxy", "proxy-nftables.json"), 125);
}

#[test]
fn a_row_that_differs_is_shown() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("wrong.json");
    let table = r#"{"cluster": {"namespaces": {"x": {}}, "external": [], "probes": [[80, "TCP"]],
        "pods": [{"namespace": "x", "name": "a", "ip": "10.0.0.1", "labels": {}, "ports": []},
                 {"namespace": "x", "name": "b", "ip": "10.0.0.2", "labels": {}, "ports": []}]},
        "cases": [{"name": "odd", "policies": [], "matrix": [["=i", ".="]]}]}"#;
    std::fs::write(&file, table).expect("a file");
    let text = output(&["netpol", "-v"], &file);
    assert_eq!(text, "- odd: from x/a to port 80/TCP\n  wanted =i\n  got    =.\ntruth: 1/2 rows match (50.0 %)\n");
}
