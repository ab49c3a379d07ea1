//! A small POSIX shell that runs in virtual time: enough for the scripts that Pods carry.
mod expand;
mod machine;
mod parse;
mod place;
mod span;
mod tools;

pub use machine::Shell;
pub use parse::is_whole;
pub use tools::{is_shell, is_tool};
