//! Lessons as data: format, checks, player. Knows no browser.
pub mod acts;
mod ahead;
pub mod checks;
pub mod examine;
pub mod expr;
#[cfg(not(target_arch = "wasm32"))]
pub mod folder;
pub mod format;
#[cfg(not(target_arch = "wasm32"))]
pub mod markdown;
mod measured;
pub mod mistakes;
pub mod progress;
pub mod prose;
mod run;
pub mod span;
pub mod strategies;
mod traffic;
pub mod witness;

pub use run::{NAMESPACE, Notes, Run, Saved};
