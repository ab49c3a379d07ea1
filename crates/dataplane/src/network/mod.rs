//! The network: Pod addresses, packets and what decides about them, and kube-proxy's view of Services.
mod addresses;
mod cidr;
pub mod dns;
mod packet;
mod plugin;
pub mod policy;
mod proxy;
mod request;

pub use addresses::Addresses;
pub use cidr::Cidr;
pub use packet::{Origin, Packet, Protocol, Verdict};
pub use plugin::{MTU, Mtu, Plugin, VXLAN_BYTES, VXLAN_PORT};
pub use proxy::{Affinity, Answer, Config, Endpoint, IpSet, Kernel, KubeProxy, Line, Mode, Rules};
pub use request::{Ask, CONNECT_MAX, Failure, Heard, NEIGHBOUR, Reply, Url, What};
