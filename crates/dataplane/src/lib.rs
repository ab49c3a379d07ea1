//! Hosts, kubelets, container runtimes and images as data. Knows no controller.
pub mod host;
pub mod images;
pub mod kubelet;
pub mod network;
pub mod runtime;
