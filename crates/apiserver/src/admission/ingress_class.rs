//! An Ingress that names no class gets the default one (`DefaultIngressClass`).
use crate::exchange::Exchange;
use crate::validate::ingress::{CLASS, class_twice};
use objects::{Status, kinds};
use std::cmp::Reverse;

const DEFAULT: &str = "ingressclass.kubernetes.io/is-default-class";

pub(super) fn default(x: &mut Exchange) -> Result<(), Status> {
    if x.kind != kinds::INGRESS || !x.creates {
        return Ok(());
    }
    let errors = class_twice(&x.new);
    if !errors.is_empty() {
        return Err(Status::invalid(&x.row().qualified_kind(), &x.name, &errors));
    }
    if x.new.at(&["spec"]).has("ingressClassName") {
        return Ok(());
    }
    if x.new.at(&["metadata", "annotations"]).has(CLASS) {
        x.warnings.push(format!("annotation \"{CLASS}\" is deprecated, please use 'spec.ingressClassName' instead"));
        return Ok(());
    }
    // Of several the newest counts; of the same second the first by name.
    let defaults = x.server.store.tail().list(kinds::INGRESS_CLASS).filter(|class| class.annotation(DEFAULT) == "true");
    let newest = defaults.min_by_key(|class| Reverse(class.meta().get("creationTimestamp").text()));
    if let Some(name) = newest.map(|class| class.key.name.clone()) {
        x.new.set(&["spec", "ingressClassName"], name);
    }
    Ok(())
}
