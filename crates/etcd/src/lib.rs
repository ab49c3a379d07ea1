//! etcd members with a real Raft, as values; what stands around them; etcdctl's words; a simulated cluster with a checker.
pub mod ctl;
pub mod member;
pub mod raft;
pub mod server;
pub mod sim;
