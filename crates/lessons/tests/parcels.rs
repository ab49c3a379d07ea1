//! The small readers and writers that the page and the engine use agree with serde's, which `kubarium pack` uses.
use cluster::delta::{Delta, Lane, Mark, Message, NodeView};
use cluster::input::{Fault, Input};
use lessons::format::Lesson;
use lessons::progress::{CheckState, LessonState, StepState, Verdict};
use lessons::prose::{Block, Inline, Prose, Section};
use parcel::Parcel;
use serde::{Serialize, de::DeserializeOwned};
use std::fmt::Debug;
use std::path::Path;

/// The same text from both, and the same value back from it.
fn agree<T: Parcel + Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let text = parcel::to_text(value);
    assert_eq!(text, serde_json::to_string(value).unwrap());
    assert_eq!(parcel::from_text::<T>(&text).as_ref(), Ok(value));
}

#[test]
fn every_kind_of_value_is_written_alike() {
    let words = "quotes \" and \\, lines\n\ttabs, \u{1}, 파드 🐠".to_string();
    agree(&Input::Line { text: words.clone() });
    agree(&Input::Interrupt);
    agree(&Input::EndOfInput);
    agree(&Input::Fault { fault: Fault::KillContainer { pod: "default/web".into(), container: "web".into() } });
    let text =
        vec![Inline::Text { text: words.clone() }, Inline::Break, Inline::Strong { text: vec![Inline::Code { text: "kubectl".into() }] }];
    let blocks = vec![
        Block::Heading { level: 2, text: text.clone() },
        Block::List { ordered: true, items: vec![vec![Block::Paragraph { text: text.clone() }], vec![]] },
        Block::Table { head: vec![text.clone()], rows: vec![vec![text.clone(), vec![]]] },
        Block::Code { lang: "sh".into(), run: true, file: String::new(), text: words },
    ];
    let section =
        Section { blocks: blocks.clone(), options: vec![("2".into(), text)], hints: vec![("h".into(), blocks)], ..Section::default() };
    agree(&Prose { id: "pods".into(), sections: vec![section], ..Prose::default() });
    let checks = [Verdict::Pending, Verdict::Pass, Verdict::Fail].map(|verdict| CheckState { verdict, ..CheckState::default() });
    let faults = vec![Fault::CutNode { node: "worker-1".into() }];
    let step = StepState { checks: checks.into(), hints: (1, 3), faults, ..StepState::default() };
    agree(&LessonState { steps: vec![step], ..LessonState::default() });
    let mark = Mark { at: u64::MAX, lane: Lane::Scheduler, occurrence: u32::MAX, text: String::new(), about: "pod/default/web".into() };
    let message = Message { at: 1, from: "kubelet/worker-1".into(), to: "kube-apiserver".into(), write: true, about: String::new() };
    agree(&Delta { now: 5, whole: true, gone: vec!["pod/a/b".into()], marks: vec![mark], messages: vec![message], ..Delta::default() });
}

#[test]
fn what_may_be_missing_may_be_missing() {
    assert_eq!(parcel::from_text(r#"{"do": "edited", "text": null}"#), Ok(Input::Edited { text: None }));
    assert_eq!(parcel::from_text(r#" {"do":"line" , "text":"\ud83d\udc20\u0041\/"} "#), Ok(Input::Line { text: "🐠A/".into() }));
}

#[test]
fn what_does_not_fit_is_named() {
    let refused = |text: &str| parcel::from_text::<NodeView>(text).unwrap_err();
    assert_eq!(refused("{\"id\": 3"), "this is not JSON at byte 8");
    assert_eq!(refused("{\"id\": 3}"), "id does not fit");
    assert_eq!(parcel::from_text::<Input>("{\"do\": \"dance\"}").unwrap_err(), "do does not fit");
    assert_eq!(parcel::from_text::<Vec<u8>>("[256]").unwrap_err(), "the value does not fit");
    assert_eq!(parcel::from_text::<Vec<u8>>(&"[".repeat(5000)).unwrap_err(), "this is not JSON at byte 101");
}

/// What `kubarium pack` writes is read by the engine as what the author meant.
#[test]
fn every_lesson_survives_the_way_to_the_engine() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons");
    let all = lessons::folder::course(&root).unwrap();
    assert!(!all.is_empty());
    for compiled in all {
        let text = serde_json::to_string(&compiled.lesson).unwrap();
        assert_eq!(Lesson::from_json(&text), Ok(compiled.lesson));
        for prose in &compiled.prose {
            agree(prose);
        }
    }
}
