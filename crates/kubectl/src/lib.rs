//! The shell and kubectl: verbs and printers. Sees only requests and responses.
pub mod args;
mod change_cause;
pub mod client;
pub mod describe;
pub mod discovery;
pub mod documents;
mod go_sort;
mod inside;
mod job;
mod last_applied;
mod lines;
mod login;
mod marks;
pub mod merge;
pub mod patch;
pub mod pen;
mod pods;
pub mod print;
mod raw;
mod refusal;
pub mod session;
mod shell;
mod streams;
pub mod verbs;

pub use shell::{Completion, Effect, Shell, finish, to_latin};
