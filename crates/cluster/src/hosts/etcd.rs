//! What kubeadm asks of etcd's members, answered from the servers on which etcd runs.
use crate::world::World;
use ::hosts::outside::{EtcdAsk, EtcdMember};
use objects::Text;
use simcore::Duration;

/// A change of the members is one write of the log.
const CHANGE: Duration = Duration::millis(8);
/// etcdctl's and kubeadm's patience with an endpoint.
const PATIENCE: Duration = Duration::secs(2);

impl World {
    pub(super) fn etcd_asked(&mut self, host: usize, endpoint: &str, ask: &EtcdAsk) -> (Result<Vec<EtcdMember>, String>, Duration) {
        let address = endpoint.trim_start_matches("https://");
        let name = address.rsplit_once(':').map_or(address, |(name, _)| name);
        let target = self.host_at(host, name).filter(|target| self.stores(*target));
        if target.is_none_or(|target| target != host && self.passage(Some(host), Some(target)).is_none()) {
            return (Err("context deadline exceeded".to_string()), PATIENCE);
        }
        self.meet_members();
        let done = match ask {
            EtcdAsk::Members => Ok(()),
            EtcdAsk::AddLearner { peer } => self.add_learner(peer),
            EtcdAsk::Promote { id } => self.promote(*id),
            EtcdAsk::Remove { id } => {
                let gone = self.fleet.members.iter().find(|one| one.id == *id).map(|one| one.peer.clone()).unwrap_or_default();
                self.fleet_mut().members.retain(|one| one.id != *id);
                self.change_member(&gone, etcd::raft::ChangeKind::Remove);
                Ok(())
            }
        };
        (done.map(|()| self.fleet.members.clone()), CHANGE)
    }

    /// Members that nobody had to announce: those that were there from the start.
    fn meet_members(&mut self) {
        if self.fleet.members.is_empty() {
            let running: Vec<usize> = (0..self.hosts.len()).filter(|host| self.stores(*host)).collect();
            let member = |host: &usize| {
                let host = &self.hosts[*host];
                EtcdMember { id: identity(&host.address), name: host.name.clone(), peer: peer(&host.address), learner: false }
            };
            let members = running.iter().map(member).collect();
            self.fleet_mut().members = members;
        }
    }

    fn add_learner(&mut self, url: &Text) -> Result<(), String> {
        if self.fleet.members.iter().any(|one| one.peer == *url) {
            return Err("etcdserver: Peer URLs already exists".to_string());
        }
        if self.fleet.members.iter().any(|one| one.learner) {
            return Err("etcdserver: too many learner members in cluster".to_string());
        }
        let member = EtcdMember { id: identity(url), name: Text::default(), peer: url.clone(), learner: true };
        self.fleet_mut().members.push(member);
        Ok(())
    }

    /// A learner becomes a voter when its server runs, and so has caught up.
    fn promote(&mut self, id: u64) -> Result<(), String> {
        let Some(member) = self.fleet.members.iter().find(|one| one.id == id).cloned() else {
            return Err("etcdserver: member not found".to_string());
        };
        let host = self.hosts.iter().position(|host| peer(&host.address) == member.peer);
        let Some(host) = host.filter(|host| self.machine(*host).process("etcd").is_some()) else {
            return Err("etcdserver: can only promote a learner member which is in sync with leader".to_string());
        };
        let name = self.hosts[host].name.clone();
        let found = self.fleet_mut().members.iter_mut().filter(|one| one.id == id);
        found.for_each(|one| (one.learner, one.name) = (false, name.clone()));
        self.change_member(&member.peer, etcd::raft::ChangeKind::Promote);
        Ok(())
    }
}

fn peer(address: &str) -> Text {
    Text::from(format!("https://{address}:2380"))
}

/// A member's id depends on its address, as etcd's does on its peer URLs.
fn identity(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
