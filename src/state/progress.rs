//! What is kept between visits: the session's log, drafts, how far each lesson is.
use crate::js::storage;
use std::collections::BTreeMap;

/// One lesson's memory.
#[derive(Clone, Default)]
pub struct Kept {
    /// Inputs only, as the engine gave them.
    pub log: Option<String>,
    pub drafts: BTreeMap<String, String>,
    pub done: u32,
    pub steps: u32,
}

parcel::record!(Kept { log, drafts, done, steps });

fn slot(key: &str) -> String {
    format!("kubarium.lesson.{key}")
}

pub fn kept(key: &str) -> Kept {
    storage::read(&slot(key)).unwrap_or_default()
}

fn change(key: &str, change: impl FnOnce(&mut Kept)) {
    let mut memory = kept(key);
    change(&mut memory);
    storage::write(&slot(key), &memory);
}

pub fn save_log(key: &str, log: String) {
    change(key, |memory| memory.log = Some(log));
}

pub fn save_drafts(key: &str, drafts: &BTreeMap<String, String>) {
    change(key, |memory| memory.drafts = drafts.clone());
}

pub fn save_steps(key: &str, done: u32, steps: u32) {
    change(key, |memory| (memory.done, memory.steps) = (done, steps));
}

pub fn forget(key: &str) {
    storage::forget(&slot(key));
}

/// Where the learner was last.
pub fn last() -> Option<String> {
    storage::read_word("kubarium.last")
}

pub fn save_last(key: &str) {
    storage::write_word("kubarium.last", key);
}
