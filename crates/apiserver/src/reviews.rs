//! Questions that store nothing: may I, who am I.
use crate::exchange::Exchange;
use crate::stages::nothing_there;
use objects::Status;

/// Answers a review; 404 for any other resource that is not served.
pub(crate) fn answer(_: &mut Exchange, _group: &str, _version: &str, _plural: &str, _namespace: &str) -> Result<(), Status> {
    Err(nothing_there())
}
