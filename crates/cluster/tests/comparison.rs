//! The table of K3s beside kubeadm: measured in two worlds, and different where the model is.
use cluster::Session;
use cluster::comparison::{Live, Measured, WAYS, Way, measure, table};
use cluster::input::Input;
use hosts::machine::figures::{self, Figure};
use simcore::Duration;

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

/// A session on three bare servers into whose terminal the way's lines were typed, each once the one before has ended.
fn typed_in(way: &Way) -> Session {
    let mut session = Session::start("bare", 3, 1, Vec::new()).expect("a preset");
    session.advance(session.now() + Duration::secs(30), usize::MAX);
    for text in way.typed(&session.world.servers()) {
        session.input(Input::Line { text });
        while session.world.busy() {
            session.step();
        }
    }
    session.advance(session.now() + Duration::mins(3), usize::MAX);
    session
}

fn looked_at(session: &Session) -> Session {
    let mut session = session.clone();
    session.input(Input::Line { text: "ssh node-1 ps aux".to_string() });
    while session.world.busy() {
        session.step();
    }
    session
}

fn cell(live: &mut Live, session: &Session, id: &str) -> Vec<String> {
    let rows = live.rows(session, figures::of);
    rows.into_iter().find(|row| row.id == id).map(|row| row.cells).unwrap_or_default()
}

#[test]
fn a_learners_own_two_worlds_fill_the_table_as_they_stand() {
    let bare = Session::start("bare", 3, 1, Vec::new()).expect("a preset");
    let nothing: Vec<String> =
        Live::default().rows(&bare, figures::of).into_iter().filter(|row| !row.cells.is_empty()).map(|row| row.id).collect();
    assert_eq!(nothing, ["steps"], "without a cluster there is nothing to measure but what was typed");
    let mut stores = Vec::new();
    for way in &WAYS {
        let session = typed_in(way);
        let mut live = Live::default();
        let printed = session.world.terminal.output();
        let mut now = |id: &str| cell(&mut live, &session, id);
        assert_eq!(now("steps"), [way.typed(&session.world.servers()).len().to_string()], "{printed}");
        assert_eq!(now("minutes").len(), 1, "{}: {printed}", way.id);
        assert_eq!(now("memory-100"), Vec::<String>::new(), "only on demand");
        stores.push(now("datastore").concat());
        // Containers of Pods do not count, also where somebody has looked at them.
        let looked = looked_at(&session);
        assert_eq!(cell(&mut Live::default(), &looked, "processes"), now("processes"));
        let digest = session.world.digest();
        live.load(&session, figures::of);
        live.stop_server(&session);
        assert_eq!(session.world.digest(), digest, "what is tried is tried in a copy");
        assert_eq!(cell(&mut live, &session, "memory-100").len(), 2);
        let survives = cell(&mut live, &session, "server-stops");
        // Half of K3s's Pods were on the server, for it takes users' Pods; kubeadm's taint keeps them on the worker.
        assert_eq!(survives[0].contains("service-traffic"), way.id == "kubeadm", "{survives:?}");
        assert!(!survives[0].contains("kubectl") && !survives[0].contains("self-healing"), "{survives:?}");
        let before = live.rows(&session, figures::of);
        live.load(&session, heavier);
        let after = live.rows(&session, figures::of);
        let changed: Vec<&str> = before.iter().zip(&after).filter(|(old, new)| old != new).map(|(old, _)| old.id.as_str()).collect();
        assert_eq!(changed, ["memory-100"]);
        eprintln!("{}: {}", way.id, after.iter().map(|row| format!("\n  {} {}", row.id, row.cells.join(" @ "))).collect::<String>());
    }
    assert_eq!(stores, ["SQLite", "etcd"]);
}
