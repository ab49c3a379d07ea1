//! What is left out is filled in, kind by kind, as upstream's `SetDefaults_…` functions do.
mod config;
mod gateway;
mod network;
mod pod;
mod service;
mod workloads;

pub use pod::pod as complete_pod;
pub(crate) use pod::spec as pod_spec;
pub(crate) use service::status as service_status;

use objects::{KindId, Tree, kinds};

type Complete = fn(&mut Tree);

/// The kinds that have defaults.
static TABLE: &[(KindId, Complete)] = &[
    (kinds::POD, pod::pod),
    (kinds::DEPLOYMENT, workloads::deployment),
    (kinds::REPLICA_SET, workloads::replica_set),
    (kinds::DAEMON_SET, workloads::daemon_set),
    (kinds::SERVICE, service::service),
    (kinds::ENDPOINT_SLICE, service::endpoint_slice),
    (kinds::GATEWAY, gateway::gateway),
    (kinds::HTTP_ROUTE, gateway::http_route),
    (kinds::NETWORK_POLICY, network::network_policy),
    (kinds::INGRESS, network::with_spec),
    (kinds::INGRESS_CLASS, network::ingress_class),
    (kinds::SERVICE_CIDR, network::with_spec),
    (kinds::IP_ADDRESS, network::with_spec),
    (kinds::ENDPOINTS, service::endpoints),
    (kinds::NAMESPACE, config::namespace),
    (kinds::NODE, config::node),
    (kinds::SECRET, config::secret),
    (kinds::PRIORITY_CLASS, config::priority_class),
];

/// Completes an object in place; parts that are complete stay shared.
pub(crate) fn complete(kind: KindId, tree: &mut Tree) {
    if let Some((_, complete)) = TABLE.iter().find(|(known, _)| *known == kind) {
        complete(tree);
    }
}
