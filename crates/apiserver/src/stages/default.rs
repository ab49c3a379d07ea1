//! Fills in what was left out.
use crate::exchange::Exchange;
use crate::{admission, defaults};
use objects::{Status, kinds};

/// A status write leaves the rest as it stands, so there is nothing to complete.
pub(crate) fn default(x: &mut Exchange) -> Result<(), Status> {
    if matches!(x.part.as_str(), "" | "ephemeralcontainers" | "resize") {
        defaults::complete(x.kind, &mut x.new);
    }
    if x.part == "status" && x.kind == kinds::SERVICE {
        defaults::service_status(&mut x.new);
    }
    Ok(())
}

/// See `admission`.
pub(crate) fn admit(x: &mut Exchange) -> Result<(), Status> {
    admission::admit(x)
}
