//! etcd in the world: members on their hosts, the messages between them, and the requests that wait for them.
mod asks;
mod backup;
mod carry;
mod credentials;
mod faults;
mod jobs;
mod lead;
mod leases;
pub(crate) mod registry;
mod serve;
mod state;
mod view;
mod watching;

pub(crate) use asks::{Need, full};
pub(crate) use backup::DIRECTORY;
pub(crate) use jobs::Given;
pub use state::EtcdNode;
pub(crate) use state::{Etcd, Mail};
pub use view::{EtcdMemberView, EtcdView};
