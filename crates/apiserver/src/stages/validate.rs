//! Refuses what makes no sense, with every reason at once.
use crate::exchange::Exchange;
use crate::{validate, warnings};
use objects::{Status, kinds};

/// 422 with upstream's words. What our own components write of valid objects is only checked for its name.
pub(crate) fn validate(x: &mut Exchange) -> Result<(), Status> {
    if !x.part.is_empty() {
        return status(x);
    }
    let errors = if x.foreign {
        validate::object(x.kind, &x.new, x.old.as_ref().filter(|_| !x.creates).map(|old| &old.tree))
    } else if x.name.is_empty() {
        validate::nameless()
    } else {
        return Ok(());
    };
    if !errors.is_empty() {
        return Err(Status::invalid(&x.row().qualified_kind(), &x.name, &errors));
    }
    if x.foreign {
        x.warnings.extend(warnings::of(x.kind, &x.new));
    }
    Ok(())
}

/// Of what a status may say only a Service's is checked.
fn status(x: &Exchange) -> Result<(), Status> {
    let errors = if x.foreign && x.part == "status" && x.kind == kinds::SERVICE { validate::service_status(&x.new) } else { Vec::new() };
    if errors.is_empty() { Ok(()) } else { Err(Status::invalid("Service", &x.name, &errors)) }
}
