//! Recorded commands of kubeadm, each replayed on a server in its condition.
use hosts::truth::{replay, steps};
use objects::Tree;

/// Replays a recording, prints what differs, and holds how many steps match at least.
fn check(name: &str, apart: bool, least: usize) {
    let path = format!("{}/../../tests/hosts/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a recording");
    let done = replay(&steps(&Tree::from_json(&text).expect("JSON")), apart);
    for (step, outcome) in &done {
        if let Err(why) = outcome {
            println!("[{}] $ {}\n      {why}", step.condition, step.command);
        }
    }
    let good = done.iter().filter(|(_, outcome)| outcome.is_ok()).count();
    println!("{name}: {good} of {} steps match", done.len());
    assert!(good >= least, "{name}: {good} of {} steps match, fewer than {least}", done.len());
}

#[test]
fn init_refuses_what_kubeadm_refuses_in_its_words() {
    check("kubeadm-init-refused", true, 54);
}

#[test]
fn help_versions_defaults_and_images_read_as_kubeadm_prints_them() {
    check("kubeadm-help", false, 44);
}

#[test]
fn single_phases_write_certificates_kubeconfigs_and_manifests() {
    check("kubeadm-init-phases", false, 28);
}

#[test]
fn a_cluster_is_made_and_its_tokens_and_certificates_are_kept() {
    check("kubeadm-init", false, 41);
}

#[test]
fn servers_join_or_say_why_not_and_are_reset() {
    check("kubeadm-join-reset", false, 37);
}

#[test]
fn control_planes_join_or_say_why_not() {
    check("kubeadm-init-more", false, 6);
    check("kubeadm-join-control-plane", false, 7);
}

#[test]
fn a_cluster_is_planned_compared_and_upgraded() {
    check("kubeadm-upgrade", false, 12);
}
