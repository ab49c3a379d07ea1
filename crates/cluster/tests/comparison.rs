//! The table of K3s beside kubeadm: measured in two worlds, and different where the model is.
use cluster::comparison::{Measured, WAYS, measure, table};
use hosts::machine::figures::{self, Figure};

fn heavier(program: &str) -> Figure {
    let figure = figures::of(program);
    Figure { pod_kib: figure.pod_kib * 2, ..figure }
}

#[test]
fn both_ways_are_measured_and_a_changed_figure_changes_its_row_alone() {
    let all: Vec<Measured> = WAYS.iter().map(|way| measure(way, 1, figures::of).unwrap_or_else(|words| panic!("{words}"))).collect();
    let rows = table(&all, figures::of);
    let text: String = rows.iter().map(|row| format!("{}: {}\n", row.id, row.cells.join(" | "))).collect();
    let (k3s, kubeadm) = (&all[0], &all[1]);
    assert!(k3s.steps < kubeadm.steps && k3s.took < kubeadm.took, "{text}");
    assert!(k3s.processes.len() < kubeadm.processes.len() && k3s.rest_kib < kubeadm.rest_kib, "{text}");
    assert_eq!((k3s.datastore.as_str(), kubeadm.datastore.as_str()), ("SQLite", "etcd"), "{text}");
    assert!(k3s.bundled.contains(&"traefik".to_string()) && !kubeadm.bundled.contains(&"traefik".to_string()), "{text}");
    assert!(k3s.ports.contains(&6443) && kubeadm.ports.contains(&2379), "{text}");
    for one in &all {
        assert!(one.survives.contains(&"service-traffic".to_string()) || !one.survives.contains(&"kubectl".to_string()), "{text}");
    }
    let other = measure(&WAYS[0], 1, heavier).expect("the same");
    let changed = table(&[other, kubeadm.clone()], heavier);
    let differing: Vec<&str> = rows.iter().zip(&changed).filter(|(old, new)| old != new).map(|(old, _)| old.id.as_str()).collect();
    assert_eq!(differing, ["memory-100"]);
    eprintln!("{text}");
}
