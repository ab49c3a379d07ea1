//! The door to what the browser remembers. Where storage is forbidden, nothing is remembered and nothing breaks.
use gloo_storage::{LocalStorage, Storage};
use serde::{Serialize, de::DeserializeOwned};

/// In a sandboxed frame the very question throws: ask it carefully before gloo does.
fn allowed() -> bool {
    web_sys::window().is_some_and(|window| matches!(window.local_storage(), Ok(Some(_))))
}

pub fn read<T: DeserializeOwned>(key: &str) -> Option<T> {
    if allowed() { LocalStorage::get(key).ok() } else { None }
}

pub fn write<T: Serialize>(key: &str, value: &T) {
    if allowed() {
        let _ = LocalStorage::set(key, value);
    }
}

/// Words as they are, for the keys that the first-paint script reads too.
pub fn read_word(key: &str) -> Option<String> {
    if allowed() { LocalStorage::raw().get_item(key).ok().flatten() } else { None }
}

pub fn write_word(key: &str, value: &str) {
    if allowed() {
        let _ = LocalStorage::raw().set_item(key, value);
    }
}

pub fn forget(key: &str) {
    if allowed() {
        LocalStorage::delete(key);
    }
}
