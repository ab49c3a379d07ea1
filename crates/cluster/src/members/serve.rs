//! What a member answers etcdctl: of itself at once, for the cluster once the leader is confirmed or a majority agrees.
use crate::members::registry;
use crate::members::state::EtcdNode;
use crate::world::World;
use etcd::ctl::{Ask, Done, Endpoint, Found, Header, Keys, Listed, Op, Reply, Saved, Txn};
use etcd::member::{Input, Member};
use etcd::raft::{Change, ChangeKind, MemberId};
use etcd::server::{Standing, may_add, may_move_leader, may_promote, may_remove, words};
use simcore::Duration;
use std::sync::Arc;

/// A question of a line that waits for the cluster.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub job: u64,
    pub place: usize,
    pub member: usize,
    pub ask: Ask,
}

/// A write of a line that waits until its member has applied it.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    pub job: u64,
    pub place: usize,
    pub member: usize,
    pub revision: u64,
    pub told: Told,
}

/// What a write of a line is answered with.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// What was there before.
    Before(Vec<Found>),
    /// Of a transaction.
    Done(bool, Vec<Done>),
}

impl World {
    /// What a member answers of itself, leader or not.
    pub(crate) fn answered_alone(&mut self, member: usize, ask: &Ask) -> Option<Reply> {
        self.end_leases();
        let node = &self.etcd.nodes[member];
        let process = node.process.member.as_ref()?;
        let is_learner = process.conf().is_learner(node.process.id);
        match ask {
            Ask::Status => {
                let endpoint = Endpoint::of(&node.process.client_url, process, node.process.revision, node.process.space, self.alarms());
                Some(Reply::Status(Box::new(endpoint), self.etcd.id))
            }
            Ask::Range { keys, revision, serializable: true } => Some(self.range(member, keys, *revision)),
            _ if is_learner && !matches!(ask, Ask::Defragment | Ask::Snapshot) => Some(Reply::Refused(words::NOT_FOR_LEARNERS)),
            Ask::LeaseNumbers => Some(self.lease(member, 0, ask)),
            Ask::KeepAlive(_) if !node.has_leader() => Some(Reply::Refused(words::NO_LEADER)),
            Ask::Defragment => {
                let took = Duration::micros(1_700 + node.process.space.in_use / 100);
                Arc::make_mut(&mut self.etcd.nodes[member]).process.space.defragment();
                Some(Reply::Defragmented(took))
            }
            Ask::Snapshot => Some(Reply::Snapshot(self.snapshot(member))),
            Ask::MoveLeader(to) => {
                let to = *to;
                if let Err(refused) = may_move_leader(&self.standings(member), to) {
                    return Some(Reply::Refused(refused));
                }
                self.give(member, Input::Transfer(to));
                Some(Reply::Done(self.header(member)))
            }
            _ => None,
        }
    }

    /// Members whose alarm is raised.
    pub(crate) fn alarms(&self) -> Vec<MemberId> {
        self.etcd.nodes.iter().filter(|node| node.process.space.alarm).map(|node| node.process.id).collect()
    }

    pub(super) fn header(&self, member: usize) -> Header {
        let node = &self.etcd.nodes[member];
        let term = node.process.member.as_ref().map_or(0, Member::term);
        Header { cluster: self.etcd.id, member: node.process.id, revision: node.process.revision, term }
    }

    /// Everything else needs the leader: a change of the configuration is proposed, all others wait for its confirmation.
    pub(crate) fn ask_cluster(&mut self, job: u64, place: usize, member: usize, ask: Ask) {
        let number = self.etcd.next;
        self.etcd.next += 1;
        if let Ask::Add { .. } | Ask::Promote(_) | Ask::Remove(_) = ask {
            return match self.change(number, member, &ask) {
                Ok(change) => {
                    self.etcd.questions.insert(number, Question { job, place, member, ask });
                    self.give(member, Input::ProposeChange(change));
                }
                // Without a majority nobody even looks.
                Err(_) if !self.etcd.nodes[member].has_leader() => {}
                Err(refused) => self.tell_job(job, place, Reply::Refused(refused)),
            };
        }
        self.etcd.questions.insert(number, Question { job, place, member, ask });
        self.give(member, Input::Read(number));
    }

    /// The leader is confirmed: a question of a line is carried out.
    pub(crate) fn confirmed(&mut self, number: u64) -> bool {
        let Some(Question { job, place, member, ask }) = self.etcd.questions.remove(&number) else { return false };
        self.end_leases();
        let reply = match ask {
            Ask::Health if !self.alarms().is_empty() => Reply::Alarms(self.alarms()),
            Ask::Health => Reply::Healthy(self.asked_since(job, place) + Duration::micros(1_900)),
            Ask::Members => Reply::Members(self.header(member), self.listed(member)),
            Ask::Alarms => Reply::Alarms(self.alarms()),
            Ask::Disarm => {
                let raised = self.alarms();
                self.etcd.nodes.iter_mut().for_each(|node| Arc::make_mut(node).process.space.alarm = false);
                Reply::Alarms(raised)
            }
            Ask::Range { keys, revision, .. } => self.range(member, &keys, revision),
            Ask::Compact(revision) => self.compact_to(member, revision),
            Ask::Grant(_) | Ask::Session(_) | Ask::Revoke(_) | Ask::KeepAlive(_) | Ask::Leases => self.lease(member, number, &ask),
            Ask::Put { key, value, lease } => return self.put_key(job, place, member, &key, &value, lease),
            Ask::Transact(txn) => return self.transact(job, place, member, &txn),
            Ask::Delete(keys) => return self.delete_keys(job, place, member, &keys),
            _ => Reply::Done(self.header(member)),
        };
        self.tell_job(job, place, reply);
        true
    }

    fn compact_to(&mut self, member: usize, revision: u64) -> Reply {
        let (compacted, newest) = (self.api.store.compacted(), self.api.store.applied().revision());
        if revision <= compacted {
            return Reply::Refused(words::COMPACTED);
        }
        if revision > newest {
            return Reply::Refused(words::FUTURE_REVISION);
        }
        self.compact(newest - revision);
        self.weigh();
        Reply::Done(self.header(member))
    }

    /// The file of each running member has so much in use now.
    pub(crate) fn weigh(&mut self) {
        let bytes = self.api.store.bytes();
        let running = self.etcd.nodes.iter_mut().filter(|node| node.process.is_running());
        running.for_each(|node| Arc::make_mut(node).process.space.hold(bytes));
    }

    /// Objects under `/registry`, and keys that somebody put beside them.
    fn range(&self, member: usize, keys: &Keys, revision: u64) -> Reply {
        let header = self.header(member);
        let now = self.etcd.nodes[member].seen.as_ref().unwrap_or(self.api.store.applied());
        if revision > now.revision() {
            return Reply::Refused(words::FUTURE_REVISION);
        }
        if revision > 0 && revision < self.api.store.compacted() {
            return Reply::Refused(words::COMPACTED);
        }
        let mut found = registry::find(now, keys);
        if revision > 0 {
            registry::look_back(&mut found, &self.api.store, keys, revision);
        }
        found.sort_by(|a, b| a.key.cmp(&b.key));
        Reply::Range(header, found)
    }

    fn put_key(&mut self, job: u64, place: usize, member: usize, key: &str, value: &str, lease: u64) -> bool {
        let admitted = Arc::make_mut(&mut self.etcd.nodes[member]).process.space.admit(key.len() as u64, value.len() as u64);
        let reply = match admitted {
            Err(refused) => Reply::Refused(refused),
            Ok(()) => match self.put_tail(key, value, lease) {
                Ok((revision, before)) => {
                    self.etcd.written.push(Written { job, place, member, revision, told: Told::Before(before) });
                    return true;
                }
                Err(reply) => reply,
            },
        };
        self.tell_job(job, place, reply);
        true
    }

    /// Appends a key's new value: the revision, and what was there before.
    fn put_tail(&mut self, key: &str, value: &str, lease: u64) -> Result<(u64, Vec<Found>), Reply> {
        if lease > 0 && !self.etcd.leases.contains_key(&lease) {
            return Err(Reply::Refused(words::NO_LEASE));
        }
        if !self.etcd.nodes[self.etcd.owner].process.is_leader() {
            return Err(Reply::Silence);
        }
        let target = registry::key(key);
        let tree = registry::object(&target, value, lease).map_err(Reply::Wrong)?;
        let before = registry::find(self.api.store.tail(), &Keys::One(key.to_string()));
        Ok((self.api.store.append(self.now, apiserver::store::Write::Put { key: target, tree }, None), before))
    }

    /// Appends that keys go: the last revision (0: there was none), and what there was.
    fn delete_tail(&mut self, keys: &Keys) -> (u64, Vec<Found>) {
        let before = registry::find(self.api.store.tail(), keys);
        let mut revision = 0;
        for key in before.iter().map(|found| registry::key(&found.key)) {
            revision = self.api.store.append(self.now, apiserver::store::Write::Delete { key }, None);
        }
        (revision, before)
    }

    fn delete_keys(&mut self, job: u64, place: usize, member: usize, keys: &Keys) -> bool {
        let (revision, before) = self.delete_tail(keys);
        if revision > 0 {
            self.etcd.written.push(Written { job, place, member, revision, told: Told::Before(before) });
        } else {
            let header = self.header(member);
            self.tell_job(job, place, Reply::Written(header, before));
        }
        true
    }

    /// Conditions are looked at, and one of the two lists is done, in one moment.
    fn transact(&mut self, job: u64, place: usize, member: usize, txn: &Txn) -> bool {
        let tail = self.api.store.tail().clone();
        let one = |key: &str| registry::find(&tail, &Keys::One(key.to_string())).into_iter().next();
        let succeeded = txn.compares.iter().all(|compare| compare.holds(one(&compare.key).as_ref()));
        let ops = if succeeded { &txn.then } else { &txn.otherwise };
        let (mut done, mut last) = (Vec::new(), 0);
        for op in ops {
            let now = self.api.store.tail().revision();
            done.push(match op {
                Op::Get(keys) => Done::Got(now, registry::find(self.api.store.tail(), keys)),
                Op::Delete { keys, .. } => {
                    let (revision, before) = self.delete_tail(keys);
                    last = last.max(revision);
                    Done::Deleted(revision.max(now), before)
                }
                Op::Put { key, value, lease, .. } => match self.put_tail(key, value, *lease) {
                    Ok((revision, before)) => {
                        last = revision;
                        Done::Put(revision, before)
                    }
                    Err(reply) => {
                        self.tell_job(job, place, reply);
                        return true;
                    }
                },
            });
        }
        if last > 0 {
            self.etcd.written.push(Written { job, place, member, revision: last, told: Told::Done(succeeded, done) });
        } else {
            let header = self.header(member);
            self.tell_job(job, place, Reply::Transacted(header, succeeded, done));
        }
        true
    }

    /// Writes of lines that a member has applied.
    pub(crate) fn answer_written(&mut self, member: usize, revision: u64) {
        if self.etcd.written.is_empty() {
            return;
        }
        let is_done = |write: &Written| write.member == member && write.revision <= revision;
        let (done, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.etcd.written).into_iter().partition(is_done);
        self.etcd.written = waiting;
        for write in done {
            let header = self.header(member);
            let reply = match write.told {
                Told::Before(before) => Reply::Written(header, before),
                Told::Done(succeeded, done) => Reply::Transacted(header, succeeded, done),
            };
            self.tell_job(write.job, write.place, reply);
        }
    }

    fn snapshot(&mut self, member: usize) -> Saved {
        let node = &self.etcd.nodes[member];
        let state = node.seen.as_ref().unwrap_or(self.api.store.applied()).clone();
        let (bytes, size) = (state.bytes(), node.process.space.size);
        let saved = Saved {
            revision: state.revision(),
            keys: state.count() as u64,
            bytes,
            size,
            damaged: false,
            state: self.etcd.backups.len() as u64,
        };
        self.etcd.backups.push(state);
        saved
    }

    /// The members in a member's configuration.
    pub(crate) fn listed(&self, member: usize) -> Vec<Listed> {
        let Some(conf) = self.etcd.nodes[member].process.member.as_ref().map(|member| member.conf().clone()) else { return Vec::new() };
        let listed = conf.members().map(|id| match self.etcd.nodes.iter().find(|node| node.process.id == id) {
            Some(node) => Listed {
                id,
                name: if node.process.published { node.process.name.to_string() } else { String::new() },
                peers: node.process.peer_url.to_string(),
                clients: if node.process.published { node.process.client_url.to_string() } else { String::new() },
                learner: conf.is_learner(id),
            },
            None => {
                let peers = self.etcd.peers.iter().find(|(known, _)| *known == id).map_or(String::new(), |(_, peers)| peers.clone());
                Listed { id, name: String::new(), peers, clients: String::new(), learner: conf.is_learner(id) }
            }
        });
        listed.collect()
    }

    /// The members as `member` sees them: since when it is connected to each.
    fn standings(&self, member: usize) -> Vec<Standing> {
        let asked = &self.etcd.nodes[member];
        let Some(conf) = asked.process.member.as_ref().map(|member| member.conf().clone()) else { return Vec::new() };
        let leader = self.etcd.place(asked.process.leader()).and_then(|place| self.etcd.nodes[place].process.member.as_ref());
        let standing = conf.members().map(|id| {
            let node = self.etcd.nodes.iter().find(|node| node.process.id == id);
            let connected =
                node.filter(|node| node.process.is_running() && self.are_connected(asked, node)).map(|node| node.process.up_since);
            let connected_since = if id == asked.process.id { Some(simcore::Time::default()) } else { connected };
            let matched = leader.and_then(|leader| leader.peers().iter().find(|peer| peer.member == id)).map_or(0, |peer| peer.matched);
            Standing {
                id,
                started: node.is_some_and(|node| node.process.published),
                learner: conf.is_learner(id),
                connected_since,
                matched,
            }
        });
        standing.collect()
    }

    fn are_connected(&self, one: &EtcdNode, other: &EtcdNode) -> bool {
        let up =
            |node: &EtcdNode| !node.cut && self.hosts[node.host].powered && (self.hosts[node.host].connected || one.host == other.host);
        up(one) && up(other)
    }

    /// The change of the configuration that is asked for, if the rules allow it now.
    fn change(&mut self, number: u64, member: usize, ask: &Ask) -> Result<Change, &'static str> {
        let (standings, now) = (self.standings(member), self.now);
        if !self.etcd.nodes[member].has_leader() {
            return Err(words::NO_LEADER);
        }
        let leader = self.etcd.place(self.etcd.nodes[member].process.leader());
        let last = leader.and_then(|place| self.etcd.nodes[place].process.member.as_ref()).map_or(0, |member| member.log().last());
        let kind = match ask {
            Ask::Add { learner: true, .. } => ChangeKind::AddLearner,
            Ask::Add { .. } => ChangeKind::AddVoter,
            Ask::Promote(_) => ChangeKind::Promote,
            _ => ChangeKind::Remove,
        };
        let id = match ask {
            Ask::Add { peer, learner, .. } => {
                // A member that was removed and comes back is another one.
                let taken = self.listed(member).iter().any(|one| one.peers == *peer);
                if taken {
                    return Err(words::MEMBER_EXISTS);
                }
                let id = super::state::mix(&[peer, &number.to_string()]);
                may_add(&standings, id, *learner, now)?;
                id
            }
            Ask::Promote(id) => {
                may_promote(&standings, *id, last)?;
                *id
            }
            Ask::Remove(id) => {
                may_remove(&standings, *id, now)?;
                *id
            }
            _ => 0,
        };
        if let Ask::Add { name, peer, .. } = ask {
            self.meet(id, name, peer);
        }
        Ok(Change { id: number, kind, member: id })
    }

    /// The first member's process has a place on a server: it is a cluster of its own.
    pub(crate) fn found_etcd(&mut self, component: &str, host: usize) {
        let (name, address) = (self.hosts[host].name.clone(), self.hosts[host].address.clone());
        let mut node = EtcdNode::new(0, component, &name, &address, host);
        node.process.id = super::state::mix(&[&node.process.peer_url]);
        node.process.found(self.api.store.tail().revision());
        self.etcd.id = super::state::mix(&[&name]);
        self.etcd.nodes.push(Arc::new(node));
    }

    /// Where a new member will run: on the host with its peer address, if there is one.
    fn meet(&mut self, id: MemberId, name: &str, peer: &str) {
        self.etcd.peers.push((id, peer.to_string()));
        let address = peer.split("://").last().unwrap_or(peer).split(':').next().unwrap_or("");
        if let Some(host) = self.hosts.iter().position(|host| host.address == address) {
            let component = format!("etcd/{}", self.hosts[host].name);
            let mut node = EtcdNode::new(id, &component, name, address, host);
            node.process.joins = true;
            self.etcd.nodes.push(Arc::new(node));
            self.api.store.keep_each(true);
        }
    }

    /// A change of the configuration is agreed on, or was not taken.
    pub(crate) fn change_ended(&mut self, id: u64, agreed: bool) {
        let Some(Question { job, place, member, ask }) = self.etcd.questions.remove(&id) else { return };
        let header = self.header(member);
        let reply = match ask {
            _ if !agreed => Reply::Refused(words::UNHEALTHY),
            Ask::Add { peer, learner, .. } => {
                let new = self.etcd.peers.iter().rev().find(|(_, known)| *known == peer).map_or(0, |(id, _)| *id);
                let listed = Listed { id: new, name: String::new(), peers: peer, clients: String::new(), learner };
                Reply::Added(header, listed)
            }
            _ => Reply::Done(header),
        };
        self.tell_job(job, place, reply);
    }
}
