//! Recorded commands of kubeadm, each replayed on a server in its condition.
use hosts::Machine;
use hosts::run::{Login, run};
use hosts::truth::{Fake, replay, steps};
use objects::Tree;
use simcore::Time;

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

#[test]
fn each_page_of_help_is_kubeadms_to_the_letter() {
    let sums = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/hosts/kubeadm-help-sums.txt")).expect("sums");
    let mut machine = Machine::prepared("node-1", "10.0.0.10", "v1.37.2", 7, simcore::Time::START);
    let mut wrong = Vec::new();
    for (sum, command) in sums.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' ')) {
        let line = format!("kubeadm {command} --help");
        let ran = run(&mut machine, &mut Login::new("root"), Time::START, &line, &mut Fake::new());
        let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        if format!("{:016x}", ran.stdout.bytes().fold(0xcbf2_9ce4_8422_2325, fnv)) != sum || !ran.stderr.is_empty() {
            wrong.push(command);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
