//! A solution played before the learner's eyes, in the learner's own time.
use lessons::Run;
use lessons::folder;
use lessons::format::{Act, Step};
use simcore::Duration;

#[test]
fn a_played_solution_waits_as_long_as_it_says() {
    let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/cluster");
    let mut lesson = folder::lesson(&at).expect("the first lesson can be read").lesson;
    let waits = Act { pass: "6s".into(), ..Act::default() };
    let types = Act { run: "kubectl create configmap a".into(), ..Act::default() };
    lesson.steps = vec![Step { id: "wait".into(), kind: "task".into(), solution: vec![waits, types], ..Step::default() }];
    let (mut run, mut session) = Run::begin(lesson).expect("it begins");
    let began = session.now();
    run.solve("wait");
    while run.is_playing() {
        run.play(&mut session).expect("it can be played");
        let next = session.now() + Duration::millis(100);
        session.advance(next, usize::MAX);
    }
    let waited = session.now().since(began);
    assert!(waited >= Duration::secs(6) && waited < Duration::secs(7), "it waited {waited:?}");
}
