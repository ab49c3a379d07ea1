//! Which panels a lesson wants open, step by step.
use lessons::folder::{self, Compiled};
use lessons::format::Layout;
use lessons::markdown;
use lessons::{Run, progress::LessonState};

fn layout(show: &[&str], focus: &str) -> Layout {
    Layout { show: show.iter().map(|panel| panel.to_string()).collect(), focus: focus.to_string() }
}

fn first_lesson() -> Compiled {
    let at = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../lessons/cluster");
    folder::lesson(&at).expect("the first lesson can be read")
}

fn panels(state: &LessonState) -> (Vec<&str>, &str) {
    (state.show.iter().map(String::as_str).collect(), &state.focus)
}

#[test]
fn a_step_s_layout_holds_until_another_step_has_one() {
    let mut lesson = first_lesson().lesson;
    lesson.layout = layout(&["text"], "text");
    lesson.steps[1].layout = Some(layout(&["text", "editor"], "editor"));
    let (mut run, _session) = Run::begin(lesson).unwrap();
    assert_eq!(panels(&run.state()), (vec!["text"], "text"));
    let ids: Vec<String> = run.state().steps.iter().map(|step| step.id.clone()).collect();
    for done in &ids[..3] {
        run.notes.done.insert(done.clone());
        assert_eq!(panels(&run.state()), (vec!["text", "editor"], "editor"), "after {done}");
    }
}

#[test]
fn a_panel_that_does_not_exist_is_found_before_anybody_opens_the_lesson() {
    let mut compiled = first_lesson();
    assert_eq!(folder::lint(&compiled, &[]), [""; 0]);
    compiled.lesson.layout = layout(&["text", "console"], "text");
    compiled.lesson.steps[0].layout = Some(layout(&["text"], "terminal"));
    assert_eq!(
        folder::lint(&compiled, &[]),
        [
            r#"there is no panel "console" to show, only ["text", "cluster", "editor", "terminal"]"#.to_string(),
            r#"step "boot": the focus "terminal" is not among the panels shown"#.to_string(),
        ]
    );
}

#[test]
fn a_step_s_lens_is_asked_for_while_it_is_the_current_one() {
    let mut lesson = first_lesson().lesson;
    lesson.steps[1].lens = "rules".to_string();
    let (mut run, _session) = Run::begin(lesson).unwrap();
    assert_eq!(run.state().lens, "");
    let ids: Vec<String> = run.state().steps.iter().map(|step| step.id.clone()).collect();
    run.notes.done.insert(ids[0].clone());
    assert_eq!(run.state().lens, "rules");
    run.notes.done.insert(ids[1].clone());
    assert_eq!(run.state().lens, "", "the next step leaves the learner's own");
}

#[test]
fn a_lens_that_does_not_exist_is_found_in_steps_and_in_words() {
    let mut compiled = first_lesson();
    compiled.lesson.steps[0].lens = "x-ray".to_string();
    let words = markdown::read("cluster", "en", "# Title\n\nSee the [rules](lens:rules), [these](lens:rays).\n").unwrap();
    compiled.prose[1].intro = words.intro;
    let all = r#"["cluster", "traffic", "rules", "names", "policies", "browser", "strategy", "etcd", "health", "components", "processes", "duties"]"#;
    assert_eq!(
        folder::lint(&compiled, &[]),
        [format!(r#"step "boot": there is no lens "x-ray", only {all}"#), format!(r#"en.md: there is no lens "rays", only {all}"#),]
    );
}
