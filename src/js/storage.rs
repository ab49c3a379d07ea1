//! The door to what the browser remembers. Where storage is forbidden, nothing is remembered and nothing breaks.
use parcel::Parcel;

/// In a sandboxed frame the very question throws.
fn drawer() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

pub fn read<T: Parcel>(key: &str) -> Option<T> {
    parcel::from_text(&read_word(key)?).ok()
}

pub fn write<T: Parcel>(key: &str, value: &T) {
    write_word(key, &parcel::to_text(value));
}

/// Words as they are, for the keys that the first-paint script reads too.
pub fn read_word(key: &str) -> Option<String> {
    drawer()?.get_item(key).ok().flatten()
}

pub fn write_word(key: &str, value: &str) {
    if let Some(drawer) = drawer() {
        let _ = drawer.set_item(key, value);
    }
}

pub fn forget(key: &str) {
    if let Some(drawer) = drawer() {
        let _ = drawer.remove_item(key);
    }
}
