//! Recorded commands of kubeadm, each replayed on a server in its condition.
use hosts::truth::{Recorded, compare, replay, steps};
use objects::Tree;

fn recording(name: &str) -> Vec<Recorded> {
    let path = format!("{}/../../tests/hosts/{name}.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).expect("a recording");
    steps(&Tree::from_json(&text).expect("JSON"))
}

/// Replays steps, prints what differs, and gives how many match.
fn matching(steps: &[Recorded], only_preflight: bool) -> usize {
    let wrong: Vec<String> = steps
        .iter()
        .filter_map(|step| {
            Some(format!("[{}] $ {}\n      {}", step.condition, step.command, compare(step, &replay(step, only_preflight)).err()?))
        })
        .collect();
    wrong.iter().for_each(|one| println!("{one}"));
    println!("{} of {} steps match", steps.len() - wrong.len(), steps.len());
    steps.len() - wrong.len()
}

#[test]
fn init_refuses_what_kubeadm_refuses_in_its_words() {
    let steps = recording("kubeadm-init-refused");
    assert!(matching(&steps, true) >= 50, "of {}", steps.len());
}

#[test]
fn help_versions_defaults_and_images_read_as_kubeadm_prints_them() {
    let steps = recording("kubeadm-help");
    assert!(matching(&steps, false) >= 30, "of {}", steps.len());
}
