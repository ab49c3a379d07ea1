//! Which lesson is open, its words and how far it is.
use super::{App, progress};
use crate::js::{document, engine, fetch};
use crate::protocol::ToEngine;
use leptos::prelude::*;
use lessons::progress::{CourseEntry, LessonState, StepState};
use lessons::prose::{Block, Prose, Section};
use std::sync::Arc;
use wasm_bindgen_futures::spawn_local;

#[derive(Clone, PartialEq)]
pub enum Route {
    Lesson(String),
    /// A cluster without tasks, of one of `SANDBOXES`.
    Sandbox(&'static str),
    /// Two clusters beside each other, each in a frame of this page.
    Lab,
    /// One of `WAYS` in such a frame.
    Pane(&'static str),
}

/// Ways to a cluster that the lab has side by side, left and right.
pub const WAYS: [&str; 2] = ["k3s", "kubeadm"];
/// The preset that both begin with.
const BARE: &str = "bare";

/// Presets that can be played with freely, the usual one first.
pub const SANDBOXES: [&str; 11] =
    ["kubeadm", "kubeadm-edge", "kubeadm-ha", "k3s", "k3s-ha", "bare", "bare-prepared", "managed", "gke", "eks", "aks"];

/// The sandbox of a preset; the usual one for any other word.
fn sandbox(preset: &str) -> Route {
    Route::Sandbox(SANDBOXES.iter().find(|name| **name == preset).copied().unwrap_or(SANDBOXES[0]))
}

#[derive(Clone, Copy)]
pub struct Course {
    pub index: RwSignal<Vec<CourseEntry>>,
    pub route: RwSignal<Route>,
    pub prose: RwSignal<Option<Arc<Prose>>>,
    pub state: RwSignal<LessonState>,
    /// Which pane a narrow page shows.
    pub tab: RwSignal<&'static str>,
    /// The words of a known mistake that is seen, by language; empty for none.
    pub mistake: RwSignal<Vec<(String, Vec<Block>)>>,
    lesson: StoredValue<String>,
}

/// The lesson for a first visit.
const FIRST: &str = "cluster";

fn route_now() -> Route {
    if let Some(way) = document::parameter("pane").and_then(|way| WAYS.into_iter().find(|known| *known == way)) {
        return Route::Pane(way);
    }
    if document::parameter("lab").is_some() {
        return Route::Lab;
    }
    if let Some(preset) = document::parameter("sandbox") {
        return sandbox(&preset);
    }
    match document::parameter("lesson").filter(|id| fit(id)).or_else(progress::last).as_deref() {
        Some("sandbox") => sandbox(""),
        Some(id) if id.starts_with("sandbox-") => sandbox(&id["sandbox-".len()..]),
        Some(id) if fit(id) => Route::Lesson(id.to_string()),
        _ => Route::Lesson(String::new()),
    }
}

/// Whether a lesson's text, or a sandbox's preset, has servers on which a cluster is installed.
pub fn begins_bare(lesson: &str) -> bool {
    let preset = lesson.split_once("\"preset\":\"").map_or(lesson, |(_, rest)| rest);
    preset.starts_with("bare") || preset.starts_with("k3s")
}

/// A lesson's id becomes part of an address: nothing else than a folder's plain name.
fn fit(id: &str) -> bool {
    !id.is_empty() && id.len() < 80 && id.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '-')
}

impl Course {
    pub fn new() -> Self {
        Self {
            index: RwSignal::default(),
            route: RwSignal::new(route_now()),
            prose: RwSignal::new(None),
            state: RwSignal::default(),
            tab: RwSignal::new("lesson"),
            mistake: RwSignal::default(),
            lesson: StoredValue::new(String::new()),
        }
    }

    /// What this lesson's memory is kept under.
    pub fn key(&self) -> String {
        match self.route.get_untracked() {
            Route::Lesson(id) => id,
            Route::Sandbox(preset) if preset == SANDBOXES[0] => "sandbox".to_string(),
            Route::Sandbox(preset) => format!("sandbox-{preset}"),
            Route::Lab => "lab".to_string(),
            Route::Pane(way) => format!("lab-{way}"),
        }
    }

    /// The way that this frame of the lab is for.
    pub fn pane(&self) -> Option<&'static str> {
        self.route.with_untracked(|route| if let Route::Pane(way) = route { Some(*way) } else { None })
    }

    /// Loads the list of lessons, then the lesson of the address.
    pub fn begin(self, app: App) {
        gloo_events::EventListener::new(&document::window(), "popstate", move |_| {
            self.route.set(route_now());
            self.load(app);
        })
        .forget();
        spawn_local(async move {
            match fetch::json::<Vec<CourseEntry>>("lessons/index.json").await {
                Ok(index) => self.index.set(index),
                Err(_) => self.index.set(Vec::new()),
            }
            let first = self.index.with_untracked(|index| index.first().map(|entry| entry.id.clone()));
            let known = |id: &String| self.index.with_untracked(|index| index.iter().any(|entry| entry.id == *id));
            if let Route::Lesson(id) = self.route.get_untracked()
                && !known(&id)
            {
                if let Some(asked) = document::parameter("lesson").filter(|asked| *asked == id) {
                    let words = app.prefs.words_now();
                    app.notices.banner.set(Some(((words.unknown_lesson)(&asked), words.first_instead.to_string())));
                }
                self.route.set(Route::Lesson(first.unwrap_or_else(|| FIRST.to_string())));
            }
            if let Some(asked) = document::parameter("sandbox").filter(|asked| !asked.is_empty() && !SANDBOXES.contains(&asked.as_str())) {
                let words = app.prefs.words_now();
                app.notices.banner.set(Some(((words.unknown_sandbox)(&asked), words.usual_instead.to_string())));
            }
            self.load(app);
        });
    }

    /// Goes to another lesson and says so in the address.
    pub fn go(self, app: App, route: Route) {
        document::go_to(&match &route {
            Route::Lesson(id) => format!("?lesson={id}"),
            Route::Sandbox(preset) if *preset == SANDBOXES[0] => "?sandbox".to_string(),
            Route::Sandbox(preset) => format!("?sandbox={preset}"),
            Route::Lab => "?lab=k3s-kubeadm".to_string(),
            Route::Pane(way) => format!("?pane={way}"),
        });
        self.route.set(route);
        self.load(app);
    }

    /// Begins what the route names, as far as it was kept; this tab keeps it from now on.
    pub fn load(self, app: App) {
        let key = self.key();
        app.keeper.take(app, key.clone());
        let memory = progress::kept(&key);
        if self.pane().is_none() {
            progress::save_last(&key);
        }
        app.world.unpick();
        app.desk.reset(&key, memory.drafts);
        app.network.reset();
        self.prose.set(None);
        self.state.set(LessonState::default());
        app.layout.follow(app, &LessonState::default());
        let route = self.route.get_untracked();
        spawn_local(async move {
            let lesson = match &route {
                Route::Sandbox(preset) => preset.to_string(),
                Route::Lab | Route::Pane(_) => BARE.to_string(),
                Route::Lesson(id) => match fetch::text(&format!("lessons/{id}/lesson.json")).await {
                    Ok(text) => text,
                    Err(reason) => {
                        app.notices.banner.set(Some((app.prefs.words_now().no_lesson.to_string(), reason)));
                        String::new()
                    }
                },
            };
            if self.route.get_untracked() != route {
                return;
            }
            self.lesson.set_value(lesson);
            self.open(app);
            self.load_prose(app);
        });
    }

    /// Fetches the words in the language of the moment; the cluster goes on.
    pub fn load_prose(self, app: App) {
        let Route::Lesson(id) = self.route.get_untracked() else { return };
        let lang = app.prefs.lang.get_untracked();
        spawn_local(async move {
            let found = fetch::json::<Prose>(&format!("lessons/{id}/{}.json", lang.code())).await;
            if let Ok(prose) = found
                && app.prefs.lang.get_untracked() == lang
                && self.key() == id
            {
                self.prose.set(Some(Arc::new(prose)));
            }
        });
    }

    fn open(self, app: App) {
        if self.pane().is_some() {
            super::pane::begin();
        }
        let saved = progress::kept(&self.key()).log;
        let lang = app.prefs.lang.get_untracked().code().to_string();
        engine::send(&ToEngine::Open { lesson: self.lesson.get_value(), saved, lang });
        self.mistake.set(Vec::new());
        if self.lesson.with_value(|lesson| begins_bare(lesson)) {
            self.load_mistakes();
        }
    }

    /// Fetches the hints about known mistakes. Without them the lesson goes on.
    fn load_mistakes(self) {
        let key = self.key();
        spawn_local(async move {
            if let Ok(table) = fetch::text("lessons/mistakes.json").await
                && self.key() == key
            {
                engine::send(&ToEngine::Mistakes { table });
            }
        });
    }

    /// After the engine died: the same lesson, restored from its log.
    pub fn reopen(self, app: App) {
        self.open(app);
    }

    /// Everything from the start, forgotten.
    pub fn restart(self, app: App) {
        progress::forget(&self.key());
        app.desk.reset(&self.key(), Default::default());
        app.network.reset();
        app.world.unpick();
        self.mistake.set(Vec::new());
        engine::send(&ToEngine::Reset);
    }

    pub fn set_state(&self, app: App, state: LessonState) {
        let words = app.prefs.words_now();
        let before = self.state.get_untracked();
        if state.id == before.id {
            for (step, old) in state.steps.iter().zip(&before.steps) {
                if step.done && !old.done {
                    let title = self.section(&step.id).map(|section| section.title).unwrap_or_default();
                    app.notices.say((words.step_done)(&title));
                }
            }
        }
        if !state.steps.is_empty() {
            let done = state.steps.iter().filter(|step| step.done).count() as u32;
            progress::save_steps(&self.key(), done, state.steps.len() as u32);
        }
        app.layout.follow(app, &state);
        app.network.wish(app, &state);
        self.state.set(state);
    }

    pub fn section(&self, id: &str) -> Option<Section> {
        self.prose.with_untracked(|prose| prose.as_ref()?.sections.iter().find(|section| section.id == id).cloned())
    }

    pub fn step(&self, id: &str) -> Option<StepState> {
        self.state.with(|state| state.steps.iter().find(|step| step.id == id).cloned())
    }

    /// The lesson after this one.
    pub fn next(&self) -> Option<CourseEntry> {
        let Route::Lesson(id) = self.route.get() else { return None };
        self.index.with(|index| {
            let at = index.iter().position(|entry| entry.id == id)?;
            index.get(at + 1).cloned()
        })
    }
}
