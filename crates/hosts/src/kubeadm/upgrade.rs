//! `kubeadm upgrade`: only its refusals before it asks the cluster; the upgrade itself is not here.
use super::Command;
use super::client::Client;
use super::flags::{Flag, Given, Takes};
use crate::call::{Call, Step, Stop, fail};

const FLAGS: &[Flag] = &[
    Flag("config", Takes::Text, ""),
    Flag("kubeconfig", Takes::Text, "/etc/kubernetes/admin.conf"),
    Flag("yes", Takes::Bool, ""),
    Flag("force", Takes::Bool, ""),
    Flag("dry-run", Takes::Bool, ""),
    Flag("output", Takes::Text, "text"),
    Flag("ignore-preflight-errors", Takes::List, ""),
];

pub const COMMANDS: &[Command] = &[
    Command {
        path: "upgrade",
        flags: &[],
        takes: (0, 99),
        run: None,
        about: "Upgrade your cluster smoothly to a newer version with this command",
    },
    Command {
        path: "upgrade apply",
        flags: &[FLAGS],
        takes: (1, 1),
        run: Some(run),
        about: "Upgrade your Kubernetes cluster to the specified version",
    },
    Command {
        path: "upgrade diff",
        flags: &[FLAGS],
        takes: (0, 1),
        run: Some(run),
        about: "Show what differences would be applied to existing static pod manifests. See also: kubeadm upgrade apply --dry-run",
    },
    Command { path: "upgrade node", flags: &[FLAGS], takes: (0, 0), run: Some(run), about: "Upgrade commands for a node in the cluster" },
    Command {
        path: "upgrade plan",
        flags: &[FLAGS],
        takes: (0, 1),
        run: Some(run),
        about: "Check which versions are available to upgrade to and validate whether your current cluster is upgradeable",
    },
];

fn run(call: &mut Call, given: &Given) -> Step<()> {
    let path = given.text("kubeconfig").to_string();
    let client = Client::load(call, &path).map_err(|stop| match stop {
        Stop::Fail(words) => Stop::Fail(format!("couldn't create a Kubernetes client from file \"{path}\": {words}")),
        other => other,
    });
    client?;
    fail("kubeadm upgrade is not simulated on this server yet")
}
