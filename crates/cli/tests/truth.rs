//! `kubarium truth` on the recorded tables of this repository: how well our network matches a real one.
use std::process::Command;

/// The last line that is printed, with what differs before it.
fn truth(kind: &str, file: &str) -> String {
    let path = format!("{}/../../tests/network/{file}", env!("CARGO_MANIFEST_DIR"));
    let output = Command::new(env!("CARGO_BIN_EXE_kubarium")).args(["truth", kind, &path, "-v"]).output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim_end().to_string()
}

#[test]
fn every_recorded_connection_to_a_service_ends_as_it_did_in_both_modes() {
    assert_eq!(truth("proxy", "proxy-traffic.json"), "truth: 274/274 rows match (100.0 %)");
}

#[test]
fn the_rules_of_every_recorded_service_read_as_they_did() {
    assert_eq!(truth("proxy", "proxy-iptables.json"), "truth: 57/57 rows match (100.0 %)");
    assert_eq!(truth("proxy", "proxy-nftables.json"), "truth: 125/125 rows match (100.0 %)");
}
