//! The servers of the world as machines to log in to: their state, the commands on them, what these reach beyond.
mod answers;
mod balancer;
mod command;
mod deeds;
mod etcd;
mod fleet;
mod founding;
mod k3s;
mod k3s_faults;
mod kubectl;
mod made;
mod past;
mod processes;
mod programs;
mod seam;
mod seen;
mod shims;
mod ssh;
mod statics;
mod stopped;
mod table;
mod tape;
mod tokens;
mod trust;
mod typed;

pub(crate) use fleet::{Due, Fleet};
pub use seen::ServerView;
