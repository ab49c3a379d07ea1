//! What a Service gets and keeps: cluster addresses, IP families, node ports (upstream `registry/core/service/storage`).
mod addresses;
mod families;
mod keep;
mod ports;

pub use addresses::ServiceRange;

use crate::exchange::Exchange;
use objects::{Status, Tree, kinds};

/// A stage: completes a Service before it is validated; refuses an address or port that is taken or out of range.
pub(crate) fn allocate(x: &mut Exchange) -> Result<(), Status> {
    if x.kind != kinds::SERVICE || !x.part.is_empty() {
        return Ok(());
    }
    let old = x.old.clone().filter(|_| !x.creates);
    let old = old.as_ref().map(|old| &old.tree);
    if let Some(old) = old {
        keep::allocated(&mut x.new, old);
    }
    keep::in_step(&mut x.new, old);
    if families::settle(x, old)? {
        addresses::allocate(x, old)?;
    }
    ports::allocate(x, old)?;
    if let Some(old) = old {
        keep::only_of_its_type(&mut x.new, old);
    }
    Ok(())
}

fn kind(tree: &Tree) -> &str {
    tree.at(&["spec", "type"]).text()
}

fn is_external_name(tree: &Tree) -> bool {
    kind(tree) == "ExternalName"
}

fn has_node_ports(tree: &Tree) -> bool {
    matches!(kind(tree), "LoadBalancer" | "NodePort")
}

/// The other Services, whose addresses and ports are taken.
fn others<'a>(x: &'a Exchange) -> impl Iterator<Item = &'a crate::store::Kept> {
    let own = x.key();
    x.server.store.tail().list(kinds::SERVICE).filter(move |kept| kept.key != own)
}

fn invalid(x: &Exchange, errors: Vec<objects::FieldError>) -> Result<(), Status> {
    if errors.is_empty() { Ok(()) } else { Err(Status::invalid("Service", &x.name, &errors)) }
}
