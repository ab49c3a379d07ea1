//! Admission: steps that may refuse or complete an object before it is validated, in upstream's order.
mod ingress_class;
mod namespace;
mod nodes;
mod priority;
mod service_account;
mod tolerations;

use crate::exchange::Exchange;
use objects::Status;

pub(crate) type Step = fn(&mut Exchange) -> Result<(), Status>;

/// Every plugin that is on by default and has something to say about the kinds that are served.
static STEPS: &[(&str, Step)] = &[
    ("NamespaceLifecycle", namespace::lifecycle),
    ("ServiceAccount", service_account::mount),
    ("TaintNodesByCondition", nodes::taint),
    ("Priority", priority::priority),
    ("DefaultTolerationSeconds", tolerations::seconds),
    ("DefaultIngressClass", ingress_class::default),
];

/// Runs all steps. Subresources are admitted as they are.
pub(crate) fn admit(x: &mut Exchange) -> Result<(), Status> {
    if !x.part.is_empty() {
        return Ok(());
    }
    STEPS.iter().try_for_each(|(_, step)| step(x))
}
