//! What is bounded: the history of changes, and what a viewer does who slept through it.
use cluster::{Topology, Viewer, World};
use objects::kinds;
use simcore::{Duration, Time};

fn busy() -> (World, Viewer) {
    let mut world = World::boot(&Topology::kubeadm(3), 1, Vec::new());
    world.run_until(Time::START + Duration::secs(20));
    let mut viewer = Viewer::default();
    assert!(viewer.look(&mut world).whole);
    assert!(!viewer.look(&mut world).whole);
    world.type_line("kubectl create deployment web --image=nginx:1.27 --replicas=150");
    world.run_until(Time::START + Duration::mins(2));
    (world, viewer)
}

#[test]
fn a_busy_cluster_keeps_a_bounded_history() {
    let (world, _) = busy();
    let store = &world.api.store;
    let kept = store.applied().revision() - store.compacted();
    assert!((1_000..2_500).contains(&kept), "{kept} changes kept");
}

#[test]
fn a_viewer_who_missed_what_is_forgotten_is_shown_everything_anew() {
    let (mut world, mut viewer) = busy();
    let delta = viewer.look(&mut world);
    assert!(delta.whole);
    assert_eq!(delta.pods.len(), world.api.store.applied().len(kinds::POD));
    assert!(!viewer.look(&mut world).whole);
}
