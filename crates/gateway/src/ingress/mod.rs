//! Ingresses: their routing table, and what their controller writes.
mod compile;
mod status;

pub use compile::table;
pub use status::INGRESS;
