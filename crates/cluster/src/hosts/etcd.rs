//! What kubeadm asks of etcd's members: the members' own answers, asked as etcdctl asks.
use super::fleet::Reply;
use crate::event::Caller;
use crate::world::World;
use ::hosts::outside::{EtcdAsk, EtcdMember, Printed};
use apiserver::client::Ticket;
use objects::Text;

impl World {
    /// Asks the member at `endpoint` on behalf of a command.
    pub(super) fn ask_etcd(&mut self, id: u64, host: usize, endpoint: &str, ask: &EtcdAsk) {
        let member = |id: u64| format!("{id:x}");
        // kubeadm finds the members by their Pods, whatever the address of the control plane leads to.
        let endpoint = &self.any_member(host, endpoint);
        let mut words: Vec<String> = ["etcdctl", "--endpoints", endpoint, "member"].map(str::to_string).to_vec();
        words.extend(match ask {
            EtcdAsk::Members => vec!["list".to_string()],
            EtcdAsk::AddLearner { peer } => {
                vec!["add".to_string(), self.name_at(peer), "--learner".to_string(), format!("--peer-urls={peer}")]
            }
            EtcdAsk::Promote { id } => vec!["promote".to_string(), member(*id)],
            EtcdAsk::Remove { id } => vec!["remove".to_string(), member(*id)],
        });
        self.begin_etcdctl(host, words, Caller::Command(id), Ticket(0), false);
    }

    /// The members after what was asked is done, or why it was not.
    pub(super) fn etcd_said(&self, host: usize, endpoint: &str, printed: &Printed) -> Reply {
        if printed.code != 0 {
            let last = printed.stderr.lines().next_back().unwrap_or_default();
            return Reply::Members(Err(last.trim_start_matches("Error: ").to_string()));
        }
        let known = self.member_at(host, &self.any_member(host, endpoint)).map(|member| self.listed(member)).unwrap_or_default();
        let members = known.into_iter().map(|one| EtcdMember {
            id: one.id,
            name: Text::from(one.name),
            peer: Text::from(one.peers),
            learner: one.learner,
        });
        Reply::Members(Ok(members.collect()))
    }

    /// The endpoint itself, or that of a member that runs where no member is behind it.
    fn any_member(&self, host: usize, endpoint: &str) -> String {
        let runs = |place: &usize| self.etcd.nodes[*place].process.is_running() && self.etcd.nodes[*place].has_leader();
        let given = self.member_at(host, endpoint).filter(runs);
        let found = given.or_else(|| (0..self.etcd.nodes.len()).find(runs));
        found.map_or(endpoint.to_string(), |place| format!("https://{}:2379", self.hosts[self.etcd.nodes[place].host].address))
    }

    /// The name of the server with a peer URL's address.
    fn name_at(&self, peer: &str) -> String {
        let address = peer.split("://").last().and_then(|rest| rest.split(':').next());
        let found = self.hosts.iter().find(|host| address == Some(&*host.address));
        found.map(|host| host.name.to_string()).unwrap_or_default()
    }
}
