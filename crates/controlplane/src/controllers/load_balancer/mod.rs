//! Who gives Services of type LoadBalancer their address: a cloud, MetalLB, or K3s's ServiceLB. One of them, or none.
mod addresses;
mod daemons;
mod plan;

use crate::harness::Controller;
use addresses::{Pool, from_nodes, from_pool};
use apiserver::{Change, Snapshot};
use objects::{Key, Object, kinds};
use plan::{Balancer, Words};
use simcore::Duration;

/// The service controller of a cloud-controller-manager, on a cloud that has 203.0.113.0/24 to give.
pub static CLOUD: Controller = Controller {
    name: "service-controller",
    triggers: &[(kinds::SERVICE, all)],
    workers: 1,
    reconcile: |cx, _| {
        plan::balance(
            cx,
            &Balancer {
                give: |view, service| from_pool(view, service, &CLOUD_POOL),
                words: Words::Cloud,
                takes: CLOUD_TAKES,
                prepare: |_, _| None,
                remove: |_| None,
            },
        )
    },
};

/// MetalLB's controller with the pool 192.168.100.200-192.168.100.250.
pub static METAL_LB: Controller = Controller {
    name: "metallb-controller",
    triggers: &[(kinds::SERVICE, all)],
    workers: 1,
    reconcile: |cx, _| {
        plan::balance(
            cx,
            &Balancer {
                give: |view, service| from_pool(view, service, &METAL_POOL),
                words: Words::MetalLb,
                takes: Duration::ZERO,
                prepare: |_, _| None,
                remove: |_| None,
            },
        )
    },
};

/// K3s's ServiceLB: the addresses of the nodes on which its Pods run.
pub static SERVICE_LB: Controller = Controller {
    name: "service-lb-controller",
    triggers: &[
        (kinds::SERVICE, all),
        (kinds::NODE, all),
        (kinds::ENDPOINT_SLICE, all),
        (kinds::DAEMON_SET, daemons::own),
        (kinds::POD, daemons::own),
    ],
    workers: 1,
    reconcile: |cx, _| {
        let give = |view: &Snapshot, service: &Object| from_nodes(view, service, &daemons::nodes(view, service));
        plan::balance(
            cx,
            &Balancer {
                give,
                words: Words::ServiceLb,
                takes: Duration::ZERO,
                prepare: |view, service| daemons::step(view, service),
                remove: |service| Some(daemons::remove(service)),
            },
        )
    },
};

static CLOUD_POOL: Pool = Pool { first: [203, 0, 113, 1], last: [203, 0, 113, 254] };
static METAL_POOL: Pool = Pool { first: [192, 168, 100, 200], last: [192, 168, 100, 250] };
/// How long a cloud takes to set one up.
const CLOUD_TAKES: Duration = Duration::secs(2);

/// All Services are looked at together, so that no two are given one address.
fn all(_: &Change, _: &Snapshot) -> Vec<Key> {
    vec![Key::new(kinds::SERVICE, "", "")]
}
