//! etcd members with a real Raft, as values; a simulated cluster with a checker; the words of etcdctl. Knows no API server.
pub mod member;
pub mod raft;
pub mod sim;
