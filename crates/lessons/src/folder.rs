//! Reads lessons from their folders, checks what a machine can check, and compiles them. Native only.
use crate::expr;
use crate::format::{Act, Course, LENSES, Layout, Lesson, PANELS};
use crate::markdown;
use crate::progress::CourseEntry;
use crate::prose::Prose;
use std::fs;
use std::path::Path;

/// The languages that every lesson has.
pub const LANGUAGES: [&str; 2] = ["ko", "en"];

/// A lesson with its words.
#[derive(Clone, Debug)]
pub struct Compiled {
    pub lesson: Lesson,
    pub prose: Vec<Prose>,
}

/// The lessons of `course.yaml`, in its order. Each problem is one line that says where.
pub fn course(root: &Path) -> Result<Vec<Compiled>, Vec<String>> {
    let path = root.join("course.yaml");
    let text = fs::read_to_string(&path).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    let course: Course = yaml(&text).map_err(|error| vec![format!("{}: {error}", path.display())])?;
    let mut problems = Vec::new();
    let mut lessons = Vec::new();
    for name in &course.lessons {
        match lesson(&root.join(name)) {
            Ok(compiled) => lessons.push(compiled),
            Err(words) => problems.push(format!("{name}: {words}")),
        }
    }
    if problems.is_empty() { Ok(lessons) } else { Err(problems) }
}

/// One lesson's folder.
pub fn lesson(folder: &Path) -> Result<Compiled, String> {
    let mut lesson: Lesson = yaml(&read(folder, "lesson.yaml")?)?;
    for file in &mut lesson.files {
        file.text = read(folder, &file.start)?;
    }
    let fill = |acts: &mut Vec<Act>| fill(folder, acts);
    fill(&mut lesson.start)?;
    for step in &mut lesson.steps {
        fill(&mut step.solution)?;
        step.wrong.iter_mut().try_for_each(|wrong| fill(&mut wrong.steps))?;
        if let Some(outcome) = &mut step.outcome {
            fill(&mut outcome.act)?;
        }
        step.choice.iter_mut().flat_map(|choice| &mut choice.trials).try_for_each(|trial| fill(&mut trial.act))?;
        step.checks.iter_mut().try_for_each(|check| fill(&mut check.after))?;
    }
    let prose = LANGUAGES
        .iter()
        .map(|lang| markdown::read(&lesson.id, lang, &read(folder, &format!("{lang}.md"))?))
        .collect::<Result<Vec<_>, String>>()?;
    Ok(Compiled { lesson, prose })
}

/// Gives the edits of these deeds the texts of the files that they name.
pub(crate) fn fill(folder: &Path, acts: &mut [Act]) -> Result<(), String> {
    for edit in acts.iter_mut().filter_map(|act| act.edit.as_mut()).filter(|edit| !edit.from.is_empty()) {
        edit.text = read(folder, &edit.from)?;
    }
    Ok(())
}

pub(crate) fn yaml<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
    let documents = objects::yaml::read(text).map_err(|problem| problem.message)?;
    let tree = documents.into_iter().next().map(|document| document.tree).unwrap_or_default();
    serde_json::from_str(&tree.to_json()).map_err(|error| error.to_string())
}

pub(crate) fn read(folder: &Path, name: &str) -> Result<String, String> {
    fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))
}

/// What is wrong with a lesson, as far as can be seen without playing it.
pub fn lint(compiled: &Compiled, earlier: &[&str]) -> Vec<String> {
    let lesson = &compiled.lesson;
    let mut problems = Vec::new();
    for required in lesson.requires.iter().filter(|id| !earlier.contains(&id.as_str())) {
        problems.push(format!("requires \"{required}\", which does not come before it"));
    }
    problems.extend(lesson.cluster.choices().problem(&lesson.cluster.preset).map(|words| format!("cluster: {words}")));
    problems.extend(panels(&lesson.layout));
    for step in &lesson.steps {
        let at = |words: String| format!("step \"{}\": {words}", step.id);
        problems.extend(step.layout.iter().flat_map(panels).map(at));
        problems.extend((!step.lens.is_empty()).then(|| lens(&step.lens)).flatten().map(at));
        if step.kind == "task" {
            if step.hints.len() < 3 {
                problems.push(at("a task has at least three hints".to_string()));
            }
            if step.solution.is_empty() || step.wrong.is_empty() {
                problems.push(at("a task has a solution and at least one wrong answer".to_string()));
            }
        }
        let sources = step.checks.iter().flat_map(|check| [&check.expr, &check.never, &check.always]);
        let others =
            step.outcome.iter().map(|outcome| &outcome.value).chain(step.choice.iter().flat_map(|choice| [&choice.answer, &choice.holds]));
        for source in sources.chain(others).filter(|source| !source.is_empty()) {
            if let Err(words) = expr::parse(source) {
                problems.push(at(format!("\"{source}\": {words}")));
            }
        }
        if let Some(choice) = step.choice.as_ref().filter(|choice| !choice.trials.is_empty() || choice.answer.is_empty()) {
            let tried: Vec<String> = choice.trials.iter().map(|trial| trial.option.clone()).collect();
            if tried != choice.options || choice.holds.is_empty() {
                problems.push(at(format!("a quiz has an answer, or tries each of {:?} for what holds", choice.options)));
            }
        }
        for prose in &compiled.prose {
            problems.extend(words_of(step, prose).into_iter().map(|words| at(format!("{}.md {words}", prose.lang))));
        }
    }
    let ids: Vec<&str> = lesson.steps.iter().map(|step| step.id.as_str()).collect();
    for prose in &compiled.prose {
        let lenses = prose.links().into_iter().filter_map(|url| url.strip_prefix("lens:").and_then(lens));
        problems.extend(lenses.map(|words| format!("{}.md: {words}", prose.lang)));
        let found: Vec<&str> = prose.sections.iter().map(|section| section.id.as_str()).collect();
        if found != ids {
            problems.push(format!("{}.md has the sections {found:?}, the lesson the steps {ids:?}", prose.lang));
        }
    }
    problems
}

/// Panels that do not exist, and a focus that nobody could see.
fn panels(layout: &Layout) -> Vec<String> {
    let unknown = layout.show.iter().filter(|panel| !PANELS.contains(&panel.as_str()));
    let mut problems: Vec<String> = unknown.map(|panel| format!("there is no panel \"{panel}\" to show, only {PANELS:?}")).collect();
    let shown = if layout.show.is_empty() { PANELS.contains(&layout.focus.as_str()) } else { layout.show.contains(&layout.focus) };
    if !layout.focus.is_empty() && !shown {
        problems.push(format!("the focus \"{}\" is not among the panels shown", layout.focus));
    }
    problems
}

/// A lens that does not exist.
fn lens(name: &str) -> Option<String> {
    (!LENSES.contains(&name)).then(|| format!("there is no lens \"{name}\", only {LENSES:?}"))
}

/// What one language lacks for one step.
fn words_of(step: &crate::format::Step, prose: &Prose) -> Vec<String> {
    let Some(section) = prose.sections.iter().find(|section| section.id == step.id) else { return Vec::new() };
    let ids = |all: &[(String, Vec<crate::prose::Block>)]| all.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
    let mut problems = Vec::new();
    let options = step.choice.as_ref().map_or(&step.options, |choice| &choice.options);
    let told: Vec<String> = section.options.iter().map(|(id, _)| id.clone()).collect();
    if told != *options {
        problems.push(format!("has the options {told:?}, the step {options:?}"));
    }
    if ids(&section.hints) != step.hints {
        problems.push(format!("has the hints {:?}, the step {:?}", ids(&section.hints), step.hints));
    }
    let checks: Vec<String> = step.checks.iter().map(|check| check.id.clone()).collect();
    if ids(&section.fails) != checks {
        problems.push(format!("has fail texts for {:?}, the step checks {checks:?}", ids(&section.fails)));
    }
    let named: Vec<String> = section.checks.iter().map(|(id, _)| id.clone()).collect();
    if named != checks {
        problems.push(format!("names the checks {named:?}, the step has {checks:?}"));
    }
    if matches!(step.kind.as_str(), "task" | "quiz") && section.why.is_empty() {
        problems.push("has no explanation after success".to_string());
    }
    problems
}

/// Writes `index.json` and for each lesson `lesson.json`, `ko.json`, `en.json` below `out`.
pub fn pack(lessons: &[Compiled], out: &Path) -> std::io::Result<()> {
    let index: Vec<CourseEntry> = lessons.iter().map(entry).collect();
    fs::create_dir_all(out)?;
    fs::write(out.join("index.json"), serde_json::to_string(&index)?)?;
    for compiled in lessons {
        let folder = out.join(&compiled.lesson.id);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("lesson.json"), serde_json::to_string(&compiled.lesson)?)?;
        for prose in &compiled.prose {
            fs::write(folder.join(format!("{}.json", prose.lang)), serde_json::to_string(prose)?)?;
        }
    }
    Ok(())
}

fn entry(compiled: &Compiled) -> CourseEntry {
    let titles = compiled.prose.iter().map(|prose| (prose.lang.clone(), prose.title.clone())).collect();
    let lesson = &compiled.lesson;
    CourseEntry { id: lesson.id.clone(), minutes: lesson.minutes, titles, steps: lesson.steps.len() as u32 }
}
