//! A typed line read into commands: quotes, pipes, lists, redirections, substitutions, here-documents.
mod cursor;
mod list;
mod printf;
mod redirects;
mod seq;
mod syntax;
mod words;

pub use list::parse;
pub use printf::printf;
pub use seq::seq;
pub use syntax::{Command, Join, Part, Pipeline, Redirect, Script, TURNS_MOST, Trouble, Turns, Word, ranged};
