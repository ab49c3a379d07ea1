//! Nothing is created in a namespace that does not exist or is on its way out (`NamespaceLifecycle`).
use crate::exchange::Exchange;
use objects::{Status, kinds, list, map};

pub(super) fn lifecycle(x: &mut Exchange) -> Result<(), Status> {
    if !x.creates || !x.row().namespaced {
        return Ok(());
    }
    let Some(namespace) = x.server.store.tail().find(kinds::NAMESPACE, "", &x.namespace) else {
        return Err(Status::not_found("namespaces", &x.namespace));
    };
    if !namespace.is_deleting() {
        return Ok(());
    }
    let why = format!("unable to create new content in namespace {} because it is being terminated", x.namespace);
    let mut status = Status::forbidden(&x.row().resource(), &x.name, &why);
    let cause = map! {
        "reason": "NamespaceTerminating", "message": format!("namespace {} is being terminated", x.namespace), "field": "metadata.namespace",
    };
    status.details.set(&["causes"], list![cause]);
    Err(status)
}
