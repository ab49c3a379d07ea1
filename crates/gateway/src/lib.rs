//! What stands at a cluster's entrance: the components behind Ingresses and the Gateway API, as processes in Pods.
pub mod attach;
pub mod hosts;
pub mod kinds;
pub mod listeners;
mod process;
pub mod regex;
pub mod routing;
pub mod status;

pub use process::{GATEWAY, Kind, Router};
