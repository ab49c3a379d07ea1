//! A typed line carried out on a machine: expansion, pipes, redirections, sudo.
mod builtins;
mod expand;
mod flow;
mod line;
mod login;
mod redirect;
mod shell;
mod start;

pub use line::{Ran, run, script};
pub use login::Login;
