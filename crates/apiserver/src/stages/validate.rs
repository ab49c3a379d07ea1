//! Refuses what makes no sense, with every reason at once.
use crate::exchange::Exchange;
use crate::validate;
use objects::Status;

/// 422 with upstream's words. What our own components write of valid objects is only checked for its name.
pub(crate) fn validate(x: &mut Exchange) -> Result<(), Status> {
    if !x.part.is_empty() {
        return Ok(());
    }
    let errors = if x.foreign {
        validate::object(x.kind, &x.new, x.old.as_ref().filter(|_| !x.creates).map(|old| &old.tree))
    } else if x.name.is_empty() {
        validate::nameless()
    } else {
        return Ok(());
    };
    if errors.is_empty() { Ok(()) } else { Err(Status::invalid(&x.row().qualified_kind(), &x.name, &errors)) }
}
