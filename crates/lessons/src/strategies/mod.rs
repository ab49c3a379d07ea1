//! Ways to ship a new version, compared on copies of one cluster under the same users.
mod board;
#[cfg(not(target_arch = "wasm32"))]
pub mod claims;
mod comparison;
mod counts;
mod experiment;
mod pods;
#[cfg(not(target_arch = "wasm32"))]
mod read;
mod row;

pub use board::{Board, Strategy, Trial, Version};
pub use comparison::Comparison;
pub use experiment::Experiment;
#[cfg(not(target_arch = "wasm32"))]
pub use read::{pack, read};
pub use row::Row;
