//! Several control planes behind one address: what a client notices when one of them goes.
use cluster::Session;
use cluster::input::{Fault, Input};
use simcore::Duration;

fn ha() -> Session {
    let mut session = Session::start("kubeadm-ha", 2, 7, Vec::new()).expect("the preset is known");
    later(&mut session, 60);
    session
}

fn later(session: &mut Session, seconds: u64) {
    session.advance(session.now() + Duration::secs(seconds), usize::MAX);
}

fn typed(session: &mut Session, line: &str) -> String {
    let before = session.world.terminal.output().len();
    session.input(Input::Line { text: line.to_string() });
    later(session, 40);
    session.world.terminal.output()[before..].to_string()
}

fn fault(session: &mut Session, fault: Fault) {
    session.input(Input::Fault { fault });
}

#[test]
fn three_control_planes_and_their_static_pods_are_there() {
    let mut session = ha();
    let nodes = typed(&mut session, "kubectl get nodes");
    assert_eq!(nodes.matches(" Ready ").count(), 5, "{nodes}");
    assert_eq!(nodes.matches("control-plane-").count(), 3, "{nodes}");
    let pods = typed(&mut session, "kubectl get pods -n kube-system");
    assert_eq!(pods.matches("kube-apiserver-control-plane-").count(), 3, "{pods}");
    assert_eq!(pods.matches("etcd-control-plane-").count(), 3, "{pods}");
}

#[test]
fn one_dead_control_plane_of_three_stops_nothing() {
    let mut session = ha();
    fault(&mut session, Fault::StopNode { node: "control-plane-1".to_string() });
    later(&mut session, 60);
    let made = typed(&mut session, "kubectl create deployment web --image=hello:v1 --replicas=3; sleep 20; kubectl get deployment web");
    assert!(made.contains("3/3"), "{made}");
    let nodes = typed(&mut session, "kubectl get nodes");
    assert_eq!(nodes.matches("NotReady").count(), 1, "{nodes}");
}

#[test]
fn two_dead_of_three_take_the_api_away_and_the_second_brings_it_back() {
    let mut session = ha();
    for node in ["control-plane-1", "control-plane-2"] {
        fault(&mut session, Fault::StopNode { node: node.to_string() });
    }
    later(&mut session, 30);
    let words = typed(&mut session, "kubectl get pods");
    assert!(words.contains("etcdserver: request timed out"), "{words}");
    fault(&mut session, Fault::StartNode { node: "control-plane-2".to_string() });
    // The next leader has to find out that the third has no heartbeat.
    later(&mut session, 120);
    let nodes = typed(&mut session, "kubectl get nodes");
    assert_eq!(nodes.matches("NotReady").count(), 1, "{nodes}");
}
