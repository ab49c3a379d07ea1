//! The node's part of the network: Pod addresses, and kube-proxy's view of Services.
mod addresses;
mod proxy;

pub use addresses::Addresses;
pub use proxy::KubeProxy;
