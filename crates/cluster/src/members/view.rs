//! etcd as the page shows it: members, leader, quorum.
use crate::world::World;
use etcd::member::Role;
use etcd::raft::{Log, NOBODY, Payload};

/// One member.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EtcdMemberView {
    pub name: String,
    pub host: String,
    /// 16 hexadecimal digits at most.
    pub id: String,
    /// `leader`, `follower`, `pre-candidate`, `candidate`, `learner`, `down`, `removed`.
    pub role: String,
    pub term: u64,
    /// The last entry in its log, the last one that it knows to be agreed on, the last one that it has applied.
    pub last: u64,
    pub index: u64,
    pub applied: u64,
    /// The store's revision that it has.
    pub revision: u64,
    /// Bytes of its file, and of those in use; the quota, and whether its alarm is raised.
    pub db_size: u64,
    pub in_use: u64,
    pub quota: u64,
    pub alarm: bool,
    /// Whether it has everything that is agreed on.
    pub in_sync: bool,
    /// How much longer its disk takes than a good one.
    pub disk_ms: u32,
    pub alive: bool,
    /// Whether its peer port or its host's link is cut.
    pub cut: bool,
    /// The terms of the entries that it has, from `EtcdView::from` on; 0 for one that its snapshot covers.
    pub terms: Vec<u64>,
}

/// So many of the newest entries are told.
const ENTRIES: u64 = 8;

/// The cluster of members.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EtcdView {
    pub members: Vec<EtcdMemberView>,
    /// The leader's name; empty without one.
    pub leader: String,
    /// Whether a majority of the voters runs, is connected and has a leader.
    pub quorum: bool,
    /// How many voters there are, and how many make a majority.
    pub voters: u32,
    pub majority: u32,
    /// When a leader was last elected (virtual microseconds); 0: not since the world began.
    pub elected: u64,
    /// The agreed revision.
    pub revision: u64,
    /// The index of the first entry that is told, and what each from there on says: `rev 214 /registry/pods/default/web`,
    /// `leader` (a new leader's own), `members` (a change of the configuration); empty where nobody can tell.
    pub from: u64,
    pub entries: Vec<String>,
}

parcel::record!(EtcdMemberView {
    name,
    host,
    id,
    role,
    term,
    last,
    index,
    applied,
    revision,
    db_size,
    in_use,
    quota,
    alarm,
    in_sync,
    disk_ms,
    alive,
    cut,
    terms
});
parcel::record!(EtcdView { members, leader, quorum, voters, majority, elected, revision, from, entries });

impl World {
    /// Members with what a learner of Raft looks at. Cheap: nothing is counted or walked.
    pub fn etcd_view(&self) -> EtcdView {
        let leader = self.etcd.leader().filter(|place| *place == self.etcd.owner);
        // What the cluster consists of knows who owned it last, else anybody who runs.
        let known = self.etcd.nodes.get(self.etcd.owner).into_iter().chain(self.etcd.nodes.iter());
        let conf = known.filter_map(|node| node.process.member.as_ref()).map(|member| member.conf().clone()).next().unwrap_or_default();
        let there = self.etcd.nodes.iter().filter(|node| !node.process.removed).count();
        let voters = if conf.voters.is_empty() { there } else { conf.voters.len() };
        let agreed =
            self.etcd.nodes.iter().filter_map(|node| node.process.member.as_ref()).map(|member| member.commit()).max().unwrap_or(0);
        let leader_id = leader.map_or(NOBODY, |place| self.etcd.nodes[place].process.id);
        let following = self.etcd.nodes.iter().filter(|node| conf.is_voter(node.process.id) && node.process.leader() == leader_id);
        let connected = following.filter(|node| {
            !node.cut && (self.hosts[node.host].connected || Some(node.host) == leader.map(|place| self.etcd.nodes[place].host))
        });
        let quorum = leader_id != NOBODY && connected.count() >= conf.quorum();
        let newest = self.etcd.nodes.iter().filter(|node| !node.process.removed).map(|node| log_of(node).last()).max().unwrap_or(0);
        let from = newest.saturating_sub(ENTRIES - 1).max(1);
        let members = self.etcd.nodes.iter().map(|node| self.member_view(node, agreed, from));
        EtcdView {
            members: members.collect(),
            leader: leader.map_or(String::new(), |place| self.etcd.nodes[place].process.name.to_string()),
            quorum,
            voters: voters as u32,
            majority: (voters / 2 + 1) as u32,
            elected: self.etcd.last_election.map_or(0, |at| at.0),
            revision: self.api.store.applied().revision(),
            from,
            entries: (from..=newest).map(|index| self.told_entry(index)).collect(),
        }
    }

    /// What the entry at an index says, by the member whose log the store follows, else by anybody who has it.
    fn told_entry(&self, index: u64) -> String {
        let known = self.etcd.nodes.get(self.etcd.owner).into_iter().chain(self.etcd.nodes.iter());
        let Some(entry) = known.filter(|node| !node.process.removed).find_map(|node| log_of(node).get(index)) else {
            return String::new();
        };
        match entry.payload {
            Payload::Empty => "leader".to_string(),
            Payload::Conf(_) => "members".to_string(),
            Payload::Data(proposal) => match self.etcd.revision(proposal.id) {
                Some(revision) => {
                    let key = self.api.store.change(revision).map(|change| super::registry::name(&change.key));
                    format!("rev {revision} {}", key.unwrap_or_default()).trim_end().to_string()
                }
                None => String::new(),
            },
        }
    }

    /// Whether a leader and a majority that follows it are there.
    pub(crate) fn has_quorum(&self) -> bool {
        self.etcd.is_alone() || self.etcd_view().quorum
    }

    fn member_view(&self, node: &super::EtcdNode, agreed: u64, from: u64) -> EtcdMemberView {
        let process = &node.process;
        let member = process.member.as_ref();
        let host = &self.hosts[node.host];
        let role = match member {
            None if process.removed => "removed",
            None => "down",
            Some(member) if member.conf().is_learner(process.id) => "learner",
            Some(member) => match member.role() {
                Role::Leader => "leader",
                Role::Follower => "follower",
                Role::PreCandidate => "pre-candidate",
                Role::Candidate => "candidate",
            },
        };
        let data = &process.data.durable;
        let (term, last) = member.map_or((data.term, data.log.last()), |member| (member.term(), member.log().last()));
        let (index, applied) = member.map_or((data.commit, data.applied), |member| (member.commit(), member.applied()));
        EtcdMemberView {
            name: process.name.to_string(),
            host: host.name.to_string(),
            id: format!("{:x}", process.id),
            role: role.to_string(),
            term,
            last,
            index,
            applied,
            revision: process.revision,
            db_size: process.space.size,
            in_use: process.space.in_use,
            quota: process.space.quota,
            alarm: process.space.alarm,
            in_sync: member.is_some() && applied >= agreed,
            disk_ms: (process.fsync.0 / 1_000) as u32,
            alive: member.is_some(),
            cut: node.cut || !host.connected,
            terms: (from..=last).map(|index| log_of(node).term(index).unwrap_or(0)).collect(),
        }
    }
}

/// A member's log in its memory, or on its disk where it does not run.
fn log_of(node: &super::EtcdNode) -> &Log {
    node.process.member.as_ref().map_or(&node.process.data.durable.log, |member| member.log())
}
