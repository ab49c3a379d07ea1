//! What is kept between visits: the session's log, drafts, how far each lesson is.
use crate::js::storage;
use std::cell::RefCell;
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

/// What is done where another tab keeps the lesson: it stays in this tab.
struct Apart {
    key: String,
    memory: Kept,
    worked: bool,
}

thread_local! {
    static APART: RefCell<Option<Apart>> = const { RefCell::new(None) };
}

/// From now on another tab keeps this lesson's memory.
pub fn part(key: &str) {
    let memory = kept(key);
    APART.set(Some(Apart { key: key.to_string(), memory, worked: false }));
}

/// This tab keeps again; what was done apart is forgotten.
pub fn join() {
    APART.set(None);
}

/// What was done apart takes the place of what the other tab kept.
pub fn keep_own() {
    if let Some(apart) = APART.take() {
        storage::write(&slot(&apart.key), &apart.memory);
    }
}

/// The learner does something, and not only looks.
pub fn work() {
    APART.with_borrow_mut(|apart| apart.iter_mut().for_each(|apart| apart.worked = true));
}

/// Whether anything was done apart.
pub fn has_worked() -> bool {
    APART.with_borrow(|apart| apart.as_ref().is_some_and(|apart| apart.worked))
}

fn slot(key: &str) -> String {
    format!("kubarium.lesson.{key}")
}

pub fn kept(key: &str) -> Kept {
    let apart = APART.with_borrow(|apart| apart.as_ref().filter(|apart| apart.key == key).map(|apart| apart.memory.clone()));
    apart.or_else(|| storage::read(&slot(key))).unwrap_or_default()
}

fn change(key: &str, change: impl FnOnce(&mut Kept)) {
    let mut memory = kept(key);
    change(&mut memory);
    APART.with_borrow_mut(|apart| match apart.as_mut().filter(|apart| apart.key == key) {
        Some(apart) => apart.memory = memory,
        None => storage::write(&slot(key), &memory),
    });
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
    APART.with_borrow_mut(|apart| match apart.as_mut().filter(|apart| apart.key == key) {
        Some(apart) => (apart.memory, apart.worked) = (Kept::default(), true),
        None => storage::forget(&slot(key)),
    });
}

/// Where the learner was last.
pub fn last() -> Option<String> {
    storage::read_word("kubarium.last")
}

pub fn save_last(key: &str) {
    storage::write_word("kubarium.last", key);
}
