//! Validation, kind by kind: a table of functions that collect everything that is wrong.
mod addresses;
pub(crate) mod cidrs;
mod config;
mod container;
mod custom;
mod daemon_set;
mod endpoints;
mod gateway;
mod go_spec;
pub(crate) mod ingress;
mod meta;
mod network;
mod path;
mod pod;
mod pod_update;
mod probe;
mod resources;
mod scheduling;
mod selector;
mod service;
mod unified;
mod volume;
mod words;
mod workloads;

pub(crate) use addresses::is_six;

use objects::{FieldError, KindId, Tree, kinds};
use path::Faults;

type Create = fn(&Tree, &mut Faults);
type Update = fn(new: &Tree, old: &Tree, &mut Faults);

struct Rules {
    kind: KindId,
    /// Checks the object as it is to be.
    always: Create,
    /// Checks what changed.
    update: Update,
}

fn anything(_: &Tree, _: &Tree, _: &mut Faults) {}

static TABLE: &[Rules] = &[
    Rules { kind: kinds::POD, always: pod::pod, update: pod_update::update },
    Rules { kind: kinds::DEPLOYMENT, always: workloads::deployment, update: workloads::deployment_update },
    Rules { kind: kinds::REPLICA_SET, always: workloads::replica_set, update: workloads::replica_set_update },
    Rules { kind: kinds::DAEMON_SET, always: daemon_set::daemon_set, update: daemon_set::daemon_set_update },
    Rules { kind: kinds::CONTROLLER_REVISION, always: daemon_set::controller_revision, update: daemon_set::controller_revision_update },
    Rules { kind: kinds::SERVICE, always: service::service, update: service::update },
    Rules { kind: kinds::CONFIG_MAP, always: config::config_map, update: config::frozen },
    Rules { kind: kinds::SECRET, always: config::secret, update: config::secret_update },
    Rules { kind: kinds::PRIORITY_CLASS, always: config::priority_class, update: config::priority_class_update },
    Rules { kind: kinds::NODE, always: config::node, update: anything },
    Rules { kind: kinds::LEASE, always: config::lease, update: anything },
    Rules { kind: kinds::EVENT, always: config::event, update: anything },
    Rules { kind: kinds::GATEWAY_CLASS, always: gateway::gateway_class, update: gateway::gateway_class_update },
    Rules { kind: kinds::GATEWAY, always: gateway::gateway, update: anything },
    Rules { kind: kinds::HTTP_ROUTE, always: gateway::http_route, update: anything },
    Rules { kind: kinds::REFERENCE_GRANT, always: gateway::reference_grant, update: anything },
    Rules { kind: kinds::NETWORK_POLICY, always: network::network_policy, update: anything },
    Rules { kind: kinds::INGRESS, always: ingress::ingress, update: anything },
    Rules { kind: kinds::INGRESS_CLASS, always: ingress::ingress_class, update: ingress::ingress_class_update },
    Rules { kind: kinds::SERVICE_CIDR, always: network::service_cidr, update: network::service_cidr_update },
    Rules { kind: kinds::IP_ADDRESS, always: network::ip_address, update: network::ip_address_update },
    Rules { kind: kinds::ENDPOINT_SLICE, always: endpoints::slice, update: endpoints::slice_update },
    Rules { kind: kinds::ENDPOINTS, always: endpoints::endpoints, update: anything },
];

/// Everything that is wrong with an object; `old` is there for updates.
pub(crate) fn object(kind: KindId, new: &Tree, old: Option<&Tree>) -> Vec<FieldError> {
    let mut faults = Faults::default();
    meta::metadata(kind, new.get("metadata"), &mut faults);
    let rules = TABLE.iter().find(|rules| rules.kind == kind);
    if let Some(old) = old {
        meta::metadata_update(new.get("metadata"), old.get("metadata"), &mut faults);
    }
    if let Some(rules) = rules {
        (rules.always)(new, &mut faults);
        if let Some(old) = old {
            (rules.update)(new, old, &mut faults);
        }
    }
    faults.0
}

/// What is wrong with the status of a Service.
pub(crate) fn service_status(tree: &Tree) -> Vec<FieldError> {
    let mut faults = Faults::default();
    service::status(tree, &mut faults);
    faults.0
}

/// What is wrong with the addresses and IP families of a Service's spec.
pub(crate) fn cluster_ips(spec: &Tree) -> Vec<FieldError> {
    let mut faults = Faults::default();
    service::cluster_ips(spec, &mut faults);
    faults.0
}

/// What is wrong with an object that has no name and no way to get one.
pub(crate) fn nameless() -> Vec<FieldError> {
    vec![FieldError::required("metadata.name", "name or generateName is required")]
}
