//! The table of scheduler plugins, in the order in which they filter.
mod balanced_allocation;
mod image_locality;
mod inter_pod_affinity;
mod node_affinity;
mod node_name;
mod node_ports;
mod node_resources_fit;
mod node_unschedulable;
mod taint_toleration;
mod topology_spread;

pub use image_locality::WantedImages;
pub use inter_pod_affinity::{AffinityCounts, attracts, repels};
pub use node_ports::{WantedPorts, share_a_port};
pub use topology_spread::{SpreadCounts, counts_in};

use super::framework::Plugin;

/// Every plugin of the default profile that we have.
pub static ALL: &[&Plugin] = &[
    &node_unschedulable::PLUGIN,
    &node_name::PLUGIN,
    &taint_toleration::PLUGIN,
    &node_affinity::PLUGIN,
    &node_ports::PLUGIN,
    &node_resources_fit::PLUGIN,
    &topology_spread::PLUGIN,
    &inter_pod_affinity::PLUGIN,
    &balanced_allocation::PLUGIN,
    &image_locality::PLUGIN,
];
