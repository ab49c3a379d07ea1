//! A typed line read into commands: quotes, pipes, lists, redirections, substitutions, here-documents.
mod cursor;
mod list;
mod printf;
mod redirects;
mod syntax;
mod words;

pub use list::parse;
pub use printf::printf;
pub use syntax::{Command, Join, Part, Pipeline, Redirect, Script, Trouble, Word};
