//! One truth, many ways to it: twice, from a keyframe, in a fork, from its record.
use cluster::Session;
use cluster::input::{Fault, Input, TrafficSpec};
use simcore::Duration;

fn deeds() -> Vec<(u64, Input)> {
    let line = |text: &str| Input::Line { text: text.to_string() };
    vec![
        (12, line("kubectl create deployment web --image=hello:v1 --replicas=5")),
        (20, Input::Fault { fault: Fault::StopNode { node: "worker-2".to_string() } }),
        (25, line("kubectl set image deployment/web hello=hello:v2")),
        (30, line("kubectl expose deployment web --port=80 --target-port=8080; kubectl run box --image=busybox:1.36 -- sleep infinity")),
        (35, Input::Traffic { sources: vec![users("svc/web:80", ""), users("http://web/", "run=box")], gone: Vec::new() }),
        (40, Input::Fault { fault: link() }),
        (45, line("kubectl exec box -- wget -qO- http://web/; curl -s worker-1:31000")),
        (60, line("kubectl rollout status deployment/web")),
        (90, Input::Fault { fault: Fault::StartNode { node: "worker-2".to_string() } }),
        (91, line("kubectl scale deployment web --replicas=8; kubectl get pods -o wide")),
    ]
}

fn users(to: &str, from: &str) -> TrafficSpec {
    let (id, retries, keep_alive) = (format!("users{from}"), 1, !from.is_empty());
    TrafficSpec { id, to: to.into(), from: from.into(), rps: 20, retries, keep_alive, ..TrafficSpec::default() }
}

fn link() -> Fault {
    Fault::Link { one: "worker-1".into(), other: "worker-3".into(), latency_ms: 5, loss_percent: 10 }
}

fn played(seed: u64) -> Session {
    let mut session = Session::start("kubeadm", 3, seed, Vec::new()).expect("the preset is known");
    let start = session.now();
    for (second, input) in deeds() {
        session.advance(start + Duration::secs(second), usize::MAX);
        session.input(input);
        session.step();
    }
    session.advance(start + Duration::secs(150), usize::MAX);
    session
}

#[test]
fn the_same_seed_and_deeds_give_the_same_world() {
    for seed in [1, 2, 3] {
        assert_eq!(played(seed).world.digest(), played(seed).world.digest());
    }
    assert_ne!(played(1).world.digest(), played(2).world.digest(), "another seed is another world");
}

#[test]
fn going_back_and_forth_again_ends_where_it_was() {
    let mut session = played(4);
    let (end, digest) = (session.now(), session.world.digest());
    let output = session.world.terminal.output();
    for second in [95, 21, 0, 60] {
        session.seek(simcore::Time::START + Duration::secs(second));
        assert!(session.in_past());
    }
    session.seek(end);
    assert_eq!(session.world.digest(), digest);
    assert_eq!(session.world.terminal.output(), output);
}

#[test]
fn a_fork_goes_its_own_way_and_leaves_its_parent_alone() {
    let mut session = played(5);
    let digest = session.world.digest();
    let mut fork = session.fork();
    fork.input(Input::Line { text: "kubectl delete deployment web".to_string() });
    fork.advance(fork.now() + Duration::secs(60), usize::MAX);
    assert_eq!(session.world.digest(), digest);
    let mut other = session.fork();
    let later = session.now() + Duration::secs(60);
    session.advance(later, usize::MAX);
    other.advance(later, usize::MAX);
    assert_eq!(session.world.digest(), other.world.digest());
}

#[test]
fn a_record_replays_to_the_same_world() {
    let session = played(6);
    let again = Session::replay(&session.record).expect("it fits");
    assert_eq!(again.world.digest(), session.world.digest());
    assert_eq!(again.now(), session.now());
}

#[test]
fn what_is_done_in_the_past_cuts_off_the_future() {
    let mut session = played(7);
    session.seek(simcore::Time::START + Duration::secs(30));
    session.input(Input::Line { text: "kubectl delete deployment web".to_string() });
    session.advance(simcore::Time::START + Duration::secs(120), usize::MAX);
    assert!(!session.in_past());
    assert!(session.world.api.store.applied().find(objects::kinds::DEPLOYMENT, "default", "web").is_none());
    let again = Session::replay(&session.record).expect("it fits");
    assert_eq!(again.world.digest(), session.world.digest());
}

#[test]
fn records_that_make_no_sense_are_refused_in_words() {
    let mut record = played(8).record;
    record.format = 99;
    assert!(Session::replay(&record).err().is_some_and(|words| words.contains("newer")));
    record.format = 1;
    record.inputs[0].step = u64::MAX;
    assert!(Session::replay(&record).is_err());
}
