//! The small expression language of checks: a subset of CEL, with nothing that could run for ever.
mod eval;
mod lex;
mod parse;

pub use eval::{Env, Observation, evaluate, observe};
pub use parse::{Expr, parse};
