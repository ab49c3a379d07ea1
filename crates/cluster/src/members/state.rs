//! What the world keeps of etcd: its members, which proposals stand for which revisions, who waits.
use crate::members::asks::Ask;
use crate::members::jobs::Job;
use crate::members::serve::{Question, Written};
use crate::members::watching::Watcher;
use apiserver::Snapshot;
use etcd::ctl::Saved;
use etcd::raft::{MemberId, Message, NOBODY};
use etcd::server::{DEFAULT_QUOTA, Process};
use objects::Text;
use simcore::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A member on its host.
#[derive(Clone, Debug)]
pub struct EtcdNode {
    /// `etcd`; with several control planes `etcd/control-plane-1`.
    pub component: Text,
    pub process: Process,
    /// The host's place in `World::hosts`.
    pub host: usize,
    /// Whether its disk holds data of a cluster that another member was taken out of and made anew: it asks its former
    /// peers in vain.
    pub outdated: bool,
    /// Whether its peer port is closed: the host is reached, the member is not.
    pub cut: bool,
    /// The state that its clients see; `None` while it is the only member, and its state the store's.
    pub seen: Option<Snapshot>,
    /// Reads that its leadership is confirmed for, and the index that must be applied first.
    pub(crate) reads: Vec<(u64, u64)>,
    /// The index that its state machine has.
    pub(crate) index: u64,
    /// The leader that its log names last; 0 for nobody.
    pub(crate) heard: MemberId,
    /// Since when it knows no leader.
    pub leaderless_since: Option<Time>,
    /// Whether somebody was told less than there is because it lags.
    pub(crate) lags: bool,
}

/// A message between members, with the revision of the state that travels beside a snapshot.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    pub from: MemberId,
    pub to: usize,
    pub message: Message,
    pub revision: u64,
}

/// A proposal's number says which revision it makes and in which generation of the tail: after a tail was lost with its
/// leader, revisions are used again.
const GENERATION: u32 = 40;

/// etcd as a whole. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Etcd {
    pub nodes: Vec<Arc<EtcdNode>>,
    /// The cluster's number, as etcdctl prints it.
    pub id: u64,
    pub seed: u64,
    /// The member whose log the store's tail follows, and the term that it leads in.
    pub owner: usize,
    pub owner_term: u64,
    /// Writes up to this revision are proposed.
    pub proposed: u64,
    pub generation: u64,
    /// The revision after which each generation but the first began.
    cuts: Vec<(u64, u64)>,
    /// Requests that wait for a leader, a majority or a far member, by number.
    pub asks: BTreeMap<u64, Ask>,
    pub next: u64,
    /// Lines of etcdctl that wait for answers, by number; their questions to the cluster; their writes.
    pub jobs: BTreeMap<u64, Job>,
    pub questions: BTreeMap<u64, Question>,
    pub written: Vec<Written>,
    /// Lines of etcdctl that wait for changes of keys.
    pub watchers: Vec<Watcher>,
    /// Leases by number: seconds, and when it ends. Keys say themselves on which they hang.
    pub leases: BTreeMap<u64, (i64, Time)>,
    /// Members that were taken out of the cluster.
    pub gone: BTreeSet<MemberId>,
    /// Snapshot files by host and path, and the states in them.
    pub files: Vec<(usize, String, Saved)>,
    pub backups: Vec<Snapshot>,
    /// Data directories that a snapshot was restored into: host, path, which backup.
    pub directories: Vec<(usize, String, u64)>,
    /// Peer addresses of added members, also of those that no host has.
    pub peers: Vec<(MemberId, String)>,
    /// When somebody last became leader of several.
    pub last_election: Option<Time>,
}

impl Etcd {
    pub fn new(seed: u64) -> Etcd {
        Etcd {
            nodes: Vec::new(),
            id: 0,
            seed,
            owner: 0,
            owner_term: 2,
            proposed: 1,
            generation: 0,
            cuts: Vec::new(),
            asks: BTreeMap::new(),
            next: 1,
            jobs: BTreeMap::new(),
            questions: BTreeMap::new(),
            written: Vec::new(),
            watchers: Vec::new(),
            leases: BTreeMap::new(),
            gone: BTreeSet::new(),
            files: Vec::new(),
            backups: Vec::new(),
            directories: Vec::new(),
            peers: Vec::new(),
            last_election: None,
        }
    }

    /// These members, formed already; the first of them leads.
    pub fn form(&mut self, mut nodes: Vec<EtcdNode>, now: Time, revision: u64) {
        nodes.iter_mut().for_each(|node| node.process.id = mix(&[&node.process.peer_url]));
        let ids: Vec<MemberId> = nodes.iter().map(|node| node.process.id).collect();
        let names: Vec<&str> = nodes.iter().map(|node| &*node.process.name).collect();
        (self.id, self.proposed) = (mix(&names), revision);
        for node in &mut nodes {
            node.process.form(&ids, ids[0], self.seed, now, revision);
            node.index = node.process.data.durable.applied;
        }
        self.nodes = nodes.into_iter().map(Arc::new).collect();
    }

    pub fn number(&self, revision: u64) -> u64 {
        self.generation << GENERATION | revision
    }

    /// The revision that a proposal made; `None` where it was lost with its leader. Such a write never comes back, even
    /// where Raft would have kept it: its client has been told that nobody knows.
    pub fn revision(&self, number: u64) -> Option<u64> {
        let (generation, revision) = (number >> GENERATION, number & ((1 << GENERATION) - 1));
        let lost = self.cuts.iter().any(|(began, after)| generation < *began && revision > *after);
        (!lost).then_some(revision)
    }

    /// The tail begins anew after `revision`.
    pub fn cut(&mut self, revision: u64) {
        self.generation += 1;
        self.cuts.push((self.generation, revision));
        self.proposed = revision;
    }

    pub fn place(&self, id: MemberId) -> Option<usize> {
        self.nodes.iter().position(|node| node.process.id == id)
    }

    /// Whether one member alone makes up the cluster and leads it: then everything is decided where it stands.
    pub fn is_alone(&self) -> bool {
        matches!(&self.nodes[..], [node] if node.process.is_leader())
    }

    /// The member that leads, if one does and is not a leader of the past.
    pub fn leader(&self) -> Option<usize> {
        let leaders = (0..self.nodes.len()).filter(|place| self.nodes[*place].process.is_leader());
        leaders.max_by_key(|place| self.nodes[*place].process.member.as_ref().map(etcd::member::Member::term))
    }
}

impl EtcdNode {
    pub fn new(id: MemberId, component: &str, name: &str, address: &str, host: usize) -> EtcdNode {
        let process = Process::new(id, name, address, DEFAULT_QUOTA);
        EtcdNode {
            component: Text::new(component),
            process,
            host,
            outdated: false,
            cut: false,
            seen: None,
            reads: Vec::new(),
            index: 0,
            heard: NOBODY,
            leaderless_since: None,
            lags: false,
        }
    }

    pub fn has_leader(&self) -> bool {
        self.process.leader() != NOBODY
    }
}

/// A number from names: the same names give the same member, as etcd hashes peer addresses.
pub(crate) fn mix(words: &[&str]) -> u64 {
    let hash = simcore::fnv(words.iter().flat_map(|word| word.bytes().chain([0])));
    // The upper bits of FNV are worth more once they are folded in.
    (hash ^ (hash >> 29)).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 << 60
}
