//! Small typed looks at trees: borrowed, copied freely, telling absent from zero where Kubernetes does.
mod container;
mod endpoints;
mod meta;
mod node;
mod pod;
mod resources;
mod service;
mod workload;

pub use container::{Container, Probe};
pub use endpoints::repack;
pub use meta::{Condition, Meta};
pub use node::{Node, Taint};
pub use pod::{Pod, QosClass, RestartPolicy, Toleration};
pub use resources::Resources;
pub use service::{Service, ServicePort, externally_accessible, needs_health_check};
pub use workload::{Deployment, ReplicaSet, Strategy};
