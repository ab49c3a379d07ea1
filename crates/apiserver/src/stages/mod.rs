//! The stages of a request, in order. Each looks at the exchange, adds to it, ends it, or refuses it.
mod authorize;
mod build;
mod commit;
mod connect;
mod decode;
mod default;
mod options;
mod prepare;
mod read;
mod remove;
mod route;
mod validate;

pub(crate) use authorize::may_do_anything;
pub(crate) use route::nothing_there;

use crate::exchange::Exchange;
use objects::Status;

pub(crate) type Stage = fn(&mut Exchange) -> Result<(), Status>;

/// The walk: reads and removals end early, everything else reaches the commit.
pub(crate) static STAGES: &[Stage] = &[
    route::route,
    authorize::authorize,
    options::options,
    read::read,
    connect::connect,
    remove::remove,
    build::build,
    decode::decode,
    default::default,
    default::admit,
    prepare::prepare,
    crate::service::allocate,
    validate::validate,
    commit::commit,
];
