//! Which panels stand open, and how one comes to the front: as the lesson wants it, until the learner opens others.
use super::App;
use crate::js::document;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;
use lessons::progress::LessonState;

/// A panel as a lesson calls it, and its pane.
const PANES: [(&str, &str); 4] = [("text", "lesson"), ("cluster", "picture"), ("editor", "editor"), ("terminal", "terminal")];
/// Below this the picture and one pane are shown, and tabs for the others.
pub const NARROW: &str = "(max-width: 1099px)";

#[derive(Clone, Copy)]
pub struct Layout {
    /// Panes that a wide page leaves out.
    pub closed: RwSignal<Vec<&'static str>>,
    /// What was last wanted: the lesson, its panels, the one with the keyboard.
    wanted: StoredValue<(String, Vec<String>, String)>,
}

impl Layout {
    pub fn new() -> Self {
        Self { closed: RwSignal::default(), wanted: StoredValue::default() }
    }

    /// Follows the lesson whenever it wants something new; in between the learner's own choice stands.
    pub fn follow(self, app: App, state: &LessonState) {
        let wanted = (state.id.clone(), state.show.clone(), state.focus.clone());
        if self.wanted.with_value(|old| *old == wanted) {
            return;
        }
        let left_out = |panel: &str| !state.show.is_empty() && !state.show.iter().any(|shown| shown == panel);
        let closed: Vec<&str> = PANES.iter().filter(|(panel, _)| left_out(panel)).map(|(_, pane)| *pane).collect();
        if self.closed.with_untracked(|old| *old != closed) {
            self.closed.set(closed);
        }
        let pane = PANES.iter().find(|(panel, _)| *panel == state.focus).map(|(_, pane)| *pane);
        self.wanted.set_value(wanted);
        // A phone shows the lesson's words first, and a field with the focus would cover them with its keyboard.
        if let Some(pane) = pane
            && !document::matches(NARROW)
        {
            // Once the panes stand; until then the learner may have begun to write.
            Timeout::new(0, move || {
                if free(app) {
                    document::focus_pane(pane);
                }
            })
            .forget();
        }
    }

    /// Opens a pane, if it is closed, and puts the focus into it.
    pub fn go(self, app: App, pane: &'static str) {
        self.show(app, pane);
        Timeout::new(0, move || _ = document::focus_pane(pane)).forget();
    }

    /// Opens a pane and leaves the focus where it is.
    pub fn show(self, app: App, pane: &'static str) {
        if self.closed.with_untracked(|closed| closed.contains(&pane)) {
            self.closed.update(|closed| closed.retain(|other| *other != pane));
        }
        if pane != "picture" {
            app.course.tab.set(pane);
        }
    }
}

/// Whether the keyboard may be taken: from nothing, from the lesson's words and the head, from an empty line; never from a text.
fn free(app: App) -> bool {
    let line_is_empty = app.desk.line.with_untracked(String::is_empty);
    document::focus_is_within("body, .lesson *, .top *, .palette *") || (line_is_empty && document::focus_is_within("#terminal-line"))
}
