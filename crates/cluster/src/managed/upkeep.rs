//! What a provider does with the control plane that it runs: keeps hands off it, repairs it, upgrades it.
use super::provider::{HIDDEN, Provider};
use crate::hosts::Due;
use crate::input::Fault;
use crate::topology::Topology;
use crate::world::World;
use ::hosts::machine::packages;
use objects::Text;
use simcore::{Duration, OccurrenceId};
use std::sync::Arc;

/// Our model: so long after a machine of the provider's fails, another one stands in its place.
const REPAIR: Duration = Duration::mins(2);
/// Our model: so long takes the upgrade of a control plane. Real ones take ten minutes and more; the API answers meanwhile.
const UPGRADE: Duration = Duration::mins(2);
/// From the end of a node's old machine until the new one has power.
const REPLACE: Duration = Duration::secs(40);
/// The endpoint's address on the Internet.
const ADDRESS: &str = "198.51.100.10";
/// The processes behind the endpoint.
const THEIRS: [&str; 5] = ["kube-apiserver", "etcd", "kube-controller-manager", "kube-scheduler", "cloud-controller-manager"];

/// A provider at work.
#[derive(Clone, Debug)]
pub(crate) struct Managed {
    pub provider: &'static Provider,
    /// The hidden server's place in `World::hosts`.
    pub host: usize,
    /// What the control plane is being upgraded to.
    upgrading: Option<Text>,
}

impl World {
    /// The control plane of a world that boots is a provider's.
    #[inline(never)]
    pub(crate) fn hand_over(&mut self, provider: &'static Provider, topology: &Topology) {
        self.managed = Some(Managed { provider, host: 0, upgrading: None });
        Arc::make_mut(&mut self.fleet).version = Text::new(&topology.version);
        Arc::make_mut(&mut self.terminal).shell.set_kubeconfig(provider.kubeconfig());
    }

    /// Whether a host is the provider's.
    pub(crate) fn is_hidden(&self, host: usize) -> bool {
        self.managed.as_ref().is_some_and(|managed| managed.host == host)
    }

    /// Who runs the control plane, if not the learner.
    pub fn provider(&self) -> Option<&'static Provider> {
        self.managed.as_ref().map(|managed| managed.provider)
    }

    /// The port of a kube-apiserver: 6443, a provider's 443.
    pub(crate) fn api_port(&self) -> u16 {
        if self.managed.is_some() { 443 } else { 6443 }
    }

    /// How kubectl finds the endpoint closed or silent.
    pub(crate) fn no_endpoint(&self, what: &str) -> String {
        match what {
            "refused" => format!("refused {}", self.api_address()),
            _ => format!("said dial tcp {ADDRESS}:443: i/o timeout"),
        }
    }

    /// ssh's words at the endpoint and at the hidden server's address: nothing answers there on port 22.
    pub(crate) fn closed_door(&self, name: &str) -> Option<String> {
        let managed = self.managed.as_ref()?;
        let endpoint = managed.provider.endpoint.split(':').next().unwrap_or_default();
        let theirs = name == endpoint || name == ADDRESS || self.hosts[managed.host].address == name;
        theirs.then(|| format!("ssh: connect to host {name} port 22: Connection timed out\n{}", self.whose_control_plane()))
    }

    /// Why there is no server of a control plane to log in to; nothing where it is the learner's own.
    pub(crate) fn whose_control_plane(&self) -> String {
        let Some(provider) = self.provider() else { return String::new() };
        let name = provider.name;
        format!("(No server of the control plane is yours: {name} runs it. Yours are those in `kubectl get nodes`.)\n")
    }

    /// What is the provider's cannot be stopped, slowed or mended from here, and a node cannot get ahead of the control plane.
    /// An accident of the provider's machine is no deed of ours. The error says so in plain words.
    pub fn allowed_by_provider(&self, fault: &Fault) -> Result<(), String> {
        let Some(provider) = self.provider() else { return Ok(()) };
        let name = provider.name;
        let part = |component: &str| {
            let (process, host) = component.split_once('/').unwrap_or((component, ""));
            let theirs = THEIRS.contains(&process) || host == HIDDEN;
            if theirs { Err(format!("{process} is not yours: {name} runs it on machines that you cannot reach")) } else { Ok(()) }
        };
        match fault {
            Fault::StopComponent { component }
            | Fault::StartComponent { component }
            | Fault::KillComponent { component }
            | Fault::SlowComponent { component, .. }
            | Fault::CutComponent { component, .. } => part(component),
            Fault::CrashEtcd { .. }
            | Fault::CutEtcd { .. }
            | Fault::LoseEtcdData { .. }
            | Fault::RestoreEtcd { .. }
            | Fault::EtcdQuota { .. }
            | Fault::SlowDisk { .. } => part("etcd"),
            Fault::StartNode { node } | Fault::MendNode { node } if node == HIDDEN => {
                Err(format!("there is nothing for you to mend: {name} repairs its own machines"))
            }
            Fault::UpgradeNode { node } if node == HIDDEN => Err(format!("\"{node}\" is no node of yours")),
            Fault::UpgradeNode { node } => {
                let version = self.control_plane_version();
                let has = |host: usize| self.kubelet_of(host).is_some_and(|kubelet| kubelet.host.kubelet_version == version);
                match self.host(node).is_ok_and(has) {
                    true => Err(format!("{node} has {version} already, as the control plane: a node is never newer")),
                    false => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    /// A machine of the provider's has failed: it is replaced after a while, without anybody's asking.
    pub(crate) fn seen_by_provider(&mut self, host: usize) {
        if self.is_hidden(host) {
            self.plan(host, REPAIR, Due::Repaired);
        }
    }

    pub(crate) fn repaired_by_provider(&mut self, host: usize) {
        self.note(HIDDEN, "fault", "replaces the control plane's failed machine");
        self.hosts[host].connected = true;
        match self.hosts[host].powered {
            true => self.catch_up(),
            false => self.power_on(host),
        }
    }

    /// The provider begins to upgrade its control plane: by one minor version at most, never back.
    pub(crate) fn upgrade_control_plane(&mut self, version: &str) -> Result<OccurrenceId, String> {
        let Some(managed) = self.managed.clone() else {
            return Err("this control plane is your own: upgrade it with kubeadm, or with the installer of K3s".to_string());
        };
        if let Some(under_way) = &managed.upgrading {
            return Err(format!("the control plane is being upgraded to {under_way} already"));
        }
        let (now, next) = (self.control_plane_version(), next_version(&self.control_plane_version(), version)?);
        self.managed = Some(Managed { upgrading: Some(next.clone()), ..managed });
        self.plan(0, UPGRADE, Due::Upgraded);
        Ok(self.note("you", "fault", &format!("the provider upgrades the control plane from {now} to {next}")))
    }

    pub(crate) fn upgraded_by_provider(&mut self, host: usize) {
        let Some(next) = self.managed.as_mut().and_then(|managed| managed.upgrading.take()) else { return };
        self.note(HIDDEN, "fault", &format!("the control plane has {next} now"));
        self.apiservers.iter_mut().filter(|server| server.host == host).for_each(|server| server.version = next.clone());
    }

    /// What a provider's `/version` says.
    fn control_plane_version(&self) -> Text {
        self.apiservers.first().map(|server| server.version.clone()).unwrap_or_default()
    }

    /// A node of the pool gets a new machine. Whoever has not drained it loses its Pods with the old one.
    pub(crate) fn upgrade_node(&mut self, node: &str) -> Result<OccurrenceId, String> {
        if self.managed.is_none() {
            return Err("this cluster has no node pool of a provider: upgrade the server itself, with kubeadm and apt-get".to_string());
        }
        let host = self.host(node)?;
        let (version, part) = (self.control_plane_version(), self.hosts[host].kubelet);
        let id = self.note("you", "fault", &format!("make {node} anew with {version}"));
        self.power_off(host);
        self.power_shown(host, false);
        Arc::make_mut(&mut self.fleet).machines.remove(&host);
        if let Some(kubelet) = Arc::make_mut(&mut self.parts[part]).kubelet_mut() {
            kubelet.host.kubelet_version = version;
        }
        self.plan(host, REPLACE, Due::Booted);
        Ok(id)
    }
}

/// The version that an upgrade leads to. The error says why there is none.
fn next_version(now: &str, wanted: &str) -> Result<Text, String> {
    let parts = |version: &str| -> Option<(u32, u32)> {
        let (minor, patch) = version.strip_prefix("v1.")?.split_once('.')?;
        Some((minor.parse().ok()?, patch.parse().ok()?))
    };
    let newest = |minor: u32| packages::newest(&format!("stable-1.{minor}"));
    let (minor, patch) = parts(now).unwrap_or_default();
    let next = match wanted {
        "" if newest(minor + 1).is_empty() => newest(minor),
        "" => newest(minor + 1),
        wanted => wanted.to_string(),
    };
    let Some((to, to_patch)) = parts(&next).filter(|(to, to_patch)| parts(&newest(*to)).is_some_and(|(_, last)| *to_patch <= last)) else {
        return Err(format!("the version \"{next}\" is not on offer: there is {}", newest(minor + 1).max(newest(minor))));
    };
    if (to, to_patch) == (minor, patch) {
        return Err(format!("the control plane has {now} already"));
    }
    if (to, to_patch) < (minor, patch) {
        return Err(format!("a control plane never goes back: it has {now}"));
    }
    if to > minor + 1 {
        return Err(format!("from {now} the next minor version is v1.{}: none may be left out", minor + 1));
    }
    Ok(Text::from(next))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_plane_goes_up_by_one_minor_version_at_most() {
        assert_eq!(next_version("v1.36.5", "").as_deref(), Ok("v1.37.2"));
        assert_eq!(next_version("v1.36.4", "v1.36.5").as_deref(), Ok("v1.36.5"));
        let refused = |now: &str, wanted: &str| next_version(now, wanted).expect_err("it is refused");
        assert_eq!(refused("v1.37.2", ""), "the control plane has v1.37.2 already");
        assert_eq!(refused("v1.36.5", "v1.35.4"), "a control plane never goes back: it has v1.36.5");
        assert_eq!(refused("v1.35.4", "v1.37.2"), "from v1.35.4 the next minor version is v1.36: none may be left out");
        assert_eq!(refused("v1.36.5", "v1.38.0"), "the version \"v1.38.0\" is not on offer: there is v1.37.2");
    }
}
