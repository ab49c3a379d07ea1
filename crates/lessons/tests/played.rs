//! A solution played before the learner's eyes, in the learner's own time.
use lessons::Run;
use lessons::folder;
use lessons::format::{Act, Check, Step};
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

#[test]
fn a_step_is_done_when_its_solution_has_done_all_its_deeds() {
    let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/cluster");
    let mut lesson = folder::lesson(&at).expect("the first lesson can be read").lesson;
    let types = |line: &str| Act { run: line.into(), ..Act::default() };
    let waits = Act { pass: "5s".into(), ..Act::default() };
    let holds = Check { id: "there".into(), expr: "exists('configmap/a')".into(), ..Check::default() };
    let solution = vec![types("kubectl create configmap a"), waits, types("kubectl create configmap b")];
    let task = |id: &str| Step { id: id.into(), kind: "task".into(), checks: vec![holds.clone()], ..Step::default() };
    lesson.steps = vec![Step { solution, ..task("make") }, task("next")];
    let (mut run, mut session) = Run::begin(lesson).expect("it begins");
    session.advance(session.now() + Duration::secs(40), usize::MAX);
    run.solve("make");
    let mut held_early = false;
    while run.is_playing() {
        run.play(&mut session).expect("it can be played");
        let next = session.now() + Duration::millis(100);
        session.advance(next, usize::MAX);
        run.observe(&session);
        let made_all = !run.is_playing();
        held_early |= !made_all && session.world.api.store.applied().find(objects::kinds::CONFIG_MAP, "default", "a").is_some();
        assert!(made_all || !run.notes.done.contains("make"), "done before the last deed");
    }
    assert!(held_early, "the check held while there was something left to do");
    assert!(run.notes.done.contains("make"), "done with the last deed");
}
