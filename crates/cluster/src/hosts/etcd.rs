//! What kubeadm asks of etcd's members: the members' own answers, asked as etcdctl asks.
use super::fleet::Reply;
use crate::event::Caller;
use crate::members::DIRECTORY;
use crate::world::World;
use ::hosts::Machine;
use ::hosts::outside::{EtcdAsk, EtcdMember, Printed};
use apiserver::client::Ticket;
use etcd::server::DEFAULT_QUOTA;
use objects::{Text, Tree};
use std::sync::Arc;

/// What a database says into which a snapshot was restored, before the number of the snapshot.
const RESTORED: &str = "restored ";

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

    /// What etcd finds in its data directory when its static Pod starts: what it had, nothing any more, or a snapshot that
    /// was restored into it.
    pub(super) fn find_data(&mut self, host: usize, machine: &mut Machine, pod: &Tree) {
        let volumes = pod.at(&["spec", "volumes"]).items();
        let data = volumes.iter().find(|volume| volume.get("name").text() == "etcd-data");
        let folder = data.map_or("", |volume| volume.at(&["hostPath", "path"]).text());
        let path = database(if folder.is_empty() { DIRECTORY } else { folder });
        let place = self.members_on(host).into_iter().last();
        let found = machine.files.read(&path);
        let state = found.as_deref().and_then(|text| text.strip_prefix(RESTORED)?.parse::<usize>().ok());
        match (place, state.and_then(|state| self.etcd.backups.get(state).cloned())) {
            (Some(place), Some(snapshot)) => {
                self.end_member(place, true);
                self.begin_anew(place, snapshot);
            }
            (Some(place), None) if found.is_none() => self.lose_data(place),
            _ => {}
        }
        if state.is_some() || found.is_none() {
            machine.files.write(&path, "");
        }
    }

    /// What a member's command line says of its space: `--quota-backend-bytes`, 0 for the usual. Without a word it keeps what
    /// a fault has given it.
    pub(super) fn obey_flags(&mut self, host: usize, pod: &Tree) {
        let words = pod.at(&["spec", "containers"]).items().iter().flat_map(|one| one.get("command").items());
        let said = words.filter_map(|word| word.text().strip_prefix("--quota-backend-bytes=")?.parse::<u64>().ok()).next_back();
        if let (Some(bytes), Some(place)) = (said, self.members_on(host).into_iter().last()) {
            let quota = if bytes > 0 { bytes } else { DEFAULT_QUOTA };
            Arc::make_mut(&mut self.etcd.nodes[place]).process.space.quota = quota;
        }
    }

    /// `etcdutl snapshot restore` has filled a data directory with a snapshot.
    pub(crate) fn restored_into(&mut self, host: usize, directory: &str, state: u64) {
        let mut machine = self.machine(host);
        machine.files.write(&database(directory), &format!("{RESTORED}{state}"));
        self.put_machine(host, machine);
    }

    /// A snapshot was saved to a file of a server that somebody works on.
    pub(crate) fn saved_to(&mut self, host: usize, path: &str) {
        if path.starts_with('/') && self.fleet.machines.contains_key(&host) {
            let mut machine = self.machine(host);
            machine.files.write(path, "");
            self.put_machine(host, machine);
        }
    }

    /// Whether a data directory on a server that somebody works on holds no database.
    pub(crate) fn is_emptied(&self, host: usize, directory: &str) -> bool {
        self.fleet.machines.get(&host).is_some_and(|machine| !machine.files.exists(&database(directory)))
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

/// The database in a data directory.
fn database(directory: &str) -> String {
    format!("{}/member/snap/db", directory.trim_end_matches('/'))
}
