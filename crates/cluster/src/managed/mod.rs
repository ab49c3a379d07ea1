//! Managed services: a cluster whose control plane a provider runs, and who is responsible for what.
pub mod duties;
mod provider;
mod upkeep;

pub use provider::{HIDDEN, PROVIDERS, Provider};
pub(crate) use upkeep::Managed;
