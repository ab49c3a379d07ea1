//! In Wasm, under wasm-bindgen's runner: the world is a value there too, and gives what it gives elsewhere.
#![cfg(target_arch = "wasm32")]
use cluster::Session;
use cluster::input::Input;
use lessons::Run;
use lessons::format::Lesson;
use simcore::{Duration, Time};
use wasm_bindgen_test::wasm_bindgen_test;

fn played(seed: u64) -> Session {
    let mut session = Session::start("kubeadm", 3, seed, Vec::new()).expect("the preset is known");
    session.advance(Time::START + Duration::secs(15), usize::MAX);
    session.input(Input::Line { text: "kubectl create deployment web --image=hello:v1 --replicas=4".to_string() });
    session.advance(Time::START + Duration::secs(40), usize::MAX);
    session
}

#[wasm_bindgen_test]
fn a_deployment_comes_alive() {
    let mut session = played(1);
    session.input(Input::Line { text: "kubectl get deployment web --no-headers".to_string() });
    session.advance(Time::START + Duration::secs(42), usize::MAX);
    assert!(session.world.terminal.output().contains("4/4"));
}

#[wasm_bindgen_test]
fn the_same_twice_from_a_record_and_after_a_seek() {
    let mut session = played(2);
    let digest = session.world.digest();
    assert_eq!(digest, played(2).world.digest());
    assert_eq!(digest, Session::replay(&session.record).expect("it fits").world.digest());
    session.seek(Time::START + Duration::secs(16));
    session.seek(Time::START + Duration::secs(40));
    assert_eq!(digest, session.world.digest());
}

#[wasm_bindgen_test]
fn a_lesson_from_a_stranger_is_refused_in_words() {
    assert!(Lesson::from_json("{\"format\": 99}").is_err());
    assert!(Lesson::from_json("not even JSON").is_err_and(|words| words.contains("cannot be read")));
    let lesson = r#"{"format":1,"id":"x","version":1,"minutes":1,"cluster":{"preset":"nowhere","nodes":3,"seed":1},"steps":[]}"#;
    assert!(Run::begin(Lesson::from_json(lesson).expect("it is a lesson")).is_err_and(|words| words.contains("nowhere")));
}
