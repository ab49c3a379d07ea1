//! The table of controllers.
mod deployment;
mod endpointslice;
mod garbage_collector;
mod namespace;
mod node_ipam;
mod node_lifecycle;
mod pod_gc;
mod replicaset;
mod root_ca;
mod service_account;
mod taint_eviction;
mod ttl;

use crate::harness::Controller;

/// Every controller of the kube-controller-manager.
pub static ALL: &[&Controller] = &[
    &deployment::DEPLOYMENT,
    &replicaset::REPLICASET,
    &endpointslice::ENDPOINT_SLICE,
    &garbage_collector::GARBAGE_COLLECTOR,
    &namespace::NAMESPACE,
    &service_account::SERVICE_ACCOUNT,
    &root_ca::ROOT_CA,
    &node_lifecycle::NODE_LIFECYCLE,
    &taint_eviction::TAINT_EVICTION,
    &pod_gc::POD_GC,
    &node_ipam::NODE_IPAM,
    &ttl::TTL,
];
