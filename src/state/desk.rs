//! Editor and terminal: files, drafts, problems, the line being typed.
use super::{progress, wire};
use crate::js::engine;
use crate::protocol::{Problem, ToEngine};
use cluster::input::Input;
use leptos::prelude::*;
use objects::yaml;
use std::collections::BTreeMap;

#[derive(Clone, Copy)]
pub struct Desk {
    /// The learner's files as the engine has them.
    pub files: RwSignal<Vec<(String, String)>>,
    /// Texts that differ from the files, by name.
    pub drafts: RwSignal<BTreeMap<String, String>>,
    pub open: RwSignal<String>,
    /// A text that a command wants edited: its name.
    pub editing: RwSignal<Option<String>>,
    pub problems: RwSignal<BTreeMap<String, Vec<Problem>>>,
    pub prompt: RwSignal<String>,
    pub busy: RwSignal<bool>,
    /// The line being typed.
    pub line: RwSignal<String>,
    /// What Tab found: shown when there is more than one.
    pub candidates: RwSignal<Vec<String>>,
    /// Lines sent before, oldest first.
    pub history: RwSignal<Vec<String>>,
    /// Lines of a quick start that are still to be typed.
    pub ahead: RwSignal<Vec<String>>,
    /// Goes up when the open text was changed by something else than the editor.
    pub replaced: RwSignal<u32>,
    key: RwSignal<String>,
    serial: StoredValue<u32>,
    asked_line: StoredValue<Option<(u32, String)>>,
}

impl Desk {
    pub fn new() -> Self {
        Self {
            files: RwSignal::default(),
            drafts: RwSignal::default(),
            open: RwSignal::default(),
            editing: RwSignal::new(None),
            problems: RwSignal::default(),
            prompt: RwSignal::new("~ $".to_string()),
            busy: RwSignal::new(false),
            line: RwSignal::default(),
            candidates: RwSignal::default(),
            history: RwSignal::default(),
            ahead: RwSignal::default(),
            replaced: RwSignal::new(0),
            key: RwSignal::default(),
            serial: StoredValue::new(0),
            asked_line: StoredValue::new(None),
        }
    }

    /// Begins anew for another lesson, with the drafts kept from earlier.
    pub fn reset(&self, key: &str, drafts: BTreeMap<String, String>) {
        self.key.set(key.to_string());
        self.files.set(Vec::new());
        self.drafts.set(drafts);
        self.open.set(String::new());
        self.editing.set(None);
        self.problems.set(BTreeMap::new());
        self.candidates.set(Vec::new());
        self.line.set(String::new());
        crate::js::log::clear();
    }

    pub fn next_serial(&self) -> u32 {
        self.serial.update_value(|serial| *serial += 1);
        self.serial.get_value()
    }

    pub fn set_prompt(&self, busy: bool, prompt: String) {
        if self.busy.get_untracked() != busy {
            self.busy.set(busy);
        }
        if !prompt.is_empty() {
            self.prompt.set(prompt);
        }
    }

    pub fn set_files(&self, files: Vec<(String, String)>) {
        // What was saved is no draft any more.
        self.drafts.update(|drafts| drafts.retain(|name, text| !files.iter().any(|(other, saved)| other == name && saved == text)));
        let open = self.open.get_untracked();
        if open.is_empty() || (self.editing.get_untracked().is_none() && !files.iter().any(|(name, _)| *name == open)) {
            let wanted = files
                .iter()
                .map(|(name, _)| name)
                .find(|name| name.ends_with(".yaml") || name.ends_with(".yml"))
                .or(files.first().map(|(name, _)| name));
            if let Some(name) = wanted {
                self.open.set(name.clone());
            }
        }
        self.files.set(files);
        self.replaced.update(|count| *count += 1);
    }

    pub fn set_problems(&self, name: String, problems: Vec<Problem>) {
        self.problems.update(|all| {
            all.insert(name, problems);
        });
    }

    pub fn begin_edit(&self, name: String, text: String) {
        self.drafts.update(|drafts| {
            drafts.insert(name.clone(), text);
        });
        self.editing.set(Some(name.clone()));
        self.open.set(name);
        self.replaced.update(|count| *count += 1);
    }

    /// Answers the command that wanted a text edited.
    pub fn end_edit(&self, save: bool) {
        let Some(name) = self.editing.get_untracked() else { return };
        let text = self.drafts.try_update(|drafts| drafts.remove(&name)).flatten();
        self.editing.set(None);
        let first = self.files.with_untracked(|files| files.first().map(|(name, _)| name.clone()).unwrap_or_default());
        self.open.set(first);
        self.replaced.update(|count| *count += 1);
        wire::act(Input::Edited { text: if save { text } else { None } });
    }

    /// The text of the open file: the draft, else the file.
    pub fn text(&self) -> String {
        let name = self.open.get();
        if let Some(draft) = self.drafts.with(|drafts| drafts.get(&name).cloned()) {
            return draft;
        }
        self.files.with(|files| files.iter().find(|(other, _)| *other == name).map(|(_, text)| text.clone()).unwrap_or_default())
    }

    /// The open text was typed into.
    pub fn typed(&self, text: String) {
        let name = self.open.get_untracked();
        let same = self.files.with_untracked(|files| files.iter().any(|(other, saved)| *other == name && *saved == text));
        self.drafts.update(|drafts| {
            if same {
                drafts.remove(&name);
            } else {
                drafts.insert(name, text);
            }
        });
    }

    pub fn keep_drafts(&self) {
        progress::work();
        let mut drafts = self.drafts.get_untracked();
        drafts.retain(|_, text| readable(text));
        progress::save_drafts(&self.key.get_untracked(), &drafts);
    }

    pub fn lint(&self) {
        let (name, text) = (self.open.get_untracked(), untrack(|| self.text()));
        if !name.is_empty() && (name.ends_with("ml") || name.ends_with("json")) && readable(&text) {
            engine::send(&ToEngine::Lint { serial: self.next_serial(), name, text });
        }
    }

    pub fn apply(&self) {
        if self.editing.get_untracked().is_some() {
            return self.end_edit(true);
        }
        let (name, text) = (self.open.get_untracked(), untrack(|| self.text()));
        if !name.is_empty() {
            wire::act(Input::Apply { name, text });
        }
    }

    /// Saves what was edited, so that a command reads what the learner sees.
    fn save_all(&self) {
        let editing = self.editing.get_untracked();
        for (name, text) in self.drafts.get_untracked() {
            if editing.as_deref() != Some(&name) {
                wire::act(Input::File { name, text });
            }
        }
    }

    pub fn run(&self, text: String) {
        self.candidates.set(Vec::new());
        if !text.trim().is_empty() {
            self.save_all();
            if self.ahead.with_untracked(|lines| lines.first().is_some_and(|line| *line == text)) {
                self.ahead.update(|lines| drop(lines.remove(0)));
            }
            self.history.update(|lines| {
                if lines.last() != Some(&text) {
                    lines.push(text.clone());
                }
            });
        }
        wire::line(text);
    }

    pub fn complete(&self, cursor: usize) {
        let (serial, line) = (self.next_serial(), self.line.get_untracked());
        self.asked_line.set_value(Some((serial, line.clone())));
        engine::send(&ToEngine::Complete { serial, line, cursor });
    }

    pub fn completed(&self, serial: u32, from: usize, candidates: Vec<String>) {
        let Some((asked, line)) = self.asked_line.get_value() else { return };
        // Whoever typed on does not want the old answer.
        if asked != serial || self.line.get_untracked() != line || !line.is_char_boundary(from) {
            return;
        }
        let typed = &line[from..];
        let shared = shared_start(&candidates);
        if candidates.len() == 1 {
            let end = if candidates[0].ends_with(['/', '=', ' ']) { "" } else { " " };
            self.line.set(format!("{}{}{end}", &line[..from], candidates[0]));
            self.candidates.set(Vec::new());
        } else {
            if shared.len() > typed.len() {
                self.line.set(format!("{}{shared}", &line[..from]));
            }
            self.candidates.set(candidates);
        }
    }
}

/// Larger texts are refused when they are applied: until then they are neither looked at nor kept, which would hold the page up.
fn readable(text: &str) -> bool {
    text.len() <= yaml::LARGEST
}

fn shared_start(words: &[String]) -> String {
    let mut shared = words.first().cloned().unwrap_or_default();
    for word in words {
        while !word.starts_with(&shared) {
            shared.pop();
        }
    }
    shared
}
