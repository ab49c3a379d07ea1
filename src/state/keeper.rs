//! Which of several tabs keeps a lesson's work: the one that opened it last. The others say so, and what is done there stays there.
use super::{App, progress};
use crate::js::locks;
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

#[derive(Clone, Copy)]
pub struct Keeper {
    /// Another tab keeps what is open here.
    pub elsewhere: RwSignal<bool>,
    /// The words about it are open.
    pub told: RwSignal<bool>,
}

fn lock(key: &str) -> String {
    format!("kubarium.lesson.{key}")
}

impl Keeper {
    pub fn new() -> Self {
        Self { elsewhere: RwSignal::new(false), told: RwSignal::new(false) }
    }

    /// This tab keeps a lesson's work from now on. What another lesson's was not kept is forgotten.
    pub fn take(self, app: App, key: String) {
        progress::join();
        self.elsewhere.set(false);
        locks::take(&lock(&key), move || self.lose(app, key));
    }

    fn lose(self, app: App, key: String) {
        progress::part(&key);
        self.elsewhere.set(true);
        self.told.set(true);
        // The other tab was closed: where nothing was done here, its work goes on here by itself.
        let free = move || {
            if !progress::has_worked() {
                Timeout::new(0, move || app.course.load(app)).forget();
            }
        };
        locks::when_free(&lock(&key), free);
    }

    /// What was done here takes the place of the other tab's work; where nothing was done, the other's goes on here.
    pub fn bring_back(self, app: App) {
        if progress::has_worked() {
            progress::keep_own();
            self.take(app, app.course.key());
        } else {
            app.course.load(app);
        }
    }
}
