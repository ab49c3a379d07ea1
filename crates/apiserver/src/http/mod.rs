//! The wire: HTTP requests become `Request`s, answers become bytes. What a host with a socket needs for real clients.
mod encode;
mod negotiate;
mod parse;

pub use encode::{Encoded, encode, event_line};
pub use parse::parse;
