//! Known mistakes: what they look like, and what is said to somebody who makes one.
#[cfg(not(target_arch = "wasm32"))]
mod read;
mod seen;
mod table;

#[cfg(not(target_arch = "wasm32"))]
pub use read::{pack, read};
pub use table::{Mistake, Table};
