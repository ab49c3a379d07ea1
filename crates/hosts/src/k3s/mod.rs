//! K3s: the installer, the `k3s` command, its systemd unit, and what comes bundled. For the world above: `carry_on`,
//! `supervisor`, `manifests`, `bundled`, and `Machine::k3s`.
mod certificate;
mod check_config;
mod command;
mod components;
mod config;
mod install;
mod join;
mod log;
mod release;
mod schedule;
mod scripts;
mod secrets_encrypt;
mod server;
mod snapshot;
mod start;
mod tls;
mod token;
mod usage;
mod web;

pub use command::{columns, kubectl, run};
pub use components::{Component, bundled, disabled, manifests};
pub use release::{channel, digest, release};
pub use schedule::pause as pause_of_cron;
pub use scripts::find as script;
pub use server::{Origin, has_database, supervisor, take_origin};
pub use snapshot::{FOLDER as SNAPSHOTS, files as snapshot_files};
pub use start::{Progress, carry_on, network_up, shim, wait};
pub use web::page;

/// Where everything of K3s lies.
pub const DATA: &str = "/var/lib/rancher/k3s";
/// The administrator's kubeconfig.
pub const KUBECONFIG: &str = "/etc/rancher/k3s/k3s.yaml";
/// The socket of its containerd.
pub const SOCKET: &str = "/run/k3s/containerd/containerd.sock";
