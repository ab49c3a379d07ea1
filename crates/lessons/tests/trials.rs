//! Quizzes whose options are tried on copies of the cluster.
use lessons::Run;
use lessons::folder::{self, Compiled};
use lessons::format::{Act, Choice, Step, Trial};

fn with(choice: Choice) -> Compiled {
    let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/cluster");
    let mut compiled = folder::lesson(&at).expect("the first lesson can be read");
    compiled.lesson.steps = vec![Step { id: "which".into(), kind: "quiz".into(), choice: Some(choice), ..Step::default() }];
    compiled
}

fn trial(option: &str, line: &str) -> Trial {
    Trial { option: option.into(), act: vec![Act { run: line.into(), ..Act::default() }], span: "2s".into() }
}

fn choice(holds: &str) -> Choice {
    let trials = vec![trial("config", "kubectl create configmap a"), trial("space", "kubectl create namespace a")];
    Choice { options: vec!["config".into(), "space".into()], answer: String::new(), trials, holds: holds.into() }
}

#[test]
fn the_right_option_is_the_one_that_makes_it_true() {
    let (mut run, session) = Run::begin(with(choice("exists('ns/a')")).lesson).expect("it begins");
    run.choose("which", "config", &session).expect("it can be answered");
    assert!(!run.state().steps[0].done, "a wrong answer leaves the quiz open");
    run.choose("which", "space", &session).expect("it can be answered");
    assert!(run.state().steps[0].done);
    let tried = session.world.api.store.applied().find(objects::kinds::NAMESPACE, "", "a");
    assert!(tried.is_none(), "trials happen on copies");
}

#[test]
fn a_question_that_all_options_answer_has_no_answer() {
    let (run, session) = Run::begin(with(choice("exists('ns/a') || exists('cm/a')")).lesson).expect("it begins");
    let step = run.lesson.steps[0].clone();
    assert_eq!(run.answer(&step, &session).err().as_deref(), Some("not exactly one option of \"which\" holds"));
}

#[test]
fn an_option_that_nobody_tries_is_found_before_anybody_opens_the_lesson() {
    let mut half = choice("exists('ns/a')");
    half.trials.pop();
    let problems = folder::lint(&with(half), &[]);
    assert!(problems.iter().any(|words| words.contains("tries each of [\"config\", \"space\"]")), "{problems:?}");
}
