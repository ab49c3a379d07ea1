//! A typed line read into commands: quotes, pipes, lists, loops, redirections, substitutions, here-documents.
mod cursor;
mod glob;
mod group;
mod list;
mod printf;
mod redirects;
mod shape;
mod syntax;
mod test;
mod words;

pub use glob::{fits, glob};
pub use list::parse;
pub use printf::printf;
pub use shape::{reckon, shaped};
pub use syntax::{Command, Group, Join, Part, Pipeline, Redirect, Script, Trouble, Word};
pub use test::holds;
pub use words::braces;
