//! The shared-responsibility table as data: who looks after what, on one's own servers and at three providers.
use super::provider::{PROVIDERS, Provider};

/// Who looks after something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    You,
    Provider,
    /// The provider does the work or offers the means; you begin it or choose when.
    Both,
}

impl By {
    /// `you`, `provider`, `both`
    pub fn word(self) -> &'static str {
        match self {
            By::You => "you",
            By::Provider => "provider",
            By::Both => "both",
        }
    }
}

/// One row of the table. Sources: GKE's "cluster upgrades" and "shared responsibility", the EKS best-practices guide
/// (reliability, cluster upgrades), AKS's "support policies" and "core concepts".
#[derive(Debug)]
pub struct Duty {
    pub id: &'static str,
    /// In English, as the command line prints it.
    pub title: &'static str,
    /// On one's own servers; GKE (Standard), EKS (managed node groups), AKS (Standard).
    pub by: [By; 4],
}

impl Duty {
    /// Which of the notes its cell in a column has (0: the row as a whole), as its place in `NOTES`.
    pub fn note(&self, column: usize) -> Option<usize> {
        NOTES.iter().position(|(at, id, _)| (*at, *id) == (column, self.id))
    }
}

/// The columns' names, without a translation.
pub const COLUMNS: [&str; 4] = ["self-managed", "GKE", "EKS", "AKS"];

use By::{Both, Provider as They, You};

pub static DUTIES: [Duty; 13] = [
    Duty { id: "api-server", title: "API server", by: [You, They, They, They] },
    Duty { id: "etcd", title: "etcd and its backups", by: [You, They, They, They] },
    Duty { id: "controllers", title: "scheduler, controller manager", by: [You, They, They, They] },
    Duty { id: "certificates", title: "control plane's certificates", by: [You, They, They, They] },
    Duty { id: "repair", title: "repair of the control plane", by: [You, They, They, They] },
    Duty { id: "control-plane-upgrade", title: "upgrade of the control plane", by: [You, They, Both, Both] },
    Duty { id: "node-system", title: "nodes' system and kubelet", by: [You, Both, Both, Both] },
    Duty { id: "node-upgrade", title: "upgrade of the nodes", by: [You, Both, Both, Both] },
    Duty { id: "add-ons", title: "Pod network, kube-proxy, DNS", by: [You, They, Both, They] },
    Duty { id: "load-balancer", title: "load balancer machines", by: [You, They, They, They] },
    Duty { id: "capacity", title: "number and size of nodes", by: [You, You, You, You] },
    Duty { id: "workloads", title: "workloads and their data", by: [You, You, You, You] },
    Duty { id: "policies", title: "RBAC, NetworkPolicies, Secrets", by: [You, You, You, You] },
];

/// Where a provider goes its own way: the column (0: the row as a whole), the row's id, and why, in English.
pub static NOTES: [(usize, &str, &str); 10] = [
    (1, "control-plane-upgrade", "Google upgrades by itself, within your maintenance windows; it cannot be switched off."),
    (2, "control-plane-upgrade", "You start it; AWS carries it out. At the end of a version's support AWS starts it."),
    (3, "control-plane-upgrade", "You start it, or choose an auto-upgrade channel; Azure carries it out."),
    (1, "node-upgrade", "Auto-upgrade is on unless you switch it off. Autopilot: the nodes are Google's as well."),
    (2, "node-upgrade", "You start it; a managed node group drains and replaces. Fargate and Auto Mode: the nodes are AWS's."),
    (3, "node-upgrade", "You start it, or choose a channel. AKS Automatic: the nodes are Azure's as well."),
    (2, "add-ons", "VPC CNI, kube-proxy and CoreDNS are add-ons whose versions you choose and update."),
    (2, "load-balancer", "For the newer kinds you install the AWS Load Balancer Controller yourself."),
    (1, "capacity", "Autopilot adds and removes nodes for the Pods that you have."),
    (0, "etcd", "The provider's backups save the cluster that it runs. Copies of your own objects and volumes are up to you."),
];

/// The column of a provider's preset; the neutral one has none of its own.
pub fn column(provider: Option<&Provider>) -> Option<usize> {
    match provider {
        None => Some(0),
        Some(found) => PROVIDERS.iter().position(|one| one.id == found.id).filter(|place| *place > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_note_belongs_to_a_row_and_a_provider() {
        for (column, row, text) in NOTES {
            assert!(column < 4 && DUTIES.iter().any(|duty| duty.id == row) && text.ends_with('.'), "{row}: {text}");
        }
        for provider in &PROVIDERS[1..] {
            assert_eq!(column(Some(provider)).map(|column| COLUMNS[column]), Some(provider.name));
        }
        assert_eq!((column(None), column(Some(&PROVIDERS[0]))), (Some(0), None));
    }
}
